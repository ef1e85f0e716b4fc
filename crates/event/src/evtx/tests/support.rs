//! Reading a log into plain values, and where the recordings are.

use std::path::{Path, PathBuf};

use crate::{
    Event, Names, Problem, Sink,
    evtx::{CHUNK_BYTES, EvtxReader},
};

/// Bytes before the first chunk.
pub(super) const FILE_HEADER_BYTES: usize = 4096;

/// One event as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlainEvent {
    pub(super) record_id: Option<u64>,
    pub(super) offset: u64,
    /// `None` stands for no value.
    pub(super) fields: Vec<(String, Option<String>)>,
}

/// Keeps everything.
#[derive(Debug, Default)]
pub(super) struct Everything {
    pub(super) events: Vec<PlainEvent>,
    pub(super) problems: Vec<Problem>,
}

impl Sink for Everything {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        let text = |value: crate::Value<'_>| (!value.is_null()).then(|| value.to_text().into_owned());
        self.events.push(PlainEvent {
            record_id: event.header.record_id,
            offset: event.header.offset,
            fields: event.fields.iter().map(|field| (names.name(field.name).to_owned(), text(field.value))).collect(),
        });
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

/// Counts, and looks at every byte of every value's description but not at the values.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) events: u64,
    pub(super) fields: u64,
    pub(super) problems: u64,
}

impl Sink for Counts {
    fn event(&mut self, event: &Event<'_>, _: &Names) {
        self.events += 1;
        self.fields += event.fields.len() as u64;
    }

    fn problem(&mut self, _: Problem) {
        self.problems += 1;
    }
}

/// Reads a whole log, block by block as a scan does.
pub(super) fn read_log(log: &[u8], reader: &mut EvtxReader, names: &mut Names, sink: &mut impl Sink) {
    let mut arena = bumpalo::Bump::new();
    for (index, block) in log.get(FILE_HEADER_BYTES..).unwrap_or_default().chunks(16 * CHUNK_BYTES).enumerate() {
        names.recycle_if_full();
        reader.read_block(block, (FILE_HEADER_BYTES + index * 16 * CHUNK_BYTES) as u64, names, &arena, sink);
        arena.reset();
    }
}

/// Reads a whole log with nothing known before.
pub(super) fn read_all(log: &[u8]) -> Everything {
    let mut everything = Everything::default();
    read_log(log, &mut EvtxReader::default(), &mut Names::default(), &mut everything);
    everything
}

/// All recordings in `folder` of the shared data; empty, and said so, where there are none.
pub(super) fn recordings(folder: &str) -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("CORDON_DATA").map_or(beside, PathBuf::from).join(folder);
    let mut found = Vec::new();
    let mut folders = vec![data.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "evtx" => found.push(path),
                _ => {}
            }
        }
    }
    if found.is_empty() {
        eprintln!("skipped: recordings of {folder}, because there are none in {}", data.display());
    }
    found.sort();
    found
}
