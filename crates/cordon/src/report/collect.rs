//! Everything found in a scan, in bounded memory: exact counts of it all, and the detections that matter most in full.
//!
//! Fed by [`Findings::add`] in any order; read by the summary, the report and the Navigator layer through [`rank`](super::rank).

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use cordon_model::{Detection, Level, RuleInfo, Timestamp};

use super::{
    attack,
    histogram::{Counts, Histogram},
    kept::{KeepLimits, Kept},
};

/// Bounds on what is remembered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Of detections kept in full.
    pub(crate) keep: KeepLimits,
    /// Hosts told apart; detections on further ones are counted together.
    pub(crate) hosts: usize,
    /// Pairs of rule and host counted apart.
    pub(crate) cells: usize,
    /// Logs told apart.
    pub(crate) sources: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { keep: KeepLimits::default(), hosts: 10_000, cells: 200_000, sources: 10_000 }
    }
}

/// How often, from when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    /// Detections.
    pub(crate) count: u64,
    /// Time of the earliest and of the latest that has one.
    pub(crate) span: Option<(Timestamp, Timestamp)>,
}

impl Tally {
    pub(crate) fn add(&mut self, time: Option<Timestamp>) {
        self.count += 1;
        if let Some(time) = time {
            self.span = Some(self.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
        }
    }
}

/// One rule that matched.
#[derive(Debug)]
pub(crate) struct RuleFindings {
    /// The rule.
    pub(crate) info: Arc<RuleInfo>,
    /// Over all hosts.
    pub(crate) tally: Tally,
    /// By host; a host is named by its place in [`Findings::hosts`].
    pub(crate) hosts: BTreeMap<u32, Tally>,
    /// Whether it matched on hosts that are not told apart, because there were too many.
    pub(crate) elsewhere: bool,
}

/// One host on which rules matched.
#[derive(Debug)]
pub(crate) struct HostFindings {
    /// As first seen; empty when the records do not say.
    pub(crate) name: String,
    /// Over all rules.
    pub(crate) tally: Tally,
    /// Detections by level, least serious first.
    pub(crate) levels: Counts,
    /// Detections over time; coarse.
    pub(crate) timeline: Histogram,
}

/// Hosts that have a timeline of their own; later ones have none, to bound memory.
const HOSTS_WITH_TIMELINE: usize = 1000;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Findings {
    limits: Limits,
    rules: Vec<RuleFindings>,
    /// By the address of the rule, which cannot be reused since `rules` holds it.
    by_address: HashMap<usize, u32>,
    by_name: HashMap<(String, String), u32>,
    hosts: Vec<HostFindings>,
    by_host: HashMap<Box<str>, u32>,
    cells: usize,
    other_hosts: u64,
    sources: BTreeMap<Arc<str>, u64>,
    other_sources: u64,
    levels: Counts,
    tally: Tally,
    timeless: u64,
    timeline: Histogram,
    kept: Kept,
}

impl Default for Findings {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Findings {
    /// Nothing found yet.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            rules: Vec::new(),
            by_address: HashMap::new(),
            by_name: HashMap::new(),
            hosts: Vec::new(),
            by_host: HashMap::new(),
            cells: 0,
            other_hosts: 0,
            sources: BTreeMap::new(),
            other_sources: 0,
            levels: Counts::default(),
            tally: Tally::default(),
            timeless: 0,
            timeline: Histogram::new(4096),
            kept: Kept::new(limits.keep),
        }
    }

    /// Counts a detection, and keeps it whole when it is among those that matter most.
    pub(crate) fn add(&mut self, detection: Detection) {
        let level = detection.rule.level;
        self.levels[level as usize] += 1;
        self.tally.add(detection.time);
        match detection.time {
            Some(time) => self.timeline.add(time, level),
            None => self.timeless += 1,
        }
        self.add_source(&detection.source);
        let rule = self.rule_place(&detection.rule);
        let host = self.host_place(&detection.host);
        let found = &mut self.rules[rule as usize];
        found.tally.add(detection.time);
        let Some(host) = host else {
            self.other_hosts += 1;
            found.elsewhere = true;
            self.kept.add((rule, u32::MAX), detection);
            return;
        };
        if let Some(cell) = found.hosts.get_mut(&host) {
            cell.add(detection.time);
        } else if self.cells < self.limits.cells {
            self.cells += 1;
            found.hosts.entry(host).or_default().add(detection.time);
        } else {
            found.elsewhere = true;
        }
        let place = &mut self.hosts[host as usize];
        place.levels[level as usize] += 1;
        place.tally.add(detection.time);
        if let Some(time) = detection.time.filter(|_| (host as usize) < HOSTS_WITH_TIMELINE) {
            place.timeline.add(time, level);
        }
        self.kept.add((rule, host), detection);
    }

    fn rule_place(&mut self, rule: &Arc<RuleInfo>) -> u32 {
        let address = Arc::as_ptr(rule) as usize;
        if let Some(place) = self.by_address.get(&address) {
            return *place;
        }
        let name = (rule.id.clone(), rule.title.clone());
        if let Some(place) = self.by_name.get(&name) {
            return *place;
        }
        let place = self.rules.len() as u32;
        let info = Arc::clone(rule);
        self.rules.push(RuleFindings { info, tally: Tally::default(), hosts: BTreeMap::new(), elsewhere: false });
        self.by_address.insert(address, place);
        self.by_name.insert(name, place);
        place
    }

    /// Host names differ in case between logs of one machine; they are one host.
    fn host_place(&mut self, name: &str) -> Option<u32> {
        let name = super::text::head(name, 255);
        let key = name.to_ascii_lowercase();
        if let Some(place) = self.by_host.get(key.as_str()) {
            return Some(*place);
        }
        if self.hosts.len() >= self.limits.hosts {
            return None;
        }
        let place = self.hosts.len() as u32;
        self.by_host.insert(key.into(), place);
        self.hosts.push(HostFindings {
            name: name.to_owned(),
            tally: Tally::default(),
            levels: Counts::default(),
            timeline: Histogram::new(128),
        });
        Some(place)
    }

    fn add_source(&mut self, source: &Arc<str>) {
        if let Some(count) = self.sources.get_mut(source) {
            *count += 1;
        } else if self.sources.len() < self.limits.sources {
            self.sources.insert(Arc::clone(source), 1);
        } else {
            self.other_sources += 1;
        }
    }

    /// How many detections there were.
    pub(crate) fn total(&self) -> u64 {
        self.tally.count
    }

    /// Time of the earliest and of the latest detection that has one.
    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.tally.span
    }

    /// Detections by level, least serious first.
    pub(crate) fn levels(&self) -> &Counts {
        &self.levels
    }

    /// The most serious level of all; `None` when nothing was found.
    pub(crate) fn worst(&self) -> Option<Level> {
        super::histogram::worst(&self.levels)
    }

    /// Detections without a time, which no timeline shows.
    pub(crate) fn timeless(&self) -> u64 {
        self.timeless
    }

    /// Detections over time.
    pub(crate) fn timeline(&self) -> &Histogram {
        &self.timeline
    }

    /// The rules that matched, in the order in which they first did.
    pub(crate) fn rules(&self) -> &[RuleFindings] {
        &self.rules
    }

    /// The hosts that are told apart, in the order in which they were first seen.
    pub(crate) fn hosts(&self) -> &[HostFindings] {
        &self.hosts
    }

    /// Detections on hosts that are not told apart, because there were too many hosts.
    pub(crate) fn on_other_hosts(&self) -> u64 {
        self.other_hosts
    }

    /// The logs in which rules matched, with the number of detections, and the detections in logs that are not told apart.
    pub(crate) fn sources(&self) -> (&BTreeMap<Arc<str>, u64>, u64) {
        (&self.sources, self.other_sources)
    }

    /// Detections per tactic, in the order of the matrix. A rule with two tactics counts for both.
    pub(crate) fn tactics(&self) -> Vec<(attack::Tactic, Joint)> {
        let mut found: BTreeMap<attack::Tactic, Joint> = BTreeMap::new();
        for rule in &self.rules {
            for tactic in attack::tactics(&rule.info) {
                found.entry(tactic).or_default().add(rule);
            }
        }
        found.into_iter().collect()
    }

    /// Detections per technique and the tactic under which it stands; `None`: no tactic is known.
    pub(crate) fn techniques(&self) -> BTreeMap<(Option<attack::Tactic>, String), Joint> {
        let mut found: BTreeMap<_, Joint> = BTreeMap::new();
        for rule in &self.rules {
            for placement in attack::placements(&rule.info) {
                found.entry(placement).or_default().add(rule);
            }
        }
        found
    }

    /// The detections kept in full.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }
}

/// What several rules found together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Joint {
    /// Detections.
    pub(crate) count: u64,
    /// Rules.
    pub(crate) rules: u64,
    /// The worst of their levels.
    pub(crate) worst: Level,
}

impl Joint {
    fn add(&mut self, rule: &RuleFindings) {
        self.count += rule.tally.count;
        self.rules += 1;
        self.worst = self.worst.max(rule.info.level);
    }
}
