//! `cordon rules explain`.

use std::{fmt::Write as _, ops::ControlFlow};

use cordon_detect::{Explanation, Matcher, Rule, RuleId, RuleKind, RuleSet};
use cordon_event::{Event, LogSource, Names};

use super::{
    events,
    list::source_text,
    load::{self, RuleFiles},
    tree::{self, Style},
};
use crate::{
    cli::ExplainArgs,
    exit::Exit,
    report::text::{counted, one_line},
    suggest,
};

/// The page to print.
///
/// # Errors
/// There is no such rule, log or event.
pub(crate) fn run(args: &ExplainArgs, style: Style) -> anyhow::Result<(String, Exit)> {
    let placeholders = load::placeholders(args.placeholders.as_ref())?;
    let is_file = std::path::Path::new(&args.rule).is_file();
    let mut files = RuleFiles::default();
    match is_file {
        true => files.add_path(args.rule.as_ref())?,
        false => files = RuleFiles::from_args(&args.rules)?,
    }
    let first = files.compile(None, &placeholders, None)?;
    let found = if is_file { first_detection(&first) } else { first.find(&args.rule) };
    let rule = first.rule(found.ok_or_else(|| anyhow::anyhow!(no_such_rule(args, &first, is_file)))?);
    if rule.kind == RuleKind::Correlation {
        anyhow::bail!("{:?} is a correlation; explain one of the rules that it brings together", rule.info.title);
    }
    // Records that do not tell their log source are taken for what the rule speaks of, unless the user knows better.
    let assumed = args.logsource.clone().unwrap_or_else(|| rule.logsource.clone());
    let id = RuleId(first.rules().iter().position(|other| std::ptr::eq(other, rule)).unwrap_or_default() as u32);
    let set = files.compile(None, &placeholders, Some(&assumed))?;

    let shown = choose(args, &set, id)?;
    Ok((page(set.rule(id), &shown, style), Exit::Done))
}

/// The event that is shown.
struct Shown {
    number: u64,
    label: String,
    explanation: Explanation,
}

fn choose(args: &ExplainArgs, set: &RuleSet, rule: RuleId) -> anyhow::Result<Shown> {
    let mut matcher = Matcher::new(set);
    let (mut number, mut shown) = (0, None);
    events::read_log(&args.event, &mut |event, names| {
        number += 1;
        let is_wanted = match args.record {
            Some(wanted) => number == wanted,
            None => matcher.matches(event, names).contains(&rule),
        };
        if is_wanted || (args.record.is_none() && shown.is_none()) {
            shown = Some(Shown { number, label: label(event, names), explanation: set.explain(rule, event, names) });
        }
        if is_wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    shown.ok_or_else(|| match args.record {
        Some(wanted) => {
            anyhow::anyhow!("{} has no record {wanted}; it holds {}", args.event.display(), counted(number, "event", "events"))
        }
        None => anyhow::anyhow!("{} holds no event", args.event.display()),
    })
}

fn page(rule: &Rule, shown: &Shown, style: Style) -> String {
    let mut page = String::new();
    let info = &rule.info;
    let Shown { number, label, explanation } = shown;
    let verdict = if explanation.matches() { "matches" } else { "does not match" };
    // Writing to a `String` cannot fail.
    let _ = writeln!(page, "Rule      {} ({})", one_line(&info.title), info.level);
    let _ = writeln!(page, "          {}", one_line(&format!("{}:{}", info.file, info.line)));
    let _ = writeln!(page, "Event     {number}: {label}");
    let _ = writeln!(page, "Result    {} {verdict}\n", style.mark(explanation.matches()));
    let _ = writeln!(page, "{} log source {}", style.mark(explanation.applies), one_line(&source_text(&rule.logsource)));
    if !explanation.applies {
        let _ = writeln!(page, "    the event is {}", one_line(&sources(&explanation.sources)));
    }
    page + &tree::draw(&explanation.condition, style, 0)
}

fn sources(sources: &[LogSource]) -> String {
    match sources {
        [] => "of no known log source; --logsource gives it one".to_owned(),
        sources => sources.iter().map(source_text).collect::<Vec<_>>().join(", "),
    }
}

/// Such as `2017-05-12T08:24:00Z Security 4688 on ward-7, record 12`.
fn label(event: &Event<'_>, _names: &Names) -> String {
    let header = &event.header;
    let mut parts = Vec::new();
    parts.extend(header.time.map(|time| time.to_string()));
    parts
        .extend([header.channel, header.provider].iter().map(|value| value.to_text().into_owned()).find(|text| !text.is_empty()));
    parts.extend(header.event_id.map(|id| id.to_string()));
    let host = header.computer.to_text();
    parts.extend((!host.is_empty()).then(|| format!("on {host}")));
    parts.extend(header.record_id.map(|id| format!("record {id}")));
    parts.push(format!("at byte {}", header.offset));
    one_line(&parts.join(" "))
}

fn first_detection(set: &RuleSet) -> Option<RuleId> {
    let at = set.rules().iter().position(|rule| rule.kind == RuleKind::Detection);
    at.or(if set.rules().is_empty() { None } else { Some(0) }).map(|at| RuleId(at as u32))
}

fn no_such_rule(args: &ExplainArgs, set: &RuleSet, is_file: bool) -> String {
    if is_file {
        let reason = set.problems().first().map_or_else(|| "it holds no rule".to_owned(), ToString::to_string);
        return format!("cannot explain {}: {reason}", args.rule);
    }
    let titles = set.rules().iter().map(|rule| rule.info.title.clone());
    match suggest::nearest(&args.rule, titles) {
        Some(title) => format!("no rule has the id or title {:?}; did you mean {title:?}?", args.rule),
        None => format!("no rule has the id or title {:?}, and no file is called so; `cordon rules list` shows them", args.rule),
    }
}
