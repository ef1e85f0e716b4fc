//! The Linux audit log: `type=SYSCALL msg=audit(1715502240.123:77): arch=c000003e …`.
//!
//! One thing that happened is several lines with one serial; here it is one event that has the fields of all of them, so
//! that `type` has several values. Lines with one serial count when they stand together, as the kernel and `auditd` write
//! them. Sources: audit-userspace, `auparse`; the kernel's `audit_log_n_untrustedstring` for values in hexadecimal.

mod pairs;

use bumpalo::Bump;
use memchr::memmem;

use self::pairs::{Pair, Pairs};
use crate::{
    event::{Event, Field, Format, NameId, Names, Problem, Sink},
    lines,
    names::KnownNames,
    value::{Encoding, Value},
    when,
};

/// Reads lines of the audit log.
#[derive(Debug, Default)]
pub(crate) struct AuditReader {
    known: KnownNames,
}

/// What stands before the stamp of a line.
const STAMP: &[u8] = b"msg=audit(";

/// Fields of one event.
const MAX_FIELDS: usize = 16_384;

/// Pieces of one argument that are put together. The kernel's are some 7,500 bytes long, so real ones have fewer.
const MAX_PIECES: u64 = 32;

/// Whether `line` is a record of the audit log.
pub(crate) fn is_line(line: &[u8]) -> bool {
    serial(line).is_some() && memmem::find(line, b"type=").is_some()
}

/// The stamp inside `msg=audit(…)`, which lines of one event share.
pub(crate) fn serial(line: &[u8]) -> Option<&[u8]> {
    const LONGEST: usize = 40;
    // A prefix of syslog, the node and the type come first; further on it would be quoted text.
    let start = memmem::find(&line[..line.len().min(512)], STAMP)? + STAMP.len();
    let rest = &line[start..];
    let end = rest.iter().take(LONGEST).position(|byte| *byte == b')')?;
    Some(&rest[..end])
}

/// One block at work.
struct Pass<'r, 'a, S> {
    known: &'r mut KnownNames,
    names: &'r mut Names,
    arena: &'a Bump,
    sink: &'r mut S,
    bytes: &'a [u8],
    offset: u64,
    event: Event<'a>,
    /// The event that is being put together.
    group: Option<Group<'a>>,
}

struct Group<'a> {
    serial: &'a [u8],
    start: usize,
    end: usize,
    is_full: bool,
}

impl AuditReader {
    pub(crate) fn read_block<S: Sink>(&mut self, bytes: &[u8], offset: u64, names: &mut Names, arena: &Bump, sink: &mut S) {
        self.known.follow(names);
        let event = Event { fields: Vec::with_capacity(128), ..Event::default() };
        let mut pass = Pass { known: &mut self.known, names, arena, sink, bytes, offset, event, group: None };
        for (at, line) in lines::of(bytes) {
            match serial(line) {
                Some(serial) => pass.line(at, line, serial),
                // `ausearch` sets events apart with these.
                None if line.starts_with(b"----") || line.starts_with(b"time->") => pass.finish(),
                None => {
                    pass.finish();
                    pass.problem(at, "not a record of the audit log");
                }
            }
        }
        pass.finish();
    }
}

impl<'a, S: Sink> Pass<'_, 'a, S> {
    fn line(&mut self, at: usize, line: &'a [u8], serial: &'a [u8]) {
        if self.group.as_ref().is_none_or(|group| group.serial != serial) {
            self.finish();
            self.event.clear();
            self.event.header.format = Format::Auditd;
            let seconds = str::from_utf8(serial).ok().and_then(|serial| serial.split_once(':'));
            self.event.header.time = seconds.and_then(|(seconds, _)| when::from_text(seconds));
            self.event.header.record_id = seconds.and_then(|(_, number)| number.parse().ok());
            self.group = Some(Group { serial, start: at, end: at, is_full: false });
        }
        let stamp = memmem::find(line, STAMP).unwrap_or(0);
        let mut kind = &b""[..];
        for pair in Pairs(&line[..stamp]) {
            match pair.key {
                b"type" => kind = pair.value,
                b"node" => self.event.header.computer = text(pair.value),
                // What a syslog daemon put in front says nothing of the event.
                _ => continue,
            }
            self.push(pair.key, text(pair.value));
        }
        if self.event.header.provider.is_null() || kind == b"SYSCALL" {
            self.event.header.provider = if kind.is_empty() { Value::NULL } else { text(kind) };
        }
        let body = line.get(stamp + STAMP.len() + serial.len() + 1..).unwrap_or_default();
        let body = body.strip_prefix(b":").unwrap_or(body);
        self.body(kind, body);
        let is_full = self.event.fields.len() >= MAX_FIELDS;
        let Some(group) = &mut self.group else {
            return;
        };
        group.end = at + line.len();
        if is_full && !group.is_full {
            group.is_full = true;
            self.problem(at, "event has too many fields; the rest of them is left out");
        }
    }

    fn body(&mut self, kind: &[u8], body: &'a [u8]) {
        for pair in Pairs(body) {
            // User space puts its own pairs into one quoted value.
            if pair.key == b"msg" && pair.quote == Some(b'\'') {
                for inner in Pairs(pair.value) {
                    self.pair(kind, inner);
                }
            } else {
                self.pair(kind, pair);
            }
        }
    }

    fn pair(&mut self, kind: &[u8], pair: Pair<'a>) {
        if self.event.fields.len() >= MAX_FIELDS {
            return;
        }
        let value = pairs::value(kind, &pair, self.arena);
        match pairs::argument_piece(kind, pair.key) {
            // A long argument comes in pieces: `a1[0]`, `a1[1]`.
            Some((key, piece)) => {
                let name = self.known.id(key, self.names);
                let before = self.event.fields.last_mut().filter(|field| (1..MAX_PIECES).contains(&piece) && field.name == name);
                match before {
                    Some(field) => field.value = pairs::join(field.value, value, self.arena),
                    None => self.event.fields.push(Field { name, value }),
                }
            }
            None => self.push(pair.key, value),
        }
    }

    fn push(&mut self, key: &[u8], value: Value<'a>) {
        let name: NameId = self.known.id(key, self.names);
        self.event.fields.push(Field { name, value });
    }

    /// Hands on the event that is complete.
    fn finish(&mut self) {
        if let Some(group) = self.group.take() {
            self.event.raw = Some(&self.bytes[group.start..group.end]);
            self.event.header.offset = self.offset + group.start as u64;
            self.sink.event(&self.event, self.names);
        }
    }

    fn problem(&mut self, at: usize, reason: &str) {
        self.sink.problem(Problem { offset: self.offset + at as u64, reason: format!("audit log: {reason}") });
    }
}

fn text(bytes: &[u8]) -> Value<'_> {
    Value { encoding: Encoding::Utf8, bytes }
}
