//! Correlations: what several matches mean together.
//!
//! In: an [`Observation`] for each match of a rule that [`CorrelationSet::feeds`] says somebody waits for. Out: a
//! [`CorrelationHit`] when a correlation comes true. Start reading at [`Correlator::observe`]; `compile` turns syntax
//! trees into a [`CorrelationSet`], `window` holds what one group has seen, `tally` computes over it.
//!
//! # Time
//!
//! There is no clock: time comes with each observation. Every group of every correlation has a window of its own, which
//! ends at the newest time that the group has seen. Observations may come out of order: one that still falls into the
//! window is put in its place, an older one is counted in [`CorrelationStats::late`] and changes nothing. So what does
//! not arrive in order of time at least per group (logs of several hosts read one after another, for a correlation that
//! is not grouped by host) has to be sorted before it comes here.
//!
//! Windows, with both ends included:
//! - sliding (Sigma's own): everything in the `timespan` before the newest time;
//! - tumbling: fixed stretches of `timespan`, aligned to 1970-01-01T00:00Z;
//! - session: everything with no pause longer than `gap`, at most `timespan` in all.
//!
//! # When it fires
//!
//! The condition is judged after each observation that the window takes in. A hit is raised when it comes true, and then
//! again only after an observation found it false, after a full `timespan` since the last hit, or in a new tumbling or
//! session window. So a password spray that goes on for an hour under a rule over ten minutes gives seven hits, not thousands.
//! `lt` and `lte` are judged the same way: they hold from a group's first observation on. `not` in an extended condition
//! (`scan and not approved`) means "not seen in the window up to now"; nothing waits for the window to end.
//!
//! # Groups
//!
//! Group values are compared as Sigma compares strings: without regard to case. A field that an event lacks is a group
//! value of its own, but an event that has none of the `group-by` fields belongs to no group; it is counted in
//! [`CorrelationStats::ungrouped`]. Observations without the field that is counted or summed are not part of the window.
//!
//! # Chains
//!
//! A correlation can be among the rules of another. It hands on its group values, and for other fields that its
//! parents ask for, those of the event that completed it. Parents that ask *whether* (temporal types, `value_count`) see it for
//! as long as its condition holds; parents that ask *how often* (`event_count` and the numeric types) see its hits.
//!
//! # Memory
//!
//! Bounded by [`Limits`]; what happens at each limit is written there and counted in [`CorrelationStats`].

mod compile;
mod condition;
mod correlator;
mod graph;
mod groups;
mod key;
mod limits;
mod observation;
mod plan;
mod references;
mod set;
mod tally;
mod window;

pub use correlator::Correlator;
pub use limits::{CorrelationStats, Limits};
pub use observation::{CorrelationHit, EventRef, Observation};
pub use set::CorrelationSet;
