//! Worst first: the order in which a person should look at rules and hosts.
//!
//! **Rules** are ordered by level; inside a level by *interest*, `(1 + log2(hosts)) / (1 + log10(detections / hosts))`: what is spread over
//! many hosts comes first, and what fires all day on one host, which is mostly noise, comes last; then by first time.
//!
//! **Hosts** are ordered by their worst level; inside that by *score*: each rule that matched there adds the points of its level once
//! (critical 100, high 30, medium 8, low 2), whatever the number of detections, and each tactic adds 10, because an attack
//! walks through tactics while noise stays in one.

use std::cmp::Reverse;

use cordon_model::{Level, Timestamp};

use super::{
    attack,
    collect::{Findings, HostFindings, RuleFindings},
    histogram,
};

/// A host with what its rank rests on.
#[derive(Debug)]
pub(crate) struct RankedHost<'f> {
    /// Its place in [`Findings::hosts`].
    pub(crate) place: u32,
    /// What was counted.
    pub(crate) host: &'f HostFindings,
    /// See the module's documentation.
    pub(crate) score: u64,
    /// Rules that matched there.
    pub(crate) rules: u64,
    /// Tactics of those rules, in the order of the matrix.
    pub(crate) tactics: Vec<attack::Tactic>,
    /// The worst level of those rules.
    pub(crate) worst: Level,
}

/// A rule with its place in [`Findings::rules`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct RankedRule<'f> {
    /// Its place.
    pub(crate) place: u32,
    /// What was counted.
    pub(crate) rule: &'f RuleFindings,
}

/// The rules that matched, worst first.
pub(crate) fn rules(findings: &Findings) -> Vec<RankedRule<'_>> {
    let numbered = findings.rules().iter().enumerate();
    let mut ranked: Vec<RankedRule<'_>> = numbered.map(|(place, rule)| RankedRule { place: place as u32, rule }).collect();
    ranked.sort_by(|left, right| {
        let key = |ranked: &RankedRule<'_>| (Reverse(ranked.rule.info.level), Reverse(interest(ranked.rule)), first(ranked.rule));
        key(left).cmp(&key(right)).then_with(|| left.rule.info.title.cmp(&right.rule.info.title))
    });
    ranked
}

/// The hosts on which rules matched, worst first.
pub(crate) fn hosts(findings: &Findings) -> Vec<RankedHost<'_>> {
    let numbered = findings.hosts().iter().enumerate();
    let mut ranked: Vec<RankedHost<'_>> = numbered
        .map(|(place, host)| RankedHost {
            place: place as u32,
            host,
            score: 0,
            rules: 0,
            tactics: Vec::new(),
            worst: histogram::worst(&host.levels).unwrap_or_default(),
        })
        .collect();
    for rule in findings.rules() {
        let tactics = attack::tactics(&rule.info);
        for place in rule.hosts.keys() {
            let host = &mut ranked[*place as usize];
            host.rules += 1;
            host.score += points(rule.info.level);
            host.tactics.extend(tactics.iter().filter(|tactic| !host.tactics.contains(tactic)).copied().collect::<Vec<_>>());
        }
    }
    for host in &mut ranked {
        host.tactics.sort_unstable();
        host.score += 10 * host.tactics.len() as u64;
    }
    ranked.sort_by(|left, right| {
        let key = |host: &RankedHost<'_>| (Reverse(host.worst), Reverse(host.score), Reverse(host.host.tally.count));
        key(left).cmp(&key(right)).then_with(|| left.host.name.cmp(&right.host.name))
    });
    ranked
}

fn points(level: Level) -> u64 {
    match level {
        Level::Critical => 100,
        Level::High => 30,
        Level::Medium => 8,
        Level::Low => 2,
        Level::Informational => 0,
    }
}

/// Interest in thousandths, so that it can be ordered.
fn interest(rule: &RuleFindings) -> u64 {
    let hosts = rule.hosts.len().max(1) as f64;
    let per_host = rule.tally.count.max(1) as f64 / hosts;
    (1000.0 * (1.0 + hosts.log2()) / (1.0 + per_host.max(1.0).log10())) as u64
}

fn first(rule: &RuleFindings) -> Timestamp {
    rule.tally.span.map_or(Timestamp(i64::MAX), |(first, _)| first)
}
