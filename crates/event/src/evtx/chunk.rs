//! The records of a chunk, in their order; and what to do when they are not where they should be.

use cordon_model::Timestamp;

use super::{CHUNK_BYTES, array_at, decode::Decoder, problem, u32_at, u64_at};
use crate::event::{Event, Format, Sink};

const MAGIC: &[u8; 8] = b"ElfChnk\0";
const HEADER_BYTES: usize = 512;
const RECORD_MAGIC: [u8; 4] = *b"**\0\0";
/// Magic, size, number and time before the elements.
const RECORD_HEADER_BYTES: usize = 24;
/// The header, and the size once more behind the elements.
const MIN_RECORD_BYTES: usize = RECORD_HEADER_BYTES + 4;
/// Set in the flags of a chunk whose checksums were not written.
const NO_CHECKSUM: u32 = 0x4;

/// Reads all records of `chunk`, which starts at `offset` of the log. Returns the event, emptied, for the next chunk.
pub(super) fn read_chunk<'a>(chunk: &'a [u8], offset: u64, mut decoder: Decoder<'a, '_>, sink: &mut impl Sink) -> Event<'a> {
    if let Some(extent) = extent(chunk, offset, sink) {
        read_records(chunk, offset, &extent, &mut decoder, sink);
    }
    let mut event = decoder.event;
    event.clear();
    event
}

/// Where the records of a chunk are.
struct Extent {
    end: usize,
    /// Whether the header proves `end`. Otherwise records may be left over from an earlier use of the chunk.
    is_proven: bool,
    /// The chunk ends before its records do.
    is_cut: bool,
}

/// Judges the chunk's header. `None` when there is nothing to read.
fn extent(chunk: &[u8], offset: u64, sink: &mut impl Sink) -> Option<Extent> {
    let is_cut = chunk.len() < CHUNK_BYTES;
    let Some(header) = chunk.first_chunk::<HEADER_BYTES>() else {
        // Space that was set aside and never used is all zeros.
        if chunk.iter().any(|byte| *byte != 0) {
            sink.problem(problem(offset, "chunk is cut short in its header"));
        }
        return None;
    };
    if !header.starts_with(MAGIC) {
        let is_record = array_at(chunk, HEADER_BYTES) == Some(RECORD_MAGIC);
        if !is_record && header.iter().all(|byte| *byte == 0) {
            return None;
        }
        sink.problem(problem(offset, "chunk has no valid header; what looks like its records is read"));
        return Some(Extent { end: chunk.len(), is_proven: false, is_cut: false });
    }
    let number = |at| u32_at(header, at).unwrap_or_default();
    let (free_space, flags) = (number(48) as usize, number(120));
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&header[..120]);
    checksum.update(&header[128..]);
    let has_checksum = flags & NO_CHECKSUM == 0;
    let in_range = (HEADER_BYTES..=CHUNK_BYTES).contains(&free_space);
    if (has_checksum && checksum.finalize() != number(124)) || !in_range {
        sink.problem(problem(offset, "chunk header does not match its checksum; its records are read all the same"));
        return Some(Extent { end: chunk.len(), is_proven: false, is_cut });
    }
    if free_space > chunk.len() {
        return Some(Extent { end: chunk.len(), is_proven: true, is_cut: true });
    }
    if has_checksum && crc32fast::hash(&chunk[HEADER_BYTES..free_space]) != number(52) {
        sink.problem(problem(offset, "records of the chunk do not match their checksum; they are read all the same"));
    }
    Some(Extent { end: free_space, is_proven: true, is_cut: false })
}

fn read_records<'a>(chunk: &'a [u8], offset: u64, extent: &Extent, decoder: &mut Decoder<'a, '_>, sink: &mut impl Sink) {
    let area = &chunk[..extent.end];
    let mut at = HEADER_BYTES;
    let mut first_id = None;
    while at < area.len() {
        let record_offset = offset + at as u64;
        let Some(record) = RecordHeader::at(area, at) else {
            let next = memchr::memmem::find(&area[at + 1..], &RECORD_MAGIC).map(|found| at + 1 + found);
            let is_blank = area[at..next.unwrap_or(area.len())].iter().all(|byte| *byte == 0);
            match next {
                None if is_blank => {}
                // Behind the last record an unproven chunk holds whatever was there before.
                None if !extent.is_proven && !extent.is_cut && first_id.is_some() => {}
                None if extent.is_cut => sink.problem(problem(record_offset, "chunk is cut short inside a record")),
                None => sink.problem(problem(record_offset, "no record where one should be, nor any behind it in the chunk")),
                Some(_) => sink.problem(problem(record_offset, "no record where one should be; reading goes on at the next")),
            }
            let Some(next) = next else { return };
            at = next;
            continue;
        };
        // Chunks are used in a ring: what an earlier use left has lower numbers than the first record of this one.
        if !extent.is_proven && first_id.is_some_and(|first| record.id < first) {
            sink.problem(problem(record_offset, "records from here on are left over from an earlier use of the chunk; not read"));
            return;
        }
        first_id = first_id.or(Some(record.id));
        let result = decoder.decode(at + RECORD_HEADER_BYTES, at + record.size - 4);
        let event = &mut decoder.event;
        let header = &mut event.header;
        header.format = Format::Windows;
        header.offset = record_offset;
        if header.time.is_none() {
            header.time = Timestamp::from_filetime(record.filetime);
        }
        if header.record_id.is_none() {
            header.record_id = Some(record.id);
        }
        match result {
            Ok(()) => sink.event(event, decoder.names),
            Err(reason) => {
                // A detection on half a record is worth more than none.
                let is_known = header.event_id.is_some() || !header.channel.is_null();
                let kept = if is_known { "; the fields before that are kept" } else { "" };
                if is_known {
                    sink.event(event, decoder.names);
                }
                sink.problem(problem(record_offset, format!("record {} is damaged: {reason}{kept}", record.id)));
            }
        }
        at += record.size;
    }
}

struct RecordHeader {
    size: usize,
    id: u64,
    filetime: u64,
}

impl RecordHeader {
    /// The header at `at`, if it is one: magic, a size that fits, and the same size behind the record. The copy may be
    /// wrong when another record follows.
    fn at(area: &[u8], at: usize) -> Option<Self> {
        if array_at(area, at)? != RECORD_MAGIC {
            return None;
        }
        let size = u32_at(area, at + 4)? as usize;
        let end = at.checked_add(size).filter(|end| size >= MIN_RECORD_BYTES && *end <= area.len())?;
        let is_whole = u32_at(area, end - 4)? as usize == size || array_at(area, end) == Some(RECORD_MAGIC);
        is_whole.then_some(Self { size, id: u64_at(area, at + 8)?, filetime: u64_at(area, at + 16)? })
    }
}
