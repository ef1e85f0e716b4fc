//! A rule matched: what every report, console and incident starts from.

use std::sync::Arc;

use crate::{Level, Timestamp};

/// What a reader of a detection needs to know of its rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleInfo {
    /// The rule's id (a UUID in published rules); its name or title when it has none.
    pub id: String,
    /// One line that says what was seen.
    pub title: String,
    /// How serious the author takes a match to be.
    pub level: Level,
    /// As written, such as `attack.execution` and `attack.t1059.001`.
    pub tags: Vec<String>,
    /// What the rule looks for and why.
    pub description: String,
    /// Who wrote it.
    pub author: String,
    /// Where to read more.
    pub references: Vec<String>,
    /// What else can cause a match.
    pub false_positives: Vec<String>,
    /// The file that the rule was read from, with the line on which it starts (1-based).
    pub file: String,
    /// See [`RuleInfo::file`].
    pub line: u32,
}

impl RuleInfo {
    /// ATT&CK techniques among the tags, such as `T1059.001`, in the order in which they are given.
    pub fn techniques(&self) -> impl Iterator<Item = String> + '_ {
        self.tags.iter().filter_map(|tag| {
            let name = tag.get(..7).filter(|prefix| prefix.eq_ignore_ascii_case("attack.")).map(|_| &tag[7..])?;
            let number = name.strip_prefix(['t', 'T'])?;
            let is_number = number.starts_with(|first: char| first.is_ascii_digit());
            is_number.then(|| format!("T{number}"))
        })
    }
}

/// A rule matched an event, or a correlation of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The rule that matched.
    pub rule: Arc<RuleInfo>,
    /// When the event happened; of a correlation, when it was completed.
    pub time: Option<Timestamp>,
    /// The host that the event speaks of; empty when the record does not say.
    pub host: String,
    /// The log that it was read from, as the user would name it (`a.zip/b.evtx` for a member of an archive).
    pub source: Arc<str>,
    /// Where the record starts in that log, in bytes after unpacking.
    pub offset: u64,
    /// The record's own number.
    pub record_id: Option<u64>,
    /// Windows: the channel. Empty elsewhere.
    pub channel: String,
    /// The provider or program.
    pub provider: String,
    /// Windows event id.
    pub event_id: Option<u32>,
    /// What made the rule match, in the rule's order.
    pub matched: Vec<Match>,
    /// All fields of the event in the order in which they stand, as text.
    pub fields: Vec<(String, String)>,
    /// The record as it stands in the log, or rendered as JSON when the log is binary.
    pub raw: String,
    /// Set when the rule is a correlation; the fields above then speak of the event that completed it.
    pub correlation: Option<Correlation>,
}

/// One field value that made a rule match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The field's name in the record; empty for a keyword, which may stand anywhere. Where the rule sees a rewritten or
    /// composed value, the rule's name for it.
    pub field: String,
    /// The text of the field, as the rule sees it.
    pub value: String,
    /// Byte ranges of `value` that the rule's patterns cover; empty when the whole value is meant.
    pub ranges: Vec<(usize, usize)>,
}

/// What a correlation rule brought together.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    /// The field values that the events have in common.
    pub group: Vec<(String, String)>,
    /// When the first of the events happened.
    pub first: Timestamp,
    /// What was counted or computed.
    pub value: f64,
    /// The rules whose matches were brought together, and how often each matched inside the window.
    pub rules: Vec<(Arc<RuleInfo>, u64)>,
}
