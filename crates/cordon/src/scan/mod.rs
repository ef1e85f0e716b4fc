//! `cordon scan`: logs in, detections out, the worst first.
//!
//! ```text
//! input (what to read) ─► intake (open, unpack, cut) ─► worker × N (read, match) ─► order ─► collect ─► output, summary
//! ```
//!
//! Everything that can be refused is refused before the first byte is read: paths, outputs, rules. [`pipeline`] tells
//! how the stages run side by side in bounded memory.

mod collect;
pub(crate) mod correlate;
mod cpu;
pub(crate) mod input;
pub(crate) mod intake;
mod order;
mod output;
mod pipeline;
pub(crate) mod progress;
mod rule_choice;
pub(crate) mod source;
mod summary;
mod target;
mod worker;

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::Ordering,
    time::{Instant, SystemTime},
};

use anyhow::Context as _;
use cordon_model::Timestamp;

use self::{
    collect::{Collector, Gathered},
    correlate::Correlations,
    input::{Exclude, Inputs},
    intake::Intake,
    output::{OutputError, Outputs},
    progress::Progress,
    source::Interrupt,
    summary::Style,
    worker::Task,
};
use crate::{
    cli::{Color, ScanArgs, refuse},
    exit::Exit,
    report::{Unread, text},
    say,
};

/// Threads when none are asked for: each holds some 15 MB of caches, and together they stay under 250 MB.
const MAX_DEFAULT_THREADS: usize = 8;

/// Runs the command.
///
/// # Errors
/// What was asked cannot be done; the message names the thing and the way out.
pub(crate) fn run(args: &ScanArgs, color: Color) -> anyhow::Result<Exit> {
    if let Some(conflict) = args.conflict() {
        return Ok(refuse(&conflict));
    }
    let (clock, started) = (Instant::now(), now());
    let inputs = match args.demo {
        true => Inputs::from_memory(cordon_fixtures::demo_attack()),
        false => Inputs::from_paths(&args.paths, &Exclude::new(&args.exclude)?)?,
    };
    let outputs = Outputs::open(&args.outputs, started)?;
    let rules = rule_choice::load(args)?;
    let task = Task::new(&rules.set, args, &rules.is_excluded);

    let cores = || std::thread::available_parallelism().map_or(1, usize::from).min(MAX_DEFAULT_THREADS);
    let threads = args.threads.map_or_else(cores, usize::from);
    let interrupt = Interrupt::install();
    let progress = Progress::start((!inputs.is_open_ended).then_some(inputs.size_bytes), args.quiet);
    for (name, error) in &inputs.unreadable {
        progress.say(&format!("cannot read {name}: {error}"));
    }
    let mut collector = Collector::new(outputs, Correlations::new(&rules.set, &rules.is_excluded));
    let intake = pipeline::run(
        threads,
        &task,
        |feed| intake::run(&inputs.list, args.logsource.is_some(), &interrupt, &progress, feed),
        |results| collector.take(results, &progress),
    );
    progress.finish();

    let (mut gathered, outputs) = collector.finish().map_err(cannot_write)?;
    let stats = &mut gathered.stats;
    (stats.started, stats.options) = (Some(started), args.describe());
    (stats.files, stats.bytes) = (intake.logs, progress.read_bytes().load(Ordering::Relaxed));
    (stats.threads, stats.wall, stats.cpu) = (threads, clock.elapsed(), cpu::used());
    rules.describe(stats);
    for (name, error) in &inputs.unreadable {
        stats.unread.push(Unread { source: name.clone(), offset: None, reason: error.to_string() });
    }
    outputs.complete(&gathered.findings, &gathered.stats, &title(args)).map_err(cannot_write)?;
    finish(args, color, &inputs, &intake, &gathered, interrupt.is_set())
}

/// Says how it went, and in which exit code.
fn finish(
    args: &ScanArgs,
    color: Color,
    inputs: &Inputs,
    intake: &Intake,
    gathered: &Gathered,
    is_cut: bool,
) -> anyhow::Result<Exit> {
    let notes = notes(inputs, intake, gathered);
    if intake.logs == 0 && !is_cut {
        let notes = if notes.is_empty() { "nothing is there".to_owned() } else { notes.join("; ") };
        say(&format!("found no log in {}: {notes}", title(args)));
        return Ok(Exit::Failed);
    }
    if !args.quiet {
        show_summary(args, color, gathered, &notes).context("cannot write standard output")?;
    }
    if is_cut {
        say("ended by Ctrl-C; this is what was read until then");
    }
    let fails = args.fail_on.is_some_and(|level| gathered.findings.worst().is_some_and(|worst| worst >= level));
    Ok(match () {
        () if is_cut => Exit::Interrupted,
        () if fails => Exit::Found,
        () if gathered.stats.unread.total() > 0 => Exit::Incomplete,
        () => Exit::Done,
    })
}

/// Writes the summary to standard output, or to standard error when an output takes that.
fn show_summary(args: &ScanArgs, color: Color, gathered: &Gathered, notes: &[String]) -> io::Result<()> {
    let next = match (args.demo, args.outputs.html.is_some()) {
        (true, _) => "This attack was made up. On real logs:  cordon scan PATH",
        (false, false) => "For a report to read and print:  cordon scan --html report.html PATH",
        (false, true) => "",
    };
    let to_stderr = args.outputs.all().iter().any(|(_, path)| path.as_os_str() == "-");
    let is_terminal = if to_stderr { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|_| is_terminal);
    let mut style = Style::decide(is_terminal, columns, |name| std::env::var(name).ok());
    match color {
        Color::Auto => {}
        Color::Always => style.colour = true,
        Color::Never => style.colour = false,
    }
    let mut page = summary::render(&gathered.findings, &gathered.stats, style, next);
    for note in notes {
        page += &format!("{note}\n");
    }
    if to_stderr { io::stderr().write_all(page.as_bytes()) } else { io::stdout().write_all(page.as_bytes()) }
}

/// What was left out on the way, and why.
fn notes(inputs: &Inputs, intake: &Intake, gathered: &Gathered) -> Vec<String> {
    let counts = [
        (intake.not_logs, "file is", "files are", "no log that cordon knows"),
        (intake.empty, "file is", "files are", "empty"),
        (inputs.special, "entry is", "entries are", "a pipe, a device or a link to nothing"),
        (inputs.repeated, "folder was", "folders were", "reached again through a link"),
        (inputs.excluded, "path was", "paths were", "left out by --exclude"),
        (gathered.stats.unread.total(), "place", "places", "could not be read"),
        (gathered.late, "event", "events", "came too late to be put in order for correlations; scan fewer logs at once"),
    ];
    let counts = counts.iter().filter(|(count, ..)| *count > 0);
    counts.map(|(count, one, many, what)| format!("{} {what}", text::counted(*count, one, many))).collect()
}

/// How the scan is called.
fn title(args: &ScanArgs) -> String {
    if args.demo {
        return "the demo attack".to_owned();
    }
    let names: Vec<_> = args.paths.iter().map(|path| path.to_string_lossy()).collect();
    names.join(", ")
}

fn cannot_write((name, error): OutputError) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("cannot write {name}"))
}

/// The clock of this machine, for "when was this scan made".
fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
