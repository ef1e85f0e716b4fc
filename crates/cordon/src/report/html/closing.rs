//! The end of the report: what could not be read, which rules took no part, and how the report was made, with its limits.

use std::io::{self, Write};

use super::content;
use crate::report::{Findings, ScanStats, text};

/// Logs listed.
const SOURCES: usize = 100;

pub(super) fn write(page: &mut impl Write, findings: &Findings, stats: &ScanStats) -> io::Result<()> {
    write_unread(page, stats)?;
    write_unloaded(page, stats)?;
    writeln!(page, "<section id=\"about\" class=\"card\"><h2>How this was made</h2>\n<dl class=\"facts\">")?;
    write_figures(page, stats)?;
    writeln!(page, "</dl>\n<h3>What this report leaves out</h3>\n<ul>")?;
    write_limits(page, findings, stats)?;
    writeln!(page, "</ul>")?;
    write_sources(page, findings)?;
    writeln!(
        page,
        "<p class=\"note\">Names of tactics and techniques: MITRE ATT&amp;CK®, © The MITRE Corporation, reproduced with its permission. \
         Rules are their authors' work.</p></section>"
    )
}

fn write_unread(page: &mut impl Write, stats: &ScanStats) -> io::Result<()> {
    if stats.unread.total() == 0 {
        return Ok(());
    }
    writeln!(
        page,
        "<section id=\"unread\" class=\"card warn\"><h2>What could not be read</h2>\n<p>{} could not be read. Whatever could be read \
         around them was, and is part of this report.</p>\n<div class=\"scroll\"><table class=\"stack\"><thead><tr><th \
         scope=\"col\">File</th><th scope=\"col\" class=\"n\">At byte</th><th scope=\"col\">Why</th></tr></thead><tbody>",
        text::counted(stats.unread.total(), "file or stretch of a file", "files or stretches of files"),
    )?;
    for unread in stats.unread.kept() {
        let offset = unread.offset.map_or("whole file".to_owned(), text::count);
        writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"n\" data-n=\"At byte\">{offset}</td><td data-n=\"Why\">{}</td></tr>",
            content(text::head(&unread.source, 1000)),
            content(text::head(&unread.reason, 1000)),
        )?;
    }
    writeln!(page, "</tbody></table></div>")?;
    write_left_out(page, stats.unread.left_out())?;
    writeln!(page, "</section>")
}

fn write_unloaded(page: &mut impl Write, stats: &ScanStats) -> io::Result<()> {
    if stats.unloaded.total() == 0 {
        return Ok(());
    }
    writeln!(
        page,
        "<section id=\"unloaded\" class=\"card warn\"><h2>Rules that were not loaded</h2>\n<p>{} took no part. \
         <code>cordon rules check</code> lists them with what was expected.</p>\n<div class=\"scroll\"><table class=\"stack\"><thead><tr>\
         <th scope=\"col\">File and line</th><th scope=\"col\">Rule</th><th scope=\"col\">Why</th></tr></thead><tbody>",
        text::counted(stats.unloaded.total(), "rule", "rules"),
    )?;
    for rule in stats.unloaded.kept() {
        writeln!(
            page,
            "<tr><th scope=\"row\">{}:{}</th><td data-n=\"Rule\">{}</td><td data-n=\"Why\">{}</td></tr>",
            content(text::head(&rule.file, 1000)),
            rule.line,
            content(text::head(rule.title.as_deref().unwrap_or("–"), 300)),
            content(text::head(&rule.reason, 1000)),
        )?;
    }
    writeln!(page, "</tbody></table></div>")?;
    write_left_out(page, stats.unloaded.left_out())?;
    writeln!(page, "</section>")
}

fn write_left_out(page: &mut impl Write, left_out: u64) -> io::Result<()> {
    if left_out == 0 { Ok(()) } else { writeln!(page, "<p>and {} more</p>", text::count(left_out)) }
}

fn write_figures(page: &mut impl Write, stats: &ScanStats) -> io::Result<()> {
    let mut facts = vec![("Made by", format!("Cordon {}", content(&stats.version)))];
    if let Some(started) = stats.started {
        facts.push(("Scan began", format!("{} UTC, by the clock of the machine that ran it", super::time(started))));
    }
    let took = text::span(stats.wall.as_micros() as i64);
    let cpu = stats.cpu.map_or(String::new(), |cpu| format!(", {} of processor time", text::span(cpu.as_micros() as i64)));
    facts.push(("Took", format!("{took} on {}{cpu}", text::counted(stats.threads as u64, "thread", "threads"))));
    let rate = stats.events_per_second().map_or(String::new(), |rate| format!(", {} a second", text::count(rate)));
    let (events, files) = (text::counted(stats.events, "event", "events"), text::counted(stats.files, "file", "files"));
    facts.push(("Read", format!("{events} in {files} of {}{rate}", text::size(stats.bytes))));
    if let Some((first, last)) = stats.span {
        facts.push(("Events from", format!("{} to {} UTC", super::time(first), super::time(last))));
    }
    facts.push(("Rules", format!("{} loaded, {} not", text::count(stats.rules), text::count(stats.unloaded.total()))));
    for (name, value) in stats.options.iter().take(40) {
        facts.push(("Option", format!("{} <code>{}</code>", content(text::head(name, 100)), content(text::head(value, 500)))));
    }
    for (name, value) in facts {
        writeln!(page, "<div><dt>{name}</dt><dd>{value}</dd></div>")?;
    }
    Ok(())
}

fn write_limits(page: &mut impl Write, findings: &Findings, stats: &ScanStats) -> io::Result<()> {
    let kept = findings.kept();
    let limits = kept.limits();
    let mut lines = vec![format!(
        "Counts are exact. Of each rule on each host the first {} and the latest detection are kept in full, {} of {} here.",
        limits.first,
        text::count(kept.len()),
        text::count(findings.total()),
    )];
    let squeezed: Vec<&str> = kept.squeezed().map(cordon_model::Level::as_str).collect();
    if !squeezed.is_empty() {
        lines.push(format!(
            "Memory for kept detections ({}) ran out: less than that was kept of level {}.",
            text::size(limits.bytes as u64),
            squeezed.join(", "),
        ));
    }
    if kept.was_cut() {
        lines.push(format!(
            "Field values longer than {}, records longer than {} and fields past the first {} were cut; each place says so.",
            text::size(limits.value_bytes as u64),
            text::size(limits.raw_bytes as u64),
            limits.fields,
        ));
    }
    if stats.unread.total() > 0 {
        lines.push("What could not be read is listed above; nothing is known of it.".to_owned());
    }
    lines.push("A match is what a rule says it is, not proof of an attack; no match is not proof of peace.".to_owned());
    lines.push(
        "Characters that hide text or turn its direction are shown by their code, such as <span class=\"c\">\\u{202e}</span>."
            .to_owned(),
    );
    lines.push(
        "This file holds what the logs held, names of people and machines included. Handle it as you handle them.".to_owned(),
    );
    for line in lines {
        writeln!(page, "<li>{line}</li>")?;
    }
    Ok(())
}

fn write_sources(page: &mut impl Write, findings: &Findings) -> io::Result<()> {
    let (sources, others) = findings.sources();
    if sources.is_empty() {
        return Ok(());
    }
    let mut listed: Vec<(u64, &str)> = sources.iter().map(|(source, count)| (*count, &**source)).collect();
    listed.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(right.1)));
    writeln!(
        page,
        "<details class=\"plain\"><summary>Logs in which rules matched ({})</summary><ul>",
        text::count(listed.len() as u64)
    )?;
    for (count, source) in listed.iter().take(SOURCES) {
        writeln!(page, "<li>{}: {}</li>", content(text::head(source, 1000)), text::count(*count))?;
    }
    let rest = listed.iter().skip(SOURCES).map(|(count, _)| count).sum::<u64>() + others;
    if rest > 0 {
        writeln!(page, "<li>further logs: {}</li>", text::count(rest))?;
    }
    writeln!(page, "</ul></details>")
}
