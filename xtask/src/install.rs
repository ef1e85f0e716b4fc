//! Makes sure that a program is there: installs it where that is quick and allowed, or says exactly how.

use std::process::Command;

use crate::{
    process::{find, output, run},
    report::Stop,
};

/// Makes sure of a component of the Rust toolchain.
pub(crate) fn component(name: &str) -> Result<(), String> {
    // The component `clippy` brings `cargo-clippy`; `rustfmt` brings `cargo-fmt`.
    let program = if name == "rustfmt" { "cargo-fmt" } else { "cargo-clippy" };
    if find(program).is_some() && version(program) {
        return Ok(());
    }
    if find("rustup").is_none() {
        return Err(format!("{program} is not installed; install {name} from where your Rust came from"));
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["component", "add", name]);
    run(rustup)
}

/// Makes sure of a program that a Debian package brings.
pub(crate) fn package(program: &str, package: &str) -> Result<(), Stop> {
    if find(program).is_some() {
        return Ok(());
    }
    apt(program, package)
}

/// Installs a Debian package that is known to be missing.
pub(crate) fn apt(wanted: &str, package: &str) -> Result<(), Stop> {
    let by_hand = format!("{wanted} is not there; install it with `apt-get install {package}`");
    if find("apt-get").is_none() || !is_root() {
        return Err(Stop::Skipped(format!("{by_hand} as root")));
    }
    let mut update = apt_get();
    update.args(["update", "--quiet=2"]);
    let mut install = apt_get();
    install.args(["install", "--quiet=2", "--yes", "--no-install-recommends", package]);
    run(update).and_then(|()| run(install)).map_err(|error| Stop::Skipped(format!("{by_hand} ({error})")))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Whether a rustup proxy has something behind it.
fn version(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version");
    output(command).is_ok()
}

fn is_root() -> bool {
    let mut id = Command::new("id");
    id.arg("-u");
    output(id).is_ok_and(|id| id.trim() == "0")
}
