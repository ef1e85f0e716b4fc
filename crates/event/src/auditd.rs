//! The Linux audit log.

use memchr::memmem;

/// Whether `line` is a record of the audit log.
pub(crate) fn is_line(line: &[u8]) -> bool {
    serial(line).is_some() && memmem::find(line, b"type=").is_some()
}

/// The stamp inside `msg=audit(…)`, which lines of one event share.
pub(crate) fn serial(line: &[u8]) -> Option<&[u8]> {
    const BEFORE: &[u8] = b"msg=audit(";
    const LONGEST: usize = 40;
    // A prefix of syslog, the node and the type come first; further on it would be quoted text.
    let start = memmem::find(&line[..line.len().min(512)], BEFORE)? + BEFORE.len();
    let rest = &line[start..];
    let end = rest.iter().take(LONGEST).position(|byte| *byte == b')')?;
    Some(&rest[..end])
}
