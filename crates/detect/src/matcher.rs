//! Events in, rules that match out: the hot path.
//!
//! For each event: find the plan of its kind; for each view, look each field's value up in the memo (or, when it is new,
//! in the index of its slot), mark the predicates that hold, and run the rules that one of them leads to.

use std::{collections::HashMap, hash::BuildHasher as _, sync::Arc};

use cordon_event::{Alias, Encoding, Event, Field, NameId, Names, Value};

use crate::{
    RuleId, RuleSet,
    expr::Vocabulary,
    lens::Lens,
    memo::{Found, Memo},
    partition::Partition,
    plan::{CONSTANTS, EVENT_ID, Kind, MAX_TEXT, Plan, PlanView},
    predicate::FieldId,
    program,
    slots::Scratch,
};

/// Matches events against a rule set; one per thread. Keeps caches between events, all of them bounded.
#[derive(Debug)]
pub struct Matcher<'r> {
    pub(crate) rules: &'r RuleSet,
    plans: Vec<LocalPlan>,
    by_kind: HashMap<Box<[u8]>, u32, foldhash::fast::RandomState>,
    kind: Vec<u8>,
    generation: Option<u32>,
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

/// Where the fields of an event go in one view.
#[derive(Debug, Default)]
struct LocalView {
    /// By [`NameId`].
    targets: Vec<Target>,
    /// Lists behind [`Target::Several`].
    several: Vec<Vec<Target>>,
    /// Slots whose values are composed, or come from the first of several fields that says something.
    composed: Vec<Composed>,
    keywords: Option<u16>,
    /// By condition of the view: the field that it asks for.
    when: Vec<Option<NameId>>,
}

/// Where a field's value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Not looked at yet.
    Unknown,
    /// No rule asks for it.
    Nowhere,
    /// One of [`CONSTANTS`].
    Constant(u16),
    Slot(u16),
    /// Into the slot, rewritten by this alias of the view.
    Alias(u16, u16),
    Several(u16),
}

#[derive(Debug)]
struct Composed {
    slot: u16,
    /// Names of the fields that the value is made from.
    parts: Vec<NameId>,
}

/// What changes from event to event.
#[derive(Debug, Default)]
struct State {
    memo: Memo,
    scratch: Scratch,
    text: String,
    key: Vec<u8>,
    found: Vec<u32>,
    /// By indexed predicate of the partition: whether it holds.
    bits: Vec<u64>,
    candidates: Vec<u32>,
    /// By rule of the partition: the round in which it became a candidate.
    chosen_in: Vec<u32>,
    round: u32,
}

/// Marks the memo entries of a view's conditions, whose numbers would otherwise be those of slots.
const WHEN: u32 = 1 << 31;
/// Marks the memo entries of predicates that are asked one by one.
const ASKED: u32 = 1 << 30;

/// The tag of a memo entry: the partition or view, and the slot in it.
fn tag_of(uid: u32, number: u32) -> u64 {
    u64::from(uid) << 32 | u64::from(number)
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
        for (at, (planned, local)) in plan.views.iter().zip(views).enumerate() {
            if !self.state.meets(planned, local, event, names) {
                continue;
            }
            let seen = self.state.fill(planned, local, event, names, &self.rules.vocabulary);
            if (0..CONSTANTS.len()).any(|constant| plan.constants[constant] && seen[constant] != 1) {
                self.places.clear();
                return false;
            }
            let lens = Lens { event, names, aliases: &planned.view.aliases };
            self.state.judge(&planned.partition, lens, &self.rules.vocabulary, &mut |rule| {
                self.places.push((rule, number as u32, at as u32));
            });
        }
        true
    }

    /// How the event looked when `rule` matched in the last call of [`Matcher::matches`]; the record's own fields for a
    /// rule that did not.
    pub(crate) fn lens<'e>(&'e self, rule: RuleId, event: &'e Event<'e>, names: &'e Names) -> Lens<'e> {
        let place = self.places.iter().find(|(hit, ..)| *hit == rule);
        let view = place.and_then(|(_, plan, view)| self.plans.get(*plan as usize)?.plan.views.get(*view as usize));
        Lens { event, names, aliases: view.map_or(&[], |view| &view.view.aliases) }
    }
}

impl LocalView {
    fn new(planned: &PlanView, vocabulary: &Vocabulary) -> Self {
        let partition = &planned.partition;
        let aliases = &planned.view.aliases;
        let is_composed = |name: &str| {
            let mut named = aliases.iter().filter(|alias| alias.name == name);
            named.clone().count() > 1 || named.any(|alias| alias.with.is_some())
        };
        let slots = (0..).zip(&partition.slots);
        let composed = slots.filter(|(_, slot)| is_composed(vocabulary.field_name(slot.field)));
        Self {
            composed: composed.map(|(slot, _)| Composed { slot, parts: Vec::new() }).collect(),
            keywords: partition.slot(FieldId::KEYWORDS),
            when: vec![None; planned.view.when.len()],
            ..Self::default()
        }
    }

    /// Where a field goes; found out when its name is first met.
    fn target(&mut self, name: NameId, planned: &PlanView, names: &Names, vocabulary: &Vocabulary) -> Target {
        match self.targets.get(name.index()) {
            Some(Target::Unknown) | None => self.resolve(name, planned, names, vocabulary),
            Some(target) => *target,
        }
    }

    #[cold]
    fn resolve(&mut self, name: NameId, planned: &PlanView, names: &Names, vocabulary: &Vocabulary) -> Target {
        let text = names.name(name);
        let aliases = &planned.view.aliases;
        let slot_of = |field: &str| vocabulary.find_field(field).and_then(|field| planned.partition.slot(field));
        let is_composed = |slot: u16| self.composed.iter().any(|composed| composed.slot == slot);
        let mut targets: Vec<Target> = Vec::new();
        targets.extend(CONSTANTS.iter().position(|constant| *constant == text).map(|at| Target::Constant(at as u16)));
        if !aliases.iter().any(|alias| alias.name == text) {
            targets.extend(slot_of(text).map(Target::Slot));
        }
        for (number, alias) in (0..).zip(aliases).filter(|(_, alias)| alias.from.as_deref() == Some(text)) {
            targets.extend(slot_of(&alias.name).filter(|slot| !is_composed(*slot)).map(|slot| Target::Alias(slot, number)));
        }
        for composed in &mut self.composed {
            let field = vocabulary.field_name(planned.partition.slots[composed.slot as usize].field);
            let mut named = aliases.iter().filter(|alias| alias.name == field);
            let is_part = named.any(|alias| {
                alias.from.as_deref() == Some(text) || alias.with.as_ref().is_some_and(|(_, second)| second == text)
            });
            if is_part {
                composed.parts.push(name);
            }
        }
        for (place, when) in self.when.iter_mut().zip(&planned.view.when) {
            if when.field == text {
                *place = Some(name);
            }
        }
        let target = match targets.as_slice() {
            [] => Target::Nowhere,
            [one] => *one,
            _ => {
                self.several.push(targets);
                Target::Several(self.several.len() as u16 - 1)
            }
        };
        if self.targets.len() <= name.index() {
            self.targets.resize(name.index() + 1, Target::Unknown);
        }
        self.targets[name.index()] = target;
        target
    }
}

impl State {
    /// Whether the event meets the view's conditions.
    fn meets(&mut self, planned: &PlanView, local: &mut LocalView, event: &Event<'_>, names: &Names) -> bool {
        (0..).zip(&planned.view.when).all(|(number, when)| {
            let place = &mut local.when[number as usize];
            let wanted = place.or_else(|| names.find(&when.field));
            *place = wanted;
            event.fields.iter().filter(|field| Some(field.name) == wanted).any(|field| {
                let tag = tag_of(planned.uid, WHEN | number);
                match self.memo.find(tag, field.value) {
                    Found::Few(few) => few.is_some(),
                    Found::List(..) => true,
                    Found::Unknown(hash) => {
                        let holds = when.holds(field.value);
                        self.memo.insert(hash, tag, field.value, if holds { &[1] } else { &[] });
                        holds
                    }
                }
            })
        })
    }

    /// Marks the predicates that hold and gathers the rules that they lead to. How often each constant field occurred.
    fn fill(
        &mut self,
        planned: &PlanView,
        local: &mut LocalView,
        event: &Event<'_>,
        names: &Names,
        vocabulary: &Vocabulary,
    ) -> [u32; 3] {
        let partition = &*planned.partition;
        self.begin(partition);
        let mut seen = [0; 3];
        let keywords = local.keywords.filter(|slot| {
            let filter = &partition.slots[*slot as usize].filter;
            filter.as_ref().is_none_or(|filter| filter.may_match(event, &mut self.key))
        });
        for field in &event.fields {
            match local.target(field.name, planned, names, vocabulary) {
                Target::Several(list) => {
                    for at in 0..local.several[list as usize].len() {
                        let target = local.several[list as usize][at];
                        self.put(target, field, planned, partition, &mut seen);
                    }
                }
                target => self.put(target, field, planned, partition, &mut seen),
            }
            if let Some(slot) = keywords {
                self.look_up(partition, slot, partition.uid, field.value, None);
            }
        }
        for composed in &local.composed {
            self.compose(composed, planned, event, names, vocabulary);
        }
        seen
    }

    fn begin(&mut self, partition: &Partition) {
        self.bits.clear();
        self.bits.resize(partition.indexed.div_ceil(64) as usize, 0);
        self.candidates.clear();
        if self.chosen_in.len() < partition.rules.len() {
            self.chosen_in.resize(partition.rules.len(), 0);
        }
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.chosen_in.fill(0);
            self.round = 1;
        }
    }

    fn put(&mut self, target: Target, field: &Field<'_>, planned: &PlanView, partition: &Partition, seen: &mut [u32; 3]) {
        match target {
            Target::Slot(slot) => self.look_up(partition, slot, partition.uid, field.value, None),
            Target::Alias(slot, alias) => {
                let alias = &planned.view.aliases[alias as usize];
                self.look_up(partition, slot, planned.uid, field.value, Some(alias));
            }
            // Counted twice when it is not spelled as the plan takes it to be, so that the plan is not used.
            Target::Constant(at) => seen[at as usize] += if at != EVENT_ID || is_plain_number(field.value) { 1 } else { 2 },
            Target::Unknown | Target::Nowhere | Target::Several(_) => {}
        }
    }

    /// Marks what one value satisfies in its slot.
    fn look_up(&mut self, partition: &Partition, slot: u16, uid: u32, value: Value<'_>, alias: Option<&Alias>) {
        if value.is_null() {
            return;
        }
        let tag = tag_of(uid, u32::from(slot));
        let hash = match self.memo.find(tag, value) {
            Found::Few(few) => {
                if let Some(predicate) = few {
                    mark(predicate, partition, &mut self.bits, &mut self.candidates, &mut self.chosen_in, self.round);
                }
                return;
            }
            Found::List(at, length) => {
                for number in at..at + length {
                    let predicate = self.memo.list(number, 1)[0];
                    mark(predicate, partition, &mut self.bits, &mut self.candidates, &mut self.chosen_in, self.round);
                }
                return;
            }
            Found::Unknown(hash) => hash,
        };
        self.found.clear();
        let index = &partition.slots[slot as usize].index;
        match alias {
            None => {
                let mut text = std::mem::take(&mut self.text);
                text.clear();
                value.write_text(&mut text);
                index.look_up(&text, &mut self.scratch, &mut self.found);
                self.text = text;
            }
            Some(alias) => {
                if let Some(text) = alias.text(value, None) {
                    index.look_up(&text, &mut self.scratch, &mut self.found);
                }
            }
        }
        self.memo.insert(hash, tag, value, &self.found);
        self.mark_found(partition);
    }

    /// Marks what a composed value satisfies. It is remembered by the bytes of its parts.
    fn compose(&mut self, composed: &Composed, planned: &PlanView, event: &Event<'_>, names: &Names, vocabulary: &Vocabulary) {
        let partition = &*planned.partition;
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for field in event.fields.iter().filter(|field| composed.parts.contains(&field.name)) {
            key.extend((field.value.bytes.len() as u32).to_le_bytes());
            key.extend(field.name.0.to_le_bytes());
            key.push(field.value.encoding as u8);
            key.extend_from_slice(field.value.bytes);
        }
        let value = Value { encoding: Encoding::Binary, bytes: &key };
        let tag = tag_of(planned.uid, u32::from(composed.slot));
        match self.memo.find(tag, value) {
            Found::Few(few) => {
                self.found.clear();
                self.found.extend(few);
            }
            Found::List(at, length) => {
                self.found.clear();
                self.found.extend_from_slice(self.memo.list(at, length));
            }
            Found::Unknown(hash) => {
                let slot = &partition.slots[composed.slot as usize];
                let lens = Lens { event, names, aliases: &planned.view.aliases };
                let mut all = Vec::new();
                lens.any(vocabulary.field_name(slot.field), &mut |text| {
                    self.found.clear();
                    slot.index.look_up(text.unwrap_or_default(), &mut self.scratch, &mut self.found);
                    all.extend_from_slice(&self.found);
                    false
                });
                self.memo.insert(hash, tag, value, &all);
                self.found = all;
            }
        }
        self.key = key;
        self.mark_found(partition);
    }

    fn mark_found(&mut self, partition: &Partition) {
        for predicate in &self.found {
            mark(*predicate, partition, &mut self.bits, &mut self.candidates, &mut self.chosen_in, self.round);
        }
    }

    /// Calls `each` with the rules whose conditions hold.
    fn judge(&mut self, partition: &Partition, lens: Lens<'_>, vocabulary: &Vocabulary, each: &mut dyn FnMut(RuleId)) {
        let candidates = std::mem::take(&mut self.candidates);
        for number in candidates.iter().chain(&partition.unanchored) {
            let rule = partition.rules[*number as usize];
            if self.holds(partition, rule.start, lens, vocabulary) {
                each(rule.id);
            }
        }
        self.candidates = candidates;
    }

    fn holds(&mut self, partition: &Partition, start: u32, lens: Lens<'_>, vocabulary: &Vocabulary) -> bool {
        let mut at = start;
        while at < program::REJECT {
            let op = partition.ops[at as usize];
            let holds = match op.predicate < partition.indexed {
                true => self.bits[op.predicate as usize / 64] >> (op.predicate % 64) & 1 == 1,
                false => self.ask(partition, op.predicate, lens, vocabulary),
            };
            at = if holds { op.on_true } else { op.on_false };
        }
        at == program::ACCEPT
    }

    /// Decides a predicate that no slot decides. What depends on one value alone is remembered as in the slots.
    fn ask(&mut self, partition: &Partition, number: u32, lens: Lens<'_>, vocabulary: &Vocabulary) -> bool {
        let id = partition.predicates[number as usize];
        let predicate = vocabulary.get(id);
        let field = vocabulary.field_name(predicate.field);
        if !predicate.test.is_of_value() || predicate.field == FieldId::KEYWORDS || lens.is_aliased(field) {
            return lens.holds(id, vocabulary);
        }
        let tag = tag_of(partition.uid, ASKED | number);
        let mut values = lens.record(field).filter(|value| !value.is_null());
        values.any(|value| match self.memo.find(tag, value) {
            Found::Few(few) => few.is_some(),
            Found::List(..) => true,
            Found::Unknown(hash) => {
                self.text.clear();
                value.write_text(&mut self.text);
                let holds = predicate.test.holds_for(&self.text);
                self.memo.insert(hash, tag, value, if holds { &[1] } else { &[] });
                holds
            }
        })
    }
}

/// Whether an event id is written as [`Kind`] gives it: without leading zeros, signs or `0x`.
fn is_plain_number(value: Value<'_>) -> bool {
    match value.encoding {
        Encoding::Uint => true,
        Encoding::Utf16 => {
            let (units, _) = value.bytes.as_chunks::<2>();
            units.first().is_some_and(|first| *first != [b'0', 0])
                && units.iter().all(|[low, high]| low.is_ascii_digit() && *high == 0)
        }
        Encoding::Utf8 | Encoding::Json | Encoding::Xml | Encoding::Literal => {
            value.bytes == b"0"
                || (value.bytes.first().is_some_and(|first| *first != b'0') && value.bytes.iter().all(u8::is_ascii_digit))
        }
        _ => false,
    }
}

fn mark(predicate: u32, partition: &Partition, bits: &mut [u64], candidates: &mut Vec<u32>, chosen_in: &mut [u32], round: u32) {
    bits[predicate as usize / 64] |= 1 << (predicate % 64);
    for rule in &partition.anchored[predicate as usize] {
        if std::mem::replace(&mut chosen_in[*rule as usize], round) != round {
            candidates.push(*rule);
        }
    }
}
