//! One detection: what matched, highlighted; what belongs together; all fields; the record as it stands in the log.

use std::io::{self, Write};

use cordon_model::{Correlation, Detection};

use super::{content, escape::marked, host_name, tag, time};
use crate::report::text;

/// Characters of the first matched value that the closed line shows.
const PREVIEW: usize = 140;

pub(super) fn write(page: &mut impl Write, host: u32, detection: &Detection) -> io::Result<()> {
    let when = detection.time.map_or("no time".to_owned(), time);
    writeln!(
        page,
        "<details class=\"hit\" data-host=\"{host}\"><summary>{when} <b>{}</b> <code>{}</code></summary><div class=\"body\">",
        host_name(&detection.host),
        content(&preview(detection)),
    )?;
    if let Some(correlation) = &detection.correlation {
        write_correlation(page, correlation)?;
    }
    if !detection.matched.is_empty() {
        writeln!(page, "<table class=\"fields\"><caption>What matched</caption><tbody>")?;
        for part in &detection.matched {
            let name = if part.field.is_empty() { "<i>anywhere</i>".to_owned() } else { content(&part.field).to_string() };
            writeln!(page, "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", marked(&part.value, &part.ranges))?;
        }
        writeln!(page, "</tbody></table>")?;
    }
    write_place(page, detection)?;
    if !detection.fields.is_empty() {
        writeln!(
            page,
            "<details class=\"all\"><summary>{}</summary><table class=\"fields\"><tbody>",
            text::counted(detection.fields.len() as u64, "field", "fields")
        )?;
        for (name, value) in &detection.fields {
            let matched = detection.matched.iter().find(|part| part.field == *name && part.value == *value);
            let value = matched.map_or_else(|| content(value).to_string(), |part| marked(value, &part.ranges));
            writeln!(page, "<tr><th scope=\"row\">{}</th><td>{value}</td></tr>", content(name))?;
        }
        writeln!(page, "</tbody></table></details>")?;
    }
    if !detection.raw.is_empty() {
        writeln!(page, "<details class=\"raw\"><summary>Raw event</summary><pre>{}</pre></details>", content(&detection.raw))?;
    }
    writeln!(page, "</div></details>")
}

fn preview(detection: &Detection) -> String {
    if let Some(correlation) = &detection.correlation {
        let group: Vec<String> =
            correlation.group.iter().map(|(name, value)| format!("{}={}", text::head(name, 60), text::head(value, 80))).collect();
        return text::fit(&text::one_line(&group.join(" ")), PREVIEW, "…");
    }
    let Some(part) = detection.matched.iter().max_by_key(|part| part.value.len()) else { return String::new() };
    text::fit(&text::one_line(text::head(&part.value, 4 * PREVIEW)), PREVIEW, "…")
}

fn write_correlation(page: &mut impl Write, correlation: &Correlation) -> io::Result<()> {
    write!(page, "<div class=\"together\"><h4>What belongs together</h4><p>From {} UTC", time(correlation.first))?;
    if correlation.value.is_finite() {
        write!(page, "; counted <b>{}</b>", correlation.value)?;
    }
    for (name, value) in &correlation.group {
        write!(page, "; {} <code>{}</code>", content(name), content(value))?;
    }
    writeln!(page, "</p><ul>")?;
    for (rule, count) in &correlation.rules {
        writeln!(page, "<li>{} {} × {}</li>", tag(rule.level), text::count(*count), content(text::head(&rule.title, 300)))?;
    }
    writeln!(page, "</ul></div>")
}

/// Where the record stands, so that it can be found again.
fn write_place(page: &mut impl Write, detection: &Detection) -> io::Result<()> {
    let mut parts = vec![format!("{} at byte {}", content(text::head(&detection.source, 1000)), text::count(detection.offset))];
    if let Some(id) = detection.record_id {
        parts.push(format!("record {id}"));
    }
    if !detection.channel.is_empty() {
        parts.push(content(&detection.channel).to_string());
    }
    if !detection.provider.is_empty() && detection.provider != detection.channel {
        parts.push(content(&detection.provider).to_string());
    }
    if let Some(id) = detection.event_id {
        parts.push(format!("event {id}"));
    }
    writeln!(page, "<p class=\"place\">{}</p>", parts.join(" · "))
}
