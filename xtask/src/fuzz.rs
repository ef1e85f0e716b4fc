//! A minute of fuzzing for each target, from the seeds in the project.
//!
//! How the targets are built is said in `fuzz/.cargo/config.toml`: with the stable compiler, and with nothing to install but
//! a C++ compiler for libFuzzer.

use std::{
    env, fs,
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
};

use crate::{
    install,
    process::{output, run},
    report::{Counts, Outcome, Report, Stop},
    workspace::{self, Workspace, targets},
};

/// The package that holds the targets.
const PACKAGE: &str = "cordon-fuzz";

/// Seconds for each target, unless the environment says otherwise.
const SECONDS: u32 = 60;
const SECONDS_VARIABLE: &str = "CORDON_FUZZ_SECONDS";

/// One input may take this long, and the whole this much memory. Longer inputs only make it slow. As in `fuzz/README.md`.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=16384"];

/// Lines of a fuzzer's output that are shown when it found something.
const LINES: usize = 60;

/// Builds the targets and lets each of them search.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let manifest = workspace.root.join("fuzz/Cargo.toml");
    if !manifest.is_file() {
        return Err(Stop::Skipped("fuzz/Cargo.toml is not there".to_owned()));
    }
    let seconds = seconds()?;
    install::package("c++", "g++")?;
    let metadata = workspace::metadata(&manifest)?;
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let package = packages.iter().find(|package| package["name"] == PACKAGE).ok_or_else(|| format!("fuzz has no {PACKAGE}"))?;
    let names: Vec<&str> = targets(package, "bin").collect();
    let programs = build(workspace)?;

    let mut report = Report { tests: Some(Counts::default()), skipped: Vec::new() };
    let mut wrong = Vec::new();
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    for names in names.chunks(at_once) {
        println!("{} for {seconds} s", names.join(", "));
        let started: Vec<_> = names.iter().map(|name| Fuzzer::start(name, &programs, workspace, seconds)).collect();
        for fuzzer in started {
            let found = fuzzer.and_then(Fuzzer::finish);
            let counts = report.tests.get_or_insert_default();
            match &found {
                Ok(()) => counts.passed += 1,
                Err(_) => counts.failed += 1,
            }
            wrong.extend(found.err());
        }
    }
    if wrong.is_empty() { Ok(report) } else { Err(Stop::Failed(wrong.join("\n"), report)) }
}

fn seconds() -> Result<u32, String> {
    let Ok(text) = env::var(SECONDS_VARIABLE) else { return Ok(SECONDS) };
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds.ok_or_else(|| format!("{SECONDS_VARIABLE} is {text:?}; give a number of seconds from 1, or use --skip fuzz"))
}

/// Builds all targets; the folder with the programs.
fn build(workspace: &Workspace) -> Result<PathBuf, String> {
    let mut rustc = Command::new("rustc");
    rustc.arg("-vV");
    let version = output(rustc)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc -vV names no host")?;
    let target = workspace.target.join("fuzz");
    let mut command = workspace.cargo(&["build", "--release", "--locked", "--bins", "--package", PACKAGE, "--target-dir"]);
    // The settings in that folder count only there, and only where no variable overrules them.
    command.arg(&target).current_dir(workspace.root.join("fuzz")).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(command)?;
    Ok(target.join(host).join("release"))
}

/// A target that is searching.
struct Fuzzer {
    name: String,
    child: Child,
    /// What it prints.
    log: PathBuf,
}

impl Fuzzer {
    fn start(name: &str, programs: &Path, workspace: &Workspace, seconds: u32) -> Result<Self, String> {
        let place = workspace.target.join("fuzz/found").join(name);
        // What it finds on the way is kept from run to run, so that each goes on where the last one stopped.
        let corpus = place.join("corpus");
        fs::create_dir_all(&corpus).map_err(|error| format!("{} cannot be made: {error}", corpus.display()))?;
        let log = place.join("log.txt");
        let cannot_log = |error| format!("{} cannot be written: {error}", log.display());
        let file = File::create(&log).map_err(cannot_log)?;
        let mut command = Command::new(programs.join(name));
        command.args(LIMITS).arg(format!("-max_total_time={seconds}"));
        command.arg(format!("-artifact_prefix={}/", place.display())).arg(corpus);
        let seeds = workspace.root.join("fuzz/seeds").join(name);
        if seeds.is_dir() {
            command.arg(seeds);
        }
        command.current_dir(&workspace.root).stdout(file.try_clone().map_err(cannot_log)?).stderr(file);
        let child = command.spawn().map_err(|error| format!("fuzz target {name} cannot be started: {error}"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Waits for the end; an error holds what was found and where the input is.
    fn finish(mut self) -> Result<(), String> {
        let status = self.child.wait().map_err(|error| format!("fuzz target {} cannot be waited for: {error}", self.name))?;
        let text = fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        if status.success() {
            println!("{}: {}", self.name, lines.last().unwrap_or(&"done"));
            return Ok(());
        }
        lines[lines.len().saturating_sub(LINES)..].iter().for_each(|line| println!("{line}"));
        let input = text.lines().find_map(|line| line.split_once("Test unit written to ")).map_or("", |(_, path)| path);
        Err(format!("fuzz target {} ended with {status}; the input: {input}; all it said: {}", self.name, self.log.display()))
    }
}
