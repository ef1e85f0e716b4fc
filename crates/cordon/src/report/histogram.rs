//! Detections over time, in a bounded number of buckets whose width follows the data.
//!
//! Buckets are sparse, so that a stray record from 1970 costs one bucket and not the resolution of the rest. When there are too many,
//! neighbours are joined by doubling the width; counts stay exact.

use std::collections::BTreeMap;

use cordon_model::{Level, Timestamp};

/// Detections in one stretch of time, by level, least serious first.
pub(crate) type Counts = [u64; 5];

/// The worst level that occurs in `counts`.
pub(crate) fn worst(counts: &Counts) -> Option<Level> {
    Level::DESCENDING.into_iter().find(|level| counts[*level as usize] > 0)
}

/// Counts per level and bucket of time.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    width: i64,
    limit: usize,
    buckets: BTreeMap<i64, Counts>,
}

/// A stretch of a histogram, cut into equal columns for drawing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Columns {
    /// Start of the first column.
    pub(crate) from: Timestamp,
    /// Width of one column in microseconds.
    pub(crate) width: i64,
    /// The columns in order of time.
    pub(crate) counts: Vec<Counts>,
    /// Detections before and after the stretch: the few that lie far from the rest.
    pub(crate) outside: u64,
}

impl Columns {
    /// End of the last column.
    pub(crate) fn to(&self) -> Timestamp {
        Timestamp(self.from.0.saturating_add(self.width.saturating_mul(self.counts.len() as i64)))
    }
}

impl Histogram {
    /// Starts with buckets of one second; keeps at most `limit` of them.
    pub(crate) fn new(limit: usize) -> Self {
        Self { width: 1_000_000, limit: limit.max(2), buckets: BTreeMap::new() }
    }

    /// Counts one detection.
    pub(crate) fn add(&mut self, time: Timestamp, level: Level) {
        self.buckets.entry(time.0.div_euclid(self.width)).or_default()[level as usize] += 1;
        while self.buckets.len() > self.limit {
            self.width = self.width.saturating_mul(2);
            for (bucket, counts) in std::mem::take(&mut self.buckets) {
                let joined = self.buckets.entry(bucket.div_euclid(2)).or_default();
                joined.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
        }
    }

    /// Cuts the stretch in which nearly everything lies into at most `columns` columns; `None` when nothing has a time.
    ///
    /// Detections far from the rest (a wrong clock, an old record) are left outside when they are at most 2% of all and leaving them
    /// out makes the picture at least four times sharper.
    pub(crate) fn columns(&self, columns: usize) -> Option<Columns> {
        let (first, last) = self.stretch()?;
        // Whole buckets per column, so that none is split between two.
        let columns = columns.max(1) as i64;
        let per_column = (last - first + columns) / columns;
        let mut counts = vec![Counts::default(); ((last - first) / per_column + 1) as usize];
        let mut outside = 0;
        for (bucket, these) in &self.buckets {
            if (first..=last).contains(bucket) {
                let column = &mut counts[((bucket - first) / per_column) as usize];
                column.iter_mut().zip(these).for_each(|(sum, count)| *sum += count);
            } else {
                outside += these.iter().sum::<u64>();
            }
        }
        Some(Columns {
            from: Timestamp(first.saturating_mul(self.width)),
            width: per_column.saturating_mul(self.width),
            counts,
            outside,
        })
    }

    /// Cuts the given stretch as another histogram was cut.
    pub(crate) fn columns_like(&self, other: &Columns) -> Vec<Counts> {
        let mut counts = vec![Counts::default(); other.counts.len()];
        for (bucket, these) in &self.buckets {
            // The middle of a bucket decides: a lane's buckets may be wider than the columns.
            let middle = bucket.saturating_mul(self.width).saturating_add(self.width / 2);
            let offset = middle.saturating_sub(other.from.0);
            let column = if offset < 0 { None } else { counts.get_mut((offset / other.width.max(1)) as usize) };
            if let Some(column) = column {
                column.iter_mut().zip(these).for_each(|(sum, count)| *sum += count);
            }
        }
        counts
    }

    /// First and last bucket to draw: the middle 98% and whatever lies near it, or everything when that is not much wider.
    fn stretch(&self) -> Option<(i64, i64)> {
        let (start, end) = (*self.buckets.first_key_value()?.0, *self.buckets.last_key_value()?.0);
        let total: u64 = self.buckets.values().flatten().sum();
        let past = |part: u64| {
            let mut seen = 0;
            let mut found = self.buckets.iter().filter_map(move |(bucket, counts)| {
                seen += counts.iter().sum::<u64>();
                (seen > part).then_some(*bucket)
            });
            found.next()
        };
        let (mut first, mut last) = (past(total / 100)?, past(total - 1 - total / 100)?);
        let near = (last - first) / 2 + 1;
        for (bucket, _) in self.buckets.range(..first).rev() {
            if first - bucket > near {
                break;
            }
            first = *bucket;
        }
        for (bucket, _) in self.buckets.range(last..) {
            if bucket - last > near {
                break;
            }
            last = *bucket;
        }
        let sharper = (last - first + 1).saturating_mul(4) <= end - start + 1;
        Some(if sharper { (first, last) } else { (start, end) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn total(columns: &Columns) -> u64 {
        columns.counts.iter().flatten().sum::<u64>() + columns.outside
    }

    #[test]
    fn buckets_stay_bounded_and_counts_exact() {
        let mut histogram = Histogram::new(64);
        for second in 0..100_000 {
            histogram.add(Timestamp(second * SECOND), if second % 100 == 0 { Level::Critical } else { Level::Low });
        }
        assert!(histogram.buckets.len() <= 64);
        let columns = histogram.columns(40).unwrap();
        assert!(columns.counts.len() <= 40);
        assert_eq!(total(&columns), 100_000);
        assert_eq!(columns.counts.iter().map(|counts| counts[Level::Critical as usize]).sum::<u64>(), 1000);
    }

    #[test]
    fn one_record_with_a_wrong_clock_does_not_flatten_the_rest() {
        let mut histogram = Histogram::new(4096);
        histogram.add(Timestamp(0), Level::Low);
        for second in 0..600 {
            histogram.add(Timestamp((1_500_000_000 + second) * SECOND), Level::High);
        }
        let columns = histogram.columns(60).unwrap();
        assert_eq!((columns.outside, columns.width, columns.counts.len()), (1, 10 * SECOND, 60));
    }

    #[test]
    fn extremes_of_time_do_not_overflow() {
        let mut histogram = Histogram::new(2);
        for micros in [i64::MIN, -1, 0, i64::MAX, i64::MAX - 5] {
            histogram.add(Timestamp(micros), Level::Medium);
        }
        let columns = histogram.columns(10).unwrap();
        assert_eq!(total(&columns), 5);
        assert_eq!(histogram.columns_like(&columns).len(), columns.counts.len());
        assert!(Histogram::new(4).columns(10).is_none());
    }
}
