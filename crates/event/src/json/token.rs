//! The tokenizer: walks one JSON value and hands on its leaves, undecoded.
//!
//! This is the hot path. It checks only the structure that it needs to find each value's bytes; what stands inside a
//! string stays as it is until somebody asks for the text.

use super::paths::{PathId, Paths};
use crate::{
    event::Names,
    value::{Encoding, Value},
};

/// A leaf of a record: where it stands and its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf<'a> {
    pub(super) path: PathId,
    pub(super) value: Value<'a>,
}

/// Why a record cannot be read; the cursor says where.
pub(super) type Fault = &'static str;

/// Objects and arrays inside each other. Real records nest about eight deep.
const MAX_DEPTH: u32 = 64;

/// Leaves of one record. Real records have up to some hundred.
const MAX_LEAVES: usize = 16_384;

/// A place in JSON text.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

/// Where the leaves go.
pub(super) struct Walk<'w, 'a> {
    pub(super) paths: &'w mut Paths,
    pub(super) names: &'w mut Names,
    pub(super) leaves: &'w mut Vec<Leaf<'a>>,
}

impl<'a> Cursor<'a> {
    /// The next byte that is not white space, without taking it.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Walks the object whose brace is next.
    pub(super) fn object(&mut self, walk: &mut Walk<'_, 'a>, parent: PathId, depth: u32) -> Result<(), Fault> {
        if depth >= MAX_DEPTH {
            return Err("record is nested too deep");
        }
        self.at += 1;
        if self.peek() == Some(b'}') {
            self.at += 1;
            walk.end_of_object(parent);
            return Ok(());
        }
        let mut previous = None;
        loop {
            let guess = walk.paths.guess(parent, previous);
            let path = match walk.paths.starts(guess, &self.bytes[self.at.min(self.bytes.len())..]) {
                Some(length) => {
                    self.at += length;
                    guess
                }
                None => {
                    let path = self.key(walk, parent)?;
                    walk.paths.learn(parent, previous, path);
                    path
                }
            };
            previous = Some(path);
            self.value(walk, path, depth + 1)?;
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.peek();
                }
                Some(b'}') => {
                    self.at += 1;
                    walk.end_of_object(parent);
                    return Ok(());
                }
                _ => return Err("a comma or a closing brace was expected"),
            }
        }
    }

    /// A key that was not the one expected, and its colon.
    fn key(&mut self, walk: &mut Walk<'_, 'a>, parent: PathId) -> Result<PathId, Fault> {
        if self.peek() != Some(b'"') {
            return Err("a key was expected");
        }
        let key = self.string()?;
        let path = walk.paths.child(parent, key, walk.names).ok_or("a key is too long")?;
        if self.peek() != Some(b':') {
            return Err("a colon was expected");
        }
        self.at += 1;
        Ok(path)
    }

    #[inline]
    fn value(&mut self, walk: &mut Walk<'_, 'a>, path: PathId, depth: u32) -> Result<(), Fault> {
        let value = match self.peek() {
            Some(b'"') => Value { encoding: Encoding::Json, bytes: self.string()? },
            Some(b'{') => return self.object(walk, path, depth),
            Some(b'[') => return self.array(walk, path, depth),
            _ => self.literal()?,
        };
        walk.push(path, value)
    }

    /// Each element stands under the array's own path.
    fn array(&mut self, walk: &mut Walk<'_, 'a>, path: PathId, depth: u32) -> Result<(), Fault> {
        if depth >= MAX_DEPTH {
            return Err("record is nested too deep");
        }
        self.at += 1;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(walk, path, depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err("a comma or a closing bracket was expected"),
            }
        }
    }

    /// The inside of the string whose quote is next. A quote ends it unless an odd number of backslashes stands before it.
    #[inline]
    fn string(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            let rest = self.bytes.get(end..).unwrap_or_default();
            let Some(found) = quote(rest) else {
                return Err("a string has no end");
            };
            end += found;
            if end == start || self.bytes[end - 1] != b'\\' {
                break;
            }
            let escapes = self.bytes[start..end].iter().rev().take_while(|byte| **byte == b'\\').count();
            if escapes % 2 == 0 {
                break;
            }
            end += 1;
        }
        self.at = end + 1;
        Ok(&self.bytes[start..end])
    }

    /// A number, `true`, `false` or `null`.
    fn literal(&mut self) -> Result<Value<'a>, Fault> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'+' | b'-' | b'.' | b'E'));
        let word = &rest[..length.unwrap_or(rest.len())];
        let value = match word {
            b"null" => Value::NULL,
            b"true" | b"false" | [b'0'..=b'9' | b'-', ..] => Value { encoding: Encoding::Literal, bytes: word },
            _ => return Err("a value was expected"),
        };
        self.at += word.len();
        Ok(value)
    }
}

/// The first double quote. Most values are short: the first few words are looked at here, without the cost of a call.
#[inline]
fn quote(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const WORDS: usize = 3;
    let (words, _) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().take(WORDS).enumerate() {
        // The lowest byte that is zero after this is the first quote; a borrow can only spoil higher ones.
        let zeroed = u64::from_le_bytes(*word) ^ QUOTES;
        let found = zeroed.wrapping_sub(ONES) & !zeroed & TOPS;
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let from = words.len().min(WORDS) * 8;
    memchr::memchr(b'"', &bytes[from..]).map(|at| from + at)
}

impl<'a> Walk<'_, 'a> {
    #[inline]
    fn push(&mut self, path: PathId, value: Value<'a>) -> Result<(), Fault> {
        if self.leaves.len() >= MAX_LEAVES {
            return Err("record has too many fields");
        }
        self.leaves.push(Leaf { path, value });
        Ok(())
    }

    /// A name and its value may be two members of one object; then its end matters.
    #[inline]
    fn end_of_object(&mut self, path: PathId) {
        if self.paths.is_pair(path) {
            self.leaves.push(Leaf { path: PathId::END_OF_PAIR, value: Value::NULL });
        }
    }
}
