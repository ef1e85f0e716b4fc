//! Stands in for rooms that are not on this branch yet. Goes away when they are.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unused_self, clippy::needless_pass_by_value)]

use std::{io::{self, Read}, marker::PhantomData, sync::Arc};

use cordon_event::{Event, LogSource, Names, Problem, Sink, Taxonomy};
use cordon_model::{Detection, Level, RuleInfo, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKind { Evtx, Xml, Json, Syslog, Auditd, Text }
#[derive(Debug)]
pub struct Block { pub kind: LogKind, pub offset: u64, pub bytes: Vec<u8> }
#[derive(Debug, Clone)]
pub struct ReadOptions { pub kind: Option<LogKind>, pub received: Option<Timestamp>, pub max_record_bytes: usize }
impl Default for ReadOptions { fn default() -> Self { Self { kind: None, received: None, max_record_bytes: 4 << 20 } } }
pub struct Blocks<R> { reader: R, kind: Option<LogKind>, offset: u64 }
impl<R: Read> Blocks<R> {
    pub fn new(reader: R, _: ReadOptions) -> io::Result<Self> { Ok(Self { reader, kind: Some(LogKind::Json), offset: 0 }) }
    pub fn kind(&self) -> Option<LogKind> { self.kind }
    pub fn next(&mut self, mut recycled: Vec<u8>) -> io::Result<Option<Block>> {
        recycled.clear();
        let read = self.reader.by_ref().take(1 << 20).read_to_end(&mut recycled)?;
        let offset = self.offset;
        self.offset += read as u64;
        Ok((read > 0).then_some(Block { kind: LogKind::Json, offset, bytes: recycled }))
    }
    pub fn take_problems(&mut self) -> Vec<Problem> { Vec::new() }
}
#[derive(Default)]
pub struct Reader { names: Names }
impl Reader {
    pub fn new() -> Self { Self::default() }
    pub fn read(&mut self, block: &Block, _: Option<Timestamp>, sink: &mut impl Sink) {
        for line in block.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            sink.event(&Event { raw: Some(line), ..Event::default() }, &self.names);
        }
    }
    pub fn names(&self) -> &Names { &self.names }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind { Detection, Correlation }
#[derive(Debug)]
pub struct Rule { pub info: Arc<RuleInfo>, pub logsource: LogSource, pub kind: RuleKind }
#[derive(Debug)]
pub struct RuleProblem { pub file: String, pub line: u32, pub title: Option<String>, pub reason: String }
#[derive(Default)]
pub struct RuleSetBuilder { rules: Vec<Rule>, problems: Vec<RuleProblem> }
#[derive(Debug)]
pub struct RuleSet { rules: Vec<Rule>, problems: Vec<RuleProblem> }
impl RuleSet {
    pub fn builder() -> RuleSetBuilder { RuleSetBuilder::default() }
    pub fn rules(&self) -> &[Rule] { &self.rules }
    pub fn problems(&self) -> &[RuleProblem] { &self.problems }
}
impl RuleSetBuilder {
    pub fn add_file(&mut self, file: &str, _text: &str) {
        self.rules.push(Rule { info: Arc::new(RuleInfo { title: file.into(), ..RuleInfo::default() }), logsource: LogSource::default(), kind: RuleKind::Detection });
    }
    pub fn min_level(&mut self, _: Level) {}
    pub fn placeholder(&mut self, _: &str, _: Vec<String>) {}
    pub fn compile(self, _: Taxonomy) -> RuleSet { RuleSet { rules: self.rules, problems: self.problems } }
}
pub struct Matcher<'r> { rules: PhantomData<&'r RuleSet> }
#[derive(Debug, Clone, PartialEq)]
pub struct Observation { pub rule: RuleId, pub time: Timestamp, pub values: Vec<Option<Box<str>>>, pub event: EventRef }
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRef { pub source: Arc<str>, pub offset: u64, pub record_id: Option<u64>, pub host: Box<str> }
impl<'r> Matcher<'r> {
    pub fn new(_: &'r RuleSet) -> Self { Self { rules: PhantomData } }
    pub fn matches(&mut self, _: &Event<'_>, _: &Names) -> &[RuleId] { &[] }
    pub fn detection(&mut self, _: RuleId, _: &Event<'_>, _: &Names, _: &Arc<str>) -> Detection { unreachable!() }
    pub fn observation(&mut self, _: RuleId, _: &Event<'_>, _: &Names, _: &Arc<str>) -> Option<Observation> { None }
}
pub struct Correlator<'r> { rules: PhantomData<&'r RuleSet> }
impl<'r> Correlator<'r> {
    pub fn new(_: &'r RuleSet) -> Self { Self { rules: PhantomData } }
    pub fn observe(&mut self, _: Observation, _: &mut dyn FnMut(Detection)) {}
}
pub fn demo_attack() -> Vec<(String, Vec<u8>)> { Vec::new() }

pub mod report {
    use std::{io::{self, Write}, time::Duration};
    use cordon_model::{Detection, Level, Timestamp};
    #[derive(Debug, Clone)]
    pub struct Bounded<T> { kept: Vec<T>, total: u64 }
    impl<T> Bounded<T> { pub fn push(&mut self, t: T) { self.total += 1; self.kept.push(t); } pub fn total(&self) -> u64 { self.total } }
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Unread { pub source: String, pub offset: Option<u64>, pub reason: String }
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct UnloadedRule { pub file: String, pub line: u32, pub title: Option<String>, pub reason: String }
    #[derive(Debug, Clone)]
    pub struct ScanStats {
        pub version: String, pub started: Option<Timestamp>, pub options: Vec<(String, String)>, pub files: u64, pub bytes: u64, pub events: u64,
        pub span: Option<(Timestamp, Timestamp)>, pub unread: Bounded<Unread>, pub rules: u64, pub unloaded: Bounded<UnloadedRule>, pub threads: usize,
        pub wall: Duration, pub cpu: Option<Duration>,
    }
    impl Default for ScanStats { fn default() -> Self { Self { version: String::new(), started: None, options: vec![], files: 0, bytes: 0, events: 0, span: None,
        unread: Bounded { kept: vec![], total: 0 }, rules: 0, unloaded: Bounded { kept: vec![], total: 0 }, threads: 1, wall: Duration::ZERO, cpu: None } } }
    impl ScanStats { pub fn saw(&mut self, _: Timestamp) {} }
    #[derive(Debug, Default)]
    pub struct Findings { worst: Option<Level> }
    impl Findings { pub fn add(&mut self, d: Detection) { self.worst = self.worst.max(Some(d.rule.level)); } pub fn worst(&self) -> Option<Level> { self.worst } }
    #[derive(Debug)]
    pub struct JsonWriter<W>(W);
    impl<W: Write> JsonWriter<W> { pub fn new(w: W) -> Self { Self(w) } pub fn write(&mut self, _: &Detection) -> io::Result<()> { Ok(()) } pub fn finish(self) -> io::Result<W> { Ok(self.0) } }
}
