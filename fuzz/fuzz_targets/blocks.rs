//! Cuts a log into blocks in two ways: how the bytes arrive and how long blocks are must not change the events.
//!
//! Input: two lengths of the pieces that arrive, one for the length of a block, then the log.

#![no_main]

use cordon_event::ReadOptions;
use cordon_fuzz::{Pieces, read_log};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [first, second, block, log @ ..] = input else { return };
    let pieces = Pieces { log, lengths: [*first, *second], handed_out: 0 };
    let small = read_log(pieces, ReadOptions { block_bytes: usize::from(*block) * 4, ..ReadOptions::default() });
    let whole = read_log(log, ReadOptions::default());
    assert_eq!(small.events, whole.events);
    // Records that are too long are skipped; nothing else may change.
    read_log(log, ReadOptions { max_record_bytes: usize::from(*block), ..ReadOptions::default() });
});
