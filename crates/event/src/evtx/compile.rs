//! From tokens to a [`Layout`]. Runs once per template, and once per fragment that has none: about one record in eight
//! holds one, so it allocates nothing in the steady state.

use std::ops::Range;

use super::{
    Reason, array_at,
    layout::{Action, Context, DYNAMIC, Layout, Op, Part, Slot, WhenNull},
    limits, roles,
    templates::{Expected, Shape},
    text::{self, Literal},
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

/// What is kept from one run to the next.
#[derive(Default)]
pub(super) struct Workshop {
    frames: Vec<Frame>,
    /// Pieces of the text of open elements and of the open attribute.
    staged: Vec<Part>,
    /// Roles of elements of this chunk, by the place of their name and the context.
    roles: Vec<((u32, Context), KnownRole)>,
    /// What compiling may still cost in this chunk.
    tokens: u32,
}

impl Workshop {
    /// Forgets what was known of the chunk before.
    pub(super) fn start_chunk(&mut self) {
        self.roles.clear();
        self.tokens = limits::CHUNK_TOKENS;
    }

    /// Compiles `range` of `chunk`, whose elements stand inside `context`, into `out`.
    pub(super) fn compile(
        &mut self,
        chunk: &[u8],
        range: Range<usize>,
        is_definition: bool,
        context: Context,
        names: &mut Names,
        out: &mut Compiled,
    ) -> Result<(), Reason> {
        self.frames.clear();
        self.staged.clear();
        out.layout.ops.clear();
        out.layout.parts.clear();
        out.literals.clear();
        let (at, end) = (range.start, range.end.min(chunk.len()));
        Compiler { chunk, at, end, solid_from: at, is_definition, context, names, shop: self, attribute: None, out }.run()
    }
}

const CUT_SHORT: Reason = "its elements are cut short";
const TOO_LARGE: Reason = "its template is larger than any that Windows writes";
/// Text of no characters, which is not the same as no value.
const EMPTY: Action = Action::Literal(u16::MAX);

struct Compiler<'c> {
    chunk: &'c [u8],
    at: usize,
    end: usize,
    /// Where the bytes start that are the same in every chunk and not in the shape yet.
    solid_from: usize,
    is_definition: bool,
    context: Context,
    names: &'c mut Names,
    shop: &'c mut Workshop,
    attribute: Option<Attribute>,
    out: &'c mut Compiled,
}

/// An open element.
struct Frame {
    /// Where its name stands.
    name_at: u32,
    outer: Context,
    role: KnownRole,
    /// Where the pieces of its text start.
    staged_from: usize,
    /// Whether a field or an element came out of it already.
    has_content: bool,
}

/// A [`roles::Role`] with its field interned.
#[derive(Debug, Clone, Copy)]
struct KnownRole {
    field: NameId,
    inner: Context,
    slot: Slot,
    when_null: WhenNull,
    is_data: bool,
}

/// The open attribute.
#[derive(Debug, Clone, Copy)]
struct Attribute {
    name_at: u32,
    /// Where the pieces of its text start.
    staged_from: usize,
    /// Whether it says what its element's text is called.
    is_naming: bool,
}

impl Compiler<'_> {
    fn run(&mut self) -> Result<(), Reason> {
        while self.at < self.end {
            self.shop.tokens = self.shop.tokens.checked_sub(1).ok_or("the templates of its chunk are too many to be honest")?;
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
                0x06 | 0x46 => self.open_attribute()?,
                0x07 | 0x47 => self.literal()?,
                0x08 | 0x48 => {
                    let unit = u32::from(self.u16()?);
                    self.shop.staged.push(Part::Char(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)));
                }
                0x09 | 0x49 => {
                    let name_at = self.name(0, 0)?;
                    self.shop.staged.push(Part::Char(entity(&text::name(self.chunk, name_at))));
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
                    self.shop.staged.push(Part::Value(index));
                }
                0x0f => self.skip(3)?,
                _ => return Err("its elements hold an unknown token"),
            }
        }
        if !self.shop.frames.is_empty() {
            return Err(CUT_SHORT);
        }
        if self.is_definition {
            self.out.shape.push_end(&self.chunk[self.solid_from..self.at]);
        }
        Ok(())
    }

    fn open_element(&mut self, has_attributes: bool) -> Result<(), Reason> {
        if self.shop.frames.len() >= limits::ELEMENT_DEPTH {
            return Err("its elements are nested too deeply");
        }
        // Only definitions say on which value an element depends. An element without that value has no value itself.
        if self.is_definition {
            self.skip(2)?;
        }
        self.finish_attribute()?;
        self.flush(None)?;
        let name_at = self.name(4, if has_attributes { 4 } else { 0 })?;
        let outer = match self.shop.frames.last_mut() {
            Some(parent) => {
                parent.has_content = true;
                parent.role.inner
            }
            None => self.context,
        };
        let role = self.role(outer, name_at);
        let staged_from = self.shop.staged.len();
        self.shop.frames.push(Frame { name_at, outer, role, staged_from, has_content: false });
        Ok(())
    }

    fn role(&mut self, outer: Context, name_at: u32) -> KnownRole {
        let key = (name_at, outer);
        if let Some((_, role)) = self.shop.roles.iter().find(|(known, _)| *known == key) {
            return *role;
        }
        let element = text::name(self.chunk, name_at);
        let role = roles::of_element(outer, roles::local(&element));
        let role = KnownRole {
            field: self.names.intern(&role.field),
            inner: role.inner,
            slot: role.slot,
            when_null: role.when_null,
            is_data: role.is_data,
        };
        if self.shop.roles.len() < limits::CHUNK_ROLES {
            self.shop.roles.push((key, role));
        }
        role
    }

    /// `when_empty`: what an element without anything in it comes to.
    fn close_element(&mut self, when_empty: Action) -> Result<(), Reason> {
        self.flush(Some(when_empty))?;
        self.shop.frames.pop().map(drop).ok_or("it closes an element that is not open")
    }

    /// Turns the pieces of the innermost element's text into fields. `when_empty`: given when the element is closed.
    fn flush(&mut self, when_empty: Option<Action>) -> Result<(), Reason> {
        let Some(frame) = self.shop.frames.last_mut() else {
            return Ok(());
        };
        let (role, from, has_content) = (frame.role, frame.staged_from, frame.has_content);
        let pieces = from..self.shop.staged.len();
        if pieces.is_empty() {
            if let Some(action) = when_empty.filter(|_| !has_content && role.when_null == WhenNull::Keep) {
                self.push(role.field, role.slot, action);
            }
            return Ok(());
        }
        let is_mixed = has_content || when_empty.is_none();
        if is_mixed && pieces.clone().all(|piece| self.is_blank(piece)) {
            self.shop.staged.truncate(from);
            return Ok(());
        }
        if let Some(frame) = self.shop.frames.last_mut() {
            frame.has_content = true;
        }
        if role.holds_elements() {
            // Each value may be a fragment with elements of its own.
            for piece in pieces {
                if !self.is_blank(piece) {
                    self.emit(role.field, role.slot, piece..piece + 1, role.inner, role.when_null)?;
                }
            }
        } else {
            self.emit(role.field, role.slot, pieces, role.inner, role.when_null)?;
        }
        self.shop.staged.truncate(from);
        Ok(())
    }

    fn open_attribute(&mut self) -> Result<(), Reason> {
        self.finish_attribute()?;
        let name_at = self.name(0, 0)?;
        let is_data = self.shop.frames.last().is_some_and(|frame| frame.role.is_data);
        let is_naming = is_data && text::is_name(self.chunk, name_at);
        self.attribute = Some(Attribute { name_at, staged_from: self.shop.staged.len(), is_naming });
        Ok(())
    }

    fn finish_attribute(&mut self) -> Result<(), Reason> {
        let Some(Attribute { name_at, staged_from, is_naming }) = self.attribute.take() else {
            return Ok(());
        };
        let pieces = staged_from..self.shop.staged.len();
        let Some(frame) = self.shop.frames.last() else {
            return Err("it has an attribute outside of an element");
        };
        if is_naming {
            if let (Some(field), Some(frame)) = (self.data_name(pieces)?, self.shop.frames.last_mut()) {
                frame.role.field = field;
            }
        } else {
            let (element, attribute) = (text::name(self.chunk, frame.name_at), text::name(self.chunk, name_at));
            if let Some((field, slot)) = roles::of_attribute(frame.outer, roles::local(&element), &attribute) {
                let field = self.names.intern(&field);
                if let Some(frame) = self.shop.frames.last_mut() {
                    frame.has_content = true;
                }
                self.emit(field, slot, pieces, Context::UserData, WhenNull::Drop)?;
            }
        }
        self.shop.staged.truncate(staged_from);
        Ok(())
    }

    /// The field that `<Data Name="…">` asks for; `None` when the name is empty.
    fn data_name(&mut self, pieces: Range<usize>) -> Result<Option<NameId>, Reason> {
        if self.shop.staged[pieces.clone()].iter().any(|piece| matches!(piece, Part::Value(_))) {
            let (from, count) = self.keep_parts(pieces)?;
            self.push(DYNAMIC, Slot::None, Action::Name { from, count });
            return Ok(Some(DYNAMIC));
        }
        let mut name = String::new();
        for piece in &self.shop.staged[pieces] {
            match piece {
                Part::Char(char) => name.push(*char),
                Part::Literal(index) => text::push_units(self.literal_bytes(*index), &mut name),
                Part::Value(_) => {}
            }
        }
        Ok((!name.is_empty()).then(|| self.names.intern(&name)))
    }

    fn emit(
        &mut self,
        field: NameId,
        slot: Slot,
        pieces: Range<usize>,
        inner: Context,
        when_null: WhenNull,
    ) -> Result<(), Reason> {
        let action = match self.shop.staged[pieces.clone()] {
            [] => return Ok(()),
            [Part::Value(index)] => Action::Value { index, inner, when_null },
            [Part::Literal(index)] => Action::Literal(index),
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

    fn keep_parts(&mut self, pieces: Range<usize>) -> Result<(u16, u16), Reason> {
        let parts = &mut self.out.layout.parts;
        let from = u16::try_from(parts.len()).map_err(|_| TOO_LARGE)?;
        let count = u16::try_from(pieces.len()).map_err(|_| TOO_LARGE)?;
        parts.extend_from_slice(&self.shop.staged[pieces]);
        Ok((from, count))
    }

    fn literal(&mut self) -> Result<(), Reason> {
        let solid = self.solid_from..self.at;
        let literal = Literal::at(&self.chunk[..self.end], self.at).ok_or(CUT_SHORT)?;
        self.at = literal.end();
        self.solid_from = self.at;
        let index = u16::try_from(self.out.literals.len()).map_err(|_| TOO_LARGE)?;
        if self.is_definition {
            let bytes = literal.bytes(self.chunk);
            // The text of a name is part of what the layout says; of another it only matters whether there is any.
            let expected = match self.attribute.is_some_and(|attribute| attribute.is_naming) {
                true => Expected::Same,
                false if text::is_blank(bytes) => Expected::Blank,
                false => Expected::Text,
            };
            self.out.shape.push_literal(&self.chunk[solid], bytes, expected);
        }
        self.out.literals.push(literal);
        self.shop.staged.push(Part::Literal(index));
        Ok(())
    }

    fn literal_bytes(&self, index: u16) -> &[u8] {
        self.out.literals.get(usize::from(index)).map_or(&[], |literal| literal.bytes(self.chunk))
    }

    fn is_blank(&self, piece: usize) -> bool {
        matches!(self.shop.staged[piece], Part::Literal(index) if text::is_blank(self.literal_bytes(index)))
    }

    /// The place of the name referred to here, between `before` and `after` bytes that count sizes of the chunk.
    fn name(&mut self, before: usize, after: usize) -> Result<u32, Reason> {
        let solid = self.solid_from..self.at;
        self.skip(before)?;
        let offset = self.u32()?;
        let (bytes, end) = text::name_bytes(self.chunk, offset).ok_or("a name of its elements is not in the chunk")?;
        if offset as usize == self.at {
            self.at = end;
        }
        self.skip(after)?;
        self.shop.tokens = self.shop.tokens.saturating_sub(bytes.len() as u32 / 32);
        if self.is_definition {
            self.out.shape.push_name(&self.chunk[solid], before, after, bytes);
        }
        self.solid_from = self.at;
        Ok(offset)
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

impl KnownRole {
    /// Whether what stands in the element is elements rather than a text.
    fn holds_elements(&self) -> bool {
        matches!(self.inner, Context::Event | Context::EventData | Context::UserData) && self.when_null == WhenNull::Drop
    }
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
