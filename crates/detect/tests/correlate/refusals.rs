//! Correlations that cannot be used are named with the reason and the way out; the rest go on.

use crate::support::{compile, correlation, parse, refusal};

#[track_caller]
fn refused(body: &str, says: &[&str]) {
    let reason = refusal(&correlation("bad", body));
    for part in says {
        assert!(reason.contains(part), "{reason:?} should say {part:?}");
    }
}

#[test]
fn mistakes_are_named() {
    refused("type: event_count\nrules: [a, gone]\ntimespan: 1s\ncondition: {gte: 1}", &["`gone`", "not loaded", "check its id"]);
    refused("type: event_count\nrules: []\ntimespan: 1s\ncondition: {gte: 1}", &["names no rules", "under `rules`"]);
    refused("type: event_count\nrules: [a]\ntimespan: 0s\ncondition: {gte: 1}", &["timespan is 0s"]);
    refused("type: event_count\nrules: [a]\ntimespan: 1s\nwindow: session\ngap: 0m\ncondition: {gte: 1}", &["gap is 0m"]);
    refused("type: event_count\nrules: [a]\ntimespan: 1s\ncondition: a and b", &["temporal", "event_count"]);
    refused("type: value_count\nrules: [a]\ntimespan: 1s\ncondition: {gte: 1}", &["value_count", "`field`"]);
    refused("type: value_sum\nrules: [a]\ntimespan: 1s\ncondition: {field: [x, y], gte: 1}", &["one `field`", "2"]);
    refused("type: value_percentile\nrules: [a]\ntimespan: 1s\ncondition: {field: x, percentile: 101, gte: 1}", &["101", "100"]);
    refused("type: value_count\nrules: [a]\ntimespan: 1s\ncondition: {field: x, gte: 2000000}", &["2000000", "1000000"]);
    refused("type: temporal\nrules: [a, b]\ntimespan: 1s\ncondition: a and c", &["`c`", "not under `rules`"]);
    refused("type: temporal\nrules: [a, b]\ntimespan: 1s\ncondition: 1 of x_*", &["1 of x_*"]);
    refused("type: temporal_ordered\nrules: [a, rule-a]\ntimespan: 1s", &["`rule-a`", "listed already"]);
    refused("type: temporal\nrules: [a]\ngroup-by: [u]\ntimespan: 1s\naliases: {u: {b: x}}", &["alias `u`", "`b`"]);
}

#[test]
fn circles_are_refused_with_the_way_round_and_the_rest_go_on() {
    let one = |name: &str, rules: &str| correlation(name, &format!("type: temporal\nrules: [{rules}]\ntimespan: 1s"));
    let yaml = one("x", "a, id-y")
        + &one("y", "z")
        + &one("z", "x, b")
        + &one("above", "x")
        + &one("good", "a")
        + &one("lost", "gone, a");
    let (set, problems) = compile(&parse(&yaml));
    assert_eq!(set.len(), 1);
    let reasons: Vec<&str> = problems.iter().map(|(_, reason)| reason.as_str()).collect();
    assert_eq!(problems.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1, 2, 3, 5]);
    assert!(reasons[0].contains("`x` → `y` → `z` → `x`"), "{}", reasons[0]);
    assert!(reasons[3].contains("`x`") && reasons[3].contains("could not be loaded"));
}

#[test]
fn what_is_refused_silences_nothing() {
    let (set, problems) = compile(&parse(&correlation("bad", "type: temporal\nrules: [a, gone]\ntimespan: 1s")));
    assert!(problems.len() == 1 && !set.suppressed(cordon_detect::RuleId(0)) && !set.feeds(cordon_detect::RuleId(0)));
}
