//! What the tests of the readers share: a sink that keeps everything as text.
#![allow(dead_code, reason = "each test file uses its own part of it")]

use std::io::{self, Read};

use cordon_event::{Blocks, Event, Format, LogKind, Names, Problem, ReadOptions, Reader, Sink};
use cordon_model::Timestamp;

/// An event as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) format: Format,
    pub(crate) time: Option<String>,
    pub(crate) channel: String,
    pub(crate) provider: String,
    pub(crate) event_id: Option<u32>,
    pub(crate) computer: String,
    pub(crate) record_id: Option<u64>,
    pub(crate) offset: u64,
    /// `None`: no value.
    pub(crate) fields: Vec<(String, Option<String>)>,
    pub(crate) raw: String,
}

impl Seen {
    /// All values under `name`, joined with `|`; `null` for no value.
    pub(crate) fn field(&self, name: &str) -> String {
        let values = self.fields.iter().filter(|(known, _)| known == name);
        values.map(|(_, value)| value.as_deref().unwrap_or("null")).collect::<Vec<_>>().join("|")
    }

    /// `name=value` of all fields, in their order.
    pub(crate) fn line(&self) -> String {
        let pair = |(name, value): &(String, Option<String>)| format!("{name}={}", value.as_deref().unwrap_or("null"));
        self.fields.iter().map(pair).collect::<Vec<_>>().join(" ")
    }
}

/// Everything that came out of a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Harvest {
    pub(crate) kind: Option<LogKind>,
    pub(crate) events: Vec<Seen>,
    pub(crate) problems: Vec<Problem>,
}

impl Sink for Harvest {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        let header = &event.header;
        let field = |field: &cordon_event::Field<'_>| {
            let value = (!field.value.is_null()).then(|| field.value.to_text().into_owned());
            (names.name(field.name).to_owned(), value)
        };
        self.events.push(Seen {
            format: header.format,
            time: header.time.map(|time| time.to_string()),
            channel: header.channel.to_text().into_owned(),
            provider: header.provider.to_text().into_owned(),
            event_id: header.event_id,
            computer: header.computer.to_text().into_owned(),
            record_id: header.record_id,
            offset: header.offset,
            fields: event.fields.iter().map(field).collect(),
            raw: event.raw.map(|raw| String::from_utf8_lossy(raw).into_owned()).unwrap_or_default(),
        });
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

/// Reads a log as it would be read by default.
pub(crate) fn read(log: impl AsRef<[u8]>) -> Harvest {
    read_with(log.as_ref(), &ReadOptions::default())
}

/// Reads a log that has one record and nothing wrong with it.
pub(crate) fn read_one(log: impl AsRef<[u8]>) -> Seen {
    let mut harvest = read(log);
    assert_eq!(harvest.problems, []);
    assert_eq!(harvest.events.len(), 1, "{:#?}", harvest.events);
    harvest.events.remove(0)
}

/// Reads a log with options.
pub(crate) fn read_with(log: impl Read, options: &ReadOptions) -> Harvest {
    let mut blocks = Blocks::new(log, options.clone()).unwrap();
    let mut harvest = Harvest { kind: blocks.kind(), ..Harvest::default() };
    let mut reader = Reader::new();
    let mut recycled = Vec::new();
    loop {
        match blocks.next(recycled) {
            Ok(Some(block)) => {
                reader.read(&block, options.received, &mut harvest);
                recycled = block.bytes;
            }
            Ok(None) => break,
            Err(error) => {
                harvest.problems.push(Problem { offset: u64::MAX, reason: error.to_string() });
                recycled = Vec::new();
            }
        }
    }
    harvest.problems.extend(blocks.take_problems());
    harvest.problems.sort_by_key(|problem| problem.offset);
    harvest
}

/// Hands on a few bytes at a time.
pub(crate) struct Trickle<'a>(pub(crate) &'a [u8], pub(crate) usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.1);
        Read::read(&mut self.0, &mut buffer[..most])
    }
}

/// A time that is known to be one.
pub(crate) fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}
