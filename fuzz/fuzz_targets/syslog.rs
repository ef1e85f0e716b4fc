//! Reads syslog lines.

#![no_main]

use cordon_event::LogKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|log: &[u8]| {
    cordon_fuzz::read_as(LogKind::Syslog, log);
});
