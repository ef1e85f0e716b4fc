//! `cordon rules`: list, check, explain, test.

pub(crate) mod load;

use crate::{
    cli::{Color, RulesCommand},
    exit::Exit,
};

/// Runs the command.
///
/// # Errors
/// What was asked cannot be done.
pub(crate) fn run(_command: &RulesCommand, _color: Color) -> anyhow::Result<Exit> {
    Ok(Exit::Done)
}
