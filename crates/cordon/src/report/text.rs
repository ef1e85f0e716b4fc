//! Foreign text made safe to show, and numbers made easy to read. Everything that an event, a rule or a file name brings passes here
//! before it reaches a terminal.

use std::fmt::Write as _;

use cordon_model::{Detection, Match, Timestamp};

/// Whether a character can move a cursor, change colours, hide text or turn its direction: control characters (C0, C1, DEL),
/// bidirectional marks, zero-width characters, line separators, and the invisible tag characters.
pub(crate) fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// One line that any terminal can show: unsafe characters appear as `\n`, `\x1b` or `\u{202e}`.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            _ if !is_unsafe(character) => line.push(character),
            _ if u32::from(character) <= 0xff => {
                let _ = write!(line, "\\x{:02x}", u32::from(character));
            }
            _ => {
                let _ = write!(line, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    line
}

/// Prose without the breaks that only kept its source narrow: those before an empty line or a list item stay.
pub(crate) fn reflow(text: &str) -> String {
    let mut flowing = String::with_capacity(text.len());
    let mut follows_break = true;
    for line in text.lines().map(str::trim) {
        let starts_anew = line.is_empty() || line.starts_with(['-', '*', '•']);
        if !flowing.is_empty() {
            flowing.push(if starts_anew || follows_break { '\n' } else { ' ' });
        }
        flowing.push_str(line);
        follows_break = line.is_empty();
    }
    flowing
}

/// At most `limit` characters, the last of them an ellipsis when something was left out.
pub(crate) fn fit(text: &str, limit: usize, ellipsis: &str) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(ellipsis.chars().count());
    text.chars().take(room).chain(ellipsis.chars()).take(limit).collect()
}

/// The longest start of `text` that has at most `limit` bytes and ends between two characters.
pub(crate) fn head(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Cuts a long text in place and says in the text how long it was.
pub(crate) fn cut(text: &mut String, limit: usize) -> bool {
    if text.len() <= limit {
        return false;
    }
    let all = text.len();
    text.truncate(head(text, limit).len());
    let _ = write!(text, " … [cut here: {} bytes in all]", count(all as u64));
    text.shrink_to_fit();
    true
}

/// Cuts every text of a detection, so that one record cannot fill memory or a page. Match ranges past the cut are dropped.
pub(crate) fn cut_detection(detection: &mut Detection, value_bytes: usize, raw_bytes: usize, fields: usize) -> bool {
    let mut was_cut = cut(&mut detection.raw, raw_bytes);
    for text in [&mut detection.host, &mut detection.channel, &mut detection.provider] {
        was_cut |= cut(text, 512);
    }
    for Match { field, value, ranges } in &mut detection.matched {
        was_cut |= cut(field, 512);
        let kept = head(value, value_bytes).len();
        if cut(value, value_bytes) {
            ranges.retain(|range| range.1 <= kept);
            was_cut = true;
        }
    }
    let group = detection.correlation.iter_mut().flat_map(|correlation| &mut correlation.group);
    for (name, value) in detection.fields.iter_mut().chain(group) {
        was_cut |= cut(name, 512) | cut(value, value_bytes);
    }
    if detection.fields.len() > fields {
        let more = count((detection.fields.len() - fields) as u64);
        detection.fields.truncate(fields);
        detection.fields.push(("…".to_owned(), format!("[{more} more fields]")));
        was_cut = true;
    }
    was_cut
}

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 host`, `2,000 hosts`.
pub(crate) fn counted(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", count(number), if number == 1 { singular } else { plural })
}

/// Bytes in the largest unit that leaves a number of at least one: `980 B`, `1.2 GB`.
pub(crate) fn size(bytes: u64) -> String {
    let mut number = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if number < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{number:.1} {unit}") };
        }
        number /= 1000.0;
    }
    format!("{number:.1} TB")
}

/// A span in words that need no arithmetic: `850 ms`, `12.3 s`, `4 min 5 s`, `3 h 12 min`, `12 days`.
pub(crate) fn span(micros: i64) -> String {
    let millis = micros.max(0) / 1000;
    let seconds = millis / 1000;
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{}.{} s", seconds, millis % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} days", count(seconds.unsigned_abs() / 86_400)),
    }
}

/// `12 May 2017`.
pub(crate) fn day(time: Timestamp) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day, ..) = time.to_civil();
    format!("{day} {} {year}", MONTHS[(month as usize).saturating_sub(1) % 12])
}

/// `08:24:03`.
pub(crate) fn clock(time: Timestamp) -> String {
    let (.., hour, minute, second, _) = time.to_civil();
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// `12 May 2017 08:24:03`; the reader is told elsewhere that all times are UTC.
pub(crate) fn moment(time: Timestamp) -> String {
    format!("{} {}", day(time), clock(time))
}

/// `12 May 2017 08:24:03 to 09:40:11`: the day once when it is the same.
pub(crate) fn period(first: Timestamp, last: Timestamp) -> String {
    if first == last {
        moment(first)
    } else if day(first) == day(last) {
        format!("{} to {}", moment(first), clock(last))
    } else {
        format!("{} to {}", moment(first), moment(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_and_direction_overrides_become_visible() {
        assert_eq!(one_line("a\u{1b}[31mb\u{9b}2J\u{202e}c\0\n"), "a\\x1b[31mb\\x9b2J\\u{202e}c\\x00\\n");
        assert_eq!(one_line("Pâthology 病理"), "Pâthology 病理");
    }

    #[test]
    fn a_cut_text_ends_between_characters_and_says_how_long_it_was() {
        let mut text = "é".repeat(1000);
        assert!(cut(&mut text, 5));
        assert_eq!(text, "éé … [cut here: 2,000 bytes in all]");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!((count(0), count(999), count(1_234_567)), ("0".into(), "999".into(), "1,234,567".into()));
        assert_eq!((size(999), size(1_500_000)), ("999 B".into(), "1.5 MB".into()));
        assert_eq!((span(850_000), span(245_000_000), span(i64::MIN)), ("850 ms".into(), "4 min 5 s".into(), "0 ms".into()));
        assert_eq!(fit("abcdef", 4, "…"), "abc…");
    }

    #[test]
    fn a_period_within_one_day_names_the_day_once() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(period(at("2017-05-12T08:24:03Z"), at("2017-05-12T09:40:11Z")), "12 May 2017 08:24:03 to 09:40:11");
    }

    #[test]
    fn prose_flows_but_lists_stay() {
        assert_eq!(reflow("one\ntwo\n\nthree\n- a\n- b"), "one two\n\nthree\n- a\n- b");
    }
}
