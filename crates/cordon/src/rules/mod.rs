//! `cordon rules`: list, check, explain, test.

mod check;
mod events;
mod explain;
mod list;
pub(crate) mod load;
mod test;
mod tree;

use std::io::{self, Write as _};

use anyhow::Context as _;

use crate::{
    cli::{Color, RulesCommand},
    exit::Exit,
};

/// Runs the command.
///
/// # Errors
/// What was asked cannot be done; the message names the thing and the way out.
pub(crate) fn run(command: &RulesCommand, color: Color) -> anyhow::Result<Exit> {
    let (page, exit) = match command {
        RulesCommand::List { text, rules, level, json } => list::run(text.as_deref(), rules, level, *json)?,
        RulesCommand::Check { dirs, placeholders } => check::run(dirs, placeholders.as_ref())?,
        RulesCommand::Explain(args) => explain::run(args, tree::Style::decide(color))?,
        RulesCommand::Test { dir } => test::run(dir.as_deref(), tree::Style::decide(color))?,
    };
    io::stdout().write_all(page.as_bytes()).context("cannot write standard output")?;
    Ok(exit)
}
