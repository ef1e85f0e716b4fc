//! Judged by outsiders: the published rules on recordings of attacks, against another engine and the rules' own cases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    ops::ControlFlow,
    path::Path,
};

use cordon_detect::{Matcher, RuleSet};
use cordon_event::{
    Blocks, Event, Names, Problem, ReadOptions, Reader, Sink, Taxonomy,
    unpack::{Limits, Visitor, unpack},
};

use support::{Oracle, files, rules};

const RULES: [&str; 3] = ["rules", "rules-emerging-threats", "rules-threat-hunting"];

/// Gives every event of a log to `sink`.
fn read(mut log: impl Read, reader: &mut Reader, sink: &mut impl Sink) {
    let mut blocks = Blocks::new(&mut log, ReadOptions::default()).unwrap();
    while let Some(block) = blocks.next(Vec::new()).unwrap() {
        reader.read(&block, None, sink);
    }
}

struct Fired<'m, 'r> {
    matcher: &'m mut Matcher<'r>,
    rules: &'r RuleSet,
    ids: BTreeSet<String>,
}

impl Sink for Fired<'_, '_> {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        let rules = self.rules;
        self.ids.extend(self.matcher.matches(event, names).iter().map(|id| rules.rule(*id).info.id.clone()));
    }

    fn problem(&mut self, problem: Problem) {
        panic!("{problem:?}");
    }
}

#[test]
fn every_regression_case_fires_its_rule() {
    let Some(data) = support::data("every_regression_case_fires_its_rule") else { return };
    let rules = rules(&data, &RULES);
    let cases = files(&data.join("sigma-regression"), "yml");
    let mut failed = Vec::new();
    let mut fired = 0;
    for case in &cases {
        let text = fs::read_to_string(case).unwrap();
        let id = text.lines().skip_while(|line| !line.starts_with("rule_metadata")).find_map(|line| line.split("id: ").nth(1));
        let id = id.unwrap().trim().to_owned();
        let log = fs::read_dir(case.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|extension| extension == "evtx" || extension == "raw"))
            .unwrap();
        let given = log.extension().is_some_and(|extension| extension == "raw").then(|| given_source(&rules, &id));
        let own;
        let rules = match given {
            None => &rules,
            Some(source) => {
                own = with_source(&data, source);
                &own
            }
        };
        let mut sink = Fired { matcher: &mut Matcher::new(rules), rules, ids: BTreeSet::new() };
        read(fs::File::open(&log).unwrap(), &mut Reader::new(), &mut sink);
        match sink.ids.contains(&id) {
            true => fired += 1,
            false => failed.push(format!("{id} {}: fired {:?}", log.display(), sink.ids)),
        }
    }
    println!("{fired} of {} cases fired their rule", cases.len());
    assert!(failed.is_empty() && fired > 100, "{}", failed.join("\n"));
}

/// What a user would give with `--logsource` for a log that does not tell.
fn given_source(rules: &RuleSet, id: &str) -> cordon_event::LogSource {
    rules.rules().iter().find(|rule| rule.info.id == id).unwrap().logsource.clone()
}

fn with_source(data: &Path, source: cordon_event::LogSource) -> RuleSet {
    let mut builder = RuleSet::builder();
    for path in files(&data.join("sigma/rules"), "yml") {
        builder.add_file(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
    }
    let mut taxonomy = Taxonomy::builtin().unwrap();
    taxonomy.assume(source);
    builder.compile(taxonomy)
}

/// Compares each event's matches with the oracle's.
struct Compare<'m, 'r> {
    matcher: Matcher<'r>,
    rules: &'r RuleSet,
    oracle: &'m Oracle,
    taxonomy: Taxonomy,
    views: BTreeMap<(u8, String, String, Option<u32>), Vec<cordon_event::View>>,
    events: u64,
    matches: u64,
    /// By rule: how often only we, and only the oracle, said that it matches; with the first such event.
    ours: BTreeMap<String, (u64, String)>,
    theirs: BTreeMap<String, (u64, String)>,
    log: String,
}

impl Sink for Compare<'_, '_> {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        self.events += 1;
        let rules = self.rules;
        let ours: BTreeSet<String> =
            self.matcher.matches(event, names).iter().map(|id| rules.rule(*id).info.id.clone()).collect();
        let header = &event.header;
        let (channel, provider) = (header.channel.to_text().into_owned(), header.provider.to_text().into_owned());
        let taxonomy = &self.taxonomy;
        let views = self
            .views
            .entry((header.format as u8, channel.clone(), provider.clone(), header.event_id))
            .or_insert_with(|| taxonomy.views(header.format, &channel, &provider, header.event_id));
        let theirs = self.oracle.matches(event, names, views);
        self.matches += ours.len() as u64;
        let place = || format!("{} at {}: {:?}", self.log, header.offset, support::normalised(event, names, &views[0]));
        for id in ours.difference(&theirs).filter(|id| !self.oracle.refused.contains_key(*id)) {
            self.ours.entry(id.clone()).or_insert_with(|| (0, place())).0 += 1;
        }
        for id in theirs.difference(&ours) {
            self.theirs.entry(id.clone()).or_insert_with(|| (0, place())).0 += 1;
        }
    }

    fn problem(&mut self, _: Problem) {}
}

#[test]
fn recordings_match_as_the_oracle_says() {
    let Some(data) = support::data("recordings_match_as_the_oracle_says") else { return };
    let rules = rules(&data, &RULES[..1]);
    for problem in rules.problems() {
        println!("not loaded: {problem}");
    }
    let texts = files(&data.join("sigma/rules"), "yml").into_iter().map(|path| fs::read_to_string(path).unwrap());
    let oracle = Oracle::new(texts);
    let compare = Compare {
        matcher: Matcher::new(&rules),
        rules: &rules,
        oracle: &oracle,
        taxonomy: Taxonomy::builtin().unwrap(),
        views: BTreeMap::new(),
        events: 0,
        matches: 0,
        ours: BTreeMap::new(),
        theirs: BTreeMap::new(),
        log: String::new(),
    };
    let mut logs = Unpacked { reader: Reader::new(), compare };
    for (folder, ending) in [("evtx", "evtx"), ("sigma-regression", "evtx"), ("otrf", "zip")] {
        for path in files(&data.join(folder), ending) {
            unpack(&path.display().to_string(), fs::File::open(&path).unwrap(), &Limits::default(), &mut logs).unwrap();
        }
    }
    let compare = logs.compare;
    println!("{} events, {} matches, {} rules", compare.events, compare.matches, rules.rules().len());
    for (id, reason) in &oracle.refused {
        println!("the oracle refuses {id}: {reason}");
    }
    let deliberate = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differences.md")).unwrap();
    let mut unexplained = Vec::new();
    for (side, list) in [("ours", &compare.ours), ("theirs", &compare.theirs)] {
        for (id, (count, place)) in list.iter().filter(|(id, _)| !deliberate.contains(&format!("| `{id}` | {side} |"))) {
            let title = rules.find(id).map(|id| rules.rule(id).info.title.clone());
            let place: String = place.chars().take(3000).collect();
            unexplained.push(format!("only {side}: {id} {title:?} {count} times, first {place}"));
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert!(compare.events > 100_000 && compare.matches > 3_000, "the recordings are there but were hardly read");
}

/// Compares every log of an archive.
struct Unpacked<'m, 'r> {
    reader: Reader,
    compare: Compare<'m, 'r>,
}

impl Visitor for Unpacked<'_, '_> {
    fn log(&mut self, label: &str, log: &mut dyn Read) -> ControlFlow<()> {
        self.compare.log = label.to_owned();
        read(log, &mut self.reader, &mut self.compare);
        ControlFlow::Continue(())
    }

    fn problem(&mut self, label: &str, problem: Problem) {
        panic!("{label}: {problem:?}");
    }
}
