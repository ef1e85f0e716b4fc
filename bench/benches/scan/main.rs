//! Events per CPU-second of reading and matching, against named peers in the same run. `bench/README.md` says how to read
//! the table. Run with `cargo bench -p cordon-bench`.
//!
//! `CORDON_DATA` is the folder of rules and recordings (default: `../shared/data`); without it the built-in rules and
//! generated logs are used, and the table says so. `CORDON_BENCH_SECONDS` bounds each measurement (default: 3), and
//! `CORDON_BENCH_INPUT` chooses the inputs whose names contain it.
#![allow(clippy::unwrap_used, reason = "a bench stops by panicking")]

mod clock;
mod inputs;
mod ours;
mod peers;

use clock::{Measured, measure, peak_memory_mb, seconds_per_measurement};

/// Counts allocations, so that the table can say what the steady state costs.
#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

fn main() {
    let rules = inputs::rules();
    println!("Rules: {} ({} files)", rules.from, rules.files.len());
    let (load, set) = clock::once(|| ours::load(&rules));
    println!(
        "Load: {} rules in {:.3} s, {:.3} CPU s, {} not loaded",
        set.rules().len(),
        load.wall,
        load.cpu,
        set.problems().len()
    );
    let oracle = peers::Rsigma::new(&rules);
    println!("Each figure is events per CPU second of one thread, over {} s.\n", seconds_per_measurement());
    println!(
        "{:<28} {:>9} {:>11} {:>10} {:>8} {:>9}",
        "input, and who reads it", "events", "events/s", "CPU s", "ratio", "alloc/ev"
    );

    let wanted = std::env::var("CORDON_BENCH_INPUT").unwrap_or_default();
    for input in inputs::all().into_iter().filter(|input| input.name.contains(&wanted)) {
        let events = ours::count(&input);
        println!("{} ({} events, {} bytes each)", input.name, events, input.bytes() as u64 / events.max(1));
        let mut scan = ours::Scan::new(&set);
        let first = clock::once(|| scan.run(&input)).0;
        row("  cordon, first round", Measured { events, ..first }, None, None);
        let before = ALLOCATOR.stats().allocations;
        scan.run(&input);
        let allocations = (ALLOCATOR.stats().allocations - before) as f64 / events.max(1) as f64;
        let cordon = measure(events, || scan.run(&input));
        row("  cordon", cordon, None, Some(allocations));
        row("  cordon, reading alone", measure(events, || _ = ours::count(&input)), None, None);
        if input.is_evtx() {
            let dump = measure(events, || peers::evtx_dump(&input));
            row("  evtx_dump (to JSON)", dump, Some(cordon), None);
        }
        let rsigma = measure(events, || oracle.scan(&input));
        row("  rsigma, reading included", rsigma, Some(cordon), None);
        let prepared = oracle.prepare(&input);
        let rsigma = measure(prepared.len() as u64, || oracle.match_only(&prepared));
        row("  rsigma, matching alone", rsigma, Some(cordon), None);
        threads(&set, &input, (cordon.rate() * seconds_per_measurement() / events.max(1) as f64).ceil() as usize);
        println!();
    }
    println!("Peak memory of this process, peers included: {:.0} MB", peak_memory_mb());
}

fn row(name: &str, measured: Measured, cordon: Option<Measured>, allocations: Option<f64>) {
    let ratio = cordon.map(|cordon| format!("{:.1}×", cordon.rate() / measured.rate())).unwrap_or_default();
    let allocations = allocations.map(|count| format!("{count:.3}")).unwrap_or_default();
    println!("{name:<28} {:>9} {:>11.0} {:>10.3} {ratio:>8} {allocations:>9}", measured.events, measured.rate(), measured.cpu);
}

/// Wall time of one thread and of two over the same blocks, as often.
fn threads(set: &cordon_detect::RuleSet, input: &inputs::Input, rounds: usize) {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        println!("  threads: this machine has one");
        return;
    }
    // In turn and the best of each: whatever else the machine does only ever makes them slower.
    let (mut one, mut two) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        one = one.min(ours::wall_of_threads(set, input, rounds, 1));
        two = two.min(ours::wall_of_threads(set, input, rounds, 2));
    }
    println!("  two threads: {:.2} times one ({one:.3} s and {two:.3} s of wall time)", one / two);
}
