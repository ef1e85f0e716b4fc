//! Reads a chunk of an EVTX log, or a run of them. The seeds are chunks cut behind their last record.

#![no_main]

use cordon_event::LogKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|chunks: &[u8]| {
    cordon_fuzz::read_twice(LogKind::Evtx, chunks);
});
