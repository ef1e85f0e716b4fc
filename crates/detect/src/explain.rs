//! Why a rule matches an event or does not: its condition, part by part.

use cordon_event::{Event, LogSource, Names};

use crate::{
    RuleId, RuleSet,
    expr::{Expr, Vocabulary},
    lens::Lens,
    predicate::{FieldId, Place, Test, TimePart},
};

/// What a rule makes of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The log sources that the event satisfies.
    pub sources: Vec<LogSource>,
    /// Whether one of them is what the rule asks for. When none is, the condition is still explained, on the record's
    /// own fields.
    pub applies: bool,
    /// The condition.
    pub condition: Part,
}

impl Explanation {
    /// Whether the rule matches the event.
    pub fn matches(&self) -> bool {
        self.applies && self.condition.held
    }
}

/// A part of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What is asked.
    pub what: What,
    /// Whether it holds.
    pub held: bool,
    /// What it is made of.
    pub parts: Vec<Part>,
}

/// What a part of a condition asks.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// All of its parts.
    All,
    /// Any of its parts.
    Any,
    /// So many of its parts.
    AtLeast(usize),
    /// Not its part.
    Not,
    /// A detection, by the name that the rule gives it.
    Detection(String),
    /// A test on a field.
    Test {
        /// The field; empty for keywords.
        field: String,
        /// What is asked of it, such as `is *\cmd.exe | *\powershell.exe`.
        test: String,
        /// The values that the field has, in the forms that the rule sees; for keywords, those that match.
        seen: Vec<String>,
    },
}

/// Values shown for one field, and the length at which each is cut.
const MAX_SEEN: usize = 8;
const MAX_SEEN_BYTES: usize = 400;

impl RuleSet {
    /// Explains what `rule` makes of `event`.
    pub fn explain(&self, rule: RuleId, event: &Event<'_>, names: &Names) -> Explanation {
        let header = &event.header;
        let views = self.taxonomy.views(header.format, &header.channel.to_text(), &header.provider.to_text(), header.event_id);
        let wanted = self.rule(rule);
        let holds = |when: &cordon_event::When| {
            let id = names.find(&when.field);
            event.fields.iter().any(|field| Some(field.name) == id && when.holds(field.value))
        };
        let met: Vec<_> = views.iter().filter(|view| view.when.iter().all(holds)).collect();
        let sources = met.iter().flat_map(|view| &view.sources).cloned().collect();
        let fitting = met.iter().filter(|view| view.sources.iter().any(|source| source.satisfies(&wanted.logsource)));
        let explained: Vec<Part> = fitting
            .map(|view| Lens { event, names, aliases: &view.aliases })
            .map(|lens| explain(&wanted.expr, lens, &self.vocabulary))
            .collect();
        let applies = !explained.is_empty();
        let best = explained.iter().position(|part| part.held).unwrap_or(0);
        let condition = explained
            .into_iter()
            .nth(best)
            .unwrap_or_else(|| explain(&wanted.expr, Lens { event, names, aliases: &[] }, &self.vocabulary));
        Explanation { sources, applies, condition }
    }
}

fn explain(expr: &Expr, lens: Lens<'_>, vocabulary: &Vocabulary) -> Part {
    let held = lens.matches(expr, vocabulary);
    let all = |parts: &[Expr]| parts.iter().map(|part| explain(part, lens, vocabulary)).collect();
    let (what, parts) = match expr {
        Expr::And(parts) => (What::All, all(parts)),
        Expr::Or(parts) => (What::Any, all(parts)),
        Expr::AtLeast(count, parts) => (What::AtLeast(*count), all(parts)),
        Expr::Not(part) => (What::Not, vec![explain(part, lens, vocabulary)]),
        Expr::Named(name, part) => (What::Detection(name.to_string()), vec![explain(part, lens, vocabulary)]),
        Expr::Predicate(id) => {
            let predicate = vocabulary.get(*id);
            let field = vocabulary.field_name(predicate.field).to_owned();
            let seen = seen(predicate.field, &field, &predicate.test, lens);
            (What::Test { field, test: describe(&predicate.test, vocabulary), seen }, Vec::new())
        }
    };
    Part { what, held, parts }
}

fn seen(field: FieldId, name: &str, test: &Test, lens: Lens<'_>) -> Vec<String> {
    let mut seen = Vec::new();
    let mut add = |text: &str| {
        let end = text.floor_char_boundary(MAX_SEEN_BYTES);
        seen.push(if end < text.len() { format!("{}…", &text[..end]) } else { text.to_owned() });
        seen.len() >= MAX_SEEN
    };
    if field == FieldId::KEYWORDS {
        lens.any_value(&mut |_, text| test.holds_for(&text) && add(&text));
    } else {
        lens.any(name, &mut |text| add(text.unwrap_or("(null)")));
    }
    seen
}

fn describe(test: &Test, vocabulary: &Vocabulary) -> String {
    match test {
        Test::AnyOf(values) => format!("is {}", values.describe()),
        Test::Regex(regex) => format!("matches /{}/", regex.0.as_str()),
        Test::Cidr(network) => format!("is in {network}"),
        Test::Compare(comparison, limit) => format!("{} {}", comparison.symbol(), limit.get()),
        Test::TimePart(part, wanted) => {
            let part = match part {
                TimePart::Minute => "minute",
                TimePart::Hour => "hour",
                TimePart::Day => "day",
                TimePart::Week => "week",
                TimePart::Month => "month",
                TimePart::Year => "year",
            };
            format!("has {part} {}", wanted.get())
        }
        Test::FieldRef(other, place, _) => {
            let verb = match place {
                Place::Whole => "equals",
                Place::Inside => "contains",
                Place::Start => "starts with",
                Place::End => "ends with",
            };
            format!("{verb} the value of {}", vocabulary.field_name(*other))
        }
        Test::Exists => "has a value".to_owned(),
        Test::Present => "is there".to_owned(),
        Test::Null => "has no value".to_owned(),
    }
}
