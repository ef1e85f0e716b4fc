//! Random rules and events that have enough in common to match often.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use cordon_event::{Encoding, Format, LogSource};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    record::{Record, Stored},
    rule::{Condition, Detection, Filter, Item, Rule, Scalar},
    words::{ADDRESSES, CONSTANTS, FIELDS, NUMBERS, PIECES, PIECES_OF_LONG, RARE, SECRETS, TIMES, WILD, WORDS, WRITTEN},
};

/// A log source: product, category and service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Source(Option<&'static str>, Option<&'static str>, Option<&'static str>);

impl Source {
    pub fn yaml(self) -> String {
        let Self(product, category, service) = self;
        serde_json::json!({"product": product, "category": category, "service": service}).to_string()
    }

    pub fn logsource(self) -> LogSource {
        let part = |part: Option<&str>| part.map(str::to_owned);
        LogSource { product: part(self.0), category: part(self.1), service: part(self.2) }
    }

    /// Whether a filter for this source narrows rules for `other`.
    pub fn covers(self, other: Self) -> bool {
        let fits = |own: Option<&str>, other: Option<&str>| own.is_none() || own == other;
        fits(self.0, other.0) && fits(self.1, other.1) && fits(self.2, other.2)
    }
}

/// What records of no known family are said to be.
pub const ASSUMED: Source = Source(Some("ward"), Some("monitor"), None);

const SOURCES: [Source; 9] = [
    Source(Some("windows"), None, None),
    Source(Some("windows"), None, Some("security")),
    Source(Some("windows"), None, Some("sysmon")),
    Source(Some("windows"), Some("process_creation"), None),
    Source(None, Some("network_connection"), None),
    Source(Some("windows"), Some("file_access"), None),
    Source(Some("linux"), None, Some("auditd")),
    Source(None, None, None),
    ASSUMED,
];

/// Kinds of events: format, channel, provider and event id.
const KINDS: [(Format, &str, &str, Option<u32>); 12] = [
    (Format::Windows, "Security", "Microsoft-Windows-Security-Auditing", Some(4688)),
    (Format::Windows, "Security", "Microsoft-Windows-Security-Auditing", Some(4624)),
    (Format::Windows, "Security", "Microsoft-Windows-Security-Auditing", Some(4663)),
    (Format::Windows, "Security", "Microsoft-Windows-Security-Auditing", Some(5156)),
    (Format::Windows, "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", Some(1)),
    (Format::Windows, "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", Some(3)),
    (Format::Windows, "", "Microsoft-Windows-Sysmon", Some(1)),
    (Format::Windows, "System", "Service Control Manager", Some(7045)),
    (Format::Windows, "", "", None),
    (Format::Auditd, "", "EXECVE", None),
    (Format::Generic, "", "", None),
    (Format::Generic, "", "", Some(1)),
];

fn joined(pieces: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    vec(select(pieces), 0..most).prop_map(|pieces| pieces.concat())
}

/// A secret in base64, with something before and behind it.
fn hidden() -> impl Strategy<Value = String> {
    (select(&["", "x", "xy", "xyz"]), select(&SECRETS), select(&["", "z", "zz"]), 0..3usize).prop_map(
        |(before, secret, behind, wide)| {
            let text = format!("{before}{secret}{behind}");
            let bytes = match wide {
                0 => text.into_bytes(),
                1 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                _ => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            };
            BASE64_STANDARD.encode(bytes)
        },
    )
}

fn event_text(field: &'static str) -> BoxedStrategy<String> {
    let special =
        |list: &'static [&'static str]| prop_oneof![3 => select(list), 1 => select(&WORDS)].prop_map(str::to_owned).boxed();
    const PROTOCOLS: [&str; 3] = ["6", "17", "1"];
    const TYPES: [&str; 3] = ["File", "file", "Key"];
    match field {
        "Time" => select(&TIMES).prop_map(|(time, _)| time.to_owned()).boxed(),
        "Address" => select(&ADDRESSES).prop_map(str::to_owned).boxed(),
        "ProcessId" | "NewProcessId" | "LogonId" | "SubjectLogonId" => special(&NUMBERS),
        "Protocol" => special(&PROTOCOLS),
        "ObjectType" => special(&TYPES),
        _ => prop_oneof![
            24 => joined(&PIECES, 6),
            1 => (joined(&PIECES, 3), select(&RARE), joined(&PIECES, 3)).prop_map(|(a, rare, b)| a + rare + &b),
            4 => select(&NUMBERS).prop_map(str::to_owned),
            2 => select(&WORDS).prop_map(str::to_owned),
            2 => hidden(),
            2 => joined(&PIECES_OF_LONG, 6),
            // Longer than what is remembered, and than what one vector holds.
            1 => (joined(&PIECES, 4), joined(&PIECES, 4), select(&[40usize, 1100])).prop_map(|(a, b, n)| a + &"x".repeat(n) + &b),
        ]
        .boxed(),
    }
}

fn stored() -> impl Strategy<Value = Stored> {
    const GUID: [u8; 16] = [0x6a, 2, 0, 0, 1, 0, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    select(&FIELDS).prop_flat_map(|field| {
        prop_oneof![
            20 => (event_text(field), any::<u16>()).prop_map(move |(text, choice)| Stored::new(field, Some(&text), choice)),
            1 => Just(Stored::new(field, None, 0)),
            1 => select(&[Encoding::Guid, Encoding::Binary, Encoding::Sid]).prop_map(move |encoding| {
                // Only times stand under the name of one, so that the test knows their parts.
                let field = if field == "Time" { "A" } else { field };
                Stored::of_bytes(field, encoding, GUID.into())
            }),
        ]
    })
}

/// An event of one of the kinds; one in nine does not say its kind exactly once and as usual.
pub fn record() -> impl Strategy<Value = Record> {
    let oddity = prop_oneof![8 => Just(0), 1 => 1..7u8];
    (select(&KINDS), vec(stored(), 0..9), any::<bool>(), oddity, any::<u16>()).prop_map(
        |(kind, mut fields, has_raw, oddity, choice)| {
            let (format, channel, provider, event_id) = kind;
            let id = event_id.map(|id| id.to_string());
            let told = [("EventID", id.as_deref().unwrap_or("")), ("Channel", channel), ("Provider_Name", provider)];
            let told = told.into_iter().filter(|(_, text)| !text.is_empty());
            fields.splice(0..0, told.map(|(name, text)| Stored::new(name, Some(text), choice)));
            match oddity {
                1 => fields.push(Stored::new("EventID", Some("7"), 0)),
                2 => fields.push(Stored::new("Channel", Some("Security"), 0)),
                3 => fields.retain(|field| field.name != "EventID"),
                4 => fields.push(Stored::new("Provider_Name", None, 0)),
                // As some shippers write it.
                5 | 6 => {
                    let spelled = event_id.map(|id| if oddity == 5 { format!("0{id}") } else { format!("{id:#x}") });
                    let others = fields.iter().filter(|field| field.name != "EventID").cloned();
                    let id = spelled.iter().map(|id| Stored::new("EventID", Some(id), choice));
                    fields = id.chain(others).collect();
                }
                _ => {}
            }
            Record { format, event_id, has_raw, fields, ..Record::default() }.finish()
        },
    )
}

/// A text as a rule's author writes it.
fn written() -> impl Strategy<Value = String> {
    prop_oneof![3 => joined(&WRITTEN, 4), 1 => joined(&WILD, 5)]
}

/// A text without wildcards and escapes.
fn plain() -> impl Strategy<Value = String> {
    prop_oneof![select(&SECRETS).prop_map(str::to_owned), joined(&["a", "b", "é", " ", "-a", "cmd", "7"], 3)]
}

fn text(text: impl Strategy<Value = String>) -> impl Strategy<Value = Scalar> {
    text.prop_map(Scalar::Text)
}

fn number() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        select(&[0i64, 1, 7, -1, 42, 420, 4688, 3]).prop_map(Scalar::Int),
        select(&[1.5, 0.5, 7.0]).prop_map(Scalar::Float)
    ]
}

fn scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        16 => text(written()),
        1 => text(select(&WORDS).prop_map(str::to_owned)),
        3 => number(),
        1 => any::<bool>().prop_map(Scalar::Truth),
        1 => Just(Scalar::Null),
    ]
}

fn field() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => select(&FIELDS[..20]), 1 => select(&CONSTANTS)]
}

fn place() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        3 => Just(vec![]),
        4 => Just(vec!["contains"]),
        2 => Just(vec!["startswith"]),
        3 => Just(vec!["endswith"]),
    ]
}

/// Adds modifiers that go with any comparison.
fn extra(names: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![4 => Just(vec![]), 2 => select(names).prop_map(|name| vec![name])]
}

fn assembled(
    field: impl Strategy<Value = &'static str>,
    modifiers: impl Strategy<Value = Vec<&'static str>>,
    extra: impl Strategy<Value = Vec<&'static str>>,
    values: impl Strategy<Value = Vec<Scalar>>,
) -> impl Strategy<Value = Item> {
    (field, modifiers, extra, values).prop_map(|(field, mut modifiers, extra, values)| {
        // A single value takes no `all`.
        modifiers.extend(extra.into_iter().filter(|extra| *extra != "all" || values.len() > 1));
        Item { field, modifiers, values }
    })
}

fn chosen(list: &'static [&'static str]) -> impl Strategy<Value = Vec<Scalar>> {
    vec(text(select(list).prop_map(str::to_owned)), 1..3)
}

fn one(modifiers: &'static [&'static [&'static str]]) -> impl Strategy<Value = Vec<&'static str>> {
    select(modifiers).prop_map(<[&str]>::to_vec)
}

fn item() -> BoxedStrategy<Item> {
    const REGEXES: [&str; 12] =
        ["a+b", "^a", "b$", "(?i)AB", "[ab]{2,3}", r"\\cmd", "^$", "é", "a.b", "^[^a]*$", r"(a|b)+\.exe$", r"\b7\b"];
    const NETWORKS: [&str; 6] = ["192.0.2.0/24", "192.0.2.0/25", "0.0.0.0/0", "2001:db8::/32", "198.51.100.7/32", "198.51.100.7"];
    // What tells kinds of events apart, so that plans decide it.
    const TOLD: [&str; 10] = [
        "4688",
        "Security",
        "security",
        "Microsoft-Windows-Sysmon",
        "Service Control Manager",
        "*Sysmon*",
        "S*",
        "4?88",
        "1",
        "EXECVE",
    ];
    let told = vec(prop_oneof![3 => text(select(&TOLD).prop_map(str::to_owned)), 1 => number()], 1..4);
    let words = || assembled(field(), place(), extra(&["all", "cased", "neq"]), vec(scalar(), 1..5));
    prop_oneof![
        30 => words(),
        4 => assembled(select(&CONSTANTS), place(), extra(&["all", "cased", "neq"]), told),
        2 => assembled(field(), place(), Just(vec!["cased", "all"]), vec(scalar(), 2..4)),
        3 => assembled(field(), Just(vec!["re"]), one(&[&[], &["i"], &["m"], &["s"], &["i", "s"], &["neq"]]), chosen(&REGEXES)),
        2 => assembled(Just("Address"), Just(vec!["cidr"]), extra(&["neq"]), chosen(&NETWORKS)),
        2 => assembled(Just("Address"), place(), extra(&["neq", "all"]), chosen(&ADDRESSES)),
        3 => assembled(field(), one(&[&["gt"], &["gte"], &["lt"], &["lte"]]), extra(&["neq"]), vec(number(), 1..3)),
        2 => assembled(field(), Just(vec!["exists"]), Just(vec![]), vec(any::<bool>().prop_map(Scalar::Truth), 1)),
        3 => assembled(field(), one(&[&["fieldref"], &["fieldref", "contains"], &["fieldref", "startswith"], &["fieldref", "endswith"]]),
            extra(&["cased", "neq"]), chosen(&FIELDS[..12])),
        2 => assembled(field(), one(&[&["base64"], &["base64", "contains"], &["wide", "base64"], &["utf16be", "base64", "startswith"]]),
            extra(&["cased"]), vec(text(plain()), 1..3)),
        2 => assembled(field(), one(&[&["base64offset", "contains"], &["wide", "base64offset", "contains"], &["utf16", "base64offset"]]),
            extra(&["cased", "neq"]), vec(text(select(&SECRETS).prop_map(str::to_owned)), 1..3)),
        1 => assembled(field(), one(&[&["wide"], &["utf16le", "contains"], &["utf16be"]]), Just(vec![]), vec(text(plain()), 1)),
        3 => assembled(field(), Just(vec!["windash", "contains"]), extra(&["all", "cased"]), vec(text(written()), 1..4)),
        1 => assembled(field(), one(&[&["windash"], &["windash", "endswith"]]), Just(vec![]), vec(text(written()), 1..3)),
        2 => assembled(field(), place(), Just(vec!["expand"]), chosen(&["%p%", "a%p%", "%p%*%q.q%", "%%p%", "100% %q.q%", "\\\\%p%?"])),
        2 => assembled(Just("Time"), one(&[&["minute"], &["hour"], &["day"], &["week"], &["month"], &["year"]]), extra(&["neq"]),
            vec(select(&[0i64, 8, 24, 53, 1, 2017, 12, 19]).prop_map(Scalar::Int), 1..4)),
        2 => assembled(Just(""), one(&[&["contains"], &["all"], &["startswith"], &["endswith"], &["contains", "all"], &["windash", "contains"]]),
            Just(vec![]), vec(text(written()), 2..4)),
        1 => assembled(Just(""), Just(vec!["re"]), Just(vec![]), chosen(&REGEXES)),
    ]
    .boxed()
}

/// Items under different keys.
fn items() -> impl Strategy<Value = Vec<Item>> {
    vec(item(), 1..4).prop_map(|mut items| {
        let mut keys = Vec::new();
        items.retain(|item| {
            let is_new = !keys.contains(&item.key());
            keys.push(item.key());
            is_new
        });
        items
    })
}

fn detection() -> impl Strategy<Value = Detection> {
    let keyword = prop_oneof![8 => text(written()), 1 => number()];
    prop_oneof![
        10 => items().prop_map(Detection::Items),
        2 => vec(items(), 1..4).prop_map(Detection::AnyOf),
        2 => vec(keyword, 1..4).prop_map(Detection::Keywords),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    const PATTERNS: [&str; 6] = ["them", "sel_*", "*_one", "*", "sel_one", "_h*n"];
    let count = prop_oneof![2 => Just(Some(1)), 2 => Just(None), 1 => Just(Some(2))];
    let leaf = prop_oneof![4 => (0..5usize).prop_map(Condition::Detection), 1 => (count, select(&PATTERNS)).prop_map(|(count, pattern)| Condition::Of(count, pattern))];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            2 => inner.clone().prop_map(|part| Condition::Not(Box::new(part))),
            3 => vec(inner.clone(), 2..4).prop_map(Condition::And),
            2 => vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

/// Puts something sensible in the place of what the rule has too few detections for.
fn mend(condition: Condition, rule: &Rule) -> Condition {
    let all = |parts: Vec<Condition>| parts.into_iter().map(|part| mend(part, rule)).collect();
    match condition {
        Condition::Of(count, pattern) if rule.chosen(pattern).len() < count.unwrap_or(1) => Condition::Detection(0),
        Condition::Not(part) => Condition::Not(Box::new(mend(*part, rule))),
        Condition::And(parts) => Condition::And(all(parts)),
        Condition::Or(parts) => Condition::Or(all(parts)),
        other => other,
    }
}

/// Rules, numbered.
pub fn rules(most: usize) -> impl Strategy<Value = Vec<Rule>> {
    let conditions = prop_oneof![6 => vec(condition(), 1), 1 => vec(condition(), 2..4)];
    let rule = (select(&SOURCES), prop_oneof![vec(detection(), 1..3), vec(detection(), 1..6)], conditions).prop_map(
        |(source, detections, conditions)| {
            let mut rule = Rule { number: 0, source, detections, conditions: Vec::new() };
            rule.conditions = conditions.into_iter().map(|condition| mend(condition, &rule)).collect();
            rule
        },
    );
    vec(rule, 1..most).prop_map(|mut rules| {
        rules.iter_mut().enumerate().for_each(|(number, rule)| rule.number = number);
        rules
    })
}

/// Filters for some of the first rules, or for any.
pub fn filters() -> impl Strategy<Value = Vec<Filter>> {
    let targets = prop_oneof![1 => Just(Vec::new()), 3 => vec(0..3usize, 1..3)];
    let filter = (targets, select(&SOURCES), items(), any::<bool>());
    let filter = filter.prop_map(|(rules, source, items, is_negated)| Filter { rules, source, items, is_negated });
    vec(filter, 0..2)
}
