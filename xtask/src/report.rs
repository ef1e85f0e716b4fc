//! What came of a step, and the lines that a person or a CI reads at the end.

use std::{fmt::Write as _, time::Duration};

/// What came of a step.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Tests that the step ran one by one; `None` when the step is one check.
    pub(crate) tests: Option<Counts>,
    /// What was left out inside the step, and why.
    pub(crate) skipped: Vec<String>,
}

/// How a step ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something is wrong with the project. A step that got as far as running tests still says how many.
    Failed(String, Report),
    /// The step cannot run here; the reason says how to make it run.
    Skipped(String),
}

/// What a step returns.
pub(crate) type Outcome = Result<Report, Stop>;

/// Tests by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Ran to their end.
    pub(crate) passed: u64,
    /// Did not hold.
    pub(crate) failed: u64,
    /// Did not run: ignored, or said themselves that they cannot run here.
    pub(crate) skipped: u64,
}

/// A step that was run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The step's name.
    pub(crate) name: &'static str,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// How long it took.
    pub(crate) time: Duration,
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Failed(reason, Report::default())
    }
}

impl Ran {
    /// `ok`, `FAILED` or `skipped`.
    pub(crate) fn word(&self) -> &'static str {
        match &self.outcome {
            Ok(_) => "ok",
            Err(Stop::Failed(..)) => "FAILED",
            Err(Stop::Skipped(_)) => "skipped",
        }
    }

    /// What is worth a line beside the word.
    pub(crate) fn note(&self) -> String {
        let counts = |report: &Report| match report.tests {
            Some(Counts { passed, failed, skipped }) => format!("{passed} passed, {failed} failed, {skipped} skipped"),
            None => String::new(),
        };
        match &self.outcome {
            Ok(report) => counts(report),
            Err(Stop::Failed(reason, report)) if report.tests.is_some() => format!("{reason}: {}", counts(report)),
            Err(Stop::Failed(reason, _) | Stop::Skipped(reason)) => reason.lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// The step's part of the total: its tests, or itself as one.
    fn counts(&self) -> Counts {
        match &self.outcome {
            Ok(Report { tests: Some(counts), .. }) => *counts,
            Ok(_) => Counts { passed: 1, ..Counts::default() },
            // A step whose tests all passed can still have failed.
            Err(Stop::Failed(_, Report { tests: Some(counts), .. })) => Counts { failed: counts.failed.max(1), ..*counts },
            Err(Stop::Failed(..)) => Counts { failed: 1, ..Counts::default() },
            Err(Stop::Skipped(_)) => Counts { skipped: 1, ..Counts::default() },
        }
    }
}

/// Everything that the end of the output says. Its last two lines are for machines: the summary in the form of
/// `cargo test`, and the same in plain words.
pub(crate) fn closing(ran: &[Ran], time: Duration) -> String {
    let mut text = String::from("\n");
    // Writing to a String cannot fail.
    for step in ran {
        let line = format!("{:<10} {:>7} {:>8.1} s  {}", step.name, step.word(), step.time.as_secs_f64(), step.note());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let skipped = skips(ran);
    if !skipped.is_empty() {
        text.push_str("\nskipped, and why:\n");
        skipped.iter().for_each(|line| text.extend(["  ", line.as_str(), "\n"]));
    }
    let failed = ran.iter().filter_map(|step| match &step.outcome {
        Err(Stop::Failed(reason, _)) => Some((step.name, reason)),
        _ => None,
    });
    for (at, (name, reason)) in failed.enumerate() {
        let heading = if at == 0 { "\nfailed:\n" } else { "" };
        let _ = writeln!(text, "{heading}  {name}: {}", reason.trim_end().replace('\n', "\n    "));
    }
    let total = ran.iter().map(Ran::counts).fold(Counts::default(), |sum, one| Counts {
        passed: sum.passed + one.passed,
        failed: sum.failed + one.failed,
        skipped: sum.skipped + one.skipped,
    });
    let Counts { passed, failed, skipped } = total;
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let seconds = time.as_secs_f64();
    let _ = writeln!(
        text,
        "\ntest result: {word}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; 0 filtered out; finished in {seconds:.2}s"
    );
    let _ = writeln!(text, "{passed} passed, {failed} failed, {skipped} skipped");
    text
}

fn skips(ran: &[Ran]) -> Vec<String> {
    let mut lines = Vec::new();
    for step in ran {
        match &step.outcome {
            Ok(report) | Err(Stop::Failed(_, report)) => {
                lines.extend(report.skipped.iter().map(|reason| format!("{}: {reason}", step.name)));
            }
            Err(Stop::Skipped(reason)) => lines.push(format!("{}: {}", step.name, reason.trim_end().replace('\n', "\n    "))),
        }
    }
    lines
}

#[cfg(test)]
mod unit {
    use super::*;

    fn ran(name: &'static str, outcome: Outcome) -> Ran {
        Ran { name, outcome, time: Duration::from_millis(1500) }
    }

    #[test]
    fn last_lines_count_tests_and_steps() {
        let tests = Report {
            tests: Some(Counts { passed: 40, failed: 0, skipped: 2 }),
            skipped: vec!["recordings, because they are not there".into()],
        };
        let steps =
            [ran("fmt", Ok(Report::default())), ran("tests", Ok(tests)), ran("deny", Err(Stop::Skipped("no cargo-deny".into())))];
        let text = closing(&steps, Duration::from_secs(9));
        assert!(text.contains("tests: recordings, because they are not there"), "{text}");
        assert!(text.contains("deny: no cargo-deny"), "{text}");
        assert!(text.contains("test result: ok. 41 passed; 0 failed; 3 ignored;"), "{text}");
        assert!(text.ends_with("41 passed, 0 failed, 3 skipped\n"), "{text}");
    }

    #[test]
    fn step_that_fails_after_its_tests_passed_is_a_failure() {
        let tests = Report { tests: Some(Counts { passed: 3, failed: 0, skipped: 0 }), skipped: Vec::new() };
        let text = closing(&[ran("tests", Err(Stop::Failed("exit status 104".into(), tests)))], Duration::ZERO);
        assert!(text.contains("test result: FAILED. 3 passed; 1 failed;"), "{text}");
        assert!(text.contains("tests: exit status 104"), "{text}");
    }
}
