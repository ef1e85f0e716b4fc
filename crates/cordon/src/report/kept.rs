//! The detections that are kept whole, inside a bound on memory.
//!
//! Of each rule on each host the first few and the latest are kept. When that does not fit, less is kept of the least serious level
//! first, one step of [`LADDER`] at a time; what was counted is never lost, only its details.

use std::{collections::BTreeMap, mem::size_of};

use cordon_model::{Detection, Level};

use super::text;

/// How much is kept of a level; each step keeps less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Keep {
    /// The first few and the latest of each rule on each host.
    Several,
    /// The first of each rule on each host.
    OnePerHost,
    /// The first of each rule.
    OnePerRule,
    /// What is there; nothing new.
    NoMore,
    /// Nothing.
    Nothing,
}

/// What gives way, in this order: copies before the only sample, and always the least serious level first.
const LADDER: [(Level, Keep); 15] = [
    (Level::Informational, Keep::OnePerHost),
    (Level::Informational, Keep::OnePerRule),
    (Level::Low, Keep::OnePerHost),
    (Level::Low, Keep::OnePerRule),
    (Level::Medium, Keep::OnePerHost),
    (Level::Medium, Keep::OnePerRule),
    (Level::High, Keep::OnePerHost),
    (Level::High, Keep::OnePerRule),
    (Level::Critical, Keep::OnePerHost),
    (Level::Critical, Keep::OnePerRule),
    (Level::Informational, Keep::Nothing),
    (Level::Low, Keep::Nothing),
    (Level::Medium, Keep::Nothing),
    (Level::High, Keep::NoMore),
    (Level::Critical, Keep::NoMore),
];

/// Bounds on what is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepLimits {
    /// Memory for kept detections, in bytes.
    pub(crate) bytes: usize,
    /// How many of the first detections of a rule on a host are kept; the latest is kept besides.
    pub(crate) first: usize,
    /// Longer field values are cut.
    pub(crate) value_bytes: usize,
    /// Longer records are cut.
    pub(crate) raw_bytes: usize,
    /// Further fields of a record are left out.
    pub(crate) fields: usize,
}

impl Default for KeepLimits {
    fn default() -> Self {
        Self { bytes: 64 << 20, first: 4, value_bytes: 8 << 10, raw_bytes: 32 << 10, fields: 200 }
    }
}

/// A rule and a host, by their places in [`Findings`](super::Findings).
pub(crate) type Place = (u32, u32);

#[derive(Debug)]
struct Group {
    first: Vec<Detection>,
    latest: Option<Box<Detection>>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Kept {
    limits: KeepLimits,
    groups: [BTreeMap<Place, Group>; 5],
    keep: [Keep; 5],
    step: usize,
    bytes: usize,
    was_cut: bool,
}

impl Kept {
    /// Keeps nothing yet.
    pub(crate) fn new(limits: KeepLimits) -> Self {
        Self { limits, groups: Default::default(), keep: [Keep::Several; 5], step: 0, bytes: 0, was_cut: false }
    }

    /// Keeps `detection` if its level, rule and host still have room.
    pub(crate) fn add(&mut self, place: Place, mut detection: Detection) {
        let level = detection.rule.level as usize;
        let groups = &self.groups[level];
        let (wanted, replaces) = match (self.keep[level], groups.get(&place)) {
            (Keep::Several, Some(group)) => (true, group.first.len() >= self.limits.first.max(1)),
            (Keep::Several, None) => (true, false),
            (Keep::OnePerHost, group) => (group.is_none(), false),
            (Keep::OnePerRule, _) => (groups.range((place.0, 0)..=(place.0, u32::MAX)).next().is_none(), false),
            (Keep::NoMore | Keep::Nothing, _) => (false, false),
        };
        if !wanted {
            return;
        }
        let KeepLimits { value_bytes, raw_bytes, fields, .. } = self.limits;
        self.was_cut |= text::cut_detection(&mut detection, value_bytes, raw_bytes, fields);
        self.bytes += weight(&detection);
        let group = self.groups[level].entry(place).or_insert(Group { first: Vec::new(), latest: None });
        if replaces {
            if let Some(old) = group.latest.replace(Box::new(detection)) {
                self.bytes -= weight(&old);
            }
        } else {
            group.first.push(detection);
        }
        while self.bytes > self.limits.bytes && self.step < LADDER.len() {
            self.give_way();
        }
    }

    /// The kept detections of one rule, by host, in the order in which they came.
    pub(crate) fn of_rule(&self, level: Level, rule: u32) -> impl Iterator<Item = (u32, &Detection)> {
        self.groups[level as usize].range((rule, 0)..=(rule, u32::MAX)).flat_map(|((_, host), group)| {
            let latest = group.latest.as_deref();
            group.first.iter().chain(latest).map(|detection| (*host, detection))
        })
    }

    /// Levels of which less was kept than of the others, because memory ran short.
    pub(crate) fn squeezed(&self) -> impl Iterator<Item = Level> {
        Level::DESCENDING.into_iter().filter(|level| self.keep[*level as usize] > Keep::Several)
    }

    /// Whether any kept text was cut.
    pub(crate) fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// How many detections are kept.
    pub(crate) fn len(&self) -> u64 {
        let groups = self.groups.iter().flat_map(BTreeMap::values);
        groups.map(|group| group.first.len() as u64 + u64::from(group.latest.is_some())).sum()
    }

    /// The bounds that hold.
    pub(crate) fn limits(&self) -> &KeepLimits {
        &self.limits
    }

    fn give_way(&mut self) {
        let (level, keep) = LADDER[self.step];
        self.step += 1;
        self.keep[level as usize] = keep;
        let groups = &mut self.groups[level as usize];
        let mut freed = 0;
        let mut seen = None;
        groups.retain(|(rule, _), group| {
            let stays = match keep {
                Keep::Several | Keep::NoMore => return true,
                Keep::OnePerHost => 1,
                Keep::OnePerRule => usize::from(seen != Some(*rule)),
                Keep::Nothing => 0,
            };
            seen = Some(*rule);
            freed += group.latest.take().map_or(0, |detection| weight(&detection));
            freed += group.first.drain(stays.min(group.first.len())..).map(|detection| weight(&detection)).sum::<usize>();
            stays > 0
        });
        self.bytes -= freed;
    }
}

/// Memory that a detection takes, near enough.
fn weight(detection: &Detection) -> usize {
    const PER_TEXT: usize = size_of::<String>() + 16;
    let pairs =
        |pairs: &[(String, String)]| -> usize { pairs.iter().map(|(name, value)| name.len() + value.len() + 2 * PER_TEXT).sum() };
    let matched: usize = detection
        .matched
        .iter()
        .map(|part| part.field.len() + part.value.len() + 2 * PER_TEXT + part.ranges.len() * 16 + 24)
        .sum();
    let correlation = detection.correlation.as_ref().map_or(0, |parts| pairs(&parts.group) + parts.rules.len() * 24);
    let texts = detection.host.len() + detection.channel.len() + detection.provider.len() + detection.raw.len() + 4 * 16;
    size_of::<Detection>() + texts + matched + pairs(&detection.fields) + correlation
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cordon_model::{Match, RuleInfo};

    use super::*;

    fn detection(level: Level, raw: usize, number: u64) -> Detection {
        Detection {
            rule: Arc::new(RuleInfo { level, ..RuleInfo::default() }),
            time: None,
            host: String::new(),
            source: "a".into(),
            offset: number,
            record_id: None,
            channel: String::new(),
            provider: String::new(),
            event_id: None,
            matched: vec![Match { field: "a".into(), value: "b".repeat(raw), ranges: vec![(0, 1), (0, raw)] }],
            fields: vec![],
            raw: "r".repeat(raw),
            correlation: None,
        }
    }

    #[test]
    fn the_first_few_and_the_latest_are_kept() {
        let mut kept = Kept::new(KeepLimits { first: 2, ..KeepLimits::default() });
        (0..9).for_each(|number| kept.add((0, 0), detection(Level::Low, 10, number)));
        let offsets: Vec<u64> = kept.of_rule(Level::Low, 0).map(|(_, detection)| detection.offset).collect();
        assert_eq!(offsets, [0, 1, 8]);
    }

    #[test]
    fn memory_stays_bounded_and_the_worst_stay_longest() {
        let mut kept = Kept::new(KeepLimits { bytes: 200_000, ..KeepLimits::default() });
        for number in 0..400 {
            for level in Level::DESCENDING {
                kept.add((number % 20, number), detection(level, 500, u64::from(number)));
            }
            assert!(kept.bytes <= 210_000, "{}", kept.bytes);
        }
        let held = |level| (0..20).filter(|rule| kept.of_rule(level, *rule).next().is_some()).count();
        assert_eq!(held(Level::Critical), 20);
        assert!(kept.squeezed().next().is_some());
        let mut full = Kept::new(KeepLimits { bytes: 50_000, ..KeepLimits::default() });
        (0..5000).for_each(|rule| full.add((rule, 0), detection(Level::Critical, 500, 0)));
        assert!(full.bytes <= 55_000 && full.len() > 20, "{}", full.bytes);
    }

    #[test]
    fn a_long_value_is_cut_with_a_note_and_its_ranges_stay_inside() {
        let mut kept = Kept::new(KeepLimits::default());
        kept.add((0, 0), detection(Level::High, 1_000_000, 0));
        let (_, detection) = kept.of_rule(Level::High, 0).next().unwrap();
        assert!(kept.was_cut() && detection.raw.len() < 40_000 && detection.raw.ends_with("[cut here: 1,000,000 bytes in all]"));
        assert_eq!(detection.matched[0].ranges, [(0, 1)]);
    }
}
