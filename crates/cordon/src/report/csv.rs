//! One detection a row, for spreadsheets. RFC 4180: comma, CRLF, quotes doubled.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula and may run it, and the cells
//! hold what an attacker wrote. Such a cell is given a leading apostrophe, which makes it text.

use std::io::{self, Write};

use cordon_model::Detection;

use super::attack;

const HEADER: &str = "time,level,title,host,tactics,techniques,matched,channel,event_id,provider,record_id,source,offset,rule_id,rule_file,correlated\r\n";

/// Excel refuses cells of more than 32,767 characters; longer ones are cut.
const CELL_CHARACTERS: usize = 32_000;

/// Writes comma-separated values.
#[derive(Debug)]
pub(crate) struct CsvWriter<W> {
    out: W,
    row: String,
    has_header: bool,
}

impl<W: Write> CsvWriter<W> {
    /// Writes to `out`, a row at a time.
    pub(crate) fn new(out: W) -> Self {
        Self { out, row: String::new(), has_header: false }
    }

    /// Writes one detection as one row, after the header when it is the first.
    pub(crate) fn write(&mut self, detection: &Detection) -> io::Result<()> {
        self.write_header()?;
        let rule = &detection.rule;
        let tactics: Vec<&str> = attack::tactics(rule).into_iter().map(attack::Tactic::name).collect();
        let techniques: Vec<String> = rule.techniques().collect();
        let matched: Vec<String> = detection
            .matched
            .iter()
            .map(|part| if part.field.is_empty() { part.value.clone() } else { format!("{}: {}", part.field, part.value) })
            .collect();
        let correlated = detection.correlation.as_ref().map_or(String::new(), |correlation| {
            let group = correlation.group.iter().map(|(name, value)| format!("{name}: {value}"));
            let rules = correlation.rules.iter().map(|(rule, count)| format!("{count} × {}", rule.title));
            group.chain(rules).collect::<Vec<_>>().join("; ")
        });
        let number = |number: Option<u64>| number.map_or(String::new(), |number| number.to_string());
        let cells = [
            &detection.time.map_or(String::new(), |time| time.to_string()),
            rule.level.as_str(),
            &rule.title,
            &detection.host,
            &tactics.join("; "),
            &techniques.join("; "),
            &matched.join("; "),
            &detection.channel,
            &number(detection.event_id.map(u64::from)),
            &detection.provider,
            &number(detection.record_id),
            &detection.source,
            &detection.offset.to_string(),
            &rule.id,
            &rule.file,
            &correlated,
        ];
        self.row.clear();
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.row.push(',');
            }
            push_cell(&mut self.row, cell);
        }
        self.row.push_str("\r\n");
        self.out.write_all(self.row.as_bytes())
    }

    /// Hands everything on to what lies below; writes the header even when there was no detection.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.write_header()?;
        self.out.flush()
    }

    fn write_header(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.has_header, true) { Ok(()) } else { self.out.write_all(HEADER.as_bytes()) }
    }
}

fn push_cell(row: &mut String, cell: &str) {
    // Spreadsheets skip leading blanks before they look for a formula, and take the full-width forms for the plain ones.
    let start = cell.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\0']).chars().next();
    let is_formula = matches!(start, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
    let is_quoted = is_formula || cell.contains(['"', ',', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ');
    if is_quoted {
        row.push('"');
    }
    if is_formula {
        row.push('\'');
    }
    for (index, character) in cell.chars().enumerate() {
        match character {
            _ if index == CELL_CHARACTERS => {
                row.push('…');
                break;
            }
            '"' => row.push_str("\"\""),
            '\0' => row.push('\u{2400}'),
            _ => row.push(character),
        }
    }
    if is_quoted {
        row.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn cell(text: &str) -> String {
        let mut row = String::new();
        push_cell(&mut row, text);
        row
    }

    #[test]
    fn rows_have_the_documented_columns() {
        let mut writer = CsvWriter::new(Vec::new());
        sample::few().iter().for_each(|detection| writer.write(detection).unwrap());
        insta::assert_snapshot!(String::from_utf8(writer.out).unwrap().replace("\r\n", "⏎\n"));
    }

    #[test]
    fn no_detection_still_gives_a_header() {
        let mut writer = CsvWriter::new(Vec::new());
        writer.flush().unwrap();
        assert_eq!(String::from_utf8(writer.out).unwrap(), HEADER);
    }

    #[test]
    fn formulas_become_text_and_quotes_are_doubled() {
        assert_eq!(cell("=cmd|'/c calc'!A1"), "\"'=cmd|'/c calc'!A1\"");
        assert_eq!(cell("  @SUM(1)"), "\"'  @SUM(1)\"");
        for start in ["+1", "-1", "\tx", "\rx", "＝1"] {
            assert!(cell(start).starts_with("\"'"), "{start:?}");
        }
        assert_eq!(cell("say \"hi\", all"), "\"say \"\"hi\"\", all\"");
        assert_eq!(cell("a-b"), "a-b");
        assert_eq!(cell(&"x".repeat(100_000)).chars().count(), CELL_CHARACTERS + 1);
    }

    #[test]
    fn every_row_has_as_many_cells_as_the_header() {
        for detection in sample::few().iter().chain([&sample::hostile()]) {
            let mut writer = CsvWriter::new(Vec::new());
            writer.write(detection).unwrap();
            let text = String::from_utf8(writer.out).unwrap();
            let (mut quoted, mut commas) = (false, 0);
            for character in text[HEADER.len()..].chars() {
                match character {
                    '"' => quoted = !quoted,
                    ',' if !quoted => commas += 1,
                    _ => {}
                }
            }
            assert_eq!(commas, HEADER.matches(',').count(), "{text}");
        }
    }
}
