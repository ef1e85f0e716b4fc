//! Texts of rules as patterns: wildcards, encodings, other dashes and placeholders.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use rsigma_parser::{
    Modifier, SigmaString,
    value::{SpecialChar, StringPart},
};

use super::{Refusal, modifiers::Modifiers, refuse};
use crate::pattern::{DASHES, Part};

pub(super) fn parts_of(text: &SigmaString) -> Vec<Part> {
    let part = |part: &StringPart| match part {
        StringPart::Plain(text) => Part::Literal(text.as_str().into()),
        StringPart::Special(SpecialChar::WildcardMulti) => Part::Any,
        StringPart::Special(SpecialChar::WildcardSingle) => Part::One,
    };
    text.parts.iter().map(part).collect()
}

pub(super) fn around(mut parts: Vec<Part>, before: bool, after: bool) -> Vec<Part> {
    if before {
        parts.insert(0, Part::Any);
    }
    if after {
        parts.push(Part::Any);
    }
    parts
}

/// Applies UTF-16 and base64 in that order; several results under `base64offset`.
pub(super) fn encode(parts: Vec<Part>, modifiers: &Modifiers) -> Result<Vec<Vec<Part>>, Refusal> {
    if modifiers.wide.is_none() && !modifiers.base64 && !modifiers.base64offset {
        return Ok(vec![parts]);
    }
    let mut plain = String::new();
    for part in &parts {
        match part {
            Part::Literal(text) => plain.push_str(text),
            _ => return refuse("", "a value with wildcards cannot be encoded"),
        }
    }
    let units = || plain.encode_utf16();
    let bytes: Vec<u8> = match modifiers.wide {
        None => plain.into_bytes(),
        Some(Modifier::Utf16be) => units().flat_map(u16::to_be_bytes).collect(),
        Some(Modifier::Utf16) => [0xff, 0xfe].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect(),
        Some(_) => units().flat_map(u16::to_le_bytes).collect(),
    };
    let literal = |text: String| vec![Part::Literal(text.into())];
    Ok(match (modifiers.base64, modifiers.base64offset) {
        (true, _) => vec![literal(BASE64_STANDARD.encode(&bytes))],
        (_, true) => {
            (0..3).map(|offset| literal(base64_at(&bytes, offset))).filter(|parts| *parts != literal(String::new())).collect()
        }
        _ => vec![literal(String::from_utf8_lossy(&bytes).into_owned())],
    })
}

/// What `bytes` look like inside base64 when `offset` bytes stand before them: only the characters that depend on
/// nothing but `bytes`.
pub(super) fn base64_at(bytes: &[u8], offset: usize) -> String {
    let mut padded = vec![b' '; offset];
    padded.extend_from_slice(bytes);
    let encoded = BASE64_STANDARD.encode(&padded);
    let start = [0, 2, 3][offset];
    let end = padded.len() * 8 / 6;
    encoded.get(start..end).unwrap_or("").to_owned()
}

/// Puts [`Part::Dash`] for each dash or slash that leads a flag: one with no word character before it and one after.
pub(super) fn with_dashes(parts: Vec<Part>) -> Vec<Part> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut result = Vec::new();
    for part in parts {
        let Part::Literal(text) = &part else {
            result.push(part);
            continue;
        };
        let mut literal = String::new();
        let mut before = None;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let leads = !before.is_some_and(is_word) && characters.peek().copied().is_some_and(is_word);
            if leads && DASHES[..2].contains(&character) {
                result.push(Part::Literal(std::mem::take(&mut literal).into()));
                result.push(Part::Dash);
            } else {
                literal.push(character);
            }
            before = Some(character);
        }
        result.push(Part::Literal(literal.into()));
    }
    result
}

/// The first `%name%` in a text: what stands before it, its name, and what follows.
pub(super) fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || "_-.".contains(character));
    text.match_indices('%').find_map(|(start, _)| {
        let (name, after) = text[start + 1..].split_once('%')?;
        is_name(name).then_some((&text[..start], name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_offsets_are_found_at_each_position() {
        for before in ["", "x", "xy", "xyz"] {
            let text = format!("{before}secret words and more");
            let encoded = BASE64_STANDARD.encode(&text);
            let found = (0..3).any(|offset| encoded.contains(&base64_at(b"secret words", offset)));
            assert!(found, "{before:?} {encoded}");
        }
    }

    #[test]
    fn only_flags_get_other_dashes() {
        let dashes =
            |text: &str| with_dashes(vec![Part::Literal(text.into())]).iter().filter(|part| **part == Part::Dash).count();
        assert_eq!(dashes("cmd /c a-b -x"), 2);
        assert_eq!(dashes("-"), 0);
        assert_eq!(dashes("--help"), 1);
    }

    #[test]
    fn placeholders_are_found() {
        assert_eq!(placeholder("a%b%c"), Some(("a", "b", "c")));
        assert_eq!(placeholder("100% of 5 %"), None);
        assert_eq!(placeholder("100% of %b%"), Some(("100% of ", "b", "")));
    }
}
