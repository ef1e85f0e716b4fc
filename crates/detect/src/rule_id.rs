//! The number of a rule within one rule set.

/// Indexes [`RuleSet::rules`](crate::RuleSet::rules); meaningless in another rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

impl RuleId {
    /// As an index into a table that runs beside the rules.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
