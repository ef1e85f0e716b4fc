//! What to do with events of one kind: the views to look through, and the rules that can match in each.
//!
//! A kind is a format, channel, provider and event id. Conditions on those are decided here, once, so that a matcher
//! meets only rules that the rest of the event can still decide.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use cordon_event::{Format, View};

use crate::{
    RuleId, RuleSet,
    expr::{Expr, PredicateId},
    partition::Partition,
    predicate::Test,
    program,
};

/// A kind of event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    pub(crate) format: Format,
    pub(crate) event_id: Option<u32>,
    pub(crate) channel: String,
    pub(crate) provider: String,
    /// Whether the fields named in [`CONSTANTS`] stand in the event exactly as the kind says.
    pub(crate) is_regular: bool,
}

/// Fields that have one value throughout a kind.
pub(crate) const CONSTANTS: [&str; 3] = ["EventID", "Channel", "Provider_Name"];
/// The place of `EventID` among them.
pub(crate) const EVENT_ID: u16 = 0;

/// What to do with events of one kind.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) views: Vec<PlanView>,
    /// By [`CONSTANTS`]: whether the field's value is that of the kind.
    pub(crate) constants: [bool; 3],
}

/// One view of a plan.
#[derive(Debug)]
pub(crate) struct PlanView {
    /// Told apart from other views by this, where the view rewrites values.
    pub(crate) uid: u32,
    pub(crate) view: View,
    pub(crate) partition: Arc<Partition>,
}

/// Plans and partitions made so far.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    plans: HashMap<Kind, Arc<Plan>>,
    partitions: HashMap<Vec<(RuleId, Expr)>, Arc<Partition>>,
    last_uid: u32,
}

/// Characters kept of a channel or provider; names have some dozens.
pub(crate) const MAX_TEXT: usize = 256;
/// Kinds kept; hostile input can name any number. A hospital's logs have some hundreds.
const MAX_PLANS: usize = 4096;

impl Kind {
    /// The text that a constant field has.
    fn constant(&self, at: usize) -> Option<String> {
        let text = match at {
            0 => self.event_id?.to_string(),
            1 => self.channel.clone(),
            _ => self.provider.clone(),
        };
        // A text of that length may have been cut.
        let is_whole = text.len() < MAX_TEXT;
        (self.is_regular && !text.is_empty() && is_whole).then_some(text)
    }
}

impl Plan {
    /// Whether an event has each field exactly once that its kind promises; `seen`: how often it has [`CONSTANTS`].
    pub(crate) fn is_regular(&self, seen: &[u32; 3]) -> bool {
        self.constants.iter().zip(seen).all(|(is_constant, seen)| !is_constant || *seen == 1)
    }
}

impl RuleSet {
    /// The plan for a kind of event.
    pub(crate) fn plan(&self, kind: &Kind) -> Arc<Plan> {
        if let Some(plan) = self.plans.read().unwrap_or_else(PoisonError::into_inner).plans.get(kind) {
            return plan.clone();
        }
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.plans.get(kind) {
            return plan.clone();
        }
        if plans.plans.len() >= MAX_PLANS {
            plans.plans.clear();
            plans.partitions.clear();
        }
        let constants = [0, 1, 2].map(|at| kind.constant(at));
        let views = self.taxonomy.views(kind.format, &kind.channel, &kind.provider, kind.event_id);
        let views = views.into_iter().filter_map(|view| self.plan_view(view, &constants, &mut plans)).collect();
        let plan = Arc::new(Plan { views, constants: constants.map(|constant| constant.is_some()) });
        plans.plans.insert(kind.clone(), plan.clone());
        plan
    }

    /// A view with its rules; `None` when no rule can match in it.
    fn plan_view(&self, view: View, constants: &[Option<String>; 3], plans: &mut Plans) -> Option<PlanView> {
        let fields = CONSTANTS.map(|name| match view.aliases.iter().any(|alias| alias.name == name) {
            true => None,
            false => self.vocabulary.find_field(name),
        });
        let known = |id: PredicateId| {
            let predicate = self.vocabulary.get(id);
            let at = fields.iter().position(|field| *field == Some(predicate.field))?;
            let text = constants[at].as_ref()?;
            match &predicate.test {
                Test::Exists | Test::Present => Some(true),
                Test::Null => Some(false),
                test if test.is_of_value() => Some(test.holds_for(text)),
                _ => None,
            }
        };
        let groups = self.by_logsource.iter().filter(|(wanted, _)| view.sources.iter().any(|source| source.satisfies(wanted)));
        let mut rules: Vec<(RuleId, Expr)> = Vec::new();
        for id in groups.flat_map(|(_, ids)| ids) {
            match program::simplify(&self.rule(*id).expr, &known) {
                Ok(left) => rules.push((*id, left)),
                // Decided by the kind alone: an empty `and`, which always holds.
                Err(true) => rules.push((*id, Expr::And(Vec::new()))),
                Err(false) => {}
            }
        }
        if rules.is_empty() {
            return None;
        }
        rules.sort_by_key(|(id, _)| *id);
        // Views share partitions, and a value that one view rewrites is another's as it stands, so both have numbers of
        // their own to remember it by.
        plans.last_uid = plans.last_uid.wrapping_add(2);
        let uid = plans.last_uid;
        let partition = match plans.partitions.get(&rules) {
            Some(partition) => partition.clone(),
            None => {
                let partition = Arc::new(Partition::compile(uid.wrapping_sub(1), &rules, &self.vocabulary));
                plans.partitions.insert(rules, partition.clone());
                partition
            }
        };
        Some(PlanView { uid, view, partition })
    }
}
