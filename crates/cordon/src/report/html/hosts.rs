//! The hosts on which rules matched, worst first.

use std::io::{self, Write};

use cordon_model::Level;

use super::{host_name, tag, time};
use crate::report::{Findings, rank::RankedHost, text};

/// Rows of the table, and hosts that one can filter by.
pub(super) const SHOWN: usize = 200;

pub(super) fn write(page: &mut impl Write, findings: &Findings, hosts: &[RankedHost<'_>]) -> io::Result<()> {
    writeln!(page, "<section id=\"hosts\" class=\"card\"><h2>Hosts</h2>")?;
    writeln!(
        page,
        "<p class=\"note\">By worst level, then by score: every rule that matched counts once by its level, every tactic adds to it, and \
         how often a rule matched does not.</p>\n<div class=\"scroll\"><table class=\"stack\"><thead><tr><th scope=\"col\">Host</th>\
         <th scope=\"col\">Worst</th><th scope=\"col\" class=\"n\">Score</th><th scope=\"col\" class=\"n\">Detections</th>\
         <th scope=\"col\" class=\"n\">Rules</th><th scope=\"col\">Tactics</th><th scope=\"col\">First</th><th scope=\"col\">Last</th>\
         </tr></thead><tbody>"
    )?;
    for ranked in hosts.iter().take(SHOWN) {
        write_row(page, ranked)?;
    }
    writeln!(page, "</tbody></table></div>")?;
    if hosts.len() > SHOWN {
        writeln!(
            page,
            "<p>{} are not listed.</p>",
            text::counted((hosts.len() - SHOWN) as u64, "further host", "further hosts")
        )?;
    }
    if findings.on_other_hosts() > 0 {
        let detections = text::counted(findings.on_other_hosts(), "detection", "detections");
        writeln!(page, "<p>{detections} on still other hosts were counted but not told apart: there were too many hosts.</p>")?;
    }
    writeln!(page, "</section>")
}

fn write_row(page: &mut impl Write, ranked: &RankedHost<'_>) -> io::Result<()> {
    let host = ranked.host;
    let tactics: Vec<&str> = ranked.tactics.iter().map(|tactic| tactic.name()).collect();
    let (first, last) = host.tally.span.map_or(("–".into(), "–".into()), |(first, last)| (time(first), time(last)));
    let levels: Vec<String> = Level::DESCENDING
        .into_iter()
        .filter(|level| host.levels[*level as usize] > 0)
        .map(|level| format!("{} {level}", text::count(host.levels[level as usize])))
        .collect();
    writeln!(
        page,
        "<tr id=\"h{place}\"><th scope=\"row\"><a class=\"host\" href=\"#detections\" data-host=\"{place}\">{name}</a></th>\
         <td data-n=\"Worst\">{tag}</td><td class=\"n\" data-n=\"Score\">{score}</td>\
         <td class=\"n\" data-n=\"Detections\" title=\"{levels}\">{count}</td><td class=\"n\" data-n=\"Rules\">{rules}</td>\
         <td data-n=\"Tactics\">{tactics}</td><td data-n=\"First\">{first}</td><td data-n=\"Last\">{last}</td></tr>",
        place = ranked.place,
        name = host_name(&host.name),
        tag = tag(ranked.worst),
        score = text::count(ranked.score),
        levels = levels.join(", "),
        count = text::count(host.tally.count),
        rules = text::count(ranked.rules),
        tactics = if tactics.is_empty() { "–".to_owned() } else { tactics.join(", ") },
    )
}
