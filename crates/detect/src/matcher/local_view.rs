//! Where the fields of an event go in one view: found out once for each name, then looked up by its number.

use cordon_event::{NameId, Names};

use crate::{
    expr::Vocabulary,
    plan::{CONSTANTS, PlanView},
    predicate::FieldId,
};

/// Where the fields of an event go in one view.
#[derive(Debug, Default)]
pub(super) struct LocalView {
    /// By [`NameId`].
    pub(super) targets: Vec<Target>,
    /// Lists behind [`Target::Several`].
    pub(super) several: Vec<Vec<Target>>,
    /// Slots whose values are composed, or come from the first of several fields that says something.
    pub(super) composed: Vec<Composed>,
    pub(super) keywords: Option<u16>,
    /// By condition of the view: the field that it asks for.
    pub(super) when: Vec<Option<NameId>>,
}

/// Where a field's value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
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
pub(super) struct Composed {
    pub(super) slot: u16,
    /// Names of the fields that the value is made from.
    pub(super) parts: Vec<NameId>,
}

impl LocalView {
    pub(super) fn new(planned: &PlanView, vocabulary: &Vocabulary) -> Self {
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
    pub(super) fn target(&mut self, name: NameId, planned: &PlanView, names: &Names, vocabulary: &Vocabulary) -> Target {
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
