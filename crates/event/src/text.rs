//! Logs of lines in no form that another reader knows: the whole line is the field `message`.
//!
//! Lines of web servers and proxies, which come in a few standard forms, also have the fields of Sigma's `webserver` and
//! `proxy` categories.

mod access;
mod w3c;

use self::w3c::Directive;
use crate::{
    block::Context,
    event::{Event, Field, Format, Names, Sink},
    lines,
    names::KnownNames,
    value::{Encoding, Value},
    when,
};

/// Reads lines.
#[derive(Debug, Default)]
pub(crate) struct TextReader {
    known: KnownNames,
}

/// How the directive that names the columns begins: in logs of the W3C's form, and in Zeek's.
const DIRECTIVES: [&[u8]; 2] = [b"#Fields:", b"#fields\t"];

/// What follows the last directive in `bytes` that names columns.
pub(crate) fn last_fields_directive(bytes: &[u8]) -> Option<&[u8]> {
    let last = |directive: &&[u8]| {
        let mut found = memchr::memmem::rfind_iter(bytes, *directive);
        found.find(|at| *at == 0 || bytes[at - 1] == b'\n').map(|at| at + directive.len())
    };
    let start = DIRECTIVES.iter().filter_map(last).max()?;
    let rest = &bytes[start..];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    Some(rest[..end].trim_ascii())
}

/// Whether `line` speaks of the log instead of being a record of it.
fn is_directive(line: &[u8]) -> bool {
    const OTHERS: [&[u8]; 6] = [b"#Software:", b"#Version:", b"#Date:", b"#Start-Date:", b"#Remark:", b"#separator "];
    OTHERS.iter().any(|directive| line.starts_with(directive))
}

impl TextReader {
    pub(crate) fn read_block<S: Sink>(
        &mut self,
        (bytes, offset, context): (&[u8], u64, &Context),
        names: &mut Names,
        sink: &mut S,
    ) {
        self.known.follow(names);
        let message = self.known.id(b"message", names);
        let mut directive = match context {
            Context::W3c { fields } => Some(Directive::read(fields, &mut self.known, names)),
            _ => None,
        };
        let mut event = Event { fields: Vec::with_capacity(32), ..Event::default() };
        for (at, line) in lines::of(bytes) {
            if let Some(fields) = DIRECTIVES.iter().find_map(|directive| line.strip_prefix(*directive)) {
                directive = Some(Directive::read(fields.trim_ascii(), &mut self.known, names));
                continue;
            }
            if is_directive(line) || directive.is_some() && line.starts_with(b"#") {
                continue;
            }
            event.clear();
            event.header.format = Format::Generic;
            event.fields.push(Field { name: message, value: Value { encoding: Encoding::Utf8, bytes: line } });
            match &directive {
                Some(directive) => directive.split(line, &mut event),
                None if !access::split(line, &mut self.known, names, &mut event) => event.header.time = leading_time(line),
                None => {}
            }
            event.raw = Some(line);
            event.header.offset = offset + at as u64;
            sink.event(&event, names);
        }
    }
}

/// The time that a line begins with, perhaps in brackets.
fn leading_time(line: &[u8]) -> Option<cordon_model::Timestamp> {
    let line = line.strip_prefix(b"[").unwrap_or(line);
    if !line.first()?.is_ascii_digit() {
        return None;
    }
    let end = line.iter().take(40).position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'/' | b':' | b'.' | b',' | b' ' | b'T'));
    let stamp = str::from_utf8(&line[..end.unwrap_or(line.len().min(40))]).ok()?;
    let stamp = stamp.trim_end_matches(|last: char| !last.is_ascii_digit());
    // Behind the time there may be a number that does not belong to it.
    let words = stamp.splitn(3, ' ').take(2).map(str::len).sum::<usize>() + 1;
    let with_space = stamp.get(..words.min(stamp.len())).filter(|stamp| stamp.len() >= 16);
    let single = stamp.split(' ').next().filter(|stamp| stamp.len() >= 16);
    with_space.and_then(|stamp| stamp.parse().ok()).or_else(|| single.and_then(when::from_text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_at_the_start_of_a_line_is_read() {
        let expected = "2024-05-12T08:24:00Z".parse().ok();
        for line in [
            "2024-05-12 08:24:00 12 INFO",
            "[2024-05-12T08:24:00] x",
            "2024-05-12 08:24:00,000 WARN 3",
            "2024/05/12 08:24:00 [error]",
        ] {
            assert_eq!(leading_time(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(leading_time(b"192.0.2.1 connected"), None);
    }

    #[test]
    fn last_directive_at_the_start_of_a_line_counts() {
        assert_eq!(last_fields_directive(b"#Fields: a b\nx #Fields: no\n#Fields: c\r\ny"), Some(&b"c"[..]));
        assert_eq!(last_fields_directive(b"x #Fields: no"), None);
    }
}
