//! What a person at a terminal sees while the scan runs, and the messages that come up meanwhile.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cordon_model::Level;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressState, ProgressStyle};

/// Messages about single inputs; the rest is only counted (and listed in the summary as far as that goes).
const MAX_MESSAGES: u64 = 50;
const TICK: Duration = Duration::from_millis(100);

/// Counts of the scan so far, and the bar that shows them.
#[derive(Debug)]
pub(crate) struct Progress {
    counters: Arc<Counters>,
    /// Hidden unless standard error is a terminal.
    bar: ProgressBar,
    messages: AtomicU64,
}

#[derive(Debug, Default)]
struct Counters {
    read_bytes: AtomicU64,
    events: AtomicU64,
    /// Detections by level, most serious first.
    levels: [AtomicU64; Level::DESCENDING.len()],
}

impl Progress {
    /// Starts to show progress towards `size_bytes` (`None` when nobody can know).
    pub(crate) fn start(size_bytes: Option<u64>, is_quiet: bool) -> Self {
        let counters = Arc::<Counters>::default();
        let bar = match size_bytes {
            _ if is_quiet => ProgressBar::hidden(),
            Some(size) => ProgressBar::new(size.max(1)),
            None => ProgressBar::no_length(),
        };
        if !bar.is_hidden() {
            let template = if size_bytes.is_some() { "{bar:20} {status}" } else { "{spinner} {status}" };
            let shown = counters.clone();
            if let Ok(style) = ProgressStyle::with_template(template) {
                let status = move |state: &ProgressState, out: &mut dyn std::fmt::Write| shown.write_status(state, out);
                bar.set_style(style.with_key("status", status).progress_chars("━╸ "));
            }
            bar.enable_steady_tick(TICK);
        }
        Self { counters, bar, messages: AtomicU64::new(0) }
    }

    /// Bytes read from inputs, before unpacking.
    pub(crate) fn read_bytes(&self) -> &AtomicU64 {
        &self.counters.read_bytes
    }

    /// Counts what came out of a block.
    pub(crate) fn add(&self, events: u64, levels: impl Iterator<Item = Level>) {
        self.counters.events.fetch_add(events, Ordering::Relaxed);
        for level in levels {
            self.counters.levels[Level::Critical as usize - level as usize].fetch_add(1, Ordering::Relaxed);
        }
        self.bar.set_position(self.counters.read_bytes.load(Ordering::Relaxed));
    }

    /// Says on standard error that something about an input is wrong.
    pub(crate) fn say(&self, message: &str) {
        let count = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
        if count <= MAX_MESSAGES {
            self.bar.suspend(|| crate::say(message));
        }
        if count == MAX_MESSAGES {
            self.bar.suspend(|| crate::say("further messages about inputs are left out and counted in the summary"));
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Counters {
    /// Such as `1.2 GiB of 4.0 GiB · 310,000 events/s · 0:12 left · 2 critical, 14 high`.
    fn write_status(&self, state: &ProgressState, out: &mut dyn std::fmt::Write) {
        let done = self.read_bytes.load(Ordering::Relaxed);
        let seconds = state.elapsed().as_secs_f64().max(0.001);
        let mut text = HumanBytes(done).to_string();
        // Writing to a `String` cannot fail.
        let _ = state.len().map(|size| write!(text, " of {}", HumanBytes(size)));
        let rate = self.events.load(Ordering::Relaxed) as f64 / seconds;
        let _ = write!(text, " · {} events/s", HumanCount(rate as u64));
        if let Some(size) = state.len().filter(|size| done > 0 && *size > done && seconds > 1.0) {
            let left = (seconds * (size - done) as f64 / done as f64) as u64;
            let _ = write!(text, " · {}:{:02} left", left / 60, left % 60);
        }
        let mut separator = " · ";
        for (level, count) in Level::DESCENDING.iter().zip(&self.levels) {
            let count = count.load(Ordering::Relaxed);
            // The two lowest say little while one waits, and a line that wraps cannot be drawn over.
            if count > 0 && *level >= Level::Medium {
                let _ = write!(text, "{separator}{} {level}", HumanCount(count));
                separator = ", ";
            }
        }
        let _ = out.write_str(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_progress_still_counts() {
        let progress = Progress::start(Some(10), true);
        progress.add(3, [Level::Critical, Level::Low].into_iter());
        let levels: Vec<u64> = progress.counters.levels.iter().map(|level| level.load(Ordering::Relaxed)).collect();
        assert_eq!(levels, [1, 0, 0, 1, 0]);
        assert_eq!(progress.counters.events.load(Ordering::Relaxed), 3);
    }
}
