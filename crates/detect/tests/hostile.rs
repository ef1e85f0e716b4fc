//! Rule files and events made to do harm: nothing panics, overflows the stack, runs on without end or takes other rules
//! with it, and what is refused is named. Caches that hostile events overflow still give the answers of the slow path.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::collections::BTreeSet;

use cordon_detect::{Matcher, RuleProblem, RuleSet};
use cordon_event::{Encoding, Format, Names, Taxonomy};
use proptest::prelude::*;

use support::record::{Record, Stored};

const GOOD: &str = "title: Good\nlogsource: {product: windows}\ndetection:\n    sel:\n        A: x\n    condition: sel\n";

/// Runs on the smallest stack that a thread may get.
fn in_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn_scoped(scope, work).unwrap();
        thread.join().unwrap()
    })
}

fn load(text: &str) -> RuleSet {
    let mut builder = RuleSet::builder();
    builder.placeholder("many", (0..300).map(|number| number.to_string()).collect());
    builder.add_file("hostile.yml", text);
    builder.compile(Taxonomy::builtin().unwrap())
}

/// What is said against a document between two good ones, which must stay.
fn problems(document: &str) -> Vec<RuleProblem> {
    in_small_stack(|| {
        let rules = load(&format!("{GOOD}---\n{document}\n---\n{GOOD}"));
        let record = Record::windows(&[("A", "x")]);
        let mut names = Names::default();
        let event = record.event(&mut names);
        let mut matcher = Matcher::new(&rules);
        let found = matcher.matches(&event, &names).iter().filter(|id| rules.rule(**id).info.title == "Good").count();
        assert_eq!(found, 2, "the good rules must stay, {:?}", rules.problems());
        rules.problems().to_vec()
    })
}

fn rule(detection: &str, condition: &str) -> String {
    format!("title: Hostile\nlogsource: {{product: windows}}\ndetection:\n    sel:\n{detection}\n    condition: {condition}\n")
}

#[track_caller]
fn assert_refused(document: &str, words: &str) {
    let problems = problems(document);
    assert!(!problems.is_empty(), "it should be refused");
    let told = problems[0].to_string();
    assert!(told.contains(words), "should speak of {words:?}: {}", told.chars().take(500).collect::<String>());
    assert!(told.len() < 2000 && !told.contains('\n'), "too long to read: {} bytes", told.len());
}

#[test]
fn deep_yaml_is_refused() {
    let flow = |open: &str, close: &str, count: usize| {
        format!("title: Hostile\ndetection: {}{}\n", open.repeat(count), close.repeat(count))
    };
    for count in [2_000, 900_000] {
        assert_refused(&flow("[", "]", count), if count < 3_000 { "nest too deeply" } else { "4096" });
        assert_refused(&flow("{a: ", "}", count / 2), if count < 3_000 { "nest too deeply" } else { "4096" });
    }
    let block: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_refused(&format!("title: Hostile\ndetection:\n{block}"), "");
    let lists = format!("title: Hostile\ndetection:\n  condition: sel\n  sel: {}{}\n", "[".repeat(100), "]".repeat(100));
    problems(&lists);
}

#[test]
fn bombs_of_aliases_are_refused() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for step in 1..9 {
        laughs += &format!("a{step}: &a{step} [{}]\n", vec![format!("*a{}", step - 1); 9].join(", "));
    }
    assert_refused(&format!("title: Hostile\n{laughs}{}", rule("        A: *a8", "sel")), "aliases");
    let long = format!("title: Hostile\nx: &x {}\ny: [{}]\n", "x".repeat(200_000), "*x, ".repeat(5_000));
    assert_refused(&long, "aliases");
    problems(&rule("        A: &a [*a]", "sel"));
    let shared =
        "title: Fine\nlogsource: {product: windows}\ndetection:\n  a: &a {A: x}\n  b: {<<: *a}\n  c: *a\n  condition: a and c\n";
    assert!(problems(shared).is_empty());
}

#[test]
fn deep_and_long_conditions_are_refused() {
    let sel = "        A: x";
    for deep in [
        format!("{}sel{}", "(".repeat(30_000), ")".repeat(30_000)),
        format!("|\n{}        sel{}", "        (\n".repeat(5_000), ")".repeat(5_000)),
        format!(">-\n        {}\n        sel{}", "( ".repeat(5_000), ")".repeat(5_000)),
        format!("{}sel", "not ".repeat(10_000)),
        format!("{}sel{}", "not (not ".repeat(60), ")".repeat(60)),
        format!("[sel, \"{}sel{}\"]", "(".repeat(100), ")".repeat(100)),
    ] {
        assert_refused(&rule(sel, &deep), "nests more than");
        let filter = format!("title: Hostile\nfilter:\n    rules: any\n    sel:\n{sel}\n    condition: {deep}\n");
        assert_refused(&filter, "nests more than");
        assert_refused(&format!("sigma-version: 3\n{}", rule("        A[any]:\n            B: x", &deep)), "nests more than");
    }
    let inner = format!("            condition: {}x{}\n            x: {{B: y}}", "(".repeat(9000), ")".repeat(9000));
    assert_refused(&format!("sigma-version: 3\n{}", rule(&format!("        A[any]:\n{inner}"), "sel")), "nests more than");
    let long = format!("sel{}", " or sel".repeat(9_000));
    assert_refused(&rule(sel, &long), "longer than");
    assert_refused(&rule(sel, &format!("[{}]", [&long[..8_000]; 5].join(", "))), "together");
    assert!(problems(&rule(sel, &format!("{}sel{}", "(".repeat(40), ")".repeat(40)))).is_empty());
    assert!(problems(&rule(sel, &format!("sel{}", " or sel".repeat(500)))).is_empty());
}

#[test]
fn deep_conditions_are_refused_in_collections_too() {
    let deep = format!("{}sel{}", "(".repeat(9_000), ")".repeat(9_000));
    let text = format!("action: global\nlogsource: {{product: windows}}\n---\n{}---\n{GOOD}", rule("        A: x", &deep));
    let rules = in_small_stack(|| load(&text));
    assert_eq!(rules.rules().len(), 1);
    assert!(rules.problems()[0].reason.contains("nests more than"), "{:?}", rules.problems());
    // Each half is harmless.
    let global = format!("action: global\ndetection: {{condition: {deep}}}\n");
    let rules = in_small_stack(|| load(&format!("{global}---\ntitle: Hostile\ndetection: {{sel: {{A: x}}}}\n---\n{GOOD}")));
    assert!(rules.problems()[0].reason.contains("nests more than"), "{:?}", rules.problems());
}

#[test]
fn conditions_that_multiply_detections_are_refused() {
    let items: String = (0..5_000).map(|number| format!("        F{number}|exists: true\n")).collect();
    assert_refused(&rule(&items, &format!("sel{}", " or sel".repeat(500))), "expands to more than");
    let names: String = (0..3_000).map(|number| format!("    d{number}: {{A: x{number}}}\n")).collect();
    let many = format!("title: Hostile\ndetection:\n{names}    condition: {}\n", vec!["1 of d*"; 300].join(" and "));
    assert_refused(&many, "expands to more than");
    let counted = format!("title: Hostile\ndetection:\n{names}    condition: 1500 of them\n");
    assert_refused(&counted, "steps");
}

#[test]
fn hungry_regular_expressions_are_refused() {
    for hungry in ["x{999999}", r"(\w{100}){100}", "((a{1,100}){1,100}){1,100}", r"[\w\s]{9999}", r"\pL{9999}"] {
        assert_refused(&rule(&format!("        A|re: '{hungry}'"), "sel"), "regular expression");
    }
    let nested = format!("        A|re: '{}a{}'", "(".repeat(1_000), ")".repeat(1_000));
    assert_refused(&rule(&nested, "sel"), "nest");
    // Each of these is small; all of them together are not.
    let many: String = (0..20_000).map(|number| format!("            - '.{{14{}}}{number}'\n", number % 10)).collect();
    assert_refused(&rule(&format!("        A|re:\n{many}"), "sel"), "too much memory");
}

#[test]
fn catastrophic_expressions_match_in_linear_time() {
    let expressions = ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*a){20}", "^(([a-z])+.)+[A-Z]([a-z])+$", r"(\w+\s?)*$"];
    let rules: String =
        expressions.iter().map(|text| format!("{}---\n", rule(&format!("        A|re: '{text}'"), "sel"))).collect();
    let rules = load(&rules);
    assert!(rules.problems().is_empty(), "{:?}", rules.problems());
    assert_agrees(&rules, &[Record::windows(&[("A", &format!("{}!", "a".repeat(30_000)))])]);
}

#[test]
fn rules_with_too_many_values_are_refused() {
    let values = |count: usize| (0..count).map(|number| format!("            - v{number}\n")).collect::<String>();
    assert_refused(&rule(&format!("        A|contains:\n{}", values(100_000)), "sel"), "more than 50000 values");
    assert!(problems(&rule(&format!("        A|contains:\n{}", values(20_000)), "sel")).is_empty());
    let offset = format!("        A|base64offset|contains:\n{}", values(20_000));
    assert_refused(&rule(&offset, "sel"), "more than 50000 values");
    assert_refused(&rule("        A|expand: '%many%%many%'", "sel"), "placeholders expand");
    let long = format!("        A|expand: '{}%many%%many%'", "x".repeat(100_000));
    assert_refused(&rule(&long, "sel"), "placeholders expand");
    // One pattern, not five to the power of a hundred.
    assert!(problems(&rule(&format!("        A|windash: '{}'", " -a".repeat(100)), "sel")).is_empty());
    let fields: String = (0..40_000).map(|number| format!("        F{number}|exists: true\n")).collect();
    assert_refused(&rule(&fields, "sel"), "fields");
}

#[test]
fn files_that_are_too_large_are_refused() {
    let rules = load(&format!("{GOOD}{}", "# comment\n".repeat(500_000)));
    assert_eq!((rules.rules().len(), rules.problems().len()), (0, 1));
    assert!(rules.problems()[0].reason.contains("split it"));
}

#[test]
fn files_of_very_many_documents_are_cut() {
    let rules = load(&"a: 1\n---\n".repeat(30_000));
    assert!(
        rules.problems().iter().any(|problem| problem.reason.contains("documents") && problem.line == 40_001),
        "the rest is named"
    );
    let rules = load(&"---\n".repeat(100_000));
    assert!(rules.problems().is_empty(), "nothing is said, nothing is wrong");
}

#[test]
fn collections_that_grow_without_end_are_cut() {
    let global = format!("action: global\nx: {}\n", "x".repeat(1_000_000));
    let rules = load(&format!("{global}{}", format!("---\n{GOOD}").repeat(1_000)));
    assert!(rules.problems().iter().any(|problem| problem.reason.contains("written out")), "a collection has a limit");
}

#[test]
fn long_keys_and_values_do_no_harm() {
    for (key, long) in [("k".repeat(1 << 20), "v".to_owned()), ("k".to_owned(), "v".repeat(1 << 20))] {
        problems(&rule(&format!("        ? {key}\n        : {long}"), "sel"));
        problems(&format!("title: {long}\n{key}: {long}\n"));
    }
}

#[test]
fn binary_files_are_refused() {
    for bytes in [
        &b"\0"[..],
        b"\0\0\0\0",
        b"MZ\x90\0\x03\0\0\0",
        b"title: a\0b\n",
        b"\xff\xfet\0i\0t\0l\0e\0",
        b"PK\x03\x04---\n",
        b"\x1f\x8b\x08\0",
    ] {
        assert_refused(&String::from_utf8_lossy(bytes), "");
    }
    problems(&rule("        \"A\\0\": \"x\\0\"", "sel"));
}

/// All documents that come out of `document` when one part of it is replaced by something else.
fn with_one_part_replaced(document: &yaml_serde::Value, by: &yaml_serde::Value) -> Vec<yaml_serde::Value> {
    let mut all = vec![by.clone()];
    match document {
        yaml_serde::Value::Mapping(mapping) => {
            for (key, value) in mapping {
                for other in with_one_part_replaced(value, by) {
                    let mut changed = mapping.clone();
                    changed.insert(key.clone(), other);
                    all.push(changed.into());
                }
            }
        }
        yaml_serde::Value::Sequence(list) => {
            for (at, value) in list.iter().enumerate() {
                for other in with_one_part_replaced(value, by) {
                    let mut changed = list.clone();
                    changed[at] = other;
                    all.push(changed.into());
                }
            }
        }
        _ => {}
    }
    all
}

#[test]
fn wrong_types_anywhere_do_no_harm() {
    let documents = [
        "{title: T, id: i, name: n, status: test, level: high, tags: [a], references: [r], author: a, description: d, falsepositives: [f],
          related: [{id: i, type: derived}], logsource: {product: windows, category: c, service: s, definition: d},
          detection: {sel: {A: x, 'B|re': [y]}, keys: [k], maps: [{C: z}], condition: [sel, keys], timeframe: 5m}}",
        "{title: T, logsource: {product: windows}, filter: {rules: [a], sel: {A: x}, condition: sel}}",
        "{title: T, correlation: {type: value_count, rules: [a], group-by: [A], timespan: 5m, condition: {gte: 2, field: B},
          aliases: {u: {a: A}}, generate: true}}",
        "{action: global, logsource: {product: windows}}",
    ];
    let replacements =
        ["null", "true", "5", "-1.5e300", "''", "x", "[]", "[[]]", "{}", "{a: {b: [c]}}", "{1: 2}", "!tag x", "!tag {a: b}"];
    let mut count = 0;
    for document in documents {
        let document: yaml_serde::Value = yaml_serde::from_str(document).unwrap();
        for by in replacements {
            let changed = with_one_part_replaced(&document, &yaml_serde::from_str(by).unwrap());
            count += changed.len();
            let texts: Vec<String> = changed.iter().map(|document| yaml_serde::to_string(document).unwrap()).collect();
            problems(&texts.join("---\n"));
        }
    }
    println!("{count} documents");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_harm(
        words in proptest::collection::vec(
            proptest::sample::select(&[
                "title: ", "detection:", "condition: ", "sel", "  ", "\n", "\n", "\n---\n", "action: global", "- ", "[", "]", "{", "}", ": ", "'", "\"",
                "|", "re", "&a ", "*a", "%p%", "\t", "\u{0}", "(", ")", "not ", "1 of ", "!!binary ", "? ", "<<: ", "#", "é", "correlation:", "filter:",
            ][..]),
            0..60,
        ),
        at in 0..80usize,
    ) {
        let text = words.concat();
        problems(&text);
        // And what such words do to a rule that was good.
        let at = GOOD.floor_char_boundary(at.min(GOOD.len()));
        load(&format!("{}{text}{}", &GOOD[..at], &GOOD[at..]));
    }
}

/// Rules that ask all kinds of questions of a few fields.
const ASKING: &str = r"
title: All kinds
logsource: {product: windows}
detection:
    a: {A|contains: needle}
    b: {A|startswith: needle}
    c: {A|endswith: needle}
    d: {A: 'n*e?d*le'}
    e: {A|re: 'le+$'}
    f: {B: 7}
    g: {B|gt: 5}
    h: {B|fieldref: A}
    i: {Channel: Security}
    j: {EventID: '7'}
    p: {EventID: 7}
    q: {EventID|contains: 0}
    k: {Provider_Name|contains: x}
    l: [needle]
    m: {A|endswith: \needle}
    n: {A|contains|cased: Needle}
    o: {Channel|endswith: z}
    condition: PLACEHOLDER
";

/// One rule for each detection of [`ASKING`].
fn asking() -> RuleSet {
    let rule = |name: char| ASKING.replace("PLACEHOLDER", &name.to_string()).replace("All kinds", &format!("Asks {name}"));
    let rules: String = ('a'..='q').map(|name| format!("{}---\n", rule(name))).collect();
    let rules = load(&rules);
    assert!(rules.problems().is_empty(), "{:?}", rules.problems());
    rules
}

/// Checks that one matcher, kept over all records, says what the slow path says.
fn assert_agrees(rules: &RuleSet, records: &[Record]) {
    let (mut names, mut matcher) = (Names::default(), Matcher::new(rules));
    for record in records {
        assert_one_agrees(rules, record, &mut names, &mut matcher);
    }
}

fn assert_one_agrees(rules: &RuleSet, record: &Record, names: &mut Names, matcher: &mut Matcher<'_>) {
    let event = record.event(names);
    let fast: BTreeSet<_> = matcher.matches(&event, names).iter().copied().collect();
    for rule in rules.rules() {
        let id = rules.find(&rule.info.title).unwrap();
        let slow = rules.explain(id, &event, names).matches();
        assert_eq!(
            fast.contains(&id),
            slow,
            "{}: fast, slow: {:?}",
            rule.info.title,
            record.fields.first().map(|field| &field.name)
        );
    }
}

#[test]
fn long_values_that_repeat_a_literal_are_searched_once() {
    let rules = asking();
    let needles = "needle".repeat((200 << 10) / 6);
    let almost = "needl\\".repeat((200 << 10) / 6);
    let records = [needles.clone(), format!("x{needles}\\needle"), format!("{needles}x"), almost, "Needle7".repeat(1000)];
    assert_agrees(&rules, &records.map(|text| Record::windows(&[("A", &text), ("B", "7")])));
    // As long as a record can be: the slow path would take too long here.
    let record = Record::windows(&[("A", &"needle".repeat((4 << 20) / 6)), ("B", "7")]);
    let mut names = Names::default();
    let event = record.event(&mut names);
    assert_eq!(Matcher::new(&rules).matches(&event, &names).len(), 8, "a, b, c, d, e, f, g and l");
}

#[test]
fn values_of_runs_that_share_a_hash_are_told_apart() {
    // The literals' own runs, and others that any table of up to 2^10 places takes for them.
    let hash = |run: &[u8]| u32::from_le_bytes(run.try_into().unwrap()).wrapping_mul(0x9e37_79b1) >> 22;
    let mut seed = 7u32;
    let mut text = String::new();
    for run in b"needle".windows(4) {
        let mut found = 0;
        while found < 100 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let other = seed.to_be_bytes().map(|byte| b'a' + byte % 26);
            if hash(&other) == hash(run) && other != run {
                text.push_str(str::from_utf8(&other).unwrap());
                found += 1;
            }
        }
    }
    let long = text.repeat(20);
    let records = [long.clone(), format!("{long}needle"), format!("needle{long}"), format!("{long}needle{long}")];
    assert_agrees(&asking(), &records.map(|text| Record::windows(&[("A", &text)])));
}

#[test]
fn names_without_end_start_anew_and_answers_stay() {
    let rules = asking();
    let (mut names, mut matcher) = (Names::default(), Matcher::new(&rules));
    for round in 0..140 {
        let mut record = Record::windows(&[("EventID", "7")]);
        record.fields.extend((0..500).map(|number| Stored::new(&format!("F{round}x{number}"), Some("needle"), 0)));
        record.fields.push(Stored::new(["A", "B", "C"][round % 3], Some("needle"), 0));
        assert_one_agrees(&rules, &record.finish(), &mut names, &mut matcher);
        names.recycle_if_full();
    }
    assert!(names.generation() > 1, "the names started anew");
}

#[test]
fn kinds_without_end_push_each_other_out_and_answers_stay() {
    let rules = asking();
    let (mut names, mut matcher) = (Names::default(), Matcher::new(&rules));
    for number in 0..12_000u32 {
        let mut record = Record::windows(&[("A", "Needle"), ("B", "6")]);
        record.event_id = Some(number / 3);
        record.fields.push(Stored::new("EventID", Some(&(number / 3).to_string()), 1));
        let channel = if number % 3 == 0 { "Security".to_owned() } else { format!("Channel {number} z") };
        record.fields.push(Stored::new("Channel", Some(&channel), number as u16));
        record.fields.push(Stored::new("Provider_Name", Some(if number % 2 == 0 { "x" } else { "y" }), 0));
        let record = record.finish();
        if number % 50 == 0 || number < 20 {
            assert_one_agrees(&rules, &record, &mut names, &mut matcher);
        } else {
            let event = record.event(&mut names);
            let found = matcher.matches(&event, &names).len();
            // a, b, c, d, e, g, l and n hold for each; the others as the kind says.
            let (id, channel, provider) = (number / 3 == 7, 1, number % 2 == 0);
            let has_zero = (number / 3).to_string().contains('0');
            assert_eq!(found, 8 + 2 * usize::from(id) + usize::from(has_zero) + channel + usize::from(provider), "{number}");
        }
    }
}

#[test]
fn long_channels_are_told_apart_by_their_ends() {
    let long = |length: usize, end: &str| format!("{}{end}", "c".repeat(length));
    let channels = [
        long(255, "z"),
        long(256, "z"),
        long(256, "y"),
        long(9_000, "z"),
        long(9_000, "y"),
        long(100_000, "z"),
        long(100_000, "y"),
    ];
    let record = |channel: &String, choice| {
        Record { fields: vec![Stored::new("Channel", Some(channel), choice)], ..Record::windows(&[]) }.finish()
    };
    let records: Vec<Record> =
        [0, 1, 3].iter().flat_map(|choice| channels.iter().map(|channel| record(channel, *choice))).collect();
    assert_agrees(&asking(), &records);
}

#[test]
fn a_full_memory_starts_anew_and_answers_stay() {
    let rules = asking();
    let (mut names, mut matcher) = (Names::default(), Matcher::new(&rules));
    // Values of 1,000 bytes fill its bytes, short ones its places; every so often one is looked at closely.
    for number in 0..60_000u32 {
        let is_long = number % 4 == 0;
        let filler = if is_long { "x".repeat(980) } else { "x".to_owned() };
        let needle = if number % 3 == 0 { "needle" } else { "noodle" };
        let text = format!("{number}{filler}{needle}");
        let record = Record::windows(&[("A", &text), ("B", &number.to_string())]);
        if number % 500 == 0 {
            assert_one_agrees(&rules, &record, &mut names, &mut matcher);
            continue;
        }
        let event = record.event(&mut names);
        let expected = if number % 3 == 0 { 4 } else { 1 } + usize::from(number > 5) + usize::from(number == 7);
        assert_eq!(matcher.matches(&event, &names).len(), expected, "{number}");
    }
}

#[test]
fn views_that_share_rules_do_not_share_rewritten_values() {
    let rules =
        load("title: P\nlogsource: {category: process_creation}\ndetection:\n    sel: {ProcessId: 420}\n    condition: sel\n");
    let security = Record::windows(&[("Channel", "Security"), ("EventID", "4688"), ("NewProcessId", "0x1a4")]);
    let sysmon =
        Record::windows(&[("Channel", "Microsoft-Windows-Sysmon/Operational"), ("EventID", "1"), ("ProcessId", "0x1a4")]);
    assert_agrees(&rules, &[security.clone(), sysmon.clone(), security.clone()]);
    assert_agrees(&rules, &[sysmon.clone(), security, sysmon]);
}

#[test]
fn event_ids_given_twice_are_both_looked_at() {
    // Of an event with the id 1 alone, no rule would be left.
    let rules = load("title: T\nlogsource: {product: windows}\ndetection:\n    sel: {EventID: 7}\n    condition: sel\n");
    let records = [&[("EventID", "1"), ("EventID", "7")][..], &[("EventID", "1")], &[("EventID", "7"), ("EventID", "1")]];
    assert_agrees(&rules, &records.map(Record::windows));
}

#[test]
fn event_ids_are_compared_as_they_are_spelled() {
    let spelled = ["7", "07", "0x7", "+7", "7 ", "7.0", ""];
    let record = |text: &str, choice| {
        let fields = vec![Stored::new("EventID", Some(text), choice)];
        Record { event_id: Some(7), fields, ..Record::windows(&[]) }.finish()
    };
    let records: Vec<Record> =
        [0, 1, 3, 4, 6, 14, 22].iter().flat_map(|choice| spelled.iter().map(|text| record(text, *choice))).collect();
    assert_agrees(&asking(), &records);
}

#[test]
fn fields_that_repeat_without_end_are_looked_at() {
    let mut record = Record { format: Format::Windows, ..Record::default() };
    record.fields.extend((0..50_000).map(|number| Stored::new("A", Some(&format!("v{number}")), 0)));
    record.fields.push(Stored::new("A", Some("needle"), 0));
    record.fields.extend((0..100).map(|_| Stored::of_bytes("EventID", Encoding::Int, vec![7, 0])));
    assert_agrees(&asking(), &[record.finish()]);
}
