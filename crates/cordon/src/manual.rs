//! Shell completions and man pages, made from the command line itself.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::{cli::Cli, exit::Exit};

/// Writes the completion script for `shell` to standard output.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn write_completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cordon", &mut script);
    io::stdout().write_all(&script).context("cannot write standard output")?;
    Ok(Exit::Done)
}

/// Writes one page per command into `dir`, or the page of cordon itself to standard output.
///
/// # Errors
/// The folder or standard output cannot be written.
pub(crate) fn write_pages(dir: Option<&Path>) -> anyhow::Result<Exit> {
    match dir {
        Some(dir) => {
            let cannot = || format!("cannot write man pages to {}", dir.display());
            fs::create_dir_all(dir).with_context(cannot)?;
            clap_mangen::generate_to(Cli::command(), dir).with_context(cannot)?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            io::stdout().write_all(&page).context("cannot write standard output")?;
        }
    }
    Ok(Exit::Done)
}
