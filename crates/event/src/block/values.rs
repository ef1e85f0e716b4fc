//! Boundaries of JSON values that span lines: arrays of records, pretty-printed records, records one after the other, and
//! wrappers such as CloudTrail's `{"Records":[…]}`.
//!
//! The scanner only counts brackets outside strings; the JSON reader judges what stands between them. Separators and
//! wrappers are overwritten with line breaks, so that a block holds records and nothing else, at their true offsets.

use std::sync::Arc;

use memchr::memmem;

use super::Cut;
use crate::json::{self, Wrapper};

pub(super) struct ValueScanner {
    /// How the records of this log open.
    opening: Arc<[u8]>,
    place: Place,
    /// Scanned up to here, from the start of the bytes that have not been cut off. May be one past their end.
    at: usize,
    /// The value that is being scanned.
    value: Option<Open>,
    /// End of the last whole value.
    whole: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between the log's own values.
    Top,
    /// Among the records of an array, inside so many objects.
    List { objects: u32 },
    /// In what a wrapper holds behind its records.
    Tail { depth: u32, in_string: bool },
    /// Behind a record that was too long, until one opens again. In a list: inside so many objects.
    Lost { objects: Option<u32> },
}

struct Open {
    start: usize,
    depth: u32,
    in_string: bool,
}

/// Garbage between records is cut when it gets longer.
const MAX_GARBAGE_BYTES: usize = 4096;

/// What a scan found.
pub(super) struct Scan {
    pub(super) cut: Cut,
    /// Start of a value that is too long, before the cut.
    pub(super) too_long: Option<usize>,
}

impl ValueScanner {
    pub(super) fn new(opening: Arc<[u8]>) -> Self {
        Self { opening, place: Place::Top, at: 0, value: None, whole: 0 }
    }

    /// Scans what is new in `bytes` and says where to cut.
    pub(super) fn scan(&mut self, bytes: &mut [u8], block_bytes: usize, max_record_bytes: usize, at_end: bool) -> Scan {
        let mut is_stuck = false;
        while self.at < bytes.len() && self.whole < block_bytes && !is_stuck {
            is_stuck = match &self.value {
                Some(_) => !self.scan_value(bytes),
                None => !self.scan_between(bytes, at_end),
            };
            if let Some(open) = &self.value {
                if self.at - open.start > max_record_bytes {
                    return self.give_up(bytes);
                }
                if open.depth == 0 {
                    self.whole = self.at;
                    self.value = None;
                }
            }
        }
        if at_end && (is_stuck || self.at >= bytes.len()) {
            (self.whole, self.at, self.value) = (bytes.len(), bytes.len(), None);
        }
        let cut = match self.whole {
            0 if self.value.is_none() && self.at > 0 => Cut::Drop(self.at.min(bytes.len())),
            0 => Cut::More,
            end if bytes[..end].iter().all(u8::is_ascii_whitespace) => Cut::Drop(end),
            end => Cut::At(end),
        };
        if let Cut::At(end) | Cut::Drop(end) = cut {
            self.rebase(end);
        }
        Scan { cut, too_long: None }
    }

    /// Drops the value that is being scanned; the next record is looked for by its opening.
    fn give_up(&mut self, bytes: &mut [u8]) -> Scan {
        let start = self.value.take().map_or(0, |open| open.start);
        let objects = match self.place {
            Place::List { objects } => Some(objects),
            _ => None,
        };
        self.place = Place::Lost { objects };
        // What was cut off must be whole values; those before the start are, and they leave as a block of their own.
        self.at = (start + 1).min(bytes.len());
        blank(bytes, start, self.at);
        let cut = if self.whole > 0 { Cut::At(self.whole) } else { Cut::Drop(self.at) };
        let too_long = Some(start);
        if let Cut::At(end) | Cut::Drop(end) = cut {
            self.rebase(end);
        }
        Scan { cut, too_long }
    }

    fn rebase(&mut self, end: usize) {
        self.at -= end.min(self.at);
        self.whole -= end.min(self.whole);
        if let Some(open) = &mut self.value {
            open.start -= end;
        }
    }

    /// Goes on in the value that is open. False: more bytes are needed.
    fn scan_value(&mut self, bytes: &[u8]) -> bool {
        let Some(open) = &mut self.value else {
            return true;
        };
        while let Some(byte) = bytes.get(self.at) {
            if open.in_string {
                match memchr::memchr2(b'"', b'\\', &bytes[self.at..]) {
                    Some(found) if bytes[self.at + found] == b'"' => {
                        self.at += found + 1;
                        open.in_string = false;
                    }
                    Some(found) => self.at += found + 2,
                    None => self.at = bytes.len(),
                }
                continue;
            }
            self.at += 1;
            match byte {
                b'"' => open.in_string = true,
                b'{' | b'[' => open.depth += 1,
                b'}' | b']' => {
                    open.depth -= 1;
                    if open.depth == 0 {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Goes on between values. False: more bytes are needed.
    fn scan_between(&mut self, bytes: &mut [u8], at_end: bool) -> bool {
        match self.place {
            Place::Top | Place::List { .. } => self.scan_separator(bytes, at_end),
            Place::Tail { mut depth, mut in_string } => {
                let mut is_stuck = false;
                while let Some(byte) = bytes.get(self.at).copied().filter(|_| depth > 0 && !is_stuck) {
                    let taken = if in_string && byte == b'\\' { 2 } else { 1 };
                    if self.at + taken > bytes.len() {
                        is_stuck = true;
                        continue;
                    }
                    blank(bytes, self.at, self.at + taken);
                    self.at += taken;
                    match byte {
                        b'"' => in_string = !in_string,
                        b'{' | b'[' if !in_string => depth += 1,
                        b'}' | b']' if !in_string => depth -= 1,
                        _ => {}
                    }
                }
                self.place = if depth == 0 { Place::Top } else { Place::Tail { depth, in_string } };
                !is_stuck
            }
            Place::Lost { objects } => {
                let found = bytes.get(self.at..).and_then(|rest| memmem::find(rest, &self.opening));
                let next = match found {
                    Some(found) => self.at + found,
                    None if at_end => bytes.len(),
                    None => (bytes.len() + 1).saturating_sub(self.opening.len()).max(self.at),
                };
                blank(bytes, self.at, next);
                self.at = next;
                if found.is_some() {
                    self.place = objects.map_or(Place::Top, |objects| Place::List { objects });
                }
                found.is_some()
            }
        }
    }

    fn scan_separator(&mut self, bytes: &mut [u8], at_end: bool) -> bool {
        let in_list = matches!(self.place, Place::List { .. });
        let Some(byte) = bytes.get(self.at).copied() else {
            return false;
        };
        match byte {
            b'{' if !in_list => match json::wrapper(&bytes[self.at..]) {
                Wrapper::Around { records, depth } => {
                    blank(bytes, self.at, self.at + records);
                    self.at += records;
                    self.place = Place::List { objects: depth };
                }
                Wrapper::Unclear if !at_end => return false,
                Wrapper::Unclear | Wrapper::None => self.open(),
            },
            b'[' if !in_list => {
                blank(bytes, self.at, self.at + 1);
                self.at += 1;
                self.place = Place::List { objects: 0 };
            }
            b'{' | b'[' => self.open(),
            b']' if in_list => {
                blank(bytes, self.at, self.at + 1);
                self.at += 1;
                self.place = match self.place {
                    Place::List { objects } if objects > 0 => Place::Tail { depth: objects, in_string: false },
                    _ => Place::Top,
                };
            }
            b',' => {
                blank(bytes, self.at, self.at + 1);
                self.at += 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
            // Not a record; the reader says so. It lasts until something that may be one.
            _ => {
                let rest = &bytes[self.at + 1..];
                let end = rest.iter().position(|byte| matches!(byte, b'\n' | b',' | b'{' | b'[' | b']'));
                if end.is_none() && !at_end && rest.len() < MAX_GARBAGE_BYTES {
                    return false;
                }
                self.at += 1 + end.unwrap_or(rest.len());
                self.whole = self.at;
            }
        }
        true
    }

    fn open(&mut self) {
        self.value = Some(Open { start: self.at, depth: 1, in_string: false });
        self.at += 1;
    }
}

/// Overwrites what is not part of a record with line breaks, which end a stray word for the reader as they do here.
fn blank(bytes: &mut [u8], from: usize, to: usize) {
    let to = to.min(bytes.len());
    if let Some(part) = bytes.get_mut(from..to) {
        part.fill(b'\n');
    }
}

/// How records open in a log whose values span lines; `None` when it has one record a line.
pub(super) fn opening_of_spanning_values(head: &[u8]) -> Option<Arc<[u8]>> {
    let lines = head.split(|byte| *byte == b'\n');
    let mut at = 0;
    for line in lines {
        let text = line.trim_ascii();
        let is_last = at + line.len() == head.len();
        if let [first @ (b'{' | b'['), ..] = text {
            let next = head.get(at + line.len() + 1..).unwrap_or_default();
            let next_opens = matches!(next.first(), Some(b'{' | b'['));
            let spans = match (first, json::is_balanced(text)) {
                (b'[', balanced) => !balanced || is_last,
                (_, true) => false,
                // A record that a rotation cut in two leaves lines that open like any other.
                (_, false) => !next_opens,
            };
            return spans.then(|| opening(&head[at..], text));
        }
        at += line.len() + 1;
    }
    None
}

/// The bytes from a record's line break, or its brace, to the end of its first key.
fn opening(head: &[u8], first_line: &[u8]) -> Arc<[u8]> {
    let skip = match json::wrapper(head.trim_ascii_start()) {
        Wrapper::Around { records, .. } => records,
        _ if first_line.first() == Some(&b'[') => 1,
        _ => 0,
    };
    let records = head.trim_ascii_start().get(skip..).unwrap_or_default();
    let Some(brace) = memchr::memchr(b'{', records) else {
        return b"\n{".as_slice().into();
    };
    let indent = records[..brace].iter().rposition(|byte| *byte == b'\n').unwrap_or(brace);
    let mut quotes = memchr::memchr_iter(b'"', &records[brace..]).skip(1);
    match quotes.next() {
        Some(end) if end < 256 && brace - indent < 64 => records[indent..=brace + end].into(),
        _ => b"\n{".as_slice().into(),
    }
}
