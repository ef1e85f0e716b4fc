//! Sigma rules compiled to a matcher, and correlations over time.
//!
//! Rule text enters [`RuleSet::builder`], a [`RuleSet`] leaves: immutable, shared by all threads. Each thread's
//! [`Matcher`] takes events and tells the rules that match.
//!
//! The stages: `load` (text → documents) → `lower` (what each modifier means; `expr`, `predicate`, `pattern`) → `program`
//! (op lists and anchors) → `plan` (kinds of events) → `partition` and `slots` (indexes) → `matcher` (with `memo`). The
//! plain, slow meaning of it all is in `lens`. Start reading at [`Matcher::matches`].

mod bounds;
mod collection;
mod correlate;
mod evidence;
mod explain;
mod expr;
mod keywords;
mod lens;
mod load;
mod lower;
mod matcher;
mod memo;
mod mistakes;
mod needles;
mod partition;
mod pattern;
mod plan;
mod predicate;
mod program;
mod regexes;
mod rule_id;
mod ruleset;
mod slots;

pub use correlate::{CorrelationHit, CorrelationSet, CorrelationStats, Correlator, EventRef, Limits, Observation};
pub use explain::{Explanation, Part, What};
pub use matcher::Matcher;
pub use rule_id::RuleId;
pub use ruleset::{Rule, RuleKind, RuleProblem, RuleSet, RuleSetBuilder};
