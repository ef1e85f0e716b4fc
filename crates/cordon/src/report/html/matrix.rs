//! The ATT&CK matrix: tactics as columns in ATT&CK's order, techniques shaded by how often rules that name them matched.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use super::{attribute, content, tag};
use crate::report::{
    Findings,
    attack::{self, Tactic},
    collect::Joint,
    rank::RankedRule,
    text,
};

/// Cells of one column, at most.
const CELLS: usize = 60;

pub(super) fn write(page: &mut impl Write, findings: &Findings, ranked: &[RankedRule<'_>]) -> io::Result<()> {
    writeln!(page, "<section id=\"attack\" class=\"card\"><h2>ATT&amp;CK matrix</h2>")?;
    let tactics = findings.tactics();
    let mut columns: BTreeMap<(bool, Option<Tactic>), Vec<(String, Joint)>> = BTreeMap::new();
    for (tactic, _) in &tactics {
        columns.insert((false, Some(*tactic)), Vec::new());
    }
    for ((tactic, id), joint) in findings.techniques() {
        columns.entry((tactic.is_none(), tactic)).or_default().push((id, joint));
    }
    if columns.is_empty() {
        return writeln!(page, "<p>None of the rules that matched names a tactic or technique.</p></section>");
    }
    writeln!(
        page,
        "<p class=\"note\">Techniques that the matching rules name; the darker, the more detections. A rule that names several counts for \
         each.</p>\n<div class=\"matrix\">"
    )?;
    for ((_, tactic), mut cells) in columns {
        cells.sort_by(|(left_id, left), (right_id, right)| {
            (right.worst, right.count).cmp(&(left.worst, left.count)).then_with(|| left_id.cmp(right_id))
        });
        write_column(page, tactic, &cells, &tactics, ranked)?;
    }
    writeln!(page, "</div>")?;
    let absent: Vec<&str> =
        Tactic::all().filter(|tactic| !tactics.iter().any(|(seen, _)| seen == tactic)).map(Tactic::name).collect();
    if !absent.is_empty() {
        writeln!(
            page,
            "<p class=\"note\">No rule matched for {}. That is not proof that it did not happen.</p>",
            absent.join(", ")
        )?;
    }
    writeln!(page, "</section>")
}

fn write_column(
    page: &mut impl Write,
    tactic: Option<Tactic>,
    cells: &[(String, Joint)],
    tactics: &[(Tactic, Joint)],
    ranked: &[RankedRule<'_>],
) -> io::Result<()> {
    let name = tactic.map_or("No tactic known", Tactic::name);
    let joint = tactics.iter().find(|(seen, _)| Some(*seen) == tactic).map(|(_, joint)| joint);
    let detections = joint.map_or(String::new(), |joint| text::counted(joint.count, "detection", "detections"));
    writeln!(page, "<section class=\"tactic\"><h3>{name}</h3><p class=\"n\">{detections}</p><ul>")?;
    for (id, joint) in cells.iter().take(CELLS) {
        // Four shades, a factor of ten apart.
        let shade = joint.count.max(1).ilog10().min(3) + 1;
        let rule = ranked.iter().find(|ranked| ranked.rule.info.techniques().any(|technique| technique == *id));
        writeln!(
            page,
            "<li><a class=\"cell s{shade}\" href=\"#r{}\" data-technique=\"{}\"><b>{}</b><span>{}</span><span class=\"n\">{}</span>{}</a></li>",
            rule.map_or(0, |ranked| ranked.place),
            attribute(text::head(id, 64)),
            content(text::head(&attack::full_name(id), 160)),
            content(text::head(id, 64)),
            text::count(joint.count),
            tag(joint.worst),
        )?;
    }
    if cells.len() > CELLS {
        writeln!(page, "<li>and {} more</li>", cells.len() - CELLS)?;
    }
    writeln!(page, "</ul></section>")
}
