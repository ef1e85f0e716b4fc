//! What each correlation type means.

use cordon_detect::RuleId;

use crate::support::{Fields, correlation, run, seconds, set, times_of_a};

const MARY: Fields<'static> = &[("user", "mary")];
const JOHN: Fields<'static> = &[("user", "john")];

#[test]
fn event_count_fires_for_the_group_that_reaches_the_count() {
    let set = set(&correlation("many", "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\ncondition: {gte: 3}"));
    let hits = run(&set, [("a", 1.0, MARY), ("a", 2.0, JOHN), ("a", 3.0, MARY), ("b", 4.0, MARY), ("a", 5.0, MARY)]);
    assert_eq!(hits.len(), 1);
    let hit = &hits[0];
    assert_eq!((hit.rule, hit.value, hit.time.0, hit.first.0), (RuleId(100), 3.0, 5_000_000, 1_000_000));
    assert_eq!(hit.group, [("user".into(), "mary".into())]);
    assert_eq!(hit.rules, [(RuleId(0), 3)]);
    assert_eq!((hit.event.offset, &*hit.event.host), (5_000_000, "ward-pc7"));
}

#[test]
fn event_count_adds_up_all_its_rules() {
    let set =
        set(&correlation("many", "type: event_count\nrules: [a, rule-b]\ngroup-by: [user]\ntimespan: 10s\ncondition: {gt: 2}"));
    let hits = run(&set, [("a", 1.0, MARY), ("b", 2.0, MARY), ("b", 3.0, MARY)]);
    assert_eq!(hits[0].rules, [(RuleId(0), 1), (RuleId(1), 2)]);
}

#[test]
fn ranges_hold_between_their_ends_only() {
    let set =
        set(&correlation("some", "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 100s\ncondition: {gt: 2, lte: 4}"));
    assert_eq!(times_of_a(&set, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [3.0]);
}

#[test]
fn no_group_by_is_one_group() {
    let set = set(&correlation("many", "type: event_count\nrules: [a]\ntimespan: 10s\ncondition: {gte: 2}"));
    let hits = run(&set, [("a", 1.0, MARY), ("a", 2.0, JOHN)]);
    assert!(hits.len() == 1 && hits[0].group.is_empty());
}

#[test]
fn groups_ignore_case_and_show_what_was_seen_first() {
    let set = set(&correlation("many", "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\ncondition: {gte: 2}"));
    let hits = run(&set, [("a", 1.0, &[("user", "WARD\\Mary")][..]), ("a", 2.0, &[("user", "ward\\mary")])]);
    assert_eq!(&*hits[0].group[0].1, "WARD\\Mary");
}

#[test]
fn events_with_part_of_the_group_count_and_those_with_none_do_not() {
    let set =
        set(&correlation("many", "type: event_count\nrules: [a]\ngroup-by: [user, address]\ntimespan: 10s\ncondition: {gte: 2}"));
    let hits = run(&set, [("a", 1.0, MARY), ("a", 2.0, &[]), ("a", 3.0, &[]), ("a", 4.0, MARY)]);
    assert_eq!(seconds(&hits), [4.0]);
    assert_eq!(hits[0].group, [("user".into(), "mary".into())]);
}

#[test]
fn value_count_counts_distinct_values_and_a_repeat_keeps_one_in_the_window() {
    let set = set(&correlation(
        "spray",
        "type: value_count\nrules: [a]\ngroup-by: [address]\ntimespan: 10s\ncondition: {field: user, gte: 3}",
    ));
    let from = |time: f64, user: &'static str| -> (&str, f64, Vec<(&str, &str)>) {
        ("a", time, vec![("address", "192.0.2.7"), ("user", user)])
    };
    let stream =
        [from(1.0, "mary"), from(2.0, "john"), from(3.0, "Mary"), from(4.0, "JOHN"), from(12.5, "ann"), from(13.5, "eve")];
    let hits = run(&set, stream.iter().map(|(rule, time, fields)| (*rule, *time, &fields[..])));
    // At 12.5 the window reaches back to 2.5: Mary and John are in it through their later attempts.
    assert_eq!(seconds(&hits), [12.5]);
    assert_eq!(hits[0].value, 3.0);
}

#[test]
fn value_count_over_several_fields_counts_combinations_and_skips_events_that_lack_one() {
    let set =
        set(&correlation("pairs", "type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {field: [user, host], gte: 3}"));
    let stream: [(&str, f64, Fields<'_>); 5] = [
        ("a", 1.0, &[("user", "x"), ("host", "yz")]),
        ("a", 2.0, &[("user", "xy"), ("host", "z")]),
        ("a", 3.0, &[("user", "x"), ("host", "yz")]),
        ("a", 4.0, &[("user", "x")]),
        ("a", 5.0, &[("user", "x"), ("host", "z")]),
    ];
    assert_eq!(seconds(&run(&set, stream)), [5.0]);
}

#[test]
fn temporal_needs_all_rules_in_any_order() {
    let set = set(&correlation("recon", "type: temporal\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 10s"));
    let hits = run(&set, [("c", 1.0, MARY), ("a", 2.0, MARY), ("b", 3.0, JOHN), ("b", 4.0, MARY)]);
    assert_eq!((seconds(&hits), hits[0].value), (vec![4.0], 3.0));
    assert_eq!(hits[0].rules, [(RuleId(0), 1), (RuleId(1), 1), (RuleId(2), 1)]);
    assert!(run(&set, [("c", 1.0, MARY), ("a", 2.0, MARY), ("b", 11.5, MARY)]).is_empty(), "the first has left the window");
}

#[test]
fn temporal_with_a_count_needs_that_many_rules() {
    let set =
        set(&correlation("recon", "type: temporal\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 10s\ncondition: {gte: 2}"));
    assert_eq!(seconds(&run(&set, [("c", 1.0, MARY), ("c", 2.0, MARY), ("a", 3.0, MARY)])), [3.0]);
}

#[test]
fn temporal_ordered_needs_the_order_of_its_list() {
    let set = set(&correlation("steps", "type: temporal_ordered\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 10s"));
    assert_eq!(seconds(&run(&set, [("a", 1.0, MARY), ("b", 2.0, MARY), ("b", 3.0, MARY), ("c", 4.0, MARY)])), [4.0]);
    assert!(run(&set, [("b", 1.0, MARY), ("a", 2.0, MARY), ("c", 3.0, MARY)]).is_empty());
    assert_eq!(
        seconds(&run(&set, [("b", 1.0, MARY), ("a", 2.0, MARY), ("c", 3.0, MARY), ("b", 4.0, MARY), ("c", 5.0, MARY)])),
        [5.0]
    );
    assert_eq!(
        seconds(&run(&set, [("c", 1.0, MARY), ("b", 1.0, MARY), ("a", 1.0, MARY)])),
        [1.0],
        "equal times are in any order"
    );
}

#[test]
fn temporal_ordered_with_a_count_needs_that_many_in_order() {
    let set = set(&correlation(
        "steps",
        "type: temporal_ordered\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 10s\ncondition: {gte: 2}",
    ));
    assert_eq!(seconds(&run(&set, [("c", 1.0, MARY), ("b", 2.0, MARY), ("a", 3.0, MARY), ("c", 4.0, MARY)])), [4.0]);
}

#[test]
fn extended_conditions_are_judged_on_what_was_seen_so_far() {
    let set =
        set(&correlation("unapproved", "type: temporal\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10s\ncondition: a and not b"));
    let stream = [("b", 1.0, MARY), ("a", 2.0, MARY), ("a", 5.0, JOHN), ("b", 6.0, JOHN), ("a", 12.0, MARY)];
    assert_eq!(seconds(&run(&set, stream)), [5.0, 12.0]);
}

#[test]
fn extended_conditions_take_patterns_and_bring_their_own_rules() {
    let two = set(&correlation("two", "type: temporal\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 10s\ncondition: 2 of them"));
    assert_eq!(seconds(&run(&two, [("a", 1.0, MARY), ("c", 2.0, MARY)])), [2.0]);
    let own = set(&correlation("own", "type: temporal\ngroup-by: [user]\ntimespan: 10s\ncondition: a and (b or c)"));
    assert_eq!(seconds(&run(&own, [("a", 1.0, MARY), ("c", 2.0, MARY)])), [2.0]);
}

#[test]
fn an_ordered_expression_wants_what_it_asks_for_in_order() {
    let set = set(&correlation(
        "quiet",
        "type: temporal_ordered\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 10s\ncondition: a and c and not b",
    ));
    assert_eq!(seconds(&run(&set, [("a", 1.0, MARY), ("c", 2.0, MARY)])), [2.0]);
    assert!(run(&set, [("c", 1.0, MARY), ("a", 2.0, MARY)]).is_empty(), "wrong order");
    assert!(run(&set, [("a", 1.0, MARY), ("b", 1.5, MARY), ("c", 2.0, MARY)]).is_empty(), "b was seen");
}

fn numbers(kind: &str, condition: &str, stream: &[(f64, &str)]) -> Vec<(f64, f64)> {
    let set =
        set(&correlation("sum", &format!("type: {kind}\nrules: [a]\ntimespan: 10s\ncondition: {{field: bytes, {condition}}}")));
    let fields: Vec<_> = stream.iter().map(|(time, bytes)| (*time, [("bytes", *bytes)])).collect();
    let hits = run(&set, fields.iter().map(|(time, fields)| ("a", *time, &fields[..])));
    hits.iter().map(|hit| (hit.time.0 as f64 / 1e6, hit.value)).collect()
}

#[test]
fn value_sum_adds_what_is_in_the_window() {
    let stream = [(1.0, "400"), (2.0, "-"), (3.0, "0x1f4"), (12.0, "300"), (13.0, "250.5")];
    assert_eq!(numbers("value_sum", "gt: 900", &stream), [(13.0, 1050.5)]);
    assert_eq!(numbers("value_sum", "gte: 900", &stream), [(3.0, 900.0), (13.0, 1050.5)]);
    assert_eq!(numbers("value_sum", "gt: 1000", &stream), [(13.0, 1050.5)]);
}

#[test]
fn sums_stay_right_after_huge_numbers_have_left() {
    let stream = [(1.0, "1e300"), (2.0, "1"), (3.0, "0.25"), (11.5, "2")];
    assert_eq!(numbers("value_sum", "eq: 3", &[(1.0, "1e300"), (2.0, "1"), (11.5, "2")]), [(11.5, 3.0)]);
    assert_eq!(numbers("value_sum", "lt: 4", &stream), [(11.5, 3.25)]);
}

#[test]
fn value_avg_divides_by_the_events_that_have_a_number() {
    assert_eq!(numbers("value_avg", "gt: 500", &[(1.0, "400"), (2.0, "none"), (3.0, "800")]), [(3.0, 600.0)]);
}

#[test]
fn value_percentile_and_median_rank_the_numbers() {
    let stream = [(1.0, "10"), (2.0, "50"), (3.0, "20"), (4.0, "40"), (5.0, "30")];
    assert_eq!(numbers("value_median", "eq: 30", &stream), [(2.0, 30.0), (4.0, 30.0)]);
    assert_eq!(numbers("value_percentile", "percentile: 75, gte: 40", &stream), [(2.0, 40.0), (4.0, 42.5)]);
    assert_eq!(numbers("value_percentile", "lt: 15", &stream), [(1.0, 10.0)]);
}

#[test]
fn aliases_join_rules_that_name_a_field_differently() {
    let set = set(&correlation(
        "joined",
        "type: temporal\nrules: [a, rule-b]\ngroup-by: [inside]\ntimespan: 10s\naliases: {inside: {a: dst, b: src}}",
    ));
    assert_eq!(set.wanted(RuleId(0)), ["dst".into()]);
    assert_eq!(set.wanted(RuleId(1)), ["src".into()]);
    let hits =
        run(&set, [("a", 1.0, &[("dst", "192.0.2.1"), ("src", "x")][..]), ("b", 2.0, &[("src", "192.0.2.1"), ("dst", "y")])]);
    assert_eq!(hits[0].group, [("inside".into(), "192.0.2.1".into())]);
}

#[test]
fn the_counted_field_can_be_an_alias_too() {
    let set = set(&correlation(
        "hosts",
        "type: value_count\nrules: [a, b]\ntimespan: 10s\naliases: {host: {a: Computer, b: Target}}\ncondition: {field: host, gte: 2}",
    ));
    assert_eq!(seconds(&run(&set, [("a", 1.0, &[("Computer", "one")][..]), ("b", 2.0, &[("Target", "two")])])), [2.0]);
}
