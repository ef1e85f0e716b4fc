//! Rules with the events that match them: some of the built-in ones, and one for every form that Sigma has.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::Seed;

const MARK: &str = "\n%%%%\n";
/// One rule in so many becomes a seed.
const EVERY: usize = 12;
const MAX_RULE_BYTES: u64 = 6 << 10;

/// Built-in rules with the events beside them.
pub(crate) fn from_content(directory: &Path) -> Result<Vec<Seed>> {
    let mut files = Vec::new();
    collect(directory, &mut files)?;
    files.sort();
    let mut seeds = Vec::new();
    for file in files.iter().step_by(EVERY) {
        let rule = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let events = fs::read_to_string(file.with_extension("test.json")).unwrap_or_default();
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        seeds.push((name, format!("{rule}{MARK}{}", lines(&events)).into_bytes()));
    }
    Ok(seeds)
}

/// The events of a test file, one a line.
fn lines(text: &str) -> String {
    let Ok(Value::Object(sides)) = serde_json::from_str(text) else { return String::new() };
    let events = sides.values().flat_map(|side| match side {
        Value::Array(events) => events.as_slice(),
        event => std::slice::from_ref(event),
    });
    events.map(|event| format!("{event}\n")).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", directory.display()))?;
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yml") && entry.metadata()?.len() <= MAX_RULE_BYTES {
            files.push(path);
        }
    }
    Ok(())
}

/// Every modifier and every form of condition.
pub(crate) fn forms() -> Vec<Seed> {
    let detections = [
        ("wildcards", r"{CommandLine: ['*a?b*', 'c\*d', 'e\\', '*'], Image|startswith: 'C:\'}"),
        ("contains_all", "{CommandLine|contains|all: [vssadmin, delete], User|endswith: SYSTEM}"),
        ("re_flags", r"{CommandLine|re|i|m|s: '^vss(admin|x)\s+.*$'}"),
        ("cidr", "{SourceIp|cidr: [192.0.2.0/24, '2001:db8::/32']}"),
        ("numbers", "{LogonType|gte: 3, ProcessId|lt: 5000, n|neq: 0}"),
        ("null_exists", "{a: null, b: '', Image|exists: true, c|exists: false}"),
        ("fieldref", "{Image|fieldref: CommandLine, a|fieldref|endswith: b}"),
        ("base64", "{CommandLine|wide|base64offset|contains: [IEX, Invoke], a|base64: x, b|utf16be|base64: y}"),
        ("windash", "{CommandLine|windash|contains: ' -nop ', x|cased: Y}"),
        ("expand", "{User|expand: '%admins%'}"),
        ("keywords", "['vssadmin', 'del*shadows']"),
        ("list_of_maps", "[{Image|endswith: cmd.exe}, {User: SYSTEM, a: [1, 2.5, true]}]"),
        ("time", "{SystemTime|hour: 8, SystemTime|week: 19}"),
    ];
    let conditions = ["s", "not s", "1 of them", "all of s*", "s and not (f or 1 of f*)", "2 of them or s"];
    let mut seeds: Vec<Seed> = detections
        .iter()
        .zip(conditions.iter().cycle())
        .map(|((name, detection), condition)| {
            let rule = format!(
                "title: {name}\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {{product: windows, category: process_creation}}\ndetection:\n  s: {detection}\n  f: {{Image: x}}\n  condition: {condition}\nlevel: high\n"
            );
            ((*name).to_owned(), rule.into_bytes())
        })
        .collect();
    let documents = "title: a\nname: a\nlogsource: {category: process_creation}\ndetection: {s: {Image|contains: cmd}, condition: s}\n---\ntitle: f\nlogsource: {category: process_creation}\nfilter: {rules: [a], s: {User: x}, condition: not s}\n---\ntitle: c\ncorrelation: {type: value_count, rules: [a], group-by: [User], timespan: 5m, condition: {field: Computer, gte: 2}}\n---\ntitle: t\ncorrelation: {type: temporal, rules: [a, c], timespan: 1h, condition: a and not c}\n";
    seeds.push(("documents".into(), documents.into()));
    seeds.push((
        "anchors".into(),
        b"x: &x [1, 2]\ny: &y [*x, *x]\ntitle: [*y, *y]\ndetection: {s: {a: *y}, condition: s}\nlogsource: {product: windows}\n"
            .to_vec(),
    ));
    seeds.push((
        "deep".into(),
        format!(
            "title: d\nlogsource: {{product: windows}}\ndetection: {{s: {{a: b}}, condition: {}s{}}}\n",
            "(".repeat(40),
            ")".repeat(40)
        )
        .into_bytes(),
    ));
    seeds
}
