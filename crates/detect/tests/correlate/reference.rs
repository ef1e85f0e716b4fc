//! Random streams through the correlator and through a reference that keeps everything and computes everything anew each time.

use cordon_detect::{Correlator, Limits};
use proptest::prelude::*;

use crate::support::{RULES, correlation, observation, set};

/// One random observation: rule, time in tenths of a second, user, value.
type Step = (usize, i32, usize, i32);

const USERS: [Option<&str>; 3] = [Some("mary"), Some("JOHN"), None];

#[derive(Debug, Clone)]
struct Case {
    kind: &'static str,
    window: &'static str,
    operator: &'static str,
    bound: u32,
    percentile: u32,
    span_seconds: u32,
    gap_seconds: u32,
    expression: Option<&'static str>,
}

fn case() -> impl Strategy<Value = Case> {
    let kinds = [
        "event_count",
        "value_count",
        "temporal",
        "temporal_ordered",
        "value_sum",
        "value_avg",
        "value_percentile",
        "value_median",
    ];
    let expressions = [None, Some("a and not b"), Some("(a or b) and c"), Some("2 of them"), Some("not (a and b)")];
    (
        prop::sample::select(kinds.to_vec()),
        prop::sample::select(vec!["sliding", "tumbling", "session"]),
        prop::sample::select(vec!["gt", "gte", "lt", "lte", "eq", "neq"]),
        0_u32..6,
        0_u32..=100,
        1_u32..8,
        1_u32..4,
        prop::sample::select(expressions.to_vec()),
    )
        .prop_map(|(kind, window, operator, bound, percentile, span_seconds, gap_seconds, expression)| Case {
            kind,
            window,
            operator,
            bound,
            percentile,
            span_seconds,
            gap_seconds,
            expression: expression.filter(|_| kind.starts_with("temporal")),
        })
}

impl Case {
    fn yaml(&self) -> String {
        let condition = match self.expression {
            Some(expression) => format!("condition: {expression}"),
            None => format!("condition: {{field: v, {}: {}, percentile: {}}}", self.operator, self.bound, self.percentile),
        };
        let gap = if self.window == "session" { format!("gap: {}s", self.gap_seconds) } else { String::new() };
        let body = format!(
            "type: {}\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: {}s\nwindow: {}\n{gap}\n{condition}",
            self.kind, self.span_seconds, self.window
        );
        correlation("case", &body)
    }

    fn compares(&self, value: f64) -> bool {
        let bound = f64::from(self.bound);
        match self.operator {
            "gt" => value > bound,
            "gte" => value >= bound,
            "lt" => value < bound,
            "lte" => value <= bound,
            "eq" => value == bound,
            _ => value != bound,
        }
    }

    /// The condition over the events of a window, in order of time; the value when it holds.
    fn holds(&self, window: &[Step]) -> Option<f64> {
        let values: Vec<f64> = window.iter().map(|step| f64::from(step.3)).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = |percent: u32| {
            let place = f64::from(percent) / 100.0 * (sorted.len() - 1) as f64;
            let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            low + (high - low) * place.fract()
        };
        let seen = |rule: usize| window.iter().any(|step| step.0 == rule);
        let value = match self.kind {
            "event_count" => window.len() as f64,
            "value_count" => {
                sorted.dedup();
                sorted.len() as f64
            }
            "value_sum" => values.iter().sum(),
            "value_avg" => values.iter().sum::<f64>() / values.len() as f64,
            "value_percentile" => rank(self.percentile),
            "value_median" => rank(50),
            "temporal" => (0..3).filter(|rule| seen(*rule)).count() as f64,
            _ => chain(window, &[0, 1, 2]),
        };
        let Some(expression) = self.expression else {
            // `gte: 1` is what a temporal correlation without a condition looks like, and means all.
            let means_all = self.kind.starts_with("temporal") && self.operator == "gte" && self.bound == 1;
            let holds = if means_all { value == 3.0 } else { self.compares(value) };
            return holds.then_some(value);
        };
        let (holds, positive): (bool, &[usize]) = match expression {
            "a and not b" => (seen(0) && !seen(1), &[0]),
            "(a or b) and c" => ((seen(0) || seen(1)) && seen(2), &[0, 1, 2]),
            "2 of them" => ((0..3).filter(|rule| seen(*rule)).count() >= 2, &[0, 1, 2]),
            _ => (!(seen(0) && seen(1)), &[]),
        };
        if self.kind == "temporal" {
            return holds.then_some(value);
        }
        let in_order = chain(window, positive);
        (holds && in_order == positive.iter().filter(|rule| seen(**rule)).count() as f64).then_some(in_order)
    }

    /// Which of `kept` are in the window once `step` is; `None` when it is too old. A new window starts with `step` alone.
    fn window(&self, kept: &[Step], step: Step) -> Option<Vec<Step>> {
        let (span, gap) = (self.span_seconds as i32 * 10, self.gap_seconds as i32 * 10);
        let (Some(first), Some(last)) = (kept.iter().map(|kept| kept.1).min(), kept.iter().map(|kept| kept.1).max()) else {
            return Some(vec![step]);
        };
        let mut all: Vec<Step> = kept.to_vec();
        all.push(step);
        // Stable, so that of equal times the one that came first stays first.
        all.sort_by_key(|kept| kept.1);
        match self.window {
            "sliding" => {
                let from = last.max(step.1) - span;
                (step.1 >= from).then(|| all.into_iter().filter(|kept| kept.1 >= from).collect())
            }
            "tumbling" => match step.1.div_euclid(span) - first.div_euclid(span) {
                0 => Some(all),
                1.. => Some(vec![step]),
                _ => None,
            },
            _ if step.1 - last > gap || step.1 - first > span => Some(vec![step]),
            _ if first - step.1 > gap || last - step.1 > span => None,
            _ => Some(all),
        }
    }
}

/// The longest ordered choice of different rules from `wanted`, tried out rule by rule.
fn chain(window: &[Step], wanted: &[usize]) -> f64 {
    fn longest(window: &[Step], wanted: &[usize], from: i32) -> usize {
        let Some((rule, rest)) = wanted.split_first() else { return 0 };
        let without = longest(window, rest, from);
        let first = window.iter().filter(|step| step.0 == *rule && step.1 >= from).map(|step| step.1).min();
        first.map_or(without, |time| without.max(1 + longest(window, rest, time)))
    }
    longest(window, wanted, i32::MIN) as f64
}

/// One group of the reference.
#[derive(Default, Clone)]
struct Group {
    window: Vec<Step>,
    held: bool,
    last_hit: Option<i32>,
}

fn expected(case: &Case, stream: &[Step]) -> Vec<(usize, i32, f64)> {
    let mut groups: [Group; USERS.len()] = Default::default();
    let mut hits = Vec::new();
    for step in stream {
        let group = &mut groups[step.2];
        let Some(window) = case.window(&group.window, *step).filter(|_| USERS[step.2].is_some()) else { continue };
        let restarted = case.window != "sliding" && window.len() == 1;
        if restarted {
            *group = Group::default();
        }
        group.window = window;
        let newest = group.window.iter().map(|step| step.1).max().expect("one at least");
        let value = case.holds(&group.window);
        let again = group.last_hit.is_none_or(|last| newest - last >= case.span_seconds as i32 * 10);
        if let (Some(value), true) = (value, !group.held || again) {
            hits.push((step.2, newest, value));
            group.last_hit = Some(newest);
        }
        group.held = value.is_some();
    }
    hits
}

fn actual(case: &Case, stream: &[Step]) -> Vec<(usize, i32, f64)> {
    let set = set(&case.yaml());
    let mut correlator = Correlator::new(&set, Limits::default());
    let mut hits = Vec::new();
    for (rule, time, user, value) in stream {
        let value = value.to_string();
        let mut fields = vec![("v", value.as_str())];
        fields.extend(USERS[*user].map(|user| ("user", user)));
        correlator.observe(&observation(&set, RULES[*rule], f64::from(*time) / 10.0, &fields), &mut hits);
    }
    hits.iter()
        .map(|hit| {
            let user = USERS.iter().position(|user| *user == Some(&*hit.group[0].1)).expect("a known user");
            (user, (hit.time.0 / 100_000) as i32, hit.value)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_streams_agree_with_the_reference(
        case in case(),
        steps in prop::collection::vec((0_usize..3, 0_i32..6, -12_i32..6, 0_usize..3, -3_i32..6), 0..80),
    ) {
        // Time mostly goes on, and jumps back at times.
        let mut now = 0;
        let stream: Vec<Step> = steps
            .into_iter()
            .map(|(rule, forward, jump, user, value)| {
                now += forward;
                (rule, now + jump.min(0), user, value)
            })
            .collect();
        prop_assert_eq!(actual(&case, &stream), expected(&case, &stream));
    }
}
