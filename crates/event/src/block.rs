//! Cuts a log into pieces that can be read on their own, on any thread.
//!
//! Bytes of one log enter in order; [`Block`]s of about 1 MiB leave, each a whole number of records. A cut never depends on
//! how the bytes arrived, so that every partition of a log gives the same events. What is longer than a record may be is
//! skipped while it streams by and named as a [`Problem`].

mod boundary;
mod source;
mod values;

use std::{
    io::{self, Read},
    sync::Arc,
};

use cordon_model::Timestamp;

use self::{boundary::Boundary, source::Source, values::ValueScanner};
use crate::{event::Problem, kind::LogKind, text};

/// A piece of one log that can be read on its own, on any thread. About 1 MiB, more when one record is longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is a piece of.
    pub kind: LogKind,
    /// Where it starts in the log, in bytes after unpacking. In a log that was UTF-16: in the log's UTF-8 form.
    pub offset: u64,
    /// The records.
    pub bytes: Vec<u8>,
    /// What a reader must know from elsewhere in the log.
    pub(crate) context: Context,
}

/// What a reader of one block must know from elsewhere in the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Context {
    /// Nothing: each line is by itself.
    #[default]
    Lines,
    /// JSON values that may span lines. Behind a broken one, reading goes on where these bytes stand next.
    Values {
        /// How the records of this log open: `{"first key"`.
        opening: Arc<[u8]>,
    },
    /// Lines of a W3C log; the directive that names their fields stood further up.
    W3c {
        /// What follows `#Fields:`.
        fields: Arc<[u8]>,
    },
}

impl Block {
    /// A block of records that need nothing from elsewhere in their log: line logs, JSON lines, whole EVTX chunks.
    pub fn new(kind: LogKind, offset: u64, bytes: Vec<u8>) -> Self {
        Self { kind, offset, bytes, context: Context::Lines }
    }
}

/// How a log is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// The kind, where the user knows better than the first bytes tell.
    pub kind: Option<LogKind>,
    /// When the log was received or last written: the year of syslog lines that have none.
    pub received: Option<Timestamp>,
    /// Longer records are a [`Problem`] and skipped.
    pub max_record_bytes: usize,
    /// About how long a block is. Never longer than a record may be.
    pub block_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { kind: None, received: None, max_record_bytes: 4 << 20, block_bytes: 1 << 20 }
    }
}

/// What [`LogKind::from_head`] may look at.
const HEAD_BYTES: usize = 64 << 10;

/// The least that is read at a time when a boundary is looked for.
const MORE_BYTES: usize = 4096;

/// Cuts a log into blocks at record boundaries.
pub struct Blocks<R> {
    source: Source<R>,
    kind: Option<LogKind>,
    cutter: Cutter,
    context: Context,
    /// Bytes behind the last cut.
    pending: Vec<u8>,
    /// Where `pending` starts in the log.
    offset: u64,
    is_empty: bool,
    block_bytes: usize,
    max_record_bytes: usize,
    problems: Vec<Problem>,
}

enum Cutter {
    /// At the last boundary that can be seen from the bytes around it.
    Boundary(Boundary),
    /// Inside a record that is too long: everything up to the next boundary goes.
    Skipping(Boundary),
    /// Behind the last whole JSON value.
    Values(ValueScanner),
}

impl<R: Read> Blocks<R> {
    /// Reads the head of the log and tells its kind.
    ///
    /// # Errors
    /// The reader's own, when it fails before its first byte. A later failure is returned by [`Blocks::next`] after the
    /// blocks that came before it.
    pub fn new(reader: R, options: ReadOptions) -> io::Result<Self> {
        let mut source = Source::new(reader);
        let mut pending = Vec::new();
        source.fill(&mut pending, HEAD_BYTES, options.kind == Some(LogKind::Evtx));
        if pending.is_empty()
            && let Some(error) = source.take_error()
        {
            return Err(error);
        }
        let kind = options.kind.or_else(|| LogKind::from_head(&pending));
        let least = if kind == Some(LogKind::Evtx) { boundary::CHUNK_BYTES } else { 64 };
        let max_record_bytes = options.max_record_bytes.max(least);
        let mut blocks = Self {
            is_empty: pending.is_empty(),
            offset: source.mark_bytes(),
            source,
            kind,
            cutter: Cutter::Boundary(Boundary::Newline),
            context: Context::Lines,
            pending,
            block_bytes: options.block_bytes.max(least).min(max_record_bytes),
            max_record_bytes,
            problems: Vec::new(),
        };
        blocks.look_ahead();
        Ok(blocks)
    }

    /// What the log is; `None` when it is nothing we know, and then there are no blocks.
    pub fn kind(&self) -> Option<LogKind> {
        self.kind
    }

    /// Whether the log has no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// What could not be cut into blocks so far.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// The next block, in the allocation of `recycled` (whose content is dropped). `None` at the end.
    ///
    /// # Errors
    /// The reader's own, once, behind the last block that could be cut; after that the log is at its end.
    pub fn next(&mut self, mut recycled: Vec<u8>) -> io::Result<Option<Block>> {
        recycled.clear();
        let Some(kind) = self.kind else {
            return Ok(None);
        };
        // The head may be longer than what is carried from one block to the next; swap instead of copying it.
        std::mem::swap(&mut recycled, &mut self.pending);
        let (mut bytes, mut rest) = (recycled, std::mem::take(&mut self.pending));
        let mut wanted = self.block_bytes;
        loop {
            let at_end = self.source.fill(&mut bytes, wanted, kind == LogKind::Evtx);
            if bytes.is_empty() {
                return self.source.take_error().map_or(Ok(None), Err);
            }
            let enough = at_end || bytes.len() >= self.block_bytes;
            let cut = if enough { self.cut(&mut bytes, at_end) } else { Cut::More };
            match cut {
                Cut::At(end) => {
                    rest.clear();
                    rest.extend_from_slice(&bytes[end..]);
                    bytes.truncate(end);
                    self.pending = rest;
                    let offset = self.offset;
                    self.offset += end as u64;
                    let context = self.context.clone();
                    self.note_fields(&bytes);
                    return Ok(Some(Block { kind, offset, bytes, context }));
                }
                Cut::Drop(end) => {
                    bytes.drain(..end);
                    self.offset += end as u64;
                    wanted = self.block_bytes.max(bytes.len() + MORE_BYTES);
                }
                Cut::More => wanted = (bytes.len() * 2).min(self.max_record_bytes + 1).max(bytes.len() + MORE_BYTES),
            }
        }
    }

    /// Sets up what the kind needs from the head of the log.
    fn look_ahead(&mut self) {
        match self.kind {
            Some(LogKind::Evtx) => self.skip_evtx_header(),
            Some(LogKind::Json) => {
                if let Some(opening) = values::opening_of_spanning_values(&self.pending) {
                    self.cutter = Cutter::Values(ValueScanner::new(Arc::clone(&opening)));
                    self.context = Context::Values { opening };
                }
            }
            Some(LogKind::Xml) => self.cutter = Cutter::Boundary(Boundary::EventEnd),
            Some(LogKind::Auditd) => self.cutter = Cutter::Boundary(Boundary::AuditSerial),
            _ => {}
        }
    }

    fn skip_evtx_header(&mut self) {
        self.cutter = Cutter::Boundary(Boundary::EvtxChunk);
        if let Some(reason) = boundary::evtx_header_fault(&self.pending) {
            self.problems.push(Problem { offset: 0, reason: reason.to_owned() });
        }
        let first = boundary::first_evtx_chunk(&self.pending);
        self.pending.drain(..first);
        self.offset += first as u64;
    }

    fn cut(&mut self, bytes: &mut [u8], at_end: bool) -> Cut {
        match &mut self.cutter {
            Cutter::Boundary(boundary) => {
                if at_end && bytes.len() <= self.block_bytes {
                    return Cut::At(bytes.len());
                }
                if let Some(end) = boundary.last_in(&bytes[..bytes.len().min(self.block_bytes)]) {
                    return Cut::At(end);
                }
                if let Some(end) = boundary.first_in(&bytes[..bytes.len().min(self.max_record_bytes)]) {
                    return Cut::At(end);
                }
                if bytes.len() <= self.max_record_bytes {
                    return if at_end { Cut::At(bytes.len()) } else { Cut::More };
                }
                if let Some(end) = boundary.inside_group(&bytes[..self.max_record_bytes]) {
                    return Cut::At(end);
                }
                let skipping = Cutter::Skipping(*boundary);
                self.too_long(0);
                self.cutter = skipping;
                Cut::Drop(0)
            }
            Cutter::Skipping(boundary) => match boundary.first_in(bytes) {
                Some(end) => {
                    self.cutter = Cutter::Boundary(*boundary);
                    Cut::Drop(end)
                }
                None if at_end => Cut::Drop(bytes.len()),
                None => Cut::Drop(bytes.len().saturating_sub(boundary.longest())),
            },
            Cutter::Values(scanner) => {
                let scan = scanner.scan(bytes, self.block_bytes, self.max_record_bytes, at_end);
                if let Some(start) = scan.too_long {
                    self.too_long(start);
                }
                scan.cut
            }
        }
    }

    fn too_long(&mut self, start: usize) {
        let reason = format!("record is longer than {} bytes and was skipped", self.max_record_bytes);
        self.problems.push(Problem { offset: self.offset + start as u64, reason });
    }

    /// Remembers the last `#Fields:` directive for the blocks that follow.
    fn note_fields(&mut self, bytes: &[u8]) {
        if self.kind == Some(LogKind::Text)
            && let Some(fields) = text::last_fields_directive(bytes)
        {
            self.context = Context::W3c { fields: fields.into() };
        }
    }
}

/// What to do with the bytes that are there.
pub(crate) enum Cut {
    /// A block ends here.
    At(usize),
    /// Nothing worth reading up to here.
    Drop(usize),
    /// No boundary yet.
    More,
}
