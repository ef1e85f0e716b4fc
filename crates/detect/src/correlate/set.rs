//! The compiled correlations of a rule set.

use std::collections::HashMap;

use rsigma_parser::CorrelationRule;

use crate::RuleId;

use super::{compile, plan::Plan};

/// The correlations of a rule set, compiled; shared by any number of [`Correlator`](super::Correlator)s.
#[derive(Debug, Default)]
pub struct CorrelationSet {
    /// In an order in which each comes after those that it refers to.
    pub(super) plans: Vec<Plan>,
    pub(super) sources: HashMap<RuleId, Source, foldhash::fast::RandomState>,
}

/// A rule that correlations wait for, detection or correlation.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) wanted: Vec<Box<str>>,
    pub(super) feeds: Vec<Feed>,
    pub(super) suppressed: bool,
}

/// That a rule is a member of a correlation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feed {
    pub(super) plan: u32,
    pub(super) member: u16,
}

impl CorrelationSet {
    /// Compiles correlations; the rule set has given each its [`RuleId`] already.
    ///
    /// `resolve` maps what stands under `rules` (an id or a name) to the rules that carry it, correlations included; nothing
    /// when there are none. Correlations that cannot be used are left out, and so are those that refer to them: each is returned
    /// by its index in `rules` with the reason.
    pub fn compile(
        rules: &[(RuleId, CorrelationRule)],
        resolve: &dyn Fn(&str) -> Vec<RuleId>,
    ) -> (CorrelationSet, Vec<(usize, String)>) {
        compile::compile(rules, resolve)
    }

    /// The fields whose values the observations of `rule` must carry, in this order. Empty when it needs none; whether anybody
    /// waits for the rule at all is what [`feeds`](Self::feeds) says.
    pub fn wanted(&self, rule: RuleId) -> &[Box<str>] {
        self.sources.get(&rule).map_or(&[], |source| &source.wanted)
    }

    /// Whether any correlation waits for matches of `rule`.
    pub fn feeds(&self, rule: RuleId) -> bool {
        self.sources.contains_key(&rule)
    }

    /// Whether matches of `rule` serve correlations only and are not to be reported by themselves.
    ///
    /// Sigma's `generate`, on a correlation, says whether the rules that it refers to stand alone as well; they do not unless
    /// it is true. So a rule that correlations refer to is suppressed, unless one of them says `generate: true`. The same goes for
    /// correlations below others; a [`Correlator`](super::Correlator) leaves their hits out by itself. A correlation that could
    /// not be compiled suppresses nothing: else a mistake in it would silence the rules that it names.
    pub fn suppressed(&self, rule: RuleId) -> bool {
        self.sources.get(&rule).is_some_and(|source| source.suppressed)
    }

    /// How many correlations there are.
    pub fn len(&self) -> usize {
        self.plans.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }
}
