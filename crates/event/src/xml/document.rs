//! One event as XML: which element becomes which field.

use bumpalo::{Bump, collections::Vec as BumpVec};

use super::{
    push,
    scan::{Fault, Scanner, Token, attributes, local},
};
use crate::{
    event::{Event, Format, NameId, Names},
    names::KnownNames,
    value::{Encoding, Value},
    when,
};

/// A document that starts at `<Event`.
pub(super) struct Document<'d, 'a> {
    pub(super) bytes: &'a [u8],
    pub(super) known: &'d mut KnownNames,
    pub(super) names: &'d mut Names,
    pub(super) arena: &'a Bump,
}

/// Where an element stands; decides what its attributes and its text are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// `Event` itself.
    Event,
    System,
    /// `EventData`, `UserData` and whatever else a provider may add.
    Data,
    /// Texts that Windows adds for people. Only the message is kept.
    Rendering,
}

struct Open<'a> {
    name: &'a [u8],
    /// What its children stand in.
    part: Part,
    field: NameId,
    /// It had children or attributes, so it is not empty without text.
    has_content: bool,
}

/// The text of the innermost element so far.
enum Text<'a> {
    None,
    One(Value<'a>),
    /// Put together from several pieces, decoded.
    Many(BumpVec<'a, u8>),
}

const MAX_DEPTH: usize = 64;
const MAX_FIELDS: usize = 16_384;

impl<'a> Document<'_, 'a> {
    /// Fills `event` with what the document says.
    pub(super) fn read(mut self, event: &mut Event<'a>) -> Result<(), Fault> {
        event.clear();
        event.header.format = Format::Windows;
        let mut scanner = Scanner { bytes: self.bytes, at: 0 };
        let mut open: Vec<Open<'a>> = Vec::with_capacity(8);
        let mut text = Text::None;
        while let Some(token) = scanner.next()? {
            match token {
                Token::Open { name, attributes, is_empty } => {
                    if open.len() >= MAX_DEPTH || event.fields.len() >= MAX_FIELDS {
                        return Err("event is nested too deep or has too many fields");
                    }
                    if let Some(parent) = open.last_mut() {
                        parent.has_content = true;
                        let field = parent.field;
                        let part = parent.part;
                        if let Some(value) = text.take().filter(|value| part == Part::Data && !is_blank(value)) {
                            push(event, field, value);
                        }
                    }
                    let outer = open.last().map(|open| open.part);
                    let element = self.element(name, outer, attributes, event);
                    if is_empty {
                        close(&element, outer, None, event, self.known, self.names);
                    } else {
                        open.push(element);
                    }
                }
                Token::Close { name } => {
                    let element = open.pop().ok_or("an element ends that has no start")?;
                    if element.name != name {
                        return Err("an element ends inside another");
                    }
                    let outer = open.last().map(|open| open.part);
                    let value = text.take().or(Some(Value { encoding: Encoding::Utf8, bytes: b"" }));
                    close(&element, outer, value, event, self.known, self.names);
                    if open.is_empty() {
                        return Ok(());
                    }
                }
                Token::Text(bytes) => text.add(Value { encoding: Encoding::Xml, bytes }, self.arena),
                Token::Cdata(bytes) => text.add(Value { encoding: Encoding::Utf8, bytes }, self.arena),
            }
        }
        Err("event is cut short")
    }

    /// Opens an element and turns its attributes into fields.
    fn element(&mut self, name: &'a [u8], outer: Option<Part>, pairs: &'a [u8], event: &mut Event<'a>) -> Open<'a> {
        let word = local(name);
        let part = match (outer, word) {
            (None, _) => Part::Event,
            (Some(Part::Event), b"System") => Part::System,
            (Some(Part::Event), b"RenderingInfo") => Part::Rendering,
            (Some(Part::Event), _) => Part::Data,
            (Some(outer), _) => outer,
        };
        let mut field = None;
        let mut has_content = false;
        for (key, bytes) in attributes(pairs) {
            if key == b"xmlns" || key.starts_with(b"xmlns:") {
                continue;
            }
            let value = Value { encoding: Encoding::Xml, bytes };
            let key = local(key);
            match (outer, word, key) {
                (Some(Part::Data), b"Data" | b"ComplexData", b"Name") => {
                    let named = !bytes.is_empty();
                    field = named.then(|| self.known.id(value.to_text().as_bytes(), self.names));
                    continue;
                }
                (Some(Part::System), b"Provider", b"Name") => {
                    event.header.provider = value;
                    push(event, self.known.id(b"Provider_Name", self.names), value);
                }
                (Some(Part::System), b"Provider", _) => {
                    let name = [b"Provider_", key].concat();
                    push(event, self.known.id(&name, self.names), value);
                }
                (Some(Part::System), b"TimeCreated", b"SystemTime") => {
                    event.header.time = when::from_value(value);
                    push(event, self.known.id(key, self.names), value);
                }
                (Some(Part::Event), b"EventData" | b"UserData", _) => {
                    let name = [word, b"_", key].concat();
                    push(event, self.known.id(&name, self.names), value);
                }
                (Some(Part::System | Part::Data), ..) => push(event, self.known.id(key, self.names), value),
                _ => {}
            }
            has_content = true;
        }
        let field = field.unwrap_or_else(|| self.known.id(word, self.names));
        Open { name, part, field, has_content }
    }
}

/// Turns the text of an element that ends into a field. `value`: `None` for `<a/>`, empty text for `<a></a>`.
fn close<'a>(
    element: &Open<'a>,
    outer: Option<Part>,
    value: Option<Value<'a>>,
    event: &mut Event<'a>,
    known: &mut KnownNames,
    names: &mut Names,
) {
    let is_empty = value.is_none_or(|value| value.bytes.is_empty());
    let value = value.unwrap_or(Value::NULL);
    let word = local(element.name);
    match outer {
        Some(Part::System) => {
            if is_empty || element.has_content && is_blank(&value) {
                return;
            }
            match word {
                b"EventID" => event.header.event_id = value.to_u64().and_then(|id| u32::try_from(id).ok()),
                b"EventRecordID" => event.header.record_id = value.to_u64(),
                b"Channel" => event.header.channel = value,
                b"Computer" => event.header.computer = value,
                _ => {}
            }
        }
        Some(Part::Data) => {
            if element.has_content && (is_empty || is_blank(&value)) {
                return;
            }
        }
        Some(Part::Rendering) if word == b"Message" && !is_empty => {
            let name = known.id(b"Message", names);
            return push(event, name, value);
        }
        // A part that holds text where elements are expected.
        Some(Part::Event) if element.part == Part::Data && !is_blank(&value) && !is_empty => {}
        _ => return,
    }
    push(event, element.field, value);
}

fn is_blank(value: &Value<'_>) -> bool {
    value.bytes.iter().all(u8::is_ascii_whitespace)
}

impl<'a> Text<'a> {
    fn take(&mut self) -> Option<Value<'a>> {
        match std::mem::replace(self, Text::None) {
            Text::None => None,
            Text::One(value) => Some(value),
            Text::Many(bytes) => Some(Value { encoding: Encoding::Utf8, bytes: bytes.into_bump_slice() }),
        }
    }

    fn add(&mut self, value: Value<'a>, arena: &'a Bump) {
        *self = match std::mem::replace(self, Text::None) {
            Text::None => Text::One(value),
            Text::One(first) => {
                let mut bytes = BumpVec::new_in(arena);
                bytes.extend_from_slice(first.to_text().as_bytes());
                bytes.extend_from_slice(value.to_text().as_bytes());
                Text::Many(bytes)
            }
            Text::Many(mut bytes) => {
                bytes.extend_from_slice(value.to_text().as_bytes());
                Text::Many(bytes)
            }
        };
    }
}
