//! The collecting end: results in input order go to the outputs, the findings and the correlations.

use std::ops::ControlFlow;

use cordon_model::Detection;

use super::{
    correlate::Correlations,
    output::{OutputError, Outputs},
    progress::Progress,
    worker::Results,
};
use crate::report::{Findings, ScanStats};

/// Gathers while the scan runs.
pub(crate) struct Collector<'r> {
    outputs: Outputs,
    correlations: Correlations<'r>,
    /// What the correlations found, until it is handed on.
    found: Vec<Detection>,
    gathered: Gathered,
    /// An output that could not be written.
    failure: Option<OutputError>,
}

/// What a scan brings together.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// For the summary and the HTML report.
    pub(crate) findings: Findings,
    /// Figures of the scan.
    pub(crate) stats: ScanStats,
    /// Observations that came too late to be put in order for the correlations.
    pub(crate) late: u64,
}

impl<'r> Collector<'r> {
    /// Nothing gathered yet; detections will go to `outputs`.
    pub(crate) fn new(outputs: Outputs, correlations: Correlations<'r>) -> Self {
        Self { outputs, correlations, found: Vec::new(), gathered: Gathered::default(), failure: None }
    }

    /// Takes what came out of a block. Breaks when an output cannot be written.
    pub(crate) fn take(&mut self, results: &mut Results, progress: &Progress) -> ControlFlow<()> {
        let stats = &mut self.gathered.stats;
        stats.events += results.events;
        if let Some((first, last)) = results.span {
            stats.saw(first);
            stats.saw(last);
        }
        for unread in results.unread.drain(..) {
            progress.say(&unread.to_string());
            stats.unread.push(unread);
        }
        progress.add(results.events, results.detections.iter().map(|detection| detection.rule.level));
        for detection in results.detections.drain(..) {
            self.detection(detection);
        }
        for observation in results.observations.drain(..) {
            self.correlations.take(observation, &mut self.found);
        }
        self.hand_on_found();
        if self.failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Brings the correlations to their end, and hands over what was gathered.
    ///
    /// # Errors
    /// An output could not be written.
    pub(crate) fn finish(mut self) -> Result<(Gathered, Outputs), OutputError> {
        self.gathered.late = self.correlations.finish(&mut self.found);
        self.hand_on_found();
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok((self.gathered, self.outputs)),
        }
    }

    fn hand_on_found(&mut self) {
        for detection in std::mem::take(&mut self.found) {
            self.detection(detection);
        }
    }

    fn detection(&mut self, detection: Detection) {
        if self.failure.is_some() {
            return;
        }
        match self.outputs.write(&detection) {
            Ok(()) => self.gathered.findings.add(detection),
            Err(failure) => self.failure = Some(failure),
        }
    }
}
