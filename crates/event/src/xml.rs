//! Windows events as XML: as Event Forwarding and `wevtutil qe /f:xml` render them, with or without a root element, and
//! as Sysmon for Linux writes them into other logs.
//!
//! Source: \[MS-EVEN6\] and the schema of events at <http://schemas.microsoft.com/win/2004/08/events/event>.

mod document;
mod scan;

use bumpalo::Bump;
use memchr::memmem;

use self::document::Document;
use crate::{
    event::{Event, Field, NameId, Names, Problem, Sink},
    names::KnownNames,
};

/// Reads events as XML; keeps the names it has met.
#[derive(Debug, Default)]
pub(crate) struct XmlReader {
    known: KnownNames,
}

/// Stumps of events that are tried before one that is whole. Each may cost a look at all that follows it.
const MAX_STUMPS: u32 = 16;

const EVENT_END: &[u8] = b"</Event>";

impl XmlReader {
    /// Reads a block of whole events, perhaps with the start or the end of their root element.
    pub(crate) fn read_block<S: Sink>(&mut self, bytes: &[u8], offset: u64, names: &mut Names, arena: &Bump, sink: &mut S) {
        self.known.follow(names);
        let mut event = Event { fields: Vec::with_capacity(64), ..Event::default() };
        let mut at = 0;
        while at < bytes.len() {
            // What ends one event is what blocks are cut at, so an event never reaches beyond it.
            let end = memmem::find(&bytes[at..], EVENT_END).map_or(bytes.len(), |found| at + found + EVENT_END.len());
            self.read_piece(&bytes[..end], at, offset, (names, arena), &mut event, sink);
            at = end;
        }
    }

    /// Reads what stands between `at` and the end of `bytes`: one event, or one behind the stumps of others.
    fn read_piece<'a, S: Sink>(
        &mut self,
        bytes: &'a [u8],
        mut at: usize,
        offset: u64,
        (names, arena): (&mut Names, &'a Bump),
        event: &mut Event<'a>,
        sink: &mut S,
    ) {
        for _ in 0..MAX_STUMPS {
            let problem = |at: usize, reason: &str| Problem { offset: offset + at as u64, reason: format!("XML: {reason}") };
            let start = event_start(bytes, at);
            if let Some(reason) = between_fault(&bytes[at..start.unwrap_or(bytes.len())]) {
                sink.problem(problem(at, reason));
            }
            let Some(start) = start else {
                return;
            };
            let document = Document { bytes: &bytes[start..], known: &mut self.known, names, arena };
            match document.read(event) {
                Ok(()) => {
                    event.raw = Some(&bytes[start..]);
                    event.header.offset = offset + start as u64;
                    sink.event(event, names);
                    return;
                }
                Err(reason) => sink.problem(problem(start, reason)),
            }
            at = match event_start(bytes, start + 1) {
                Some(next) => next,
                None => return,
            };
        }
    }

    /// Reads `document`, the only event in another log's record (its bytes and offset). False when it cannot be read.
    pub(crate) fn read_embedded<'a, S: Sink>(
        &mut self,
        document: &'a [u8],
        (record, offset): (&'a [u8], u64),
        names: &mut Names,
        arena: &'a Bump,
        sink: &mut S,
    ) -> bool {
        self.known.follow(names);
        let mut event = Event::default();
        let end = memmem::rfind(document, EVENT_END).map_or(document.len(), |at| at + EVENT_END.len());
        let document = Document { bytes: &document[..end], known: &mut self.known, names, arena };
        if document.read(&mut event).is_err() {
            return false;
        }
        event.raw = Some(record);
        event.header.offset = offset;
        sink.event(&event, names);
        true
    }
}

/// Where the next `<Event>` opens, not one that only begins with that name.
fn event_start(bytes: &[u8], from: usize) -> Option<usize> {
    const OPENING: &[u8] = b"<Event";
    let is_whole = |at: &usize| matches!(bytes.get(at + OPENING.len()), Some(b' ' | b'>' | b'\t' | b'\r' | b'\n'));
    memmem::find_iter(bytes.get(from..)?, OPENING).map(|at| from + at).find(is_whole)
}

/// What is wrong with what stands between events: only a root element, comments and the like may.
fn between_fault(bytes: &[u8]) -> Option<&'static str> {
    let mut scanner = scan::Scanner { bytes, at: 0 };
    loop {
        match scanner.next() {
            Ok(None) => return None,
            Ok(Some(scan::Token::Text(text))) if text.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) => {}
            Ok(Some(scan::Token::Open { name, .. } | scan::Token::Close { name })) if is_root(name) => {}
            Ok(Some(_)) => return Some("something other than events"),
            Err(_) => return Some("an event without its end, or something other than events"),
        }
    }
}

/// Any element may be the root, but a stump of an event shows by the names of its own.
fn is_root(name: &[u8]) -> bool {
    !matches!(scan::local(name), b"Event" | b"System" | b"EventData" | b"UserData" | b"Data")
}

/// Pushes a field.
fn push<'a>(event: &mut Event<'a>, name: NameId, value: crate::value::Value<'a>) {
    event.fields.push(Field { name, value });
}
