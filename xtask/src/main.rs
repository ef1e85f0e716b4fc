//! The only task runner: `cargo xtask test` checks everything that a change must not break.
//!
//! The command line enters here, [`steps`] lists the checks, [`run`] runs them one after the other and prints what came
//! of each. A check that needs a program which is not there asks [`install`]. Start reading at [`steps::ALL`].

mod benches;
mod deny;
mod edges;
mod fuzz;
mod golden;
mod install;
mod names;
mod ocsf;
mod process;
mod report;
mod rules;
mod run;
mod steps;
mod tests;
mod workspace;

use std::process::ExitCode;

use crate::{steps::Step, workspace::Workspace};

const USAGE: &str = "\
usage: cargo xtask test [--only NAME]... [--skip NAME]...   run the checks; all of them unless told otherwise
       cargo xtask list                                     name the checks";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test", options @ ..] => choose(options).and_then(|steps| Ok(run::run(&steps, &Workspace::find()?))),
        ["list"] => {
            steps::ALL.iter().for_each(|step| println!("{:<10} {}", step.name, step.about));
            Ok(true)
        }
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        [other, ..] => Err(format!("there is no task {other:?}\n{USAGE}")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::from(2)
        }
    }
}

/// The steps that the options leave, in the order in which they run.
fn choose(options: &[&str]) -> Result<Vec<&'static Step>, String> {
    let (mut only, mut skip) = (Vec::new(), Vec::new());
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let (option, glued) = option.split_once('=').map_or((*option, None), |(option, name)| (option, Some(name)));
        let list = match option {
            "--only" => &mut only,
            "--skip" => &mut skip,
            other => return Err(format!("{other:?} is not an option of test\n{USAGE}")),
        };
        let name = glued.or_else(|| options.next().copied()).ok_or_else(|| format!("{option} needs the name of a step"))?;
        let step = steps::ALL.iter().find(|step| step.name == name);
        list.push(step.ok_or_else(|| format!("there is no step {name:?}; `cargo xtask list` names them"))?.name);
    }
    Ok(steps::ALL.iter().filter(|step| (only.is_empty() || only.contains(&step.name)) && !skip.contains(&step.name)).collect())
}

#[cfg(test)]
mod unit {
    use super::*;

    fn names(options: &[&str]) -> Vec<&'static str> {
        choose(options).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn only_and_skip_narrow_the_list_and_keep_its_order() {
        assert_eq!(names(&[]).len(), steps::ALL.len());
        assert_eq!(names(&["--only", "clippy", "--only=fmt"]), ["fmt", "clippy"]);
        assert!(!names(&["--skip", "fuzz"]).contains(&"fuzz"));
    }

    #[test]
    fn unknown_steps_are_refused_by_name() {
        assert!(choose(&["--only", "fnt"]).unwrap_err().contains("\"fnt\""));
        assert!(choose(&["--only"]).unwrap_err().contains("--only"));
    }
}
