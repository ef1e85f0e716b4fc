//! One detection a line as an OCSF Detection Finding (class 2004), for any store that speaks the Open Cybersecurity Schema Framework.
//!
//! Attribute names and values: OCSF schema 1.8.0. `tests/ocsf/` holds the table that the tests check against, and the script that
//! validates against the whole published schema.

use std::io::{self, Write};

use cordon_model::{Detection, Level, RuleInfo, Timestamp};
use serde::Serialize;

use super::{
    attack,
    json::{Correlated, Fields, Matched, matched, write_line},
};

/// The version of the schema that is written.
pub(crate) const SCHEMA_VERSION: &str = "1.8.0";

/// Writes newline-delimited OCSF.
#[derive(Debug)]
pub(crate) struct OcsfWriter<W> {
    out: W,
    line: Vec<u8>,
    created: Timestamp,
}

impl<W: Write> OcsfWriter<W> {
    /// Writes to `out`; `created` is when the scan began, and stands for the time of events that have none.
    pub(crate) fn new(out: W, created: Timestamp) -> Self {
        Self { out, line: Vec::new(), created }
    }

    /// Writes one detection as one line.
    pub(crate) fn write(&mut self, detection: &Detection) -> io::Result<()> {
        write_line(&mut self.out, &mut self.line, &Finding::new(detection, self.created))
    }

    /// Hands everything on to what lies below.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[derive(Serialize)]
struct Finding<'d> {
    activity_id: u8,
    activity_name: &'static str,
    category_uid: u8,
    category_name: &'static str,
    class_uid: u16,
    class_name: &'static str,
    type_uid: u32,
    type_name: &'static str,
    severity_id: u8,
    severity: &'static str,
    status_id: u8,
    status: &'static str,
    is_alert: bool,
    time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    message: String,
    metadata: Metadata<'d>,
    finding_info: FindingInfo<'d>,
    evidences: [Evidence<'d>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Device<'d>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    observables: Vec<Observable<'d>>,
    raw_data: &'d str,
    raw_data_size: usize,
    unmapped: Unmapped<'d>,
}

#[derive(Serialize)]
struct Metadata<'d> {
    version: &'static str,
    product: Product,
    #[serde(skip_serializing_if = "str::is_empty")]
    log_name: &'d str,
    #[serde(skip_serializing_if = "str::is_empty")]
    log_provider: &'d str,
    log_source: &'d str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_event_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_time: Option<String>,
    processed_time: i64,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct FindingInfo<'d> {
    uid: String,
    title: &'d str,
    #[serde(skip_serializing_if = "str::is_empty")]
    desc: &'d str,
    analytic: Analytic<'d>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_analytics: Vec<Analytic<'d>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attacks: Vec<Attack>,
    created_time: i64,
    first_seen_time: i64,
    last_seen_time: i64,
    data_sources: [&'d str; 1],
}

#[derive(Serialize)]
struct Analytic<'d> {
    name: &'d str,
    uid: &'d str,
    #[serde(rename = "type")]
    kind: &'static str,
    type_id: u8,
}

#[derive(Serialize)]
struct Attack {
    #[serde(skip_serializing_if = "Option::is_none")]
    tactic: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    technique: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_technique: Option<Named>,
}

#[derive(Serialize)]
struct Named {
    name: String,
    uid: String,
}

#[derive(Serialize)]
struct Evidence<'d> {
    data: Data<'d>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<Process<'d>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User<'d>>,
}

#[derive(Serialize)]
struct Data<'d> {
    matched: Vec<Matched<'d>>,
    fields: Fields<'d>,
}

#[derive(Serialize)]
struct Process<'d> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmd_line: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<File<'d>>,
}

#[derive(Serialize)]
struct File<'d> {
    name: &'d str,
    path: &'d str,
    type_id: u8,
}

#[derive(Serialize)]
struct User<'d> {
    name: &'d str,
}

#[derive(Serialize)]
struct Device<'d> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<&'d str>,
    name: &'d str,
    type_id: u8,
}

#[derive(Serialize)]
struct Observable<'d> {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    type_id: u8,
    value: &'d str,
}

#[derive(Serialize)]
struct Unmapped<'d> {
    offset: u64,
    rule: UnmappedRule<'d>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<Correlated<'d>>,
}

#[derive(Serialize)]
struct UnmappedRule<'d> {
    file: &'d str,
    line: u32,
    level: &'static str,
    author: &'d str,
    tags: &'d [String],
    references: &'d [String],
    false_positives: &'d [String],
}

impl<'d> Finding<'d> {
    fn new(detection: &'d Detection, created: Timestamp) -> Self {
        let rule = &*detection.rule;
        let (severity_id, severity) = severity(rule.level);
        let correlation = detection.correlation.as_ref();
        let time = millis(detection.time.unwrap_or(created));
        let first = correlation.map(|correlation| millis(correlation.first));
        let host = detection.host.as_str();
        Self {
            activity_id: 1,
            activity_name: "Create",
            category_uid: 2,
            category_name: "Findings",
            class_uid: 2004,
            class_name: "Detection Finding",
            type_uid: 200_401,
            type_name: "Detection Finding: Create",
            severity_id,
            severity,
            status_id: 1,
            status: "New",
            is_alert: rule.level >= Level::High,
            time,
            start_time: first,
            end_time: first.map(|_| time),
            message: if host.is_empty() { rule.title.clone() } else { format!("{} on {host}", rule.title) },
            metadata: Metadata {
                version: SCHEMA_VERSION,
                product: Product { name: "Cordon", vendor_name: "Cordon", version: env!("CARGO_PKG_VERSION") },
                log_name: &detection.channel,
                log_provider: &detection.provider,
                log_source: &detection.source,
                event_code: detection.event_id.map(|id| id.to_string()),
                original_event_uid: detection.record_id.map(|id| id.to_string()),
                original_time: detection.time.map(|time| time.to_string()),
                processed_time: millis(created),
            },
            finding_info: FindingInfo {
                uid: format!("{}:{}:{}", rule.id, detection.source, detection.offset),
                title: &rule.title,
                desc: &rule.description,
                analytic: analytic(rule),
                related_analytics: correlation
                    .map_or(Vec::new(), |correlation| correlation.rules.iter().map(|(rule, _)| analytic(rule)).collect()),
                attacks: attacks(rule),
                created_time: millis(created),
                first_seen_time: first.unwrap_or(time),
                last_seen_time: time,
                data_sources: [if detection.channel.is_empty() { &detection.source } else { &detection.channel }],
            },
            evidences: [evidence(detection)],
            device: (!host.is_empty()).then(|| Device { hostname: hostname(host), name: host, type_id: 0 }),
            observables: hostname(host)
                .map(|value| Observable { name: "device.hostname", kind: "Hostname", type_id: 1, value })
                .into_iter()
                .collect(),
            raw_data: &detection.raw,
            raw_data_size: detection.raw.len(),
            unmapped: Unmapped {
                offset: detection.offset,
                rule: UnmappedRule {
                    file: &rule.file,
                    line: rule.line,
                    level: rule.level.as_str(),
                    author: &rule.author,
                    tags: &rule.tags,
                    references: &rule.references,
                    false_positives: &rule.false_positives,
                },
                correlation: correlation.map(Correlated::from),
            },
        }
    }
}

fn severity(level: Level) -> (u8, &'static str) {
    match level {
        Level::Informational => (1, "Informational"),
        Level::Low => (2, "Low"),
        Level::Medium => (3, "Medium"),
        Level::High => (4, "High"),
        Level::Critical => (5, "Critical"),
    }
}

fn analytic(rule: &RuleInfo) -> Analytic<'_> {
    Analytic { name: &rule.title, uid: &rule.id, kind: "Rule", type_id: 1 }
}

/// One entry per technique and tactic; tactics without a technique by themselves.
fn attacks(rule: &RuleInfo) -> Vec<Attack> {
    let tactic = |tactic: attack::Tactic| Named { name: tactic.name().to_owned(), uid: tactic.id().to_owned() };
    let named = |id: &str| Named { name: attack::technique(id).map_or(id, |known| known.name).to_owned(), uid: id.to_owned() };
    let placed = attack::placements(rule);
    let bare = attack::tactics(rule).into_iter().filter(|tactic| !placed.iter().any(|(place, _)| *place == Some(*tactic)));
    let bare = bare.map(|bare| Attack { tactic: Some(tactic(bare)), technique: None, sub_technique: None });
    let with_technique = placed.iter().map(|(place, id)| Attack {
        tactic: place.map(tactic),
        technique: Some(named(attack::parent(id).unwrap_or(id))),
        sub_technique: attack::parent(id).map(|_| named(id)),
    });
    with_technique.chain(bare).collect()
}

fn evidence(detection: &Detection) -> Evidence<'_> {
    let field = |name: &str| {
        let found = detection.fields.iter().find(|(field, value)| field == name && !value.is_empty() && value != "-");
        found.map(|(_, value)| value.as_str())
    };
    let path = field("Image").or_else(|| field("NewProcessName"));
    let name = path.map(|path| path.rsplit(['\\', '/']).next().unwrap_or(path));
    let cmd_line = field("CommandLine");
    let pid = field("ProcessId").or_else(|| field("NewProcessId")).and_then(process_number);
    let uid = field("ProcessGuid");
    let file = path.zip(name).map(|(path, name)| File { name, path, type_id: 1 });
    // The schema wants a process to be told apart from others: by number or by unique id.
    let process = (pid.is_some() || uid.is_some()).then_some(Process { name, pid, uid, cmd_line, file });
    let user = field("User").or_else(|| field("SubjectUserName")).or_else(|| field("TargetUserName"));
    Evidence {
        data: Data { matched: matched(&detection.matched), fields: Fields(&detection.fields) },
        process,
        user: user.map(|name| User { name }),
    }
}

/// Process ids are decimal in Sysmon's records and hexadecimal in Windows's own.
fn process_number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The host's name when it has the form of one (RFC 1123, and the underscore that Windows allows).
fn hostname(host: &str) -> Option<&str> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    (host.len() <= 253 && host.split('.').all(is_label)).then_some(host)
}

fn millis(time: Timestamp) -> i64 {
    time.0.div_euclid(1000)
}

#[cfg(test)]
mod tests;
