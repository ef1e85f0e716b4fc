//! What a rule's condition asks, as a tree over predicates. Between the syntax tree and the op list.

use crate::predicate::{FieldId, Predicate, Test};

/// A predicate of a rule set; an index into its list of predicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PredicateId(pub(crate) u32);

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Expr {
    Predicate(PredicateId),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// At least so many of these.
    AtLeast(usize, Vec<Expr>),
    /// A detection under the name that the rule gives it; means what is inside.
    Named(Box<str>, Box<Expr>),
}

/// Predicates and field names, each stored once.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    pub(crate) fields: Vec<Box<str>>,
    pub(crate) predicates: Vec<Predicate>,
    field_ids: std::collections::HashMap<Box<str>, FieldId>,
    predicate_ids: std::collections::HashMap<Predicate, PredicateId>,
}

impl Vocabulary {
    pub(crate) fn field(&mut self, name: &str) -> FieldId {
        if let Some(id) = self.field_ids.get(name) {
            return *id;
        }
        let id = FieldId(self.fields.len() as u32);
        self.fields.push(name.into());
        self.field_ids.insert(name.into(), id);
        id
    }

    pub(crate) fn predicate(&mut self, field: FieldId, test: Test) -> Expr {
        let predicate = Predicate { field, test };
        if let Some(id) = self.predicate_ids.get(&predicate) {
            return Expr::Predicate(*id);
        }
        let id = PredicateId(self.predicates.len() as u32);
        self.predicates.push(predicate.clone());
        self.predicate_ids.insert(predicate, id);
        Expr::Predicate(id)
    }

    pub(crate) fn get(&self, id: PredicateId) -> &Predicate {
        &self.predicates[id.0 as usize]
    }

    /// The field of that name, if any rule asks for it.
    pub(crate) fn find_field(&self, name: &str) -> Option<FieldId> {
        self.field_ids.get(name).copied()
    }

    /// The name of a field; empty for keywords.
    pub(crate) fn field_name(&self, field: FieldId) -> &str {
        self.fields.get(field.0 as usize).map_or("", |name| name)
    }
}

impl Expr {
    /// All of these; of one, itself.
    pub(crate) fn all(mut parts: Vec<Expr>) -> Self {
        match parts.len() {
            1 => parts.remove(0),
            _ => Self::And(parts),
        }
    }

    /// Any of these; of one, itself.
    pub(crate) fn any(mut parts: Vec<Expr>) -> Self {
        match parts.len() {
            1 => parts.remove(0),
            _ => Self::Or(parts),
        }
    }

    /// Decides the tree, asking `holds` about predicates.
    pub(crate) fn eval(&self, holds: &mut dyn FnMut(PredicateId) -> bool) -> bool {
        match self {
            Self::Predicate(id) => holds(*id),
            Self::And(parts) => parts.iter().all(|part| part.eval(holds)),
            Self::Or(parts) => parts.iter().any(|part| part.eval(holds)),
            Self::Not(part) => !part.eval(holds),
            Self::AtLeast(count, parts) => parts.iter().filter(|part| part.eval(holds)).count() >= *count,
            Self::Named(_, part) => part.eval(holds),
        }
    }

    /// How many predicates it asks about, each mention counted.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Predicate(_) => 1,
            Self::And(parts) | Self::Or(parts) | Self::AtLeast(_, parts) => parts.iter().map(Self::size).sum(),
            Self::Not(part) | Self::Named(_, part) => part.size(),
        }
    }
}
