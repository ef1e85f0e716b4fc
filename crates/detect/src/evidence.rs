//! From a match to the detection that people read: which values made the rule match, and where in them.

use std::{fmt::Write as _, sync::Arc};

use cordon_event::{Event, Form, Names};
use cordon_model::{Correlation, Detection, Match};

use crate::{
    CorrelationHit, EventRef, Matcher, Observation, RuleId, RuleSet,
    expr::{Expr, Vocabulary},
    lens::Lens,
    predicate::{FieldId, Test},
};

/// A value longer than this is cut in reports; the archive keeps the whole.
const MAX_TEXT_BYTES: usize = 64 << 10;
/// A record longer than this is cut in reports.
const MAX_RAW_BYTES: usize = 256 << 10;
/// A longer value is cut before events are grouped by it.
const MAX_GROUP_BYTES: usize = 1 << 10;
/// Values that are named for one match.
const MAX_MATCHES: usize = 64;

impl Matcher<'_> {
    /// What is reported when `rule` matched `event` in the last call of [`Matcher::matches`].
    ///
    /// `source`: the log that the event was read from, as the user would name it. Values over 64 KiB and records over
    /// 256 KiB are cut, with a mark at the cut.
    pub fn detection(&self, rule: RuleId, event: &Event<'_>, names: &Names, source: &Arc<str>) -> Detection {
        let loaded = self.rules.rule(rule);
        let lens = self.lens(rule, event, names);
        let header = &event.header;
        let mut matched = Vec::new();
        gather(&loaded.expr, lens, &self.rules.vocabulary, &mut matched);
        let fields: Vec<(String, String)> = event
            .fields
            .iter()
            .map(|field| (names.name(field.name).to_owned(), cut(field.value.to_text().into_owned(), MAX_TEXT_BYTES)))
            .collect();
        let raw = match event.raw {
            Some(raw) => String::from_utf8_lossy(&raw[..raw.len().min(MAX_RAW_BYTES + 1)]).into_owned(),
            None => render(&fields),
        };
        Detection {
            rule: loaded.info.clone(),
            time: header.time,
            host: header.computer.to_text().into_owned(),
            source: source.clone(),
            offset: header.offset,
            record_id: header.record_id,
            channel: header.channel.to_text().into_owned(),
            provider: header.provider.to_text().into_owned(),
            event_id: header.event_id,
            matched,
            fields,
            raw: cut(raw, MAX_RAW_BYTES),
            correlation: None,
        }
    }
}

impl Matcher<'_> {
    /// What correlations need of a match of `rule`, in the last call of [`Matcher::matches`]; `None` when none waits for it
    /// or the event has no time.
    pub fn observation(&self, rule: RuleId, event: &Event<'_>, names: &Names, source: &Arc<str>) -> Option<Observation> {
        let correlations = self.rules.correlations();
        let time = event.header.time.filter(|_| correlations.feeds(rule))?;
        let lens = self.lens(rule, event, names);
        let value = |field: &str| lens.text(field).map(|text| cut(text, MAX_GROUP_BYTES).into_boxed_str());
        let header = &event.header;
        Some(Observation {
            rule,
            time,
            values: correlations.wanted(rule).iter().map(|field| value(field)).collect(),
            event: EventRef {
                source: source.clone(),
                offset: header.offset,
                record_id: header.record_id,
                host: header.computer.to_text().into(),
            },
        })
    }
}

impl RuleSet {
    /// What is reported when a correlation came true. Its fields are those that the events have in common.
    pub fn correlation_detection(&self, hit: CorrelationHit) -> Detection {
        let group: Vec<(String, String)> =
            hit.group.into_iter().map(|(field, value)| (field.into_string(), value.into_string())).collect();
        let matched = group.iter().map(|(field, value)| Match { field: field.clone(), value: value.clone(), ranges: Vec::new() });
        Detection {
            rule: self.rule(hit.rule).info.clone(),
            time: Some(hit.time),
            host: hit.event.host.into_string(),
            source: hit.event.source,
            offset: hit.event.offset,
            record_id: hit.event.record_id,
            channel: String::new(),
            provider: String::new(),
            event_id: None,
            matched: matched.collect(),
            raw: render(&group),
            fields: group.clone(),
            correlation: Some(Correlation {
                group,
                first: hit.first,
                value: hit.value,
                rules: hit.rules.into_iter().map(|(rule, count)| (self.rule(rule).info.clone(), count)).collect(),
            }),
        }
    }
}

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push_str(" … (cut here)");
    }
    text
}

/// A binary record as one JSON object; a name that occurs more than once holds a list.
fn render(fields: &[(String, String)]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = String::from("{");
    for (at, (name, value)) in fields.iter().enumerate() {
        if fields[..at].iter().any(|(earlier, _)| earlier == name) {
            continue;
        }
        let more: Vec<&str> =
            fields[at + 1..].iter().filter(|(later, _)| later == name).map(|(_, value)| value.as_str()).collect();
        let separator = if text.len() > 1 { "," } else { "" };
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{separator}{}:", quoted(name));
        if more.is_empty() {
            text.push_str(&quoted(value));
        } else {
            let all: Vec<String> = std::iter::once(value.as_str()).chain(more).map(quoted).collect();
            let _ = write!(text, "[{}]", all.join(","));
        }
        if text.len() > MAX_RAW_BYTES {
            break;
        }
    }
    text.push('}');
    text
}

/// Adds the values that make a condition hold; nothing of what is negated.
fn gather(expr: &Expr, lens: Lens<'_>, vocabulary: &Vocabulary, found: &mut Vec<Match>) {
    match expr {
        Expr::Predicate(id) => {
            let predicate = vocabulary.get(*id);
            match predicate.field {
                FieldId::KEYWORDS => keyword_matches(&predicate.test, lens, found),
                field => field_matches(vocabulary.field_name(field), &predicate.test, lens, found),
            }
        }
        Expr::And(parts) => parts.iter().for_each(|part| gather(part, lens, vocabulary, found)),
        Expr::Or(parts) | Expr::AtLeast(_, parts) => {
            let held = parts.iter().filter(|part| lens.matches(part, vocabulary));
            held.for_each(|part| gather(part, lens, vocabulary, found));
        }
        Expr::Not(_) => {}
        Expr::Named(_, part) => gather(part, lens, vocabulary, found),
    }
}

fn field_matches(field: &str, test: &Test, lens: Lens<'_>, found: &mut Vec<Match>) {
    // The reader looks for the value in the record, so a field that the view only renames goes by the record's name.
    let mut named = lens.aliases.iter().filter(|alias| alias.name == field);
    let renamed = named.next().filter(|alias| alias.form == Form::Plain && alias.with.is_none() && named.next().is_none());
    let name = renamed.and_then(|alias| alias.from.as_deref()).unwrap_or(field);
    lens.any(field, &mut |text| {
        let Some(text) = text else { return false };
        let ranges = match test {
            Test::FieldRef(..) | Test::Exists | Test::Present => Some(Vec::new()),
            test => test.ranges(text),
        };
        found_one(name, text, ranges, found);
        false
    });
}

fn keyword_matches(test: &Test, lens: Lens<'_>, found: &mut Vec<Match>) {
    lens.any_value(&mut |_, text| {
        found_one("", &text, test.ranges(&text), found);
        found.len() >= MAX_MATCHES
    });
}

fn found_one(field: &str, text: &str, ranges: Option<Vec<(usize, usize)>>, found: &mut Vec<Match>) {
    let Some(mut ranges) = ranges else { return };
    let value = cut(text.to_owned(), MAX_TEXT_BYTES);
    ranges.retain(|(_, end)| *end <= value.len().min(MAX_TEXT_BYTES));
    if ranges == [(0, text.len())] {
        ranges.clear();
    }
    if let Some(earlier) = found.iter_mut().find(|earlier| earlier.field == field && earlier.value == value) {
        earlier.ranges.extend(ranges);
        earlier.ranges.sort_unstable();
        earlier.ranges.dedup();
    } else if found.len() < MAX_MATCHES {
        found.push(Match { field: field.to_owned(), value, ranges });
    }
}
