//! Rules out in one pass over a record that any keyword stands in any of its fields.
//!
//! Keywords are looked for in every value of every event, and nearly never found. So the record is first searched as it
//! stands, escapes and all, for a piece of each keyword that no log format escapes. Only when a piece is found are the
//! values decoded and looked at one by one.

use aho_corasick::packed;
use cordon_event::{Encoding, Event, Format, Value};

use crate::{needles::Needles, predicate::Test};

/// Tells that no keyword of a partition can stand in a record.
#[derive(Debug)]
pub(crate) struct KeywordFilter {
    pieces: Pieces,
    /// Whether a piece can stand in the text of a number, time or identifier.
    asks_numbers: bool,
}

#[derive(Debug)]
enum Pieces {
    /// Searched for with vector instructions.
    Packed(packed::Searcher),
    /// Where the processor has none of them, or there are too many pieces.
    Needles(Needles),
}

/// Bytes that the texts of numbers, times, truth values and identifiers are made of.
const NUMBER_BYTES: &[u8] = b"0123456789abcdefxstzrulino-+:.";
/// Bytes of a keyword that are searched for; longer pieces find no less.
const PIECE_BYTES: usize = 4;

impl KeywordFilter {
    /// `None` when a keyword has no piece to search for, so that every value must be looked at.
    pub(crate) fn new<'t>(tests: impl Iterator<Item = &'t Test>) -> Option<Self> {
        let mut pieces: Vec<Box<[u8]>> = Vec::new();
        for test in tests {
            let Test::AnyOf(values) = test else { return None };
            if !values.numbers.is_empty() || !values.truths.is_empty() {
                return None;
            }
            for pattern in &values.patterns {
                let literal = crate::pattern::lower(pattern.literal()).into_owned();
                let piece = best_piece(literal.as_bytes())?;
                if !pieces.iter().any(|known| **known == *piece) {
                    pieces.push(piece.into());
                }
            }
        }
        if pieces.is_empty() {
            return None;
        }
        let packed = packed::Searcher::new(pieces.iter());
        let asks_numbers = pieces.iter().any(|piece| piece.iter().all(|byte| NUMBER_BYTES.contains(byte)));
        Some(Self { asks_numbers, pieces: packed.map_or_else(|| Pieces::Needles(Needles::new(pieces)), Pieces::Packed) })
    }

    /// Whether a keyword may stand in the event. `buffer` is scratch.
    pub(crate) fn may_match(&self, event: &Event<'_>, buffer: &mut Vec<u8>) -> bool {
        // Auditd writes texts as hexadecimal digits.
        if event.header.format == Format::Auditd {
            return true;
        }
        buffer.clear();
        let raw = event.raw.unwrap_or_default();
        if hides_text(raw) {
            return true;
        }
        buffer.extend_from_slice(raw);
        let inside = raw.as_ptr_range();
        for field in event.fields.iter().filter(|field| !inside.contains(&field.value.bytes.as_ptr())) {
            if !self.append(field.value, buffer) {
                return true;
            }
            // Keeps a keyword from being seen across two values.
            buffer.push(b'\n');
        }
        buffer.make_ascii_lowercase();
        match &self.pieces {
            Pieces::Packed(searcher) => searcher.find(buffer.as_slice()).is_some(),
            Pieces::Needles(needles) => {
                let mut found = false;
                needles.find(buffer, |_, _, _| found = true);
                found
            }
        }
    }

    /// Appends a value's text, or what contains all of its pieces; `false` when that takes decoding.
    fn append(&self, value: Value<'_>, buffer: &mut Vec<u8>) -> bool {
        match value.encoding {
            Encoding::Utf16 => {
                // Pieces are of ASCII, so other characters may read as any byte: that can only find too much.
                let (units, _) = value.bytes.as_chunks::<2>();
                buffer.extend(units.iter().map(|[low, high]| if *high == 0 { *low } else { 0 }));
                true
            }
            Encoding::HexText => false,
            Encoding::Utf8 | Encoding::Literal | Encoding::Json | Encoding::Xml => {
                buffer.extend_from_slice(value.bytes);
                !hides_text(value.bytes)
            }
            _ if self.asks_numbers => false,
            _ => true,
        }
    }
}

/// Whether a record writes characters that pieces are made of by number: `\u0041` in JSON, `&#65;` in XML.
fn hides_text(raw: &[u8]) -> bool {
    let escapes = memchr::memmem::find_iter(raw, br"\u00");
    let by_json = escapes.filter_map(|at| raw.get(at + 4..at + 6)).any(|digits| {
        let code = str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        code.is_none_or(|code| is_plain(code.to_ascii_lowercase()))
    });
    by_json || memchr::memmem::find(raw, b"&#").is_some()
}

/// Whether every log format writes this (lower-case) byte as itself.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b" -_.:;,=()%@#$!?*+~|{}[]^`".contains(&byte)
}

/// The piece of a keyword that is searched for: of the runs that no format escapes, the one with the rarest bytes.
fn best_piece(keyword: &[u8]) -> Option<&[u8]> {
    let runs = keyword.split(|byte| !is_plain(*byte)).filter(|run| run.len() >= 3);
    let pieces = runs.flat_map(|run| run.windows(run.len().min(PIECE_BYTES)));
    pieces.min_by_key(|piece| (PIECE_BYTES - piece.len(), crate::needles::commonness_of(piece)))
}

#[cfg(test)]
mod tests {
    use cordon_event::{Field, NameId};

    use super::*;
    use crate::{
        pattern::{Part, Pattern},
        predicate::Values,
    };

    fn filter(keyword: &str) -> Option<KeywordFilter> {
        let pattern = Pattern::new([Part::Any, Part::Literal(keyword.into()), Part::Any], false);
        KeywordFilter::new([Test::AnyOf(Values { patterns: vec![pattern], ..Values::default() })].iter())
    }

    fn may_match(filter: &KeywordFilter, raw: Option<&[u8]>, encoding: Encoding, bytes: &[u8]) -> bool {
        let fields = vec![Field { name: NameId(0), value: Value { encoding, bytes } }];
        filter.may_match(&Event { raw, fields, ..Event::default() }, &mut Vec::new())
    }

    #[test]
    fn keywords_are_found_in_any_encoding() {
        let filter = filter(r"sekurlsa::\Logon").unwrap();
        let wide: Vec<u8> = r"x SEKURLSA::\logon".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(may_match(&filter, None, Encoding::Utf16, &wide));
        assert!(may_match(&filter, None, Encoding::Json, br"a SEKurlsa::\\logon"));
        assert!(may_match(&filter, Some(br#"{"a":"\u0053ekurlsa::\\logon"}"#), Encoding::Json, b""));
        assert!(may_match(&filter, Some(b"<a>&#83;ekurlsa</a>"), Encoding::Xml, b""));
        assert!(!may_match(&filter, Some(br#"{"a":"\u003cb\u003e nothing here"}"#), Encoding::Json, b"or here"));
    }

    #[test]
    fn keywords_without_a_plain_piece_are_not_filtered() {
        assert!(filter(r#"a\b"c"#).is_none());
        assert!(filter("é").is_none());
    }
}
