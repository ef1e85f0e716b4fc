//! From tokens to a [`Layout`]. Runs once per template, and once per record that has none.

use std::ops::Range;

use super::{
    Reason, array_at,
    layout::{Action, Context, DYNAMIC, Layout, Op, Part, Slot, WhenNull},
    limits, roles,
    templates::{Expected, Shape},
    u16_at, u32_at,
};
use crate::event::{NameId, Names};

/// What came of it.
#[derive(Default)]
pub(super) struct Compiled {
    pub(super) layout: Layout,
    /// What to compare another chunk's definition with; empty unless it was a definition.
    pub(super) shape: Shape,
    /// The literals of this chunk.
    pub(super) literals: Vec<Literal>,
}

/// Compiles `range` of `chunk`, whose elements stand inside `context`. `tokens` is what the chunk may still cost.
pub(super) fn compile(
    chunk: &[u8],
    range: Range<usize>,
    is_definition: bool,
    context: Context,
    names: &mut Names,
    tokens: &mut u32,
) -> Result<Compiled, Reason> {
    let mut compiler = Compiler {
        chunk,
        at: range.start,
        end: range.end.min(chunk.len()),
        solid_from: range.start,
        is_definition,
        context,
        names,
        tokens,
        frames: Vec::new(),
        staged: Vec::new(),
        attribute: None,
        out: Compiled::default(),
    };
    compiler.run()?;
    Ok(compiler.out)
}

/// Text of no characters, which is not the same as no value.
const EMPTY: Action = Action::Literal(u16::MAX);

const CUT_SHORT: Reason = "its elements are cut short";
const TOO_LARGE: Reason = "its template is larger than any that Windows writes";

struct Compiler<'c> {
    chunk: &'c [u8],
    at: usize,
    end: usize,
    /// Where the bytes start that are the same in every chunk and not in the shape yet.
    solid_from: usize,
    is_definition: bool,
    context: Context,
    names: &'c mut Names,
    tokens: &'c mut u32,
    frames: Vec<Frame>,
    /// Pieces of the text of open elements and of the open attribute.
    staged: Vec<Part>,
    /// The open attribute, and where its pieces start.
    attribute: Option<(String, usize)>,
    out: Compiled,
}

/// An open element.
struct Frame {
    element: String,
    outer: Context,
    inner: Context,
    field: NameId,
    slot: Slot,
    when_null: WhenNull,
    is_data: bool,
    /// Where the pieces of its text start.
    staged_from: usize,
    /// Whether a field or an element came out of it already.
    has_content: bool,
}

impl Compiler<'_> {
    fn run(&mut self) -> Result<(), Reason> {
        while self.at < self.end {
            *self.tokens = self.tokens.checked_sub(1).ok_or("the templates of this chunk are too many to be honest")?;
            let token = self.chunk[self.at];
            self.at += 1;
            match token {
                0x00 => break,
                0x01 | 0x41 => self.open_element(token & 0x40 != 0)?,
                0x02 => self.finish_attribute()?,
                0x03 => {
                    self.finish_attribute()?;
                    self.close_element(Action::Null)?;
                }
                0x04 => self.close_element(EMPTY)?,
                0x05 | 0x45 => {
                    if self.u8()? != 0x01 {
                        return Err("its template holds a value of a type that is not text");
                    }
                    self.literal()?;
                }
                0x06 | 0x46 => {
                    self.finish_attribute()?;
                    let name = self.name(0, 0)?;
                    self.attribute = Some((name, self.staged.len()));
                }
                0x07 | 0x47 => self.literal()?,
                0x08 | 0x48 => {
                    let unit = self.u16()?;
                    self.staged.push(Part::Char(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)));
                }
                0x09 | 0x49 => {
                    let name = self.name(0, 0)?;
                    self.staged.push(Part::Char(entity(&name)));
                }
                // Processing instructions say nothing about the event.
                0x0a => drop(self.name(0, 0)?),
                0x0b => {
                    let units = self.u16()?;
                    self.skip(usize::from(units) * 2)?;
                }
                0x0d | 0x0e => {
                    let index = self.u16()?;
                    self.skip(1)?;
                    self.staged.push(Part::Value(index));
                }
                0x0f => self.skip(3)?,
                _ => return Err("its elements hold an unknown token"),
            }
        }
        if !self.frames.is_empty() {
            return Err(CUT_SHORT);
        }
        if self.is_definition {
            self.out.shape.solid.extend_from_slice(&self.chunk[self.solid_from..self.at]);
        }
        Ok(())
    }

    fn open_element(&mut self, has_attributes: bool) -> Result<(), Reason> {
        if self.frames.len() >= limits::ELEMENT_DEPTH {
            return Err("its elements are nested too deeply");
        }
        // Only definitions say on which value an element depends. An element without that value has no value itself.
        if self.is_definition {
            self.skip(2)?;
        }
        self.finish_attribute()?;
        self.flush(None)?;
        let name = self.name(4, if has_attributes { 4 } else { 0 })?;
        let element = roles::local(&name).to_owned();
        let outer = match self.frames.last_mut() {
            Some(parent) => {
                parent.has_content = true;
                parent.inner
            }
            None => self.context,
        };
        let role = roles::of_element(outer, &element);
        let frame = Frame {
            outer,
            inner: role.inner,
            field: self.names.intern(&role.field),
            slot: role.slot,
            when_null: role.when_null,
            is_data: role.is_data,
            staged_from: self.staged.len(),
            has_content: false,
            element: String::new(),
        };
        self.frames.push(Frame { element, ..frame });
        Ok(())
    }

    /// `when_empty`: what an element without anything in it comes to.
    fn close_element(&mut self, when_empty: Action) -> Result<(), Reason> {
        self.flush(Some(when_empty))?;
        self.frames.pop().map(drop).ok_or("it closes an element that is not open")
    }

    /// Turns the pieces of the innermost element's text into fields. `when_empty`: given when the element is closed.
    fn flush(&mut self, when_empty: Option<Action>) -> Result<(), Reason> {
        let Some(frame) = self.frames.last() else {
            return Ok(());
        };
        let pieces = self.staged.split_off(frame.staged_from);
        let (field, slot, inner, when_null) = (frame.field, frame.slot, frame.inner, frame.when_null);
        if pieces.is_empty() {
            if let Some(action) = when_empty.filter(|_| !frame.has_content && when_null == WhenNull::Keep) {
                self.push(field, slot, action);
            }
            return Ok(());
        }
        let is_mixed = frame.has_content || when_empty.is_none();
        if is_mixed && pieces.iter().all(|piece| self.is_blank(*piece)) {
            return Ok(());
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.has_content = true;
        }
        let holds_elements =
            matches!(inner, Context::Event | Context::EventData) || (when_null == WhenNull::Drop && slot == Slot::None);
        if holds_elements && inner != Context::System {
            // Each value may be a fragment with elements of its own.
            for piece in pieces {
                if !self.is_blank(piece) {
                    self.emit(field, slot, &[piece], inner, when_null)?;
                }
            }
            return Ok(());
        }
        self.emit(field, slot, &pieces, inner, when_null)
    }

    fn finish_attribute(&mut self) -> Result<(), Reason> {
        let is_naming = self.is_naming();
        let Some((name, from)) = self.attribute.take() else {
            return Ok(());
        };
        let pieces = self.staged.split_off(from);
        let Some(frame) = self.frames.last() else {
            return Err("it has an attribute outside of an element");
        };
        if is_naming {
            let field = self.data_name(&pieces)?;
            if let (Some(field), Some(frame)) = (field, self.frames.last_mut()) {
                frame.field = field;
            }
            return Ok(());
        }
        let Some((field, slot)) = roles::of_attribute(frame.outer, &frame.element, &name) else {
            return Ok(());
        };
        let field = self.names.intern(&field);
        if let Some(frame) = self.frames.last_mut() {
            frame.has_content = true;
        }
        self.emit(field, slot, &pieces, Context::UserData, WhenNull::Drop)
    }

    /// The field that `<Data Name="…">` asks for; `None` when the name is empty.
    fn data_name(&mut self, pieces: &[Part]) -> Result<Option<NameId>, Reason> {
        if pieces.iter().any(|piece| matches!(piece, Part::Value(_))) {
            let (from, count) = self.keep_parts(pieces)?;
            self.push(DYNAMIC, Slot::None, Action::Name { from, count });
            return Ok(Some(DYNAMIC));
        }
        let mut name = String::new();
        for piece in pieces {
            match piece {
                Part::Char(char) => name.push(*char),
                Part::Literal(index) => push_units(self.literal_bytes(*index), &mut name),
                Part::Value(_) => {}
            }
        }
        Ok((!name.is_empty()).then(|| self.names.intern(&name)))
    }

    fn emit(&mut self, field: NameId, slot: Slot, pieces: &[Part], inner: Context, when_null: WhenNull) -> Result<(), Reason> {
        let action = match pieces {
            [] => return Ok(()),
            [Part::Value(index)] => Action::Value { index: *index, inner, when_null },
            [Part::Literal(index)] => Action::Literal(*index),
            _ => {
                let (from, count) = self.keep_parts(pieces)?;
                Action::Parts { from, count }
            }
        };
        self.push(field, slot, action);
        Ok(())
    }

    fn push(&mut self, name: NameId, slot: Slot, action: Action) {
        self.out.layout.ops.push(Op { name, slot, action });
    }

    fn keep_parts(&mut self, pieces: &[Part]) -> Result<(u16, u16), Reason> {
        let parts = &mut self.out.layout.parts;
        let from = u16::try_from(parts.len()).map_err(|_| TOO_LARGE)?;
        let count = u16::try_from(pieces.len()).map_err(|_| TOO_LARGE)?;
        parts.extend_from_slice(pieces);
        Ok((from, count))
    }

    fn literal(&mut self) -> Result<(), Reason> {
        let solid = self.solid_from..self.at;
        let literal = literal_at(&self.chunk[..self.end], self.at).ok_or(CUT_SHORT)?;
        self.at = literal.end();
        self.solid_from = self.at;
        let index = u16::try_from(self.out.literals.len()).map_err(|_| TOO_LARGE)?;
        if self.is_definition {
            let bytes = literal.bytes(self.chunk);
            // The text of a name is part of what the layout says; of another it only matters whether there is any.
            let expected = match self.is_naming() {
                true => Expected::Same,
                false if is_blank(bytes) => Expected::Blank,
                false => Expected::Text,
            };
            self.out.shape.push_literal(&self.chunk[solid], bytes, expected);
        }
        self.out.literals.push(literal);
        self.staged.push(Part::Literal(index));
        Ok(())
    }

    /// Whether the open attribute says what an element's text is called.
    fn is_naming(&self) -> bool {
        let is_name = self.attribute.as_ref().is_some_and(|(name, _)| roles::local(name) == "Name");
        is_name && self.frames.last().is_some_and(|frame| frame.is_data)
    }

    fn literal_bytes(&self, index: u16) -> &[u8] {
        self.out.literals.get(usize::from(index)).map_or(&[], |literal| literal.bytes(self.chunk))
    }

    fn is_blank(&self, piece: Part) -> bool {
        matches!(piece, Part::Literal(index) if is_blank(self.literal_bytes(index)))
    }

    /// The name referred to here, between `before` and `after` bytes that count sizes of the chunk.
    fn name(&mut self, before: usize, after: usize) -> Result<String, Reason> {
        let solid = self.solid_from..self.at;
        self.skip(before)?;
        let offset = self.u32()? as usize;
        let (bytes, end) = name_bytes(self.chunk, offset).ok_or("a name of its elements is not in the chunk")?;
        if offset == self.at {
            self.at = end;
        }
        self.skip(after)?;
        *self.tokens = self.tokens.saturating_sub(bytes.len() as u32 / 32);
        if self.is_definition {
            self.out.shape.push_name(&self.chunk[solid], before, after, bytes);
        }
        self.solid_from = self.at;
        let mut name = String::with_capacity(bytes.len() / 2);
        push_units(bytes, &mut name);
        Ok(name)
    }

    fn u8(&mut self) -> Result<u8, Reason> {
        let [byte] = array_at(&self.chunk[..self.end], self.at).ok_or(CUT_SHORT)?;
        self.at += 1;
        Ok(byte)
    }

    fn u16(&mut self) -> Result<u16, Reason> {
        let number = u16_at(&self.chunk[..self.end], self.at).ok_or(CUT_SHORT)?;
        self.at += 2;
        Ok(number)
    }

    fn u32(&mut self) -> Result<u32, Reason> {
        let number = u32_at(&self.chunk[..self.end], self.at).ok_or(CUT_SHORT)?;
        self.at += 4;
        Ok(number)
    }

    fn skip(&mut self, bytes: usize) -> Result<(), Reason> {
        self.at += bytes;
        if self.at <= self.end { Ok(()) } else { Err(CUT_SHORT) }
    }
}

/// A text of a template, in the chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal {
    at: u32,
    size: u32,
}

impl Literal {
    pub(super) fn bytes(self, chunk: &[u8]) -> &[u8] {
        chunk.get(self.at as usize..self.end()).unwrap_or_default()
    }

    pub(super) fn end(self) -> usize {
        (self.at + self.size) as usize
    }
}

/// The literal whose count of UTF-16 units stands at `at`.
pub(super) fn literal_at(chunk: &[u8], at: usize) -> Option<Literal> {
    let literal = Literal { at: at as u32 + 2, size: u32::from(u16_at(chunk, at)?) * 2 };
    (literal.end() <= chunk.len()).then_some(literal)
}

/// Whether there is nothing but white space in a text.
pub(super) fn is_blank(units: &[u8]) -> bool {
    units.as_chunks::<2>().0.iter().all(|unit| matches!(unit, [b' ' | b'\t' | b'\r' | b'\n', 0]))
}

/// The name at `offset` of a chunk as UTF-16, and where it ends: next name, hash, count of units, units, NUL.
pub(super) fn name_bytes(chunk: &[u8], offset: usize) -> Option<(&[u8], usize)> {
    let units = usize::from(u16_at(chunk, offset.checked_add(6)?)?);
    let bytes = chunk.get(offset + 8..offset + 8 + units * 2)?;
    (units > 0 && units <= limits::NAME_UNITS).then_some((bytes, offset + 10 + units * 2))
}

fn push_units(bytes: &[u8], out: &mut String) {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    out.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

/// The character of one of the five entities of XML.
fn entity(name: &str) -> char {
    match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => char::REPLACEMENT_CHARACTER,
    }
}
