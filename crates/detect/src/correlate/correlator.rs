//! Streams observations through the correlations.

use std::collections::VecDeque;

use cordon_model::Timestamp;

use crate::RuleId;

use super::{
    groups::Groups,
    key,
    limits::{CorrelationStats, Limits},
    observation::{CorrelationHit, EventRef, Observation},
    plan::{HandOn, Kind, Plan},
    set::{CorrelationSet, Feed},
    window::Entry,
};

/// The running state of a [`CorrelationSet`]: feed it observations, collect hits.
#[derive(Debug)]
pub struct Correlator<'s> {
    set: &'s CorrelationSet,
    limits: Limits,
    /// The groups of each correlation, in the order of the set's plans.
    groups: Vec<Groups>,
    stats: CorrelationStats,
    key: Vec<u8>,
    chained: VecDeque<Signal>,
}

/// A correlation holds, for those above it.
#[derive(Debug)]
struct Signal {
    rule: RuleId,
    time: i64,
    values: Vec<Option<Box<str>>>,
    /// Whether this is a hit, or one that goes on.
    fires: bool,
}

impl<'s> Correlator<'s> {
    /// Starts with nothing seen.
    pub fn new(set: &'s CorrelationSet, limits: Limits) -> Self {
        let limits = Limits { entries: limits.entries.clamp(16, 1 << 20), ..limits };
        let share = limits.total_entries / set.plans.len().max(1);
        let groups = set.plans.iter().map(|plan| Groups::new(limits.groups, share.max(most_entries(plan, &limits)))).collect();
        Self { set, limits, groups, stats: CorrelationStats::default(), key: Vec::new(), chained: VecDeque::new() }
    }

    /// Takes one match of a rule in, and appends the hits that it completes to `hits`: those of the correlations that name the
    /// rule, in the order in which they were loaded, then those of the correlations above them.
    pub fn observe(&mut self, observation: &Observation, hits: &mut Vec<CorrelationHit>) {
        let (mut unlimited, mut steps_left) = (usize::MAX, self.limits.chain_steps);
        self.feed(observation.rule, observation.time.0, &observation.values, true, &observation.event, &mut unlimited, hits);
        while let Some(signal) = self.chained.pop_front() {
            self.feed(signal.rule, signal.time, &signal.values, signal.fires, &observation.event, &mut steps_left, hits);
        }
    }

    /// What happened so far.
    pub fn stats(&self) -> CorrelationStats {
        self.stats
    }

    /// Groups kept at present, over all correlations.
    pub fn groups(&self) -> usize {
        self.groups.iter().map(Groups::len).sum()
    }

    /// Entries kept at present, over all groups.
    pub fn entries(&self) -> usize {
        self.groups.iter().map(Groups::entries).sum()
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of an observation or of a signal, which own their values differently"
    )]
    fn feed(
        &mut self,
        rule: RuleId,
        time: i64,
        values: &[Option<Box<str>>],
        fires: bool,
        event: &EventRef,
        steps_left: &mut usize,
        hits: &mut Vec<CorrelationHit>,
    ) {
        let Some(source) = self.set.sources.get(&rule) else { return };
        for feed in &source.feeds {
            let plan = &self.set.plans[feed.plan as usize];
            if !fires && !plan.kind.asks_whether() {
                continue;
            }
            if *steps_left == 0 {
                self.stats.chains_cut += 1;
                continue;
            }
            *steps_left -= 1;
            self.step(*feed, plan, time, values, event, hits);
        }
    }

    /// One observation of one member of one correlation.
    fn step(
        &mut self,
        feed: Feed,
        plan: &'s Plan,
        time: i64,
        values: &[Option<Box<str>>],
        event: &EventRef,
        hits: &mut Vec<CorrelationHit>,
    ) {
        self.stats.observed += 1;
        let member = &plan.members[usize::from(feed.member)];
        let text = |place: &u32| values.get(*place as usize).and_then(Option::as_deref);
        let Some(value) = entry_value(plan.kind, member.values.iter().map(text), &mut self.key) else {
            self.stats.without_value += 1;
            return;
        };
        self.key.clear();
        if key::append(&mut self.key, member.group.iter().map(text)) == 0 && !member.group.is_empty() {
            self.stats.ungrouped += 1;
            return;
        }
        let groups = &mut self.groups[feed.plan as usize];
        let shown = || member.group.iter().map(|place| text(place).map(key::shown)).collect();
        let slot = groups.open(&self.key, plan, time, &mut self.stats.groups_forgotten, shown);
        let group = groups.group(slot);
        let before = group.window.len();
        let entry = Entry { time, value, count: 1, member: feed.member, position: member.position };
        if !group.window.take_in(plan, entry) {
            self.stats.late += 1;
            return;
        }
        self.stats.entries_coarsened += group.window.keep_within(plan, most_entries(plan, &self.limits)) as u64;
        if let Some(verdict) = group.window.judge(plan) {
            if verdict.fires && plan.emits {
                let counts = group.window.by_member(plan);
                let rules = plan.members.iter().zip(counts).filter(|(_, count)| *count > 0);
                let common = plan.group_by.iter().zip(&group.shown);
                hits.push(CorrelationHit {
                    rule: plan.rule,
                    time: Timestamp(group.window.newest()),
                    first: Timestamp(group.window.first()),
                    group: common.filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect(),
                    value: verdict.value,
                    rules: rules.map(|(member, count)| (member.rule, count)).collect(),
                    event: event.clone(),
                });
            }
            if plan.has_parents {
                let hand_on = member.hand_on.iter().map(|from| match from {
                    HandOn::Group(place) => group.shown.get(*place as usize).cloned().flatten(),
                    HandOn::Observation(place) => text(place).map(Into::into),
                });
                let (rule, time) = (plan.rule, group.window.newest());
                self.chained.push_back(Signal { rule, time, values: hand_on.collect(), fires: verdict.fires });
            }
        }
        groups.settle(before, plan, time, &mut self.stats.groups_forgotten);
    }
}

/// The part of an entry that depends on the type; `None` when the event has nothing to count or sum.
fn entry_value<'v>(kind: Kind, mut values: impl Iterator<Item = Option<&'v str>>, key: &mut Vec<u8>) -> Option<u64> {
    match kind {
        Kind::Events | Kind::Together | Kind::InOrder => Some(0),
        Kind::Values => {
            key.clear();
            let mut fields = 0;
            let present = key::append(key, values.inspect(|_| fields += 1));
            (present == fields).then(|| key::hash(key))
        }
        Kind::Sum | Kind::Average | Kind::Percentile(_) => key::number(values.next()??).map(f64::to_bits),
    }
}

fn most_entries(plan: &Plan, limits: &Limits) -> usize {
    limits.entries.max(plan.needed_entries).max(usize::from(plan.positions) * 2)
}
