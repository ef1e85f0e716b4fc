//! The extended log file format of the W3C, as IIS and proxies write it, and Zeek's: a directive names the columns.

use crate::{
    event::{Event, Field, NameId, Names},
    names::KnownNames,
    value::{Encoding, Value},
    when,
};

/// The columns of the lines that follow a `#Fields:` directive.
pub(super) struct Directive {
    columns: Vec<Column>,
}

#[derive(Clone, Copy)]
struct Column {
    name: NameId,
    /// Sigma's webserver and proxy categories call some columns differently.
    also: Option<NameId>,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    Date,
    Time,
    /// Seconds since 1970, as Zeek writes them.
    Epoch,
    /// The machine that writes the log.
    Computer,
}

/// More columns than any server writes.
const MAX_COLUMNS: usize = 256;

impl Directive {
    pub(super) fn read(fields: &[u8], known: &mut KnownNames, names: &mut Names) -> Self {
        let words = fields.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        let column = |word: &[u8]| {
            let role = match word {
                b"date" => Role::Date,
                b"time" => Role::Time,
                b"ts" => Role::Epoch,
                b"s-computername" => Role::Computer,
                _ => Role::Plain,
            };
            let (name, also) = sigma_names(word);
            let also = also.map(|also| known.id(also, names));
            Column { name: known.id(name, names), also, role }
        };
        Self { columns: words.take(MAX_COLUMNS).map(column).collect() }
    }

    /// Splits `line` into its columns. A dash stands for no value.
    pub(super) fn split<'a>(&self, line: &'a [u8], event: &mut Event<'a>) {
        let separator = if line.contains(&b'\t') { b'\t' } else { b' ' };
        let (mut date, mut time) = (None, None);
        for (column, bytes) in self.columns.iter().zip(words(line, separator)) {
            let value = if bytes == b"-" { Value::NULL } else { Value { encoding: Encoding::Utf8, bytes } };
            match column.role {
                Role::Plain => {}
                Role::Date => date = str::from_utf8(bytes).ok(),
                Role::Time => time = str::from_utf8(bytes).ok(),
                Role::Epoch => event.header.time = str::from_utf8(bytes).ok().and_then(when::from_text),
                Role::Computer => event.header.computer = value,
            }
            event.fields.push(Field { name: column.name, value });
            if let Some(name) = column.also {
                event.fields.push(Field { name, value });
            }
        }
        if let (Some(date), Some(time)) = (date, time) {
            event.header.time = format!("{date} {time}").parse().ok();
        }
    }
}

/// Sigma's names for a column.
fn sigma_names(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    match word {
        b"cs(User-Agent)" => (b"cs-user-agent", Some(b"c-useragent")),
        b"cs(Referer)" => (b"cs-referer", Some(b"cs-referrer")),
        b"cs(Cookie)" => (b"cs-cookie", None),
        b"cs(Host)" => (b"cs-host", None),
        b"cs-uri" => (b"cs-uri", Some(b"c-uri")),
        b"cs-uri-query" => (b"cs-uri-query", Some(b"c-uri-query")),
        _ => (word, None),
    }
}

/// Words of a line; one in double quotes may hold the separator.
fn words(mut rest: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inside) = rest.strip_prefix(b"\"")
            && let Some(end) = memchr::memchr(b'"', inside)
        {
            rest = &inside[end + 1..];
            rest = rest.strip_prefix(&[separator]).unwrap_or(rest);
            return Some(&inside[..end]);
        }
        let end = memchr::memchr(separator, rest).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(word)
    })
}
