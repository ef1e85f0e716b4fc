//! A compiled correlation.

use crate::RuleId;

use super::condition::Condition;

/// One correlation, ready to run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) rule: RuleId,
    pub(super) kind: Kind,
    pub(super) frame: Frame,
    pub(super) condition: Condition,
    /// Names of the `group-by` fields, as written.
    pub(super) group_by: Vec<Box<str>>,
    /// The rules that feed it.
    pub(super) members: Vec<Member>,
    /// Number of entries in its `rules` list; several rules can stand behind one name.
    pub(super) positions: u16,
    /// Of `temporal_ordered` with an expression: the positions that have to be in order.
    pub(super) positive: Vec<bool>,
    /// Entries that its condition cannot do without.
    pub(super) needed_entries: usize,
    /// Whether its hits are for a reader, or only for the correlations above it.
    pub(super) emits: bool,
    /// Whether correlations above it wait for it.
    pub(super) has_parents: bool,
}

/// A rule that feeds a correlation. Numbers are places in that rule's wanted fields.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) rule: RuleId,
    pub(super) position: u16,
    /// Where the values for `group-by` are.
    pub(super) group: Vec<u32>,
    /// Where the values that are counted or summed are.
    pub(super) values: Vec<u32>,
    /// Where the values are that this correlation hands on to its parents, in the order in which they want them.
    pub(super) hand_on: Vec<HandOn>,
}

/// Where a value comes from that a correlation hands on.
#[derive(Debug, Clone, Copy)]
pub(super) enum HandOn {
    /// Its own group values.
    Group(u32),
    /// The observation that completed it.
    Observation(u32),
}

/// What is computed over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Events,
    Values,
    Sum,
    Average,
    /// Rank between 0 and 100; 50 is the median.
    Percentile(f64),
    Together,
    InOrder,
}

impl Kind {
    /// `temporal` and `temporal_ordered`.
    pub(super) fn is_temporal(self) -> bool {
        matches!(self, Self::Together | Self::InOrder)
    }

    /// Whether the question is if something is the case, so that a member that goes on holding counts.
    pub(super) fn asks_whether(self) -> bool {
        self.is_temporal() || self == Self::Values
    }
}

/// The window's shape; lengths in microseconds, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    Sliding { span: i64 },
    Tumbling { span: i64 },
    Session { span: i64, gap: i64 },
}

impl Frame {
    /// The `timespan`.
    pub(super) fn span(self) -> i64 {
        match self {
            Self::Sliding { span } | Self::Tumbling { span } | Self::Session { span, .. } => span,
        }
    }
}
