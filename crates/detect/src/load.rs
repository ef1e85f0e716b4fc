//! From the text of a rule file to syntax trees, with the lines that reports need.
//!
//! The parser's trees have no positions, so documents are cut apart here (keeping each one's first line) and a refusal is
//! traced to the line that mentions what it speaks of.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rsigma_parser::{CorrelationRule, FilterRule, SigmaRule, parse_sigma_yaml};

use crate::RuleProblem;

/// Longer files are refused: the longest published rule has 60 KiB.
pub(crate) const MAX_FILE_BYTES: usize = 4 << 20;
/// Deeper brackets in a condition are refused before the parser recurses into them.
const MAX_CONDITION_DEPTH: usize = 64;

/// One document of a rule file.
pub(crate) enum Document {
    Rule(Box<SigmaRule>),
    Filter(Box<FilterRule>),
    Correlation(Box<CorrelationRule>),
}

/// Where a document stands.
#[derive(Debug, Clone)]
pub(crate) struct Place<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
    /// The file's line on which `text` starts, from 1.
    pub(crate) line: u32,
}

impl Place<'_> {
    /// The line that mentions `near` first; the document's first line when none does.
    pub(crate) fn line_of(&self, near: &str) -> u32 {
        let first = near.lines().next().unwrap_or("");
        let found = if first.is_empty() { None } else { self.text.lines().position(|line| mentions(line, first)) };
        self.line + found.map_or_else(|| leading_lines(self.text), |at| at as u32)
    }

    pub(crate) fn problem(&self, title: Option<&str>, near: &str, reason: impl Into<String>) -> RuleProblem {
        RuleProblem {
            file: self.file.to_owned(),
            line: self.line_of(near),
            title: title.map(str::to_owned),
            reason: reason.into(),
        }
    }
}

/// Whether a line has `word` as a key, or at all when it cannot be one.
fn mentions(line: &str, word: &str) -> bool {
    let is_comment = line.trim_start().starts_with('#');
    !is_comment && line.contains(word)
}

/// Lines before the first that says something.
fn leading_lines(text: &str) -> u32 {
    text.lines().position(|line| !matches!(line.trim(), "" | "---") && !line.trim_start().starts_with('#')).unwrap_or(0) as u32
}

/// Reads all documents of a file. What cannot be read is added to `problems`; the rest goes on.
pub(crate) fn documents<'t>(file: &'t str, text: &'t str, problems: &mut Vec<RuleProblem>) -> Vec<(Document, Place<'t>)> {
    let whole = Place { file, text, line: 1 };
    if text.len() > MAX_FILE_BYTES {
        problems.push(whole.problem(None, "", format!("the file has more than {MAX_FILE_BYTES} bytes; split it")));
        return Vec::new();
    }
    let has_actions = text.lines().any(|line| line.starts_with("action:"));
    let places = if has_actions { vec![whole] } else { split(file, text) };
    let mut found = Vec::new();
    for place in places {
        if let Some(reason) = too_deep(place.text) {
            problems.push(place.problem(None, "", reason));
            continue;
        }
        // The parser is not ours; should it panic on hostile text, that rule is refused like any other.
        let parsed = catch_unwind(AssertUnwindSafe(|| parse_sigma_yaml(place.text)));
        let collection = match parsed {
            Ok(Ok(collection)) => collection,
            Ok(Err(error)) => {
                problems.push(located(&place, &error.to_string()));
                continue;
            }
            Err(_) => {
                problems.push(place.problem(None, "", "the rule parser gave up on this document"));
                continue;
            }
        };
        problems.extend(collection.errors.iter().map(|error| located(&place, error)));
        found.extend(collection.rules.into_iter().map(|rule| (Document::Rule(Box::new(rule)), place.clone())));
        found.extend(collection.filters.into_iter().map(|filter| (Document::Filter(Box::new(filter)), place.clone())));
        found.extend(collection.correlations.into_iter().map(|rule| (Document::Correlation(Box::new(rule)), place.clone())));
    }
    found
}

/// Cuts a file at its `---` lines, leaving out documents that say nothing.
fn split<'t>(file: &'t str, text: &'t str) -> Vec<Place<'t>> {
    let mut places = Vec::new();
    let (mut start, mut start_line) = (0, 1);
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if line.trim_end() == "---" {
            places.push(Place { file, text: &text[start..at], line: start_line });
            (start, start_line) = (at + line.len(), number + 1);
        }
        at += line.len();
    }
    places.push(Place { file, text: &text[start..], line: start_line });
    places.retain(|place| place.text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')));
    places
}

/// A parse error with the line that it names, or that mentions what it quotes.
fn located(place: &Place<'_>, error: &str) -> RuleProblem {
    let title = place.text.lines().find_map(|line| line.strip_prefix("title:")).map(str::trim);
    let named = error.split(" at line ").nth(1).and_then(|rest| {
        let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
        digits.parse::<u32>().ok()
    });
    let quoted = error.split(['\'', '"', '`']).nth(1).unwrap_or("");
    let mut problem = place.problem(title, quoted, lower_first(error));
    if let Some(line) = named {
        problem.line = place.line + line.saturating_sub(1);
    }
    problem
}

fn lower_first(text: &str) -> String {
    let is_word = text.chars().nth(1).is_some_and(|second| second.is_lowercase());
    match text.chars().next() {
        Some(first) if is_word => first.to_lowercase().chain(text.chars().skip(1)).collect(),
        _ => text.to_owned(),
    }
}

/// A bound on the nesting of conditions, so that the parser behind it does not recurse deeply. (The YAML parser has its
/// own.) Only documents with very many brackets are looked at closely.
fn too_deep(text: &str) -> Option<String> {
    if memchr::memchr_iter(b'(', text.as_bytes()).take(MAX_CONDITION_DEPTH + 1).count() <= MAX_CONDITION_DEPTH {
        return None;
    }
    let document: yaml_serde::Value = yaml_serde::from_str(text).ok()?;
    let sections = ["detection", "correlation", "filter"].iter().filter_map(|name| document.get(name)?.get("condition"));
    let deepest = sections.flat_map(|condition| match condition {
        yaml_serde::Value::Sequence(list) => list.iter().collect(),
        one => vec![one],
    });
    let deepest = deepest.filter_map(|condition| condition.as_str()).map(nesting).max()?;
    (deepest > MAX_CONDITION_DEPTH).then(|| format!("the condition nests more than {MAX_CONDITION_DEPTH} brackets"))
}

fn nesting(condition: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in condition.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
