//! The reader of EVTX, the binary Windows event log.
//!
//! A log is a file header and a run of 64 KiB chunks, each of which can be read on its own. A record in a chunk is
//! mostly an instance of a template: the definition holds the elements, the record holds the values. So the work is
//! split by how often it has to be done:
//!
//! - once per template ([`compile`]): the definition becomes a [`layout::Layout`], a flat list of "this field is that
//!   value", with every name interned;
//! - once per template and chunk ([`templates`]): the definition in the chunk is compared with the one that the layout
//!   was made from, because a file from elsewhere may say anything under a known identifier;
//! - per record ([`decode`]): sizes and types of the values are read, and the fields borrow their bytes from the chunk.
//!
//! Everything that input could make large is bounded in [`limits`].
//! Sources: \[MS-EVEN6\] §2.2.12 to §2.2.17 for the token language; the file format as documented by the libevtx project.

mod chunk;
mod compile;
mod decode;
mod layout;
mod limits;
mod roles;
mod templates;
mod text;
mod value;

use bumpalo::Bump;

use crate::event::{Names, Problem, Sink};

/// The size of every chunk.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;

/// Reads chunks; keeps what it learned of templates from one to the next.
#[derive(Default)]
pub(crate) struct EvtxReader {
    templates: templates::Templates,
    scratch: decode::Scratch,
}

impl EvtxReader {
    /// Reads a run of chunks. `bytes`: starts at a chunk, the last one may be cut short. `offset`: where it starts in
    /// the log. What must be built is built in `arena`, which the caller resets when the call is over.
    pub(crate) fn read_block(&mut self, bytes: &[u8], offset: u64, names: &mut Names, arena: &Bump, sink: &mut impl Sink) {
        self.templates.start_block(names);
        // One allocation per block: events borrow from the block, so their list cannot outlive it.
        let mut event = crate::Event::default();
        event.fields.reserve(limits::USUAL_FIELDS);
        for (index, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
            let chunk_offset = offset + (index * CHUNK_BYTES) as u64;
            self.templates.start_chunk();
            let decoder = decode::Decoder::new(chunk, arena, names, &mut self.templates, &mut self.scratch, event);
            event = chunk::read_chunk(chunk, chunk_offset, decoder, sink);
        }
    }
}

fn problem(offset: u64, reason: impl Into<String>) -> Problem {
    Problem { offset, reason: reason.into() }
}

/// Why a record cannot be read; becomes the end of a [`Problem`]'s reason.
type Reason = &'static str;

/// `N` bytes at `at`, if they are there.
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array_at(bytes, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests;
