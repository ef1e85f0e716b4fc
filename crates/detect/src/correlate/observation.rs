//! What goes into a correlator and what comes out of it.

use std::sync::Arc;

use cordon_model::Timestamp;

use crate::RuleId;

/// One match of a rule, as much of it as correlations need.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The rule that matched.
    pub rule: RuleId,
    /// When the event happened.
    pub time: Timestamp,
    /// Values of the fields that [`CorrelationSet::wanted`](super::CorrelationSet::wanted) names, in its order; `None` for a
    /// field that the event lacks. A list that is too short counts as lacking the rest.
    pub values: Vec<Option<Box<str>>>,
    /// Where the event stands.
    pub event: EventRef,
}

/// Where an event stands, so that a hit can point at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRef {
    /// The log that it was read from.
    pub source: Arc<str>,
    /// Where the record starts in that log, in bytes after unpacking.
    pub offset: u64,
    /// The record's own number.
    pub record_id: Option<u64>,
    /// The host that the event speaks of; empty when the record does not say.
    pub host: Box<str>,
}

/// A correlation came true.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationHit {
    /// The correlation.
    pub rule: RuleId,
    /// The end of its window: the newest time that its group has seen.
    pub time: Timestamp,
    /// The oldest time in the window.
    pub first: Timestamp,
    /// What the events have in common, by the names in `group-by`; fields that they all lack are left out.
    pub group: Vec<(Box<str>, Box<str>)>,
    /// What was counted or computed: events, distinct values, rules that were seen (of `temporal_ordered`, in order), or the
    /// sum, average or percentile.
    pub value: f64,
    /// The rules that were brought together, in the order in which the correlation names them, and how often each was
    /// observed inside the window; rules that were not are left out.
    pub rules: Vec<(RuleId, u64)>,
    /// The event that made the condition true.
    pub event: EventRef,
}
