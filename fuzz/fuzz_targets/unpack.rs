//! Unpacks a file, sought in and streamed, within limits that a few kilobytes can reach.

#![no_main]

use std::{
    io::{Cursor, Read},
    ops::ControlFlow,
};

use cordon_event::{
    Problem,
    unpack::{Limits, Visitor, unpack, unpack_stream},
};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    log_bytes: 1 << 20,
    total_bytes: 4 << 20,
    ratio: 100,
    ratio_from_bytes: 64 << 10,
    members: 100,
    name_bytes: 64,
    depth: 3,
    held_bytes: 1 << 20,
    zstd_window_log: 20,
};

#[derive(Default)]
struct Counted {
    logs: u64,
    bytes: u64,
}

impl Visitor for Counted {
    fn log(&mut self, label: &str, log: &mut dyn Read) -> ControlFlow<()> {
        // A byte that is no text is shown by a character of three.
        let longest = "file".len() + LIMITS.depth as usize * ("/".len() + 3 * LIMITS.name_bytes);
        assert!(label.len() <= longest, "labels are bounded");
        self.logs += 1;
        let mut buffer = [0; 4096];
        let mut read = 0;
        while let Ok(length @ 1..) = log.read(&mut buffer) {
            read += length as u64;
        }
        assert!(read <= LIMITS.log_bytes);
        self.bytes += read;
        ControlFlow::Continue(())
    }

    fn problem(&mut self, _label: &str, problem: Problem) {
        assert!(!problem.reason.is_empty());
    }
}

fuzz_target!(|file: &[u8]| {
    let mut sought = Counted::default();
    let _ = unpack("file", Cursor::new(file), &LIMITS, &mut sought);
    let mut streamed = Counted::default();
    unpack_stream("file", file, &LIMITS, &mut streamed);
    for counted in [sought, streamed] {
        assert!(counted.bytes <= LIMITS.total_bytes && counted.logs <= LIMITS.members + 1);
    }
});
