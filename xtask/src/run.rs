//! Runs steps one after the other. A failure does not stop the rest, so that one run shows everything that is wrong.

use std::{
    io::{self, Write as _},
    time::Instant,
};

use crate::{
    report::{self, Ran, Stop},
    steps::Step,
    workspace::Workspace,
};

/// Runs the steps and prints what came of them; whether all held.
pub(crate) fn run(steps: &[&'static Step], workspace: &Workspace) -> bool {
    let started = Instant::now();
    let ran: Vec<Ran> = steps.iter().map(|step| run_step(step, workspace)).collect();
    // Whoever reads the output may have gone away; the exit code still tells.
    let _ = io::stdout().write_all(report::closing(&ran, started.elapsed()).as_bytes());
    !ran.iter().any(|step| matches!(step.outcome, Err(Stop::Failed(..))))
}

fn run_step(step: &'static Step, workspace: &Workspace) -> Ran {
    println!("\n== {}: {}", step.name, step.about);
    let started = Instant::now();
    let outcome = (step.run)(workspace);
    let ran = Ran { name: step.name, outcome, time: started.elapsed() };
    if let Err(Stop::Failed(reason, _)) = &ran.outcome {
        println!("{reason}");
    }
    println!(
        "== {} {} in {:.1} s{}",
        ran.name,
        ran.word(),
        ran.time.as_secs_f64(),
        match ran.note() {
            note if note.is_empty() => note,
            note => format!(": {note}"),
        }
    );
    ran
}
