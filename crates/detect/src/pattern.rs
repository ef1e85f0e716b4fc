//! Text patterns: literals with wildcards, as Sigma writes them.
//!
//! A pattern is kept as parts, so that the index can pull out the literal that must occur, and the slow path (reports,
//! explanations, verification after the index has found that literal) can match exactly.

use std::borrow::Cow;

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Exactly these characters.
    Literal(Box<str>),
    /// `*`: any characters, none and line breaks included.
    Any,
    /// `?`: exactly one character.
    One,
    /// A dash or slash in front of a command line flag, under `windash`.
    Dash,
}

/// What may stand for a flag's dash. Source: Sigma specification, modifier `windash`.
pub(crate) const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// A text pattern. Unless it is cased, its literals are in lower case and it is matched against lowered text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
    pub(crate) cased: bool,
}

/// How a pattern can be found by the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape<'p> {
    /// The whole value.
    Exact(&'p str),
    /// Anywhere in the value.
    Contains(&'p str),
    /// At the start of the value.
    Starts(&'p str),
    /// At the end of the value.
    Ends(&'p str),
    /// Any value at all.
    Everything,
    /// This literal must occur, and then the pattern must be matched in full; empty when there is no literal.
    Glob(&'p str),
}

/// The text in lower case, each character for itself and as one character. (`str::to_lowercase` treats a final sigma by
/// its surroundings, which would make a substring's lower case differ from the substring of the lower case.)
pub(crate) fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let mut lowered = String::with_capacity(text.len());
    push_lower(text, &mut lowered);
    Cow::Owned(lowered)
}

/// Appends `text` in lower case to `out`.
pub(crate) fn push_lower(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
    } else {
        out.extend(text.chars().map(lower_char));
    }
}

/// A character in lower case. The Kelvin sign and `İ` stay, since they would become `k` and `i`: then bytes of ASCII in
/// a rule could stand for others in a record, and the searches for them would miss it. Windows tells them apart too.
fn lower_char(character: char) -> char {
    match character.to_lowercase().next() {
        Some(lower) if !lower.is_ascii() || character.is_ascii() => lower,
        _ => character,
    }
}

impl Pattern {
    /// From parts as written. Neighbouring literals are joined, neighbouring `*` are one.
    pub(crate) fn new(parts: impl IntoIterator<Item = Part>, cased: bool) -> Self {
        let mut joined: Vec<Part> = Vec::new();
        for part in parts {
            match (joined.last_mut(), part) {
                (_, Part::Literal(text)) if text.is_empty() => {}
                (Some(Part::Any), Part::Any) => {}
                (Some(Part::Literal(last)), Part::Literal(text)) => *last = format!("{last}{}", fold(&text, cased)).into(),
                (_, Part::Literal(text)) => joined.push(Part::Literal(fold(&text, cased).into())),
                (_, part) => joined.push(part),
            }
        }
        Self { parts: joined, cased }
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn shape(&self) -> Shape<'_> {
        match self.parts.as_slice() {
            [] => Shape::Exact(""),
            [Part::Any] => Shape::Everything,
            [Part::Literal(text)] => Shape::Exact(text),
            [Part::Any, Part::Literal(text), Part::Any] => Shape::Contains(text),
            [Part::Literal(text), Part::Any] => Shape::Starts(text),
            [Part::Any, Part::Literal(text)] => Shape::Ends(text),
            parts => Shape::Glob(longest_literal(parts)),
        }
    }

    /// The longest literal, which any match contains.
    pub(crate) fn literal(&self) -> &str {
        longest_literal(&self.parts)
    }

    /// Whether the value matches. `lowered` is [`lower`] of `text`.
    pub(crate) fn matches(&self, text: &str, lowered: &str) -> bool {
        let text = if self.cased { text } else { lowered };
        match self.shape() {
            Shape::Exact(literal) => text == literal,
            Shape::Contains(literal) => memchr::memmem::find(text.as_bytes(), literal.as_bytes()).is_some(),
            Shape::Starts(literal) => text.starts_with(literal),
            Shape::Ends(literal) => text.ends_with(literal),
            Shape::Everything => true,
            Shape::Glob(_) => self.glob(text, &mut |_| {}),
        }
    }

    /// The byte ranges of `text` that the pattern's literals cover, or `None` when it does not match. Ranges refer to
    /// the original text when lowering kept all lengths, else the whole text is given.
    pub(crate) fn ranges(&self, text: &str) -> Option<Vec<(usize, usize)>> {
        let lowered = lower(text);
        let haystack: &str = if self.cased { text } else { &lowered };
        let mut ranges = Vec::new();
        if let Shape::Contains(literal) = self.shape() {
            let found = memchr::memmem::find(haystack.as_bytes(), literal.as_bytes())?;
            ranges.push((found, found + literal.len()));
        } else if !self.glob(haystack, &mut |range| ranges.push(range)) {
            return None;
        }
        let usable = haystack.len() == text.len()
            && ranges.iter().all(|(start, end)| text.is_char_boundary(*start) && text.is_char_boundary(*end));
        if !usable || ranges.is_empty() {
            ranges = vec![(0, text.len())];
        }
        Some(ranges)
    }

    /// Wildcard matching: between two `*` stands a run of other parts; the first run is anchored at the start, the last
    /// at the end, and each one between is taken at its leftmost place, which never loses a match.
    fn glob(&self, text: &str, found: &mut dyn FnMut((usize, usize))) -> bool {
        let runs: Vec<&[Part]> = self.parts.split(|part| *part == Part::Any).collect();
        let Some((first, rest)) = runs.split_first() else { return text.is_empty() };
        let Some(mut at) = run_at(first, text, 0, found) else { return false };
        let Some((last, middle)) = rest.split_last() else { return at == text.len() };
        for run in middle {
            match find_run(run, text, at, found) {
                Some(end) => at = end,
                None => return false,
            }
        }
        let characters: usize =
            last.iter().map(|part| if let Part::Literal(text) = part { text.chars().count() } else { 1 }).sum();
        let start = match characters {
            0 => Some(text.len()),
            _ => text.char_indices().rev().nth(characters - 1).map(|(start, _)| start),
        };
        start.is_some_and(|start| start >= at && run_at(last, text, start, found).is_some())
    }
}

fn fold(text: &str, cased: bool) -> Cow<'_, str> {
    if cased { Cow::Borrowed(text) } else { lower(text) }
}

fn longest_literal(parts: &[Part]) -> &str {
    let literals = parts.iter().filter_map(|part| if let Part::Literal(text) = part { Some(&**text) } else { None });
    literals.max_by_key(|text| text.len()).unwrap_or("")
}

/// Matches a run (no `*` in it) at byte `start`; the byte behind it.
fn run_at(run: &[Part], text: &str, start: usize, found: &mut dyn FnMut((usize, usize))) -> Option<usize> {
    let mut at = start;
    for part in run {
        let rest = &text[at..];
        at += match part {
            Part::Literal(literal) => rest.starts_with(&**literal).then_some(literal.len())?,
            Part::Dash => rest.chars().next().filter(|first| DASHES.contains(first))?.len_utf8(),
            Part::One | Part::Any => rest.chars().next()?.len_utf8(),
        };
    }
    let mut at_again = start;
    for part in run {
        let length = match part {
            Part::Literal(literal) => literal.len(),
            _ => text[at_again..].chars().next().map_or(0, char::len_utf8),
        };
        if !matches!(part, Part::One) {
            found((at_again, at_again + length));
        }
        at_again += length;
    }
    Some(at)
}

/// The byte behind the leftmost match of a run at or after `from`.
fn find_run(run: &[Part], text: &str, from: usize, found: &mut dyn FnMut((usize, usize))) -> Option<usize> {
    let mut start = from;
    loop {
        if let Some(Part::Literal(first)) = run.first() {
            start += memchr::memmem::find(&text.as_bytes()[start..], first.as_bytes())?;
        }
        if let Some(end) = run_at(run, text, start, found) {
            return Some(end);
        }
        start += text[start..].chars().next()?.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        let part = |character: char| match character {
            '*' => Part::Any,
            '?' => Part::One,
            '~' => Part::Dash,
            other => Part::Literal(other.to_string().into()),
        };
        Pattern::new(text.chars().map(part), false)
    }

    fn matches(wanted: &str, text: &str) -> bool {
        pattern(wanted).matches(text, &lower(text))
    }

    #[test]
    fn wildcards_match_as_written() {
        for (wanted, text) in [
            ("a*c", "ABC"),
            ("*a?c*", "xxAbCyy"),
            ("a*b*c", "a\nb\nc"),
            ("*", ""),
            ("**", "x"),
            ("?", "é"),
            ("*ab", "aab"),
            ("*a*a", "aba"),
            ("x*ÉT?", "xyz été"),
            ("cmd* ~c*", "cmd.exe /c dir"),
            ("cmd* ~c*", "cmd.exe \u{2013}c dir"),
            ("?", "İ"),
            ("", ""),
        ] {
            assert!(matches(wanted, text), "{wanted} should match {text:?}");
        }
        for (wanted, text) in [
            ("a*c", "abcd"),
            ("?", ""),
            ("*a*a", "a"),
            ("ab*ba", "aba"),
            ("", "x"),
            ("* ~c", "cmd +c"),
            ("??", "é"),
            ("k*", "\u{212a}x"),
        ] {
            assert!(!matches(wanted, text), "{wanted} should not match {text:?}");
        }
    }

    #[test]
    fn ranges_cover_the_literals() {
        assert_eq!(pattern("*b*d").ranges("abcd"), Some(vec![(1, 2), (3, 4)]));
        assert_eq!(pattern("*b*").ranges("aBc"), Some(vec![(1, 2)]));
        assert_eq!(pattern("*").ranges("abc"), Some(vec![(0, 3)]));
        assert_eq!(pattern("x").ranges("abc"), None);
    }
}
