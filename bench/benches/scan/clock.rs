//! What a measurement costs: CPU time of this thread, and wall time.

use std::{fs, time::Instant};

/// What some work took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) events: u64,
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
}

impl Measured {
    /// Events per CPU second.
    pub(crate) fn rate(&self) -> f64 {
        self.events as f64 / self.cpu.max(1e-9)
    }
}

/// How long each measurement goes on.
pub(crate) fn seconds_per_measurement() -> f64 {
    std::env::var("CORDON_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3.0)
}

/// Runs some work once.
pub(crate) fn once<T>(work: impl FnOnce() -> T) -> (Measured, T) {
    let (cpu, start) = (cpu_seconds(), Instant::now());
    let result = work();
    (Measured { events: 0, cpu: cpu_seconds() - cpu, wall: start.elapsed().as_secs_f64() }, result)
}

/// Repeats work over so many events until the time is used up; at least once.
pub(crate) fn measure(events: u64, mut work: impl FnMut()) -> Measured {
    let mut total = Measured { events: 0, cpu: 0.0, wall: 0.0 };
    while total.events == 0 || total.cpu < seconds_per_measurement() {
        let (round, ()) = once(&mut work);
        total = Measured { events: total.events + events, cpu: total.cpu + round.cpu, wall: total.wall + round.wall };
        if events == 0 {
            break;
        }
    }
    total
}

/// CPU seconds of this thread. Source: proc(5), schedstat: nanoseconds on the processor.
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// The most memory that this process has held. Source: proc(5), status: VmHWM in kB.
pub(crate) fn peak_memory_mb() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
