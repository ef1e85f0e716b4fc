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
}

impl<'r> Correlations<'r> {
    /// Nothing observed yet.
    pub(crate) fn new(rules: &'r RuleSet) -> Self {
        let correlator = Correlator::new(rules.correlations(), Limits::default());
        Self { rules, correlator, waiting: Vec::new(), max_waiting: MAX_WAITING, ahead: None, late: 0 }
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
            found.extend(hits.drain(..).map(|hit| self.rules.correlation_detection(hit)));
        }
    }
}
