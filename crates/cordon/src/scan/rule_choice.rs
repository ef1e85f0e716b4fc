//! The rules of a scan: loaded, and what is wrong with them said.

use cordon_detect::RuleSet;

use crate::{
    cli::ScanArgs,
    report::{ScanStats, UnloadedRule},
    rules::load::{self, RuleFiles},
    say, suggest,
};

/// Rules with a mistake that are named before the scan; the summary and `cordon rules check` name more.
const NAMED: usize = 10;

/// The rules, and which of them not to report.
#[derive(Debug)]
pub(crate) struct ChosenRules {
    /// All that could be loaded.
    pub(crate) set: RuleSet,
    /// By rule id: whether `--exclude-rule` names it.
    pub(crate) is_excluded: Vec<bool>,
    /// Files that could not be read at all: name and reason.
    unreadable: Vec<(String, String)>,
}

/// Loads what the arguments ask for, and says what could not be loaded.
///
/// # Errors
/// A folder is missing, or no rule is left.
pub(crate) fn load(args: &ScanArgs) -> anyhow::Result<ChosenRules> {
    let placeholders = load::placeholders(args.placeholders.as_ref())?;
    let files = RuleFiles::from_args(&args.rules)?;
    let set = files.compile(args.min_level, &placeholders, args.logsource.as_ref())?;
    let chosen = ChosenRules { is_excluded: excluded(&set, &args.exclude_rule), set, unreadable: files.unreadable };
    chosen.say_problems();
    anyhow::ensure!(!chosen.set.rules().is_empty(), "{}", no_rules(args, &chosen));
    Ok(chosen)
}

impl ChosenRules {
    fn say_problems(&self) {
        for (name, reason) in &self.unreadable {
            say(&format!("cannot read rule file {name}: {reason}"));
        }
        let problems = self.set.problems();
        for problem in problems.iter().take(NAMED) {
            say(&format!("rule left out: {}:{}: {}", problem.file, problem.line, problem.reason));
        }
        if let Some(more) = problems.len().checked_sub(NAMED).filter(|more| *more > 0) {
            say(&format!("{more} more rules left out; `cordon rules check DIR` names them all"));
        }
    }

    /// Puts the figures of the rules into `stats`.
    pub(crate) fn describe(&self, stats: &mut ScanStats) {
        stats.rules = self.set.rules().len() as u64;
        for (file, reason) in &self.unreadable {
            stats.unloaded.push(UnloadedRule { file: file.clone(), line: 1, title: None, reason: reason.clone() });
        }
        for problem in self.set.problems() {
            stats.unloaded.push(UnloadedRule {
                file: problem.file.clone(),
                line: problem.line,
                title: problem.title.clone(),
                reason: problem.reason.clone(),
            });
        }
    }
}

fn no_rules(args: &ScanArgs, chosen: &ChosenRules) -> String {
    let failed = chosen.set.problems().len() + chosen.unreadable.len();
    let places: Vec<_> = args.rules.dirs.iter().map(|dir| dir.display().to_string()).collect();
    let place = if places.is_empty() { "the built-in pack".to_owned() } else { places.join(", ") };
    match (failed, args.min_level) {
        (0, Some(level)) => format!("no rule of level {level} or above in {place}; choose a lower --min-level"),
        (0, None) => format!("no rule in {place}; --rules takes a Sigma rule (.yml) or a folder of them"),
        _ => format!("none of the {failed} rules in {place} could be loaded; `cordon rules check` says why"),
    }
}

/// By rule id: whether one of `names` is its id or title.
fn excluded(set: &RuleSet, names: &[String]) -> Vec<bool> {
    let mut is_excluded = vec![false; set.rules().len()];
    for name in names {
        let mut was_found = false;
        for (flag, rule) in is_excluded.iter_mut().zip(set.rules()) {
            if rule.info.id.eq_ignore_ascii_case(name) || rule.info.title.eq_ignore_ascii_case(name) {
                (*flag, was_found) = (true, true);
            }
        }
        if !was_found {
            let near = suggest::nearest(name, set.rules().iter().map(|rule| rule.info.title.clone()));
            let hint = near.map_or_else(String::new, |title| format!("; did you mean {title:?}?"));
            say(&format!("--exclude-rule {name:?}: no rule has this id or title{hint}"));
        }
    }
    is_excluded
}
