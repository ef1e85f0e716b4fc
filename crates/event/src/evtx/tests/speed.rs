//! How fast the reader is, beside the peer. Run by hand:
//! `cargo test --release -p cordon-event -- --ignored --nocapture evtx_speed`.

use std::time::Instant;

use super::support::{Counts, read_log, recordings};
use crate::{Names, evtx::EvtxReader};

const ROUNDS: u64 = 20;

#[test]
#[ignore = "a measurement for a person to read; it asserts nothing"]
fn evtx_speed_on_the_recordings() {
    let logs: Vec<Vec<u8>> =
        recordings("evtx").into_iter().chain(recordings("sigma-regression")).map(|path| std::fs::read(path).unwrap()).collect();
    let bytes: usize = logs.iter().map(Vec::len).sum();

    let (mut reader, mut names, mut counts) = (EvtxReader::default(), Names::default(), Counts::default());
    let started = Instant::now();
    for _ in 0..ROUNDS {
        logs.iter().for_each(|log| read_log(log, &mut reader, &mut names, &mut counts));
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = counts.events as f64 / seconds;
    let bandwidth = (bytes as u64 * ROUNDS) as f64 / seconds / 1e6;
    println!("ours: {rate:.0} events/s, {bandwidth:.0} MB/s; {counts:?} in {seconds:.2} s");

    let started = Instant::now();
    let mut events = 0u64;
    for log in &logs {
        let mut parser = evtx::EvtxParser::from_buffer(log.clone()).unwrap();
        events += parser.records_json().filter(Result::is_ok).count() as u64;
    }
    let theirs = events as f64 / started.elapsed().as_secs_f64();
    println!("evtx crate, records as JSON: {theirs:.0} events/s; ours is {:.1} times that", rate / theirs);
}
