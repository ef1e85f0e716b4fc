//! The report: one HTML file that stands by itself.
//!
//! No network, no fonts from elsewhere, one style sheet and one script, both named by digest in a content security policy, so that
//! nothing an event brings can run even if it slipped through [`escape`]. It is whole without JavaScript; with it, one can filter,
//! sort and jump. Colours and habits follow the NHS design system; the NHS logo and typeface belong to NHS bodies and are not used.

mod closing;
mod detection;
mod escape;
mod headline;
mod hosts;
mod matrix;
mod rules;
mod timeline;

use std::io::{self, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use cordon_model::Level;
use sha2::{Digest, Sha256};

use super::{Findings, ScanStats, rank, text};
use escape::{attribute, content};

const STYLE: &str = include_str!("../../assets/report.css");
const SCRIPT: &str = include_str!("../../assets/report.js");

/// Details of detections stop when the file has this many bytes; headings and counts go on.
const BYTES_BEFORE_DETAILS_STOP: u64 = 12 << 20;

/// Counts what is written, so that the size of the file stays bounded.
struct Page<W> {
    out: W,
    written: u64,
    bytes_before_details_stop: u64,
}

impl<W: Write> Write for Page<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W> Page<W> {
    fn has_room_for_details(&self) -> bool {
        self.written < self.bytes_before_details_stop
    }
}

/// Writes the report; `out` should be buffered.
pub(crate) fn write_html(out: &mut impl Write, findings: &Findings, stats: &ScanStats) -> io::Result<()> {
    write_page(Page { out, written: 0, bytes_before_details_stop: BYTES_BEFORE_DETAILS_STOP }, findings, stats)
}

fn write_page<W: Write>(mut page: Page<W>, findings: &Findings, stats: &ScanStats) -> io::Result<()> {
    let ranked = rank::rules(findings);
    let hosts = rank::hosts(findings);
    write_head(&mut page, findings, stats)?;
    headline::write(&mut page, findings, stats, &ranked, &hosts)?;
    if findings.total() > 0 {
        timeline::write(&mut page, findings, &hosts)?;
        hosts::write(&mut page, findings, &hosts)?;
        matrix::write(&mut page, findings, &ranked)?;
        rules::write(&mut page, findings, &ranked, &hosts)?;
    }
    closing::write(&mut page, findings, stats)?;
    write!(page, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")?;
    page.flush()
}

fn write_head(page: &mut impl Write, findings: &Findings, stats: &ScanStats) -> io::Result<()> {
    let (style, script) = (digest(STYLE), digest(SCRIPT));
    let title = headline::title(findings, stats);
    let made = stats.started.map_or(String::new(), |time| format!("<p>Scanned {} UTC</p>", text::moment(time)));
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{style}'; script-src '{script}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"Cordon {version}\">\n\
         <title>{title} – Cordon scan report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the report</a>\n\
         <header class=\"band\"><div class=\"wide\"><p class=\"word\">Cordon</p><p>Scan report</p>{made}</div></header>\n\
         <main id=\"main\" class=\"wide\">\n",
        version = attribute(&stats.version),
        title = content(&title),
    )
}

/// As a content security policy names an inline block: `sha256-…`.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// A level as a coloured tag that also says its name.
fn tag(level: Level) -> String {
    let name = level.as_str();
    format!("<span class=\"tag l{}\">{}{}</span>", level as usize, name[..1].to_ascii_uppercase(), &name[1..])
}

/// A time with its machine-readable form.
fn time(time: cordon_model::Timestamp) -> String {
    format!("<time datetime=\"{time}\">{}</time>", text::moment(time))
}

/// A host's name as it is shown.
fn host_name(name: &str) -> String {
    if name.is_empty() { "<i>no name</i>".to_owned() } else { content(text::head(name, 255)).to_string() }
}

#[cfg(test)]
mod tests;
