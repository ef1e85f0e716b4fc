//! The producing end: opens inputs one after the other, unpacks them, and cuts them into blocks.
//!
//! Reading and cutting only; whatever costs time belongs to the workers. Runs on a thread of its own, or between
//! the blocks when there is one thread.

use std::{
    io::{self, Read},
    sync::{Arc, atomic::Ordering},
};

use cordon_event::{Block, Blocks, LogKind, Problem, ReadOptions};
use cordon_model::Timestamp;

use super::{
    input::Input,
    progress::Progress,
    source::{self, Interrupt},
};

/// A block on its way to a worker.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The log that it was cut from.
    pub(crate) source: Arc<str>,
    /// Year and zone for syslog that leaves them out.
    pub(crate) written: Option<Timestamp>,
    /// The block; `None` when there are only problems.
    pub(crate) block: Option<Block>,
    /// What could not be cut before it.
    pub(crate) problems: Vec<Problem>,
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
    /// Inputs that could not be read, or not to their end: name and reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// Reads all inputs. Stops early when Ctrl-C is pressed or the feed wants no more. Free text is read only when
/// `takes_text` is set: it means something only to rules of the log source that the user names.
pub(crate) fn run(inputs: &[Input], takes_text: bool, interrupt: &Interrupt, progress: &Progress, feed: &mut dyn Feed) -> Intake {
    let mut run = Run { takes_text, interrupt, feed, intake: Intake::default() };
    for input in inputs {
        let before = progress.read_bytes().load(Ordering::Relaxed);
        if let Err(error) = run.input(input, progress)
            && !interrupt.is_set()
        {
            run.unreadable(&input.name, &error, progress);
        }
        if input.size_bytes > 0 {
            // What was not worth reading to its end is done with too.
            progress.read_bytes().store(before + input.size_bytes, Ordering::Relaxed);
        }
        if interrupt.is_set() {
            break;
        }
    }
    run.intake
}

struct Run<'a> {
    takes_text: bool,
    interrupt: &'a Interrupt,
    feed: &'a mut dyn Feed,
    intake: Intake,
}

impl Run<'_> {
    fn input(&mut self, input: &Input, progress: &Progress) -> io::Result<()> {
        let opened = source::open(input, self.interrupt, progress.read_bytes())?;
        self.log(&input.name, opened.reader, opened.written)
    }

    /// One log after unpacking.
    fn log(&mut self, name: &str, reader: impl Read, written: Option<Timestamp>) -> io::Result<()> {
        let options = ReadOptions { received: written, ..ReadOptions::default() };
        let mut blocks = Blocks::new(reader, options)?;
        match blocks.kind() {
            Some(kind) if kind != LogKind::Text || self.takes_text => self.intake.logs += 1,
            _ => {
                *(if blocks.is_empty() { &mut self.intake.empty } else { &mut self.intake.not_logs }) += 1;
                return Ok(());
            }
        }
        let source: Arc<str> = name.into();
        while !self.interrupt.is_set() {
            let Some(buffer) = self.feed.buffer() else { return Ok(()) };
            let next = blocks.next(buffer);
            let problems = blocks.take_problems();
            let (block, end) = match next {
                Ok(Some(block)) => (Some(block), None),
                Ok(None) => (None, Some(Ok(()))),
                Err(error) => (None, Some(Err(error))),
            };
            self.feed.push(Piece { source: source.clone(), written, block, problems });
            if let Some(end) = end {
                return end;
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, name: &str, error: &io::Error, progress: &Progress) {
        progress.say(&format!("cannot read {name}: {error}"));
        self.intake.unreadable.push((name.to_owned(), error.to_string()));
    }
}
