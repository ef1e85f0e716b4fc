//! Reads blocks and holds every event against the rules. One per thread.

use std::{
    mem,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};

use cordon_detect::{Matcher, Observation, RuleId, RuleSet};
use cordon_event::{Event, Names, Problem, Reader, Sink};
use cordon_model::{Detection, Timestamp};

use super::intake::Piece;
use crate::{cli::ScanArgs, report::Unread};

/// Results are handed on when they hold about this much, so that a block in which everything matches stays small.
const PART_BYTES: usize = 256 << 10;
/// About what an observation takes.
const OBSERVATION_BYTES: usize = 256;

/// What every worker goes by.
#[derive(Debug)]
pub(crate) struct Task<'r> {
    /// The rules.
    pub(crate) rules: &'r RuleSet,
    /// By rule id: whether its matches are reported.
    pub(crate) is_reported: Vec<bool>,
    /// By rule id: whether a correlation builds on it.
    pub(crate) is_observed: Vec<bool>,
    /// Events before this are left out.
    pub(crate) since: Option<Timestamp>,
    /// Events after this are left out.
    pub(crate) until: Option<Timestamp>,
}

impl<'r> Task<'r> {
    /// What `args` ask for. `is_excluded`: rules that are not to be reported, by rule id.
    pub(crate) fn new(rules: &'r RuleSet, args: &ScanArgs, is_excluded: &[bool]) -> Self {
        let ids = || (0..rules.rules().len() as u32).map(RuleId);
        Self {
            rules,
            is_reported: ids().zip(is_excluded).map(|(id, is_excluded)| rules.reports(id) && !is_excluded).collect(),
            is_observed: ids().map(|id| rules.correlations().feeds(id)).collect(),
            since: args.since,
            until: args.until,
        }
    }
}

/// What came out of a block, or a part of one.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// Events read.
    pub(crate) events: u64,
    /// Bytes of the block, after unpacking.
    pub(crate) bytes: u64,
    /// First and last time seen.
    pub(crate) span: Option<(Timestamp, Timestamp)>,
    /// In the order of the events.
    pub(crate) detections: Vec<Detection>,
    /// For the correlations.
    pub(crate) observations: Vec<Observation>,
    /// What could not be read.
    pub(crate) unread: Vec<Unread>,
    /// The block's buffer, to be used again; only with the last part.
    pub(crate) buffer: Vec<u8>,
    /// About how much memory this takes.
    pub(crate) weight_bytes: usize,
}

/// See the module.
pub(crate) struct Worker<'r> {
    task: &'r Task<'r>,
    reader: Reader,
    matcher: Matcher<'r>,
}

impl<'r> Worker<'r> {
    /// A worker with empty caches.
    pub(crate) fn new(task: &'r Task<'r>) -> Self {
        Self { task, reader: Reader::new(), matcher: Matcher::new(task.rules) }
    }

    /// Works a piece off. `hand_on` gets the results in one or more parts; the flag marks the last one.
    pub(crate) fn run(&mut self, piece: Piece, hand_on: &mut dyn FnMut(Results, bool)) {
        let mut results = Results::default();
        piece.unread.into_iter().for_each(|unread| results.add_unread(unread));
        if let Some(block) = piece.block {
            let mut judge =
                Judge { task: self.task, matcher: &mut self.matcher, source: &piece.source, hits: Vec::new(), results, hand_on };
            let reader = &mut self.reader;
            let read = panic::catch_unwind(AssertUnwindSafe(|| reader.read(&block, piece.written, &mut judge)));
            results = mem::take(&mut judge.results);
            if read.is_err() {
                // A mistake of ours: it is named like any other damage, and costs this block, not the scan.
                let reason = "block set aside: the program made a mistake in it; please report this".to_owned();
                results.add_unread(Unread::stretch(&piece.source, Problem { offset: block.offset, reason }));
                (self.reader, self.matcher) = (Reader::new(), Matcher::new(self.task.rules));
            }
            results.bytes = block.bytes.len() as u64;
            results.buffer = block.bytes;
        }
        hand_on(results, true);
    }
}

impl Results {
    fn add_unread(&mut self, unread: Unread) {
        self.weight_bytes += mem::size_of::<Unread>() + unread.source.len() + unread.reason.len();
        self.unread.push(unread);
    }
}

/// Judges the events of one block.
struct Judge<'a, 'r> {
    task: &'r Task<'r>,
    matcher: &'a mut Matcher<'r>,
    source: &'a Arc<str>,
    hits: Vec<RuleId>,
    results: Results,
    hand_on: &'a mut dyn FnMut(Results, bool),
}

impl Sink for Judge<'_, '_> {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        self.results.events += 1;
        if let Some(time) = event.header.time {
            if self.task.since.is_some_and(|since| time < since) || self.task.until.is_some_and(|until| time > until) {
                return;
            }
            let (first, last) = self.results.span.unwrap_or((time, time));
            self.results.span = Some((first.min(time), last.max(time)));
        }
        self.hits.clear();
        self.hits.extend_from_slice(self.matcher.matches(event, names));
        for &rule in &self.hits {
            let at = rule.index();
            if self.task.is_reported[at] {
                let detection = self.matcher.detection(rule, event, names, self.source);
                self.results.weight_bytes += weight_bytes(&detection);
                self.results.detections.push(detection);
            }
            if self.task.is_observed[at] {
                let observation = self.matcher.observation(rule, event, names, self.source);
                self.results.weight_bytes += OBSERVATION_BYTES;
                self.results.observations.extend(observation);
            }
        }
        if self.results.weight_bytes >= PART_BYTES {
            (self.hand_on)(mem::take(&mut self.results), false);
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.results.add_unread(Unread::stretch(self.source, problem));
        if self.results.weight_bytes >= PART_BYTES {
            (self.hand_on)(mem::take(&mut self.results), false);
        }
    }
}

/// About how much memory a detection takes.
fn weight_bytes(detection: &Detection) -> usize {
    let fields: usize = detection.fields.iter().map(|(name, value)| 48 + name.len() + value.len()).sum();
    let matched: usize = detection.matched.iter().map(|found| 72 + found.field.len() + found.value.len()).sum();
    mem::size_of::<Detection>() + detection.raw.len() + fields + matched
}
