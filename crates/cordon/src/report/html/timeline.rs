//! Detections over time: bars by level, and a lane for each of the worst hosts.
//!
//! The drawings stretch to the width of the page and hold no text, so that labels stay readable on a phone and on paper.

use std::io::{self, Write};

use cordon_model::{Level, Timestamp};

use super::{host_name, tag};
use crate::report::{
    Findings,
    histogram::{Columns, Counts, worst},
    rank::RankedHost,
    text,
};

const COLUMNS: usize = 96;
const LEAST_COLUMNS: usize = 24;
const LANES: usize = 12;
/// Height of the bars in units of the drawing; the least a bar that counts something gets.
const HEIGHT: f64 = 100.0;
const LEAST: f64 = 2.5;

pub(super) fn write(page: &mut impl Write, findings: &Findings, hosts: &[RankedHost<'_>]) -> io::Result<()> {
    let Some(columns) = findings.timeline().columns(COLUMNS).map(with_margin) else { return Ok(()) };
    let most = columns.counts.iter().map(total).max().unwrap_or(0);
    writeln!(page, "<section id=\"timeline\" class=\"card\"><h2>Timeline</h2>")?;
    writeln!(
        page,
        "<p class=\"note\">Each column is {}; the tallest holds {}. All times are UTC.{}</p>",
        text::span(columns.width),
        text::counted(most, "detection", "detections"),
        asides(findings, &columns),
    )?;
    writeln!(page, "<ul class=\"legend\">")?;
    for level in Level::DESCENDING.into_iter().filter(|level| findings.levels()[*level as usize] > 0) {
        writeln!(page, "<li>{}</li>", tag(level))?;
    }
    writeln!(page, "</ul>\n<div class=\"lanes\">\n<div class=\"lane\"><span class=\"name\">All hosts</span>")?;
    write_bars(page, &columns, most)?;
    writeln!(page, "</div>")?;
    for host in hosts.iter().take(LANES) {
        let counts = host.host.timeline.columns_like(&columns);
        writeln!(page, "<div class=\"lane\"><a class=\"name\" href=\"#h{}\">{}</a>", host.place, host_name(&host.host.name))?;
        write_lane(page, &columns, &counts)?;
        writeln!(page, "</div>")?;
    }
    write_axis(page, &columns)?;
    writeln!(page, "</div>")?;
    if hosts.len() > LANES {
        writeln!(page, "<p class=\"note\">The {LANES} worst of {} hosts have a lane.</p>", text::count(hosts.len() as u64))?;
    }
    write_table(page, &columns)?;
    writeln!(page, "</section>")
}

/// Few columns get empty ones around them, so that one detection does not fill the page.
fn with_margin(mut columns: Columns) -> Columns {
    let missing = LEAST_COLUMNS.saturating_sub(columns.counts.len());
    let before = missing / 2;
    columns.from = Timestamp(columns.from.0.saturating_sub(columns.width.saturating_mul(before as i64)));
    columns.counts.splice(0..0, vec![Counts::default(); before]);
    columns.counts.resize(columns.counts.len() + missing - before, Counts::default());
    columns
}

fn asides(findings: &Findings, columns: &Columns) -> String {
    let mut text = String::new();
    if columns.outside > 0 {
        let far = text::counted(columns.outside, "detection lies", "detections lie");
        text.push_str(&format!(" {far} far before or after, and {} not drawn.", if columns.outside == 1 { "is" } else { "are" }));
    }
    if findings.timeless() > 0 {
        text.push_str(&format!(" {} no time.", text::counted(findings.timeless(), "detection has", "detections have")));
    }
    text
}

fn write_bars(page: &mut impl Write, columns: &Columns, most: u64) -> io::Result<()> {
    open_drawing(page, columns, HEIGHT, "bars", "Detections over time by level; the table below has the numbers")?;
    for (index, counts) in columns.counts.iter().enumerate().filter(|(_, counts)| total(counts) > 0) {
        write!(page, "<g><title>{}</title>", label(columns, index, counts))?;
        let mut top = HEIGHT;
        for level in Level::DESCENDING.into_iter().filter(|level| counts[*level as usize] > 0) {
            // The room that the least heights of all five levels may take is left free.
            let share = counts[level as usize] as f64 / most.max(1) as f64;
            let height = LEAST + share * (HEIGHT - 5.0 * LEAST);
            top -= height;
            write!(
                page,
                "<rect class=\"l{}\" x=\"{index}.06\" y=\"{top:.1}\" width=\".88\" height=\"{height:.1}\"/>",
                level as usize
            )?;
        }
        write!(page, "</g>")?;
    }
    writeln!(page, "</svg>")
}

fn write_lane(page: &mut impl Write, columns: &Columns, counts: &[Counts]) -> io::Result<()> {
    let most = counts.iter().map(total).max().unwrap_or(0).max(1) as f64;
    open_drawing(page, columns, 20.0, "row", "Detections on this host over time")?;
    for (index, these) in counts.iter().enumerate() {
        let Some(level) = worst(these) else { continue };
        let height = 20.0 * (0.4 + 0.6 * (total(these) as f64 / most).sqrt());
        write!(
            page,
            "<rect class=\"l{}\" x=\"{index}.06\" y=\"{:.1}\" width=\".88\" height=\"{height:.1}\"><title>{}</title></rect>",
            level as usize,
            20.0 - height,
            label(columns, index, these),
        )?;
    }
    writeln!(page, "</svg>")
}

fn open_drawing(page: &mut impl Write, columns: &Columns, height: f64, class: &str, name: &str) -> io::Result<()> {
    let width = columns.counts.len();
    write!(
        page,
        "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{name}\">"
    )
}

/// Start, quarters and end under the drawings.
fn write_axis(page: &mut impl Write, columns: &Columns) -> io::Result<()> {
    let whole = columns.to().micros_since(columns.from);
    let one_day = text::day(columns.from) == text::day(columns.to());
    write!(
        page,
        "<div class=\"lane axis\"><span class=\"name\">{}</span><ol>",
        if one_day { text::day(columns.from) } else { "UTC".into() }
    )?;
    for quarter in 0..=4 {
        let at = Timestamp(columns.from.0.saturating_add(whole / 4 * quarter));
        let label = if one_day { text::clock(at) } else { text::moment(at) };
        write!(page, "<li>{label}</li>")?;
    }
    writeln!(page, "</ol></div>")
}

/// The same for readers who hear the page.
fn write_table(page: &mut impl Write, columns: &Columns) -> io::Result<()> {
    writeln!(page, "<details class=\"plain\"><summary>Timeline as a table</summary><div class=\"scroll\"><table>")?;
    write!(page, "<thead><tr><th scope=\"col\">From (UTC)</th>")?;
    for level in Level::DESCENDING {
        write!(page, "<th scope=\"col\" class=\"n\">{level}</th>")?;
    }
    writeln!(page, "</tr></thead><tbody>")?;
    for (index, counts) in columns.counts.iter().enumerate().filter(|(_, counts)| total(counts) > 0) {
        write!(page, "<tr><th scope=\"row\">{}</th>", text::moment(start(columns, index)))?;
        for level in Level::DESCENDING {
            write!(page, "<td class=\"n\">{}</td>", text::count(counts[level as usize]))?;
        }
        writeln!(page, "</tr>")?;
    }
    writeln!(page, "</tbody></table></div></details>")
}

fn start(columns: &Columns, index: usize) -> Timestamp {
    Timestamp(columns.from.0.saturating_add(columns.width.saturating_mul(index as i64)))
}

fn label(columns: &Columns, index: usize, counts: &Counts) -> String {
    let levels = Level::DESCENDING.into_iter().filter(|level| counts[*level as usize] > 0);
    let parts: Vec<String> = levels.map(|level| format!("{} {level}", text::count(counts[level as usize]))).collect();
    format!("From {} UTC: {}", text::moment(start(columns, index)), parts.join(", "))
}

fn total(counts: &Counts) -> u64 {
    counts.iter().sum()
}
