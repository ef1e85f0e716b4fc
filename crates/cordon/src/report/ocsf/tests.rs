//! The findings against the golden file, and against a table of the published schema.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;
use crate::report::sample;

/// Classes and objects with their attributes; the file says where it comes from.
const SCHEMA: &str = include_str!("../../../tests/ocsf/schema-1.8.0.tsv");

struct Attribute {
    kind: &'static str,
    required: bool,
    array: bool,
    values: BTreeSet<i64>,
}

/// Attributes by object, and of which attributes an object needs at least one.
type Schema = (BTreeMap<&'static str, BTreeMap<&'static str, Attribute>>, BTreeMap<&'static str, Vec<&'static str>>);

fn schema() -> Schema {
    let mut objects: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    let mut at_least_one = BTreeMap::new();
    for line in SCHEMA.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[1] == "@at_least_one" {
            at_least_one.insert(cells[0], cells[2].split(',').collect());
            continue;
        }
        let values = cells[5].split(',').filter_map(|value| value.parse().ok()).collect();
        let attribute = Attribute { kind: cells[2], required: cells[3] == "required", array: cells[4] == "array", values };
        objects.entry(cells[0]).or_default().insert(cells[1], attribute);
    }
    (objects, at_least_one)
}

fn findings(detections: &[Detection]) -> String {
    let mut writer = OcsfWriter::new(Vec::new(), "2024-03-01T12:00:00Z".parse().unwrap());
    detections.iter().for_each(|detection| writer.write(detection).unwrap());
    writer.flush().unwrap();
    String::from_utf8(writer.out).unwrap()
}

fn check(schema: &Schema, object: &str, value: &Value, path: &str) {
    let (objects, at_least_one) = schema;
    let attributes = &objects[object];
    let members = value.as_object().unwrap_or_else(|| panic!("{path} is an object"));
    for (name, attribute) in attributes.iter().filter(|(_, attribute)| attribute.required) {
        assert!(members.contains_key(*name), "{path}.{name} is required ({})", attribute.kind);
    }
    if let Some(names) = at_least_one.get(object) {
        assert!(names.iter().any(|name| members.contains_key(*name)), "{path} has one of {names:?}");
    }
    for (name, value) in members {
        let attribute = attributes.get(name.as_str()).unwrap_or_else(|| panic!("{path}.{name} is not in the schema"));
        let path = format!("{path}.{name}");
        assert_eq!(value.is_array(), attribute.array, "{path} is an array");
        let parts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for part in parts {
            check_value(schema, attribute, part, &path);
        }
    }
}

fn check_value(schema: &Schema, attribute: &Attribute, value: &Value, path: &str) {
    match attribute.kind {
        "string_t" | "hostname_t" | "url_t" | "file_path_t" | "file_name_t" | "process_name_t" | "username_t" => {
            assert!(value.is_string(), "{path} is text");
        }
        "integer_t" | "long_t" | "timestamp_t" => {
            let number = value.as_i64().unwrap_or_else(|| panic!("{path} is a whole number"));
            assert!(attribute.values.is_empty() || attribute.values.contains(&number), "{path}: {number} is not a value of it");
        }
        "boolean_t" => assert!(value.is_boolean(), "{path} is true or false"),
        "json_t" | "object" => {}
        object => check(schema, object, value, path),
    }
}

#[test]
fn findings_are_as_reviewed() {
    insta::assert_snapshot!(findings(&sample::few()).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn every_finding_fits_the_published_schema() {
    let mut detections = sample::many();
    detections.push(sample::hostile());
    detections.extend(sample::few());
    let lines = findings(&detections);
    assert_eq!(lines.lines().count(), detections.len());
    let schema = schema();
    for line in lines.lines() {
        let finding: Value = serde_json::from_str(line).unwrap();
        check(&schema, "detection_finding", &finding, "finding");
        assert_eq!(finding["metadata"]["version"], SCHEMA_VERSION);
    }
    sample::save("sample.ocsf.ndjson", lines.as_bytes());
}

#[test]
fn a_host_that_is_no_host_name_is_still_named() {
    assert_eq!(hostname("PACS-01.trust.example"), Some("PACS-01.trust.example"));
    for odd in ["", "a b", "a..b", "<script>"] {
        assert_eq!(hostname(odd), None, "{odd:?}");
    }
}
