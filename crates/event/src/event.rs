//! The event and the interned names of its fields.

use std::collections::HashMap;

use cordon_model::Timestamp;

use crate::value::Value;

/// One record of one log on one host. Borrows everything from the block of bytes it was read from.
#[derive(Debug, Clone, Default)]
pub struct Event<'a> {
    /// What every record has.
    pub header: Header<'a>,
    /// The record's fields in the order in which they stand; a name may occur more than once (an array).
    pub fields: Vec<Field<'a>>,
    /// The record as it stands in the log, when that is text. An EVTX record is rendered again when it is needed.
    pub raw: Option<&'a [u8]>,
}

/// What every record has, whatever the log. The same values also stand among the fields, under the names that Sigma
/// rules use for them (`EventID`, `Channel`, `Provider_Name`, `Computer`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Header<'a> {
    /// The family of logs; decides which rows of the taxonomy are looked at.
    pub format: Format,
    /// When it happened; `None` when the record does not say.
    pub time: Option<Timestamp>,
    /// Windows: the channel, such as `Security`. Elsewhere [`Value::NULL`] unless the log names one.
    pub channel: Value<'a>,
    /// Windows: the provider. Syslog: the program. Auditd: the record type of the main record.
    pub provider: Value<'a>,
    /// Windows event id.
    pub event_id: Option<u32>,
    /// The host that the record speaks of.
    pub computer: Value<'a>,
    /// The record's own number, where it has one.
    pub record_id: Option<u64>,
    /// Where the record starts in the log it came from, in bytes (after unpacking).
    pub offset: u64,
}

/// The family of logs that a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The Windows event log in any shape: EVTX, XML, JSON of any shipper. Sysmon for Linux too.
    Windows,
    /// RFC 5424 or RFC 3164.
    Syslog,
    /// The Linux audit log.
    Auditd,
    /// Anything else; its log source is given by the user.
    #[default]
    Generic,
}

/// A named value.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The name, interned in the [`Names`] of the reader.
    pub name: NameId,
    /// The value as it stands in the log.
    pub value: Value<'a>,
}

/// An interned field name, valid within one generation of one [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub u32);

impl NameId {
    /// As an index into a table that runs beside the names.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Field names, each stored once. One per thread, shared by that thread's reader and matcher.
///
/// Bounded: hostile input can name millions of fields, so a reader calls [`Names::recycle_if_full`] between blocks; that
/// starts a new generation and makes earlier [`NameId`]s meaningless. Who keeps tables beside the names watches
/// [`Names::generation`].
#[derive(Debug, Default)]
pub struct Names {
    ids: HashMap<Box<str>, NameId, foldhash::fast::RandomState>,
    names: Vec<Box<str>>,
    generation: u32,
}

/// Names kept before a new generation starts. Real logs of a whole hospital hold about 3,000.
const MAX_NAMES: usize = 32_768;

impl Names {
    /// The id of `name`, which is interned if it is new.
    pub fn intern(&mut self, name: &str) -> NameId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = NameId(self.names.len() as u32);
        self.names.push(name.into());
        self.ids.insert(name.into(), id);
        id
    }

    /// The id of `name` if it has one.
    pub fn find(&self, name: &str) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// The name behind `id`; empty for an id of another generation that is out of range now.
    pub fn name(&self, id: NameId) -> &str {
        self.names.get(id.index()).map_or("", |name| name)
    }

    /// How many names there are; ids are below this.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no name was interned yet.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Changes when ids given out earlier stop being valid.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Forgets all names when there are too many. Call it only between blocks, when no event is alive.
    pub fn recycle_if_full(&mut self) {
        if self.names.len() >= MAX_NAMES {
            self.ids.clear();
            self.names.clear();
            self.generation = self.generation.wrapping_add(1);
        }
    }
}

impl<'a> Event<'a> {
    /// The first value under `name`.
    pub fn value(&self, names: &Names, name: &str) -> Option<Value<'a>> {
        let id = names.find(name)?;
        self.fields.iter().find(|field| field.name == id).map(|field| field.value)
    }

    /// Empties the event for the next record, keeping its allocation.
    pub fn clear(&mut self) {
        self.header = Header::default();
        self.fields.clear();
        self.raw = None;
    }
}

/// Takes what a reader finds.
pub trait Sink {
    /// One record. `names` resolves the ids of its fields.
    fn event(&mut self, event: &Event<'_>, names: &Names);
    /// One stretch of the log that could not be read. Reading goes on behind it.
    fn problem(&mut self, problem: Problem);
}

/// Something in a log that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it starts, in bytes from the start of the log (after unpacking).
    pub offset: u64,
    /// What was wrong, in lower case and without a full stop, such as `record is cut short`.
    pub reason: String,
}
