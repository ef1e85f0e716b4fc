//! Reads events one after another, for commands that look at single ones.

use std::{io, ops::ControlFlow, path::Path, sync::atomic::AtomicU64};

use cordon_event::{Event, Names, Problem, Reader, Sink};

use crate::scan::{
    input::{Exclude, Inputs},
    intake::{self, Feed, Piece},
    source::Interrupt,
};

/// Calls `each` for every event of the log at `path` until it breaks. Returns what could not be read.
///
/// # Errors
/// The log is not there or cannot be opened.
pub(super) fn read_log(path: &Path, each: &mut dyn FnMut(&Event<'_>, &Names) -> ControlFlow<()>) -> anyhow::Result<Vec<String>> {
    let inputs = Inputs::from_paths(&[path.to_owned()], &Exclude::new(&[])?)?;
    let mut feed = Single { reader: Reader::new(), each: Each { each, is_over: false, problems: Vec::new() } };
    let intake = intake::read(&inputs.list, &Interrupt::install(), &AtomicU64::new(0), &mut feed);
    let mut problems = feed.each.problems;
    problems.extend(intake.unreadable.into_iter().map(|(name, reason)| format!("cannot read {name}: {reason}")));
    if intake.logs == 0 && problems.is_empty() {
        problems.push(format!("{} is no log that cordon knows", path.display()));
    }
    Ok(problems)
}
