//! Streams the logs inside a packed file, told by magic bytes and never by a file's name.
//!
//! A file enters; its logs leave one after the other as streams, each with a label such as `case.zip/host/Security.evtx`.
//! Nothing is written anywhere, and names inside archives are labels, never paths. Against bombs everything is bounded by
//! [`Limits`]; what is over a limit, encrypted or of an unknown method becomes a [`Problem`] under its label, and the rest
//! goes on.

mod magic;
mod meter;
mod tar;
mod zip;

use std::{
    cell::Cell,
    io::{self, Read, Seek, SeekFrom},
    ops::ControlFlow,
    rc::Rc,
};

use self::{
    magic::Packing,
    meter::{Leaf, Metered, Ratio},
};
use crate::event::Problem;

/// Takes what is found.
pub trait Visitor {
    /// One log. Whatever is not read of it is passed over. An error of `log` ends it; its reason is handed to
    /// [`Visitor::problem`] afterwards, so what was read before it can be used. Breaking ends the unpacking.
    fn log(&mut self, label: &str, log: &mut dyn Read) -> ControlFlow<()>;

    /// Something that could not be unpacked, or the end of a log before its time.
    fn problem(&mut self, label: &str, problem: Problem);
}

/// How much unpacking may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Unpacked bytes of one log.
    pub log_bytes: u64,
    /// Unpacked bytes of everything in one file.
    pub total_bytes: u64,
    /// Unpacked bytes for each packed one, once there are [`Limits::ratio_from_bytes`] of them.
    pub ratio: u64,
    /// Small things may be packed as well as they can be.
    pub ratio_from_bytes: u64,
    /// Members of archives, all together.
    pub members: u64,
    /// Bytes of a member's name; longer ones are cut.
    pub name_bytes: usize,
    /// Archives inside each other. A compressed archive counts once.
    pub depth: u32,
    /// A zip that cannot be sought in is held in memory up to this.
    pub held_bytes: u64,
    /// The window of zstd, as a power of two, in bytes.
    pub zstd_window_log: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            log_bytes: 256 << 30,
            total_bytes: 1 << 40,
            ratio: 200,
            ratio_from_bytes: 64 << 20,
            members: 1_000_000,
            name_bytes: 1024,
            depth: 3,
            held_bytes: 64 << 20,
            zstd_window_log: 26,
        }
    }
}

/// Hands every log in `source` to `visitor`. A file that is not packed is one log, under `label` itself.
///
/// # Errors
/// Only when `source` cannot be read or sought at all; everything later is a [`Problem`].
pub fn unpack<R: Read + Seek>(label: &str, mut source: R, limits: &Limits, visitor: &mut impl Visitor) -> io::Result<()> {
    let start = source.stream_position()?;
    let head = magic::read_head(&mut source)?;
    source.seek(SeekFrom::Start(start))?;
    let mut unpacker = Unpacker::new(limits, visitor);
    let _ = match magic::packing(&head) {
        Some(Packing::Zip) => unpacker.zip(label, source, 1),
        _ => unpacker.stream(label, &mut source, 0),
    };
    Ok(())
}

/// The same for what cannot be sought, such as standard input.
pub fn unpack_stream(label: &str, mut source: impl Read, limits: &Limits, visitor: &mut impl Visitor) {
    let _ = Unpacker::new(limits, visitor).stream(label, &mut source, 0);
}

struct Unpacker<'v, V> {
    limits: &'v Limits,
    visitor: &'v mut V,
    members: u64,
    total: Rc<Cell<u64>>,
}

impl<'v, V: Visitor> Unpacker<'v, V> {
    fn new(limits: &'v Limits, visitor: &'v mut V) -> Self {
        Self { limits, visitor, members: 0, total: Rc::default() }
    }

    /// A stream of whatever kind. `depth`: archives around it.
    fn stream(&mut self, label: &str, source: &mut dyn Read, depth: u32) -> ControlFlow<()> {
        let head = match magic::read_head(source) {
            Ok(head) => head,
            Err(error) => return self.problem(label, 0, format!("cannot be read: {error}")),
        };
        let packing = magic::packing(&head);
        let mut source = io::Cursor::new(head).chain(source);
        let Some(packing) = packing else {
            return self.leaf(label, &mut source);
        };
        if depth >= self.limits.depth {
            let reason = format!("is packed more than {} deep; unpack it first", self.limits.depth);
            return self.problem(label, 0, reason);
        }
        match packing {
            Packing::Gzip => {
                let (packed, source) = Metered::new(source);
                self.decompressed(label, flate2::read::MultiGzDecoder::new(source), packed, depth)
            }
            Packing::Zstd => {
                let (packed, source) = Metered::new(source);
                let decoder = zstd::stream::read::Decoder::new(source).and_then(|mut decoder| {
                    decoder.window_log_max(self.limits.zstd_window_log)?;
                    Ok(decoder)
                });
                match decoder {
                    Ok(decoder) => self.decompressed(label, decoder, packed, depth),
                    Err(error) => self.problem(label, 0, format!("cannot be unpacked: {error}")),
                }
            }
            Packing::Tar => self.tar(label, &mut source, depth + 1),
            Packing::Zip => self.held_zip(label, &mut source, depth + 1),
            Packing::Unknown(name) => {
                self.problem(label, 0, format!("is packed with {name}, which Cordon cannot unpack; unpack it first"))
            }
        }
    }

    /// What a decompressor makes of a stream. An archive in it is not one deeper for being compressed.
    fn decompressed(&mut self, label: &str, unpacked: impl Read, packed: Rc<Cell<u64>>, depth: u32) -> ControlFlow<()> {
        let mut unpacked = Ratio::new(unpacked, packed, self.limits);
        let head = match magic::read_head(&mut unpacked) {
            Ok(head) => head,
            Err(error) => return self.problem(label, 0, format!("cannot be unpacked: {error}")),
        };
        let is_archive = matches!(magic::packing(&head), Some(Packing::Tar));
        let mut unpacked = io::Cursor::new(head).chain(unpacked);
        self.stream(label, &mut unpacked, if is_archive { depth } else { depth + 1 })
    }

    /// A log.
    fn leaf(&mut self, label: &str, source: &mut dyn Read) -> ControlFlow<()> {
        let mut log = Leaf::new(source, Rc::clone(&self.total), self.limits);
        let flow = self.visitor.log(label, &mut log);
        if let Some(problem) = log.into_fault() {
            self.visitor.problem(label, problem);
        }
        flow
    }

    /// Counts a member of an archive; breaks when there are too many.
    fn count_member(&mut self, archive: &str) -> ControlFlow<()> {
        self.members += 1;
        if self.members <= self.limits.members {
            return ControlFlow::Continue(());
        }
        let reason = format!("has more than {} members; the rest is left out", self.limits.members);
        let _ = self.problem(archive, 0, reason);
        ControlFlow::Break(())
    }

    fn problem(&mut self, label: &str, offset: u64, reason: String) -> ControlFlow<()> {
        self.visitor.problem(label, Problem { offset, reason });
        ControlFlow::Continue(())
    }

    /// The label of a member: its name behind that of its archive, without what would garble a terminal.
    fn member_label(&self, archive: &str, name: &[u8]) -> String {
        let name = String::from_utf8_lossy(&name[..name.len().min(self.limits.name_bytes)]);
        let shown = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
        format!("{archive}/{}", name.trim_start_matches("./").chars().map(shown).collect::<String>())
    }
}
