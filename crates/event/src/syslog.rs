//! Syslog as it is sent (RFC 5424, RFC 3164) and as it stands in files of Linux systems.
//!
//! Nothing about a line is certain but that it has text: every part of the head is taken when it is there, and what is
//! left is the message. Sources: RFC 5424 §6, RFC 3164 §4, RFC 6587 §3.4.1 (octet counts).

mod data;
mod head;

use bumpalo::Bump;
use cordon_model::Timestamp;

use self::head::Head;
pub(crate) use self::head::{is_line, month};
use crate::{
    event::{Event, Field, Format, Names, Sink},
    lines,
    names::KnownNames,
    value::Value,
    xml::XmlReader,
};

/// Reads lines of syslog.
#[derive(Debug, Default)]
pub(crate) struct SyslogReader {
    known: KnownNames,
}

/// What a block is read with, besides its bytes.
pub(crate) struct Room<'r, 'a> {
    pub(crate) names: &'r mut Names,
    pub(crate) arena: &'a Bump,
    pub(crate) received: Option<Timestamp>,
}

/// A message that is a whole event as XML comes from Sysmon for Linux.
const EVENT_STARTS: [&[u8]; 2] = [b"<Event>", b"<Event "];

impl SyslogReader {
    pub(crate) fn read_block<S: Sink>(
        &mut self,
        bytes: &[u8],
        offset: u64,
        Room { names, arena, received }: Room<'_, '_>,
        xml: &mut XmlReader,
        sink: &mut S,
    ) {
        self.known.follow(names);
        let mut event = Event { fields: Vec::with_capacity(32), ..Event::default() };
        for (at, line) in lines::of(bytes) {
            let head = Head::read(line, received);
            let offset = offset + at as u64;
            if EVENT_STARTS.iter().any(|start| head.message.starts_with(start))
                && xml.read_embedded(head.message, (line, offset), names, arena, sink)
            {
                continue;
            }
            self.fill(&head, &mut event, names, arena);
            event.raw = Some(line);
            event.header.offset = offset;
            sink.event(&event, names);
        }
    }

    fn fill<'a>(&mut self, head: &Head<'a>, event: &mut Event<'a>, names: &mut Names, arena: &'a Bump) {
        event.clear();
        let text = |bytes: &'a [u8]| Value { encoding: crate::value::Encoding::Utf8, bytes };
        let mut field = |name: &str, bytes: &'a [u8]| {
            if !bytes.is_empty() {
                event.fields.push(Field { name: self.known.id(name.as_bytes(), names), value: text(bytes) });
            }
        };
        field("hostname", head.host);
        field("program", head.program);
        field("Provider_Name", head.program);
        field("pid", head.process);
        field("msgid", head.message_id);
        if let Some(priority) = head.priority {
            field("facility", head::facility(priority).as_bytes());
            field("severity", head::severity(priority).as_bytes());
        }
        data::read(head.data, &mut self.known, names, arena, &mut event.fields);
        let name = self.known.id(b"message", names);
        event.fields.push(Field { name, value: text(head.message) });
        event.header.format = Format::Syslog;
        event.header.time = head.time;
        event.header.provider = if head.program.is_empty() { Value::NULL } else { text(head.program) };
        event.header.computer = if head.host.is_empty() { Value::NULL } else { text(head.host) };
    }
}
