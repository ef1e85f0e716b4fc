//! The command line of Cordon: the binary that people run.
//!
//! Arguments enter ([`cli`]), one module per command acts ([`scan`], [`rules`]), [`report`] writes what was found, and
//! an [`exit`] code leaves. Start reading at [`scan::run`].

mod cli;
mod content;
mod exit;
mod manual;
#[allow(dead_code, unused_imports, reason = "some of it is for the reports of later commands")]
mod report;
mod rules;
mod scan;
mod suggest;

use std::{io, process::ExitCode};

use clap::Parser as _;

use crate::{
    cli::{Cli, Command},
    exit::Exit,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Command::Scan(args) => scan::run(&args, cli.color),
        Command::Rules(command) => rules::run(&command, cli.color),
        Command::Completions { shell } => manual::write_completions(shell),
        Command::Man { dir } => manual::write_pages(dir.as_deref()),
    };
    let exit = ended.unwrap_or_else(|error| {
        if is_closed_output(&error) {
            return Exit::OutputClosed;
        }
        say(&format!("{error:#}"));
        Exit::Failed
    });
    exit.into()
}

/// Tells a person that something is wrong. Names of files may hold anything, so they are made safe for a terminal.
fn say(message: &str) {
    eprintln!("cordon: {}", report::text::one_line(message));
}

/// Whether whoever read our standard output went away.
fn is_closed_output(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}
