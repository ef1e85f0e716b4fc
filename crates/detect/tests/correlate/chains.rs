//! Correlations over correlations, and which rules are silenced by them.

use cordon_detect::{Correlator, Limits, RuleId};

use crate::support::{Fields, correlation, observation, run, seconds, set};

const MARY: Fields<'static> = &[("user", "mary"), ("host", "ward-pc7")];

fn guessed(generate: bool) -> String {
    let many = correlation("many", "type: event_count\nrules: [a]\ngroup-by: [host]\ntimespan: 10s\ncondition: {gte: 3}");
    let then = correlation(
        "guessed",
        &format!("type: temporal_ordered\nrules: [many, b]\ngroup-by: [user]\ntimespan: 5s\ngenerate: {generate}"),
    );
    // The parent stands first: the order in a file means nothing.
    then + &many
}

#[test]
fn a_chain_groups_by_fields_that_its_member_does_not_group_by() {
    let set = set(&guessed(false));
    let hits = run(&set, [("a", 1.0, MARY), ("a", 2.0, MARY), ("a", 3.0, MARY), ("b", 4.0, MARY)]);
    assert_eq!(seconds(&hits), [4.0]);
    assert_eq!((hits[0].rule, &hits[0].rules[..]), (RuleId(100), &[(RuleId(101), 1), (RuleId(1), 1)][..]));
    assert_eq!(hits[0].group, [("user".into(), "mary".into())], "taken from the event that completed the count");
}

#[test]
fn a_chain_sees_its_member_for_as_long_as_it_holds() {
    let set = set(&guessed(false));
    let failures = (0..20).map(|time| ("a", f64::from(time) * 0.4, MARY));
    // The count came true at 0.8, which is more than five seconds before 7.7, but it still held at 7.6.
    assert_eq!(seconds(&run(&set, failures.chain([("b", 7.7, MARY)]))), [7.7]);
}

#[test]
fn counting_a_member_counts_its_hits() {
    let many = correlation("many", "type: event_count\nrules: [a]\ngroup-by: [host]\ntimespan: 10s\ncondition: {gte: 3}");
    let bursts = correlation("bursts", "type: event_count\nrules: [many]\ngroup-by: [user]\ntimespan: 1h\ncondition: {gte: 2}");
    let set = set(&(many + &bursts));
    let burst = |at: i32| (0..9).map(move |step| ("a", f64::from(at) + f64::from(step) * 0.1, MARY));
    assert!(run(&set, burst(0)).is_empty());
    assert_eq!(seconds(&run(&set, burst(0).chain(burst(60)))), [60.2]);
}

#[test]
fn values_are_handed_up_several_storeys() {
    let yaml = correlation(
        "c1",
        "type: event_count\nrules: [a]\ngroup-by: [host]\ntimespan: 10s\ncondition: {gte: 2}\ngenerate: true",
    ) + &correlation("c2", "type: temporal\nrules: [c1, b]\ngroup-by: [host]\ntimespan: 10s\ngenerate: true")
        + &correlation(
            "c3",
            "type: value_count\nrules: [c2]\ngroup-by: [site]\ntimespan: 10s\ncondition: {field: host, gte: 2}\ngenerate: true",
        );
    let set = set(&yaml);
    assert!(set.wanted(RuleId(0)).contains(&"site".into()) && set.wanted(RuleId(100)).contains(&"site".into()));
    let (one, two): (Fields<'_>, Fields<'_>) = (&[("host", "one"), ("site", "north")], &[("host", "two"), ("site", "north")]);
    let hits = run(&set, [("a", 1.0, one), ("a", 2.0, one), ("b", 3.0, one), ("b", 4.0, two), ("a", 5.0, two), ("a", 6.0, two)]);
    let rules: Vec<u32> = hits.iter().map(|hit| hit.rule.0).collect();
    assert_eq!(rules, [100, 101, 100, 101, 102]);
    assert_eq!((hits[4].value, &*hits[4].group[0].1), (2.0, "north"));
}

#[test]
fn members_are_silent_unless_generate_says_otherwise() {
    let silent = set(&guessed(false));
    assert!(silent.suppressed(RuleId(0)) && silent.suppressed(RuleId(1)) && silent.suppressed(RuleId(101)));
    assert!(!silent.suppressed(RuleId(100)) && !silent.suppressed(RuleId(2)));
    let loud = set(&guessed(true));
    assert!(loud.suppressed(RuleId(0)), "only `many` refers to it, and that does not generate");
    assert!(!loud.suppressed(RuleId(1)) && !loud.suppressed(RuleId(101)));
    assert_eq!(seconds(&run(&loud, [("a", 1.0, MARY), ("a", 2.0, MARY), ("a", 3.0, MARY), ("b", 4.0, MARY)])), [3.0, 4.0]);
}

#[test]
fn one_generating_correlation_is_enough() {
    let yaml = correlation("one", "type: event_count\nrules: [a]\ntimespan: 1s\ncondition: {gte: 2}")
        + &correlation("two", "type: event_count\nrules: [a]\ntimespan: 1s\ncondition: {gte: 2}\ngenerate: true");
    assert!(!set(&yaml).suppressed(RuleId(0)));
}

#[test]
fn only_rules_that_somebody_waits_for_feed() {
    let set = set(&guessed(false));
    assert!(set.feeds(RuleId(0)) && set.feeds(RuleId(101)) && !set.feeds(RuleId(100)) && !set.feeds(RuleId(3)));
    assert!(set.wanted(RuleId(3)).is_empty());
    assert!(run(&set, [("d", 1.0, MARY)]).is_empty());
}

#[test]
fn chains_made_to_explode_are_cut_off() {
    // Each storey refers to both below it and groups differently, so that one event goes up by 2^14 ways.
    let mut yaml = String::new();
    let mut below = "a, b".to_owned();
    for storey in 0..14 {
        let body = |field: &str| {
            format!("type: temporal\nrules: [{below}]\ngroup-by: [{field}]\ntimespan: 10s\ncondition: {{gte: 0}}\ngenerate: true")
        };
        yaml += &(correlation(&format!("l{storey}"), &body("user")) + &correlation(&format!("r{storey}"), &body("host")));
        below = format!("l{storey}, r{storey}");
    }
    let set = set(&yaml);
    let mut correlator = Correlator::new(&set, Limits::default());
    correlator.observe(&observation(&set, "a", 1.0, MARY), &mut Vec::new());
    let stats = correlator.stats();
    assert!(stats.chains_cut > 0 && stats.observed <= 1_024 + 2, "{stats:?}");
}
