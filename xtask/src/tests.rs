//! All tests: built once, run by cargo-nextest where it is installed and else by `cargo test`.
//!
//! A test that cannot run here prints `skipped: … because …` and passes. Such lines are gathered, so that nothing is
//! left out in silence.

use std::fs;

use crate::{
    process::{Stream, find, output, run, run_reading},
    report::{Counts, Outcome, Report, Stop},
    workspace::Workspace,
};

/// What a test that cannot run here prints at the start of a line.
const SKIPPED: &str = "skipped: ";

/// Everything that the steps from here on run. One command with the features of tests and programs together, so that no
/// dependency is built in two ways.
pub(crate) fn build(workspace: &Workspace) -> Outcome {
    run(workspace.cargo(&["build", "--workspace", "--all-targets"]))?;
    Ok(Report::default())
}

/// Runs all tests.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    if find("cargo-nextest").is_some() { nextest(workspace) } else { cargo_test(workspace) }
}

/// Runs the examples in documentation. Their output is shown when one fails.
pub(crate) fn doc(workspace: &Workspace) -> Outcome {
    let mut heard = Heard::default();
    let printed = output(workspace.cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]));
    let (Ok(text) | Err(text)) = &printed;
    text.lines().for_each(|line| heard.cargo_test(line));
    heard.finish(printed.map(drop))
}

/// What the tests printed is in the report that nextest writes; how many were ignored, only in what it says at the end.
fn nextest(workspace: &Workspace) -> Outcome {
    // Its place does not follow the target directory.
    let junit = workspace.root.join("target/nextest/xtask/junit.xml");
    // A report of an earlier run must not count for this one.
    let _ = fs::remove_file(&junit);
    let arguments = ["nextest", "run", "--workspace", "--config-file", "xtask/nextest.toml", "--profile", "xtask"];
    let mut heard = Heard::default();
    let ran = run_reading(workspace.cargo(&arguments), Stream::Errors, &mut |line| heard.nextest(line));
    let text = match fs::read_to_string(&junit) {
        Ok(text) => text,
        Err(error) => {
            return Err(Stop::from(ran.err().unwrap_or_else(|| format!("{} cannot be read: {error}", junit.display()))));
        }
    };
    text.lines().for_each(|line| heard.junit(line.trim_start()));
    heard.finish(ran)
}

fn cargo_test(workspace: &Workspace) -> Outcome {
    println!("cargo-nextest is not installed, so `cargo test` runs the tests, one binary after the other");
    let mut heard = Heard::default();
    let arguments = ["test", "--workspace", "--lib", "--bins", "--tests", "--examples", "--no-fail-fast", "--", "--show-output"];
    let ran = run_reading(workspace.cargo(&arguments), Stream::Output, &mut |line| heard.cargo_test(line));
    heard.finish(ran)
}

/// What was heard of a run of tests.
#[derive(Debug, Default)]
struct Heard {
    counts: Counts,
    reasons: Vec<String>,
    /// Tests that ran and left something out.
    left_out: u64,
    /// Whether the test whose output is being read is among them.
    is_left_out: bool,
}

impl Heard {
    /// A line of `cargo test -- --show-output`.
    fn cargo_test(&mut self, line: &str) {
        if line.starts_with("---- ") {
            self.is_left_out = false;
        } else if let Some(reason) = line.strip_prefix(SKIPPED) {
            self.skip(reason);
        } else if let Some(summary) = line.strip_prefix("test result: ") {
            self.counts.passed += number_before(summary, " passed");
            self.counts.failed += number_before(summary, " failed");
            self.counts.skipped += number_before(summary, " ignored");
        }
    }

    /// A line of what nextest says, such as `Summary [ 42.9s] 219 tests run: 219 passed, 1 skipped`.
    fn nextest(&mut self, line: &str) {
        if let Some((_, summary)) = line.split_once(" tests run: ") {
            self.counts.skipped = number_before(summary, " skipped");
        }
    }

    /// A line of the report of nextest: JUnit's XML, with the output of a test behind its `testcase`.
    fn junit(&mut self, line: &str) {
        if line.starts_with("<testsuites ") {
            self.counts.failed = attribute(line, "failures") + attribute(line, "errors");
            self.counts.passed = attribute(line, "tests").saturating_sub(self.counts.failed);
        } else if line.starts_with("<testcase ") {
            self.is_left_out = false;
        }
        // The first line of an output stands right behind its tag.
        let (before, rest) = line.split_once(SKIPPED).unwrap_or((".", ""));
        if before.is_empty() || before.ends_with('>') {
            self.skip(&unescape(rest.split("</").next().unwrap_or(rest)));
        }
    }

    /// Keeps a reason, once however many tests give it.
    fn skip(&mut self, reason: &str) {
        self.left_out += u64::from(!std::mem::replace(&mut self.is_left_out, true));
        let reason = reason.trim_end().to_owned();
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    fn finish(self, ran: Result<(), String>) -> Outcome {
        let Counts { passed, failed, skipped } = self.counts;
        // The runner took them for passed.
        let tests = Counts { passed: passed.saturating_sub(self.left_out), failed, skipped: skipped + self.left_out };
        let report = Report { tests: Some(tests), skipped: self.reasons };
        match ran {
            Ok(()) => Ok(report),
            Err(reason) => Err(Stop::Failed(reason, report)),
        }
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else { return 0 };
    before.rsplit(' ').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn attribute(tag: &str, name: &str) -> u64 {
    let value = tag.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split('"').next());
    value.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod unit {
    use super::*;

    fn heard_of(mut heard: Heard, text: &str, hear: fn(&mut Heard, &str)) -> Report {
        text.lines().for_each(|line| hear(&mut heard, line));
        heard.finish(Ok(())).unwrap()
    }

    #[test]
    fn summaries_of_cargo_test_add_up() {
        let report = heard_of(
            Heard::default(),
            "---- a stdout ----\n\
             skipped: recordings because ../shared/data is not there\n\
             skipped: rules because ../shared/data is not there\n\
             ---- b stdout ----\n\
             skipped: recordings because ../shared/data is not there\n\
             test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
             test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
            Heard::cargo_test,
        );
        assert_eq!(report.tests, Some(Counts { passed: 13, failed: 2, skipped: 3 }));
        let expected = ["recordings because ../shared/data is not there", "rules because ../shared/data is not there"];
        assert_eq!(report.skipped, expected);
    }

    #[test]
    fn skips_are_found_in_the_report_of_nextest() {
        let mut heard = Heard::default();
        heard.nextest("     Summary [  42.907s] 5 tests run: 4 passed, 1 failed, 1 skipped");
        let report = heard_of(
            heard,
            "<testsuites name=\"nextest-run\" tests=\"5\" failures=\"1\" errors=\"0\" uuid=\"x\">\n\
             <testcase name=\"x\">\n\
             <system-out>\nrunning 1 test\nskipped: a &amp; b because &quot;c&quot; is not there\ntest x ... ok\n</system-out>\n\
             <testcase name=\"y\">\n\
             <system-out>skipped: d because e</system-out>",
            Heard::junit,
        );
        assert_eq!(report.tests, Some(Counts { passed: 2, failed: 1, skipped: 3 }));
        assert_eq!(report.skipped, ["a & b because \"c\" is not there", "d because e"]);
    }
}
