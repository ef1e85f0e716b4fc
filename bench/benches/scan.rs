//! Events per CPU-second of reading and matching, against peers in the same run.

use std::{fs, io::Read, path::{Path, PathBuf}, time::Instant};

use cordon_detect::{Matcher, RuleSet};
use cordon_event::{Block, Blocks, Event, Names, Problem, ReadOptions, Reader, Sink, Taxonomy};

#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

struct Count {
    events: u64,
    fields: u64,
}
impl Sink for Count {
    fn event(&mut self, event: &Event<'_>, _: &Names) {
        self.events += 1;
        self.fields += event.fields.len() as u64;
    }
    fn problem(&mut self, _: Problem) {}
}
struct Match<'r> {
    matcher: Matcher<'r>,
    events: u64,
    hits: u64,
}
impl Sink for Match<'_> {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        self.events += 1;
        self.hits += self.matcher.matches(event, names).len() as u64;
    }
    fn problem(&mut self, _: Problem) {}
}

fn blocks(paths: &[PathBuf]) -> Vec<Block> {
    let mut all = Vec::new();
    for path in paths {
        let mut bytes = Vec::new();
        fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
        let mut blocks = Blocks::new(bytes.as_slice(), ReadOptions::default()).unwrap();
        while let Some(block) = blocks.next(Vec::new()).unwrap() {
            all.push(block);
        }
    }
    all
}

fn main() {
    let data = std::env::var_os("CORDON_DATA").map(PathBuf::from).unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    let start = Instant::now();
    let mut builder = RuleSet::builder();
    for path in files(&data.join("sigma/rules/windows"), "yml") {
        builder.add_file(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
    }
    let rules = builder.compile(Taxonomy::builtin().unwrap());
    println!("load: {} rules in {:?}, cpu {:.3}", rules.rules().len(), start.elapsed(), cpu_seconds());
    let mut sets = vec![("evtx", blocks(&files(&data.join("evtx"), "evtx")))];
    if let Ok(json) = std::env::var("JSON_DIR") {
        sets.push(("json", blocks(&files(Path::new(&json), "json"))));
    }
    for kind in ["sysmon", "security"] {
        let bytes = if kind == "sysmon" { cordon_fixtures::sysmon_evtx(20_000, 1) } else { cordon_fixtures::security_evtx(20_000, 1) };
        let mut all = Vec::new();
        let mut blocks = Blocks::new(bytes.as_slice(), ReadOptions::default()).unwrap();
        while let Some(block) = blocks.next(Vec::new()).unwrap() { all.push(block); }
        sets.push((kind, all));
    }
    let only = std::env::var("ONLY").unwrap_or_default();
    sets.retain(|(name, _)| only.is_empty() || *name == only);
    for (name, blocks) in &sets {
        let bytes: usize = blocks.iter().map(|block| block.bytes.len()).sum();
        let rounds = (1_000_000_000 / bytes).max(2);
        let mut reader = Reader::new();
        let mut count = Count { events: 0, fields: 0 };
        let t = cpu_seconds();
        for _ in 0..rounds {
            for block in blocks { reader.read(block, None, &mut count); }
        }
        let read = cpu_seconds() - t;
        let before = (ALLOCATOR.stats().allocations, count.events);
        for block in blocks { reader.read(block, None, &mut count); }
        println!("{name}: reader alone {:.3} allocations/event", (ALLOCATOR.stats().allocations - before.0) as f64 / (count.events - before.1) as f64);
        println!("{name}: read {} events {:.1} fields/event {} B/event: {:.0}/cpu-s", count.events, count.fields as f64 / count.events as f64, rounds * bytes / count.events as usize, count.events as f64 / read);
        let mut sink = Match { matcher: Matcher::new(&rules), events: 0, hits: 0 };
        let t = cpu_seconds();
        for block in blocks { reader.read(block, None, &mut sink); }
        println!("{name}: first round {:.0}/cpu-s, {:.3} s", sink.events as f64 / (cpu_seconds() - t), cpu_seconds() - t);
        (sink.events, sink.hits) = (0, 0);
        let before = ALLOCATOR.stats().allocations;
        for block in blocks { reader.read(block, None, &mut sink); }
        println!("{name}: {:.3} allocations/event in the second round", (ALLOCATOR.stats().allocations - before) as f64 / sink.events as f64);
        (sink.events, sink.hits) = (0, 0);
        let t = cpu_seconds();
        for _ in 0..rounds {
            for block in blocks { reader.read(block, None, &mut sink); }
        }
        let took = cpu_seconds() - t;
        println!("{name}: scan {} events {} hits in {:.2}: {:.0}/cpu-s", sink.events, sink.hits, took, sink.events as f64 / took);
    }
}
