//! The checks, cheap ones first, each with the name it goes by. A check of more than one command has a file of its own.

use crate::{
    benches, deny, edges, fuzz, golden, install, names, ocsf,
    process::run,
    report::{Outcome, Report},
    rules, tests,
    workspace::Workspace,
};

/// A check.
#[derive(Debug)]
pub(crate) struct Step {
    /// What `--only` and `--skip` call it.
    pub(crate) name: &'static str,
    /// What it checks, in one line.
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Workspace) -> Outcome,
}

/// All checks, in the order in which they run.
pub(crate) const ALL: &[Step] = &[
    Step { name: "fmt", about: "every file is formatted", run: fmt },
    Step { name: "edges", about: "crates depend only on those that the house allows", run: edges::check },
    Step { name: "names", about: "no file names a build machine or another registry", run: names::check },
    Step { name: "golden", about: "golden files belong to a test and none waits for review", run: golden::check },
    Step { name: "deny", about: "licences, bans and sources of what we depend on", run: deny::check },
    Step { name: "clippy", about: "no warnings from the compiler or clippy", run: clippy },
    Step { name: "build", about: "everything builds; the steps below use what this one built", run: tests::build },
    Step { name: "tests", about: "all tests", run: tests::check },
    Step { name: "doctests", about: "examples in the documentation", run: tests::doc },
    Step { name: "docs", about: "documentation builds without warnings, private items included", run: docs },
    Step { name: "rules", about: "built-in rules load and pass the tests beside them", run: rules::check },
    Step { name: "ocsf", about: "OCSF output against the published schema", run: ocsf::check },
    Step { name: "benches", about: "every bench still runs", run: benches::check },
    Step { name: "fuzz", about: "a minute of fuzzing for each target", run: fuzz::check },
];

fn fmt(workspace: &Workspace) -> Outcome {
    install::component("rustfmt")?;
    run(workspace.cargo(&["fmt", "--all", "--check"]))?;
    // A workspace of its own.
    if workspace.root.join("fuzz/Cargo.toml").is_file() {
        run(workspace.cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--all", "--check"]))?;
    }
    Ok(Report::default())
}

fn clippy(workspace: &Workspace) -> Outcome {
    install::component("clippy")?;
    run(workspace.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Report::default())
}

fn docs(workspace: &Workspace) -> Outcome {
    let mut command = workspace.cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    run(command)?;
    Ok(Report::default())
}
