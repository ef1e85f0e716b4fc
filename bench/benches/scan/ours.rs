//! Cordon's side: reading alone, and reading with matching.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use cordon_detect::{Matcher, RuleSet};
use cordon_event::{Event, Names, Problem, Reader, Sink, Taxonomy};

use crate::inputs::{Input, Rules};

/// Loads the rules, files in memory.
pub(crate) fn load(rules: &Rules) -> RuleSet {
    let mut builder = RuleSet::builder();
    for (file, text) in &rules.files {
        builder.add_file(file, text);
    }
    builder.compile(Taxonomy::builtin().unwrap())
}

struct Count {
    events: u64,
}

impl Sink for Count {
    fn event(&mut self, event: &Event<'_>, _: &Names) {
        self.events += u64::from(!event.fields.is_empty());
    }

    fn problem(&mut self, _: Problem) {}
}

/// Reads all events and counts them.
pub(crate) fn count(input: &Input) -> u64 {
    let (mut reader, mut count) = (Reader::new(), Count { events: 0 });
    input.blocks.iter().for_each(|block| reader.read(block, None, &mut count));
    count.events
}

/// Reads and matches on one thread; its caches stay from round to round.
pub(crate) struct Scan<'r> {
    reader: Reader,
    matches: Matches<'r>,
}

struct Matches<'r> {
    matcher: Matcher<'r>,
    matches: u64,
}

impl Sink for Matches<'_> {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        self.matches += self.matcher.matches(event, names).len() as u64;
    }

    fn problem(&mut self, _: Problem) {}
}

impl<'r> Scan<'r> {
    pub(crate) fn new(set: &'r RuleSet) -> Self {
        Self { reader: Reader::new(), matches: Matches { matcher: Matcher::new(set), matches: 0 } }
    }

    pub(crate) fn run(&mut self, input: &Input) {
        input.blocks.iter().for_each(|block| self.reader.read(block, None, &mut self.matches));
    }
}

/// Wall seconds that so many threads take over so many rounds.
pub(crate) fn wall_of_threads(set: &RuleSet, input: &Input, rounds: usize, threads: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let all = input.blocks.len() * rounds;
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut scan = Scan::new(set);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= all {
                        break;
                    }
                    scan.reader.read(&input.blocks[at % input.blocks.len()], None, &mut scan.matches);
                }
            });
        }
    });
    start.elapsed().as_secs_f64()
}
