//! Damage of every kind: no panic, no waste, and the rest is read.

use std::time::{Duration, Instant};

use super::{
    samples,
    support::{Counts, FILE_HEADER_BYTES, read_all, read_log},
};
use crate::{
    Names,
    evtx::{CHUNK_BYTES, EvtxReader},
};

/// The first byte of the first record.
const FIRST_RECORD: usize = FILE_HEADER_BYTES + 512;

/// A small generator of numbers, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// Writes the checksums anew, so that damage is not found by them.
fn mend_checksums(log: &mut [u8]) {
    for chunk in log[FILE_HEADER_BYTES..].chunks_mut(CHUNK_BYTES) {
        let Some(free_space) = chunk.get(48..52).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()) as usize) else {
            continue;
        };
        if let Some(records) = chunk.get(512..free_space) {
            let checksum = crc32fast::hash(records);
            chunk[52..56].copy_from_slice(&checksum.to_le_bytes());
            let mut header = crc32fast::Hasher::new();
            header.update(&chunk[..120]);
            header.update(&chunk[128..512]);
            let checksum = header.finalize();
            chunk[124..128].copy_from_slice(&checksum.to_le_bytes());
        }
    }
}

#[test]
fn random_damage_never_panics_and_never_takes_long() {
    let whole = samples::log(12);
    // Cut the unused space, or most damage would hit nothing.
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut reader, mut names) = (EvtxReader::default(), Names::default());
    let mut slowest = Duration::ZERO;
    let mut seen = Counts::default();
    for round in 0..6_000 {
        let mut log = whole[..used].to_vec();
        for _ in 0..1 + random.below(4) {
            let at = FILE_HEADER_BYTES + random.below(used - FILE_HEADER_BYTES);
            let interesting = [0x00, 0x01, 0x0c, 0x0d, 0x0e, 0x0f, 0x21, 0x41, 0x7f, 0x80, 0x81, 0xff];
            log[at] = match random.below(3) {
                0 => log[at] ^ (1 << random.below(8)),
                1 => interesting[random.below(interesting.len())],
                _ => random.below(256) as u8,
            };
        }
        if random.below(8) == 0 {
            log.truncate(FILE_HEADER_BYTES + random.below(used - FILE_HEADER_BYTES));
        } else if random.below(2) == 0 {
            log.resize(FILE_HEADER_BYTES + CHUNK_BYTES, 0);
            mend_checksums(&mut log);
        }
        let started = Instant::now();
        read_log(&log, &mut reader, &mut names, &mut seen);
        slowest = slowest.max(started.elapsed());
        assert!(seen.events <= (round + 1) * 30, "records out of nothing");
    }
    println!("{seen:?}, slowest {slowest:?}");
    // Generous: a chunk takes well under a millisecond, but the machine may be busy.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

#[test]
fn one_bad_record_costs_one_record() {
    let whole = samples::log(12);
    let starts: Vec<usize> = read_all(&whole).events.iter().map(|event| event.offset as usize).collect();
    let mut log = whole.clone();
    // The size of the second record.
    log[starts[1] + 4] ^= 0x40;
    mend_checksums(&mut log);
    let read = read_all(&log);
    assert_eq!(read.events.len(), 11);
    assert_eq!(read.problems.len(), 1);
    assert_eq!(read.problems[0].offset, starts[1] as u64);
}

#[test]
fn wrong_checksums_are_told_and_the_records_are_read() {
    let mut log = samples::log(12);
    log[FIRST_RECORD + 16] ^= 1;
    let read = read_all(&log);
    assert_eq!((read.events.len(), read.problems.len()), (12, 1));
    assert!(read.problems[0].reason.contains("checksum"), "{:?}", read.problems);

    let mut log = samples::log(12);
    log[FILE_HEADER_BYTES + 8] ^= 1;
    let read = read_all(&log);
    assert_eq!((read.events.len(), read.problems.len()), (12, 1));

    let mut log = samples::log(12);
    log[FILE_HEADER_BYTES] = b'e';
    let read = read_all(&log);
    assert_eq!((read.events.len(), read.problems.len()), (12, 1));
}

#[test]
fn records_left_over_behind_the_last_one_are_not_read() {
    let mut log = samples::log(12);
    let starts: Vec<usize> = read_all(&log).events.iter().map(|event| event.offset as usize).collect();
    let free_space = (starts[7] - FILE_HEADER_BYTES) as u32;
    log[FILE_HEADER_BYTES + 48..FILE_HEADER_BYTES + 52].copy_from_slice(&free_space.to_le_bytes());
    mend_checksums(&mut log);
    let read = read_all(&log);
    assert_eq!((read.events.len(), read.problems.len()), (7, 0));
}

#[test]
fn left_over_records_are_told_when_only_their_numbers_show_it() {
    let mut log = samples::log(12);
    let starts: Vec<usize> = read_all(&log).events.iter().map(|event| event.offset as usize).collect();
    // The header's checksum is wrong, and the eighth record is older than the first.
    log[FILE_HEADER_BYTES + 48] ^= 0xff;
    log[starts[0] + 8] = 100;
    (1..7).for_each(|record| log[starts[record] + 8] = 100 + record as u8);
    let read = read_all(&log);
    assert_eq!((read.events.len(), read.problems.len()), (7, 2), "{:?}", read.problems);
    assert_eq!(read.problems[1].offset, starts[7] as u64);
}

#[test]
fn a_log_cut_short_is_read_up_to_there() {
    let whole = samples::log(700);
    let all = read_all(&whole);
    let cut = all.events[650].offset as usize + 40;
    let read = read_all(&whole[..cut]);
    assert_eq!(read.events.len(), 650);
    assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
    assert_eq!(read.problems[0].offset, all.events[650].offset);
}

#[test]
fn nothing_and_unused_chunks_are_no_problem() {
    for log in [vec![], vec![0; 3], vec![0; FILE_HEADER_BYTES], vec![0; FILE_HEADER_BYTES + 3 * CHUNK_BYTES]] {
        let read = read_all(&log);
        assert_eq!((read.events.len(), read.problems.len()), (0, 0));
    }
}
