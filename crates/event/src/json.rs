//! JSON logs in the shapes found in the field.
//!
//! Bytes of a block enter, events leave. Each record is walked once ([`token`]): every leaf is found again by its path
//! ([`paths`]), and each path knows what it means in each shape ([`shape`]), by the tables in [`names`]. So a record costs
//! one look-up a key, whatever program wrote it, and records of different shapes may alternate.

mod names;
mod paths;
mod place;
mod record;
mod shape;
mod token;
mod wrapper;

use bumpalo::Bump;
use memchr::memmem;

pub(crate) use self::wrapper::{Wrapper, is_balanced, wrapper};
use self::{
    paths::{PathId, Paths},
    record::Builder,
    token::{Cursor, Walk},
};
use crate::{
    block::Context,
    event::{Event, Names, Problem, Sink},
    xml::XmlReader,
};

/// Reads blocks of JSON.
#[derive(Debug, Default)]
pub(crate) struct JsonReader {
    paths: Paths,
}

/// What one block is read with.
struct Pass<'r, 'a, S> {
    paths: &'r mut Paths,
    names: &'r mut Names,
    arena: &'a Bump,
    xml: &'r mut XmlReader,
    sink: &'r mut S,
    offset: u64,
    builder: Builder<'a>,
    event: Event<'a>,
}

/// Arrays of arrays of records are followed this deep.
const MAX_LIST_DEPTH: u32 = 8;

impl JsonReader {
    /// Reads a block; `xml` reads events that a record holds as XML.
    pub(crate) fn read_block<S: Sink>(
        &mut self,
        (bytes, offset, context): (&[u8], u64, &Context),
        names: &mut Names,
        arena: &Bump,
        xml: &mut XmlReader,
        sink: &mut S,
    ) {
        self.paths.follow(names);
        let (builder, event) = (Builder::new(names), Event::default());
        let mut pass = Pass { paths: &mut self.paths, names, arena, xml, sink, offset, builder, event };
        match context {
            Context::Values { opening } => pass.values(bytes, opening),
            _ => pass.lines(bytes),
        }
    }
}

impl<'a, S: Sink> Pass<'_, 'a, S> {
    /// One record a line; a broken one costs its line.
    fn lines(&mut self, bytes: &'a [u8]) {
        let mut start = 0;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
            // Offsets count from the start of the block, so the line is cut only at its end.
            let mut cursor = Cursor { bytes: &bytes[..end], at: start };
            loop {
                let at = match cursor.peek() {
                    None => break,
                    Some(b',') => {
                        cursor.at += 1;
                        continue;
                    }
                    Some(_) => cursor.at,
                };
                if let Err(reason) = self.record(&mut cursor, 0) {
                    self.problem(at, reason);
                    break;
                }
            }
            start = end + 1;
        }
    }

    /// Records that may span lines; behind a broken one, reading goes on where the next opens.
    fn values(&mut self, bytes: &'a [u8], opening: &[u8]) {
        let mut cursor = Cursor { bytes, at: 0 };
        while cursor.peek().is_some() {
            let start = cursor.at;
            let Err(reason) = self.record(&mut cursor, 0) else {
                continue;
            };
            self.problem(start, reason);
            let end = wrapper::end_of_value(bytes, start);
            let mut inside = Cursor { bytes: &bytes[..end], at: start + 1 };
            while let Some(found) = inside.bytes.get(inside.at..).and_then(|rest| memmem::find(rest, opening)) {
                inside.at += found;
                let brace = inside.at + memchr::memchr(b'{', opening).unwrap_or(0);
                inside.at = brace;
                if self.record(&mut inside, 0).is_err() {
                    inside.at = brace + 1;
                }
            }
            cursor.at = end;
        }
    }

    /// Reads what is next: a record, a list of records or a wrapper around one.
    fn record(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Result<(), &'static str> {
        match cursor.peek() {
            Some(b'{') => {}
            Some(b'[') if depth < MAX_LIST_DEPTH => {
                cursor.at += 1;
                return self.list(cursor, depth);
            }
            _ => return Err("not a JSON record"),
        }
        let start = cursor.at;
        if let Wrapper::Around { records, depth: objects } = wrapper(&cursor.bytes[start..]) {
            cursor.at = start + records;
            self.list(cursor, depth)?;
            cursor.at = wrapper::end_of_objects(cursor.bytes, cursor.at, objects);
            return Ok(());
        }
        self.builder.leaves.clear();
        let mut walk = Walk { paths: self.paths, names: self.names, leaves: &mut self.builder.leaves };
        cursor.object(&mut walk, PathId::TOP, 0)?;
        let raw = &cursor.bytes[start..cursor.at];
        if let Some(document) = self.builder.build(self.paths, self.names, self.arena, &mut self.event)
            && self.xml.read_embedded(document, (raw, self.offset + start as u64), self.names, self.arena, self.sink)
        {
            return Ok(());
        }
        self.event.raw = Some(raw);
        self.event.header.offset = self.offset + start as u64;
        self.sink.event(&self.event, self.names);
        Ok(())
    }

    /// Reads records up to the closing bracket.
    fn list(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Result<(), &'static str> {
        loop {
            match cursor.peek() {
                Some(b']') => {
                    cursor.at += 1;
                    return Ok(());
                }
                Some(b',') => cursor.at += 1,
                _ => self.record(cursor, depth + 1)?,
            }
        }
    }

    fn problem(&mut self, at: usize, reason: &str) {
        self.sink.problem(Problem { offset: self.offset + at as u64, reason: format!("JSON: {reason}") });
    }
}
