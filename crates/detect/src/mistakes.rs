//! What the parser has to say against a document, told so that its author can mend it.
//!
//! The parser's messages have the positions of a text that was cut out of the file, speak of its grammar, and take several
//! lines. Here they get the file's line, in one line, with the way out where there is a usual one.

use crate::{RuleProblem, load::Place};

/// Parts of a document that messages speak of without quoting them.
const PARTS: [&str; 6] = ["logsource", "condition", "correlation", "filter", "related", "detection"];

/// Words of the parser's grammar, and what an author calls them.
const GRAMMAR: [(&str, &str); 8] = [
    ("EOI", "the end"),
    ("or_op", "`or`"),
    ("and_op", "`and`"),
    ("not_op", "`not`"),
    ("quantifier", "`1 of`, `all of`"),
    ("selector_target", "`them` or a name with `*`"),
    ("ident", "the name of a detection"),
    ("expr", "a name"),
];

/// What messages say, and what is to be done.
const WAYS_OUT: [(&str, &str); 6] = [
    (
        "Unknown modifier",
        "known are contains, startswith, endswith, all, cased, re (with i, m, s), cidr, gt, gte, lt, lte, neq, exists, fieldref, \
         expand, windash, base64, base64offset, wide, utf16, utf16le, utf16be, minute, hour, day, week, month, year",
    ),
    ("invalid level", "known are informational, low, medium, high, critical; until then the rule counts as informational"),
    ("invalid status", "known are stable, test, experimental, deprecated, unsupported"),
    ("repetition limit exceeded", "its aliases (`*name`) stand for too much, write fewer"),
    ("recursion limit exceeded", "lists and mappings nest too deeply"),
    ("Missing required field 'condition'", "say under `detection` which detections must match"),
];

/// The problem that a message of the parser tells of.
pub(crate) fn problem(place: &Place<'_>, message: &str) -> RuleProblem {
    if let Some(rest) = message.strip_prefix("Condition parse error") {
        return place.problem(title(place.text), &["condition"], condition(rest));
    }
    let quoted = message.split(['\'', '"', '`']).nth(1).unwrap_or("");
    let part = PARTS.iter().find(|part| message.to_ascii_lowercase().contains(**part));
    let path = match message.starts_with("Missing") || quoted.is_empty() {
        true => part.map_or_else(Vec::new, |part| vec![if *part == "condition" { "detection" } else { part }]),
        false => vec![quoted],
    };
    let way_out = WAYS_OUT.iter().find(|(said, _)| message.contains(said)).map(|(_, way_out)| *way_out);
    let (reason, line) = with_lines_of_file(place, &lower_first(message));
    let has_tab = |line: u32| {
        let text = place.text.lines().nth((line - place.line) as usize).unwrap_or_default();
        text[..text.len() - text.trim_start().len()].contains('\t')
    };
    let way_out = way_out.or_else(|| line.filter(|line| has_tab(*line)).map(|_| "indent with spaces, YAML takes no tabs"));
    let reason = way_out.map_or_else(|| reason.clone(), |way_out| format!("{reason}; {way_out}"));
    let mut problem = place.problem(title(place.text), &path, reason.lines().collect::<Vec<_>>().join(" "));
    problem.line = line.unwrap_or(problem.line);
    problem
}

/// What is wrong with a condition. `message`: ` at 1:5: …`, with the condition and what was expected in lines below.
fn condition(message: &str) -> String {
    let column = message.strip_prefix(" at 1:").and_then(|rest| rest.split(':').next());
    let expected = message.split(" = expected ").nth(1);
    let written = message.split("\n1 | ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let (Some(column), Some(expected)) = (column, expected) else {
        return format!("the condition cannot be read: {}", message.split_whitespace().collect::<Vec<_>>().join(" "));
    };
    let expected = expected.lines().next().unwrap_or_default();
    let words = expected.split(' ').map(|word| {
        let known = GRAMMAR.iter().find(|(name, _)| *name == word.trim_end_matches(','));
        known.map_or_else(|| word.to_owned(), |(name, meaning)| word.replace(name, meaning))
    });
    let expected = words.collect::<Vec<_>>().join(" ");
    let way_out = match () {
        () if written.contains('|') => "; aggregations such as `| count()` are no longer part of Sigma, write a correlation rule",
        () if written.split_whitespace().any(|word| ["AND", "OR", "NOT", "OF"].contains(&word)) => {
            "; write `and`, `or`, `not`, `of` in lower case"
        }
        () => "",
    };
    format!("the condition cannot be read from its character {column} on: expected {expected}{way_out}")
}

/// The message with the file's lines in the place of the document's, and the line that it is about.
fn with_lines_of_file(place: &Place<'_>, message: &str) -> (String, Option<u32>) {
    const WORDS: &str = " at line ";
    let mut pieces = message.split(WORDS);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let line = piece[..digits].parse::<u32>().map_or(place.line, |line| place.line.saturating_add(line.saturating_sub(1)));
        text.push_str(&format!("{WORDS}{line}{}", &piece[digits..]));
        lines.push(line);
    }
    // A quote that is never closed is found at the end of the text, but stands where it was opened.
    let line = if message.contains("quoted scalar") { lines.last() } else { lines.first() };
    (text, line.copied())
}

/// The title of a document that may not be readable.
pub(crate) fn title(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("title:")).map(|title| title.trim().trim_matches(['"', '\'']))
}

fn lower_first(text: &str) -> String {
    let is_word = text.chars().nth(1).is_some_and(|second| second.is_lowercase());
    match text.chars().next() {
        Some(first) if is_word => first.to_lowercase().chain(text.chars().skip(1)).collect(),
        _ => text.to_owned(),
    }
}
