//! What the tests against outside data share: where it is, and the oracle that judges the matcher.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

pub mod naive;
pub mod record;
pub mod rule;
pub mod strategy;
pub mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cordon_detect::RuleSet;
use cordon_event::{Event, LogSource, Names, Taxonomy, Value, View};
use rsigma_eval::{Engine, event::JsonEvent};
use serde_json::{Map, Value as Json};

/// The folder of rules and recordings; says that the test is skipped when there is none.
pub fn data(test: &str) -> Option<PathBuf> {
    let given = std::env::var_os("CORDON_DATA").map(PathBuf::from);
    let path = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    if path.join("sigma").is_dir() {
        return Some(path);
    }
    println!("skipped: {test}: no rules and recordings at {} (set CORDON_DATA)", path.display());
    None
}

/// All files below `folder` with this ending, in order.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The published rules below these folders of the data, compiled.
pub fn rules(data: &Path, folders: &[&str]) -> RuleSet {
    let mut builder = RuleSet::builder();
    for folder in folders {
        for path in files(&data.join("sigma").join(folder), "yml") {
            builder.add_file(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
        }
    }
    builder.compile(Taxonomy::builtin().unwrap())
}

/// The same rules in `rsigma-eval`, an engine for each log source.
pub struct Oracle {
    engines: Vec<(LogSource, Engine)>,
    /// Rules that it refuses, with its reason.
    pub refused: BTreeMap<String, String>,
}

impl Oracle {
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut groups: Vec<(LogSource, Vec<rsigma_parser::SigmaRule>)> = Vec::new();
        for text in texts {
            for rule in rsigma_parser::parse_sigma_yaml(&text).unwrap().rules {
                let source = &rule.logsource;
                let source = LogSource {
                    product: source.product.clone(),
                    category: source.category.clone(),
                    service: source.service.clone(),
                };
                match groups.iter_mut().find(|(known, _)| *known == source) {
                    Some((_, rules)) => rules.push(rule),
                    None => groups.push((source, vec![rule])),
                }
            }
        }
        let mut refused = BTreeMap::new();
        let engines = groups.into_iter().map(|(source, rules)| {
            let mut engine = Engine::new();
            for (at, error) in engine.add_rules(&rules) {
                refused.insert(rules[at].id.clone().unwrap_or_default(), error.to_string());
            }
            (source, engine)
        });
        Self { engines: engines.collect(), refused }
    }

    /// The ids of the rules that match an event, given the views under which it is to be looked at.
    pub fn matches(&self, event: &Event<'_>, names: &Names, views: &[View]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for view in views.iter().filter(|view| view_holds(view, event, names)) {
            let json = Json::Object(normalised(event, names, view));
            let event = JsonEvent::borrow(&json);
            let satisfied = self.engines.iter().filter(|(wanted, _)| view.sources.iter().any(|source| source.satisfies(wanted)));
            let results = satisfied.flat_map(|(_, engine)| engine.evaluate(&event));
            found.extend(results.map(|result| result.header.rule_id.unwrap_or(result.header.rule_title)));
        }
        found
    }
}

fn values<'e>(event: &'e Event<'_>, names: &Names, name: &str) -> Vec<Value<'e>> {
    let id = names.find(name);
    event.fields.iter().filter(|field| Some(field.name) == id).map(|field| field.value).collect()
}

pub fn view_holds(view: &View, event: &Event<'_>, names: &Names) -> bool {
    view.when.iter().all(|when| values(event, names, &when.field).into_iter().any(|value| when.holds(value)))
}

/// The event as a flat JSON object under the names of a view: texts as strings, what occurs more than once as an array.
pub fn normalised(event: &Event<'_>, names: &Names, view: &View) -> Map<String, Json> {
    let one = |mut list: Vec<Json>| if list.len() == 1 { list.remove(0) } else { Json::Array(list) };
    let json = |list: Vec<Option<String>>| one(list.into_iter().map(|text| text.map_or(Json::Null, Json::from)).collect());
    told(event, names, view).into_iter().map(|(name, list)| (name, json(list))).collect()
}

/// The texts of an event by the names that they have in a view, `None` for null.
pub fn told(event: &Event<'_>, names: &Names, view: &View) -> BTreeMap<String, Vec<Option<String>>> {
    let mut lists: BTreeMap<&str, Vec<Option<String>>> = BTreeMap::new();
    for field in &event.fields {
        let text = (!field.value.is_null()).then(|| field.value.to_text().into_owned());
        lists.entry(names.name(field.name)).or_default().push(text);
    }
    let mut told: BTreeMap<&str, Vec<Option<String>>> = BTreeMap::new();
    for alias in &view.aliases {
        let list = told.entry(&alias.name).or_default();
        if !list.is_empty() {
            continue;
        }
        let with = alias.with.as_ref().and_then(|(_, second)| values(event, names, second).first().copied());
        let from = alias.from.iter().flat_map(|from| values(event, names, from));
        list.extend(from.filter_map(|value| alias.text(value, with)).map(|text| Some(text.into_owned())));
    }
    for (name, list) in told {
        lists.remove(name);
        if !list.is_empty() {
            lists.insert(name, list);
        }
    }
    lists.into_iter().map(|(name, list)| (name.to_owned(), list)).collect()
}
