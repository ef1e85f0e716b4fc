//! The types of values in a record. Source: \[MS-EVEN6\] §2.2.12.

use crate::value::Encoding;

/// Set in the type of a list of values.
pub(super) const LIST: u8 = 0x80;

/// How a value of a type is to be treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its bytes are the field's.
    Plain(Encoding),
    /// No value, whatever its size.
    Null,
    /// Text in the code page of the machine that wrote it.
    Ansi,
    /// Elements.
    Fragment,
    /// Several values of the type without [`LIST`].
    List,
}

/// A table, because a jump by type is mispredicted nearly every time.
static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::List; 256];
    let mut value_type = 0;
    while value_type < LIST {
        kinds[value_type as usize] = Kind::of_single(value_type);
        value_type += 1;
    }
    kinds
};

impl Kind {
    /// The kind of a type.
    #[inline]
    pub(super) fn of(value_type: u8) -> Self {
        KINDS[usize::from(value_type)]
    }

    /// The kind of a type that is not a list; a type that is not known is shown as bytes.
    const fn of_single(value_type: u8) -> Self {
        match value_type {
            0x00 => Self::Null,
            0x01 => Self::Plain(Encoding::Utf16),
            0x02 => Self::Ansi,
            0x03 | 0x05 | 0x07 | 0x09 => Self::Plain(Encoding::Int),
            0x04 | 0x06 | 0x08 | 0x0a => Self::Plain(Encoding::Uint),
            0x0b | 0x0c => Self::Plain(Encoding::Float),
            0x0d => Self::Plain(Encoding::Bool),
            0x0f => Self::Plain(Encoding::Guid),
            // A size is written in hexadecimal, as are the two that say so.
            0x10 | 0x14 | 0x15 => Self::Plain(Encoding::HexInt),
            0x11 => Self::Plain(Encoding::FileTime),
            0x12 => Self::Plain(Encoding::SystemTime),
            0x13 => Self::Plain(Encoding::Sid),
            0x21 => Self::Fragment,
            _ => Self::Plain(Encoding::Binary),
        }
    }
}

/// The values of a list, each with the bytes that belong to it.
pub(super) struct Items<'a> {
    item_type: u8,
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    /// `list_type`: with [`LIST`] set.
    pub(super) fn new(list_type: u8, bytes: &'a [u8]) -> Self {
        Self { item_type: list_type & !LIST, rest: bytes }
    }

    /// The type of each value.
    pub(super) fn item_type(&self) -> u8 {
        self.item_type
    }

    /// How many bytes the next value takes, and how many of those are behind its end.
    fn next_size(&self) -> (usize, usize) {
        let all = self.rest.len();
        let (size, end) = match self.item_type {
            0x01 => match self.rest.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0]) {
                Some(units) => (units * 2 + 2, 2),
                None => (all, 0),
            },
            0x02 => memchr::memchr(0, self.rest).map_or((all, 0), |at| (at + 1, 1)),
            0x03 | 0x04 => (1, 0),
            0x05 | 0x06 => (2, 0),
            0x07 | 0x08 | 0x0b | 0x0d | 0x14 => (4, 0),
            0x09 | 0x0a | 0x0c | 0x11 | 0x15 => (8, 0),
            0x0f | 0x12 => (16, 0),
            0x13 => (8 + 4 * usize::from(self.rest.get(1).copied().unwrap_or(0)), 0),
            // No size is known for the others: one value.
            _ => (all, 0),
        };
        (size.min(all), end)
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (size, end) = self.next_size();
        let (item, rest) = self.rest.split_at(size);
        self.rest = rest;
        Some(&item[..size - end.min(size)])
    }
}

/// Windows-1252 for the bytes from 0x80 to 0x9f, where it differs from Latin-1. Source: Unicode, CP1252.TXT; the five
/// bytes that it leaves open stand for the control characters of the same number.
const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}',
    '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// A character of the code page that is taken for the machine's own; the record does not say which it is.
pub(super) fn ansi_char(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
