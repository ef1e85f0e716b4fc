//! `key=value` pairs as the audit log writes them.

use bumpalo::{Bump, collections::Vec as BumpVec};

use crate::{
    lines::number,
    value::{Encoding, Value},
};

/// One pair. The value is without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) quote: Option<u8>,
}

/// The pairs of a run of text; words that are not pairs are passed over.
pub(super) struct Pairs<'a>(pub(super) &'a [u8]);

/// Between pairs. The group separator stands before what `auditd` adds when it resolves numbers (`log_format=ENRICHED`).
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b',' | 0x1d)
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        loop {
            let start = self.0.iter().position(|byte| !is_space(*byte))?;
            let rest = &self.0[start..];
            let end = rest.iter().position(|byte| *byte == b'=' || is_space(*byte)).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            let Some(after) = after.strip_prefix(b"=").filter(|_| !key.is_empty()) else {
                self.0 = &rest[end.max(1)..];
                continue;
            };
            let (quote, value, used) = match after {
                [quote @ (b'"' | b'\''), inside @ ..] => match memchr::memchr(*quote, inside) {
                    Some(end) => (Some(*quote), &inside[..end], end + 2),
                    // The line is cut short inside the value.
                    None => (Some(*quote), inside, after.len()),
                },
                _ => {
                    let end = after.iter().position(|byte| matches!(byte, b' ' | b'\t' | 0x1d)).unwrap_or(after.len());
                    (None, &after[..end], end)
                }
            };
            self.0 = &after[used..];
            return Some(Pair { key, value, quote });
        }
    }
}

/// Fields whose value is in hexadecimal when it has no quotes, because it holds a space, a quote or a control character.
const MAYBE_HEX: &[&[u8]] = &[
    b"proctitle",
    b"comm",
    b"exe",
    b"name",
    b"cwd",
    b"cmd",
    b"data",
    b"acct",
    b"path",
    b"dir",
    b"key",
    b"old",
    b"new",
    b"file",
    b"watch",
    b"vm",
    b"ocomm",
    b"grp",
    b"new_group",
    b"sw",
    b"root_dir",
];

/// The value of `pair`, which stands in a record of type `kind`.
pub(super) fn value<'a>(kind: &[u8], pair: &Pair<'a>, arena: &'a Bump) -> Value<'a> {
    let plain = Value { encoding: Encoding::Utf8, bytes: pair.value };
    if pair.quote.is_some() || !is_hex(pair.value) {
        return plain;
    }
    let is_argument = kind == b"EXECVE" && argument(pair.key).is_some();
    if !is_argument && !MAYBE_HEX.contains(&pair.key) {
        return plain;
    }
    let hex = Value { encoding: Encoding::HexText, bytes: pair.value };
    // Arguments in a process title end with NUL; a space between them is what a person, and a rule, expects.
    if pair.key == b"proctitle" {
        let text = hex.to_text();
        let bytes = arena.alloc_slice_copy(text.trim_end_matches('\0').as_bytes());
        bytes.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
        return Value { encoding: Encoding::Utf8, bytes };
    }
    hex
}

/// Upper-case hexadecimal of whole bytes. The kernel writes no other; `none` and small numbers stay what they are.
fn is_hex(value: &[u8]) -> bool {
    value.len() >= 2 && value.len().is_multiple_of(2) && value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// The number of an argument from its key `a7`, with or without the number of a piece.
fn argument(key: &[u8]) -> Option<u64> {
    let digits = key.strip_prefix(b"a")?;
    let end = digits.iter().position(|byte| *byte == b'[').unwrap_or(digits.len());
    number(&digits[..end])
}

/// The key of an argument and the number of its piece, when `key` is that of a piece.
pub(super) fn argument_piece<'k>(kind: &[u8], key: &'k [u8]) -> Option<(&'k [u8], u64)> {
    argument(key).filter(|_| kind == b"EXECVE")?;
    let open = memchr::memchr(b'[', key)?;
    let piece = number(key[open + 1..].strip_suffix(b"]")?)?;
    Some((&key[..open], piece))
}

/// An argument is put together up to this length; what is longer stays in pieces.
const MAX_JOINED_BYTES: usize = 128 << 10;

/// Two pieces of one argument as one text.
pub(super) fn join<'a>(before: Value<'a>, piece: Value<'a>, arena: &'a Bump) -> Value<'a> {
    if before.bytes.len() >= MAX_JOINED_BYTES {
        return before;
    }
    let mut bytes = BumpVec::new_in(arena);
    bytes.extend_from_slice(before.to_text().as_bytes());
    bytes.extend_from_slice(piece.to_text().as_bytes());
    Value { encoding: Encoding::Utf8, bytes: bytes.into_bump_slice() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_no_pairs_are_passed_over() {
        let pairs: Vec<_> = Pairs(b"avc:  denied  { read } for  pid=7 comm=\"a b\" x=\x1dUID=\"root\" =y z='").collect();
        let expected = [
            ("pid", "7", None),
            ("comm", "a b", Some(b'"')),
            ("x", "", None),
            ("UID", "root", Some(b'"')),
            ("z", "", Some(b'\'')),
        ];
        let expected = expected.map(|(key, value, quote)| Pair { key: key.as_bytes(), value: value.as_bytes(), quote });
        assert_eq!(pairs, expected);
    }

    #[test]
    fn hexadecimal_is_read_only_where_it_can_stand() {
        let arena = Bump::new();
        let text = |kind: &str, key: &str, bytes: &str| {
            let pair = Pair { key: key.as_bytes(), value: bytes.as_bytes(), quote: None };
            value(kind.as_bytes(), &pair, &arena).to_text().into_owned()
        };
        assert_eq!(text("EXECVE", "a1", "6C73202D6C"), "ls -l");
        assert_eq!(text("SYSCALL", "a1", "6C73202D"), "6C73202D");
        assert_eq!(text("PROCTITLE", "proctitle", "6C73002D6C00"), "ls -l");
        assert_eq!(text("SYSCALL", "comm", "(null)"), "(null)");
        assert_eq!(text("SYSCALL", "pid", "1234"), "1234");
    }
}
