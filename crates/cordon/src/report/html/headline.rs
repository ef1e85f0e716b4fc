//! The first screen: what happened, in plain language, and the figures behind it.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use cordon_model::Level;

use super::{content, host_name, tag, time};
use crate::report::{
    Findings, ScanStats, attack,
    rank::{RankedHost, RankedRule},
    text,
};

/// Steps of the story that are told.
const STEPS: usize = 8;

/// One line that says it all; also the title of the page.
pub(super) fn title(findings: &Findings, stats: &ScanStats) -> String {
    let Some(worst) = findings.worst() else {
        return if stats.events == 0 { "No event was read".to_owned() } else { "No rule matched".to_owned() };
    };
    let count = findings.levels()[worst as usize];
    let detections = if count == 1 { "detection" } else { "detections" };
    let hosts = hosts_at(findings, worst);
    format!("{} {worst} {detections} on {}", text::count(count), text::counted(hosts, "host", "hosts"))
}

fn hosts_at(findings: &Findings, level: Level) -> u64 {
    findings.hosts().iter().filter(|host| host.levels[level as usize] > 0).count().max(1) as u64
}

/// Headline, key figures and the list of contents.
pub(super) fn write(
    page: &mut impl Write,
    findings: &Findings,
    stats: &ScanStats,
    ranked: &[RankedRule<'_>],
    hosts: &[RankedHost<'_>],
) -> io::Result<()> {
    let worst = findings.worst();
    let class = worst.map_or("none".to_owned(), |level| format!("w{}", level as usize));
    writeln!(page, "<section class=\"hero {class}\" aria-labelledby=\"top\">")?;
    writeln!(page, "<h1 id=\"top\">{}</h1>", content(&title(findings, stats)))?;
    if findings.total() == 0 {
        write_nothing(page, stats)?;
    } else {
        writeln!(page, "<p class=\"lead\">{}</p>", lead(findings, ranked, hosts))?;
        write_story(page, ranked, hosts)?;
    }
    writeln!(page, "</section>")?;
    write_figures(page, findings, stats)?;
    write_contents(page, findings, stats)
}

fn write_nothing(page: &mut impl Write, stats: &ScanStats) -> io::Result<()> {
    let text = if stats.events == 0 {
        "Nothing was read, so nothing can be said. Check which files were given, and what could not be read below."
    } else if stats.rules == 0 {
        "No rule was loaded, so nothing could match."
    } else {
        "That does not prove that nothing happened. Rules see only what was logged, and only what they describe. Logs that were not \
         collected, were overwritten or were cleared say nothing."
    };
    writeln!(page, "<p class=\"lead\">{text}</p>")
}

fn lead(findings: &Findings, ranked: &[RankedRule<'_>], hosts: &[RankedHost<'_>]) -> String {
    let mut lead = String::new();
    let rules = text::counted(ranked.len() as u64, "rule", "rules");
    let total = text::counted(findings.total(), "time", "times");
    let on = text::counted(findings.hosts().len() as u64, "host", "hosts");
    match findings.span() {
        Some((first, last)) if first == last => {
            let _ = write!(lead, "At {} UTC, {rules} matched {total} on {on}.", time(first));
        }
        Some((first, last)) if text::day(first) == text::day(last) => {
            let clock = text::clock(last);
            let _ = write!(
                lead,
                "Between {} and <time datetime=\"{last}\">{clock}</time> UTC, {rules} matched {total} on {on}.",
                time(first)
            );
        }
        Some((first, last)) => {
            let _ = write!(lead, "Between {} and {} UTC, {rules} matched {total} on {on}.", time(first), time(last));
        }
        None => {
            let _ = write!(lead, "{rules} matched {total} on {on}; none of the records has a time.");
        }
    }
    let tactics: Vec<attack::Tactic> = findings.tactics().iter().map(|(tactic, _)| *tactic).collect();
    if let [first, .., last] = tactics.as_slice() {
        let _ =
            write!(lead, " The rules belong to {} ATT&amp;CK tactics, from {} to {}.", tactics.len(), first.name(), last.name());
    }
    if let Some(host) = hosts.first().filter(|_| hosts.len() > 1) {
        let tactics = if host.tactics.len() > 1 { format!(" across {} tactics", host.tactics.len()) } else { String::new() };
        let rules = text::counted(host.rules, "rule", "rules");
        let _ = write!(lead, " Look at <b>{}</b> first: {rules} matched there{tactics}.", host_name(&host.host.name));
    }
    lead
}

/// The serious rules in the order in which they first matched.
fn write_story(page: &mut impl Write, ranked: &[RankedRule<'_>], hosts: &[RankedHost<'_>]) -> io::Result<()> {
    let floor = ranked.first().map_or(Level::Informational, |worst| worst.rule.info.level.min(Level::High));
    let serious = ranked.iter().filter(|ranked| ranked.rule.info.level >= floor && ranked.rule.tally.span.is_some());
    let mut steps: Vec<&RankedRule<'_>> = serious.take(STEPS).collect();
    steps.sort_by_key(|step| step.rule.tally.span);
    if steps.len() < 2 {
        return Ok(());
    }
    writeln!(page, "<h2 class=\"small\">The most serious, in order of time</h2>\n<ol class=\"story\">")?;
    for step in steps {
        let rule = step.rule;
        let Some((first, _)) = rule.tally.span else { continue };
        let place = rule.hosts.iter().filter(|(_, tally)| tally.span.is_some()).min_by_key(|(_, tally)| tally.span);
        let name =
            place.and_then(|(place, _)| hosts.iter().find(|host| host.place == *place)).map(|host| host_name(&host.host.name));
        let others = rule.hosts.len().saturating_sub(1) as u64;
        let more =
            if others > 0 { format!(", then {}", text::counted(others, "more host", "more hosts")) } else { String::new() };
        writeln!(
            page,
            "<li>{} <span>{} <a href=\"#r{}\">{}</a>{}{more}</span></li>",
            time(first),
            tag(rule.info.level),
            step.place,
            content(text::head(&rule.info.title, 300)),
            name.map_or(String::new(), |name| format!(" on {name}")),
        )?;
    }
    writeln!(page, "</ol>")
}

fn write_figures(page: &mut impl Write, findings: &Findings, stats: &ScanStats) -> io::Result<()> {
    writeln!(page, "<section aria-label=\"Key figures\">\n<dl class=\"figures\">")?;
    for level in Level::DESCENDING {
        let count = findings.levels()[level as usize];
        let empty = if count == 0 { " zero" } else { "" };
        writeln!(page, "<div class=\"f l{}{empty}\"><dt>{level}</dt><dd>{}</dd></div>", level as usize, text::count(count))?;
    }
    let unread = stats.unread.total();
    let hosts = findings.hosts().len() as u64;
    let plus = if findings.on_other_hosts() > 0 { "+" } else { "" };
    for (name, value) in [
        ("hosts", format!("{}{plus}", text::count(hosts))),
        (
            "rules matched",
            format!("{} <small>of {}</small>", text::count(findings.rules().len() as u64), text::count(stats.rules)),
        ),
        ("events", text::count(stats.events)),
        ("files", format!("{} <small>{}</small>", text::count(stats.files), text::size(stats.bytes))),
    ] {
        writeln!(page, "<div class=\"f\"><dt>{name}</dt><dd>{value}</dd></div>")?;
    }
    let (class, name) =
        if unread > 0 { (" warn", "<a href=\"#unread\">places not read</a>") } else { (" zero", "places not read") };
    writeln!(page, "<div class=\"f{class}\"><dt>{name}</dt><dd>{}</dd></div>", text::count(unread))?;
    writeln!(page, "</dl>\n</section>")
}

fn write_contents(page: &mut impl Write, findings: &Findings, stats: &ScanStats) -> io::Result<()> {
    let found = findings.total() > 0;
    writeln!(page, "<nav class=\"contents\" aria-label=\"Contents\"><ul>")?;
    for (anchor, name, shown) in [
        ("timeline", "Timeline", found && findings.span().is_some()),
        ("hosts", "Hosts", found),
        ("attack", "ATT&amp;CK matrix", found),
        ("detections", "Detections", found),
        ("unread", "Not read", stats.unread.total() > 0),
        ("unloaded", "Rules not loaded", stats.unloaded.total() > 0),
        ("about", "How this was made", true),
    ] {
        if shown {
            writeln!(page, "<li><a href=\"#{anchor}\">{name}</a></li>")?;
        }
    }
    writeln!(page, "</ul></nav>")
}
