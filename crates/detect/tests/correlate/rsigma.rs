//! Random correlations and streams through this engine and through rsigma's. What differs on purpose is kept out of the
//! streams and listed in `differences.md`.

use std::collections::BTreeMap;

use cordon_detect::{Correlator, Limits, RuleId};
use proptest::prelude::*;
use rsigma_eval::{CorrelationConfig, CorrelationEngine, JsonEvent};

use crate::support::{FIRST_CORRELATION, RULES, compile, correlation, observation, parse};

/// One random event: rule, seconds since the one before, user, host, value.
type Step = (usize, u32, usize, usize, u32);

/// Correlation, user, host, second, value.
type Hit = (String, Vec<String>, i64, f64);

const USERS: [&str; 2] = ["mary", "john"];
const HOSTS: [&str; 2] = ["ward-pc7", "ward-pc8"];

/// Something that both engines mean the same by: all operators, and types with the conditions that agree.
fn condition() -> impl Strategy<Value = (&'static str, String)> {
    let compared = (prop::sample::select(vec!["gt", "gte", "lt", "lte", "eq", "neq"]), 0_u32..6);
    let counted = prop::sample::select(vec!["event_count", "value_count", "value_sum", "value_avg", "value_median"]);
    prop_oneof![
        (counted, compared).prop_map(|(kind, (operator, bound))| (kind, format!("condition: {{field: v, {operator}: {bound}}}"))),
        // rsigma does not compare percentiles with the condition, so the condition is one that always holds.
        (0_u32..=100).prop_map(|rank| ("value_percentile", format!("condition: {{field: v, percentile: {rank}, gte: 0}}"))),
        (0_u32..4).prop_map(|bound| ("event_count", format!("condition: {{gt: {bound}, lte: {}}}", bound + 2))),
        (2_u32..=3).prop_map(|bound| ("temporal", format!("condition: {{gte: {bound}}}"))),
        prop::sample::select(vec!["a and b", "a and not b", "(a or b) and c"])
            .prop_map(|expression| ("temporal", format!("condition: {expression}"))),
        Just(("temporal_ordered", "condition: {gte: 3}".to_owned())),
    ]
}

/// A correlation over `a`, `b` and `c`, and one above it.
fn correlations() -> impl Strategy<Value = (String, bool)> {
    let windows = vec!["window: sliding", "window: tumbling", "window: session\ngap: 2s"];
    let parents = vec![
        "type: temporal\nrules: [base, d]\ncondition: {gte: 2}",
        "type: temporal_ordered\nrules: [id-base, d]\ncondition: {gte: 2}",
    ];
    (condition(), prop::sample::select(windows), 1_u32..8, prop::sample::select(parents), 1_u32..8).prop_map(
        |((kind, condition), window, span, parent, parent_span)| {
            let base = format!("type: {kind}\nrules: [a, rule-b, c]\ngroup-by: [user, host]\ntimespan: {span}s\n{window}\n{condition}\ngenerate: true");
            // A name in an expression has to be written as under `rules` for rsigma.
            let base = if condition.contains('{') { base } else { base.replace("rule-b", "b") };
            let parent = format!("{parent}\ngroup-by: [user]\ntimespan: {parent_span}s\ngenerate: true");
            (correlation("base", &base) + &correlation("parent", &parent), window == "window: sliding")
        },
    )
}

fn theirs(yaml: &str, stream: &[Step]) -> Vec<Hit> {
    let mut engine = CorrelationEngine::new(CorrelationConfig::default());
    engine.add_collection(&parse(yaml)).expect("accepted");
    let mut hits = Vec::new();
    let mut second = 1_000;
    for (rule, pause, user, host, value) in stream {
        second += i64::from(*pause);
        let event = serde_json::json!({"kind": RULES[*rule], "user": USERS[*user], "host": HOSTS[*host], "v": value.to_string()});
        for result in engine.process_event_at(&JsonEvent::borrow(&event), second) {
            if let Some(body) = result.as_correlation() {
                let group = body.group_key.iter().map(|(_, value)| value.clone()).collect();
                hits.push((result.header.rule_title.clone(), group, second, body.aggregated_value));
            }
        }
    }
    hits
}

fn ours(yaml: &str, stream: &[Step]) -> Vec<Hit> {
    let (set, problems) = compile(&parse(yaml));
    assert!(problems.is_empty(), "{problems:?}");
    let mut correlator = Correlator::new(&set, Limits::default());
    let mut hits = Vec::new();
    let mut second = 1_000;
    for (rule, pause, user, host, value) in stream {
        second += pause;
        let value = value.to_string();
        let fields = [("user", USERS[*user]), ("host", HOSTS[*host]), ("v", value.as_str())];
        correlator.observe(&observation(&set, RULES[*rule], f64::from(second), &fields), &mut hits);
    }
    let name = |rule: RuleId| ["base", "parent"][(rule.0 - FIRST_CORRELATION) as usize].to_owned();
    hits.into_iter()
        .map(|hit| {
            (name(hit.rule), hit.group.iter().map(|(_, value)| value.to_string()).collect(), hit.time.0 / 1_000_000, hit.value)
        })
        .collect()
}

/// The first hit of each group.
fn firsts(hits: &[Hit]) -> BTreeMap<(String, Vec<String>), (i64, String)> {
    let mut firsts = BTreeMap::new();
    for (rule, group, second, value) in hits {
        // Sums are made in a different order.
        firsts.entry((rule.clone(), group.clone())).or_insert((*second, format!("{value:.6}")));
    }
    firsts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn first_hits_of_each_group_are_those_of_rsigma(
        (yaml, is_sliding) in correlations(),
        stream in prop::collection::vec((0_usize..4, 0_u32..4, 0_usize..2, 0_usize..2, 0_u32..6), 1..60),
    ) {
        let (ours, theirs) = (ours(&yaml, &stream), theirs(&yaml, &stream));
        prop_assert_eq!(firsts(&ours), firsts(&theirs), "{}", yaml);
        // rsigma reports every observation at which the condition holds; ours are some of these.
        if is_sliding {
            for (rule, group, second, _) in &ours {
                prop_assert!(theirs.iter().any(|hit| (&hit.0, &hit.1, &hit.2) == (rule, group, second)), "{}", yaml);
            }
        }
    }
}
