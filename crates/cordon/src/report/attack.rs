//! MITRE ATT&CK: which tactics and techniques a rule's tags name, and how those are called.
//!
//! Rules of before ATT&CK v19 say `defense-evasion`; v19 (28 April 2026) renamed that tactic, TA0005, to Stealth and split off Defense
//! Impairment, TA0112. Both generations of rules meet in one scan, so the old tag counts as Stealth, and a technique that now stands
//! under Defense Impairment is shown there.

use std::sync::LazyLock;

use cordon_model::RuleInfo;

/// A tactic of ATT&CK Enterprise; ordered as the matrix orders its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tactic(u8);

/// Slug in tags, name, id; in the order of the matrix. Source: ATT&CK v19.
const TACTICS: [(&str, &str, &str); 15] = [
    ("reconnaissance", "Reconnaissance", "TA0043"),
    ("resource-development", "Resource Development", "TA0042"),
    ("initial-access", "Initial Access", "TA0001"),
    ("execution", "Execution", "TA0002"),
    ("persistence", "Persistence", "TA0003"),
    ("privilege-escalation", "Privilege Escalation", "TA0004"),
    ("stealth", "Stealth", "TA0005"),
    ("defense-impairment", "Defense Impairment", "TA0112"),
    ("credential-access", "Credential Access", "TA0006"),
    ("discovery", "Discovery", "TA0007"),
    ("lateral-movement", "Lateral Movement", "TA0008"),
    ("collection", "Collection", "TA0009"),
    ("command-and-control", "Command and Control", "TA0011"),
    ("exfiltration", "Exfiltration", "TA0010"),
    ("impact", "Impact", "TA0040"),
];

impl Tactic {
    /// All tactics in the order of the matrix.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..TACTICS.len() as u8).map(Self)
    }

    /// From the part of a tag behind `attack.`: `credential-access`, `credential_access`, `defense-evasion`.
    pub(crate) fn from_slug(slug: &str) -> Option<Self> {
        let slug = slug.to_ascii_lowercase().replace('_', "-");
        let slug = if slug == "defense-evasion" { "stealth" } else { &slug };
        TACTICS.iter().position(|tactic| tactic.0 == slug).map(|index| Self(index as u8))
    }

    /// Place in the matrix, from 0.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// As in a tag: `credential-access`.
    pub(crate) fn slug(self) -> &'static str {
        TACTICS[self.index()].0
    }

    /// As people read it: `Credential Access`.
    pub(crate) fn name(self) -> &'static str {
        TACTICS[self.index()].1
    }

    /// ATT&CK's id: `TA0006`.
    pub(crate) fn id(self) -> &'static str {
        TACTICS[self.index()].2
    }
}

/// What is known of one technique.
#[derive(Debug)]
pub(crate) struct Technique {
    id: &'static str,
    /// Its own name: of T1059.001, `PowerShell`.
    pub(crate) name: &'static str,
    /// Where it stands in the matrix.
    pub(crate) tactics: Vec<Tactic>,
}

static TECHNIQUES: LazyLock<Vec<Technique>> = LazyLock::new(|| {
    let lines = include_str!("../../assets/attack.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut techniques: Vec<Technique> = lines.filter_map(parse_line).collect();
    techniques.sort_by_key(|technique| technique.id);
    techniques
});

fn parse_line(line: &'static str) -> Option<Technique> {
    let mut cells = line.split('\t');
    let (id, name, tactics) = (cells.next()?, cells.next()?, cells.next()?);
    Some(Technique { id, name, tactics: tactics.split(',').filter_map(Tactic::from_slug).collect() })
}

/// Looks a technique up by its id, such as `T1059.001`.
pub(crate) fn technique(id: &str) -> Option<&'static Technique> {
    TECHNIQUES.binary_search_by_key(&id, |technique| technique.id).ok().map(|index| &TECHNIQUES[index])
}

/// The id of the technique that a sub-technique belongs to, when it is one.
pub(crate) fn parent(id: &str) -> Option<&str> {
    id.split_once('.').map(|(parent, _)| parent)
}

/// `Command and Scripting Interpreter: PowerShell`; an unknown id stands for itself.
pub(crate) fn full_name(id: &str) -> String {
    match (parent(id).and_then(technique), technique(id)) {
        (Some(parent), Some(own)) => format!("{}: {}", parent.name, own.name),
        (None, Some(own)) => own.name.to_owned(),
        (Some(parent), None) => format!("{}: {id}", parent.name),
        (None, None) => id.to_owned(),
    }
}

/// The page of a technique; `None` for what does not have the form of an id, since the text comes from a rule.
pub(crate) fn page(id: &str) -> Option<String> {
    let (main, sub) = id.split_once('.').unwrap_or((id, "001"));
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let known = main.strip_prefix('T').is_some_and(|number| digits(number, 4)) && digits(sub, 3);
    known.then(|| format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/")))
}

/// The tactics that a rule names; when it names none, those of its techniques. In the order of the matrix, each once.
pub(crate) fn tactics(rule: &RuleInfo) -> Vec<Tactic> {
    let mut tactics: Vec<Tactic> = tagged(rule).collect();
    if tactics.is_empty() {
        tactics.extend(placements(rule).into_iter().filter_map(|(tactic, _)| tactic));
    }
    tactics.sort_unstable();
    tactics.dedup();
    tactics
}

/// Where each technique of a rule stands in the matrix: under the rule's own tactics when ATT&CK has it there, else where ATT&CK has
/// it, else (unknown id) under the rule's first tactic.
pub(crate) fn placements(rule: &RuleInfo) -> Vec<(Option<Tactic>, String)> {
    let tagged: Vec<Tactic> = tagged(rule).collect();
    let mut placed = Vec::new();
    for id in rule.techniques() {
        let known = technique(&id).map_or(&[][..], |technique| &technique.tactics);
        let before = placed.len();
        placed.extend(known.iter().filter(|tactic| tagged.contains(tactic)).map(|tactic| (Some(*tactic), id.clone())));
        if placed.len() == before {
            placed.push((known.first().or(tagged.first()).copied(), id));
        }
    }
    placed.sort();
    placed.dedup();
    placed
}

fn tagged(rule: &RuleInfo) -> impl Iterator<Item = Tactic> + '_ {
    rule.tags.iter().filter_map(|tag| {
        let (space, slug) = tag.split_once('.')?;
        if space.eq_ignore_ascii_case("attack") { Tactic::from_slug(slug) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(tags: &[&str]) -> RuleInfo {
        RuleInfo { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..RuleInfo::default() }
    }

    #[test]
    fn the_table_is_whole() {
        assert!(TECHNIQUES.len() > 700);
        assert!(TECHNIQUES.iter().all(|technique| !technique.tactics.is_empty() && page(technique.id).is_some()));
        assert!(TECHNIQUES.windows(2).all(|pair| pair[0].id < pair[1].id), "ids are unique");
    }

    #[test]
    fn a_technique_stands_under_the_tactic_that_the_rule_names() {
        let placed = placements(&rule(&["attack.persistence", "attack.t1053.005", "attack.S0002", "car.2013-08-001"]));
        assert_eq!(placed, [(Tactic::from_slug("persistence"), "T1053.005".to_owned())]);
    }

    #[test]
    fn old_and_new_names_of_one_tactic_meet() {
        assert_eq!(Tactic::from_slug("Defense_Evasion"), Tactic::from_slug("stealth"));
        let placed = placements(&rule(&["attack.defense-evasion", "attack.t1562.001"]));
        assert_eq!(placed[0].0.map(Tactic::name), Some("Defense Impairment"));
    }

    #[test]
    fn an_unknown_id_is_shown_by_its_id() {
        assert_eq!(full_name("T9999"), "T9999");
        assert_eq!(full_name("T1059.001"), "Command and Scripting Interpreter: PowerShell");
        assert_eq!(placements(&rule(&["attack.impact", "attack.t9999"]))[0].0.map(Tactic::id), Some("TA0040"));
        assert_eq!(page("T1059.001/../../evil"), None);
    }
}
