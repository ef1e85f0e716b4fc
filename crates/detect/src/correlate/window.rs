//! What one group of one correlation has seen, in order of time.

use std::collections::VecDeque;

use super::{
    condition::{Condition, satisfies},
    plan::{Frame, Kind, Plan},
    tally::Tally,
};

/// One observation, or several that were merged to save room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) time: i64,
    /// Of `value_count` the value's hash, of numeric types the bits of the number.
    pub(super) value: u64,
    pub(super) count: u32,
    pub(super) member: u16,
    pub(super) position: u16,
}

impl Entry {
    pub(super) fn number(&self) -> f64 {
        f64::from_bits(self.value)
    }

    /// Events at the same time are taken to be in the order that an ordered correlation asks for.
    fn key(&self) -> (i64, u16) {
        (self.time, self.position)
    }
}

/// A window with its running result and whether it has fired.
#[derive(Debug)]
pub(super) struct Window {
    entries: VecDeque<Entry>,
    tally: Tally,
    /// Start of the bucket or session.
    start: i64,
    newest: i64,
    /// Whether the condition held when it was last judged.
    held: bool,
    last_hit: Option<i64>,
}

/// The outcome of judging a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verdict {
    pub(super) value: f64,
    /// Whether it is time for a hit, by the policy in the module's documentation.
    pub(super) fires: bool,
}

impl Window {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { entries: VecDeque::new(), tally: Tally::new(plan), start: 0, newest: 0, held: false, last_hit: None }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn newest(&self) -> i64 {
        self.newest
    }

    pub(super) fn first(&self) -> i64 {
        self.entries.front().map_or(self.newest, |entry| entry.time)
    }

    /// How often each member was observed.
    pub(super) fn by_member(&self, plan: &Plan) -> Vec<u64> {
        let mut counts = vec![0; plan.members.len()];
        for entry in &self.entries {
            counts[usize::from(entry.member)] += u64::from(entry.count);
        }
        counts
    }

    /// Takes an observation in, after moving the window to it. False when it is too old for the window.
    pub(super) fn take_in(&mut self, plan: &Plan, entry: Entry) -> bool {
        if !self.make_way(plan.frame, entry.time) {
            return false;
        }
        self.tally.add(&entry);
        match self.entries.back() {
            Some(last) if last.key() > entry.key() => {
                let place = self.entries.partition_point(|kept| kept.key() <= entry.key());
                self.entries.insert(place, entry);
            }
            _ => self.entries.push_back(entry),
        }
        true
    }

    /// Judges the condition, and notes what came of it.
    pub(super) fn judge(&mut self, plan: &Plan) -> Option<Verdict> {
        let value = self.fulfilled(plan);
        let was_held = std::mem::replace(&mut self.held, value.is_some());
        let value = value?;
        let again = self.last_hit.is_none_or(|last| self.newest.saturating_sub(last) >= plan.frame.span());
        let fires = !was_held || again;
        if fires {
            self.last_hit = Some(self.newest);
        }
        Some(Verdict { value, fires })
    }

    /// Merges or drops entries when there are more than `most`; see [`Limits::entries`](super::Limits::entries). Returns how many.
    pub(super) fn keep_within(&mut self, plan: &Plan, most: usize) -> usize {
        let before = self.entries.len();
        if before <= most {
            return 0;
        }
        match plan.kind {
            Kind::Events | Kind::Sum | Kind::Average => self.merge_neighbours(plan, most / 2),
            Kind::Values => self.drop_repeated_values(most),
            Kind::Together | Kind::InOrder => self.keep_newest_of_each(plan, most / 2),
            Kind::Percentile(_) => {}
        }
        while self.entries.len() > most {
            self.drop_oldest();
        }
        before - self.entries.len()
    }

    /// Moves the window so that `time` falls into it. False when `time` is too old for that.
    fn make_way(&mut self, frame: Frame, time: i64) -> bool {
        let is_empty = self.entries.is_empty();
        match frame {
            Frame::Sliding { span } => {
                if !is_empty && time < self.newest.saturating_sub(span) {
                    return false;
                }
                self.newest = if is_empty { time } else { self.newest.max(time) };
                self.drop_before(self.newest.saturating_sub(span));
            }
            Frame::Tumbling { span } => {
                let bucket = time.div_euclid(span).saturating_mul(span);
                if !is_empty && bucket < self.start {
                    return false;
                }
                if is_empty || bucket > self.start {
                    self.restart(bucket, time);
                }
                self.newest = self.newest.max(time);
            }
            Frame::Session { span, gap } => {
                let ended = time.saturating_sub(self.newest) > gap || time.saturating_sub(self.start) > span;
                let apart = self.start.saturating_sub(time) > gap || self.newest.saturating_sub(time) > span;
                if is_empty || ended {
                    self.restart(time, time);
                } else if apart {
                    return false;
                }
                self.start = self.start.min(time);
                self.newest = self.newest.max(time);
            }
        }
        true
    }

    fn restart(&mut self, start: i64, newest: i64) {
        self.entries.clear();
        self.tally.rebuild(&self.entries);
        self.give_back();
        (self.start, self.newest, self.held, self.last_hit) = (start, newest, false, None);
    }

    fn drop_before(&mut self, time: i64) {
        while self.entries.front().is_some_and(|oldest| oldest.time < time) {
            self.drop_oldest();
        }
        self.give_back();
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            self.tally.remove(&oldest);
        }
    }

    fn give_back(&mut self) {
        if self.entries.capacity() > 64 && self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(self.entries.len() * 2);
            self.tally.shrink();
        }
    }

    /// The value, when the condition holds.
    fn fulfilled(&self, plan: &Plan) -> Option<f64> {
        let seen = self.tally.seen();
        match &plan.condition {
            Condition::Threshold(predicates) => {
                let value = match plan.kind {
                    Kind::InOrder => {
                        let most = self.tally.value(plan.kind, &self.entries);
                        // No chain is longer than the rules that were seen: most windows are done here.
                        let reachable = predicates.iter().all(|(operator, bound)| !asks_for_more(*operator, *bound, most));
                        if reachable { self.longest_chain(plan, |_| true) } else { return None }
                    }
                    kind => self.tally.value(kind, &self.entries),
                };
                satisfies(value, predicates).then_some(value)
            }
            Condition::Expression(expression) if !expression.holds(seen) => None,
            Condition::Expression(_) if plan.kind == Kind::InOrder => {
                let is_positive = |position: u16| plan.positive.get(usize::from(position)).is_some_and(|positive| *positive);
                let present = seen.iter().zip(&plan.positive).filter(|(seen, positive)| **seen > 0 && **positive).count();
                let chain = self.longest_chain(plan, is_positive);
                (chain == present as f64).then_some(chain)
            }
            Condition::Expression(_) => Some(self.tally.value(plan.kind, &self.entries)),
        }
    }

    /// The most rules that were seen in the order in which the correlation lists them, not necessarily one right after the other.
    fn longest_chain(&self, plan: &Plan, counts: impl Fn(u16) -> bool) -> f64 {
        // best[p]: the longest chain so far that uses positions below p only; never falls from one p to the next.
        let mut best = vec![0_u32; usize::from(plan.positions) + 1];
        let seen = (0..).zip(self.tally.seen()).filter(|(position, seen)| **seen > 0 && counts(*position)).count() as u32;
        for entry in self.entries.iter().filter(|entry| counts(entry.position)) {
            let position = usize::from(entry.position);
            let length = best[position] + 1;
            for longer in best[position + 1..].iter_mut().take_while(|known| **known < length) {
                *longer = length;
            }
            if best.last() == Some(&seen) {
                break;
            }
        }
        best.last().map_or(0.0, |longest| f64::from(*longest))
    }

    /// Merges entries of one member that fall into one slice of time, in ever longer slices, until at most `wanted` are left.
    fn merge_neighbours(&mut self, plan: &Plan, wanted: usize) {
        let span = plan.frame.span();
        let mut slice = (span / (wanted.max(1) as i64 * 2)).max(1);
        while self.entries.len() > wanted && slice / 2 < span {
            let mut merged: VecDeque<Entry> = VecDeque::with_capacity(wanted);
            let mut slice_from = 0;
            for entry in &self.entries {
                if merged.back().is_some_and(|last| last.time.div_euclid(slice) != entry.time.div_euclid(slice)) {
                    slice_from = merged.len();
                }
                match merged.range_mut(slice_from..).find(|kept| kept.member == entry.member) {
                    Some(kept) => {
                        kept.count = kept.count.saturating_add(entry.count);
                        kept.value = (kept.number() + entry.number()).to_bits();
                    }
                    None => merged.push_back(*entry),
                }
            }
            self.entries = merged;
            slice = slice.saturating_mul(2);
        }
        self.tally.rebuild(&self.entries);
    }

    /// Only the newest entry of a value says how long the value stays in the window.
    fn drop_repeated_values(&mut self, most: usize) {
        let Tally::Values(values) = &mut self.tally else { return };
        // Not worth a pass over everything before a quarter can go.
        if self.entries.len() - values.len() < most / 4 {
            return;
        }
        self.entries.retain(|entry| match values.get_mut(&entry.value) {
            Some(count) if *count > 1 => {
                *count -= 1;
                false
            }
            _ => true,
        });
    }

    /// Leaves `wanted` entries, the newest of each position, so that a frequent rule does not push a rare one out.
    fn keep_newest_of_each(&mut self, plan: &Plan, wanted: usize) {
        let each = (wanted / usize::from(plan.positions).max(1)).max(1) as u32;
        let mut surplus: Vec<u32> = self.tally.seen().iter().map(|seen| seen.saturating_sub(each)).collect();
        self.entries.retain(|entry| match surplus.get_mut(usize::from(entry.position)) {
            Some(surplus) if *surplus > 0 => {
                *surplus -= 1;
                false
            }
            _ => true,
        });
        self.tally.rebuild(&self.entries);
    }
}

/// Whether a value of at most `most` can't satisfy this predicate.
fn asks_for_more(operator: rsigma_parser::ConditionOperator, bound: f64, most: f64) -> bool {
    use rsigma_parser::ConditionOperator::{Eq, Gt, Gte, Lt, Lte, Neq};
    match operator {
        Gte | Eq => bound > most,
        Gt => bound >= most,
        Lt | Lte | Neq => false,
    }
}
