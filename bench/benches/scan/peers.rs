//! The peers: `rsigma-eval` with log source routing, and the parser behind `evtx_dump`.

use std::io::Cursor;

use rsigma_eval::{Engine, event::JsonEvent};
use rsigma_parser::LogSource;
use serde_json::{Map, Value};

use crate::inputs::{Input, Rules};

/// All events of EVTX files as JSON text: what `evtx_dump` does, without writing it out.
pub(crate) fn evtx_dump(input: &Input) {
    for file in &input.files {
        let settings = evtx::ParserSettings::new().num_threads(1);
        let mut parser = evtx::EvtxParser::from_read_seek(Cursor::new(file)).unwrap().with_configuration(settings);
        let bytes: usize = parser.records_json().map(|record| record.map_or(0, |record| record.data.len())).sum();
        std::hint::black_box(bytes);
    }
}

/// All rules in one engine, which is told each event's log source so that it can leave rules out.
pub(crate) struct Rsigma {
    engine: Engine,
}

impl Rsigma {
    pub(crate) fn new(rules: &Rules) -> Self {
        let mut engine = Engine::new();
        let parsed = rules.files.iter().filter_map(|(_, text)| rsigma_parser::parse_sigma_yaml(text).ok());
        let parsed: Vec<_> = parsed.flat_map(|collection| collection.rules).collect();
        engine.add_rules(&parsed);
        Self { engine }
    }

    /// Reads and matches all events.
    pub(crate) fn scan(&self, input: &Input) {
        each_event(input, &mut |event| {
            let source = source_of(&event);
            std::hint::black_box(self.engine.evaluate_with_logsource(&JsonEvent::borrow(&event), &source));
        });
    }

    /// All events, parsed and flattened, with their log sources.
    pub(crate) fn prepare(&self, input: &Input) -> Vec<(Value, LogSource)> {
        const MOST: usize = 20_000;
        let mut events = Vec::new();
        each_event(input, &mut |event| {
            if events.len() < MOST {
                let source = source_of(&event);
                events.push((event, source));
            }
        });
        events
    }

    /// Matches events that are ready.
    pub(crate) fn match_only(&self, events: &[(Value, LogSource)]) {
        for (event, source) in events {
            std::hint::black_box(self.engine.evaluate_with_logsource(&JsonEvent::borrow(event), source));
        }
    }
}

/// Calls `each` with every event as a flat object under the names that the rules use.
fn each_event(input: &Input, each: &mut dyn FnMut(Value)) {
    if !input.is_evtx() {
        for block in &input.blocks {
            for line in block.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                if let Ok(event) = serde_json::from_slice(line) {
                    each(event);
                }
            }
        }
        return;
    }
    for file in &input.files {
        let settings = evtx::ParserSettings::new().num_threads(1);
        let mut parser = evtx::EvtxParser::from_read_seek(Cursor::new(file)).unwrap().with_configuration(settings);
        parser.records_json_value().flatten().for_each(|record| each(flat(record.data)));
    }
}

/// `Event.System` and `Event.EventData` side by side: stock rules do not match otherwise.
fn flat(mut event: Value) -> Value {
    let mut fields = Map::new();
    let system = event["Event"]["System"].take();
    if let Value::Object(system) = system {
        for (name, mut value) in system {
            if let Some(text) = value.get_mut("#text") {
                value = text.take();
            } else if name == "Provider" {
                fields.insert("Provider_Name".into(), value["#attributes"]["Name"].take());
                continue;
            }
            fields.insert(name, value);
        }
    }
    for part in ["EventData", "UserData"] {
        if let Value::Object(data) = event["Event"][part].take() {
            fields.extend(data);
        }
    }
    Value::Object(fields)
}

/// The log source of the kinds of event that the inputs mostly hold; what is not known stays open, as the peer wants it.
fn source_of(event: &Value) -> LogSource {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or("");
    let id = event.get("EventID").and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok())).unwrap_or(0);
    let (category, service) = match (text("Channel"), id) {
        ("Microsoft-Windows-Sysmon/Operational", id) => (sysmon_category(id), Some("sysmon")),
        ("Security", 4688) => (Some("process_creation"), Some("security")),
        ("Security", _) => (None, Some("security")),
        ("System", _) => (None, Some("system")),
        ("Application", _) => (None, Some("application")),
        ("Microsoft-Windows-PowerShell/Operational", 4103) => (Some("ps_module"), Some("powershell")),
        ("Microsoft-Windows-PowerShell/Operational", 4104) => (Some("ps_script"), Some("powershell")),
        ("Windows PowerShell", 400) => (Some("ps_classic_start"), Some("powershell-classic")),
        ("Windows PowerShell", _) => (None, Some("powershell-classic")),
        _ => (None, None),
    };
    LogSource {
        product: Some("windows".into()),
        category: category.map(str::to_owned),
        service: service.map(str::to_owned),
        ..LogSource::default()
    }
}

fn sysmon_category(id: u64) -> Option<&'static str> {
    Some(match id {
        1 => "process_creation",
        3 => "network_connection",
        5 => "process_termination",
        6 => "driver_load",
        7 => "image_load",
        8 => "create_remote_thread",
        10 => "process_access",
        11 => "file_event",
        12..=14 => "registry_event",
        15 => "create_stream_hash",
        17 | 18 => "pipe_created",
        22 => "dns_query",
        23 | 26 => "file_delete",
        _ => return None,
    })
}
