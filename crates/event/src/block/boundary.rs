//! Record boundaries that can be seen from the bytes around them.

use memchr::memmem;

use crate::auditd;

/// Where a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boundary {
    /// Behind a line break.
    Newline,
    /// Behind `</Event>`.
    EventEnd,
    /// Behind the last line of an audit event: the next line has another serial.
    AuditSerial,
    /// Behind an EVTX chunk of 64 KiB.
    EvtxChunk,
}

const EVENT_END: &[u8] = b"</Event>";

/// Size of an EVTX chunk. Source: \[MS-EVEN6\] and libevtx, "EVTX file format".
pub(super) const CHUNK_BYTES: usize = 64 << 10;
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
const HEADER_BYTES: usize = 4096;

impl Boundary {
    /// The last boundary in `bytes`, which start at one.
    pub(super) fn last_in(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Newline => memchr::memrchr(b'\n', bytes).map(|at| at + 1),
            Self::EventEnd => memmem::rfind(bytes, EVENT_END).map(|at| at + EVENT_END.len()),
            Self::AuditSerial => {
                let mut end = bytes.len();
                while let Some(at) = memchr::memrchr(b'\n', &bytes[..end]) {
                    if is_serial_change(bytes, at) {
                        return Some(at + 1);
                    }
                    end = at;
                }
                None
            }
            Self::EvtxChunk => Some(bytes.len() / CHUNK_BYTES * CHUNK_BYTES).filter(|end| *end > 0),
        }
    }

    /// The first boundary in `bytes`.
    pub(super) fn first_in(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Newline => memchr::memchr(b'\n', bytes).map(|at| at + 1),
            Self::EventEnd => memmem::find(bytes, EVENT_END).map(|at| at + EVENT_END.len()),
            Self::AuditSerial => memchr::memchr_iter(b'\n', bytes).find(|at| is_serial_change(bytes, *at)).map(|at| at + 1),
            Self::EvtxChunk => (bytes.len() >= CHUNK_BYTES).then_some(CHUNK_BYTES),
        }
    }

    /// Where a group of records that is too long may be cut all the same.
    pub(super) fn inside_group(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::AuditSerial => Self::Newline.last_in(bytes),
            _ => None,
        }
    }

    /// How much of what is skipped must be kept to see a boundary that is only half there.
    pub(super) fn longest(self) -> usize {
        match self {
            Self::Newline | Self::EvtxChunk => 0,
            Self::EventEnd => EVENT_END.len() - 1,
            Self::AuditSerial => 1024,
        }
    }
}

/// Whether the line behind the break at `newline` is known to belong to another event than the line before it.
fn is_serial_change(bytes: &[u8], newline: usize) -> bool {
    // Lines that say nothing stand between lines of one event too.
    let head = bytes[..newline].trim_ascii_end();
    let before = memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
    let after = &bytes[newline + 1..];
    let (next, whole) = match memchr::memchr(b'\n', after) {
        Some(end) => (&after[..end], true),
        None => (after, false),
    };
    if next.trim_ascii().is_empty() {
        return false;
    }
    match (auditd::serial(&head[before..]), auditd::serial(next)) {
        (Some(one), Some(other)) => one != other,
        (None, Some(_)) => true,
        // The serial may stand in what has not been read yet.
        (_, None) => whole,
    }
}

/// What is wrong with the header of an EVTX file, if anything.
pub(super) fn evtx_header_fault(head: &[u8]) -> Option<&'static str> {
    if head.is_empty() || head.starts_with(b"ElfFile\0") && head.len() >= HEADER_BYTES {
        return None;
    }
    Some(match head {
        _ if head.starts_with(b"ElfFile\0") => "file header is cut short",
        _ if head.starts_with(CHUNK_MAGIC) => "file header is missing; read as bare chunks",
        _ => "file header is damaged; chunks were looked for by their magic",
    })
}

/// Where the chunks start. Each begins a whole number of chunks behind the first, even when the header is gone.
pub(super) fn first_evtx_chunk(head: &[u8]) -> usize {
    let is_chunk = |at: usize| head.get(at..).is_some_and(|rest| rest.starts_with(CHUNK_MAGIC));
    if is_chunk(HEADER_BYTES) || head.starts_with(b"ElfFile\0") && memmem::find(head, CHUNK_MAGIC).is_none() {
        return HEADER_BYTES.min(head.len());
    }
    memmem::find(head, CHUNK_MAGIC).map_or(HEADER_BYTES.min(head.len()), |at| at % CHUNK_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_do_not_part_an_audit_event() {
        let log = b"type=A msg=audit(1.2:3): a=1\n\n \ntype=B msg=audit(1.2:3): b=2\n\ntype=C msg=audit(1.2:4): c=3\n";
        let fourth = log.windows(6).position(|window| window == b"type=C").unwrap();
        assert_eq!(Boundary::AuditSerial.first_in(log), Some(fourth));
        assert_eq!(Boundary::AuditSerial.last_in(&log[..log.len() - 1]), Some(fourth));
    }
}
