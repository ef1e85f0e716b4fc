//! Every bench runs for about a second, so that it keeps working. Nothing is measured and no speed is judged here;
//! `bench/README.md` says how that is done.

use crate::{
    process::run,
    report::{Outcome, Report, Stop},
    workspace::{Workspace, targets},
};

/// Runs the benches in the build that the tests use: whether they work does not depend on the profile, and another one
/// would build everything again.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let benches: Vec<&str> = workspace.packages().iter().flat_map(|package| targets(package, "bench")).collect();
    if benches.is_empty() {
        return Err(Stop::Skipped("there is no [[bench]] in the workspace".to_owned()));
    }
    let mut command = workspace.cargo(&["bench", "--workspace", "--profile", "dev"]);
    // By name: `--benches` would also start every library as a bench.
    command.args(benches.iter().flat_map(|name| ["--bench", name]));
    command.env("CORDON_BENCH_SECONDS", "1");
    run(command)?;
    Ok(Report::default())
}
