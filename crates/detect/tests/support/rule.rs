//! Rules as a test knows them, and their YAML.

use serde_json::{Map, Value as Json, json};

use super::strategy::Source;

/// A rule, or the part of a filter that says when it applies.
#[derive(Debug, Clone)]
pub struct Rule {
    pub number: usize,
    pub source: Source,
    /// By place in [`NAMES`].
    pub detections: Vec<Detection>,
    /// Any of which will do.
    pub conditions: Vec<Condition>,
}

/// A filter: rules that it names match only where it holds too.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Numbers of rules; empty for any.
    pub rules: Vec<usize>,
    pub source: Source,
    pub items: Vec<Item>,
    pub is_negated: bool,
}

/// Names of detections, in order.
pub const NAMES: [&str; 5] = ["sel_one", "filter_one", "sel_two", "_hidden", "other"];

#[derive(Debug, Clone)]
pub enum Detection {
    Items(Vec<Item>),
    AnyOf(Vec<Vec<Item>>),
    Keywords(Vec<Scalar>),
}

/// One line of a detection. Without a field, its values are keywords.
#[derive(Debug, Clone)]
pub struct Item {
    pub field: &'static str,
    pub modifiers: Vec<&'static str>,
    pub values: Vec<Scalar>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// As the author writes it: wildcards, escapes and all.
    Text(String),
    Int(i64),
    Float(f64),
    Truth(bool),
    Null,
}

#[derive(Debug, Clone)]
pub enum Condition {
    /// By number; taken modulo the number of detections.
    Detection(usize),
    /// `1 of them` and the like; `None` for all.
    Of(Option<usize>, &'static str),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

impl Rule {
    pub fn id(&self) -> String {
        id_of(self.number)
    }

    pub fn yaml(&self) -> String {
        let mut detection = Map::new();
        for (name, body) in NAMES.iter().zip(&self.detections) {
            detection.insert((*name).to_owned(), body.json());
        }
        let conditions: Vec<Json> = self.conditions.iter().map(|condition| self.text(condition).into()).collect();
        detection.insert("condition".to_owned(), one_or_list(conditions));
        let Self { number, source, .. } = self;
        let (id, source, detection) = (self.id(), source.yaml(), Json::Object(detection));
        format!("title: Rule {number}\nid: {id}\nlogsource: {source}\ndetection: {detection}\nlevel: high\n")
    }

    /// The names that a pattern of a condition means.
    pub fn chosen(&self, pattern: &str) -> Vec<usize> {
        let fits = |name: &str| match pattern {
            "them" => !name.starts_with('_'),
            _ => match pattern.split_once('*') {
                Some((start, end)) => name.starts_with(start) && name.ends_with(end),
                None => name == pattern,
            },
        };
        (0..self.detections.len()).filter(|at| fits(NAMES[*at])).collect()
    }

    fn text(&self, condition: &Condition) -> String {
        let joined = |parts: &[Condition], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| self.bracketed(part)).collect();
            parts.join(word)
        };
        match condition {
            Condition::Detection(at) => NAMES[at % self.detections.len()].to_owned(),
            Condition::Of(count, pattern) => {
                let count = count.map_or("all".to_owned(), |count| count.to_string());
                format!("{count} of {pattern}")
            }
            Condition::Not(part) => format!("not {}", self.bracketed(part)),
            Condition::And(parts) => joined(parts, " and "),
            // Of `or` and `and`, `and` binds tighter, so these need no brackets.
            Condition::Or(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.text(part)).collect();
                parts.join(" or ")
            }
        }
    }

    fn bracketed(&self, condition: &Condition) -> String {
        match condition {
            Condition::And(_) | Condition::Or(_) => format!("({})", self.text(condition)),
            _ => self.text(condition),
        }
    }
}

impl Filter {
    pub fn yaml(&self, number: usize) -> String {
        let rules: Vec<Json> = self.rules.iter().map(|rule| id_of(*rule).into()).collect();
        let rules = if rules.is_empty() { Json::from("any") } else { Json::Array(rules) };
        let condition = if self.is_negated { "not selection" } else { "selection" };
        let filter = json!({"rules": rules, "selection": items_json(&self.items), "condition": condition});
        format!("title: Filter {number}\nlogsource: {}\nfilter: {filter}\n", self.source.yaml())
    }
}

impl Detection {
    fn json(&self) -> Json {
        match self {
            Self::Items(items) => items_json(items),
            Self::AnyOf(maps) => maps.iter().map(|items| items_json(items)).collect(),
            Self::Keywords(values) => values.iter().map(Scalar::json).collect(),
        }
    }
}

impl Item {
    /// As it stands in the rule, such as `CommandLine|contains|all`.
    pub fn key(&self) -> String {
        std::iter::once(self.field).chain(self.modifiers.iter().copied()).collect::<Vec<_>>().join("|")
    }

    pub fn has(&self, modifier: &str) -> bool {
        self.modifiers.contains(&modifier)
    }
}

impl Scalar {
    fn json(&self) -> Json {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Int(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Truth(truth) => (*truth).into(),
            Self::Null => Json::Null,
        }
    }
}

fn id_of(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn items_json(items: &[Item]) -> Json {
    let entry = |item: &Item| (item.key(), one_or_list(item.values.iter().map(Scalar::json).collect()));
    Json::Object(items.iter().map(entry).collect())
}

fn one_or_list(mut list: Vec<Json>) -> Json {
    if list.len() == 1 { list.remove(0) } else { Json::Array(list) }
}
