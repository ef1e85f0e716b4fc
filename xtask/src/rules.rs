//! The built-in rules load, and pass the tests that stand beside them.

use std::process::Command;

use crate::{
    process::run,
    report::{Outcome, Report},
    workspace::Workspace,
};

/// Asks the program that was built.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let cordon = workspace.built("cordon")?;
    for arguments in [&["rules", "check", "content/rules"][..], &["rules", "test"]] {
        let mut command = Command::new(&cordon);
        command.args(arguments).current_dir(&workspace.root);
        run(command)?;
    }
    Ok(Report::default())
}
