//! Events in, rules that match out: the hot path.
//!
//! For each event: find the plan of its kind; for each view, look each field's value up in the memo (or, when it is new,
//! in the index of its slot), mark the predicates that hold, and run the rules that one of them leads to.

mod local_view;
mod state;

use std::{collections::HashMap, hash::BuildHasher as _, sync::Arc};

use cordon_event::{Event, NameId, Names, Value};

use self::{local_view::LocalView, state::State};
use crate::{
    RuleId, RuleSet,
    lens::Lens,
    plan::{CONSTANTS, Kind, MAX_TEXT, Plan},
};

/// Matches events against a rule set; one per thread. Keeps caches between events, all of them bounded.
#[derive(Debug)]
pub struct Matcher<'r> {
    pub(crate) rules: &'r RuleSet,
    plans: Vec<LocalPlan>,
    by_kind: HashMap<Box<[u8]>, u32, foldhash::fast::RandomState>,
    kind: Vec<u8>,
    generation: Option<u32>,
    /// By [`CONSTANTS`]: their ids in this generation, once known.
    constants: [Option<NameId>; 3],
    state: State,
    hits: Vec<RuleId>,
    /// Beside `hits`: plan and view in which the rule matched.
    places: Vec<(RuleId, u32, u32)>,
}

/// Kinds that one thread keeps its own tables for.
const MAX_LOCAL_PLANS: usize = 4096;
/// Places in all these tables together: one for each kind and name.
const MAX_TARGETS: usize = 1 << 23;
/// Bytes of a channel or provider that tell kinds apart; more than [`MAX_TEXT`] characters can take.
const MAX_KIND_BYTES: usize = 4096;

/// A plan with this thread's tables.
#[derive(Debug)]
struct LocalPlan {
    plan: Arc<Plan>,
    views: Vec<LocalView>,
}

impl<'r> Matcher<'r> {
    /// A matcher without memories.
    pub fn new(rules: &'r RuleSet) -> Self {
        Self {
            rules,
            plans: Vec::new(),
            by_kind: HashMap::default(),
            kind: Vec::new(),
            generation: None,
            constants: [None; 3],
            state: State::default(),
            hits: Vec::new(),
            places: Vec::new(),
        }
    }

    /// The rules that match, in the order in which they were loaded. `names` must be those that the
    /// event was read with.
    pub fn matches(&mut self, event: &Event<'_>, names: &Names) -> &[RuleId] {
        self.places.clear();
        if self.generation != Some(names.generation()) {
            self.generation = Some(names.generation());
            self.constants = [None; 3];
            self.plans.clear();
            self.by_kind.clear();
        }
        let plan = self.plan_of(event, names, true);
        if !self.run(plan, event, names) {
            let plan = self.plan_of(event, names, false);
            self.run(plan, event, names);
        }
        self.places.sort_unstable();
        self.places.dedup_by_key(|(rule, ..)| *rule);
        self.hits.clear();
        self.hits.extend(self.places.iter().map(|(rule, ..)| *rule));
        &self.hits
    }

    /// The number of the plan for an event's kind.
    fn plan_of(&mut self, event: &Event<'_>, names: &Names, is_regular: bool) -> usize {
        let header = &event.header;
        self.kind.clear();
        self.kind.extend([header.format as u8, u8::from(is_regular), u8::from(header.event_id.is_some())]);
        self.kind.extend(header.event_id.unwrap_or(0).to_le_bytes());
        for value in [header.channel, header.provider] {
            self.kind.push(value.encoding as u8);
            self.kind.extend((value.bytes.len() as u32).to_le_bytes());
            match value.bytes.get(..MAX_KIND_BYTES) {
                None => self.kind.extend_from_slice(value.bytes),
                // Hostile; its hash stands for the rest, so that no megabytes are kept.
                Some(start) => {
                    self.kind.extend_from_slice(start);
                    self.kind.extend(self.by_kind.hasher().hash_one(value.bytes).to_le_bytes());
                }
            }
        }
        if let Some(plan) = self.by_kind.get(self.kind.as_slice()) {
            return *plan as usize;
        }
        if self.plans.len() >= MAX_LOCAL_PLANS || self.plans.len() * names.len() > MAX_TARGETS {
            self.plans.clear();
            self.by_kind.clear();
        }
        let text = |value: Value<'_>| value.to_text().chars().take(MAX_TEXT).collect();
        let plan = self.rules.plan(&Kind {
            format: header.format,
            event_id: header.event_id,
            channel: text(header.channel),
            provider: text(header.provider),
            is_regular,
        });
        let views = plan.views.iter().map(|view| LocalView::new(view, &self.rules.vocabulary)).collect();
        self.plans.push(LocalPlan { plan, views });
        self.by_kind.insert(self.kind.as_slice().into(), self.plans.len() as u32 - 1);
        self.plans.len() - 1
    }

    /// Runs the rules of a plan; `false` when the event does not have the fields that its kind promises.
    fn run(&mut self, number: usize, event: &Event<'_>, names: &Names) -> bool {
        let LocalPlan { plan, views } = &mut self.plans[number];
        let plan = Arc::clone(plan);
        let mut is_checked = false;
        for (at, (planned, local)) in plan.views.iter().zip(views).enumerate() {
            if !self.state.meets(planned, local, event, names) {
                continue;
            }
            let seen = self.state.fill(planned, local, event, names, &self.rules.vocabulary);
            if !plan.is_regular(&seen) {
                self.places.clear();
                return false;
            }
            is_checked = true;
            let lens = Lens { event, names, aliases: &planned.view.aliases };
            self.state.judge(&planned.partition, lens, &self.rules.vocabulary, &mut |rule| {
                self.places.push((rule, number as u32, at as u32));
            });
        }
        // Where the kind alone rules out all rules, no view has counted.
        is_checked || plan.is_regular(&self.count_constants(&plan, event, names))
    }

    /// How often each constant field occurs.
    fn count_constants(&mut self, plan: &Plan, event: &Event<'_>, names: &Names) -> [u32; 3] {
        let mut seen = [0; 3];
        for at in (0..CONSTANTS.len()).filter(|at| plan.constants[*at]) {
            let name = self.constants[at].or_else(|| names.find(CONSTANTS[at]));
            self.constants[at] = name;
            let fields = event.fields.iter().filter(|field| Some(field.name) == name);
            seen[at] = fields.map(|field| state::occurrences(at as u16, field.value)).sum();
        }
        seen
    }

    /// How the event looked when `rule` matched in the last call of [`Matcher::matches`]; the record's own fields for a
    /// rule that did not.
    pub(crate) fn lens<'e>(&'e self, rule: RuleId, event: &'e Event<'e>, names: &'e Names) -> Lens<'e> {
        let place = self.places.iter().find(|(hit, ..)| *hit == rule);
        let view = place.and_then(|(_, plan, view)| self.plans.get(*plan as usize)?.plan.views.get(*view as usize));
        Lens { event, names, aliases: view.map_or(&[], |view| &view.view.aliases) }
    }
}
