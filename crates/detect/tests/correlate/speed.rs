//! Prints how many observations a second one thread takes. Nothing is asserted about time; run it with
//! `cargo test --release -p cordon-detect --test correlate speed -- --nocapture`.

use std::time::Instant;

use cordon_detect::{CorrelationSet, Correlator, Limits, Observation};

use crate::support::{RULES, correlation, observation, set};

/// A window that holds some hundreds of events per group.
fn typical(kind: &str) -> CorrelationSet {
    let condition = match kind {
        "temporal" | "temporal_ordered" => String::new(),
        "event_count" => "condition: {gte: 100000}".into(),
        _ => "condition: {field: v, gte: 100000}".into(),
    };
    set(&correlation("measured", &format!("type: {kind}\nrules: [a, b, c]\ngroup-by: [user, host]\ntimespan: 10m\n{condition}")))
}

fn stream(set: &CorrelationSet, count: u32, groups: u32) -> Vec<Observation> {
    let rule = |number: u32| RULES[(number.wrapping_mul(2_654_435_761) >> 16) as usize % 2];
    (0..count)
        .map(|number| {
            let (user, value) = (format!("user{}", number % groups), (number.wrapping_mul(40_503) % 977).to_string());
            let fields = [("user", user.as_str()), ("host", "ward-pc7"), ("v", value.as_str())];
            observation(set, rule(number), f64::from(number) * 0.01, &fields)
        })
        .collect()
}

#[test]
fn speed_is_printed() {
    let count = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    for kind in ["event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_percentile"] {
        for (groups, what) in [(200, "300 events a group"), (1, "one group at its cap")] {
            let set = typical(kind);
            let observations = stream(&set, count, groups);
            let mut correlator = Correlator::new(&set, Limits::default());
            let mut hits = Vec::new();
            let started = Instant::now();
            for observation in &observations {
                correlator.observe(observation, &mut hits);
            }
            println!("{kind:16} {what:20} {:>10.0} observations per second", f64::from(count) / started.elapsed().as_secs_f64());
        }
    }
}
