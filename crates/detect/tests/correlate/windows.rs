//! Window modes, order of arrival, and when a hit is raised again.

use cordon_detect::{Correlator, Limits};

use crate::support::{correlation, observation, set, times_of_a};

fn window(mode: &str, condition: &str) -> cordon_detect::CorrelationSet {
    set(&correlation(
        "many",
        &format!("type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\n{mode}\ncondition: {condition}"),
    ))
}

#[test]
fn a_sliding_window_includes_both_ends() {
    assert_eq!(times_of_a(&window("window: sliding", "{gte: 2}"), &[1.0, 11.0]), [11.0]);
    assert!(times_of_a(&window("window: sliding", "{gte: 2}"), &[1.0, 11.000_001]).is_empty());
}

#[test]
fn tumbling_windows_start_at_fixed_times() {
    let tumbling = window("window: tumbling", "{gte: 2}");
    assert!(times_of_a(&tumbling, &[9.0, 10.0]).is_empty(), "two buckets");
    assert_eq!(times_of_a(&tumbling, &[9.0, 10.0, 19.9, 20.0, 20.0]), [19.9, 20.0], "each bucket fires for itself");
    assert_eq!(times_of_a(&tumbling, &[-0.5, -9.5]), [-0.5], "before 1970 too");
}

#[test]
fn sessions_end_with_a_pause_or_at_their_longest() {
    let session = window("window: session\ngap: 3s", "{gte: 3}");
    assert_eq!(times_of_a(&session, &[0.0, 3.0, 6.0]), [6.0]);
    assert!(times_of_a(&session, &[0.0, 3.0, 6.1]).is_empty(), "a pause longer than the gap");
    let long = window("window: session\ngap: 3s", "{gte: 5}");
    assert!(times_of_a(&long, &[0.0, 3.0, 6.0, 9.0, 10.5, 12.0]).is_empty(), "longer than the timespan");
    assert_eq!(times_of_a(&session, &[5.0, 3.0, 1.0]), [5.0], "an early one joins at the front");
    assert!(times_of_a(&session, &[5.0, 4.0, 0.5]).is_empty());
}

#[test]
fn a_hit_is_not_repeated_while_the_window_stays_full() {
    let many = window("", "{gte: 3}");
    let every_second: Vec<f64> = (0..36).map(f64::from).collect();
    assert_eq!(times_of_a(&many, &every_second), [2.0, 12.0, 22.0, 32.0], "once per timespan");
}

#[test]
fn a_hit_is_repeated_once_the_condition_was_false() {
    assert_eq!(times_of_a(&window("", "{gte: 3}"), &[0.0, 1.0, 2.0, 11.5, 11.6, 11.7]), [2.0, 11.6]);
    assert_eq!(times_of_a(&window("", "{neq: 2}"), &[0.0, 1.0, 2.0, 3.0]), [0.0, 2.0]);
}

#[test]
fn lt_holds_from_the_first_observation() {
    assert_eq!(times_of_a(&window("", "{lt: 3}"), &[0.0, 1.0, 2.0]), [0.0]);
}

#[test]
fn observations_out_of_order_find_their_place() {
    assert_eq!(times_of_a(&window("", "{gte: 3}"), &[5.0, 9.0, 1.0]), [9.0], "the window still ends at the newest");
    let ordered = set(&correlation("steps", "type: temporal_ordered\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10s"));
    let mut hits = Vec::new();
    let mut correlator = Correlator::new(&ordered, Limits::default());
    for (rule, seconds) in [("b", 5.0), ("a", 4.0)] {
        correlator.observe(&observation(&ordered, rule, seconds, &[("user", "mary")]), &mut hits);
    }
    assert_eq!((hits[0].first.0, hits[0].time.0, hits[0].event.offset), (4_000_000, 5_000_000, 4_000_000));
}

#[test]
fn what_is_older_than_the_window_is_counted_and_changes_nothing() {
    for mode in ["window: sliding", "window: tumbling", "window: session\ngap: 3s"] {
        let set = window(mode, "{gte: 2}");
        let mut correlator = Correlator::new(&set, Limits::default());
        let mut hits = Vec::new();
        for seconds in [100.0, 20.0, 89.0] {
            correlator.observe(&observation(&set, "a", seconds, &[("user", "mary")]), &mut hits);
        }
        assert_eq!((hits.len(), correlator.stats().late, correlator.entries()), (0, 2, 1), "{mode}");
    }
}

#[test]
fn absurd_times_do_no_harm() {
    let ends = [i64::MIN, i64::MAX, 0, i64::MIN, i64::MAX];
    for mode in ["window: sliding", "window: tumbling", "window: session\ngap: 999999999999999y"] {
        let set = set(&correlation(
            "long",
            &format!("type: event_count\nrules: [a]\ntimespan: 99999999999y\n{mode}\ncondition: {{gte: 9}}")
                .replace("999999999999999y", "99999999999y"),
        ));
        let mut correlator = Correlator::new(&set, Limits::default());
        for time in ends {
            let mut seen = observation(&set, "a", 0.0, &[]);
            seen.time.0 = time;
            correlator.observe(&seen, &mut Vec::new());
        }
    }
}
