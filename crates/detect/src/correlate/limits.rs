//! How much a correlator may keep, and how often it had to let go.

/// Bounds on a correlator's memory. A group takes about 300 bytes and a kept event 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Groups of one correlation. When a new one would exceed it, the group that was observed the longest time ago is forgotten.
    pub groups: usize,
    /// Events kept in one group (at least 16, and twice the highest number that a `value_count` condition asks for).
    /// Past it, what is kept gets coarser, never larger, so as to lose as little as possible:
    /// - `event_count`, `value_sum`, `value_avg`: events of one rule that are close together become one entry with their
    ///   count and sum, at the earliest of their times. Nothing is lost, but entries may leave the window early, by
    ///   a few `entries`-ths of the `timespan`. Counts err low, never high.
    /// - `value_count`: of a value seen again only the newest is kept; then the oldest go, and the count stays at the cap.
    /// - temporal types: the newest of each rule are kept.
    /// - `value_percentile`, `value_median`: the newest are kept.
    pub entries: usize,
    /// Events kept in all groups of all correlations, shared out evenly among the correlations. A correlation that exceeds
    /// its share forgets the groups that were observed the longest time ago.
    pub total_entries: usize,
    /// Steps along chains that one observation may cause; real rule sets need a handful, rules made to explode are cut off here.
    pub chain_steps: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { groups: 50_000, entries: 4_096, total_entries: 2_000_000, chain_steps: 1_024 }
    }
}

/// Counters since the correlator was made. Observations of rules that nobody waits for are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CorrelationStats {
    /// Observations that reached a correlation, once for each that they reached; chain steps too.
    pub observed: u64,
    /// Too old for the window of their group.
    pub late: u64,
    /// Had none of the fields of `group-by`.
    pub ungrouped: u64,
    /// Lacked the field that is counted, or had no number in the field that is summed.
    pub without_value: u64,
    /// Groups that were forgotten, although their window might have gone on, to stay within [`Limits::groups`] or
    /// [`Limits::total_entries`].
    pub groups_forgotten: u64,
    /// Entries merged or dropped to stay within [`Limits::entries`].
    pub entries_coarsened: u64,
    /// Chain steps that were not taken because of [`Limits::chain_steps`].
    pub chains_cut: u64,
}
