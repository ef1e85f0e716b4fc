//! Every recording is read as others read it: the `evtx` crate, and `evtx_dump` of the JSON beside some recordings.
//!
//! Deliberate differences, taken out by [`same_form`] and [`flatten`] before the comparison:
//! - a GUID has no braces and upper case here, as in the JSON of `evtx_dump`; its XML has braces and lower case;
//! - times have microseconds here; the peer's XML has seven digits of a second;
//! - characters that XML forbids are kept here; the peer's XML has `_` for them;
//! - a field without a value is there here, without a value; the peer leaves its element out or empty;
//! - the record's number is `EventRecordID`, as Windows shows it, not the number in the record's header, which an export
//!   may have changed;
//! - an element of UserData with an empty text has an empty text here; the peer's JSON has `null` for it.

use cordon_model::Timestamp;
use serde_json::Value;

use super::{
    samples,
    support::{PlainEvent, read_all, recordings},
    xml::{self, Element},
};

/// What the `evtx` crate makes of a log: (record id, XML), or an error for a record.
fn peer(log: &[u8]) -> Vec<Result<(u64, String), String>> {
    let mut parser = evtx::EvtxParser::from_buffer(log.to_vec()).expect("a file header");
    parser.records().map(|record| record.map(|record| (record.event_record_id, record.data)).map_err(|e| e.to_string())).collect()
}

/// The fields of an event in the peer's XML. Written apart from the reader's own rules, from the brief text of what
/// fields are called.
fn flatten(event: &Element) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for section in &event.children {
        match section.name.as_str() {
            "System" => section.children.iter().for_each(|element| {
                for (name, value) in &element.attributes {
                    let prefix = if element.name == "Provider" { "Provider_" } else { "" };
                    fields.push((format!("{prefix}{name}"), value.clone()));
                }
                fields.push((element.name.clone(), element.text.clone()));
            }),
            name => {
                for (attribute, value) in section.attributes.iter().filter(|(name, _)| !name.starts_with("xmlns")) {
                    fields.push((format!("{name}_{attribute}"), value.clone()));
                }
                section.children.iter().for_each(|child| flatten_data(child, &mut fields));
                if section.children.is_empty() {
                    fields.push((name.to_owned(), section.text.clone()));
                }
            }
        }
    }
    fields.retain(|(_, value)| !value.is_empty());
    fields
}

fn flatten_data(element: &Element, fields: &mut Vec<(String, String)>) {
    let is_data = matches!(element.name.as_str(), "Data" | "ComplexData");
    for (name, value) in &element.attributes {
        let is_name = is_data && name == "Name";
        if !is_name && !name.starts_with("xmlns") {
            fields.push((name.rsplit(':').next().unwrap().to_owned(), value.clone()));
        }
    }
    if element.children.is_empty() {
        let name = element.attribute("Name").filter(|name| is_data && !name.is_empty()).unwrap_or(&element.name);
        fields.push((name.rsplit(':').next().unwrap().to_owned(), element.text.clone()));
    }
    element.children.iter().for_each(|child| flatten_data(child, fields));
}

/// The text in the form that both sides can have.
fn same_form(text: &str) -> String {
    let is_guid = text.len() == 38 && text.starts_with('{') && text.ends_with('}');
    if is_guid {
        return text[1..37].to_uppercase();
    }
    if text.len() >= 20
        && text.ends_with('Z')
        && let Ok(time) = text.parse::<Timestamp>()
    {
        return time.to_string();
    }
    let is_allowed = |char: char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|char| if is_allowed(char) { char } else { '_' }).collect()
}

/// The fields with a text, in the form that both sides can have.
fn ours(event: &PlainEvent) -> Vec<(String, String)> {
    let text = |(name, value): &(String, Option<String>)| Some((name.clone(), same_form(value.as_deref()?)));
    event.fields.iter().filter_map(text).filter(|(_, value)| !value.is_empty()).collect()
}

/// Reads a log both ways; adds to `differences` and returns how many events and fields there were.
fn compare(log: &[u8], source: &str, differences: &mut Vec<String>) -> (usize, usize) {
    let read = read_all(log);
    let theirs = peer(log);
    assert_eq!(read.problems, [], "{source}");
    assert_eq!(read.events.len(), theirs.len(), "{source}");
    let mut fields = 0;
    for (event, theirs) in read.events.iter().zip(theirs) {
        let (record_id, document) = theirs.expect("a record that the peer can read");
        let number = event.fields.iter().find(|(name, _)| name == "EventRecordID");
        assert_eq!(event.record_id.map(|id| id.to_string()).as_ref(), number.unwrap().1.as_ref(), "{source}");
        let mut theirs = flatten(&xml::parse(&document));
        theirs.iter_mut().for_each(|(_, value)| *value = same_form(value));
        let ours = ours(event);
        fields += ours.len();
        if ours != theirs {
            let first = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
            differences.push(format!("{source} record {record_id}: {first:?}"));
        }
    }
    (read.events.len(), fields)
}

#[test]
fn every_recording_reads_as_the_evtx_crate_reads_it() {
    let mut differences = Vec::new();
    let (mut events, mut fields) = (0, 0);
    for path in recordings("evtx").into_iter().chain(recordings("sigma-regression")) {
        let counts = compare(&std::fs::read(&path).unwrap(), &path.display().to_string(), &mut differences);
        events += counts.0;
        fields += counts.1;
    }
    println!("{events} events with {fields} fields compared");
    assert!(
        differences.is_empty(),
        "{} events differ, such as {:#?}",
        differences.len(),
        &differences[..differences.len().min(20)]
    );
}

#[test]
fn a_log_that_the_project_wrote_reads_as_the_evtx_crate_reads_it() {
    let mut differences = Vec::new();
    let (events, _) = compare(&samples::log(700), "samples", &mut differences);
    assert_eq!((events, differences), (700, Vec::new()));
}

/// The fields of an event in the JSON of `evtx_dump`.
fn flatten_json(event: &Value) -> Vec<(String, Option<String>)> {
    let mut fields = Vec::new();
    for (section, content) in event["Event"].as_object().unwrap() {
        let Some(content) = content.as_object() else { continue };
        for (name, value) in content {
            if section == "#attributes" || name.starts_with("xmlns") {
                continue;
            }
            if name == "#attributes" {
                value
                    .as_object()
                    .unwrap()
                    .iter()
                    .for_each(|(name, value)| push_json(&format!("{section}_{name}"), value, &mut fields));
                continue;
            }
            let prefix = if section == "System" && name == "Provider" { "Provider_" } else { "" };
            flatten_json_value(prefix, name, value, &mut fields);
        }
    }
    fields
}

fn flatten_json_value(prefix: &str, name: &str, value: &Value, fields: &mut Vec<(String, Option<String>)>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                match member.as_str() {
                    "#attributes" => value.as_object().unwrap().iter().for_each(|(attribute, value)| {
                        if !attribute.starts_with("xmlns") {
                            push_json(&format!("{prefix}{attribute}"), value, fields);
                        }
                    }),
                    "#text" => push_json(name, value, fields),
                    _ => flatten_json_value("", member, value, fields),
                }
            }
        }
        _ => push_json(name, value, fields),
    }
}

fn push_json(name: &str, value: &Value, fields: &mut Vec<(String, Option<String>)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| push_json(name, item, fields)),
        Value::Null => fields.push((name.to_owned(), None)),
        Value::String(text) => fields.push((name.to_owned(), Some(same_form(text)))),
        other => fields.push((name.to_owned(), Some(other.to_string()))),
    }
}

/// The fields in an order of their own, without what the JSON beside the recordings has lost: blanks at the end of a
/// text and, in one, case.
fn comparable(fields: Vec<(String, Option<String>)>) -> Vec<(String, Option<String>)> {
    let mut fields: Vec<_> =
        fields.into_iter().map(|(name, text)| (name, text.map(|text| text.trim_end().to_lowercase()))).collect();
    // Elements of `System` that are empty in the record are not fields here, and `null` there.
    fields.retain(|(name, text)| text.is_some() || !matches!(name.as_str(), "Correlation" | "Security" | "Execution"));
    fields.sort();
    fields
}

#[test]
fn recordings_read_as_the_json_beside_them() {
    for path in recordings("sigma-regression") {
        let json = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let read = read_all(&std::fs::read(&path).unwrap());
        let theirs: Vec<Value> = serde_json::Deserializer::from_str(&json).into_iter().map(Result::unwrap).collect();
        assert_eq!(read.events.len(), theirs.len(), "{}", path.display());
        for (event, theirs) in read.events.into_iter().zip(theirs) {
            let ours = event.fields.into_iter().map(|(name, text)| (name, text.as_deref().map(same_form))).collect();
            assert_eq!(comparable(ours), comparable(flatten_json(&theirs)), "{}", path.display());
        }
    }
}
