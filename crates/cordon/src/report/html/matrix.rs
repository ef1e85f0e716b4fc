//! The ATT&CK matrix: tactics as columns in ATT&CK's order, techniques shaded by how often rules that name them matched.

use std::{
    collections::{BTreeMap, HashMap},
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

/// Ordered as the matrix is; techniques without a known tactic (`true`) come last.
type Column = (bool, Option<Tactic>);

pub(super) fn write(page: &mut impl Write, findings: &Findings, ranked: &[RankedRule<'_>]) -> io::Result<()> {
    writeln!(page, "<section id=\"attack\" class=\"card\"><h2>ATT&amp;CK matrix</h2>")?;
    let tactics = findings.tactics();
    let mut columns: BTreeMap<Column, Vec<(String, Joint)>> = BTreeMap::new();
    for (tactic, _) in &tactics {
        columns.insert((false, Some(*tactic)), Vec::new());
    }
    for ((tactic, id), joint) in findings.techniques() {
        columns.entry((tactic.is_none(), tactic)).or_default().push((id, joint));
    }
    if columns.is_empty() {
        return writeln!(page, "<p>None of the rules that matched names a tactic or technique.</p></section>");
    }
    // The worst rule that names a technique is where its cell leads.
    let mut rules: HashMap<String, u32> = HashMap::new();
    for ranked in ranked {
        ranked.rule.info.techniques().for_each(|id| {
            rules.entry(id).or_insert(ranked.place);
        });
    }
    writeln!(
        page,
        "<p class=\"note\">Techniques that the matching rules name; the darker, the more detections. A rule that names several counts for \
         each.</p>\n<div class=\"matrix\">"
    )?;
    let most = columns.values().flatten().map(|(_, joint)| joint.count).max().unwrap_or_default();
    for ((_, tactic), mut cells) in columns {
        cells.sort_by(|(left_id, left), (right_id, right)| {
            (right.worst, right.count).cmp(&(left.worst, left.count)).then_with(|| left_id.cmp(right_id))
        });
        write_column(page, tactic, &cells, &tactics, &rules, most)?;
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
    rules: &HashMap<String, u32>,
    most: u64,
) -> io::Result<()> {
    let name = tactic.map_or("No tactic known", Tactic::name);
    let joint = tactics.iter().find(|(seen, _)| Some(*seen) == tactic).map(|(_, joint)| joint);
    let detections = joint.map_or(String::new(), |joint| text::counted(joint.count, "detection", "detections"));
    writeln!(page, "<section class=\"tactic\"><h3>{name}</h3><p class=\"n\">{detections}</p><ul>")?;
    for (id, joint) in cells.iter().take(CELLS) {
        let name = attack::full_name(id);
        let number = if name == *id { String::new() } else { content(text::head(id, 64)).to_string() };
        let shade = shade(joint.count, most);
        writeln!(
            page,
            "<li><a class=\"cell s{shade}\" href=\"#r{}\" data-technique=\"{}\"><b>{}</b><span class=\"row\"><span>{}</span><span class=\"n\">{}</span></span>{}</a></li>",
            rules.get(id).copied().unwrap_or_default(),
            attribute(text::head(id, 64)),
            content(text::head(&name, 160)),
            number,
            text::count(joint.count),
            tag(joint.worst),
        )?;
    }
    if cells.len() > CELLS {
        writeln!(page, "<li>and {} more</li>", cells.len() - CELLS)?;
    }
    writeln!(page, "</ul></section>")
}

/// One of four shades, by the order of magnitude: 4 for the technique seen most often.
fn shade(count: u64, most: u64) -> u8 {
    let share = (count as f64 + 1.0).ln() / (most as f64 + 1.0).ln().max(f64::MIN_POSITIVE);
    (4.0 * share.powf(1.5)).ceil().clamp(1.0, 4.0) as u8
}
