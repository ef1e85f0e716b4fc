//! From the syntax tree's detections and conditions to [`Expr`]s: what every modifier means is decided here.
//!
//! Source: Sigma specification 2.1, "Detection", "Condition" and appendix "Modifiers".

mod condition;
mod encode;
mod modifiers;

use std::collections::{BTreeMap, HashMap};

use rsigma_parser::{Detection, DetectionItem, Detections, SigmaString, SigmaValue};

use self::{
    condition::lower_condition,
    encode::{around, encode, parts_of, placeholder, with_dashes},
    modifiers::{Modifiers, Operator},
};
use crate::{
    expr::{Expr, Vocabulary},
    pattern::{Part, Pattern},
    predicate::{FieldId, Number, Place, Test, Values},
    regexes::Allowance,
};

/// Values of placeholders, by name without the percent signs.
pub(crate) type Placeholders = HashMap<String, Vec<String>>;

/// Patterns, numbers and op tests of one rule; past this a rule is refused instead of slowing everything.
const MAX_PATTERNS: usize = 50_000;
/// Fields that all rules together may name; published rules name 1,500. Tables in each thread have a place for each.
const MAX_FIELDS: usize = 32_768;
/// Bytes of text that placeholders in one value may expand to.
const MAX_EXPANDED_BYTES: usize = 16 << 20;

/// Why a rule cannot be used: the part of the rule that is meant (detection, field, value: what leads to its line), and
/// the reason.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) path: Vec<String>,
    pub(crate) reason: String,
}

impl Refusal {
    fn inside(mut self, part: &str, described: &str) -> Self {
        self.path.insert(0, part.to_owned());
        Self { reason: format!("{described}: {}", self.reason), ..self }
    }
}

pub(crate) fn refuse<T>(near: impl Into<String>, reason: impl Into<String>) -> Result<T, Refusal> {
    let near: String = near.into();
    Err(Refusal { path: if near.is_empty() { Vec::new() } else { vec![near] }, reason: reason.into() })
}

/// Lowers the detections of one rule or filter.
pub(crate) struct Lowering<'v> {
    pub(crate) vocabulary: &'v mut Vocabulary,
    pub(crate) placeholders: &'v Placeholders,
    regexes: &'v mut Allowance,
    patterns: usize,
}

impl<'v> Lowering<'v> {
    pub(crate) fn new(vocabulary: &'v mut Vocabulary, placeholders: &'v Placeholders, regexes: &'v mut Allowance) -> Self {
        Self { vocabulary, placeholders, regexes, patterns: 0 }
    }

    /// The rule's condition, or the `or` of its conditions.
    pub(crate) fn rule(&mut self, detections: &Detections) -> Result<Expr, Refusal> {
        let mut named = BTreeMap::new();
        for (name, detection) in &detections.named {
            let expr = self.detection(detection).map_err(|refusal| refusal.inside(name, &format!("detection {name:?}")))?;
            named.insert(name.as_str(), Expr::Named(name.as_str().into(), Box::new(expr)));
        }
        if detections.timeframe.is_some() && detections.condition_strings.iter().any(|text| text.contains('|')) {
            return refuse("condition", "aggregation in a condition was removed from Sigma; write a correlation rule");
        }
        let mut left = MAX_PATTERNS;
        let conditions: Result<Vec<Expr>, Refusal> =
            detections.conditions.iter().map(|condition| lower_condition(condition, &named, &mut left)).collect();
        let conditions = conditions?;
        if conditions.is_empty() {
            return refuse("condition", "the condition is empty");
        }
        Ok(Expr::any(conditions))
    }

    fn detection(&mut self, detection: &Detection) -> Result<Expr, Refusal> {
        match detection {
            Detection::AllOf(items) if items.is_empty() => refuse("", "it is empty, so it would match everything"),
            Detection::AnyOf(parts) | Detection::And(parts) if parts.is_empty() => refuse("", "it is an empty list"),
            Detection::AllOf(items) => Ok(Expr::all(items.iter().map(|item| self.item(item)).collect::<Result<Vec<_>, _>>()?)),
            Detection::AnyOf(parts) => {
                Ok(Expr::any(parts.iter().map(|part| self.detection(part)).collect::<Result<Vec<_>, _>>()?))
            }
            Detection::And(parts) => Ok(Expr::all(parts.iter().map(|part| self.detection(part)).collect::<Result<Vec<_>, _>>()?)),
            Detection::Keywords(values) if values.is_empty() => refuse("", "it is an empty list"),
            Detection::Keywords(values) => {
                let mut keywords = Values::default();
                for value in values {
                    self.keyword(value, &Modifiers::read(&[]), &mut keywords)?;
                }
                Ok(self.vocabulary.predicate(FieldId::KEYWORDS, Test::AnyOf(keywords)))
            }
            Detection::ArrayMatch { field, .. } => {
                refuse(field, format!("field {field:?}: matching inside arrays is not part of Sigma 2.1"))
            }
            Detection::Conditional { .. } => refuse("", "nested conditions are not part of Sigma 2.1"),
        }
    }

    /// A keyword is looked for in all values of the event, and inside them unless a modifier says where.
    fn keyword(&mut self, value: &SigmaValue, modifiers: &Modifiers, into: &mut Values) -> Result<(), Refusal> {
        let place = match modifiers.operator {
            Operator::Text(Place::Whole) => Place::Inside,
            Operator::Text(place) => place,
            _ => return refuse("", "keywords take only text modifiers and re"),
        };
        match value {
            SigmaValue::String(text) => self.text(text, place, modifiers, into),
            SigmaValue::Null => refuse("", "null is not a keyword"),
            other => self.text(&SigmaString::from_raw(&other.to_string()), place, modifiers, into),
        }
    }

    /// One line of a detection: a field, its modifiers and its values.
    fn item(&mut self, item: &DetectionItem) -> Result<Expr, Refusal> {
        let name = item.field.name.as_deref().map(unescape_brackets).unwrap_or_default();
        let modifiers = Modifiers::read(&item.field.modifiers);
        let near = |refusal: Refusal| match name.is_empty() {
            true => refusal,
            false => refusal.inside(&name, &format!("field {name:?}")),
        };
        let near_refuse = |reason: &str| refuse("", reason).map_err(near);
        modifiers.check().map_err(near)?;
        if item.values.is_empty() {
            return refuse(name.clone(), format!("field {name:?}: the list of values is empty"));
        }
        if name.is_empty() {
            return self.keyword_item(item, &modifiers);
        }
        let field = self.field(&name).map_err(near)?;
        let expr = match modifiers.operator {
            Operator::Exists => {
                let [value] = item.values.as_slice() else { return near_refuse("exists takes one value, true or false") };
                let Some(wanted) = truth_of(value) else { return near_refuse("exists takes true or false") };
                let exists = self.vocabulary.predicate(field, Test::Exists);
                if wanted { exists } else { Expr::Not(Box::new(exists)) }
            }
            _ => self.values(field, item, &modifiers).map_err(near)?,
        };
        if !modifiers.negated {
            return Ok(expr);
        }
        // `neq` speaks of a value that is there and differs.
        let present = self.vocabulary.predicate(field, Test::Present);
        Ok(Expr::And(vec![present, Expr::Not(Box::new(expr))]))
    }

    fn field(&mut self, name: &str) -> Result<FieldId, Refusal> {
        if self.vocabulary.fields.len() >= MAX_FIELDS && self.vocabulary.find_field(name).is_none() {
            return refuse("", format!("all rules together name more than {MAX_FIELDS} fields"));
        }
        Ok(self.vocabulary.field(name))
    }

    fn keyword_item(&mut self, item: &DetectionItem, modifiers: &Modifiers) -> Result<Expr, Refusal> {
        if modifiers.negated {
            return refuse("", "keywords take no neq; write `not` in the condition");
        }
        let mut parts = Vec::new();
        for value in &item.values {
            let test = match modifiers.operator {
                Operator::Regex => Test::Regex(self.regexes.build(value, &modifiers.regex_flags)?),
                _ => {
                    let mut values = Values::default();
                    self.keyword(value, modifiers, &mut values)?;
                    Test::AnyOf(values)
                }
            };
            parts.push(self.vocabulary.predicate(FieldId::KEYWORDS, test));
        }
        Ok(if modifiers.all { Expr::all(parts) } else { Expr::any(parts) })
    }

    /// The values of an item, linked by `or`, or by `and` under `all`.
    fn values(&mut self, field: FieldId, item: &DetectionItem, modifiers: &Modifiers) -> Result<Expr, Refusal> {
        let mut together = Values::default();
        let mut parts = Vec::new();
        for value in &item.values {
            let mut own = Values::default();
            if let Some(test) = self.value(value, modifiers, &mut own)? {
                parts.push(self.vocabulary.predicate(field, test));
            } else if modifiers.all {
                parts.push(self.vocabulary.predicate(field, Test::AnyOf(own)));
            } else {
                together.patterns.extend(own.patterns);
                together.numbers.extend(own.numbers);
                together.truths.extend(own.truths);
            }
        }
        if together != Values::default() {
            parts.insert(0, self.vocabulary.predicate(field, Test::AnyOf(together)));
        }
        Ok(if modifiers.all { Expr::all(parts) } else { Expr::any(parts) })
    }

    /// One value: a test of its own, or patterns and numbers added to `own`.
    fn value(&mut self, value: &SigmaValue, modifiers: &Modifiers, own: &mut Values) -> Result<Option<Test>, Refusal> {
        let place = match modifiers.operator {
            Operator::Regex => return self.regexes.build(value, &modifiers.regex_flags).map(|regex| Some(Test::Regex(regex))),
            Operator::Cidr => return cidr_of(value).map(Some),
            Operator::Compare(comparison) => {
                let limit = number_of(value).map_or_else(|| refuse("", format!("{value} is not a number")), Ok)?;
                return Ok(Some(Test::Compare(comparison, limit)));
            }
            Operator::TimePart(part) => {
                let wanted = number_of(value).map_or_else(|| refuse("", format!("{value} is not a number")), Ok)?;
                return Ok(Some(Test::TimePart(part, wanted)));
            }
            Operator::FieldRef(place) => {
                let SigmaValue::String(other) = value else { return refuse("", "fieldref takes the name of a field") };
                let Some(other) = other.as_plain() else { return refuse("", "fieldref takes a name without wildcards") };
                return Ok(Some(Test::FieldRef(self.field(&other)?, place, modifiers.cased)));
            }
            Operator::Exists => return Ok(Some(Test::Exists)),
            Operator::Text(place) => place,
        };
        match value {
            SigmaValue::Null => Ok(Some(Test::Null)),
            SigmaValue::Integer(_) | SigmaValue::Float(_) if place == Place::Whole && !modifiers.transforms() => {
                own.numbers.extend(number_of(value));
                Ok(None)
            }
            SigmaValue::Bool(truth) => {
                own.truths.push(*truth);
                Ok(None)
            }
            SigmaValue::String(text) => self.text(text, place, modifiers, own).map(|()| None),
            number => self.text(&SigmaString::from_raw(&number.to_string()), place, modifiers, own).map(|()| None),
        }
    }

    fn text(&mut self, text: &SigmaString, place: Place, modifiers: &Modifiers, own: &mut Values) -> Result<(), Refusal> {
        let variants = if modifiers.expand { self.expand(text)? } else { vec![parts_of(text)] };
        for parts in variants {
            for parts in encode(parts, modifiers)? {
                let parts = if modifiers.windash { with_dashes(parts) } else { parts };
                let (before, after) = match place {
                    _ if modifiers.base64offset => (true, true),
                    Place::Whole => (false, false),
                    Place::Inside => (true, true),
                    Place::Start => (false, true),
                    Place::End => (true, false),
                };
                self.push_pattern(around(parts, before, after), modifiers.cased, own)?;
            }
        }
        Ok(())
    }

    /// Replaces each `%name%` by each of its values.
    fn expand(&self, text: &SigmaString) -> Result<Vec<Vec<Part>>, Refusal> {
        let mut variants = vec![Vec::new()];
        let mut bytes = 0usize;
        for part in parts_of(text) {
            let Part::Literal(literal) = &part else {
                variants.iter_mut().for_each(|variant| variant.push(part.clone()));
                continue;
            };
            let mut rest = &**literal;
            while let Some((before, name, after)) = placeholder(rest) {
                let Some(values) = self.placeholders.get(name).filter(|values| !values.is_empty()) else {
                    return refuse(
                        format!("%{name}%"),
                        format!("placeholder %{name}% has no values; give them with --placeholders"),
                    );
                };
                let count = variants.len() * values.len();
                bytes = values.len() * (bytes + variants.len() * before.len())
                    + variants.len() * values.iter().map(String::len).sum::<usize>();
                if count > MAX_PATTERNS || bytes.max(count * text.original.len()) > MAX_EXPANDED_BYTES {
                    let most = format!("{MAX_PATTERNS} values or {MAX_EXPANDED_BYTES} bytes");
                    return refuse("", format!("placeholders expand to more than {most}; use fewer in one value"));
                }
                let longer = variants.iter().flat_map(|variant| {
                    values.iter().map(move |value| {
                        let mut longer = variant.clone();
                        longer.push(Part::Literal(before.into()));
                        longer.extend(parts_of(&SigmaString::new(value)));
                        longer
                    })
                });
                variants = longer.collect();
                rest = after;
            }
            variants.iter_mut().for_each(|variant| variant.push(Part::Literal(rest.into())));
        }
        Ok(variants)
    }

    fn push_pattern(&mut self, parts: Vec<Part>, cased: bool, into: &mut Values) -> Result<(), Refusal> {
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            return refuse("", format!("the rule has more than {MAX_PATTERNS} values"));
        }
        into.patterns.push(Pattern::new(parts, cased));
        Ok(())
    }
}

fn cidr_of(value: &SigmaValue) -> Result<Test, Refusal> {
    let text = value.to_string();
    let network = text.parse::<ipnet::IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from));
    match network {
        Ok(network) => Ok(Test::Cidr(network)),
        Err(_) => refuse(text.clone(), format!("{text:?} is not a network such as 192.0.2.0/24")),
    }
}

fn number_of(value: &SigmaValue) -> Option<Number> {
    match value {
        SigmaValue::Integer(number) => Some(Number::new(*number as f64)),
        SigmaValue::Float(number) if !number.is_nan() => Some(Number::new(*number)),
        SigmaValue::String(text) => Number::parse(&text.original),
        _ => None,
    }
}

fn truth_of(value: &SigmaValue) -> Option<bool> {
    match value {
        SigmaValue::Bool(truth) => Some(*truth),
        SigmaValue::String(text) => crate::predicate::parse_truth(&text.original),
        _ => None,
    }
}

/// The syntax tree escapes brackets in field names, where they are literal in Sigma 2.
fn unescape_brackets(name: &str) -> String {
    name.replace("\\[", "[").replace("\\]", "]")
}
