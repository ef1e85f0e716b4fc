//! The producing end: opens inputs one after the other, unpacks them, and cuts them into blocks.
//!
//! Reading and cutting only; whatever costs time belongs to the workers. Runs on a thread of its own, or between
//! the blocks when there is one thread.

use std::{
    fmt,
    io::{self, Read},
    ops::ControlFlow,
    sync::{Arc, atomic::Ordering},
};

use cordon_event::{
    Block, Blocks, LogKind, Problem, ReadOptions,
    unpack::{self, Limits, Visitor},
};
use cordon_model::Timestamp;

use super::{
    input::Input,
    progress::Progress,
    source::{self, Bytes, Interrupt},
};
use crate::report::Unread;

/// A block on its way to a worker.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The log that it was cut from.
    pub(crate) source: Arc<str>,
    /// Year and zone for syslog that leaves them out.
    pub(crate) written: Option<Timestamp>,
    /// The block; `None` when there are only problems.
    pub(crate) block: Option<Block>,
    /// What could not be opened, unpacked or cut before it.
    pub(crate) unread: Vec<Unread>,
}

/// Takes pieces.
pub(crate) trait Feed {
    /// Room for one more block, and a buffer for it; `None` when nobody wants more.
    fn buffer(&mut self) -> Option<Vec<u8>>;
    /// Takes a piece.
    fn push(&mut self, piece: Piece);
}

/// What was opened and what was not.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// Logs that were read: a file, or a member of an archive.
    pub(crate) logs: u64,
    /// Files that are no log that we know.
    pub(crate) not_logs: u64,
    /// Files without a byte.
    pub(crate) empty: u64,
}

/// Reads all inputs. Stops early when Ctrl-C is pressed or the feed wants no more. Free text is read only when
/// `takes_text` is set: it means something only to rules of the log source that the user names.
pub(crate) fn run(inputs: &[Input], takes_text: bool, interrupt: &Interrupt, progress: &Progress, feed: &mut dyn Feed) -> Intake {
    let mut intake = Intake::default();
    for input in inputs {
        let before = progress.read_bytes().load(Ordering::Relaxed);
        let mut reading = Reading { takes_text, interrupt, progress, feed, intake: &mut intake, written: None, is_over: false };
        if let Err(error) = reading.input(input) {
            reading.unread(Unread { source: input.name.to_string(), offset: None, reason: error.to_string() });
        }
        let is_over = reading.is_over || interrupt.is_set();
        if input.size_bytes > 0 {
            // What was not worth reading to its end is done with too, and what was read twice counts once.
            progress.read_bytes().store(before + input.size_bytes, Ordering::Relaxed);
        }
        if is_over {
            break;
        }
    }
    intake
}

impl Unread {
    /// A stretch of a log.
    pub(crate) fn stretch(source: &str, problem: Problem) -> Self {
        Self { source: source.to_owned(), offset: Some(problem.offset), reason: problem.reason }
    }
}

/// Names the log, the place and the reason.
impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{}: damaged at byte {offset}: {}", self.source, self.reason),
            None => write!(f, "cannot read {}: {}", self.source, self.reason),
        }
    }
}

/// One input on its way into the feed.
struct Reading<'a> {
    takes_text: bool,
    interrupt: &'a Interrupt,
    progress: &'a Progress,
    feed: &'a mut dyn Feed,
    intake: &'a mut Intake,
    written: Option<Timestamp>,
    /// Nobody wants more.
    is_over: bool,
}

impl Reading<'_> {
    fn input(&mut self, input: &Input) -> io::Result<()> {
        let opened = source::open(input, self.interrupt, self.progress.read_bytes())?;
        self.written = opened.written;
        let limits = Limits::default();
        match opened.bytes {
            Bytes::File(file) => unpack::unpack(&input.name, file, &limits, self),
            Bytes::Memory(bytes) => unpack::unpack(&input.name, bytes, &limits, self),
            Bytes::Pipe(pipe) => {
                unpack::unpack_stream(&input.name, pipe, &limits, self);
                Ok(())
            }
        }
    }

    /// Cuts one log, after unpacking.
    fn cut(&mut self, name: &str, log: &mut dyn Read) -> io::Result<()> {
        let mut blocks = Blocks::new(log, ReadOptions { received: self.written, ..ReadOptions::default() })?;
        match blocks.kind() {
            Some(kind) if kind != LogKind::Text || self.takes_text => self.intake.logs += 1,
            _ if blocks.is_empty() => self.intake.empty += 1,
            _ => self.intake.not_logs += 1,
        }
        let is_read = blocks.kind().is_some_and(|kind| kind != LogKind::Text || self.takes_text);
        let source: Arc<str> = name.into();
        while is_read && !self.interrupt.is_set() {
            let Some(buffer) = self.feed.buffer() else {
                self.is_over = true;
                break;
            };
            let next = blocks.next(buffer);
            let unread = blocks.take_problems().into_iter().map(|problem| Unread::stretch(&source, problem)).collect();
            let (block, end) = match next {
                Ok(Some(block)) => (Some(block), None),
                Ok(None) => (None, Some(Ok(()))),
                Err(error) => (None, Some(Err(error))),
            };
            self.feed.push(Piece { source: source.clone(), written: self.written, block, unread });
            if let Some(end) = end {
                return end;
            }
        }
        Ok(())
    }

    fn unread(&mut self, unread: Unread) {
        // What is cut off by Ctrl-C is not damaged. A piece needs a buffer even when it carries no block.
        if !self.interrupt.is_set() && self.feed.buffer().is_some() {
            let source = unread.source.as_str().into();
            self.feed.push(Piece { source, written: None, block: None, unread: vec![unread] });
        }
    }

    fn flow(&self) -> ControlFlow<()> {
        if self.is_over || self.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Visitor for Reading<'_> {
    fn log(&mut self, label: &str, log: &mut dyn Read) -> ControlFlow<()> {
        // A log that fails on the way is handed to `problem` by the unpacker, with the reason.
        let _ = self.cut(label, log);
        self.flow()
    }

    fn problem(&mut self, label: &str, problem: Problem) {
        let offset = Some(problem.offset).filter(|offset| *offset > 0);
        self.unread(Unread { source: label.to_owned(), offset, reason: problem.reason });
    }
}
