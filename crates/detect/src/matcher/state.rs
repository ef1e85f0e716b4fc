//! What changes from event to event: which predicates hold, and which rules they lead to.

use cordon_event::{Alias, Encoding, Event, Field, Names, Value};

use super::local_view::{Composed, LocalView, Target};
use crate::{
    RuleId,
    expr::Vocabulary,
    lens::Lens,
    memo::{Found, Memo},
    partition::Partition,
    plan::{EVENT_ID, PlanView},
    predicate::FieldId,
    program,
    slots::Scratch,
};

/// What changes from event to event.
#[derive(Debug, Default)]
pub(super) struct State {
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

impl State {
    /// Whether the event meets the view's conditions.
    pub(super) fn meets(&mut self, planned: &PlanView, local: &mut LocalView, event: &Event<'_>, names: &Names) -> bool {
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
    pub(super) fn fill(
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
            Target::Constant(at) => seen[at as usize] += occurrences(at, field.value),
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
    pub(super) fn judge(&mut self, partition: &Partition, lens: Lens<'_>, vocabulary: &Vocabulary, each: &mut dyn FnMut(RuleId)) {
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

/// What a constant field counts for: twice when it is not spelled as the plan takes it to be, so that the plan is not used.
pub(super) fn occurrences(constant: u16, value: Value<'_>) -> u32 {
    if constant != EVENT_ID || is_plain_number(value) { 1 } else { 2 }
}

/// Whether an event id is written as [`Kind`](crate::plan::Kind) gives it: without leading zeros, signs or `0x`.
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
