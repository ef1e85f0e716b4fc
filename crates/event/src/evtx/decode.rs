//! A record's values, laid out as fields.

use bumpalo::Bump;
use cordon_model::Timestamp;

use super::{
    Reason,
    compile::Compiled,
    layout::{Action, Context, DYNAMIC, Layout, Op, Part, Slot, WhenNull},
    limits,
    templates::Templates,
    u32_at,
    value::{self, Items, Kind},
};
use crate::{
    event::{Event, Field, NameId, Names},
    value::{Encoding, Value},
};

/// Kept from record to record.
#[derive(Default)]
pub(super) struct Scratch {
    values: Vec<RecordValue>,
    text: String,
    /// For elements without a template.
    plain: Compiled,
}

/// Where a value of a record stands in the chunk.
#[derive(Debug, Clone, Copy)]
struct RecordValue {
    at: u32,
    size: u16,
    value_type: u8,
}

/// Decodes the records of one chunk, one after the other.
pub(super) struct Decoder<'a, 'r> {
    chunk: &'a [u8],
    arena: &'a Bump,
    pub(super) names: &'r mut Names,
    templates: &'r mut Templates,
    scratch: &'r mut Scratch,
    /// The record decoded last.
    pub(super) event: Event<'a>,
    /// What [`Action::Name`] made.
    dynamic: NameId,
    record_steps: u32,
    chunk_steps: u32,
    text_bytes: usize,
}

const CUT_SHORT: Reason = "its values run past its end";

impl<'a, 'r> Decoder<'a, 'r> {
    pub(super) fn new(
        chunk: &'a [u8],
        arena: &'a Bump,
        names: &'r mut Names,
        templates: &'r mut Templates,
        scratch: &'r mut Scratch,
        event: Event<'a>,
    ) -> Self {
        Self {
            chunk,
            arena,
            names,
            templates,
            scratch,
            event,
            dynamic: DYNAMIC,
            record_steps: 0,
            chunk_steps: limits::CHUNK_STEPS,
            text_bytes: limits::CHUNK_TEXT_BYTES,
        }
    }

    /// Decodes the elements at `start..end` of the chunk into [`Decoder::event`]. What was decoded before an error
    /// stays there.
    pub(super) fn decode(&mut self, start: usize, end: usize) -> Result<(), Reason> {
        self.event.clear();
        self.scratch.values.clear();
        if self.chunk_steps == 0 {
            return Err("the records of its chunk expand without bound");
        }
        let steps = self.chunk_steps.min(limits::RECORD_STEPS);
        self.record_steps = steps;
        let result = self.fragment(start, end, Context::Record, 0);
        self.chunk_steps -= steps - self.record_steps;
        result
    }

    fn fragment(&mut self, mut at: usize, end: usize, context: Context, depth: u32) -> Result<(), Reason> {
        if depth >= limits::FRAGMENT_DEPTH {
            return Err("its fragments are nested too deeply");
        }
        while at < end {
            match self.chunk[at] {
                0x00 => break,
                0x0f => at += 4,
                0x0c => at = self.instance(at + 1, end, context, depth)?,
                _ => return self.plain(at, end, context, depth),
            }
        }
        Ok(())
    }

    /// Elements that are not an instance of a template.
    fn plain(&mut self, at: usize, end: usize, context: Context, depth: u32) -> Result<(), Reason> {
        // It is not in use already: elements without a template have no values that could be fragments.
        let mut plain = std::mem::take(&mut self.scratch.plain);
        let workshop = &mut self.templates.workshop;
        let mut result = workshop.compile(self.chunk, at..end, false, context, self.names, &mut plain);
        if result.is_ok() {
            let literals = self.templates.literals.len();
            self.templates.literals.extend_from_slice(&plain.literals);
            result = self.run(&plain.layout, literals, self.scratch.values.len(), depth);
            self.templates.literals.truncate(literals);
        }
        self.scratch.plain = plain;
        result
    }

    /// An instance of a template, behind its token. Returns where it ends.
    fn instance(&mut self, at: usize, end: usize, context: Context, depth: u32) -> Result<usize, Reason> {
        let chunk = &self.chunk[..end];
        // Behind a byte and the identifier's first part stands where the definition is: here or elsewhere.
        let definition = u32_at(chunk, at + 5).ok_or(CUT_SHORT)?;
        let mut at = at + 9;
        if definition as usize == at {
            let size = u32_at(chunk, at + 20).ok_or(CUT_SHORT)?;
            at = (at + 24).checked_add(size as usize).ok_or(CUT_SHORT)?;
        }
        let count = u32_at(chunk, at).ok_or(CUT_SHORT)? as usize;
        let descriptors = chunk.get(at + 4..).and_then(|rest| rest.get(..count.checked_mul(4)?)).ok_or(CUT_SHORT)?;
        let mut value_at = at + 4 + descriptors.len();
        let base = self.scratch.values.len();
        self.scratch.values.extend(descriptors.as_chunks::<4>().0.iter().map(|&[low, high, value_type, _]| {
            let size = u16::from_le_bytes([low, high]);
            let value = RecordValue { at: value_at as u32, size, value_type };
            value_at += usize::from(size);
            value
        }));
        if value_at > end {
            return Err(CUT_SHORT);
        }
        let known = self.templates.find(self.chunk, definition, context, self.names)?;
        let template = self.templates.take(known)?;
        let result = self.run(&template.layout, known.literals as usize, base, depth);
        self.templates.put_back(known, template);
        self.scratch.values.truncate(base);
        result.map(|()| value_at)
    }

    fn run(&mut self, layout: &Layout, literals: usize, base: usize, depth: u32) -> Result<(), Reason> {
        self.charge(layout.ops.len())?;
        for op in &layout.ops {
            match op.action {
                Action::Value { index, inner, when_null } => match self.scratch.values.get(base + usize::from(index)) {
                    Some(value) => self.value(op, *value, inner, when_null, depth)?,
                    None => self.null(op, when_null),
                },
                Action::Literal(index) => {
                    let bytes = self.literal(literals, index);
                    self.push(op, Encoding::Utf16, bytes);
                }
                Action::Parts { from, count } => {
                    let text = self.build(layout, from, count, literals, base)?;
                    self.push(op, Encoding::Utf8, text.as_bytes());
                }
                Action::Null => self.null(op, WhenNull::Keep),
                Action::Name { from, count } => {
                    let name = self.build(layout, from, count, literals, base)?;
                    let is_usable = !name.is_empty() && self.names.len() < limits::NAMES;
                    self.dynamic = self.names.intern(if is_usable { name } else { "Data" });
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn value(&mut self, op: &Op, value: RecordValue, inner: Context, when_null: WhenNull, depth: u32) -> Result<(), Reason> {
        let (at, end) = (value.at as usize, value.at as usize + usize::from(value.size));
        let bytes = self.chunk.get(at..end).ok_or(CUT_SHORT)?;
        let kind = Kind::of(value.value_type);
        // Nearly all values are of this kind; one comparison finds them.
        if let Kind::Plain(encoding) = kind
            && (!bytes.is_empty() || encoding == Encoding::Utf16)
        {
            self.push(op, encoding, bytes);
            return Ok(());
        }
        match kind {
            Kind::Ansi => {
                let value = self.ansi(bytes)?;
                self.push(op, value.encoding, value.bytes);
            }
            _ if bytes.is_empty() => self.null(op, when_null),
            Kind::Plain(_) | Kind::Null => self.null(op, when_null),
            Kind::Fragment => self.fragment(at, end, inner, depth + 1)?,
            Kind::List => self.list(op, value.value_type, bytes)?,
        }
        Ok(())
    }

    #[cold]
    fn list(&mut self, op: &Op, list_type: u8, bytes: &'a [u8]) -> Result<(), Reason> {
        let items = Items::new(list_type, bytes);
        let kind = Kind::of(items.item_type());
        for bytes in items {
            self.charge(1)?;
            let value = match kind {
                Kind::Plain(encoding) => Value { encoding, bytes },
                Kind::Ansi => self.ansi(bytes)?,
                Kind::Null | Kind::Fragment | Kind::List => Value { encoding: Encoding::Binary, bytes },
            };
            self.push(op, value.encoding, value.bytes);
        }
        Ok(())
    }

    fn null(&mut self, op: &Op, when_null: WhenNull) {
        if when_null == WhenNull::Keep {
            self.push(op, Encoding::Null, &[]);
        }
    }

    // Takes a value in its parts: passed through memory as a whole it costs more than all the rest of this.
    #[inline(always)]
    fn push(&mut self, op: &Op, encoding: Encoding, bytes: &'a [u8]) {
        let name = if op.name == DYNAMIC { self.dynamic } else { op.name };
        self.event.fields.push(Field { name, value: Value { encoding, bytes } });
        if op.slot != Slot::None {
            self.fill(op.slot);
        }
    }

    /// Copies the last field to the header.
    #[inline(never)]
    fn fill(&mut self, slot: Slot) {
        let Some(&Field { value, .. }) = self.event.fields.last() else {
            return;
        };
        let header = &mut self.event.header;
        match slot {
            Slot::None => {}
            Slot::Time => header.time = time(value),
            Slot::Channel => header.channel = value,
            Slot::Provider => header.provider = value,
            Slot::Computer => header.computer = value,
            Slot::EventId => header.event_id = number(value).and_then(|id| u32::try_from(id).ok()),
            Slot::RecordId => header.record_id = number(value),
        }
    }

    fn literal(&self, literals: usize, index: u16) -> &'a [u8] {
        self.templates.literals.get(literals + usize::from(index)).map_or(&[], |literal| literal.bytes(self.chunk))
    }

    /// A text of several pieces.
    #[cold]
    fn build(&mut self, layout: &Layout, from: u16, count: u16, literals: usize, base: usize) -> Result<&'a str, Reason> {
        self.charge(usize::from(count))?;
        let mut text = std::mem::take(&mut self.scratch.text);
        text.clear();
        let from = usize::from(from);
        let mut is_bounded = true;
        for part in layout.parts.get(from..from + usize::from(count)).unwrap_or_default() {
            match *part {
                Part::Char(char) => text.push(char),
                Part::Literal(index) => {
                    Value { encoding: Encoding::Utf16, bytes: self.literal(literals, index) }.write_text(&mut text);
                }
                Part::Value(index) => {
                    if let Some(value) = self.scratch.values.get(base + usize::from(index)) {
                        self.append(*value, &mut text);
                    }
                }
            }
            is_bounded = text.len() <= self.text_bytes;
            if !is_bounded {
                break;
            }
        }
        let built = if is_bounded { Ok(&*self.arena.alloc_str(&text)) } else { Err(TOO_MUCH_TEXT) };
        self.text_bytes = self.text_bytes.saturating_sub(text.len());
        self.scratch.text = text;
        built
    }

    fn append(&self, value: RecordValue, text: &mut String) {
        let at = value.at as usize;
        let bytes = self.chunk.get(at..at + usize::from(value.size)).unwrap_or_default();
        match Kind::of(value.value_type) {
            Kind::Plain(encoding) => Value { encoding, bytes }.write_text(text),
            Kind::Ansi => text.extend(bytes.iter().filter(|byte| **byte != 0).map(|byte| value::ansi_char(*byte))),
            Kind::List => {
                let items = Items::new(value.value_type, bytes);
                let Kind::Plain(encoding) = Kind::of(items.item_type()) else {
                    return;
                };
                for (index, bytes) in items.enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    Value { encoding, bytes }.write_text(text);
                }
            }
            Kind::Null | Kind::Fragment => {}
        }
    }

    /// Text of a code page: as it stands when it is plain ASCII.
    fn ansi(&mut self, bytes: &'a [u8]) -> Result<Value<'a>, Reason> {
        let trimmed = bytes.trim_ascii_end_nul();
        if trimmed.is_ascii() && !trimmed.contains(&0) {
            return Ok(Value { encoding: Encoding::Utf8, bytes: trimmed });
        }
        self.text_bytes = self.text_bytes.checked_sub(trimmed.len() * 3).ok_or(TOO_MUCH_TEXT)?;
        let text = &mut self.scratch.text;
        text.clear();
        text.extend(trimmed.iter().filter(|byte| **byte != 0).map(|byte| value::ansi_char(*byte)));
        Ok(Value::from_text(self.arena.alloc_str(text)))
    }

    #[inline]
    fn charge(&mut self, steps: usize) -> Result<(), Reason> {
        let left = usize::try_from(self.record_steps).unwrap_or(usize::MAX).checked_sub(steps);
        self.record_steps = left.unwrap_or(0) as u32;
        left.map(drop).ok_or("it expands to more fields than any honest record has")
    }
}

const TOO_MUCH_TEXT: Reason = "the text of its chunk's records expands without bound";

trait TrimNul {
    fn trim_ascii_end_nul(&self) -> &Self;
}

impl TrimNul for [u8] {
    fn trim_ascii_end_nul(&self) -> &Self {
        let end = self.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        &self[..end]
    }
}

/// A number of any width, or the decimal digits of one.
fn number(value: Value<'_>) -> Option<u64> {
    if value.encoding == Encoding::Utf16 {
        let units = value.bytes.as_chunks::<2>().0;
        return units.iter().take_while(|unit| **unit != [0, 0]).try_fold(0u64, |sum, unit| match unit {
            [digit @ b'0'..=b'9', 0] => sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
            _ => None,
        });
    }
    match *value.bytes {
        [a, b] => Some(u64::from(u16::from_le_bytes([a, b]))),
        _ => value.to_u64(),
    }
}

fn time(value: Value<'_>) -> Option<Timestamp> {
    match value.encoding {
        Encoding::FileTime => Timestamp::from_filetime(u64::from_le_bytes(value.bytes.try_into().ok()?)),
        Encoding::SystemTime | Encoding::Utf16 | Encoding::Utf8 => value.to_text().parse().ok(),
        _ => None,
    }
}
