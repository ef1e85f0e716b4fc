//! From syntax trees to a [`CorrelationSet`].

use std::collections::HashMap;

use rsigma_parser::{ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, Timespan, WindowMode};

use crate::RuleId;

use super::{
    condition::{Condition, Expression, thresholds},
    graph::{self, Node},
    plan::{Frame, HandOn, Kind, Member, Plan},
    references::References,
    set::{CorrelationSet, Feed, Source},
};

/// A `value_count` over more than this could not be kept in memory for every group.
const MAX_DISTINCT: f64 = 1_000_000.0;
/// More would multiply the work per observation without anybody being able to read the result.
const MAX_FIELDS: usize = 64;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// A correlation whose members' fields still have names.
struct Draft {
    plan: Plan,
    generate: bool,
    /// For each member its names of the group and value fields.
    fields: Vec<(Vec<String>, Vec<String>)>,
}

/// See [`CorrelationSet::compile`].
pub(super) fn compile(
    rules: &[(RuleId, CorrelationRule)],
    resolve: &dyn Fn(&str) -> Vec<RuleId>,
) -> (CorrelationSet, Vec<(usize, String)>) {
    let places = graph::places(rules.iter().map(|(id, _)| *id));
    let mut drafts = Vec::with_capacity(rules.len());
    let mut nodes: Vec<Node> = Vec::with_capacity(rules.len());
    for (place, (id, rule)) in rules.iter().enumerate() {
        let draft = match places.get(id) {
            Some(&last) if last != place => Err("it shares its number with another correlation".to_owned()),
            _ => draft(*id, rule, resolve),
        };
        let children = |draft: &Draft| draft.plan.members.iter().filter_map(|member| places.get(&member.rule).copied()).collect();
        nodes.push(draft.as_ref().map(children).map_err(String::clone));
        drafts.push(draft.ok());
    }
    let name = |place: usize| {
        let rule = &rules[place].1;
        rule.name.clone().or_else(|| rule.id.clone()).unwrap_or_else(|| rule.title.clone())
    };
    let order = graph::order(&mut nodes, &name);
    let usable = order.into_iter().filter_map(|place| drafts[place].take()).collect();
    let problems = nodes.into_iter().enumerate().filter_map(|(place, node)| node.err().map(|reason| (place, reason))).collect();
    (link(usable), problems)
}

/// Gives every field that is wanted its place, and connects rules with the correlations that wait for them.
fn link(mut drafts: Vec<Draft>) -> CorrelationSet {
    let mut sources: HashMap<RuleId, Source, foldhash::fast::RandomState> = HashMap::default();
    for draft in &drafts {
        for member in &draft.plan.members {
            let source = sources.entry(member.rule).or_insert_with(|| Source { suppressed: true, ..Source::default() });
            source.suppressed &= !draft.generate;
        }
    }
    // Parents first: what a correlation has to hand on, it has to want from its members.
    for (index, draft) in drafts.iter_mut().enumerate().rev() {
        let own = sources.get(&draft.plan.rule);
        let handed_on: Vec<Box<str>> = own.map_or_else(Vec::new, |source| source.wanted.clone());
        draft.plan.has_parents = own.is_some();
        draft.plan.emits = !own.is_some_and(|source| source.suppressed);
        let group_by = &draft.plan.group_by;
        for (number, (member, (group, values))) in draft.plan.members.iter_mut().zip(&draft.fields).enumerate() {
            let Some(source) = sources.get_mut(&member.rule) else { continue };
            member.group = group.iter().map(|field| source.want(field)).collect();
            member.values = values.iter().map(|field| source.want(field)).collect();
            member.hand_on = handed_on
                .iter()
                .map(|field| match group_by.iter().position(|name| name == field) {
                    Some(place) => HandOn::Group(place as u32),
                    None => HandOn::Observation(source.want(field)),
                })
                .collect();
            source.feeds.push(Feed { plan: index as u32, member: number as u16 });
        }
    }
    for source in sources.values_mut() {
        source.feeds.reverse();
    }
    CorrelationSet { plans: drafts.into_iter().map(|draft| draft.plan).collect(), sources }
}

impl Source {
    fn want(&mut self, field: &str) -> u32 {
        let place = self.wanted.iter().position(|wanted| &**wanted == field).unwrap_or_else(|| {
            self.wanted.push(field.into());
            self.wanted.len() - 1
        });
        place as u32
    }
}

fn draft(id: RuleId, rule: &CorrelationRule, resolve: &dyn Fn(&str) -> Vec<RuleId>) -> Result<Draft, String> {
    let frame = frame(rule)?;
    let references = References::find(rule, resolve)?;
    let (kind, value_fields) = kind(rule)?;
    let condition = condition(rule, kind, &references)?;
    if rule.group_by.len() + value_fields.len() > MAX_FIELDS {
        return Err(format!("it groups by and counts more than {MAX_FIELDS} fields; use fewer"));
    }
    let names = |fields: &[String], rule: RuleId| fields.iter().map(|field| references.field(field, rule).to_owned()).collect();
    let fields = references.members.iter().map(|(id, _)| (names(&rule.group_by, *id), names(value_fields, *id))).collect();
    let member =
        |&(rule, position): &(RuleId, u16)| Member { rule, position, group: Vec::new(), values: Vec::new(), hand_on: Vec::new() };
    let mut positive = vec![true; usize::from(references.positions)];
    if let Condition::Expression(expression) = &condition {
        positive.fill(false);
        expression.mark_positive(&mut positive);
    }
    let plan = Plan {
        rule: id,
        kind,
        frame,
        needed_entries: needed_entries(kind, &condition)?,
        condition,
        group_by: rule.group_by.iter().map(|name| name.as_str().into()).collect(),
        members: references.members.iter().map(member).collect(),
        positions: references.positions,
        positive,
        emits: true,
        has_parents: false,
    };
    Ok(Draft { plan, generate: rule.generate, fields })
}

fn frame(rule: &CorrelationRule) -> Result<Frame, String> {
    let micros = |name: &str, length: &Timespan| match i64::try_from(length.seconds) {
        Ok(0) => Err(format!("its {name} is {length}; it has to be longer than nothing")),
        // Far beyond any log, and safe to add to any time.
        seconds => Ok(seconds.unwrap_or(i64::MAX).saturating_mul(MICROS_PER_SECOND).min(i64::MAX / 4)),
    };
    let span = micros("timespan", &rule.timespan)?;
    match (rule.window, &rule.gap) {
        (WindowMode::Sliding, None) => Ok(Frame::Sliding { span }),
        (WindowMode::Tumbling, None) => Ok(Frame::Tumbling { span }),
        (WindowMode::Session, Some(gap)) => Ok(Frame::Session { span, gap: micros("gap", gap)? }),
        (WindowMode::Session, None) => Err("its window is a session, which needs a `gap` such as 5m".into()),
        (mode, Some(_)) => Err(format!("it has a `gap`, which only a session window has; its window is {}", mode.as_str())),
    }
}

/// The type, with the fields that it looks into.
fn kind(rule: &CorrelationRule) -> Result<(Kind, &[String]), String> {
    let (fields, percentile) = match &rule.condition {
        CorrelationCondition::Threshold { field, percentile, .. } => (field.as_deref().unwrap_or_default(), *percentile),
        CorrelationCondition::Extended(_) => (&[][..], None),
    };
    let kind = match rule.correlation_type {
        CorrelationType::EventCount => return Ok((Kind::Events, &[])),
        CorrelationType::Temporal => return Ok((Kind::Together, &[])),
        CorrelationType::TemporalOrdered => return Ok((Kind::InOrder, &[])),
        CorrelationType::ValueCount => Kind::Values,
        CorrelationType::ValueSum => Kind::Sum,
        CorrelationType::ValueAvg => Kind::Average,
        CorrelationType::ValueMedian => Kind::Percentile(50.0),
        CorrelationType::ValuePercentile => match percentile.unwrap_or(50) {
            rank @ 0..=100 => Kind::Percentile(rank as f64),
            rank => return Err(format!("its percentile is {rank}; it has to be between 0 and 100")),
        },
    };
    match (fields.len(), kind) {
        (0, _) => Err(format!("{} needs a `field` in its condition", rule.correlation_type.as_str())),
        (2.., Kind::Sum | Kind::Average | Kind::Percentile(_)) => {
            Err(format!("{} takes one `field`, and it has {}", rule.correlation_type.as_str(), fields.len()))
        }
        _ => Ok((kind, fields)),
    }
}

fn condition(rule: &CorrelationRule, kind: Kind, references: &References<'_>) -> Result<Condition, String> {
    match &rule.condition {
        CorrelationCondition::Extended(expression) if kind.is_temporal() => {
            let position = |name: &str| references.position(name);
            Expression::compile(expression, &references.names, &position).map(Condition::Expression)
        }
        CorrelationCondition::Extended(_) => {
            let kind = rule.correlation_type.as_str();
            Err(format!(
                "an expression is a condition for temporal and temporal_ordered only; {kind} needs one such as `gte: 10`"
            ))
        }
        CorrelationCondition::Threshold { predicates, .. } => match predicates[..] {
            [] => Err("its condition compares with nothing; add one of gt, gte, lt, lte, eq and neq".into()),
            // What the parser puts where a temporal rule has no condition. Sigma: all of the rules have to be seen.
            [(ConditionOperator::Gte, 1)] if kind.is_temporal() => {
                Ok(Condition::Threshold(vec![(ConditionOperator::Gte, f64::from(references.positions))]))
            }
            _ => Ok(Condition::Threshold(thresholds(predicates))),
        },
    }
}

/// Entries that a window must be able to keep for its condition to mean anything.
fn needed_entries(kind: Kind, condition: &Condition) -> Result<usize, String> {
    let (Kind::Values, Condition::Threshold(predicates)) = (kind, condition) else {
        return Ok(0);
    };
    let highest = predicates.iter().map(|(_, bound)| *bound).fold(0.0, f64::max);
    if highest > MAX_DISTINCT {
        return Err(format!("it counts up to {highest} distinct values; the most that can be kept is {MAX_DISTINCT}"));
    }
    Ok(highest as usize * 2)
}
