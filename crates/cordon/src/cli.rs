//! The command line: what can be asked, and in which words. Nothing here does anything.

use std::{collections::HashSet, path::PathBuf};

use clap::{
    Args, CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser},
};
use cordon_event::LogSource;
use cordon_model::{Level, Timestamp};
use globset::{Glob, GlobBuilder};

use crate::exit;

/// Finds attacks in the logs of Windows, Linux and cloud systems with Sigma rules.
#[derive(Debug, Parser)]
#[command(name = "cordon", version, max_term_width = 110, after_help = exit::HELP)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Colour in what is written for people.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read logs and report what the rules find in them, the worst first.
    Scan(Box<ScanArgs>),
    /// Look into rules: list, check, explain, test.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Write a completion script for a shell to standard output.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the man pages.
    Man {
        /// Folder for one page per command; without it the page of cordon itself goes to standard output.
        #[arg(value_hint = ValueHint::DirPath)]
        dir: Option<PathBuf>,
    },
}

/// `cordon scan`.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP, after_long_help = concat_help())]
pub(crate) struct ScanArgs {
    /// Logs, or folders of logs; `-` is standard input.
    ///
    /// What a file is, is told by its content, not its name: EVTX, Windows event XML, JSON of the common shippers,
    /// syslog, auditd; also inside .gz, .zst, .zip, .tar and .tar.gz. Anything else is skipped and counted.
    #[arg(value_name = "PATH", required_unless_present = "demo", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Scan a synthetic ransomware attack that is built on the spot.
    #[arg(long, conflicts_with = "paths")]
    pub(crate) demo: bool,

    /// Which rules to use.
    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    /// Leave rules below this level out.
    #[arg(long, value_name = "LEVEL", value_parser = level(), help_heading = "Rules")]
    pub(crate) min_level: Option<Level>,

    /// Leave out the rule with this id or title (repeatable). Correlations that build on it still see its matches.
    #[arg(long, value_name = "ID|TITLE", help_heading = "Rules")]
    pub(crate) exclude_rule: Vec<String>,

    /// Values for the placeholders that rules with `expand` use: a YAML file, `name: [value, …]`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub(crate) placeholders: Option<PathBuf>,

    /// Leave out events before this time: RFC 3339, or a date. Events without a time are kept.
    #[arg(long, value_name = "TIME", help_heading = "Input")]
    pub(crate) since: Option<Timestamp>,

    /// Leave out events after this time: RFC 3339, or a date (to the end of that day).
    #[arg(long, value_name = "TIME", value_parser = until, help_heading = "Input")]
    pub(crate) until: Option<Timestamp>,

    /// Leave out paths that match: `*.bak`, `old/**` (repeatable). Without a slash, the last part of the path is meant.
    #[arg(long, value_name = "GLOB", value_parser = glob, help_heading = "Input")]
    pub(crate) exclude: Vec<Glob>,

    /// Log source of records that do not tell it themselves: `product=linux,service=sshd`, `category=webserver`.
    #[arg(long, value_name = "KEY=VALUE,…", value_parser = log_source, help_heading = "Input")]
    pub(crate) logsource: Option<LogSource>,

    /// Threads that read and match; all cores, at most 8, when not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Input")]
    pub(crate) threads: Option<u16>,

    /// Where results go besides the summary.
    #[command(flatten)]
    pub(crate) outputs: OutputArgs,

    /// Exit with 1 when there is a detection of this level or above.
    #[arg(long, value_name = "LEVEL", value_parser = level(), help_heading = "Output")]
    pub(crate) fail_on: Option<Level>,

    /// No progress and no summary; only mistakes, and the outputs that were asked for.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,
}

/// Which rules to use.
#[derive(Debug, Args, Default)]
pub(crate) struct RuleArgs {
    /// Use the Sigma rules in this folder or file (repeatable), instead of the built-in pack.
    #[arg(long = "rules", value_name = "DIR", value_hint = ValueHint::AnyPath, help_heading = "Rules")]
    pub(crate) dirs: Vec<PathBuf>,

    /// Use the built-in pack beside --rules.
    #[arg(long, requires = "dirs", help_heading = "Rules")]
    pub(crate) builtin: bool,
}

/// Where results go besides the summary. `-` is standard output.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Write a report to read and print: one page, nothing else needed.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
    /// Write detections as JSON, one a line; `-` is standard output (so for the others).
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) json: Option<PathBuf>,
    /// Write detections as CSV.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) csv: Option<PathBuf>,
    /// Write detections as OCSF Detection Findings, one JSON object a line.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ocsf: Option<PathBuf>,
    /// Write a layer for the MITRE ATT&CK Navigator.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) navigator: Option<PathBuf>,
}

/// `cordon rules`.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List rules: level, title, techniques, log source.
    List {
        /// Only rules in whose title, id, tags, file or description this text stands.
        text: Option<String>,
        /// Which rules.
        #[command(flatten)]
        rules: RuleArgs,
        /// Only rules of this level (repeatable).
        #[arg(long, value_name = "LEVEL", value_parser = level())]
        level: Vec<Level>,
        /// As JSON, one rule a line.
        #[arg(long)]
        json: bool,
    },
    /// Load every rule in a folder or file and name each mistake by file and line.
    #[command(after_help = exit::HELP)]
    Check {
        /// Folders or files.
        #[arg(value_name = "DIR", required = true, value_hint = ValueHint::AnyPath)]
        dirs: Vec<PathBuf>,
        /// Values for placeholders, as for `scan`.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        placeholders: Option<PathBuf>,
    },
    /// Show which parts of a rule's condition hold for an event, and the values seen.
    Explain(ExplainArgs),
    /// Run the tests that stand beside rules (`x.test.json` beside `x.yml`).
    #[command(after_help = exit::HELP)]
    Test {
        /// Folder of rules and tests; the built-in pack when not given.
        #[arg(value_hint = ValueHint::DirPath)]
        dir: Option<PathBuf>,
    },
}

impl ScanArgs {
    /// What of the arguments cannot go together.
    pub(crate) fn conflict(&self) -> Option<String> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since > until
        {
            return Some(format!("--since {since} is after --until {until}, so no event can be meant"));
        }
        let outputs = self.outputs.all();
        for (at, (option, path)) in outputs.iter().enumerate() {
            if let Some((other, _)) = outputs[..at].iter().find(|(_, earlier)| earlier == path) {
                return Some(format!("{other} and {option} both write to {}; give each a file of its own", path.display()));
            }
        }
        None
    }

    /// The options that shape what is found, as name and value.
    pub(crate) fn describe(&self) -> Vec<(String, String)> {
        let mut options: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: String| options.push((name.to_owned(), value));
        self.rules.dirs.iter().for_each(|dir| add("--rules", dir.display().to_string()));
        if self.rules.builtin {
            add("--builtin", String::new());
        }
        self.min_level.iter().for_each(|level| add("--min-level", level.to_string()));
        self.since.iter().for_each(|time| add("--since", time.to_string()));
        self.until.iter().for_each(|time| add("--until", time.to_string()));
        self.exclude.iter().for_each(|glob| add("--exclude", glob.to_string()));
        self.exclude_rule.iter().for_each(|rule| add("--exclude-rule", rule.clone()));
        self.placeholders.iter().for_each(|file| add("--placeholders", file.display().to_string()));
        if let Some(LogSource { product, category, service }) = &self.logsource {
            let parts = [("product", product), ("category", category), ("service", service)];
            let parts = parts.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_ref()?)));
            add("--logsource", parts.collect::<Vec<_>>().join(","));
        }
        options
    }
}

impl OutputArgs {
    /// Those that were given, with their options.
    pub(crate) fn all(&self) -> Vec<(&'static str, &PathBuf)> {
        let all = [
            ("--html", &self.html),
            ("--json", &self.json),
            ("--csv", &self.csv),
            ("--ocsf", &self.ocsf),
            ("--navigator", &self.navigator),
        ];
        all.into_iter().filter_map(|(option, path)| Some((option, path.as_ref()?))).collect()
    }
}

/// Refuses the command line the way that clap does.
pub(crate) fn refuse(conflict: &str) -> exit::Exit {
    let error = Cli::command().error(clap::error::ErrorKind::ArgumentConflict, conflict);
    // When standard error cannot be written there is nobody to tell.
    let _ = error.print();
    exit::Exit::Usage
}

/// `cordon rules explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule: its id, its title or its file.
    pub(crate) rule: String,
    /// The log with the event, in any shape that `scan` reads; `-` is standard input.
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) event: PathBuf,
    /// Which event of the log, from 1. Without it the first one that matches, else the first one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) record: Option<u64>,
    /// Where to look for the rule besides a file of that name.
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Log source of records that do not tell it themselves; taken from the rule when not given.
    #[arg(long, value_name = "KEY=VALUE,…", value_parser = log_source)]
    pub(crate) logsource: Option<LogSource>,
    /// Values for placeholders, as for `scan`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) placeholders: Option<PathBuf>,
}

fn concat_help() -> String {
    format!(
        "Examples:\n  \
         cordon scan C:\\Windows\\System32\\winevt\\Logs --html report.html\n  \
         cordon scan evidence.zip --rules sigma/rules --builtin --min-level medium\n  \
         cordon scan --logsource category=webserver --rules sigma/rules/web access.log.gz --json -\n\n{}",
        exit::HELP
    )
}

/// Takes the words of Sigma's levels, and offers them for completion.
fn level() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::DESCENDING.map(Level::as_str)).try_map(|word| word.parse::<Level>())
}

/// A date alone means the whole of that day.
fn until(text: &str) -> Result<Timestamp, String> {
    const DAY_MICROS: i64 = 86_400_000_000;
    let time: Timestamp = text.parse().map_err(|error: cordon_model::TimestampError| error.to_string())?;
    let is_date = text.trim().len() == "2017-05-12".len();
    Ok(if is_date { Timestamp(time.0 + DAY_MICROS - 1) } else { time })
}

/// `*` stays inside one part of a path; a folder may be written with a slash behind it.
fn glob(text: &str) -> Result<Glob, String> {
    GlobBuilder::new(text.trim_end_matches('/')).literal_separator(true).build().map_err(|error| error.kind().to_string())
}

fn log_source(text: &str) -> Result<LogSource, String> {
    let mut source = LogSource::default();
    let mut seen = HashSet::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = part
            .split_once('=')
            .filter(|(_, value)| !value.trim().is_empty())
            .ok_or_else(|| format!("{part:?} is not KEY=VALUE; write, for example, product=linux,service=sshd"))?;
        let slot = match key.trim() {
            "product" => &mut source.product,
            "category" => &mut source.category,
            "service" => &mut source.service,
            other => return Err(format!("{other:?} is not a part of a log source; use product, category or service")),
        };
        if !seen.insert(key.trim()) {
            return Err(format!("{} is given twice", key.trim()));
        }
        *slot = Some(value.trim().to_owned());
    }
    if seen.is_empty() {
        return Err("a log source needs at least one of product, category and service".to_owned());
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn until_a_date_includes_that_day() {
        assert_eq!(until("2017-05-12").unwrap().to_string(), "2017-05-12T23:59:59.999999Z");
        assert_eq!(until("2017-05-12T08:00:00Z").unwrap().to_string(), "2017-05-12T08:00:00Z");
    }

    #[test]
    fn broken_globs_are_refused() {
        assert!(glob("old/**").is_ok() && glob("[").is_err());
    }

    #[test]
    fn log_source_names_what_is_wrong() {
        let source = log_source("product=linux, service=sshd").unwrap();
        assert_eq!((source.product.as_deref(), source.service.as_deref()), (Some("linux"), Some("sshd")));
        for (text, part) in [
            ("linux", "KEY=VALUE"),
            ("os=linux", "\"os\""),
            ("product=a,product=b", "twice"),
            ("", "at least one"),
            ("product=", "KEY"),
        ] {
            assert!(log_source(text).unwrap_err().contains(part), "{text}");
        }
    }
}
