//! OCSF output against the schema that OCSF publishes, by the validators that others use.

use std::{fs, path::Path, process::Command};

use crate::{
    install,
    process::{output, run},
    report::{Outcome, Report, Stop},
    workspace::Workspace,
};

/// The script and what it needs, in the checkout.
const FOLDER: &str = "crates/cordon/tests/ocsf";

/// Scans the demo attack and validates the findings.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let folder = workspace.root.join(FOLDER);
    if !folder.is_dir() {
        return Err(Stop::Skipped(format!("{FOLDER} is not there yet")));
    }
    let cordon = workspace.built("cordon")?;
    let venv = workspace.target.join("ocsf-venv");
    prepare(&venv, &folder.join("requirements.txt"))?;
    let findings = workspace.target.join("ocsf-demo.ndjson");
    let mut scan = Command::new(cordon);
    scan.args(["scan", "--demo", "--quiet", "--ocsf"]).arg(&findings);
    run(scan)?;
    let mut validate = Command::new(venv.join("bin/python3"));
    validate.arg(folder.join("validate.py")).arg(&findings);
    run(validate)?;
    Ok(Report::default())
}

/// Makes a virtual environment with the pinned packages, unless it is there already.
fn prepare(venv: &Path, requirements: &Path) -> Result<(), Stop> {
    let wanted =
        fs::read_to_string(requirements).map_err(|error| format!("{} cannot be read: {error}", requirements.display()))?;
    let stamp = venv.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install::package("python3", "python3 python3-venv")?;
    // On Debian the module is there and its half that brings pip is a package of its own.
    if !python_has("ensurepip") {
        install::apt("venv of Python", "python3-venv")?;
    }
    let mut create = Command::new("python3");
    create.args(["-m", "venv", "--clear"]).arg(venv);
    run(create)?;
    let mut pip = Command::new(venv.join("bin/python3"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    run(pip).map_err(|error| Stop::Skipped(format!("the validators cannot be fetched from PyPI: {error}")))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))?;
    Ok(())
}

fn python_has(module: &str) -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", &format!("import {module}")]);
    output(python).is_ok()
}
