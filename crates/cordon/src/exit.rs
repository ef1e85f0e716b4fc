//! How a run ends: the exit codes that scripts may rely on.

use std::process::ExitCode;

/// What happened, as the number that the shell sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked was done, and nothing stood at or above `--fail-on`.
    Done,
    /// The answer is "no": detections at or above `--fail-on`, a rule with a mistake, a failed rule test.
    Found,
    /// The command line asks for something that does not make sense. Clap uses the same number.
    Usage,
    /// It could not be done: a path is missing, there are no rules, an output cannot be written.
    Failed,
    /// Done, but some of the input could not be read.
    Incomplete,
    /// Ended by Ctrl-C; what was read until then was reported.
    Interrupted,
    /// Whoever read our standard output went away, as `head` does.
    OutputClosed,
}

/// What `--help`, the man page and `docs/cli.md` say about exit codes.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done; no detection at or above --fail-on (without --fail-on: any number of detections)
  1    detections at or above --fail-on; rules check: a rule has a mistake; rules test: a test failed
  2    the command line does not make sense
  3    could not be done: a path is missing, no log or no rule was found, an output cannot be written
  4    done, but some of the input could not be read (named on standard error and in the summary)
  130  ended by Ctrl-C, after a report of what was read until then
  141  the reader of standard output went away

When several apply: 130, then 1, then 4.";

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Incomplete => 4,
            Self::Interrupted => 130,
            Self::OutputClosed => 141,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
