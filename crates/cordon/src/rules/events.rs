//! Reads events one after another, for commands that look at single ones.

use std::{ops::ControlFlow, path::Path};

use cordon_event::{Block, Event, LogKind, Names, Problem, Reader, Sink};

use crate::{
    report::Unread,
    scan::{
        input::{Exclude, Inputs},
        intake::{self, Feed, Piece},
        progress::Progress,
        source::Interrupt,
    },
};

/// Takes an event; breaks when it has seen enough.
pub(super) type Each<'a> = &'a mut dyn FnMut(&Event<'_>, &Names) -> ControlFlow<()>;

/// Calls `each` for the events of the log at `path`. What cannot be read is said on standard error.
///
/// # Errors
/// The log is not there.
pub(super) fn read_log(path: &Path, each: Each<'_>) -> anyhow::Result<()> {
    let inputs = Inputs::from_paths(&[path.to_owned()], &Exclude::new(&[])?)?;
    let progress = Progress::start(None, true);
    let mut feed =
        OneByOne { reader: Reader::new(), unread: Vec::new(), sink: EachEvent { each, is_over: false, problems: Vec::new() } };
    let intake = intake::run(&inputs.list, true, &Interrupt::install(), &progress, &mut feed);
    let name = path.display().to_string();
    let problems = feed.sink.problems.into_iter().map(|problem| Unread::stretch(&name, problem));
    let unread: Vec<Unread> = feed.unread.into_iter().chain(problems).collect();
    unread.iter().for_each(|unread| progress.say(&unread.to_string()));
    anyhow::ensure!(intake.logs > 0 || !unread.is_empty(), "{name} is no log that cordon knows");
    Ok(())
}

/// Calls `each` for each record in `json`, which is one JSON value.
///
/// # Errors
/// It is no event.
pub(super) fn read_json(json: &serde_json::Value, reader: &mut Reader, each: Each<'_>) -> Result<(), String> {
    let mut bytes = json.to_string().into_bytes();
    bytes.push(b'\n');
    let mut sink = EachEvent { each, is_over: false, problems: Vec::new() };
    reader.read(&Block::new(LogKind::Json, 0, bytes), None, &mut sink);
    sink.problems.into_iter().next().map_or(Ok(()), |problem| Err(problem.reason))
}

/// Works pieces off at once, without rules.
struct OneByOne<'a> {
    reader: Reader,
    unread: Vec<Unread>,
    sink: EachEvent<'a>,
}

impl Feed for OneByOne<'_> {
    fn buffer(&mut self) -> Option<Vec<u8>> {
        (!self.sink.is_over).then(Vec::new)
    }

    fn push(&mut self, piece: Piece) {
        self.unread.extend(piece.unread);
        if let Some(block) = piece.block {
            self.reader.read(&block, piece.written, &mut self.sink);
        }
    }
}

struct EachEvent<'a> {
    each: Each<'a>,
    is_over: bool,
    problems: Vec<Problem>,
}

impl Sink for EachEvent<'_> {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        if !self.is_over {
            self.is_over = (self.each)(event, names).is_break();
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}
