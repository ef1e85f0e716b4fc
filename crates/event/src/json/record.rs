//! Makes an event of the leaves of a record.

use bumpalo::Bump;

use super::{
    paths::{PathId, Paths},
    shape::{Action, Role, Shape, Slot},
    token::Leaf,
};
use crate::{
    event::{Event, Field, Format, Header, NameId, Names},
    value::{Encoding, Value},
    when,
};

/// Leaves of the record at hand, and what is needed to make an event of them.
pub(super) struct Builder<'a> {
    pub(super) leaves: Vec<Leaf<'a>>,
    provider_name: NameId,
    computer: NameId,
    message: NameId,
}

/// A name that waits for its value, or values whose name may still come.
#[derive(Default)]
struct Pair {
    name: Option<NameId>,
    has_value: bool,
    /// Fields from here on got the name of nameless data.
    first: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(names: &mut Names) -> Self {
        let mut intern = |name| names.intern(name);
        let (provider_name, computer, message) = (intern("Provider_Name"), intern("Computer"), intern("message"));
        Self { leaves: Vec::new(), provider_name, computer, message }
    }

    /// Fills `event`. Returns a document that may be a whole event as XML, when the record carries one.
    #[inline]
    pub(super) fn build(&self, paths: &Paths, names: &mut Names, arena: &'a Bump, event: &mut Event<'a>) -> Option<&'a [u8]> {
        event.clear();
        let marks = self.leaves.iter().fold(0, |marks, leaf| marks | paths.meaning(leaf.path).marks);
        let shape = Shape::from_marks(marks);
        let mut best: [(u8, Value<'a>); Slot::COUNT] = [(u8::MAX, Value::NULL); Slot::COUNT];
        let mut pair = Pair::default();
        let mut document = None;
        let mut has_fallback = false;
        for leaf in &self.leaves {
            let Role { name, action, slot, rank } = paths.meaning(leaf.path).roles[shape as usize];
            let value = leaf.value;
            if slot != Slot::None && rank < best[slot as usize].0 && !value.is_null() {
                best[slot as usize] = (rank, value);
            }
            match action {
                Action::Keep => event.fields.push(Field { name, value }),
                Action::Fallback => has_fallback = true,
                Action::Message => {
                    document = document.or_else(|| embedded_xml(value, arena));
                    event.fields.push(Field { name, value });
                }
                Action::PairName | Action::PairValue => pair.take(action, name, value, names, &mut event.fields),
                Action::Drop if leaf.path == PathId::END_OF_PAIR => pair.end(&mut event.fields),
                Action::Drop => {}
            }
        }
        if has_fallback {
            self.fall_back(paths, shape, &mut event.fields);
        }
        event.header = header(shape, &best);
        match shape {
            Shape::Winlog if best[Slot::Computer as usize].0 > 0 && !event.header.computer.is_null() => {
                event.fields.push(Field { name: self.computer, value: event.header.computer });
            }
            Shape::Journal => {
                event.fields.push(Field { name: self.provider_name, value: event.header.provider });
                self.join_bytes(arena, &mut event.fields);
            }
            _ => {}
        }
        document
    }

    /// Keeps what the record says in a second place only.
    fn fall_back(&self, paths: &Paths, shape: Shape, fields: &mut Vec<Field<'a>>) {
        let first_hand = fields.len();
        for leaf in &self.leaves {
            let role = paths.meaning(leaf.path).roles[shape as usize];
            if role.action == Action::Fallback && !fields[..first_hand].iter().any(|field| field.name == role.name) {
                fields.push(Field { name: role.name, value: leaf.value });
            }
        }
    }

    /// The journal writes a message that is not UTF-8 as an array of its bytes.
    fn join_bytes(&self, arena: &'a Bump, fields: &mut Vec<Field<'a>>) {
        let is_byte = |field: &Field<'_>| field.name == self.message && field.value.encoding == Encoding::Literal;
        let byte = |field: &Field<'a>| field.value.to_u64().and_then(|byte| u8::try_from(byte).ok());
        if fields.iter().filter(|field| is_byte(field)).count() < 2 {
            return;
        }
        let bytes =
            arena.alloc_slice_fill_iter(fields.iter().filter(|field| is_byte(field)).filter_map(byte).collect::<Vec<u8>>());
        fields.retain(|field| !is_byte(field));
        fields.push(Field { name: self.message, value: Value { encoding: Encoding::Utf8, bytes } });
    }
}

impl Pair {
    fn take<'a>(&mut self, action: Action, name: NameId, value: Value<'a>, names: &mut Names, fields: &mut Vec<Field<'a>>) {
        match (action, self.name) {
            (Action::PairName, _) if value.is_null() => {}
            (Action::PairName, _) => {
                let name = names.intern(&value.to_text());
                self.name = Some(name);
                let unnamed = fields.len() - self.first.min(fields.len());
                if self.has_value {
                    fields.iter_mut().rev().take(unnamed).for_each(|field| field.name = name);
                }
            }
            (_, Some(name)) => {
                self.has_value = true;
                fields.push(Field { name, value });
            }
            (_, None) => {
                if !self.has_value {
                    self.first = fields.len();
                }
                self.has_value = true;
                fields.push(Field { name, value });
            }
        }
    }

    fn end(&mut self, fields: &mut Vec<Field<'_>>) {
        if let (Some(name), false) = (self.name, self.has_value) {
            fields.push(Field { name, value: Value::NULL });
        }
        *self = Self::default();
    }
}

fn header<'a>(shape: Shape, best: &[(u8, Value<'a>); Slot::COUNT]) -> Header<'a> {
    let value = |slot: Slot| best[slot as usize].1;
    let provider = value(Slot::Provider);
    let mut format = shape.format();
    // Winlogbeat's modules move everything into the schema; only the provider still tells.
    if shape == Shape::Ecs && provider.bytes.starts_with(b"Microsoft-Windows-") {
        format = Format::Windows;
    }
    let is_windows = format == Format::Windows;
    Header {
        format,
        time: when::from_value(value(Slot::Time)),
        channel: value(Slot::Channel),
        provider: if is_windows || format == Format::Syslog { provider } else { Value::NULL },
        event_id: if is_windows { number(value(Slot::EventId)).and_then(|id| u32::try_from(id).ok()) } else { None },
        computer: value(Slot::Computer),
        record_id: number(value(Slot::RecordId)),
        offset: 0,
    }
}

/// A decimal number, without going through its text when it is nothing but digits.
#[inline]
fn number(value: Value<'_>) -> Option<u64> {
    if matches!(value.bytes.len(), 1..=18) && value.bytes.iter().all(u8::is_ascii_digit) {
        return Some(value.bytes.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')));
    }
    value.to_u64()
}

/// The text of `value` when it is an event as XML, as Sysmon for Linux hands it to syslog and the journal.
fn embedded_xml<'a>(value: Value<'a>, arena: &'a Bump) -> Option<&'a [u8]> {
    const STARTS: [&[u8]; 3] = [b"<Event>", b"<Event ", b"\\u003cEvent"];
    let starts = value.encoding == Encoding::Json && STARTS.iter().any(|start| value.bytes.starts_with(start));
    starts.then(|| match value.to_text() {
        std::borrow::Cow::Borrowed(text) => text.as_bytes(),
        std::borrow::Cow::Owned(text) => arena.alloc_str(&text).as_bytes(),
    })
}
