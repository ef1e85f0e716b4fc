//! `cordon rules list`.

use std::fmt::Write as _;

use cordon_detect::{Rule, RuleKind};
use cordon_event::LogSource;
use cordon_model::Level;
use serde_json::json;

use super::load::{Placeholders, RuleFiles};
use crate::{cli::RuleArgs, exit::Exit, report::text, say};

/// The page to print. Most serious first, then by title.
///
/// # Errors
/// A folder is missing.
pub(crate) fn run(word: Option<&str>, args: &RuleArgs, levels: &[Level], as_json: bool) -> anyhow::Result<(String, Exit)> {
    let set = RuleFiles::from_args(args)?.compile(None, &Placeholders::new(), None)?;
    let word = word.unwrap_or_default().to_lowercase();
    let is_wanted = |rule: &&Rule| (levels.is_empty() || levels.contains(&rule.info.level)) && mentions(rule, &word);
    let mut rules: Vec<&Rule> = set.rules().iter().filter(is_wanted).collect();
    rules.sort_by(|a, b| b.info.level.cmp(&a.info.level).then_with(|| a.info.title.cmp(&b.info.title)));

    let mut page = String::new();
    for rule in &rules {
        // Writing to a `String` cannot fail.
        let _ = if as_json { writeln!(page, "{}", record(rule)) } else { writeln!(page, "{}", line(rule)) };
    }
    if !as_json {
        page += &format!("{}\n", text::counted(rules.len() as u64, "rule", "rules"));
    }
    if !set.problems().is_empty() {
        let count = text::counted(set.problems().len() as u64, "rule", "rules");
        say(&format!("{count} could not be loaded; `cordon rules check DIR` says why"));
    }
    Ok((page, Exit::Done))
}

fn mentions(rule: &Rule, word: &str) -> bool {
    let info = &rule.info;
    let texts = [&info.title, &info.id, &info.file, &info.description];
    texts.into_iter().chain(&info.tags).any(|text| text.to_lowercase().contains(word))
}

/// Such as `high  Shadow copies deleted  T1490  windows/process_creation`.
fn line(rule: &Rule) -> String {
    let techniques: Vec<String> = rule.info.techniques().collect();
    let source = match rule.kind {
        RuleKind::Detection => source_text(&rule.logsource),
        RuleKind::Correlation => "correlation".to_owned(),
    };
    let title = text::fit(&text::one_line(&rule.info.title), 60, "…");
    let padding = " ".repeat(60_usize.saturating_sub(title.chars().count()));
    format!("{:<13} {title}{padding} {:<20} {}", rule.info.level, text::one_line(&techniques.join(",")), text::one_line(&source))
}

/// Such as `windows/process_creation`.
pub(super) fn source_text(source: &LogSource) -> String {
    let parts = [&source.product, &source.category, &source.service];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
}

fn record(rule: &Rule) -> serde_json::Value {
    let info = &rule.info;
    json!({
        "id": info.id,
        "title": info.title,
        "level": info.level.as_str(),
        "kind": match rule.kind { RuleKind::Detection => "detection", RuleKind::Correlation => "correlation" },
        "techniques": info.techniques().collect::<Vec<_>>(),
        "tags": info.tags,
        "logsource": {
            "product": rule.logsource.product,
            "category": rule.logsource.category,
            "service": rule.logsource.service,
        },
        "description": info.description,
        "author": info.author,
        "references": info.references,
        "false_positives": info.false_positives,
        "file": info.file,
        "line": info.line,
    })
}
