//! How a run of bytes is packed, told from its first bytes.

use std::io::{self, Read};

/// A way of packing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    Zip,
    Tar,
    /// One that cannot be unpacked here, by its name.
    Unknown(&'static str),
}

/// What a tar header takes; all other magic stands before its end.
pub(super) const HEAD_BYTES: usize = 512;

/// Reads the head of `source`, or all of it when it is shorter.
pub(super) fn read_head(source: &mut (impl Read + ?Sized)) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    match source.take(HEAD_BYTES as u64).read_to_end(&mut head) {
        // What came before a failure is used; the failure comes again behind it.
        Err(error) if head.is_empty() => Err(error),
        _ => Ok(head),
    }
}

/// Tells how what starts with `head` is packed; `None`: not at all.
pub(super) fn packing(head: &[u8]) -> Option<Packing> {
    const KNOWN: [(&[u8], Packing); 10] = [
        (b"\x1f\x8b\x08", Packing::Gzip),
        (b"\x28\xb5\x2f\xfd", Packing::Zstd),
        (b"PK\x03\x04", Packing::Zip),
        (b"PK\x05\x06", Packing::Zip),
        (b"PK\x07\x08", Packing::Zip),
        (b"\xfd7zXZ\0", Packing::Unknown("xz")),
        (b"7z\xbc\xaf\x27\x1c", Packing::Unknown("7-Zip")),
        (b"Rar!\x1a\x07", Packing::Unknown("RAR")),
        (b"MSCF\0\0\0\0", Packing::Unknown("Cabinet")),
        (b"\x04\x22\x4d\x18", Packing::Unknown("LZ4")),
    ];
    let known = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, packing)| *packing);
    let is_bzip2 = matches!(head, [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]);
    let bzip2 = is_bzip2.then_some(Packing::Unknown("bzip2"));
    let tar = super::tar::is_header(head).then_some(Packing::Tar);
    known.or(bzip2).or(tar)
}
