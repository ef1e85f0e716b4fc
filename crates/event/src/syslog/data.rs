//! Structured data: `[id name="value" …]…`. Source: RFC 5424 §6.3.

use bumpalo::{Bump, collections::Vec as BumpVec};

use crate::{
    event::{Field, Names},
    names::KnownNames,
    value::{Encoding, Value},
};

/// Where the structured data at the start of `bytes` ends; `None` when there is none that is whole.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while bytes.get(at) == Some(&b'[') {
        let mut in_quotes = false;
        loop {
            match bytes.get(at)? {
                b'\\' if in_quotes => at += 1,
                b'"' => in_quotes = !in_quotes,
                b']' if !in_quotes => break,
                _ => {}
            }
            at += 1;
        }
        at += 1;
    }
    (at > 0).then_some(at)
}

/// Turns each parameter into two fields: `id.name` and `name`.
pub(super) fn read<'a>(
    mut data: &'a [u8],
    known: &mut KnownNames,
    names: &mut Names,
    arena: &'a Bump,
    fields: &mut Vec<Field<'a>>,
) {
    let mut path = Vec::new();
    while let [b'[', inside @ ..] = data {
        let id_end = inside.iter().position(|byte| matches!(byte, b' ' | b']')).unwrap_or(inside.len());
        let (id, mut rest) = inside.split_at(id_end);
        loop {
            rest = rest.trim_ascii_start();
            let Some(equals) = rest.iter().position(|byte| matches!(byte, b'=' | b']')).filter(|at| rest[*at] == b'=') else {
                break;
            };
            let (name, quoted) = rest.split_at(equals);
            let Some(value) = quoted.strip_prefix(b"=\"") else {
                break;
            };
            let end = end_of_quoted(value);
            let value_text = unescape(&value[..end], arena);
            path.clear();
            path.extend_from_slice(id);
            path.push(b'.');
            path.extend_from_slice(name);
            fields.push(Field { name: known.id(&path, names), value: value_text });
            fields.push(Field { name: known.id(name, names), value: value_text });
            rest = value.get(end + 1..).unwrap_or_default();
        }
        let closing = memchr::memchr(b']', rest).map_or(rest.len(), |at| at + 1);
        data = &rest[closing..];
    }
}

fn end_of_quoted(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// A backslash escapes a quote, a backslash and a closing bracket; before anything else it is itself.
fn unescape<'a>(bytes: &'a [u8], arena: &'a Bump) -> Value<'a> {
    if memchr::memchr(b'\\', bytes).is_none() {
        return Value { encoding: Encoding::Utf8, bytes };
    }
    let mut plain = BumpVec::with_capacity_in(bytes.len(), arena);
    let mut rest = bytes.iter().peekable();
    while let Some(byte) = rest.next() {
        let escaped = (*byte == b'\\').then(|| rest.next_if(|next| matches!(next, b'"' | b'\\' | b']'))).flatten();
        plain.push(*escaped.unwrap_or(byte));
    }
    Value { encoding: Encoding::Utf8, bytes: plain.into_bump_slice() }
}
