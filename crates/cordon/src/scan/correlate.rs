//! Brings observations into the order of time, and runs the correlations over them.
//!
//! Logs are read one after another, but correlations think in time, so observations wait for the end of the scan. When
//! more come than may wait, the older half goes ahead; what turns up afterwards with an older time is counted as late,
//! and counts for a correlation only where its window still reaches back so far.

use cordon_detect::{Correlator, Limits, Observation, RuleSet};
use cordon_model::{Detection, Timestamp};

/// Observations that may wait, at about 200 bytes each.
const MAX_WAITING: usize = 1 << 18;

/// See the module.
pub(crate) struct Correlations<'r> {
    rules: &'r RuleSet,
    correlator: Correlator<'r>,
    waiting: Vec<Observation>,
    max_waiting: usize,
    /// The newest time that went ahead.
    ahead: Option<Timestamp>,
    late: u64,
    /// By rule id: correlations that are not reported.
    is_excluded: &'r [bool],
}

impl<'r> Correlations<'r> {
    /// Nothing observed yet. `is_excluded`: rules that are not to be reported, by rule id; may be shorter than the rules.
    pub(crate) fn new(rules: &'r RuleSet, is_excluded: &'r [bool]) -> Self {
        let correlator = Correlator::new(rules.correlations(), Limits::default());
        Self { rules, correlator, waiting: Vec::new(), max_waiting: MAX_WAITING, ahead: None, late: 0, is_excluded }
    }

    /// Takes an observation; appends to `found` what came true.
    pub(crate) fn take(&mut self, observation: Observation, found: &mut Vec<Detection>) {
        self.late += u64::from(self.ahead.is_some_and(|ahead| observation.time < ahead));
        self.waiting.push(observation);
        if self.waiting.len() >= self.max_waiting {
            self.release(self.max_waiting / 2, found);
        }
    }

    /// Works off what waits. Returns how many observations were late.
    pub(crate) fn finish(&mut self, found: &mut Vec<Detection>) -> u64 {
        self.release(self.waiting.len(), found);
        self.late
    }

    fn release(&mut self, count: usize, found: &mut Vec<Detection>) {
        // Stable: events of the same time stay in the order in which they were read.
        self.waiting.sort_by_key(|observation| observation.time);
        let mut hits = Vec::new();
        for observation in self.waiting.drain(..count) {
            self.ahead = self.ahead.max(Some(observation.time));
            self.correlator.observe(&observation, &mut hits);
            let reported = hits.drain(..).filter(|hit| !self.is_excluded.get(hit.rule.index()).is_some_and(|excluded| *excluded));
            found.extend(reported.map(|hit| self.rules.correlation_detection(hit)));
        }
    }
}

#[cfg(test)]
mod tests {
    use cordon_detect::{EventRef, RuleId};
    use cordon_event::Taxonomy;

    use super::*;

    const RULES: &str = "title: Logon failed
name: failed
logsource: {product: windows, service: security}
detection:
    selection:
        EventID: 4625
    condition: selection
---
title: Guessing
correlation:
    type: event_count
    rules: [failed]
    group-by: [Computer]
    timespan: 1m
    condition: {gte: 3}
level: high
";

    fn rules() -> RuleSet {
        let mut builder = RuleSet::builder();
        builder.add_file("rules.yml", RULES);
        builder.compile(Taxonomy::builtin().unwrap())
    }

    fn observation(second: i64) -> Observation {
        let event = EventRef { source: "a".into(), offset: 0, record_id: None, host: "ward-7".into() };
        Observation { rule: RuleId(0), time: Timestamp(second * 1_000_000), values: vec![Some("ward-7".into())], event }
    }

    #[test]
    fn observations_are_put_in_order_before_they_count() {
        let rules = rules();
        let mut correlations = Correlations::new(&rules, &[]);
        let mut found = Vec::new();
        // Read in this order nothing would come true: the window would have moved on.
        for second in [500, 10, 400, 20, 300, 30] {
            correlations.take(observation(second), &mut found);
        }
        assert_eq!((correlations.finish(&mut found), found.len()), (0, 1));
        assert_eq!(found[0].time, Some(Timestamp(30_000_000)));
    }

    #[test]
    fn what_comes_after_the_older_half_went_ahead_is_counted_as_late() {
        let rules = rules();
        let mut correlations = Correlations::new(&rules, &[]);
        correlations.max_waiting = 4;
        let mut found = Vec::new();
        for second in [100, 200, 300, 400, 150, 250] {
            correlations.take(observation(second), &mut found);
        }
        assert!(correlations.waiting.len() < 4);
        assert_eq!(correlations.finish(&mut found), 1);
    }
}
