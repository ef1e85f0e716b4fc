//! Which rules and fields a correlation's words stand for.

use std::collections::BTreeMap;

use rsigma_parser::{ConditionExpr, CorrelationCondition, CorrelationRule, CorrelationType};

use crate::RuleId;

/// More rules than this behind one correlation is a mistake or an attack.
const MAX_MEMBERS: usize = 1_000;

/// The rules behind a correlation's list, and the field names that its aliases give them.
pub(super) struct References<'r> {
    resolve: &'r dyn Fn(&str) -> Vec<RuleId>,
    /// Each name as written with its position.
    pub(super) names: Vec<(String, u16)>,
    pub(super) members: Vec<(RuleId, u16)>,
    pub(super) positions: u16,
    /// Alias, then rule, to the field's name in that rule's events.
    aliases: BTreeMap<String, BTreeMap<RuleId, String>>,
}

impl<'r> References<'r> {
    /// Looks up everything that `rule` names.
    pub(super) fn find(rule: &CorrelationRule, resolve: &'r dyn Fn(&str) -> Vec<RuleId>) -> Result<Self, String> {
        let mut found = Self { resolve, names: Vec::new(), members: Vec::new(), positions: 0, aliases: BTreeMap::new() };
        let mut from_condition = Vec::new();
        if let (true, CorrelationCondition::Extended(expression)) = (rule.rules.is_empty(), &rule.condition) {
            identifiers(expression, &mut from_condition, 0);
        }
        for name in rule.rules.iter().chain(&from_condition) {
            found.add(name, rule.correlation_type)?;
        }
        if found.members.is_empty() {
            return Err("it names no rules; list the ids or names of rules under `rules`".into());
        }
        for alias in &rule.aliases {
            let mut fields = BTreeMap::new();
            for (name, field) in &alias.mapping {
                let rules = found.rules_of(name);
                if rules.is_empty() {
                    return Err(format!("its alias `{}` speaks of rule `{name}`, which is not under `rules`", alias.alias));
                }
                fields.extend(rules.into_iter().map(|rule| (rule, field.clone())));
            }
            found.aliases.insert(alias.alias.clone(), fields);
        }
        Ok(found)
    }

    /// The position of a name in the condition.
    pub(super) fn position(&self, name: &str) -> Result<u16, String> {
        let written = self.names.iter().find(|(known, _)| known == name).map(|(_, position)| *position);
        let by_rule = || self.rules_of(name).first().and_then(|rule| self.members.iter().find(|(id, _)| id == rule));
        written
            .or_else(|| by_rule().map(|(_, position)| *position))
            .ok_or_else(|| format!("its condition speaks of rule `{name}`, which is not under `rules`"))
    }

    /// What the events of `rule` call `field`.
    pub(super) fn field<'f>(&'f self, field: &'f str, rule: RuleId) -> &'f str {
        self.aliases.get(field).and_then(|fields| fields.get(&rule)).map_or(field, String::as_str)
    }

    fn add(&mut self, name: &str, kind: CorrelationType) -> Result<(), String> {
        let rules = (self.resolve)(name);
        if rules.is_empty() {
            return Err(format!("rule `{name}` under `rules` is not loaded; check its id or name, and load its file too"));
        }
        let known = self.members.iter().find(|(id, _)| rules.contains(id)).map(|(_, position)| *position);
        let fresh = |rule: &RuleId| !self.members.iter().any(|(id, _)| id == rule);
        let mut fresh: Vec<RuleId> = rules.iter().copied().filter(fresh).collect();
        fresh.sort_unstable();
        fresh.dedup();
        if self.members.len() + fresh.len() > MAX_MEMBERS {
            return Err(format!("more than {MAX_MEMBERS} rules stand behind `rules`; name fewer"));
        }
        match known {
            Some(_) if fresh.is_empty() && kind == CorrelationType::TemporalOrdered => Err(format!(
                "`{name}` under `rules` is a rule that is listed already, so there is no order to check; list each once"
            )),
            Some(position) if fresh.is_empty() => {
                self.names.push((name.into(), position));
                Ok(())
            }
            _ => {
                self.names.push((name.into(), self.positions));
                self.members.extend(fresh.into_iter().map(|rule| (rule, self.positions)));
                self.positions += 1;
                Ok(())
            }
        }
    }

    /// The members behind a name that is not necessarily written as under `rules`.
    fn rules_of(&self, name: &str) -> Vec<RuleId> {
        (self.resolve)(name).into_iter().filter(|rule| self.members.iter().any(|(id, _)| id == rule)).collect()
    }
}

/// The names in a condition in the order in which they stand; too deep ones are refused when the condition is compiled.
fn identifiers(expression: &ConditionExpr, names: &mut Vec<String>, depth: usize) {
    match expression {
        _ if depth > 100 => {}
        ConditionExpr::Identifier(name) if !names.contains(name) => names.push(name.clone()),
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            parts.iter().for_each(|part| identifiers(part, names, depth + 1));
        }
        ConditionExpr::Not(part) => identifiers(part, names, depth + 1),
        ConditionExpr::Identifier(_) | ConditionExpr::Selector { .. } => {}
    }
}
