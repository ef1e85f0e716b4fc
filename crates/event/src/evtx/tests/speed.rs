//! How fast the reader is, beside the peer. Run by hand:
//! `cargo test --release -p cordon-event -- --ignored --nocapture evtx_speed`.

use super::support::{Counts, read_log, recordings};
use crate::{Names, evtx::EvtxReader};

/// How often the logs are read, so that the run takes about a second.
const EVENTS: u64 = 2_000_000;

/// What this thread has spent, so that other work on the machine does not count. Linux only.
fn cpu_seconds() -> f64 {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux's accounts of a thread");
    line.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn measure(what: &str, logs: &[Vec<u8>]) {
    let bytes: usize = logs.iter().map(Vec::len).sum();
    let (mut reader, mut names, mut counts) = (EvtxReader::default(), Names::default(), Counts::default());
    let (started, mut rounds) = (cpu_seconds(), 0u64);
    while counts.events < EVENTS && !logs.is_empty() {
        logs.iter().for_each(|log| read_log(log, &mut reader, &mut names, &mut counts));
        rounds += 1;
    }
    let seconds = cpu_seconds() - started;
    let rate = counts.events as f64 / seconds;
    let bandwidth = (bytes as u64 * rounds) as f64 / seconds / 1e6;
    let fields = counts.fields as f64 / counts.events as f64;
    println!("{what}: {rate:.0} events per CPU-second of {fields:.1} fields, {bandwidth:.0} MB/s, {} problems", counts.problems);

    let (started, mut events) = (cpu_seconds(), 0u64);
    for log in logs {
        let mut parser = evtx::EvtxParser::from_buffer(log.clone()).unwrap();
        events += parser.records_json().filter(Result::is_ok).count() as u64;
    }
    let theirs = events as f64 / (cpu_seconds() - started);
    println!("  the evtx crate to JSON: {theirs:.0}; ours is {:.1} times that", rate / theirs);
}

#[test]
#[ignore = "a measurement for a person to read; it asserts nothing"]
fn evtx_speed() {
    let read = |folder| recordings(folder).into_iter().map(|path| std::fs::read(path).unwrap());
    let logs: Vec<Vec<u8>> = read("evtx").chain(read("sigma-regression")).collect();
    measure("recordings (chunks mostly empty)", &logs);
    // The records of full chunks are what an estate's logs consist of.
    let full = |log: &Vec<u8>| log.len() > 1 << 20;
    measure("recordings over 1 MiB", &logs.into_iter().filter(full).collect::<Vec<_>>());
    measure("generated Sysmon", &[cordon_fixtures::sysmon_evtx(40_000, 1)]);
    measure("generated Security", &[cordon_fixtures::security_evtx(40_000, 1)]);
}
