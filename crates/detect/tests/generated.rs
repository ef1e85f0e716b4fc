//! Random rules on random events: the matcher, its own slow path, a plain evaluation written for this test and another
//! engine must all give the same answer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::{cell::Cell, collections::BTreeSet};

use cordon_detect::{Matcher, RuleSet};
use cordon_event::{Event, Names, Taxonomy, View};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};

use support::{
    Oracle,
    naive::{self, Told},
    record::{Record, Stored},
    rule::{Detection, Filter, Item, Rule, Scalar},
    strategy::{self, ASSUMED},
    words::{LONG, PLACEHOLDERS},
};

/// Cases run in each test when `PROPTEST_CASES` does not say how many.
const CASES: u32 = 128;

const TIME_PARTS: [&str; 6] = ["minute", "hour", "day", "week", "month", "year"];

/// What was compared.
#[derive(Debug, Default)]
struct Counts {
    /// Rules on events.
    pairs: Cell<u64>,
    matches: Cell<u64>,
    /// Pairs that the other engine judged too.
    judged: Cell<u64>,
}

fn add(count: &Cell<u64>, more: bool) {
    count.set(count.get() + u64::from(more));
}

fn taxonomy() -> Taxonomy {
    let mut taxonomy = Taxonomy::builtin().unwrap();
    taxonomy.assume(ASSUMED.logsource());
    taxonomy
}

fn load(rules: &[Rule], filters: &[Filter]) -> RuleSet {
    let mut builder = RuleSet::builder();
    for (name, values) in PLACEHOLDERS {
        builder.placeholder(name, values.iter().map(|value| (*value).to_owned()).collect());
    }
    for rule in rules {
        builder.add_file(&format!("{}.yml", rule.number), &rule.yaml());
    }
    for (number, filter) in filters.iter().enumerate() {
        builder.add_file(&format!("filter-{number}.yml"), &filter.yaml(number));
    }
    builder.compile(taxonomy())
}

fn items(rule: &Rule) -> Vec<Item> {
    let of_detection = |detection: &Detection| match detection {
        Detection::Items(items) => items.clone(),
        Detection::AnyOf(maps) => maps.concat(),
        Detection::Keywords(values) => vec![Item { field: "", modifiers: Vec::new(), values: values.clone() }],
    };
    rule.detections.iter().flat_map(of_detection).collect()
}

/// Whether the other engine reads an item as the specification says, on an event whose views are `told`. The reasons are
/// in `differences.md`, section "Matching".
fn is_judged(item: &Item, told: &[&Told], is_aliased: bool) -> bool {
    let texts: Vec<&String> =
        item.values.iter().filter_map(|value| if let Scalar::Text(text) = value { Some(text) } else { None }).collect();
    let has_wildcards = !item.has("re") && texts.iter().any(|text| naive::has_wildcards(text));
    let has_numbers = item.values.iter().any(|value| matches!(value, Scalar::Int(_) | Scalar::Float(_)));
    let has_null = item.values.contains(&Scalar::Null);
    let all_texts = || told.iter().flat_map(|told| &told.record);
    let repeats =
        |field: &str| told.iter().any(|told| told.fields.get(field).is_some_and(|list| list.len() > 1 || list.contains(&None)));
    let names_number = |text: &String| text.parse::<f64>().is_ok_and(|number| !number.is_finite());
    let is_flag = |text: &str, at: usize| {
        let is_word = |character: Option<char>| character.is_some_and(|one| one.is_alphanumeric() || one == '_');
        !is_word(text[..at].chars().next_back()) && is_word(text[at + 1..].chars().next())
    };
    let windash = |text: &&String| {
        let flags = text.match_indices(['-', '/']).filter(|(at, _)| is_flag(text, *at));
        text.contains('\\') || flags.clone().any(|(_, dash)| dash == "/") || flags.count() < text.matches('-').count()
    };
    let has_place = item.has("startswith") || item.has("endswith") || item.has("windash");
    let differs = has_wildcards && (has_place || all_texts().any(|text| text.contains('\n')))
        || all_texts().any(|text| text.contains(['İ', 'ς', '\u{212a}']))
        || item.has("base64offset")
        || item.has("expand")
        || naive::transforms(item) && !item.has("base64") && !item.has("windash")
        || item.has("windash") && texts.iter().any(windash)
        || has_null && (item.values.len() > 1 || repeats(item.field))
        || item.field.is_empty() && (item.has("all") || has_numbers || is_aliased)
        || has_numbers && all_texts().any(names_number)
        || item.has("fieldref") && (repeats(item.field) || texts.iter().any(|field| repeats(field)))
        || TIME_PARTS.iter().any(|part| item.has(part)) && all_texts().any(|text| text.parse::<i64>().is_ok());
    !differs
}

/// What the rules should say about an event, and which of these answers the other engine can judge.
struct Expected {
    matching: BTreeSet<String>,
    judged: BTreeSet<String>,
}

fn expected(rules: &[Rule], filters: &[Filter], views: &[View], event: &Event<'_>, names: &Names) -> Expected {
    let record: Vec<String> =
        event.fields.iter().filter(|field| !field.value.is_null()).map(|field| field.value.to_text().into_owned()).collect();
    let met: Vec<(&View, Told)> = views
        .iter()
        .filter(|view| support::view_holds(view, event, names))
        .map(|view| (view, Told { fields: support::told(event, names, view), record: record.clone() }))
        .collect();
    let told: Vec<&Told> = met.iter().map(|(_, told)| told).collect();
    let is_aliased = met.iter().any(|(view, _)| !view.aliases.is_empty());
    let mut expected = Expected { matching: BTreeSet::new(), judged: BTreeSet::new() };
    for rule in rules {
        let wanted = rule.source.logsource();
        let narrowing = |filter: &&Filter| {
            (filter.rules.is_empty() || filter.rules.contains(&rule.number)) && filter.source.covers(rule.source)
        };
        let narrowing: Vec<&Filter> = filters.iter().filter(narrowing).collect();
        let holds =
            |told: &Told| naive::rule_holds(rule, told) && narrowing.iter().all(|filter| naive::filter_holds(filter, told));
        let mut fitting = met.iter().filter(|(view, _)| view.sources.iter().any(|source| source.satisfies(&wanted)));
        if fitting.any(|(_, told)| holds(told)) {
            expected.matching.insert(rule.id());
        }
        if narrowing.is_empty() && items(rule).iter().all(|item| is_judged(item, &told, is_aliased)) {
            expected.judged.insert(rule.id());
        }
    }
    expected
}

/// Keywords that are long enough to be looked for in the record as it stands.
fn with_long_keywords(rules: &[Rule]) -> Vec<Rule> {
    let mut rules = rules.to_vec();
    for (number, rule) in rules.iter_mut().enumerate() {
        for (at, detection) in rule.detections.iter_mut().enumerate() {
            let long = |step: usize| Scalar::Text(LONG[(number + at + step) % LONG.len()].to_owned());
            *detection = Detection::Keywords((0..=number % 3).map(long).collect());
        }
    }
    rules
}

/// Checks random inputs, and that enough came of them to mean something.
fn run<S: Strategy>(inputs: &S, check: impl Fn(S::Value, &Counts) -> Result<(), TestCaseError>) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let config = ProptestConfig { cases, max_shrink_iters: 4000, failure_persistence: None, ..ProptestConfig::default() };
    let counts = Counts::default();
    TestRunner::new(config).run(inputs, |input| check(input, &counts)).unwrap_or_else(|error| panic!("{error}"));
    let (pairs, matches, judged) = (counts.pairs.get(), counts.matches.get(), counts.judged.get());
    println!("{cases} cases: {pairs} rules on events, {matches} matches, {judged} judged by the oracle too");
    assert!(matches > pairs / 50 && matches < pairs / 2, "rules that always or never match show nothing");
}

#[test]
fn generated_rules_match_as_the_specification_and_the_oracle_say() {
    let inputs = (strategy::rules(24), strategy::filters(), vec(strategy::record(), 1..40));
    run(&inputs, |(rules, filters, records), counts| check(&rules, &filters, &records, counts));
}

#[test]
fn long_keywords_are_found_in_whatever_form_the_record_holds_them() {
    let inputs = (strategy::rules(12), vec(strategy::record(), 1..40));
    run(&inputs, |(rules, records), counts| check(&with_long_keywords(&rules), &[], &records, counts));
}

fn check(rules: &[Rule], filters: &[Filter], records: &[Record], counts: &Counts) -> Result<(), TestCaseError> {
    let set = load(rules, filters);
    let refused: Vec<&str> = set.problems().iter().map(|problem| problem.reason.as_str()).collect();
    let strange: Vec<&&str> = refused.iter().filter(|reason| !reason.contains("has no effect")).collect();
    prop_assert!(strange.is_empty(), "refused: {strange:?}");
    let oracle = Oracle::new(rules.iter().map(Rule::yaml));
    let taxonomy = taxonomy();
    let mut names = Names::default();
    let mut matcher = Matcher::new(&set);
    // The second time, what was remembered of the first decides.
    for record in records.iter().chain(records) {
        let event = record.event(&mut names);
        for (field, stored) in event.fields.iter().zip(&record.fields) {
            let text = (!field.value.is_null()).then(|| field.value.to_text());
            prop_assert_eq!(text.as_deref(), stored.text.as_deref(), "the test's own encoding is wrong: {:?}", stored);
        }
        let ids: Vec<_> = matcher.matches(&event, &names).to_vec();
        let ours: BTreeSet<String> = ids.iter().map(|id| set.rule(*id).info.id.clone()).collect();
        let header = &event.header;
        let views = taxonomy.views(header.format, &header.channel.to_text(), &header.provider.to_text(), header.event_id);
        let expected = expected(rules, filters, &views, &event, &names);
        let theirs = oracle.matches(&event, &names, &views);
        for rule in rules {
            let id = rule.id();
            let (yaml, narrowed) = (rule.yaml(), if filters.is_empty() { String::new() } else { format!("{filters:?}") });
            let place = || format!("{yaml}{narrowed}\n{record:?}");
            let held = expected.matching.contains(&id);
            prop_assert_eq!(ours.contains(&id), held, "ours, expected: {}", place());
            let slow = set.explain(set.find(&id).unwrap(), &event, &names).matches();
            prop_assert_eq!(slow, held, "slow path, expected: {}", place());
            if expected.judged.contains(&id) && !oracle.refused.contains_key(&id) {
                add(&counts.judged, true);
                prop_assert_eq!(theirs.contains(&id), held, "oracle, expected: {}", place());
            }
            add(&counts.pairs, true);
            add(&counts.matches, held);
        }
        for id in ids {
            let detection = matcher.detection(id, &event, &names, &"test".into());
            for found in &detection.matched {
                let whole = |(start, end): &(usize, usize)| start <= end && found.value.get(*start..*end).is_some();
                prop_assert!(found.ranges.iter().all(whole), "ranges cut characters: {found:?}");
            }
        }
    }
    Ok(())
}

type Difference = (&'static str, &'static [(&'static str, Option<&'static str>)], bool);

/// Rows of `differences.md`: items, an event, and what we say; the other engine says the opposite, or refuses the rule.
#[rustfmt::skip]
const DIFFERENCES: &[Difference] = &[
    ("A|endswith: '1?'",                 &[("A", Some("0x1f"))], true),
    ("A|endswith: 'a*b'",                &[("A", Some("abc"))], false),
    ("A|startswith: 'a?c'",              &[("A", Some("abcd"))], true),
    ("A|startswith: 'a?c'",              &[("A", Some("xabc"))], false),
    ("A: 'a*b'",                         &[("A", Some("a\nb"))], true),
    ("A|base64offset|contains: secret",  &[("A", Some("eHNlY3JldHg="))], true),
    ("A|windash|contains: 'a-b'",        &[("A", Some("a/b"))], false),
    ("A|windash|contains: ' /enc'",      &[("A", Some("x -enc"))], true),
    ("A|windash|contains: '-a*'",        &[("A", Some("x /ab"))], true),
    ("A: [null, x]",                     &[("B", Some("y"))], true),
    ("A: null",                          &[("A", None), ("A", None)], true),
    ("[4711]",                           &[("A", Some("code 4711"))], true),
    ("{'|all': [x, y]}",                 &[("A", Some("ax yb"))], true),
    ("{'|contains|all': [x, y]}",        &[("A", Some("ax")), ("B", Some("yb"))], true),
    ("A|expand: 'a%p%'",                 &[("A", Some("acmd"))], true),
    ("A|contains|all: x",                &[("A", Some("x"))], true),
    ("A|cidr: 198.51.100.7",             &[("A", Some("198.51.100.7"))], true),
    ("A|gt: 7",                          &[("A", Some("infinity"))], false),
    ("A|hour: 8",                        &[("A", Some("1494577440"))], true),
    ("A|contains: Σ",                    &[("A", Some("ΟΔΟΣ"))], true),
    ("A: k",                             &[("A", Some("\u{212a}"))], false),
    ("A|wide: ab",                       &[("A", Some("ab"))], false),
    ("A|base64: 12",                     &[("A", Some("MTI="))], true),
    ("A|fieldref: B",                    &[("A", Some("x")), ("A", Some("y")), ("B", Some("y"))], true),
];

#[test]
fn the_oracle_differs_where_we_say_it_does() {
    for (items, fields, ours) in DIFFERENCES {
        let text = format!(
            "title: Row\nid: row\nlogsource: {{product: windows}}\ndetection:\n    sel:\n        {items}\n    condition: sel\n"
        );
        let mut builder = RuleSet::builder();
        builder.placeholder("p", vec!["cmd".into()]).add_file("row.yml", &text);
        let rules = builder.compile(taxonomy());
        assert!(rules.problems().is_empty(), "{items}: {:?}", rules.problems());
        let stored = fields.iter().map(|(name, text)| Stored::new(name, *text, 0));
        let record = Record { fields: stored.collect(), ..Record::windows(&[]) }.finish();
        let mut names = Names::default();
        let event = record.event(&mut names);
        assert_eq!(!Matcher::new(&rules).matches(&event, &names).is_empty(), *ours, "{items} on {fields:?}");
        let views = taxonomy().views(event.header.format, "", "", None);
        let theirs = !Oracle::new([text]).matches(&event, &names, &views).is_empty();
        assert_ne!(theirs, *ours, "{items} on {fields:?}: the oracle agrees now, so take this out of differences.md");
    }
}
