//! One detection a line, as JSON; the names are documented in `docs/report.md` and stay.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use cordon_model::{Correlation, Detection, Match};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{attack, text};

/// Writes newline-delimited JSON.
#[derive(Debug)]
pub(crate) struct JsonWriter<W> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> JsonWriter<W> {
    /// Writes to `out`, a line at a time.
    pub(crate) fn new(out: W) -> Self {
        Self { out, line: Vec::new() }
    }

    /// Writes one detection as one line.
    pub(crate) fn write(&mut self, detection: &Detection) -> io::Result<()> {
        write_line(&mut self.out, &mut self.line, &Record::from(detection))
    }

    /// Hands everything on to what lies below.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Serialises `record` into `line` and writes it whole, so that a line is never interrupted by another thread's.
pub(super) fn write_line(out: &mut impl Write, line: &mut Vec<u8>, record: &impl Serialize) -> io::Result<()> {
    line.clear();
    record.serialize(&mut serde_json::Serializer::with_formatter(&mut *line, SafeFormatter))?;
    line.push(b'\n');
    out.write_all(line)
}

#[derive(Serialize)]
struct Record<'d> {
    time: Option<String>,
    level: &'static str,
    title: &'d str,
    host: &'d str,
    rule: Rule<'d>,
    tactics: Vec<&'static str>,
    techniques: Vec<String>,
    channel: &'d str,
    provider: &'d str,
    event_id: Option<u32>,
    record_id: Option<u64>,
    source: &'d str,
    offset: u64,
    matched: Vec<Matched<'d>>,
    fields: Fields<'d>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<Correlated<'d>>,
    raw: &'d str,
}

#[derive(Serialize)]
struct Rule<'d> {
    id: &'d str,
    file: &'d str,
    line: u32,
    tags: &'d [String],
}

/// A matched field.
#[derive(Serialize)]
pub(super) struct Matched<'d> {
    field: &'d str,
    value: &'d str,
    ranges: &'d [(usize, usize)],
}

/// The parts of a correlation.
#[derive(Serialize)]
pub(super) struct Correlated<'d> {
    group: Fields<'d>,
    first: String,
    value: f64,
    rules: Vec<Part<'d>>,
}

#[derive(Serialize)]
struct Part<'d> {
    id: &'d str,
    title: &'d str,
    count: u64,
}

impl<'d> From<&'d Detection> for Record<'d> {
    fn from(detection: &'d Detection) -> Self {
        let rule = &*detection.rule;
        Self {
            time: detection.time.map(|time| time.to_string()),
            level: rule.level.as_str(),
            title: &rule.title,
            host: &detection.host,
            rule: Rule { id: &rule.id, file: &rule.file, line: rule.line, tags: &rule.tags },
            tactics: attack::tactics(rule).into_iter().map(attack::Tactic::slug).collect(),
            techniques: rule.techniques().collect(),
            channel: &detection.channel,
            provider: &detection.provider,
            event_id: detection.event_id,
            record_id: detection.record_id,
            source: &detection.source,
            offset: detection.offset,
            matched: matched(&detection.matched),
            fields: Fields(&detection.fields),
            correlation: detection.correlation.as_ref().map(Correlated::from),
            raw: &detection.raw,
        }
    }
}

/// The matched fields in the rule's order.
pub(super) fn matched(matches: &[Match]) -> Vec<Matched<'_>> {
    matches.iter().map(|part| Matched { field: &part.field, value: &part.value, ranges: &part.ranges }).collect()
}

impl<'d> From<&'d Correlation> for Correlated<'d> {
    fn from(correlation: &'d Correlation) -> Self {
        let part = |(rule, count): &'d (std::sync::Arc<cordon_model::RuleInfo>, u64)| Part {
            id: &rule.id,
            title: &rule.title,
            count: *count,
        };
        Self {
            group: Fields(&correlation.group),
            first: correlation.first.to_string(),
            value: correlation.value,
            rules: correlation.rules.iter().map(part).collect(),
        }
    }
}

/// Fields as an object; a name that stands more than once holds an array of its values, since JSON readers keep only one of two
/// equal keys.
pub(super) struct Fields<'d>(pub(super) &'d [(String, String)]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(self.0.len());
        let mut fields: Vec<(&str, Vec<&str>)> = Vec::with_capacity(self.0.len());
        for (name, value) in self.0 {
            let place = *places.entry(name).or_insert(fields.len());
            match fields.get_mut(place) {
                Some((_, values)) => values.push(value),
                None => fields.push((name, vec![value])),
            }
        }
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for (name, values) in &fields {
            match values.as_slice() {
                [value] => map.serialize_entry(name, value)?,
                values => map.serialize_entry(name, values)?,
            }
        }
        map.end()
    }
}

/// Compact JSON that is also safe to print: characters that steer a terminal or hide text are written as `\u` escapes.
struct SafeFormatter;

impl serde_json::ser::Formatter for SafeFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (index, character) in fragment.char_indices().filter(|(_, character)| text::is_unsafe(*character)) {
            out.write_all(&fragment.as_bytes()[plain..index])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = index + character.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn lines(detections: &[Detection]) -> String {
        let mut writer = JsonWriter::new(Vec::new());
        detections.iter().for_each(|detection| writer.write(detection).unwrap());
        writer.flush().unwrap();
        String::from_utf8(writer.out).unwrap()
    }

    #[test]
    fn lines_have_the_documented_names() {
        insta::assert_snapshot!(lines(&sample::few()));
    }

    #[test]
    fn hostile_text_survives_and_cannot_steer_a_terminal() {
        let hostile = sample::hostile();
        let text = lines(std::slice::from_ref(&hostile));
        assert_eq!(text.lines().count(), 1);
        assert!(!text.trim_end().chars().any(text::is_unsafe));
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["host"], hostile.host.as_str());
        assert_eq!(read["raw"], hostile.raw.as_str());
        assert_eq!(read["fields"]["Data"], serde_json::json!(["first", "second"]));
    }
}
