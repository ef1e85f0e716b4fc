//! Rules from YAML, and observations of them in one line.

use std::sync::Arc;

use cordon_detect::{CorrelationHit, CorrelationSet, Correlator, EventRef, Limits, Observation, RuleId};
use cordon_model::Timestamp;
use rsigma_parser::{SigmaCollection, parse_sigma_yaml};

/// Correlations get their numbers from here on; detections are counted from 0 in the order `a`, `b`, `c`, `d`.
pub(crate) const FIRST_CORRELATION: u32 = 100;
pub(crate) const RULES: [&str; 4] = ["a", "b", "c", "d"];

/// Rules `a` to `d`, which match events whose field `kind` is that letter.
pub(crate) fn detections() -> String {
    let rule = |name: &&str| {
        format!(
            "---\ntitle: {name}\nname: {name}\nid: rule-{name}\nlogsource:\n  category: test\ndetection:\n  s:\n    kind: {name}\n  condition: s\n"
        )
    };
    RULES.iter().map(rule).collect()
}

/// A correlation document; `body` is what stands below `correlation`, in flow style, one entry a line.
pub(crate) fn correlation(name: &str, body: &str) -> String {
    let body: String = body.trim().lines().map(|line| format!("  {}\n", line.trim())).collect();
    format!("---\ntitle: {name}\nname: {name}\nid: id-{name}\ncorrelation:\n{body}")
}

pub(crate) fn parse(yaml: &str) -> SigmaCollection {
    let collection = parse_sigma_yaml(&format!("{}{yaml}", detections())).expect("readable");
    assert!(collection.errors.is_empty(), "{:?}", collection.errors);
    collection
}

pub(crate) fn compile(collection: &SigmaCollection) -> (CorrelationSet, Vec<(usize, String)>) {
    let correlations: Vec<_> = (FIRST_CORRELATION..).map(RuleId).zip(collection.correlations.iter().cloned()).collect();
    let resolve = |name: &str| {
        let is_named = |own: &Option<String>, id: &Option<String>| own.as_deref() == Some(name) || id.as_deref() == Some(name);
        let detections =
            collection.rules.iter().zip(0..).filter(|(rule, _)| is_named(&rule.name, &rule.id)).map(|(_, id)| RuleId(id));
        let above = correlations.iter().filter(|(_, rule)| is_named(&rule.name, &rule.id)).map(|(id, _)| *id);
        detections.chain(above).collect()
    };
    CorrelationSet::compile(&correlations, &resolve)
}

/// Compiles correlations that are all right.
pub(crate) fn set(yaml: &str) -> CorrelationSet {
    let (set, problems) = compile(&parse(yaml));
    assert!(problems.is_empty(), "{problems:?}");
    set
}

/// The reason why the only correlation in `yaml` is refused.
pub(crate) fn refusal(yaml: &str) -> String {
    let (set, problems) = compile(&parse(yaml));
    assert!(set.is_empty() && problems.len() == 1, "{problems:?}");
    problems.into_iter().next().expect("one").1
}

/// Field values of an event by name.
pub(crate) type Fields<'f> = &'f [(&'f str, &'f str)];

/// An observation of rule `a` to `d` at a time in seconds.
pub(crate) fn observation(set: &CorrelationSet, rule: &str, seconds: f64, fields: Fields<'_>) -> Observation {
    let rule = RuleId(RULES.iter().position(|name| *name == rule).expect("a to d") as u32);
    let value = |wanted: &str| fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).into());
    Observation {
        rule,
        time: Timestamp((seconds * 1e6).round() as i64),
        values: set.wanted(rule).iter().map(|wanted| value(wanted)).collect(),
        event: EventRef {
            source: Arc::from("test.log"),
            offset: (seconds * 1e6).round() as u64,
            record_id: None,
            host: "ward-pc7".into(),
        },
    }
}

/// Runs a stream through a set.
pub(crate) fn run<'f>(set: &CorrelationSet, stream: impl IntoIterator<Item = (&'f str, f64, Fields<'f>)>) -> Vec<CorrelationHit> {
    let mut correlator = Correlator::new(set, Limits::default());
    let mut hits = Vec::new();
    for (rule, seconds, fields) in stream {
        correlator.observe(&observation(set, rule, seconds, fields), &mut hits);
    }
    hits
}

/// The seconds at which hits were raised.
pub(crate) fn seconds(hits: &[CorrelationHit]) -> Vec<f64> {
    hits.iter().map(|hit| hit.time.0 as f64 / 1e6).collect()
}

/// Observations of `a` at these seconds, all by one user.
pub(crate) fn times_of_a(set: &CorrelationSet, times: &[f64]) -> Vec<f64> {
    seconds(&run(set, times.iter().map(|time| ("a", *time, &[("user", "mary")][..]))))
}
