//! Memory stays bounded whatever comes, and what is lost at a limit is what the documentation says.

use std::time::Instant;

use cordon_detect::{CorrelationSet, Correlator, Limits};

use crate::support::{correlation, observation, set};

fn count_by_user(kind: &str, condition: &str) -> CorrelationSet {
    set(&correlation("many", &format!("type: {kind}\nrules: [a, b]\ngroup-by: [user]\ntimespan: 1000s\ncondition: {condition}")))
}

#[test]
fn a_million_groups_stay_within_the_cap() {
    let set = count_by_user("event_count", "{gte: 3}");
    let mut correlator = Correlator::new(&set, Limits { groups: 10_000, ..Limits::default() });
    let mut hits = Vec::new();
    let mut seen = observation(&set, "a", 0.0, &[("user", "")]);
    let started = Instant::now();
    for number in 0..1_000_000_u32 {
        seen.time.0 += 10;
        seen.values[0] = Some(format!("user{number}").into());
        correlator.observe(&seen, &mut hits);
        assert!(correlator.groups() <= 10_000 && correlator.entries() <= 10_000);
    }
    println!("a million groups: {:.0} observations per second", 1e6 / started.elapsed().as_secs_f64());
    assert_eq!((hits.len(), correlator.stats().groups_forgotten), (0, 990_000));
    for _ in 0..2 {
        correlator.observe(&seen, &mut hits);
    }
    assert_eq!(hits.len(), 1, "the newest groups are kept");
}

#[test]
fn a_group_that_is_observed_outlives_quiet_ones() {
    let set = count_by_user("event_count", "{gte: 3}");
    let mut correlator = Correlator::new(&set, Limits { groups: 2, ..Limits::default() });
    let mut hits = Vec::new();
    for (time, user) in [(1.0, "mary"), (2.0, "john"), (3.0, "mary"), (4.0, "ann"), (5.0, "mary"), (6.0, "john"), (7.0, "john")] {
        correlator.observe(&observation(&set, "a", time, &[("user", user)]), &mut hits);
    }
    assert_eq!(hits.len(), 1);
    assert_eq!((&*hits[0].group[0].1, correlator.stats().groups_forgotten), ("mary", 2));
}

#[test]
fn groups_whose_window_is_over_are_not_counted_as_forgotten() {
    let set = count_by_user("event_count", "{gte: 3}");
    let mut correlator = Correlator::new(&set, Limits { groups: 1, ..Limits::default() });
    for (time, user) in [(0.0, "mary"), (2_000.0, "john")] {
        correlator.observe(&observation(&set, "a", time, &[("user", user)]), &mut Vec::new());
    }
    assert_eq!((correlator.groups(), correlator.stats().groups_forgotten), (1, 0));
}

#[test]
fn all_groups_together_stay_within_the_total() {
    let set = count_by_user("value_percentile", "{field: bytes, gte: 1000}");
    let limits = Limits { total_entries: 10_000, entries: 4_096, ..Limits::default() };
    let mut correlator = Correlator::new(&set, limits);
    for number in 0..100_000_u32 {
        let (user, bytes) = (format!("user{}", number % 37), number.to_string());
        let fields = [("user", user.as_str()), ("bytes", bytes.as_str())];
        correlator.observe(&observation(&set, "a", f64::from(number) / 1_000.0, &fields), &mut Vec::new());
        assert!(correlator.entries() <= 10_000);
    }
    assert!(correlator.stats().groups_forgotten > 0);
}

/// Streams `count` observations into one group that may keep 64 entries, and returns what the condition came to at the end.
fn one_group(set: &CorrelationSet, count: u32, fields: impl Fn(u32) -> (&'static str, String)) -> (Option<f64>, u64) {
    let mut correlator = Correlator::new(set, Limits { entries: 64, ..Limits::default() });
    let mut hits = Vec::new();
    for number in 0..count {
        hits.clear();
        let (rule, value) = fields(number);
        let fields = [("user", "mary"), ("v", value.as_str())];
        correlator.observe(&observation(set, rule, f64::from(number) / 10.0, &fields), &mut hits);
        assert!(correlator.entries() <= 64);
    }
    (hits.last().map(|hit| hit.value), correlator.stats().entries_coarsened)
}

#[test]
fn counts_and_sums_stay_exact_past_the_cap_while_nothing_leaves_the_window() {
    // The condition is chosen to come true with the last of 5,000 events.
    let counted = one_group(&count_by_user("event_count", "{gte: 5000}"), 5_000, |number| {
        (if number % 2 == 0 { "a" } else { "b" }, String::new())
    });
    assert_eq!(counted.0, Some(5_000.0));
    assert!(counted.1 > 4_900);
    let summed = one_group(&count_by_user("value_sum", "{field: v, gte: 12497500}"), 5_000, |number| ("a", number.to_string()));
    assert_eq!(summed.0, Some(12_497_500.0));
}

#[test]
fn counts_past_the_cap_err_low_and_by_little_when_the_window_slides() {
    let set = set(&correlation(
        "many",
        "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 100s\ncondition: {gt: 900, lte: 1001}",
    ));
    // Ten events a second make 1,001 in the window; it slides over many times before the last.
    let mut correlator = Correlator::new(&set, Limits { entries: 64, ..Limits::default() });
    let mut hits = Vec::new();
    for number in 0..20_000 {
        correlator.observe(&observation(&set, "a", f64::from(number) / 10.0, &[("user", "mary")]), &mut hits);
    }
    let repeats: Vec<i64> = hits.windows(2).map(|pair| (pair[1].time.0 - pair[0].time.0) / 1_000_000).collect();
    assert!(hits.len() >= 18 && repeats.iter().all(|seconds| *seconds == 100), "the condition never lapsed: {repeats:?}");
}

#[test]
fn distinct_values_survive_a_flood_of_repeats_and_saturate_at_the_cap() {
    let spray = count_by_user("value_count", "{field: v, gte: 5}");
    let flood = one_group(&spray, 5_000, |number| ("a", if number % 1_000 == 999 { number.to_string() } else { "same".into() }));
    // 999, 1999, 2999 and 3999 are still there when 4999 comes; with `same` that makes five already at 3999.
    assert!(flood.1 > 4_000, "{flood:?}");
    let set = count_by_user("value_count", "{field: v, gte: 5, lte: 6}");
    assert_eq!(
        one_group(&set, 4_000, |number| ("a", if number % 1_000 == 999 { number.to_string() } else { "same".into() })).0,
        Some(5.0)
    );
    let high = count_by_user("value_count", "{field: v, gte: 20}");
    assert_eq!(one_group(&high, 20, |number| ("a", number.to_string())).0, Some(20.0));
}

#[test]
fn a_rare_rule_survives_a_flood_of_a_frequent_one() {
    for kind in ["temporal", "temporal_ordered"] {
        let set = set(&correlation("both", &format!("type: {kind}\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 1000s")));
        let hit = one_group(&set, 5_000, |number| {
            (
                ["b", "a", "c"][if number == 0 {
                    1
                } else if number == 4_999 {
                    2
                } else {
                    0
                }],
                String::new(),
            )
        });
        assert_eq!(hit.0, Some(3.0), "{kind}");
    }
}

#[test]
fn giant_values_do_not_make_giant_groups() {
    let set = count_by_user("event_count", "{gte: 2}");
    let mut correlator = Correlator::new(&set, Limits::default());
    let mut hits = Vec::new();
    let giant = "x".repeat(4 << 20);
    for (time, user) in [(1.0, giant.clone() + "1"), (2.0, giant.clone() + "2"), (3.0, giant + "1")] {
        correlator.observe(&observation(&set, "a", time, &[("user", user.as_str())]), &mut hits);
    }
    assert_eq!(hits.len(), 1);
    assert!(hits[0].group[0].1.len() < 1_000);
}
