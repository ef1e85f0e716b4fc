//! A layer for ATT&CK Navigator, to lay what was seen over what one can see or has planned for.
//!
//! Source of the format: "ATT&CK Navigator Layer File Format Definition", version 4.5 (mitre-attack/attack-navigator, layers/spec/v4.5).

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use cordon_model::Level;
use serde::Serialize;

use super::{attack, collect::Findings, text};

#[derive(Serialize)]
struct Layer {
    name: String,
    versions: Versions,
    domain: &'static str,
    description: String,
    sorting: u8,
    layout: Layout,
    #[serde(rename = "hideDisabled")]
    hide_disabled: bool,
    techniques: Vec<Technique>,
    gradient: Gradient,
    #[serde(rename = "legendItems")]
    legend_items: Vec<LegendItem>,
    metadata: Vec<Metadata>,
}

/// Without a version of ATT&CK, Navigator takes its current one: rules of several generations meet in a scan.
#[derive(Serialize)]
struct Versions {
    navigator: &'static str,
    layer: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layout {
    layout: &'static str,
    show_name: bool,
    #[serde(rename = "showID")]
    show_id: bool,
    show_aggregate_scores: bool,
    aggregate_function: &'static str,
    expanded_subtechniques: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Technique {
    #[serde(rename = "techniqueID")]
    technique_id: String,
    score: u8,
    color: &'static str,
    comment: String,
    enabled: bool,
    show_subtechniques: bool,
    metadata: Vec<Metadata>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gradient {
    colors: [&'static str; 2],
    min_value: u8,
    max_value: u8,
}

#[derive(Serialize)]
struct LegendItem {
    label: &'static str,
    color: &'static str,
}

#[derive(Serialize)]
struct Metadata {
    name: &'static str,
    value: String,
}

/// Titles of rules named in a technique's comment.
const TITLES: usize = 20;

#[derive(Default)]
struct Seen {
    count: u64,
    worst: Level,
    titles: BTreeSet<String>,
    hosts: BTreeSet<u32>,
}

/// Writes the layer: each technique scored and coloured by the worst level seen, with counts and rules in its comment.
pub(crate) fn write_navigator(out: &mut impl Write, findings: &Findings, name: &str) -> io::Result<()> {
    let mut techniques: BTreeMap<String, Seen> = BTreeMap::new();
    for rule in findings.rules() {
        for id in BTreeSet::from_iter(rule.info.techniques()).into_iter().filter(|id| attack::page(id).is_some()) {
            let seen = techniques.entry(id).or_default();
            seen.count += rule.tally.count;
            seen.worst = seen.worst.max(rule.info.level);
            seen.titles.insert(text::one_line(&rule.info.title));
            seen.hosts.extend(rule.hosts.keys());
        }
    }
    let layer = Layer {
        name: text::one_line(name),
        versions: Versions { navigator: "5.1.0", layer: "4.5" },
        domain: "enterprise-attack",
        description: format!(
            "{} of {}, by the techniques that the rules name. Scores: 100 critical, 75 high, 50 medium, 25 low, 10 informational.",
            text::counted(findings.total(), "detection", "detections"),
            text::counted(findings.rules().len() as u64, "rule", "rules"),
        ),
        sorting: 3,
        layout: Layout {
            layout: "side",
            show_name: true,
            show_id: true,
            show_aggregate_scores: true,
            aggregate_function: "max",
            expanded_subtechniques: "annotated",
        },
        hide_disabled: false,
        techniques: techniques.into_iter().map(|(id, seen)| technique(id, &seen)).collect(),
        gradient: Gradient { colors: ["#d8dde0", "#d5281b"], min_value: 0, max_value: 100 },
        legend_items: Level::DESCENDING.map(|level| LegendItem { label: level.as_str(), color: score(level).1 }).into(),
        metadata: vec![Metadata { name: "made by", value: format!("Cordon {}", env!("CARGO_PKG_VERSION")) }],
    };
    serde_json::to_writer_pretty(&mut *out, &layer)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn technique(technique_id: String, seen: &Seen) -> Technique {
    let (score, color) = score(seen.worst);
    let mut titles: Vec<&str> = seen.titles.iter().take(TITLES).map(String::as_str).collect();
    let more = format!("and {} more", seen.titles.len().saturating_sub(TITLES));
    if seen.titles.len() > TITLES {
        titles.push(&more);
    }
    Technique {
        technique_id,
        score,
        color,
        comment: format!("{}: {}", text::counted(seen.count, "detection", "detections"), titles.join("; ")),
        enabled: true,
        show_subtechniques: false,
        metadata: vec![
            Metadata { name: "worst level", value: seen.worst.to_string() },
            Metadata { name: "detections", value: seen.count.to_string() },
            Metadata { name: "rules", value: seen.titles.len().to_string() },
            Metadata { name: "hosts", value: seen.hosts.len().to_string() },
        ],
    }
}

fn score(level: Level) -> (u8, &'static str) {
    match level {
        Level::Critical => (100, "#d5281b"),
        Level::High => (75, "#ed8b00"),
        Level::Medium => (50, "#ffb81c"),
        Level::Low => (25, "#41b6e6"),
        Level::Informational => (10, "#aeb7bd"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    fn layer(findings: &Findings) -> Value {
        let mut out = Vec::new();
        write_navigator(&mut out, findings, "Cordon scan").unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn the_layer_is_as_reviewed() {
        let mut findings = Findings::default();
        sample::few().into_iter().for_each(|detection| findings.add(detection));
        let mut out = Vec::new();
        write_navigator(&mut out, &findings, "Cordon scan").unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap().replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }

    /// Names and types of version 4.5, from the format's property tables.
    #[test]
    fn the_layer_has_the_shape_of_version_4_5() {
        let layer = layer(&sample::findings());
        for name in ["name", "domain", "description"] {
            assert!(layer[name].is_string(), "{name}");
        }
        assert_eq!((&layer["versions"]["layer"], &layer["domain"]), (&Value::from("4.5"), &Value::from("enterprise-attack")));
        let known = "name versions domain description sorting layout hideDisabled techniques gradient legendItems metadata";
        assert!(layer.as_object().unwrap().keys().all(|key| known.split(' ').any(|name| name == key)));
        assert!(layer["gradient"]["maxValue"].as_i64() > layer["gradient"]["minValue"].as_i64());
        let techniques = layer["techniques"].as_array().unwrap();
        assert!(techniques.len() > 5);
        for technique in techniques {
            let id = technique["techniqueID"].as_str().unwrap();
            assert!(attack::page(id).is_some(), "{id}");
            assert!((0..=100).contains(&technique["score"].as_i64().unwrap()));
            assert!(technique["color"].as_str().unwrap().starts_with('#'));
            for metadata in technique["metadata"].as_array().unwrap() {
                assert!(metadata["name"].is_string() && metadata["value"].is_string());
            }
        }
        let ids: BTreeSet<&str> = techniques.iter().map(|technique| technique["techniqueID"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), techniques.len(), "each technique once");
    }
}
