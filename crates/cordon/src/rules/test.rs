//! `cordon rules test`: every rule fires on its match and stays silent on its near miss.
//!
//! A test stands beside its rule, `x.test.json` beside `x.yml`:
//!
//! ```json
//! {"match": {"Channel": "Security", "EventID": 4688, "…": "…"}, "near_miss": {"…": "…"}}
//! ```
//!
//! Events are flat JSON. A list of events is for a correlation, which must come true by the end of it; for any other rule each
//! event of the list must match (or none). Events that do not tell their log source are taken for what the rule speaks of.
//! Rules are tested together with all others, as they are used. When a file holds correlations, the test is of those.

use std::{collections::HashMap, fmt::Write as _, ops::ControlFlow, path::Path, sync::Arc};

use cordon_detect::{Matcher, Rule, RuleId, RuleKind, RuleSet};
use cordon_event::{LogSource, Reader};
use serde_json::Value;

use super::{
    events,
    load::{Placeholders, RuleFile, RuleFiles},
    tree::{self, Style},
};
use crate::{
    exit::Exit,
    report::text::{counted, one_line},
    scan::correlate::Correlations,
};

/// Files without a test that are named; the rest is counted.
const NAMED: usize = 10;

/// The page to print.
///
/// # Errors
/// The folder is missing or holds no rule.
pub(crate) fn run(dir: Option<&Path>, style: Style) -> anyhow::Result<(String, Exit)> {
    let mut files = RuleFiles::default();
    match dir {
        Some(dir) => files.add_path(dir)?,
        None => files.add_builtin(),
    }
    let place = dir.map_or_else(|| "the built-in pack".to_owned(), |dir| dir.display().to_string());
    anyhow::ensure!(!files.files.is_empty(), "no rule in {place}");

    let mut tests = Tests { files: &files, sets: HashMap::new(), style, page: String::new(), passed: 0, failed: 0 };
    tests.run()?;
    let Tests { mut page, passed, failed, .. } = tests;
    let _ = writeln!(page, "{} tested: {passed} passed, {failed} failed", counted(passed + failed, "rule", "rules"));
    Ok((page, if failed > 0 { Exit::Found } else { Exit::Done }))
}

struct Tests<'f> {
    files: &'f RuleFiles,
    /// The rules, compiled for events of each log source that a test needs.
    sets: HashMap<LogSource, Arc<RuleSet>>,
    style: Style,
    page: String,
    passed: u64,
    failed: u64,
}

impl Tests<'_> {
    fn run(&mut self) -> anyhow::Result<()> {
        let plain = self.files.compile(None, &Placeholders::new(), None)?;
        for (name, reason) in &self.files.unreadable {
            self.fail(name, reason);
        }
        for problem in plain.problems() {
            self.fail(&format!("{}:{}", problem.file, problem.line), &problem.reason);
        }
        let mut by_file: HashMap<&str, Vec<RuleId>> = HashMap::new();
        for (at, rule) in (0..).zip(plain.rules()) {
            by_file.entry(&rule.info.file).or_default().push(RuleId(at));
        }
        let mut untested = Vec::new();
        for file in &self.files.files {
            let Some(rules) = by_file.get(file.name.as_str()) else { continue };
            match &file.test {
                Some(test) => self.file(file, test, &plain, rules)?,
                None => untested.push(file),
            }
        }
        for file in untested.iter().take(NAMED) {
            self.fail(&file.name, "no test beside it; write one as x.test.json beside x.yml");
        }
        if let Some(more) = untested.len().checked_sub(NAMED).filter(|more| *more > 0) {
            self.failed += more as u64;
            let _ = writeln!(self.page, "FAIL {more} more files without a test");
        }
        Ok(())
    }

    fn file(&mut self, file: &RuleFile, test: &str, plain: &RuleSet, rules: &[RuleId]) -> anyhow::Result<()> {
        let test = match Test::parse(test) {
            Ok(test) => test,
            Err(reason) => {
                self.fail(&file.name, &reason);
                return Ok(());
            }
        };
        // A correlation that only serves another one in the file is tested with that one.
        let is_correlation = |id: &&RuleId| plain.rule(**id).kind == RuleKind::Correlation && plain.reports(**id);
        let correlations: Vec<RuleId> = rules.iter().filter(is_correlation).copied().collect();
        let source = rules.iter().map(|id| plain.rule(*id)).find(|rule| rule.kind == RuleKind::Detection);
        let source = source.map(|rule| rule.logsource.clone()).unwrap_or_default();
        // Records of Windows tell where they come from; so most tests share one set.
        let set = self.set(if test.is_windows() { LogSource::default() } else { source })?;
        let tested = if correlations.is_empty() { rules } else { &correlations };
        for id in tested {
            let bench = Bench { set: &set, rule: *id, style: self.style };
            let rule = set.rule(*id);
            let result = match rule.kind {
                RuleKind::Detection => bench.detection(&test),
                RuleKind::Correlation => bench.correlation(&test),
            };
            match result {
                Ok(()) => self.passed += 1,
                Err(reason) => self.fail(&format!("{} ({})", file.name, rule.info.title), &reason),
            }
        }
        Ok(())
    }

    /// The rules, with `source` for events that do not tell theirs. Rule ids are the same in all sets.
    fn set(&mut self, source: LogSource) -> anyhow::Result<Arc<RuleSet>> {
        if let Some(set) = self.sets.get(&source) {
            return Ok(set.clone());
        }
        let assumed = Some(&source).filter(|source| **source != LogSource::default());
        let set = Arc::new(self.files.compile(None, &Placeholders::new(), assumed)?);
        self.sets.insert(source, set.clone());
        Ok(set)
    }

    fn fail(&mut self, name: &str, reason: &str) {
        self.failed += 1;
        let mut lines = reason.lines();
        let _ = writeln!(self.page, "FAIL {}: {}", one_line(name), lines.next().unwrap_or_default());
        for line in lines {
            let _ = writeln!(self.page, "     {line}");
        }
    }
}

/// A test file, read.
struct Test {
    matching: Vec<Value>,
    near_miss: Vec<Value>,
}

impl Test {
    fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("its test is not JSON: {error}"))?;
        let Value::Object(mut parts) = value else {
            return Err("its test is not an object with `match` and `near_miss`".to_owned());
        };
        let mut events = |key: &str| match parts.remove(key) {
            Some(Value::Array(events)) if events.is_empty() => Err(format!("`{key}` of its test holds no event")),
            Some(Value::Array(events)) => Ok(events),
            Some(event @ Value::Object(_)) => Ok(vec![event]),
            Some(_) => Err(format!("`{key}` of its test is neither an event nor a list of events")),
            None => Err(format!("its test has no `{key}`")),
        };
        let test = Self { matching: events("match")?, near_miss: events("near_miss")? };
        match parts.keys().next() {
            Some(key) => Err(format!("{key:?} in its test is not known; use `match` and `near_miss`")),
            None => Ok(test),
        }
    }
}

impl Test {
    fn is_windows(&self) -> bool {
        self.matching.iter().chain(&self.near_miss).all(|event| event.get("Channel").is_some())
    }
}

/// One rule under test.
struct Bench<'s> {
    set: &'s RuleSet,
    rule: RuleId,
    style: Style,
}

impl Bench<'_> {
    /// Every event of `match` matches, none of `near_miss` does.
    fn detection(&self, test: &Test) -> Result<(), String> {
        let (mut matcher, mut reader) = (Matcher::new(self.set), Reader::new());
        for (key, events, expected) in [("match", &test.matching, true), ("near_miss", &test.near_miss, false)] {
            for (number, json) in (1..).zip(events) {
                self.event(json, expected, &mut matcher, &mut reader).map_err(|reason| match events.len() {
                    1 => format!("{key} {reason}"),
                    _ => format!("event {number} of {key} {reason}"),
                })?;
            }
        }
        Ok(())
    }

    fn event(&self, json: &Value, expected: bool, matcher: &mut Matcher<'_>, reader: &mut Reader) -> Result<(), String> {
        let (mut count, mut result) = (0, Ok(()));
        let read = events::read_json(json, reader, &mut |event, names| {
            count += 1;
            let matched = matcher.matches(event, names).contains(&self.rule);
            if matched != expected {
                let explanation = self.set.explain(self.rule, event, names);
                let mut reason = format!("{}\n", if matched { "matches" } else { "does not match" });
                if !explanation.applies {
                    reason += "the event is not of the log source that the rule asks for\n";
                }
                result = Err(reason + &tree::draw(&explanation.condition, self.style, 0));
            }
            ControlFlow::Continue(())
        });
        read.map_err(|reason| format!("cannot be read as an event: {reason}"))?;
        if count != 1 {
            return Err(format!("is {count} events, not one"));
        }
        result
    }

    /// The correlation comes true over `match` and does not over `near_miss`.
    fn correlation(&self, test: &Test) -> Result<(), String> {
        for (key, events, expected) in [("match", &test.matching, true), ("near_miss", &test.near_miss, false)] {
            let (is_true, matches) = self.replay(events).map_err(|reason| format!("{key}: {reason}"))?;
            if is_true != expected {
                let verdict = if is_true { "comes true" } else { "does not come true" };
                return Err(format!("{verdict} over {key}; of its events {matches} matched a rule that it builds on"));
            }
        }
        Ok(())
    }

    /// Whether the correlation comes true over `events`, and how many of them any correlation looks at.
    fn replay(&self, events: &[Value]) -> Result<(bool, usize), String> {
        let (mut matcher, mut reader) = (Matcher::new(self.set), Reader::new());
        let mut correlations = Correlations::new(self.set, &[]);
        let (source, mut found, mut matches): (Arc<str>, _, _) = ("test".into(), Vec::new(), 0);
        for json in events {
            events::read_json(json, &mut reader, &mut |event, names| {
                let hits = matcher.matches(event, names).to_vec();
                let observed: Vec<_> = hits.iter().filter_map(|rule| matcher.observation(*rule, event, names, &source)).collect();
                matches += usize::from(!observed.is_empty());
                observed.into_iter().for_each(|observation| correlations.take(observation, &mut found));
                ControlFlow::Continue(())
            })?;
        }
        correlations.finish(&mut found);
        let rule: &Rule = self.set.rule(self.rule);
        Ok((found.iter().any(|detection| Arc::ptr_eq(&detection.rule, &rule.info)), matches))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_files_name_their_mistakes() {
        let reason = |text: &str| Test::parse(text).err().unwrap_or_default();
        assert_eq!(reason(r#"{"match": {}, "near_miss": [{}]}"#), "");
        assert!(reason("{").contains("not JSON"));
        assert!(reason(r#"{"match": {}}"#).contains("no `near_miss`"));
        assert!(reason(r#"{"match": [], "near_miss": {}}"#).contains("no event"));
        assert!(reason(r#"{"match": 1, "near_miss": {}}"#).contains("neither"));
        assert!(reason(r#"{"match": {}, "near_miss": {}, "nearmiss": {}}"#).contains("\"nearmiss\""));
    }
}
