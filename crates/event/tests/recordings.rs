//! Recordings that no one here wrote: all of them are read, and nothing in them is a problem.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::{
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use cordon_event::{
    Blocks, Event, Format, Names, Problem, ReadOptions, Reader, Sink,
    unpack::{Limits, Visitor, unpack},
};

#[derive(Default)]
struct Count {
    events: u64,
    whole: u64,
    fields: u64,
    problems: Vec<(String, Problem)>,
    label: String,
    reader: Reader,
}

/// What a single log adds to the counts.
struct One<'c>(&'c mut u64, &'c mut u64, &'c mut u64, &'c mut Vec<(String, Problem)>, &'c str);

impl Sink for One<'_> {
    fn event(&mut self, event: &Event<'_>, _: &Names) {
        let header = &event.header;
        *self.0 += 1;
        let has_all = header.format == Format::Windows
            && header.time.is_some()
            && header.event_id.is_some()
            && !header.channel.is_null()
            && !header.computer.is_null();
        *self.1 += u64::from(has_all);
        *self.2 += event.fields.len() as u64;
    }

    fn problem(&mut self, problem: Problem) {
        self.3.push((self.4.to_owned(), problem));
    }
}

impl Visitor for Count {
    fn log(&mut self, label: &str, log: &mut dyn Read) -> ControlFlow<()> {
        self.label = label.to_owned();
        let mut blocks = Blocks::new(log, ReadOptions::default()).unwrap();
        let mut recycled = Vec::new();
        while let Some(block) = blocks.next(recycled).unwrap() {
            let mut one = One(&mut self.events, &mut self.whole, &mut self.fields, &mut self.problems, label);
            self.reader.read(&block, None, &mut one);
            recycled = block.bytes;
        }
        self.problems.extend(blocks.take_problems().into_iter().map(|problem| (label.to_owned(), problem)));
        ControlFlow::Continue(())
    }

    fn problem(&mut self, label: &str, problem: Problem) {
        self.problems.push((label.to_owned(), problem));
    }
}

fn data() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("CORDON_DATA").map_or_else(beside, PathBuf::from)
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn read_all(folder: &str, ending: &str) -> Option<Count> {
    let folder = data().join(folder);
    if !folder.is_dir() {
        println!("skipped: the recordings were not read, because {} is not there", folder.display());
        return None;
    }
    let (mut found, mut count) = (Vec::new(), Count::default());
    files(&folder, ending, &mut found);
    for path in &found {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        unpack(&path.display().to_string(), file, &Limits::default(), &mut count).unwrap();
    }
    println!("{}: {} files, {} events, {} fields", folder.display(), found.len(), count.events, count.fields);
    Some(count)
}

#[test]
fn recordings_of_hosts_as_nxlog_lines_read_without_a_problem() {
    if let Some(count) = read_all("otrf", "zip") {
        assert_eq!(count.problems, []);
        assert!(count.events > 200_000, "{}", count.events);
        assert_eq!(count.whole, count.events, "every event has its time, id, channel and host");
    }
}

#[test]
fn recordings_as_evtx_dump_json_read_without_a_problem() {
    if let Some(count) = read_all("sigma-regression", "json") {
        assert_eq!(count.problems, []);
        assert_eq!(count.whole, count.events);
        assert!(count.events > 100, "{}", count.events);
    }
}

/// The events of one file, as text.
struct Whole(support::Harvest);

impl Visitor for Whole {
    fn log(&mut self, _: &str, log: &mut dyn Read) -> ControlFlow<()> {
        self.0 = support::read_with(log, &ReadOptions::default());
        ControlFlow::Continue(())
    }

    fn problem(&mut self, _: &str, _: Problem) {}
}

#[test]
fn evtx_and_the_json_that_evtx_dump_made_of_it_read_alike() {
    let folder = data().join("sigma-regression");
    if !folder.is_dir() {
        println!("skipped: EVTX and JSON were not compared, because {} is not there", folder.display());
        return;
    }
    let mut found = Vec::new();
    files(&folder, "evtx", &mut found);
    let mut differences = std::collections::BTreeMap::<String, u32>::new();
    let mut compared = 0;
    for path in &found {
        let [binary, text] = [path.clone(), path.with_extension("json")].map(|path| {
            let mut whole = Whole(support::Harvest::default());
            if let Ok(file) = std::fs::File::open(path) {
                unpack("", file, &Limits::default(), &mut whole).unwrap();
            }
            whole.0.events
        });
        for (one, other) in binary.iter().zip(&text) {
            compared += 1;
            let head = |event: &support::Seen| (event.event_id, event.record_id, event.channel.clone(), event.provider.clone());
            assert_eq!(head(one), head(other), "{}", path.display());
            let names = |event: &support::Seen| {
                event.fields.iter().map(|(name, _)| name.clone()).collect::<std::collections::BTreeSet<_>>()
            };
            for name in names(one).symmetric_difference(&names(other)) {
                *differences.entry(name.clone()).or_default() += 1;
            }
        }
    }
    println!("{compared} events compared; names on one side only: {differences:?}");
    assert!(differences.is_empty(), "{differences:?}");
}
