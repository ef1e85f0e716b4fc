//! What the fuzz targets share: reading a log to its end, and looking at everything that comes out of it.

use std::io::{self, Read};

use cordon_event::{Block, Blocks, Event, LogKind, Names, Problem, ReadOptions, Reader, Sink, Value};

/// What was read from a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Each event: where it starts, and all that it says, as text.
    pub events: Vec<(u64, String)>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Sink for Seen {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        let header = &event.header;
        let mut text = format!("{:?} {:?} {:?} {:?}", header.format, header.time, header.event_id, header.record_id);
        for value in [header.channel, header.provider, header.computer] {
            write_value(&mut text, value);
        }
        for field in &event.fields {
            text.push('\n');
            text.push_str(names.name(field.name));
            write_value(&mut text, field.value);
        }
        text.push_str(&String::from_utf8_lossy(event.raw.unwrap_or_default()));
        self.events.push((header.offset, text));
    }

    fn problem(&mut self, problem: Problem) {
        assert!(!problem.reason.is_empty(), "a problem says what is wrong");
        self.problems.push(problem);
    }
}

/// Takes a value in each of the ways in which it can be taken.
fn write_value(text: &mut String, value: Value<'_>) {
    let before = text.len();
    value.write_text(text);
    assert_eq!(&text[before..], value.to_text(), "both ways to a value's text agree");
    text.push(if value.is_null() { '∅' } else { ' ' });
    if let Some(number) = value.to_u64() {
        text.push_str(&number.to_string());
    }
}

/// Cuts a log into blocks and reads them all.
pub fn read_log(log: impl Read, options: ReadOptions) -> Seen {
    let mut seen = Seen::default();
    let mut reader = Reader::new();
    let received = options.received;
    let Ok(mut blocks) = Blocks::new(log, options) else { return seen };
    let mut recycled = Vec::new();
    let mut end_of_last = 0;
    while let Ok(Some(block)) = blocks.next(std::mem::take(&mut recycled)) {
        assert!(block.offset >= end_of_last, "blocks do not overlap");
        end_of_last = block.offset + block.bytes.len() as u64;
        assert!(!block.bytes.is_empty(), "a block holds something");
        reader.read(&block, received, &mut seen);
        recycled = block.bytes;
    }
    seen.problems.extend(blocks.take_problems());
    seen
}

/// Reads a log of a known kind as the program does, in blocks so small that input of a few kilobytes has several.
pub fn read_as(kind: LogKind, log: &[u8]) -> Seen {
    read_log(log, ReadOptions { kind: Some(kind), block_bytes: 512, ..ReadOptions::default() })
}

/// Reads one block twice with one reader: what was learned from it the first time must not change what it says.
pub fn read_twice(kind: LogKind, bytes: &[u8]) {
    let block = Block::new(kind, 4096, bytes.to_vec());
    let mut reader = Reader::new();
    let (mut first, mut second) = (Seen::default(), Seen::default());
    reader.read(&block, None, &mut first);
    reader.read(&block, None, &mut second);
    assert_eq!(first, second);
}

/// Hands out a log in pieces of the given lengths, over and over.
#[derive(Debug)]
pub struct Pieces<'l> {
    /// What is left of the log.
    pub log: &'l [u8],
    /// The lengths of the pieces.
    pub lengths: [u8; 2],
    /// How many pieces were handed out.
    pub handed_out: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::from(self.lengths[self.handed_out % 2]) + 1;
        self.handed_out += 1;
        let (piece, rest) = self.log.split_at(length.min(buffer.len()).min(self.log.len()));
        buffer[..piece.len()].copy_from_slice(piece);
        self.log = rest;
        Ok(piece.len())
    }
}
