//! Detections grouped by rule, worst first.

use std::io::{self, Write};

use cordon_model::{Level, RuleInfo};

use super::{Page, attribute, content, detection, host_name, hosts, tag, time};
use crate::report::{
    Findings, attack,
    collect::RuleFindings,
    rank::{RankedHost, RankedRule},
    text,
};

/// Detections shown of one rule; hosts named of one rule; hosts listed for the filter (more: the rule shows for every host).
const SHOWN: usize = 30;
const NAMED: usize = 12;
const FILTERED: usize = 400;
/// Bounds on a rule's own texts.
const PROSE_BYTES: usize = 4000;
const LINES: usize = 20;

pub(super) fn write<W: Write>(
    page: &mut Page<W>,
    findings: &Findings,
    ranked: &[RankedRule<'_>],
    hosts: &[RankedHost<'_>],
) -> io::Result<()> {
    writeln!(page, "<section id=\"detections\"><h2>Detections</h2>")?;
    let kept = findings.kept();
    if kept.len() < findings.total() {
        writeln!(
            page,
            "<p class=\"note\">All {} detections are counted; {} of them are kept in full here: the first few and the latest of each rule \
             on each host.</p>",
            text::count(findings.total()),
            text::count(kept.len()),
        )?;
    }
    write_filter(page, findings, hosts)?;
    writeln!(page, "<div id=\"rules\">")?;
    for (rank, ranked) in ranked.iter().enumerate() {
        write_rule(page, findings, rank, *ranked)?;
    }
    writeln!(page, "</div>\n<p id=\"empty\" class=\"card\" hidden>Nothing matches this filter.</p></section>")
}

/// Shown by the script; without it there is nothing to filter with.
fn write_filter(page: &mut impl Write, findings: &Findings, ranked: &[RankedHost<'_>]) -> io::Result<()> {
    writeln!(page, "<div id=\"filter\" class=\"card\" role=\"search\" hidden>")?;
    writeln!(page, "<label>Text<input type=\"search\" id=\"q\" autocomplete=\"off\" spellcheck=\"false\"></label>")?;
    writeln!(page, "<label>Level<select id=\"level\"><option value=\"0\">All</option>")?;
    for level in [Level::Low, Level::Medium, Level::High, Level::Critical] {
        let from = if level == Level::Critical { "only" } else { "and worse" };
        writeln!(page, "<option value=\"{}\">{level} {from}</option>", level as usize)?;
    }
    writeln!(page, "</select></label>\n<label>Host<select id=\"host\"><option value=\"\">All</option>")?;
    for host in ranked.iter().take(hosts::SHOWN) {
        writeln!(page, "<option value=\"{}\">{}</option>", host.place, option_name(&host.host.name))?;
    }
    writeln!(page, "</select></label>\n<label>Tactic<select id=\"tactic\"><option value=\"\">All</option>")?;
    for (tactic, _) in findings.tactics() {
        writeln!(page, "<option value=\"{}\">{}</option>", tactic.index(), tactic.name())?;
    }
    writeln!(
        page,
        "</select></label>\n<label>Order<select id=\"sort\"><option value=\"rank\">Worst first</option><option value=\"first\">First in \
         time</option><option value=\"count\">Most often</option><option value=\"title\">Title</option></select></label>\n\
         <p><span id=\"shown\" role=\"status\"></span> <button type=\"button\" id=\"clear\">Clear</button> \
         <button type=\"button\" id=\"open\">Open all</button></p></div>"
    )
}

fn option_name(name: &str) -> String {
    if name.is_empty() { "(no name)".to_owned() } else { attribute(text::head(name, 255)).to_string() }
}

fn write_rule<W: Write>(page: &mut Page<W>, findings: &Findings, rank: usize, ranked: RankedRule<'_>) -> io::Result<()> {
    let RankedRule { place, rule } = ranked;
    let info = &*rule.info;
    let names: Vec<String> = if rule.elsewhere || rule.hosts.len() > FILTERED {
        vec!["*".into()]
    } else {
        rule.hosts.keys().map(u32::to_string).collect()
    };
    let tactics = attack::tactics(info);
    let numbers: Vec<String> = tactics.iter().map(|tactic| tactic.index().to_string()).collect();
    let techniques: Vec<String> = info.techniques().take(LINES).collect();
    writeln!(
        page,
        "<details class=\"rule w{level}\" id=\"r{place}\" data-rank=\"{rank}\" data-level=\"{level}\" data-hosts=\"{hosts}\" \
         data-tactics=\"{tactics}\" data-techniques=\"{techniques}\" data-count=\"{count}\" data-first=\"{first}\"{open}>",
        level = info.level as usize,
        hosts = names.join(" "),
        tactics = numbers.join(" "),
        techniques = attribute(text::head(&techniques.join(" "), 1000)),
        count = rule.tally.count,
        first = rule.tally.span.map_or(i64::MAX, |(first, _)| first.0),
        open = if rank == 0 { " open" } else { "" },
    )?;
    write_summary(page, rule)?;
    writeln!(page, "<div class=\"body\">")?;
    write_about(page, findings, rule, &tactics)?;
    write_kept(page, findings, place, rule)?;
    writeln!(page, "</div></details>")
}

fn write_summary(page: &mut impl Write, rule: &RuleFindings) -> io::Result<()> {
    let plus = if rule.elsewhere { "+" } else { "" };
    let hosts = rule.hosts.len() as u64;
    let first = rule.tally.span.map_or("no time".to_owned(), |(first, _)| format!("from {}", time(first)));
    writeln!(
        page,
        "<summary>{tag}<h3>{title}</h3><span class=\"sum\"><b>{count}</b> on <b>{hosts}{plus}</b> {noun}, {first}</span></summary>",
        tag = tag(rule.info.level),
        title = content(text::head(title(&rule.info), 300)),
        count = text::counted(rule.tally.count, "detection", "detections"),
        hosts = text::count(hosts),
        noun = if hosts == 1 { "host" } else { "hosts" },
    )
}

fn title(rule: &RuleInfo) -> &str {
    if rule.title.is_empty() { &rule.id } else { &rule.title }
}

/// What the rule looks for and what else can cause a match.
fn write_about(page: &mut impl Write, findings: &Findings, rule: &RuleFindings, tactics: &[attack::Tactic]) -> io::Result<()> {
    let info = &*rule.info;
    if !info.description.trim().is_empty() {
        writeln!(page, "<p class=\"desc\">{}</p>", content(&text::reflow(text::head(info.description.trim(), PROSE_BYTES))))?;
    }
    writeln!(page, "<dl class=\"facts\">")?;
    if let Some((first, last)) = rule.tally.span {
        writeln!(page, "<div><dt>Seen</dt><dd>{} to {} UTC</dd></div>", time(first), time(last))?;
    }
    let mut names: Vec<(u64, u32)> = rule.hosts.iter().map(|(place, tally)| (tally.count, *place)).collect();
    names.sort_unstable_by(|left, right| right.cmp(left));
    let mut named: Vec<String> = names
        .iter()
        .take(NAMED)
        .filter_map(|(count, place)| {
            let host = findings.hosts().get(*place as usize)?;
            Some(format!("<a href=\"#h{place}\">{}</a>&nbsp;({})", host_name(&host.name), text::count(*count)))
        })
        .collect();
    if names.len() > NAMED {
        named.push(format!("and {} more", text::count((names.len() - NAMED) as u64)));
    }
    writeln!(page, "<div><dt>Hosts</dt><dd>{}</dd></div>", named.join(", "))?;
    let mut attack: Vec<String> = tactics.iter().map(|tactic| tactic.name().to_owned()).collect();
    attack.extend(info.techniques().take(LINES).map(|id| technique(&id)));
    if !attack.is_empty() {
        writeln!(page, "<div><dt>ATT&amp;CK</dt><dd>{}</dd></div>", attack.join(" · "))?;
    }
    write_list(page, "Can also be", &info.false_positives, |text| content(text).to_string())?;
    write_list(page, "Read more", &info.references, reference)?;
    writeln!(
        page,
        "<div><dt>Rule</dt><dd>{}{}, {}:{}</dd></div>\n</dl>",
        content(text::head(&info.id, 200)),
        if info.author.is_empty() { String::new() } else { format!(" by {}", content(text::head(&info.author, 300))) },
        content(text::head(&info.file, 500)),
        info.line,
    )
}

fn technique(id: &str) -> String {
    let name = attack::full_name(id);
    let name = content(text::head(&name, 160));
    let id_text = content(text::head(id, 64));
    match attack::page(id) {
        Some(page) => format!("{name} <a href=\"{page}\" rel=\"noopener noreferrer\">{id_text}</a>"),
        None => name.to_string(),
    }
}

/// Links to pages of the web are links; anything else is text.
fn reference(text: &str) -> String {
    let is_link = text.starts_with("https://") || text.starts_with("http://");
    if is_link && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`')) {
        format!("<a href=\"{}\" rel=\"noopener noreferrer\">{}</a>", attribute(text), content(text))
    } else {
        content(text).to_string()
    }
}

fn write_list(page: &mut impl Write, name: &str, lines: &[String], show: impl Fn(&str) -> String) -> io::Result<()> {
    let lines: Vec<String> = lines
        .iter()
        .filter(|line| !line.trim().is_empty() && !line.eq_ignore_ascii_case("unknown"))
        .take(LINES)
        .map(|line| format!("<li>{}</li>", show(text::head(line.trim(), 500))))
        .collect();
    if lines.is_empty() { Ok(()) } else { writeln!(page, "<div><dt>{name}</dt><dd><ul>{}</ul></dd></div>", lines.concat()) }
}

fn write_kept<W: Write>(page: &mut Page<W>, findings: &Findings, place: u32, rule: &RuleFindings) -> io::Result<()> {
    let mut kept: Vec<_> = findings.kept().of_rule(rule.info.level, place).collect();
    kept.sort_by_key(|(_, detection)| (detection.time.is_none(), detection.time));
    let mut shown = 0;
    for (host, detection) in kept.iter().take(SHOWN) {
        if !page.has_room_for_details() {
            break;
        }
        detection::write(page, *host, detection)?;
        shown += 1;
    }
    if shown < rule.tally.count {
        let more = text::counted(rule.tally.count - shown, "more detection", "more detections");
        writeln!(
            page,
            "<p class=\"note\">{more} of this rule, counted but not shown. <code>cordon scan --json</code> writes every one.</p>"
        )?;
    }
    Ok(())
}
