//! What a rule file may ask of its reader, checked before the parser sees it.
//!
//! The parser behind is not ours: it recurses into conditions, and it writes out YAML aliases. So a document that would
//! make it recurse deeply, or that grows out of proportion, is refused here with a reason. Most documents are told to be
//! harmless by counting a few bytes.

use std::{cell::Cell, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use yaml_serde::Value;

/// Brackets and `not`s around one name in a condition.
const MAX_NESTING: usize = 64;
/// Bytes of one condition; the parser's time grows with their square. The longest published condition has 542.
const MAX_CONDITION_BYTES: usize = 8 << 10;
/// Bytes of all conditions of one document.
const MAX_CONDITIONS_BYTES: usize = 32 << 10;
/// Brackets and braces that are open at once; the YAML parser's time grows with the square of braces.
const MAX_OPEN: usize = 4096;
/// Bytes of text once aliases are written out.
const MAX_EXPANDED_BYTES: usize = 16 << 20;
/// What an entry of a list counts for besides its text.
const ENTRY_BYTES: usize = 16;

/// Refuses a document that the parser must not see: where (to find its line), and why.
pub(crate) fn check(text: &str) -> Result<(), (&'static str, String)> {
    if opens(text) > MAX_OPEN {
        return Err(("detection", format!("it opens more than {MAX_OPEN} brackets and braces without closing them")));
    }
    if has_aliases(text) && is_bomb(text) {
        return Err(("&", format!("its aliases (`*name`) expand to more than {MAX_EXPANDED_BYTES} bytes; write fewer")));
    }
    let many = |word: &[u8]| memchr::memmem::find_iter(text.as_bytes(), word).nth(MAX_NESTING).is_some();
    if text.len() <= MAX_CONDITION_BYTES && !many(b"(") && !many(b"not") {
        return Ok(());
    }
    // What is not YAML is refused by the parser, with the line.
    let Ok(document) = yaml_serde::from_str::<Value>(text) else { return Ok(()) };
    let mut total = 0;
    each_condition(&document, &mut |condition| {
        total += condition.len();
        match () {
            () if nesting(condition) > MAX_NESTING => {
                Err(format!("the condition nests more than {MAX_NESTING} brackets and `not`s"))
            }
            () if condition.len() > MAX_CONDITION_BYTES => {
                Err(format!("the condition is longer than {MAX_CONDITION_BYTES} bytes; use `1 of name_*` or split the rule"))
            }
            () if total > MAX_CONDITIONS_BYTES => {
                Err(format!("its conditions are longer than {MAX_CONDITIONS_BYTES} bytes together; split the rule"))
            }
            () => Ok(()),
        }
    })
    .map_err(|reason| ("condition", reason))
}

/// How many brackets and braces are open at once, those in quotes counted too.
fn opens(text: &str) -> usize {
    if memchr::memchr2_iter(b'[', b'{', text.as_bytes()).nth(MAX_OPEN).is_none() {
        return 0;
    }
    let (mut open, mut most) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Calls `each` with every text under a key `condition`, wherever it stands.
fn each_condition(value: &Value, each: &mut dyn FnMut(&str) -> Result<(), String>) -> Result<(), String> {
    match value {
        Value::Mapping(mapping) => mapping.iter().try_for_each(|(key, value)| match (key.as_str(), value.as_sequence()) {
            (Some("condition"), None) if value.as_str().is_some() => each(value.as_str().unwrap_or_default()),
            (Some("condition"), Some(list)) => list.iter().filter_map(Value::as_str).try_for_each(&mut *each),
            _ => each_condition(value, each),
        }),
        Value::Sequence(list) => list.iter().try_for_each(|value| each_condition(value, each)),
        Value::Tagged(tagged) => each_condition(&tagged.value, each),
        _ => Ok(()),
    }
}

/// How many brackets and `not`s stand around the name that has most.
fn nesting(condition: &str) -> usize {
    let is_word = |character: char| character.is_ascii_alphanumeric() || "_-*".contains(character);
    // For each open bracket, the `not`s before it; and those since the last name.
    let (mut open, mut around, mut pending) = (Vec::new(), 0, 0);
    let mut deepest = 0;
    let mut rest = condition;
    while let Some(first) = rest.chars().next() {
        let word = &rest[..rest.find(|character| !is_word(character)).unwrap_or(rest.len())];
        match (word, first) {
            ("", '(') => {
                open.push(pending);
                around += pending + 1;
                pending = 0;
            }
            ("", ')') => {
                around -= open.pop().map_or(0, |before: usize| before + 1);
                pending = 0;
            }
            ("", _) => {}
            ("not", _) => pending += 1,
            _ => pending = 0,
        }
        deepest = deepest.max(around + pending);
        rest = &rest[word.len().max(first.len_utf8())..];
    }
    deepest
}

/// Whether something looks like an anchor and something like an alias.
fn has_aliases(text: &str) -> bool {
    let stands = |mark: u8| {
        memchr::memchr_iter(mark, text.as_bytes()).any(|at| {
            let before = at.checked_sub(1).map_or(b' ', |before| text.as_bytes()[before]);
            let after = text.as_bytes().get(at + 1).copied().unwrap_or(b' ');
            (before.is_ascii_whitespace() || b"[{,:".contains(&before)) && !after.is_ascii_whitespace()
        })
    };
    stands(b'&') && stands(b'*')
}

/// Whether a document with aliases is too large when they are written out. Reads it without keeping anything.
fn is_bomb(text: &str) -> bool {
    let left = Cell::new(MAX_EXPANDED_BYTES);
    // Other errors are for the parser to report.
    let _ = Measure { left: &left }.deserialize(yaml_serde::Deserializer::from_str(text));
    left.get() == 0
}

/// Counts what a document holds, and stops when it is too much.
#[derive(Clone, Copy)]
struct Measure<'c> {
    left: &'c Cell<usize>,
}

impl Measure<'_> {
    fn take<E: de::Error>(self, bytes: usize) -> Result<(), E> {
        self.left.set(self.left.get().saturating_sub(bytes + ENTRY_BYTES));
        if self.left.get() == 0 { Err(E::custom("too much")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Measure<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Measure<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.take(0)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.take(0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.take(text.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        self.take(0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<(), A::Error> {
        while mapping.next_key_seed(self)?.is_some() {
            mapping.next_value_seed(self)?;
        }
        self.take(0)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let ((), value) = tagged.variant_seed(self)?;
        value.newtype_variant_seed(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_counts_brackets_and_nots() {
        for (condition, expected) in [
            ("a", 0),
            ("not a", 1),
            ("(a or (b)) and c", 2),
            ("not not (not a) or not b", 4),
            ("notable or not_a", 0),
            ("not 1 of a_* and not (b)", 2),
            (")))((", 2),
        ] {
            assert_eq!(nesting(condition), expected, "{condition}");
        }
    }

    #[test]
    fn bombs_are_told_by_their_size() {
        let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a,".repeat(20));
        assert!(check(&text).is_err());
        assert!(check("a: &a [x, y]\nb: [*a, *a]\n").is_ok());
    }
}
