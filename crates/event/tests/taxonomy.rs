//! The shipped taxonomy: what typical events look like through it, and that no published rule is left without a log.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input should stop there")]

use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    path::{Path, PathBuf},
};

use cordon_event::{Format, LogSource, Reach, Taxonomy, Value, View};
use serde::Deserialize;

/// `product/category/service`, with `-` for what is not asked for.
fn source(text: &str) -> LogSource {
    let mut parts = text.split('/').map(|part| (part != "-").then(|| part.to_owned()));
    let mut next = || parts.next().flatten();
    LogSource { product: next(), category: next(), service: next() }
}

/// A record as the taxonomy sees it.
struct Record {
    format: Format,
    channel: &'static str,
    provider: &'static str,
    id: Option<u32>,
    fields: Vec<(&'static str, &'static str)>,
}

fn windows(channel: &'static str, id: u32, fields: &[(&'static str, &'static str)]) -> Record {
    Record { format: Format::Windows, channel, provider: "", id: Some(id), fields: fields.to_vec() }
}

fn syslog(program: &'static str) -> Record {
    Record { format: Format::Syslog, channel: "", provider: program, id: None, fields: Vec::new() }
}

fn holds(view: &View, fields: &[(&str, &str)]) -> bool {
    let value = |name: &str| fields.iter().find(|field| field.0 == name).map(|field| Value::from_text(field.1));
    view.when.iter().all(|when| value(&when.field).is_some_and(|value| when.holds(value)))
}

/// The fields under the names that a rule asking for `wanted` uses; `None` when the record does not satisfy it.
fn seen(record: &Record, wanted: &str) -> Option<BTreeMap<String, String>> {
    let views = Taxonomy::builtin().unwrap().views(record.format, record.channel, record.provider, record.id);
    let wanted = source(wanted);
    let mut views = views.iter().filter(|view| view.sources.iter().any(|source| source.satisfies(&wanted)));
    let view = views.find(|view| holds(view, &record.fields))?;
    assert!(views.all(|view| !holds(view, &record.fields)), "a rule meets {wanted:?} twice");
    let value = |name: &String| record.fields.iter().find(|field| field.0 == name).map(|field| Value::from_text(field.1));
    let aliased = |name: &str| view.aliases.iter().any(|alias| alias.name == name);
    let own = record.fields.iter().filter(|field| !aliased(field.0));
    let mut seen: BTreeMap<_, _> = own.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for alias in &view.aliases {
        let from = alias.from.as_ref().and_then(value);
        let with = alias.with.as_ref().and_then(|(_, field)| value(field));
        if let Some(text) = from.and_then(|from| alias.text(from, with)) {
            seen.entry(alias.name.clone()).or_insert(text.into_owned());
        }
    }
    Some(seen)
}

/// Checks that each of `expected` is seen so; an empty text means that the name has no value.
fn assert_seen(record: &Record, wanted: &str, expected: &[(&str, &str)]) {
    let seen = seen(record, wanted).unwrap_or_else(|| panic!("{} {:?} is no {wanted}", record.channel, record.id));
    for (name, text) in expected {
        assert_eq!(seen.get(*name).map_or("", String::as_str), *text, "{name} in {wanted}");
    }
}

#[test]
fn every_sysmon_event_has_its_category() {
    let categories = [
        (1, "process_creation"),
        (2, "file_change"),
        (3, "network_connection"),
        (4, "sysmon_status"),
        (5, "process_termination"),
        (6, "driver_load"),
        (7, "image_load"),
        (8, "create_remote_thread"),
        (9, "raw_access_thread"),
        (10, "process_access"),
        (11, "file_event"),
        (12, "registry_event"),
        (13, "registry_set"),
        (13, "registry_event"),
        (14, "registry_rename"),
        (15, "create_stream_hash"),
        (16, "sysmon_status"),
        (17, "pipe_created"),
        (18, "pipe_created"),
        (19, "wmi_event"),
        (20, "wmi_event"),
        (21, "wmi_event"),
        (22, "dns_query"),
        (23, "file_delete"),
        (24, "clipboard_capture"),
        (25, "process_tampering"),
        (26, "file_delete_detected"),
        (27, "file_block_executable"),
        (28, "file_block_shredding"),
        (29, "file_executable_detected"),
        (255, "sysmon_error"),
    ];
    for (id, category) in categories {
        let record = windows("Microsoft-Windows-Sysmon/Operational", id, &[]);
        for wanted in [format!("windows/{category}"), "windows/-/sysmon".into(), "windows".into()] {
            assert!(seen(&record, &wanted).is_some(), "{id} is no {wanted}");
        }
        assert!(seen(&record, "linux").is_none() && seen(&record, "windows/-/security").is_none());
    }
}

#[test]
fn registry_keys_are_added_or_deleted_by_event_type() {
    let record = |kind| windows("Microsoft-Windows-Sysmon/Operational", 12, &[("EventType", kind)]);
    assert!(seen(&record("CreateKey"), "windows/registry_add").is_some());
    assert!(seen(&record("CreateKey"), "windows/registry_delete").is_none());
    assert!(seen(&record("deletevalue"), "windows/registry_delete").is_some());
    assert!(seen(&record("DeleteKey"), "windows/registry_add").is_none());
}

#[test]
fn security_4688_reads_like_a_process_of_sysmon() {
    let fields = [
        ("SubjectUserSid", "S-1-5-18"),
        ("SubjectUserName", "WARD7$"),
        ("SubjectDomainName", "HOSPITAL"),
        ("SubjectLogonId", "0x3e7"),
        ("NewProcessId", "0x1b10"),
        ("NewProcessName", r"C:\Windows\System32\cmd.exe"),
        ("ProcessId", "0x2e0"),
        ("CommandLine", "cmd /c whoami"),
        ("TargetUserSid", "S-1-0-0"),
        ("TargetUserName", "-"),
        ("TargetDomainName", "-"),
        ("TargetLogonId", "0x0"),
        ("ParentProcessName", r"C:\Windows\System32\services.exe"),
        ("MandatoryLabel", "S-1-16-16384"),
    ];
    let expected = [
        ("Image", r"C:\Windows\System32\cmd.exe"),
        ("ParentImage", r"C:\Windows\System32\services.exe"),
        ("CommandLine", "cmd /c whoami"),
        ("ProcessId", "6928"),
        ("ParentProcessId", "736"),
        ("IntegrityLevel", "System"),
        ("User", r"NT AUTHORITY\SYSTEM"),
        ("LogonId", "0x3e7"),
        ("OriginalFileName", ""),
    ];
    assert_seen(&windows("Security", 4688, &fields), "windows/process_creation", &expected);
    // Rules for the log itself see it as it stands.
    assert_seen(&windows("Security", 4688, &fields), "windows/-/security", &[("ProcessId", "0x2e0"), ("Image", "")]);

    let mut handed_over = fields;
    handed_over[9].1 = "a.nurse";
    handed_over[10].1 = "HOSPITAL";
    handed_over[11].1 = "0x13899ea";
    let expected = [("User", r"HOSPITAL\a.nurse"), ("LogonId", "0x13899ea")];
    assert_seen(&windows("Security", 4688, &handed_over), "windows/process_creation", &expected);
}

#[test]
fn security_4657_reads_like_a_registry_event_of_sysmon() {
    let mut fields = [
        ("ProcessName", r"C:\Windows\System32\services.exe"),
        ("ObjectName", r"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\EventLog"),
        ("ObjectValueName", "Start"),
        ("OperationType", "%%1905"),
        ("NewValueType", "%%1876"),
        ("NewValue", "4"),
        ("EventType", "AUDIT_SUCCESS"),
    ];
    let expected = [
        ("Image", r"C:\Windows\System32\services.exe"),
        ("TargetObject", r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Start"),
        ("Details", "DWORD (0x00000004)"),
        ("EventType", "SetValue"),
    ];
    for category in ["windows/registry_set", "windows/registry_event"] {
        assert_seen(&windows("Security", 4657, &fields), category, &expected);
    }
    assert!(seen(&windows("Security", 4657, &fields), "windows/registry_delete").is_none());
    (fields[3].1, fields[4].1, fields[5].1) = ("%%1906", "-", "-");
    let expected = [("EventType", "DeleteValue"), ("Details", "")];
    assert_seen(&windows("Security", 4657, &fields), "windows/registry_delete", &expected);
}

#[test]
fn security_5156_reads_like_a_connection_of_sysmon() {
    let fields = [
        ("Application", r"\device\harddiskvolume2\windows\system32\regsvr32.exe"),
        ("Direction", "%%14593"),
        ("SourceAddress", "192.0.2.5"),
        ("SourcePort", "49988"),
        ("DestAddress", "198.51.100.7"),
        ("DestPort", "8444"),
        ("Protocol", "6"),
    ];
    let expected = [
        ("Image", r"C:\windows\system32\regsvr32.exe"),
        ("Initiated", "true"),
        ("SourceIp", "192.0.2.5"),
        ("SourcePort", "49988"),
        ("DestinationIp", "198.51.100.7"),
        ("DestinationPort", "8444"),
        ("Protocol", "tcp"),
    ];
    assert_seen(&windows("security", 5156, &fields), "windows/network_connection", &expected);
    assert!(seen(&windows("Security", 5156, &[("Protocol", "1")]), "windows/network_connection").is_none());
    assert!(seen(&windows("Security", 5158, &fields), "windows/network_connection").is_none());
}

#[test]
fn other_native_events_have_the_names_that_rules_use() {
    let defender = [("Threat Name", "HackTool:Win32/Mimikatz"), ("Path", r"file:_C:\Temp\m.exe"), ("New Value", "x")];
    let defender = windows("Microsoft-Windows-Windows Defender/Operational", 1116, &defender);
    let expected = [("Signature", "HackTool:Win32/Mimikatz"), ("Filename", r"file:_C:\Temp\m.exe")];
    assert_seen(&defender, "-/antivirus", &expected);
    assert_seen(&defender, "windows/-/windefend", &[("NewValue", "x"), ("ThreatName", "HackTool:Win32/Mimikatz")]);

    let lookup = [("QueryName", "example.com"), ("QueryType", "16"), ("QueryResults", "v=spf1")];
    let lookup = windows("Microsoft-Windows-DNS-Client/Operational", 3008, &lookup);
    assert_seen(&lookup, "windows/dns_query", &[("QueryName", "example.com")]);
    assert_seen(&lookup, "-/dns", &[("query", "example.com"), ("record_type", "TXT"), ("answer", "v=spf1")]);

    let file = [("ObjectType", "File"), ("ObjectName", r"C:\a.kdbx"), ("ProcessName", r"C:\b.exe")];
    assert_seen(&windows("Security", 4663, &file), "windows/file_access", &[("FileName", r"C:\a.kdbx"), ("Image", r"C:\b.exe")]);
    assert!(seen(&windows("Security", 4663, &[("ObjectType", "Key")]), "windows/file_access").is_none());

    let script = windows("Microsoft-Windows-PowerShell/Operational", 4104, &[("ScriptBlockText", "iex")]);
    assert_seen(&script, "windows/ps_script", &[("ScriptBlockText", "iex")]);
    assert!(seen(&windows("Windows PowerShell", 400, &[]), "windows/ps_classic_start").is_some());
    assert!(seen(&windows("System", 7045, &[]), "windows/-/system").is_some());
}

#[test]
fn record_without_channel_is_judged_by_its_provider() {
    let without_channel = |provider, id| Record { provider, ..windows("", id, &[]) };
    for provider in ["Microsoft-Windows-Sysmon", "Sysmon", "microsoft-windows-sysmon"] {
        assert!(seen(&without_channel(provider, 1), "windows/process_creation").is_some(), "{provider}");
    }
    assert!(seen(&without_channel("Security-Auditing", 4625), "windows/-/security").is_some());
    assert!(seen(&without_channel("Microsoft-Windows-Eventlog", 1102), "windows/-/security").is_some());
    assert!(seen(&without_channel("Microsoft-Windows-Eventlog", 104), "windows/-/system").is_some());
    let forwarded = Record { channel: "ForwardedEvents", ..without_channel("Microsoft-Windows-Sysmon", 1) };
    assert!(seen(&forwarded, "windows/process_creation").is_some());
}

#[test]
fn linux_records_are_told_by_program_and_type() {
    for wanted in ["linux", "linux/-/syslog", "linux/-/sshd", "linux/-/auth"] {
        assert!(seen(&syslog("sshd"), wanted).is_some(), "{wanted}");
    }
    assert!(seen(&syslog("CRON"), "linux/-/cron").is_some());
    assert!(seen(&syslog("nginx"), "-/webserver").is_some() && seen(&syslog("nginx"), "-/-/nginx").is_some());
    assert!(seen(&syslog("kernel"), "linux/-/sshd").is_none());

    let sysmon = Record { provider: "Linux-Sysmon", ..windows("Linux-Sysmon/Operational", 1, &[]) };
    assert!(seen(&sysmon, "linux/process_creation").is_some() && seen(&sysmon, "windows").is_none());

    let fields = vec![("type", "EXECVE"), ("exe", "/usr/bin/cat"), ("proctitle", "cat\0/etc/shadow"), ("uid", "0")];
    let audit = Record { format: Format::Auditd, channel: "", provider: "EXECVE", id: None, fields };
    let expected = [("Image", "/usr/bin/cat"), ("CommandLine", "cat /etc/shadow"), ("User", "0")];
    assert_seen(&audit, "linux/process_creation", &expected);
    assert!(seen(&audit, "linux/-/auditd").is_some() && seen(&audit, "linux").is_some());
    assert!(seen(&audit, "linux/file_event").is_none());
}

#[test]
fn given_source_covers_what_does_not_tell_its_own() {
    let mut taxonomy = Taxonomy::builtin().unwrap();
    assert_eq!(taxonomy.reach(&source("zeek/-/dns")), Reach::Given);
    assert_eq!(taxonomy.reach(&source("windows/-/secruity")), Reach::Unknown);
    taxonomy.assume(source("zeek/-/dns"));
    taxonomy.assume(source("windows/process_creation"));
    assert_eq!(taxonomy.reach(&source("zeek/-/dns")), Reach::Record);
    let satisfies = |format, provider, wanted: &str| {
        let views = taxonomy.views(format, "", provider, None);
        views.iter().any(|view| view.sources.iter().any(|have| have.satisfies(&source(wanted))))
    };
    for format in [Format::Generic, Format::Syslog, Format::Windows] {
        for wanted in ["zeek/-/dns", "zeek", "windows/process_creation", "windows"] {
            assert!(satisfies(format, "", wanted), "{format:?} {wanted}");
        }
    }
    assert!(!satisfies(Format::Windows, "Microsoft-Windows-Sysmon", "zeek"));
    assert!(!satisfies(Format::Auditd, "", "zeek"));
}

// --- Published rules and recordings, where they are at hand ---------------------------------------------------------------

fn data(folder: &str) -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = env::var_os("CORDON_DATA").map_or_else(default, PathBuf::from).join(folder);
    let there = path.is_dir();
    if !there {
        println!("skipped: {} because it is not there; CORDON_DATA names the folder of test data", path.display());
    }
    there.then_some(path)
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|have| have == extension) {
            found.push(path);
        }
    }
}

#[derive(Deserialize)]
struct Rule {
    id: Option<String>,
    logsource: Option<Wanted>,
}

/// A log source as rules write it, with prose beside it.
#[derive(Deserialize)]
struct Wanted {
    product: Option<String>,
    category: Option<String>,
    service: Option<String>,
}

/// Every rule: its file, its id and the log source it asks for. Only the two keys are parsed; detections take longer.
fn rules(folder: &Path) -> Vec<(PathBuf, String, LogSource)> {
    let mut paths = Vec::new();
    for tree in ["rules", "rules-emerging-threats", "rules-threat-hunting"] {
        files(&folder.join(tree), "yml", &mut paths);
    }
    let mut rules = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for document in text.split("\n---") {
            let mut keep = false;
            let head = document.lines().filter(|line| {
                if !line.starts_with([' ', '#', '-']) && !line.is_empty() {
                    keep = line.starts_with("id:") || line.starts_with("logsource:");
                }
                keep
            });
            let head: Rule = yaml_serde::from_str(&head.collect::<Vec<_>>().join("\n")).unwrap();
            if let Some(Wanted { product, category, service }) = head.logsource {
                rules.push((path.clone(), head.id.unwrap_or_default(), LogSource { product, category, service }));
            }
        }
    }
    rules
}

#[test]
fn every_log_source_of_the_published_rules_is_known() {
    let Some(folder) = data("sigma") else { return };
    let taxonomy = Taxonomy::builtin().unwrap();
    let rules = rules(&folder);
    assert!(rules.len() > 3_000, "only {} rules were read", rules.len());
    let unknown: Vec<_> = rules.iter().filter(|rule| taxonomy.reach(&rule.2) == Reach::Unknown).collect();
    assert!(unknown.is_empty(), "add to content/taxonomy.yaml the log sources of {unknown:#?}");
    let by_record = rules.iter().filter(|rule| taxonomy.reach(&rule.2) == Reach::Record).count();
    println!("{by_record} of {} rules apply to logs that tell their source", rules.len());
    let windows = rules.iter().filter(|rule| rule.2.product.as_deref() == Some("windows"));
    let given: Vec<_> = windows.filter(|rule| taxonomy.reach(&rule.2) != Reach::Record).map(|rule| &rule.2.category).collect();
    assert!(given.iter().all(|category| category.as_deref() == Some("file_rename")), "{given:?}");
}

#[derive(Deserialize)]
struct Case {
    rule_metadata: Vec<CaseRule>,
}

#[derive(Deserialize)]
struct CaseRule {
    id: String,
}

#[test]
fn recorded_cases_satisfy_the_log_source_of_their_rule() {
    let (Some(folder), Some(sigma)) = (data("sigma-regression"), data("sigma")) else { return };
    let taxonomy = Taxonomy::builtin().unwrap();
    let sources: HashMap<_, _> = rules(&sigma).into_iter().map(|(_, id, source)| (id, source)).collect();
    let (mut cases, mut seen) = (Vec::new(), 0);
    files(&folder, "yml", &mut cases);
    for case in cases {
        let rule: Case = yaml_serde::from_str(&fs::read_to_string(&case).unwrap()).unwrap();
        let wanted = &sources[&rule.rule_metadata[0].id];
        let mut logs = Vec::new();
        files(case.parent().unwrap(), "json", &mut logs);
        for text in logs.iter().map(|log| fs::read_to_string(log).unwrap()) {
            for event in serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>() {
                assert!(event_satisfies(&taxonomy, &event.unwrap()["Event"], wanted), "{} is no {wanted:?}", case.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 101, "only {seen} events were read");
}

/// `event` in the shape of `evtx_dump`.
fn event_satisfies(taxonomy: &Taxonomy, event: &serde_json::Value, wanted: &LogSource) -> bool {
    let system = &event["System"];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let id = system["EventID"].as_u64().or_else(|| system["EventID"]["#text"].as_u64()).map(|id| id as u32);
    let provider = text(&system["Provider"]["#attributes"]["Name"]);
    let channel = text(&system["Channel"]);
    let fields: Vec<_> =
        event["EventData"].as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), text(value))).collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // With the channel, and as a shipper that leaves it out would have it.
    [channel.as_str(), ""].iter().all(|channel| {
        let views = taxonomy.views(Format::Windows, channel, &provider, id);
        views.iter().any(|view| view.sources.iter().any(|source| source.satisfies(wanted)) && holds(view, &fields))
    })
}
