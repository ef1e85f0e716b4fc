//! From the text of a rule file to syntax trees, with the lines that reports need.
//!
//! The parser's trees have no positions, so documents are cut apart here (keeping each one's first line) and a refusal is
//! traced to the line that mentions what it speaks of.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rsigma_parser::{CorrelationRule, FilterRule, SigmaCollection, SigmaRule, parse_sigma_yaml};

use crate::{RuleProblem, bounds, collection::Collection, mistakes};

/// Longer files are refused: the longest published rule has 60 KiB.
pub(crate) const MAX_FILE_BYTES: usize = 4 << 20;
/// Documents looked at in one file; the longest published file has five.
const MAX_DOCUMENTS: usize = 20_000;
/// Nothing to look for: a problem of the whole document.
const NOWHERE: [&str; 0] = [];

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
    /// The line that a path of words leads to, such as a detection, a field in it and a value of that: for each in turn,
    /// the next line that has it as a key, or else mentions it. The document's first line when none does.
    pub(crate) fn line_of(&self, path: &[impl AsRef<str>]) -> u32 {
        let mut found = None;
        for word in path.iter().filter_map(|word| word.as_ref().lines().next()).filter(|word| !word.is_empty()) {
            let from = found.unwrap_or(0);
            let next = |is: &dyn Fn(&str) -> bool| self.text.lines().skip(from).position(is).map(|at| from + at);
            found = next(&|line| is_key(line, word)).or_else(|| next(&|line| mentions(line, word))).or(found);
        }
        self.line + found.map_or_else(|| leading_lines(self.text), |at| at as u32)
    }

    pub(crate) fn problem(&self, title: Option<&str>, path: &[impl AsRef<str>], reason: impl Into<String>) -> RuleProblem {
        RuleProblem {
            file: self.file.to_owned(),
            line: self.line_of(path),
            title: title.map(str::to_owned),
            reason: reason.into(),
        }
    }
}

/// Whether a line starts with `word` as a key: `word:`, `- word|contains:`, `'word': …`.
fn is_key(line: &str, word: &str) -> bool {
    let key = line.trim_start_matches([' ', '\t', '-', '?', '{', '"', '\'']);
    key.strip_prefix(word).is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with([':', '|']))
}

/// Whether a line has `word` outside of a comment.
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
    // A byte order mark, as some editors write it, is no part of the first key.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = Place { file, text, line: 1 };
    if text.len() > MAX_FILE_BYTES {
        problems.push(whole.problem(None, &NOWHERE, format!("the file has more than {MAX_FILE_BYTES} bytes; split it")));
        return Vec::new();
    }
    let has_action = |line: &str| !line.starts_with([' ', '\t']) && is_key(line, "action");
    let mut collection = text.lines().any(has_action).then(Collection::default);
    let mut places = split(file, text);
    if let Some(place) = places.get(MAX_DOCUMENTS) {
        let reason = format!("the file has more than {MAX_DOCUMENTS} documents; those from here on are left out; split it");
        problems.push(place.problem(None, &NOWHERE, reason));
        places.truncate(MAX_DOCUMENTS);
    }
    let mut found = Vec::new();
    for place in places {
        match read(&place, collection.as_mut()) {
            Ok(read) => {
                problems.extend(read.errors.iter().map(|error| mistakes::problem(&place, error)));
                found.extend(read.rules.into_iter().map(|rule| (Document::Rule(Box::new(rule)), place.clone())));
                found.extend(read.filters.into_iter().map(|filter| (Document::Filter(Box::new(filter)), place.clone())));
                found.extend(read.correlations.into_iter().map(|rule| (Document::Correlation(Box::new(rule)), place.clone())));
            }
            Err(problem) => problems.push(problem),
        }
    }
    found
}

/// Reads one document; none comes out of one that only says something about others.
fn read(place: &Place<'_>, collection: Option<&mut Collection>) -> Result<SigmaCollection, RuleProblem> {
    let title = mistakes::title(place.text);
    bounds::check(place.text).map_err(|(near, reason)| place.problem(title, &[near], reason))?;
    let mut text = Cow::Borrowed(place.text);
    if let Some(collection) = collection {
        let document =
            yaml_serde::from_str(place.text).map_err(|error| mistakes::problem(place, &format!("YAML parse error: {error}")))?;
        match collection.apply(document).map_err(|reason| place.problem(title, &["action"], reason))? {
            Some(whole) => text = Cow::Owned(whole),
            None => return Ok(SigmaCollection::default()),
        }
        // What two harmless documents make together may not be.
        bounds::check(&text).map_err(|(near, reason)| place.problem(title, &[near], reason))?;
    }
    // The parser is not ours; should it panic on hostile text, that rule is refused like any other.
    match catch_unwind(AssertUnwindSafe(|| parse_sigma_yaml(&text))) {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => Err(mistakes::problem(place, &error.to_string())),
        Err(_) => Err(place.problem(title, &NOWHERE, "the rule parser gave up on this document")),
    }
}

/// Cuts a file at its `---` lines, leaving out documents that say nothing.
fn split<'t>(file: &'t str, text: &'t str) -> Vec<Place<'t>> {
    let mut places = Vec::new();
    let (mut start, mut start_line) = (0, 1);
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        // A document may begin on the same line.
        if line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])) {
            places.push(Place { file, text: &text[start..at], line: start_line });
            (start, start_line) = (at + "---".len(), number);
        }
        at += line.len();
    }
    places.push(Place { file, text: &text[start..], line: start_line });
    let says_nothing =
        |line: &str| matches!(line.trim(), "" | "...") || line.trim_start().starts_with('#') || line.starts_with("%YAML");
    places.retain(|place| !place.text.lines().all(says_nothing));
    places
}
