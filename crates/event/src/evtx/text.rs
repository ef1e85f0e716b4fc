//! Names and texts that stand in a chunk, all in UTF-16.

use super::{limits, u16_at};

/// A text of a template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal {
    at: u32,
    size: u32,
}

impl Literal {
    /// The literal whose count of units stands at `at`.
    pub(super) fn at(chunk: &[u8], at: usize) -> Option<Self> {
        let literal = Self { at: at as u32 + 2, size: u32::from(u16_at(chunk, at)?) * 2 };
        (literal.end() <= chunk.len()).then_some(literal)
    }

    pub(super) fn bytes(self, chunk: &[u8]) -> &[u8] {
        chunk.get(self.at as usize..self.end()).unwrap_or_default()
    }

    pub(super) fn end(self) -> usize {
        (self.at + self.size) as usize
    }
}

/// Whether there is nothing but white space in a text.
pub(super) fn is_blank(units: &[u8]) -> bool {
    units.as_chunks::<2>().0.iter().all(|unit| matches!(unit, [b' ' | b'\t' | b'\r' | b'\n', 0]))
}

/// The name at `offset`, and where it ends: next name, hash, count of units, units, NUL.
pub(super) fn name_bytes(chunk: &[u8], offset: u32) -> Option<(&[u8], usize)> {
    let offset = offset as usize;
    let units = usize::from(u16_at(chunk, offset.checked_add(6)?)?);
    let bytes = chunk.get(offset + 8..offset + 8 + units * 2)?;
    (units > 0 && units <= limits::NAME_UNITS).then_some((bytes, offset + 10 + units * 2))
}

/// The name at `offset` as text; empty when there is none.
pub(super) fn name(chunk: &[u8], offset: u32) -> String {
    let bytes = name_bytes(chunk, offset).map_or(&[][..], |(bytes, _)| bytes);
    let mut name = String::with_capacity(bytes.len() / 2);
    push_units(bytes, &mut name);
    name
}

/// Whether the name at `offset` is `Name`.
pub(super) fn is_name(chunk: &[u8], offset: u32) -> bool {
    name_bytes(chunk, offset).is_some_and(|(bytes, _)| bytes == b"N\0a\0m\0e\0")
}

pub(super) fn push_units(bytes: &[u8], out: &mut String) {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    out.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}
