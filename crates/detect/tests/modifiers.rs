//! What each modifier and each form of condition means, one line each, judged by the specification alone; and what an
//! author is told who makes a mistake.
//!
//! Source: Sigma specification 2.1, "Detection", "Condition", "Filters", "Rule Collections" and appendix "Modifiers".

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use cordon_detect::{Matcher, RuleSet};
use cordon_event::{Names, Taxonomy};

use support::record::{Record, Stored};

/// A value that is null.
const NULL: &str = "(null)";

/// Items of a detection, an event, and whether it matches.
type Row = (&'static str, &'static [(&'static str, &'static str)], bool);

#[rustfmt::skip]
const ITEMS: &[Row] = &[
    // Plain values: the whole text, without regard to case.
    ("A: cmd.exe",                      &[("A", "CMD.exe")], true),
    ("A: cmd.exe",                      &[("A", "xcmd.exe")], false),
    ("A: cmd.exe",                      &[("B", "cmd.exe")], false),
    ("a: cmd.exe",                      &[("A", "cmd.exe")], false),
    ("A: Çà",                           &[("A", "çÀ")], true),
    ("A: ''",                           &[("A", "")], true),
    ("A: ''",                           &[("B", "x")], false),
    ("A: ''",                           &[("A", " ")], false),
    ("A: [x, y]",                       &[("A", "y")], true),
    ("A: [x, y]",                       &[("A", "z"), ("A", "x")], true),
    ("{A: x, B: y}",                    &[("A", "x"), ("B", "z")], false),
    ("[{A: x}, {B: y}]",                &[("A", "z"), ("B", "y")], true),
    ("[{A: x, B: x}, {B: y, C: y}]",    &[("A", "x"), ("B", "y")], false),
    ("A.b[0]: x",                       &[("A.b[0]", "x")], true),
    // Wildcards and escapes.
    ("A: 'c*e'",                        &[("A", "CMD.EXE")], true),
    ("A: '*'",                          &[("A", "")], true),
    ("A: '*'",                          &[("A", NULL)], false),
    ("A: 'c?d'",                        &[("A", "cmd")], true),
    ("A: 'c?d'",                        &[("A", "cd")], false),
    ("A: 'c?d'",                        &[("A", "cÉd")], true),
    ("A: 'a*b'",                        &[("A", "a\nb")], true),
    (r"A: 'a\*b'",                      &[("A", "a*b")], true),
    (r"A: 'a\*b'",                      &[("A", "axb")], false),
    (r"A: 'a\?b'",                      &[("A", "a?b")], true),
    (r"A: 'C:\Windows'",                &[("A", r"c:\windows")], true),
    (r"A: '\\\\server'",                &[("A", r"\\server")], true),
    (r"A: '\\*'",                       &[("A", r"\anything")], true),
    (r"A: '\\\*'",                      &[("A", r"\*")], true),
    (r"A: 'dir\'",                      &[("A", r"dir\")], true),
    // contains, startswith, endswith, all.
    ("A|contains: md",                  &[("A", "CMD.exe")], true),
    ("A|contains: md",                  &[("A", "cm d")], false),
    ("A|contains: 'a*c'",               &[("A", "xabcx")], true),
    ("A|contains: ''",                  &[("A", "x")], true),
    ("A|startswith: cmd",               &[("A", "CMD.exe")], true),
    ("A|startswith: cmd",               &[("A", "xcmd")], false),
    ("A|startswith: 'c?d'",             &[("A", "cmd.exe")], true),
    ("A|endswith: '1?'",                &[("A", "0x1f")], true),
    (r"A|endswith: \cmd.exe",           &[("A", r"C:\CMD.EXE")], true),
    (r"A|endswith: \cmd.exe",           &[("A", "cmd.exe")], false),
    ("A|contains|all: [x, y]",          &[("A", "yx")], true),
    ("A|contains|all: [x, y]",          &[("A", "x")], false),
    ("A|contains|all: [x, y]",          &[("A", "x"), ("A", "y")], true),
    ("A|contains: 12",                  &[("A", "x128")], true),
    // cased.
    ("A|cased: Cmd",                    &[("A", "Cmd")], true),
    ("A|cased: Cmd",                    &[("A", "cmd")], false),
    ("A|contains|cased: 'M*'",          &[("A", "cMd")], true),
    ("A|endswith|cased: D",             &[("A", "cmd")], false),
    // Regular expressions: with regard to case, anywhere, unless they say otherwise.
    (r"A|re: '^c.d\.exe$'",             &[("A", "cmd.exe")], true),
    (r"A|re: 'm\w'",                    &[("A", "CMD")], false),
    (r"A|re|i: 'm\w'",                  &[("A", "CMD")], true),
    ("A|re: '^b$'",                     &[("A", "a\nb")], false),
    ("A|re|m: '^b$'",                   &[("A", "a\nb")], true),
    ("A|re: 'a.b'",                     &[("A", "a\nb")], false),
    ("A|re|s: 'a.b'",                   &[("A", "a\nb")], true),
    ("A|re|i|s: 'A.B'",                 &[("A", "a\nb")], true),
    ("A|re: ['x', 'y']",                &[("A", "y")], true),
    // Networks.
    ("A|cidr: 192.0.2.0/25",            &[("A", "192.0.2.127")], true),
    ("A|cidr: 192.0.2.0/25",            &[("A", "192.0.2.128")], false),
    ("A|cidr: ['198.51.100.0/24', '2001:db8::/32']", &[("A", "2001:DB8:1::2")], true),
    ("A|cidr: 192.0.2.0/24",            &[("A", "ward-7")], false),
    // Numbers.
    ("A: 7",                            &[("A", "7")], true),
    ("A: 7",                            &[("A", "7.0")], true),
    ("A: 7",                            &[("A", "x7")], false),
    ("A: '7'",                          &[("A", "7")], true),
    ("A|gt: 7",                         &[("A", "7")], false),
    ("A|gte: 7",                        &[("A", "7")], true),
    ("A|lt: 7.5",                       &[("A", "7")], true),
    ("A|lte: -1",                       &[("A", "-1.5")], true),
    ("A|gt: 7",                         &[("A", "many")], false),
    ("A|gt: 7",                         &[("A", "infinity")], false),
    ("A: true",                         &[("A", "True")], true),
    ("A: false",                        &[("A", "true")], false),
    // neq: there is a value, and it is another.
    ("A|neq: x",                        &[("A", "y")], true),
    ("A|neq: x",                        &[("A", "X")], false),
    ("A|neq: x",                        &[("B", "y")], false),
    ("A|neq: [x, y]",                   &[("A", "y")], false),
    ("A|contains|neq: x",               &[("A", "yz")], true),
    // null and exists.
    ("A: null",                         &[("B", "x")], true),
    ("A: null",                         &[("A", NULL)], true),
    ("A: null",                         &[("A", "")], false),
    ("A: [null, x]",                    &[("B", "y")], true),
    ("A: [null, x]",                    &[("A", "x")], true),
    ("A: [null, x]",                    &[("A", "y")], false),
    ("A|exists: true",                  &[("A", "")], true),
    ("A|exists: true",                  &[("B", "")], false),
    ("A|exists: false",                 &[("B", "")], true),
    ("A|exists: no",                    &[("A", "x")], false),
    // Other fields.
    ("A|fieldref: B",                   &[("A", "Nurse"), ("B", "nurse")], true),
    ("A|fieldref: B",                   &[("A", "nurse")], false),
    ("A|fieldref|cased: B",             &[("A", "Nurse"), ("B", "nurse")], false),
    ("A|fieldref|contains: B",          &[("A", "the nurse"), ("B", "NURSE")], true),
    ("A|fieldref|startswith: B",        &[("A", "the nurse"), ("B", "nurse")], false),
    ("A|fieldref|endswith: B",          &[("A", "the nurse"), ("B", "nurse")], true),
    ("A|fieldref|neq: B",               &[("A", "nurse"), ("B", "doctor")], true),
    // Encodings.
    ("A|base64: secret",                &[("A", "c2VjcmV0")], true),
    ("A|base64|contains: secret",       &[("A", "xx c2VjcmV0 yy")], true),
    ("A|base64offset|contains: secret", &[("A", "eHNlY3JldHg=")], true),
    ("A|base64offset|contains: secret", &[("A", "eHhzZWNyZXR4")], true),
    ("A|base64offset|contains: secret", &[("A", "eHhzZWNyZWR4")], false),
    ("A|wide|base64: ab",               &[("A", "YQBiAA==")], true),
    ("A|utf16le|base64: ab",            &[("A", "YQBiAA==")], true),
    ("A|utf16be|base64: ab",            &[("A", "AGEAYg==")], true),
    ("A|utf16|base64: ab",              &[("A", "//5hAGIA")], true),
    ("A|wide|base64offset|contains: http", &[("A", "xxaAB0AHQAcAxx")], true),
    // Flags with any dash.
    ("A|windash|contains: ' -enc '",    &[("A", "powershell /enc x")], true),
    ("A|windash|contains: ' -enc '",    &[("A", "powershell \u{2015}enc x")], true),
    ("A|windash|contains: ' /enc '",    &[("A", "powershell -enc x")], true),
    ("A|windash|contains: ' -enc '",    &[("A", "powershell +enc x")], false),
    ("A|windash: a-b",                  &[("A", "a/b")], false),
    ("A|windash|contains|all: [-a, -b]", &[("A", "x /b \u{2014}a")], true),
    // Placeholders.
    ("A|expand: '%ward%'",              &[("A", "EAST")], true),
    ("A|expand: 'ward-%ward%-*'",       &[("A", "ward-west-7")], true),
    ("A|expand: '%ward%'",              &[("A", "north")], false),
    ("A: '%ward%'",                     &[("A", "%ward%")], true),
    ("A|contains|expand: '100% %ward%'", &[("A", "at 100% east")], true),
    // Parts of times, in UTC.
    ("A|minute: 24",                    &[("A", "2017-05-12T08:24:00Z")], true),
    ("A|hour: 8",                       &[("A", "2017-05-12T10:24:00+02:00")], true),
    ("A|day: [11, 12]",                 &[("A", "2017-05-12 08:24:00")], true),
    ("A|week: 19",                      &[("A", "2017-05-12T08:24:00Z")], true),
    ("A|month: 6",                      &[("A", "2017-05-12T08:24:00Z")], false),
    ("A|year: 2017",                    &[("A", "1494577440")], true),
    // Keywords: inside any value.
    ("[needle, pin]",                   &[("A", "haystack"), ("B", "a Needle here")], true),
    ("[needle, pin]",                   &[("needle", "x")], false),
    ("needle",                          &[("A", "needle")], true),
    ("['n?edle*x']",                    &[("A", "a needle box")], true),
    ("[4711]",                          &[("A", "code 4711")], true),
    ("{'|all': [x, y]}",                &[("A", "ax"), ("B", "yb")], true),
    ("{'|all': [x, y]}",                &[("A", "ax")], false),
    ("{'|contains|cased': Needle}",     &[("A", "a needle")], false),
    ("{'|startswith': need}",           &[("A", "a needle")], false),
    (r"{'|re': '^need\w+$'}",           &[("A", "needle")], true),
    ("{'|base64offset|contains': secret}", &[("A", "eHNlY3JldHg=")], true),
];

/// Conditions over detections of which `yes_a` and `yes_b` hold, and `no_a` and `no_b` do not; `_yes` holds.
#[rustfmt::skip]
const CONDITIONS: &[(&str, bool)] = &[
    ("yes_a", true),
    ("no_a", false),
    ("not no_a", true),
    ("not not yes_a", true),
    ("yes_a and no_a", false),
    ("yes_a or no_a", true),
    ("no_a and no_b or yes_a", true),
    ("yes_a or no_a and no_b", true),
    ("(yes_a or no_a) and no_b", false),
    ("not yes_a or yes_b", true),
    ("not (yes_a or yes_b)", false),
    ("not (yes_a and no_a)", true),
    ("1 of yes_*", true),
    ("1 of no_*", false),
    ("any of *_a", true),
    ("all of yes_*", true),
    ("all of *_a", false),
    ("1 of them", true),
    ("all of them", false),
    ("2 of them", true),
    ("3 of them", false),
    ("2 of *", true),
    ("3 of *", true),
    ("not all of them", true),
    ("1 of y*_b", true),
    ("1 of yes_a", true),
    ("not 1 of no_* and all of yes_*", true),
    ("_yes", true),
    ("((((yes_a))))", true),
    ("  yes_a\n  and yes_b  ", true),
    ("no_a or\tyes_b", true),
];

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

fn load(text: &str) -> RuleSet {
    let mut builder = RuleSet::builder();
    builder.placeholder("ward", vec!["east".into(), "west".into()]);
    builder.add_file("rules.yml", text);
    builder.compile(Taxonomy::builtin().unwrap())
}

fn record(fields: &[(&str, &str)]) -> Record {
    let stored = |(name, text): &(&str, &str)| Stored::new(name, Some(*text).filter(|text| *text != NULL), 0);
    Record { fields: fields.iter().map(stored).collect(), ..Record::windows(&[]) }.finish()
}

/// Titles of the rules that match.
fn titles(rules: &RuleSet, record: &Record) -> Vec<String> {
    let mut names = Names::default();
    let event = record.event(&mut names);
    let mut matcher = Matcher::new(rules);
    matcher.matches(&event, &names).iter().map(|id| rules.rule(*id).info.title.clone()).collect()
}

#[test]
fn every_item_means_what_the_specification_says() {
    let mut wrong = Vec::new();
    for (item, fields, expected) in ITEMS {
        let text = format!(
            "title: Row\nlogsource: {{product: windows}}\ndetection:\n    sel:\n{}    condition: sel\n",
            indented(item, 8)
        );
        let rules = load(&text);
        assert!(rules.problems().is_empty(), "{item}: {:?}", rules.problems());
        if titles(&rules, &record(fields)).is_empty() == *expected {
            wrong.push(format!("{item} on {fields:?} should be {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} items", ITEMS.len());
}

#[test]
fn every_condition_means_what_the_specification_says() {
    let event = record(&[("A", "x")]);
    for (condition, expected) in CONDITIONS {
        let detections = "yes_a: {A: x}\nyes_b: {A|contains: X}\nno_a: {A: y}\nno_b: {B: x}\n_yes: {A: x}\n";
        let condition = serde_json::to_string(condition).unwrap();
        let detections = indented(&format!("{detections}condition: {condition}"), 4);
        let rules = load(&format!("title: Row\nlogsource: {{product: windows}}\ndetection:\n{detections}"));
        assert!(rules.problems().is_empty(), "{condition}: {:?}", rules.problems());
        assert_eq!(!titles(&rules, &event).is_empty(), *expected, "{condition}");
    }
    println!("{} conditions", CONDITIONS.len());
}

#[test]
fn any_of_several_conditions_will_do() {
    let rule = |conditions: &str| {
        let text = "title: R\nlogsource: {product: windows}\ndetection:\n    a: {A: x}\n    b: {B: x}\n";
        load(&format!("{text}    condition: {conditions}\n"))
    };
    let event = record(&[("B", "x")]);
    assert_eq!(titles(&rule("[a, b]"), &event), ["R"]);
    assert_eq!(titles(&rule("[a, a and b]"), &event).len(), 0);
    // Two selections that one name meets are one.
    assert_eq!(rule("3 of them").problems()[0].reason, "3 of them: there are 2 such detections");
}

/// Rules that filters of the next test narrow.
const FILTERED: &str = "
title: By Id
id: 11111111-1111-4111-8111-111111111111
logsource: {product: windows}
detection: {a: {A: x}, condition: a}
---
title: By Name
name: by_name
logsource: {product: windows}
detection: {a: {A: x}, condition: a}
---
title: Process
logsource: {product: windows, category: process_creation}
detection: {a: {A: x}, condition: a}
";

/// The rules that still match when a filter takes away events with `B: x`.
fn left(logsource: &str, target: &str) -> Vec<String> {
    let filter = format!("title: F\nlogsource: {logsource}\nfilter:\n    {target}\n    sel: {{B: x}}\n    condition: not sel\n");
    let rules = load(&format!("{FILTERED}---\n{filter}"));
    assert!(rules.problems().is_empty(), "{:?}", rules.problems());
    let fields = [("A", "x"), ("B", "x"), ("Channel", "Security"), ("EventID", "4688")];
    let mut without = fields.to_vec();
    without.remove(1);
    assert_eq!(titles(&rules, &Record::windows(&without)).len(), 3, "nothing is taken from other events");
    titles(&rules, &Record::windows(&fields))
}

#[test]
fn filters_narrow_the_rules_that_they_name() {
    let windows = "{product: windows}";
    assert_eq!(left(windows, "rules: [11111111-1111-4111-8111-111111111111]"), ["By Name", "Process"]);
    assert_eq!(left(windows, "rules: [by_name]"), ["By Id", "Process"]);
    assert_eq!(left(windows, "rules: by_name"), ["By Id", "Process"]);
    assert_eq!(left(windows, "rules: [by_name, Process]"), ["By Id"]);
}

#[test]
fn filters_narrow_the_log_sources_that_they_name() {
    assert!(left("{product: windows}", "rules: any").is_empty(), "the filter's source takes in all three");
    assert!(left("{product: Windows}", "").is_empty(), "no `rules` means any");
    assert_eq!(left("{product: windows, category: process_creation}", "rules: any"), ["By Id", "By Name"]);
    assert_eq!(left("{product: windows, category: process_creation}", "rules: [by_name, Process]"), ["By Id", "By Name"]);
    assert_eq!(left("{product: linux}", "rules: any").len(), 3);
}

#[test]
fn filters_without_rules_to_narrow_are_named() {
    let rules =
        load(&format!("{FILTERED}---\ntitle: Lost\nfilter:\n    rules: [nobody]\n    sel: {{B: x}}\n    condition: not sel\n"));
    let problem = &rules.problems()[0];
    assert_eq!((problem.line, problem.title.as_deref()), (16, Some("Lost")));
    assert!(problem.reason.contains("not loaded"), "{problem}");
}

#[test]
fn collections_share_what_they_have_in_common() {
    let rules = load(
        "
action: global
logsource: {product: windows}
level: high
detection:
    condition: sel and not out
    out: {B: skip}
---
title: One
detection:
    sel: {A: x}
---
action: repeat
title: Two
detection:
    sel: {A: y}
---
action: reset
---
title: Three
logsource: {product: windows}
detection:
    sel: {A: x}
    condition: sel
",
    );
    assert!(rules.problems().is_empty(), "{:?}", rules.problems());
    assert_eq!(titles(&rules, &record(&[("A", "x")])), ["One", "Three"]);
    assert_eq!(titles(&rules, &record(&[("A", "y")])), ["Two"]);
    assert_eq!(titles(&rules, &record(&[("A", "x"), ("B", "skip")])), ["Three"]);
    let lines: Vec<u32> = rules.rules().iter().map(|rule| rule.info.line).collect();
    assert_eq!(lines, [9, 14, 20]);
}

/// A document with a mistake, the line of the mistake (from 1), and words that the message must have.
#[rustfmt::skip]
const MISTAKES: &[(&str, u32, &[&str])] = &[
    ("title: T\ndetection:\n  sel:\n    Image|endwith: x\n  condition: sel", 4, &["unknown modifier 'endwith'"]),
    ("title: T\ndetection:\n  sel:\n    Image|not: x\n  condition: sel", 4, &["not", "condition"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n  other:\n    A|re: '(ab'\n  condition: sel", 6, &["other", "\"A\"", "(ab", "unclosed group"]),
    ("title: T\ndetection:\n  sel:\n    A|re: '(?=x)y'\n  condition: sel", 4, &["look-around"]),
    ("title: T\ndetection:\n  sel:\n    A|re: 'x{999999999}'\n  condition: sel", 4, &["x{999999999}"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n  condition: sell", 5, &["\"sell\"", "no such detection"]),
    ("title: T\ndescription: no condition yet\ndetection:\n  sel:\n    A: x\n  condition: 1 of sel_*", 6, &["1 of sel_*", "no detection has such a name"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n  condition: sel and", 5, &["condition"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n  condition: sel AND sel", 5, &["condition"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n  condition: sel | count() > 5", 5, &["condition"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n  condition: ''", 5, &["condition"]),
    ("title: T\ndetection:\n  sel:\n    A: x", 2, &["condition"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n    B: []\n  condition: sel", 5, &["\"B\"", "empty"]),
    ("title: T\ndetection:\n  sel: {}\n  condition: sel", 3, &["\"sel\"", "empty"]),
    ("title: T\ndetection:\n  sel: []\n  condition: sel", 3, &["\"sel\"", "empty"]),
    ("title: T\ndetection:\n  sel:\n    A|cidr: 192.0.2.0/33\n  condition: sel", 4, &["192.0.2.0/33", "such as 192.0.2.0/24"]),
    ("title: T\ndetection:\n  sel:\n    A|gt: many\n  condition: sel", 4, &["many", "not a number"]),
    ("title: T\ndetection:\n  sel:\n    A|contains|re: x\n  condition: sel", 4, &["keep one"]),
    ("title: T\ndetection:\n  sel:\n    A|re|base64: x\n  condition: sel", 4, &["base64", "text only"]),
    ("title: T\ndetection:\n  sel:\n    A|base64: 'x*'\n  condition: sel", 4, &["wildcards"]),
    ("title: T\ndetection:\n  sel:\n    A|contains|i: x\n  condition: sel", 4, &["belong to re"]),
    ("title: T\ndetection:\n  sel:\n    A|expand: '%ward%-%floor%'\n  condition: sel", 4, &["%floor%", "--placeholders"]),
    ("title: T\ndetection:\n  sel:\n    A|exists: maybe\n  condition: sel", 4, &["exists", "true or false"]),
    ("title: T\ndetection:\n  sel:\n    A|fieldref: 'B*'\n  condition: sel", 4, &["without wildcards"]),
    ("title: T\ndetection:\n  sel:\n    '|neq': x\n  condition: sel", 3, &["neq"]),
    ("title: T\ndetection:\n\tsel:\n    A: x\n  condition: sel", 3, &["tab"]),
    ("title: T\ndetection:\n  sel:\n    A: x: y\n  condition: sel", 4, &["YAML"]),
    ("title: T\ndetection:\n  sel:\n    A: 'x\n  condition: sel", 4, &["YAML"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n    A: y\n  condition: sel", 4, &["duplicate", "A"]),
    ("title: T\nlogsource: windows\ndetection:\n  sel:\n    A: x\n  condition: sel", 2, &["logsource"]),
    ("detection:\n  sel:\n    A: x\n  condition: sel", 1, &["title"]),
    ("title: T\nlogsource: {product: windows}", 1, &["detection"]),
    ("title: T\ndetection: x", 2, &["detection"]),
    ("- title: T", 1, &["mapping"]),
    ("title: T\nid: 22222222-2222-4222-8222-222222222222\ndetection:\n  sel:\n    A: x\n  condition: sel", 2, &["already loaded from rules.yml:1", "left out"]),
    ("title: T\ndetection:\n  sel:\n    A: x\n  condition: 9 of them", 5, &["9 of them"]),
    ("title: T\nlevel: hihg\ndetection:\n  sel:\n    A: x\n  condition: sel", 2, &["level", "hihg"]),
    ("action: globall\ntitle: T", 1, &["action", "global, reset and repeat"]),
];

#[test]
fn every_mistake_is_told_with_its_line_and_the_rest_is_loaded() {
    let good = "title: Good\nid: 22222222-2222-4222-8222-222222222222\nlogsource: {product: windows}\ndetection:\n  sel:\n    A: x\n  condition: sel\n";
    let mut wrong = Vec::new();
    for (text, line, words) in MISTAKES {
        let file =
            format!("{good}---\n# a comment\n{text}\n---\n{}", good.replace("Good", "Last").replace("2222-2222", "3333-3333"));
        let rules = load(&file);
        let told: Vec<String> = rules.problems().iter().map(ToString::to_string).collect();
        println!("{}", told.join("\n"));
        let line = line + 9;
        let is_told = |told: &String| {
            told.starts_with(&format!("rules.yml:{line}: "))
                && words.iter().all(|word| told.contains(word))
                && !told.contains('\n')
        };
        if told.len() != 1 || !is_told(&told[0]) {
            wrong.push(format!("{text}\nshould be at line {line} with {words:?}, not\n{}\n", told.join("\n")));
        }
        let found = titles(&rules, &record(&[("A", "x")]));
        if !(found.contains(&"Good".to_owned()) && found.contains(&"Last".to_owned())) {
            wrong.push(format!("{text}\ntook good rules with it, {found:?} are left"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} mistakes", MISTAKES.len());
}

#[test]
fn what_editors_leave_behind_does_no_harm() {
    let text = "title: T\nlogsource: {product: windows}\ndetection:\n  sel:\n    A: x\n  condition: sel\n";
    let event = record(&[("A", "x")]);
    for text in [
        format!("\u{feff}{text}"),
        text.replace('\n', "\r\n"),
        format!("---\n{text}---\n"),
        format!("--- # first\n{text}...\n--- # nothing\n# more\n"),
        format!("\n\n# comment\n{text}\n\n"),
        format!("%YAML 1.1\n---\n{text}"),
    ] {
        let rules = load(&text);
        assert!(rules.problems().is_empty(), "{text:?}: {:?}", rules.problems());
        assert_eq!(titles(&rules, &event), ["T"], "{text:?}");
    }
}
