//! The rules that one kind of event can match, compiled together.

use std::collections::HashMap;

use crate::{
    RuleId,
    expr::{Expr, PredicateId, Vocabulary},
    keywords::KeywordFilter,
    predicate::{FieldId, Predicate},
    program::{self, Op},
    slots::{SlotBuilder, SlotIndex},
};

/// Rules compiled for one kind of event. Numbers in it (rules, predicates, slots) are its own.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    /// Told apart from other partitions by this.
    pub(crate) uid: u32,
    pub(crate) rules: Vec<PartRule>,
    pub(crate) ops: Vec<Op>,
    /// First those that the slots decide, then those that are asked one by one.
    pub(crate) predicates: Vec<PredicateId>,
    /// How many predicates the slots decide.
    pub(crate) indexed: u32,
    pub(crate) slots: Vec<Slot>,
    /// By indexed predicate: the rules that are worth running once it holds.
    pub(crate) anchored: Vec<Box<[u32]>>,
    /// Rules that no predicate leads to; run for every event.
    pub(crate) unanchored: Vec<u32>,
}

/// A rule of a partition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartRule {
    pub(crate) id: RuleId,
    pub(crate) start: u32,
}

/// A field that a partition's rules look at.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) field: FieldId,
    pub(crate) index: SlotIndex,
    /// For keywords, when they can be filtered.
    pub(crate) filter: Option<KeywordFilter>,
}

impl Partition {
    /// Compiles conditions, from which what is known of this kind of event has been taken out.
    pub(crate) fn compile(uid: u32, rules: &[(RuleId, Expr)], vocabulary: &Vocabulary) -> Self {
        let chosen: Vec<Option<Vec<PredicateId>>> =
            rules.iter().map(|(_, expr)| program::anchors(expr, vocabulary).map(|(_, ids)| ids)).collect();
        let numbering = Numbering::new(rules, &chosen, vocabulary);
        let mut partition = Self { uid, indexed: numbering.indexed, ..Self::default() };
        partition.anchored = vec![Box::default(); numbering.indexed as usize];
        let mut anchored: Vec<Vec<u32>> = vec![Vec::new(); numbering.indexed as usize];
        for ((id, expr), anchors) in rules.iter().zip(&chosen) {
            let number = partition.rules.len() as u32;
            if *expr == Expr::And(Vec::new()) {
                partition.rules.push(PartRule { id: *id, start: program::ACCEPT });
                partition.unanchored.push(number);
                continue;
            }
            let start = partition.ops.len() as u32;
            let mut ordered = expr.clone();
            program::order(&mut ordered, vocabulary);
            // Sizes were checked when the rule was loaded; what is known can only shorten it.
            let Some(ops) = program::assemble(&ordered, &mut |predicate| numbering.numbers[&predicate]) else { continue };
            let shift = |target: u32| if target >= program::REJECT { target } else { target + start };
            let ops = ops.into_iter().map(|op| Op { on_true: shift(op.on_true), on_false: shift(op.on_false), ..op });
            partition.ops.extend(ops);
            partition.rules.push(PartRule { id: *id, start });
            match anchors {
                Some(anchors) => anchors.iter().for_each(|anchor| {
                    let list = &mut anchored[numbering.numbers[anchor] as usize];
                    if list.last() != Some(&number) {
                        list.push(number);
                    }
                }),
                None => partition.unanchored.push(number),
            }
        }
        partition.anchored = anchored.into_iter().map(Vec::into_boxed_slice).collect();
        partition.slots = numbering.slots(vocabulary);
        partition.predicates = numbering.ordered;
        partition
    }

    /// The slot of a field.
    pub(crate) fn slot(&self, field: FieldId) -> Option<u16> {
        self.slots.iter().position(|slot| slot.field == field).map(|at| at as u16)
    }
}

/// Numbers for the predicates of a partition.
struct Numbering {
    numbers: HashMap<PredicateId, u32>,
    ordered: Vec<PredicateId>,
    indexed: u32,
}

impl Numbering {
    fn new(rules: &[(RuleId, Expr)], anchors: &[Option<Vec<PredicateId>>], vocabulary: &Vocabulary) -> Self {
        let promoted: std::collections::HashSet<PredicateId> = anchors.iter().flatten().flatten().copied().collect();
        let is_indexed = |id: PredicateId| vocabulary.get(id).test.is_indexed() || promoted.contains(&id);
        let mut seen = std::collections::HashSet::new();
        let (mut ordered, mut others) = (Vec::new(), Vec::new());
        for (_, expr) in rules {
            // `eval` with every answer true and false would skip parts; this visits all.
            visit(expr, &mut |id| {
                if seen.insert(id) {
                    if is_indexed(id) { ordered.push(id) } else { others.push(id) }
                }
            });
        }
        let indexed = ordered.len() as u32;
        ordered.extend(others);
        let numbers = (0..).zip(&ordered).map(|(number, id)| (*id, number)).collect();
        Self { numbers, ordered, indexed }
    }

    fn keyword_filter(&self, vocabulary: &Vocabulary) -> Option<KeywordFilter> {
        let indexed = self.ordered.iter().take(self.indexed as usize).map(|id| vocabulary.get(*id));
        KeywordFilter::new(indexed.filter(|predicate| predicate.field == FieldId::KEYWORDS).map(|predicate| &predicate.test))
    }

    fn slots(&self, vocabulary: &Vocabulary) -> Vec<Slot> {
        let mut builders: Vec<(FieldId, SlotBuilder)> = Vec::new();
        let mut places: HashMap<FieldId, usize> = HashMap::new();
        for (number, id) in (0..self.indexed).zip(&self.ordered) {
            let Predicate { field, test } = vocabulary.get(*id);
            let at = *places.entry(*field).or_insert_with(|| {
                builders.push((*field, SlotBuilder::default()));
                builders.len() - 1
            });
            builders[at].1.add(number, test);
        }
        let slot = |(field, builder): (FieldId, SlotBuilder)| Slot {
            field,
            index: builder.finish(),
            filter: if field == FieldId::KEYWORDS { self.keyword_filter(vocabulary) } else { None },
        };
        builders.into_iter().map(slot).collect()
    }
}

fn visit(expr: &Expr, each: &mut dyn FnMut(PredicateId)) {
    match expr {
        Expr::Predicate(id) => each(*id),
        Expr::And(parts) | Expr::Or(parts) | Expr::AtLeast(_, parts) => parts.iter().for_each(|part| visit(part, each)),
        Expr::Not(part) | Expr::Named(_, part) => visit(part, each),
    }
}
