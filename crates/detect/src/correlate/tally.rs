//! What is computed over a window, kept up to date as entries come and go.

use std::collections::{HashMap, VecDeque};

use super::{
    plan::{Kind, Plan},
    window::Entry,
};

/// Whole numbers up to this can be added and taken away again without rounding, as long as there are at most 2^20 of them.
const EXACT: f64 = 4_294_967_296.0;

/// The running result of one window.
#[derive(Debug)]
pub(super) enum Tally {
    /// Number of events.
    Events(u64),
    /// How many entries carry each value, by its hash.
    Values(HashMap<u64, u32, foldhash::fast::RandomState>),
    /// Sum and number of events; `rough` entries are not in `sum`, because taking them away again would leave rounding errors.
    Sum { sum: f64, events: u64, rough: u32 },
    /// All numbers in ascending order.
    Ranked(Vec<f64>),
    /// How many entries there are for each position.
    Seen(Box<[u32]>),
}

impl Tally {
    pub(super) fn new(plan: &Plan) -> Self {
        match plan.kind {
            Kind::Events => Self::Events(0),
            Kind::Values => Self::Values(HashMap::default()),
            Kind::Sum | Kind::Average => Self::Sum { sum: 0.0, events: 0, rough: 0 },
            Kind::Percentile(_) => Self::Ranked(Vec::new()),
            Kind::Together | Kind::InOrder => Self::Seen(vec![0; usize::from(plan.positions)].into()),
        }
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        match self {
            Self::Events(events) => *events += u64::from(entry.count),
            Self::Values(values) => *values.entry(entry.value).or_insert(0) += 1,
            Self::Sum { sum, events, rough } => {
                *events += u64::from(entry.count);
                if is_exact(entry.number()) { *sum += entry.number() } else { *rough += 1 }
            }
            Self::Ranked(numbers) => {
                let place = numbers.partition_point(|number| number.total_cmp(&entry.number()).is_le());
                numbers.insert(place, entry.number());
            }
            Self::Seen(positions) => {
                if let Some(seen) = positions.get_mut(usize::from(entry.position)) {
                    *seen += 1;
                }
            }
        }
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        match self {
            Self::Events(events) => *events -= u64::from(entry.count),
            Self::Values(values) => {
                if let Some(count) = values.get_mut(&entry.value) {
                    *count -= 1;
                    if *count == 0 {
                        values.remove(&entry.value);
                    }
                }
            }
            Self::Sum { sum, events, rough } => {
                *events -= u64::from(entry.count);
                if is_exact(entry.number()) { *sum -= entry.number() } else { *rough -= 1 }
            }
            Self::Ranked(numbers) => {
                if let Ok(place) = numbers.binary_search_by(|number| number.total_cmp(&entry.number())) {
                    numbers.remove(place);
                }
            }
            Self::Seen(positions) => {
                if let Some(seen) = positions.get_mut(usize::from(entry.position)) {
                    *seen -= 1;
                }
            }
        }
    }

    /// Starts again with exactly these entries.
    pub(super) fn rebuild(&mut self, entries: &VecDeque<Entry>) {
        match self {
            Self::Events(events) => *events = 0,
            Self::Values(values) => values.clear(),
            Self::Sum { sum, events, rough } => (*sum, *events, *rough) = (0.0, 0, 0),
            Self::Ranked(numbers) => numbers.clear(),
            Self::Seen(positions) => positions.fill(0),
        }
        entries.iter().for_each(|entry| self.add(entry));
    }

    /// Gives memory back that a window needed once and no longer does.
    pub(super) fn shrink(&mut self) {
        match self {
            Self::Values(values) => values.shrink_to(values.len() * 2),
            Self::Ranked(numbers) => numbers.shrink_to(numbers.len() * 2),
            Self::Events(_) | Self::Sum { .. } | Self::Seen(_) => {}
        }
    }

    /// How often each position was seen; empty for types that are not temporal.
    pub(super) fn seen(&self) -> &[u32] {
        match self {
            Self::Seen(positions) => positions,
            _ => &[],
        }
    }

    /// The value of a type that is not `temporal_ordered`.
    pub(super) fn value(&self, kind: Kind, entries: &VecDeque<Entry>) -> f64 {
        match self {
            Self::Events(events) => *events as f64,
            Self::Values(values) => values.len() as f64,
            Self::Sum { sum, events, rough } => {
                let sum = if *rough == 0 { *sum } else { entries.iter().map(Entry::number).sum() };
                if kind == Kind::Average { sum / *events as f64 } else { sum }
            }
            Self::Ranked(numbers) => percentile(numbers, if let Kind::Percentile(rank) = kind { rank } else { 50.0 }),
            Self::Seen(positions) => positions.iter().filter(|seen| **seen > 0).count() as f64,
        }
    }
}

fn is_exact(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() <= EXACT
}

/// The number at `rank` (0 to 100) of sorted numbers, between two neighbours in proportion; the first has rank 0, the last 100.
/// Not a number when there are none.
fn percentile(sorted: &[f64], rank: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = (rank / 100.0 * last as f64).clamp(0.0, last as f64);
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    let part = place.fract();
    let between = low + (high - low) * part;
    // The difference of two huge numbers can be infinite.
    if between.is_finite() { between } else { low * (1.0 - part) + high * part }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_neighbours() {
        let numbers = [10.0, 20.0, 30.0, 40.0, 50.0];
        for (rank, expected) in [(0.0, 10.0), (25.0, 20.0), (50.0, 30.0), (90.0, 46.0), (100.0, 50.0)] {
            assert!((percentile(&numbers, rank) - expected).abs() < 1e-9, "{rank}");
        }
        assert_eq!(percentile(&[1.0, 2.0], 50.0), 1.5);
        assert_eq!(percentile(&[7.0], 99.0), 7.0);
        assert!(percentile(&[], 50.0).is_nan());
        assert_eq!(percentile(&[-1e308, 1e308], 50.0), 0.0, "no overflow on the way");
    }
}
