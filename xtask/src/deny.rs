//! Licences, bans and sources of what we depend on, by cargo-deny and `deny.toml`.

use crate::{
    process::{find, run},
    report::{Outcome, Report, Stop},
    workspace::Workspace,
};

/// Runs cargo-deny where it is installed. Building it takes minutes, so it is not installed here.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    if find("cargo-deny").is_none() {
        let how = "cargo-deny is not installed; install it with `cargo install --locked cargo-deny` (takes some minutes)";
        return Err(Stop::Skipped(how.to_owned()));
    }
    run(workspace.cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    Ok(Report::default())
}
