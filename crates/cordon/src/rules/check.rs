//! `cordon rules check`.

use std::{fmt::Write as _, path::PathBuf};

use cordon_detect::RuleKind;

use super::load::{self, RuleFiles};
use crate::{
    exit::Exit,
    report::text::{counted, one_line},
};

/// The page to print: each mistake by file and line, then the counts.
///
/// # Errors
/// A folder is missing or holds no rule.
pub(crate) fn run(dirs: &[PathBuf], placeholders: Option<&PathBuf>) -> anyhow::Result<(String, Exit)> {
    let placeholders = load::placeholders(placeholders)?;
    let mut files = RuleFiles::default();
    for dir in dirs {
        files.add_path(dir)?;
    }
    let set = files.compile(None, &placeholders, None)?;

    let mut page = String::new();
    for (name, reason) in &files.unreadable {
        let _ = writeln!(page, "{}", one_line(&format!("{name}: cannot be read: {reason}")));
    }
    for problem in set.problems() {
        let _ = writeln!(page, "{}", one_line(&problem.to_string()));
    }
    let problems = (files.unreadable.len() + set.problems().len()) as u64;
    let correlations = set.rules().iter().filter(|rule| rule.kind == RuleKind::Correlation).count() as u64;
    let loaded = set.rules().len() as u64;
    if loaded + problems == 0 {
        let places: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        anyhow::bail!("no rule in {}; a Sigma rule is a .yml file with title, logsource and detection", places.join(", "));
    }
    let _ = writeln!(
        page,
        "{} in {} loaded ({}), {}",
        counted(loaded, "rule", "rules"),
        counted(files.files.len() as u64, "file", "files"),
        counted(correlations, "correlation", "correlations"),
        counted(problems, "mistake", "mistakes"),
    );
    Ok((page, if problems > 0 { Exit::Found } else { Exit::Done }))
}
