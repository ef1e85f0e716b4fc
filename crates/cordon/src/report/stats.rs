//! What a scan went through besides its detections: the caller fills it in, the summary and the report print it.

use std::time::Duration;

use cordon_model::Timestamp;

/// A list that keeps its first entries and counts them all.
#[derive(Debug, Clone)]
pub(crate) struct Bounded<T> {
    kept: Vec<T>,
    limit: usize,
    total: u64,
}

impl<T> Bounded<T> {
    /// An empty list that will keep up to `limit` entries.
    pub(crate) fn new(limit: usize) -> Self {
        Self { kept: Vec::new(), limit, total: 0 }
    }

    /// Counts `entry`, and keeps it when there is room.
    pub(crate) fn push(&mut self, entry: T) {
        self.total += 1;
        if self.kept.len() < self.limit {
            self.kept.push(entry);
        }
    }

    /// The entries that were kept, in the order in which they came.
    pub(crate) fn kept(&self) -> &[T] {
        &self.kept
    }

    /// How many there were in all.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// How many were counted but not kept.
    pub(crate) fn left_out(&self) -> u64 {
        self.total - self.kept.len() as u64
    }
}

/// A stretch of a file that could not be read, or a whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread {
    /// The file as the user would name it, with the member of an archive behind a slash.
    pub(crate) source: String,
    /// Where in the unpacked log; `None` for the whole file.
    pub(crate) offset: Option<u64>,
    /// Why, and the way out.
    pub(crate) reason: String,
}

/// A rule that could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnloadedRule {
    /// The file that it stands in.
    pub(crate) file: String,
    /// Its first line, from 1.
    pub(crate) line: u32,
    /// Its title, when that could be read.
    pub(crate) title: Option<String>,
    /// What is wrong with it.
    pub(crate) reason: String,
}

/// Figures and circumstances of one scan.
#[derive(Debug, Clone)]
pub(crate) struct ScanStats {
    /// Version of the program.
    pub(crate) version: String,
    /// When the scan began, by the clock of the machine that ran it.
    pub(crate) started: Option<Timestamp>,
    /// The options that shaped the result, as name and value (`--min-level`, `medium`).
    pub(crate) options: Vec<(String, String)>,
    /// Files that were read, members of archives included.
    pub(crate) files: u64,
    /// Bytes of those, as they lie on disk.
    pub(crate) bytes: u64,
    /// Events that were read.
    pub(crate) events: u64,
    /// Time of the earliest and of the latest event, matched or not.
    pub(crate) span: Option<(Timestamp, Timestamp)>,
    /// What could not be read.
    pub(crate) unread: Bounded<Unread>,
    /// Rules that took part.
    pub(crate) rules: u64,
    /// Rules that could not be loaded.
    pub(crate) unloaded: Bounded<UnloadedRule>,
    /// Threads that read and matched.
    pub(crate) threads: usize,
    /// How long it took.
    pub(crate) wall: Duration,
    /// Processor time over all threads, where the system tells.
    pub(crate) cpu: Option<Duration>,
}

impl Default for ScanStats {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: None,
            options: Vec::new(),
            files: 0,
            bytes: 0,
            events: 0,
            span: None,
            unread: Bounded::new(500),
            rules: 0,
            unloaded: Bounded::new(500),
            threads: 1,
            wall: Duration::ZERO,
            cpu: None,
        }
    }
}

impl ScanStats {
    /// Widens the span of event times.
    pub(crate) fn saw(&mut self, time: Timestamp) {
        self.span = Some(self.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
    }

    /// Events per second of wall time; `None` when the scan was too short to say.
    pub(crate) fn events_per_second(&self) -> Option<u64> {
        let seconds = self.wall.as_secs_f64();
        (seconds >= 0.001 && self.events > 0).then(|| (self.events as f64 / seconds) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_list_counts_what_it_does_not_keep() {
        let mut list = Bounded::new(2);
        (0..5).for_each(|number| list.push(number));
        assert_eq!((list.kept(), list.total(), list.left_out()), (&[0, 1][..], 5, 3));
    }
}
