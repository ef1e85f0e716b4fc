//! Reads blocks: the one door behind which each kind of log has its own reader.

use bumpalo::Bump;
use cordon_model::Timestamp;

use crate::{
    auditd::AuditReader,
    block::Block,
    event::{Names, Sink},
    evtx::EvtxReader,
    json::JsonReader,
    kind::LogKind,
    syslog::{Room, SyslogReader},
    text::TextReader,
    xml::XmlReader,
};

/// Reads blocks; one per thread. Keeps the interned names, and what it learned of the logs' layouts, between blocks.
#[derive(Default)]
pub struct Reader {
    names: Names,
    /// Holds what must be decoded or put together for the events of one block.
    arena: Bump,
    evtx: EvtxReader,
    json: JsonReader,
    xml: XmlReader,
    syslog: SyslogReader,
    auditd: AuditReader,
    text: TextReader,
}

/// An arena that a block has made larger than this is given back. Usual blocks need a few kilobytes.
const MAX_ARENA_BYTES: usize = 16 << 20;

impl Reader {
    /// A reader that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hands the events of `block` to `sink`, in their order, and what could not be read as problems.
    ///
    /// `received`: when the log was received or last written; the year of syslog lines that have none.
    pub fn read(&mut self, block: &Block, received: Option<Timestamp>, sink: &mut impl Sink) {
        self.names.recycle_if_full();
        if self.arena.allocated_bytes() > MAX_ARENA_BYTES {
            self.arena = Bump::new();
        }
        self.arena.reset();
        let (bytes, offset) = (block.bytes.as_slice(), block.offset);
        let (names, arena) = (&mut self.names, &self.arena);
        match block.kind {
            LogKind::Evtx => self.evtx.read_block(bytes, offset, names, arena, sink),
            LogKind::Json => self.json.read_block((bytes, offset, &block.context), names, arena, &mut self.xml, sink),
            LogKind::Xml => self.xml.read_block(bytes, offset, names, arena, sink),
            LogKind::Syslog => {
                let room = Room { names, arena, received };
                self.syslog.read_block(bytes, offset, room, &mut self.xml, sink);
            }
            LogKind::Auditd => self.auditd.read_block(bytes, offset, names, arena, sink),
            LogKind::Text => self.text.read_block((bytes, offset, &block.context), names, sink),
        }
    }

    /// The names that field ids of the events stand for.
    pub fn names(&self) -> &Names {
        &self.names
    }
}
