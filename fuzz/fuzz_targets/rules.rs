//! Compiles rules and matches events with them; the fast matcher and the slow one behind `explain` have to agree.
//!
//! Input: YAML, a line `%%%%`, and JSON events. Without that line some events of our own are matched.

#![no_main]

use std::sync::{Arc, LazyLock};

use cordon_detect::{Matcher, RuleId, RuleKind, RuleSet};
use cordon_event::{Block, Event, LogKind, Names, Problem, Reader, Sink, Taxonomy};
use libfuzzer_sys::fuzz_target;

const MARK: &[u8] = b"\n%%%%\n";
const EVENTS: &str = r#"{"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","EventID":4688,"NewProcessName":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c whoami","Computer":"ward-pc7"}
{"Channel":"Microsoft-Windows-Sysmon/Operational","Provider_Name":"Microsoft-Windows-Sysmon","EventID":1,"Image":"C:\\Windows\\System32\\vssadmin.exe","CommandLine":"vssadmin delete shadows /all /quiet","User":"NT AUTHORITY\\SYSTEM"}
"#;

static TAXONOMY: LazyLock<Taxonomy> = LazyLock::new(|| match Taxonomy::builtin() {
    Ok(taxonomy) => taxonomy,
    Err(error) => panic!("the taxonomy in the program: {error}"),
});

struct Matched<'r> {
    rules: &'r RuleSet,
    matcher: Matcher<'r>,
    source: Arc<str>,
}

impl Sink for Matched<'_> {
    fn event(&mut self, event: &Event<'_>, names: &Names) {
        let matched: Vec<RuleId> = self.matcher.matches(event, names).to_vec();
        for (id, rule) in (0..).map(RuleId).zip(self.rules.rules()) {
            let is_matched = matched.contains(&id);
            if rule.kind == RuleKind::Detection {
                let explanation = self.rules.explain(id, event, names);
                assert_eq!(is_matched, explanation.matches(), "rule {:?}: {explanation:?}", rule.info.title);
            }
            if is_matched {
                self.matcher.detection(id, event, names, &self.source);
            }
        }
    }

    fn problem(&mut self, _problem: Problem) {}
}

fuzz_target!(|input: &[u8]| {
    let mark = input.windows(MARK.len()).position(|window| window == MARK);
    let (yaml, events) = match mark {
        Some(at) => (&input[..at], &input[at + MARK.len()..]),
        None => (input, EVENTS.as_bytes()),
    };
    let mut builder = RuleSet::builder();
    builder.add_file("fuzz.yml", &String::from_utf8_lossy(yaml));
    let rules = builder.compile(TAXONOMY.clone());
    for problem in rules.problems() {
        assert!(!problem.reason.is_empty() && problem.file == "fuzz.yml");
    }
    let mut matched = Matched { rules: &rules, matcher: Matcher::new(&rules), source: Arc::from("fuzz") };
    let block = Block::new(LogKind::Json, 0, events.to_vec());
    let mut reader = Reader::new();
    // Twice: the second time the matcher remembers the values.
    reader.read(&block, None, &mut matched);
    reader.read(&block, None, &mut matched);
});
