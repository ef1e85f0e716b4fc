//! The head of a line of syslog: priority, time, host, program, process.

use cordon_model::Timestamp;

use super::data;
use crate::lines::{number, split_at_byte};

/// A line, taken apart. Parts that it does not have are empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) priority: Option<u8>,
    pub(super) time: Option<Timestamp>,
    pub(super) host: &'a [u8],
    pub(super) program: &'a [u8],
    pub(super) process: &'a [u8],
    pub(super) message_id: &'a [u8],
    /// Structured data, brackets included.
    pub(super) data: &'a [u8],
    pub(super) message: &'a [u8],
}

/// Whether `line` looks like syslog: it has a priority or begins with a time and a tag.
pub(crate) fn is_line(line: &[u8]) -> bool {
    let (priority, rest) = priority(without_count(line));
    let Some((_, rest)) = time(rest, None) else {
        return priority.is_some();
    };
    let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let is_tag = |word: &[u8]| word.ends_with(b":") || (word.contains(&b'[') && word.contains(&b']'));
    priority.is_some() || words.by_ref().take(2).any(is_tag)
}

impl<'a> Head<'a> {
    /// Takes `line` apart. `received`: the year of a time that has none.
    pub(super) fn read(line: &'a [u8], received: Option<Timestamp>) -> Self {
        let (priority, rest) = priority(without_count(line));
        let head = match rest {
            [b'1', b' ', rest @ ..] if priority.is_some() => Self::read_5424(rest),
            _ => None,
        };
        Self { priority, ..head.unwrap_or_else(|| Self::read_3164(rest, received)) }
    }

    /// `TIME HOST PROGRAM PROCESS MESSAGE-ID DATA MESSAGE`; a dash stands for what is not there.
    fn read_5424(rest: &'a [u8]) -> Option<Self> {
        let (stamp, rest) = split_at_byte(rest, b' ')?;
        let (host, rest) = split_at_byte(rest, b' ')?;
        let (program, rest) = split_at_byte(rest, b' ')?;
        let (process, rest) = split_at_byte(rest, b' ')?;
        let (message_id, rest) = split_at_byte(rest, b' ').unwrap_or((rest, b"-"));
        let time = str::from_utf8(stamp).ok()?.parse().ok();
        if time.is_none() && stamp != b"-" {
            return None;
        }
        let data_length = if rest.starts_with(b"-") { 1 } else { data::length(rest)? };
        let (data, message) = rest.split_at(data_length);
        let message = message.strip_prefix(b" ").unwrap_or(message);
        let message = message.strip_prefix(crate::text_encoding::UTF8_MARK).unwrap_or(message);
        let there = |part: &'a [u8]| if part == b"-" { &[][..] } else { part };
        let (host, program, process) = (there(host), there(program), there(process));
        Some(Self { priority: None, time, host, program, process, message_id: there(message_id), data: there(data), message })
    }

    /// `TIME HOST PROGRAM[PROCESS]: MESSAGE`; the host may be missing, and so may everything else.
    fn read_3164(rest: &'a [u8], received: Option<Timestamp>) -> Self {
        let Some((time, rest)) = time(rest, received) else {
            return Self { message: rest, ..Self::default() };
        };
        let rest = rest.trim_ascii_start();
        let (host, tagged) = match split_at_byte(rest, b' ') {
            Some((word, after)) if tag(word).is_none() => (word, after.trim_ascii_start()),
            _ => (&[][..], rest),
        };
        let Some((program, process, message)) = tag(tagged) else {
            return Self { time, host, message: tagged, ..Self::default() };
        };
        Self { time, host, program, process, message: message.trim_ascii_start(), ..Self::default() }
    }
}

/// `PROGRAM[PROCESS]:` or `PROGRAM:` at the start of `bytes`, and what follows.
fn tag(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let end = bytes.iter().position(|byte| matches!(byte, b':' | b'[' | b' '))?;
    let (program, rest) = bytes.split_at(end);
    if program.is_empty() {
        return None;
    }
    match rest {
        [b':'] | [b':', b' ' | b'\t', ..] => Some((program, &[], &rest[1..])),
        [b'[', rest @ ..] => {
            let (process, rest) = split_at_byte(rest, b']')?;
            let is_process = process.len() <= 64 && !process.contains(&b' ');
            is_process.then(|| (program, process, rest.strip_prefix(b":").unwrap_or(rest)))
        }
        _ => None,
    }
}

/// Passes over the count of bytes that stands before each message on a stream.
fn without_count(line: &[u8]) -> &[u8] {
    match split_at_byte(line, b' ') {
        Some((count, rest)) if count.len() <= 7 && number(count).is_some() && rest.starts_with(b"<") => rest,
        _ => line,
    }
}

fn priority(line: &[u8]) -> (Option<u8>, &[u8]) {
    let found = line.strip_prefix(b"<").and_then(|rest| split_at_byte(rest, b'>'));
    let value = found.filter(|(digits, _)| digits.len() <= 3).and_then(|(digits, _)| number(digits));
    match (value, found) {
        (Some(value @ 0..=191), Some((_, rest))) => (Some(value as u8), rest),
        _ => (None, line),
    }
}

const MONTHS: [&[u8]; 12] = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// The number of a month from its first three letters.
pub(crate) fn month(word: &[u8]) -> Option<u32> {
    MONTHS.iter().position(|month| month.eq_ignore_ascii_case(word)).map(|at| at as u32 + 1)
}

/// The time at the start of `line` (inside: `None` when there is no year to be had), and what follows.
fn time(line: &[u8], received: Option<Timestamp>) -> Option<(Option<Timestamp>, &[u8])> {
    if line.first().is_some_and(u8::is_ascii_digit) {
        let (stamp, rest) = split_at_byte(line, b' ')?;
        let is_time = stamp.len() >= 19 && stamp.get(10) == Some(&b'T');
        let time: Timestamp = is_time.then(|| str::from_utf8(stamp).ok()?.parse().ok()).flatten()?;
        return Some((Some(time), rest));
    }
    // Cisco marks a clock that is not in step with an asterisk or a dot.
    let line = line.strip_prefix(b"*").or_else(|| line.strip_prefix(b".")).unwrap_or(line);
    let month = month(line.get(..3)?)?;
    let rest = line.get(3..)?.strip_prefix(b" ")?.trim_ascii_start();
    let (day, rest) = split_at_byte(rest, b' ')?;
    let day = u32::try_from(number(day).filter(|day| (1..=31).contains(day))?).ok()?;
    let (year, rest) = match split_at_byte(rest, b' ') {
        Some((word, after)) if word.len() == 4 && number(word).is_some() => (number(word), after),
        _ => (None, rest),
    };
    let (clock, rest) = split_at_byte(rest, b' ').unwrap_or((rest, &[]));
    let clock = clock.strip_suffix(b":").unwrap_or(clock);
    let (hour, minute, second) = match *clock {
        [h1, h2, b':', m1, m2, b':', s1, s2] | [h1, h2, b':', m1, m2, b':', s1, s2, b'.', ..] => {
            let part = |digits: [u8; 2]| number(&digits).map(|part| part as u32);
            (part([h1, h2])?, part([m1, m2])?, part([s1, s2])?)
        }
        _ => return None,
    };
    let at = |year: i64| Timestamp::from_civil(i32::try_from(year).ok()?, month, day, hour, minute, second, 0);
    let time = match (year, received) {
        (Some(year), _) => at(year as i64),
        (None, Some(received)) => {
            let year = received.to_civil().0;
            // Received on New Year's Day, sent on the eve of it. A clock may be a day ahead, not more.
            at(year).filter(|time| time.micros_since(received) <= DAY_MICROS).or_else(|| at(year - 1))
        }
        (None, None) => None,
    };
    Some((time, rest))
}

const DAY_MICROS: i64 = 86_400_000_000;

/// Source: RFC 5424, table 1, with the keywords of `syslog(3)`.
pub(super) fn facility(priority: u8) -> &'static str {
    const FACILITIES: [&str; 24] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit",
        "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];
    FACILITIES.get(usize::from(priority / 8)).copied().unwrap_or_default()
}

/// Source: RFC 5424, table 2, with the keywords of `syslog(3)`.
pub(super) fn severity(priority: u8) -> &'static str {
    ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"][usize::from(priority % 8)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    #[test]
    fn line_of_rfc_5424_is_taken_apart() {
        let line = b"<165>1 2024-05-12T08:24:00.003Z ward7.example app 12 ID47 [a@1 b=\"]\"][c] \xef\xbb\xbfhello";
        let head = Head::read(line, None);
        assert_eq!(head.time, at("2024-05-12T08:24:00.003Z"));
        assert_eq!((head.host, head.program, head.process), (&b"ward7.example"[..], &b"app"[..], &b"12"[..]));
        assert_eq!((head.message_id, head.data, head.message), (&b"ID47"[..], &b"[a@1 b=\"]\"][c]"[..], &b"hello"[..]));
        assert_eq!((facility(165), severity(165)), ("local4", "notice"));
    }

    #[test]
    fn line_of_rfc_3164_takes_its_year_from_when_it_was_received() {
        let received = at("2024-01-01T00:00:05Z");
        let head = Head::read(b"<34>Dec 31 23:59:58 ward7 sshd[12]: hello", received);
        assert_eq!(head.time, at("2023-12-31T23:59:58Z"));
        assert_eq!(
            (head.host, head.program, head.process, head.message),
            (&b"ward7"[..], &b"sshd"[..], &b"12"[..], &b"hello"[..])
        );
        assert_eq!(Head::read(b"Jan  2 00:00:01 ward7 cron: x", received).time, at("2024-01-02T00:00:01Z"));
        assert_eq!(Head::read(b"Jan  2 00:00:01 ward7 cron: x", None).time, None);
    }

    #[test]
    fn parts_that_are_missing_are_empty() {
        let head = Head::read(b"Jan  2 00:00:01 su: failed", None);
        assert_eq!((head.host, head.program, head.message), (&b""[..], &b"su"[..], &b"failed"[..]));
        let head = Head::read(b"  at line 7", None);
        assert_eq!(head, Head { message: b"  at line 7", ..Head::default() });
        let head = Head::read(b"41 <13>1 - - - - - - only text", None);
        assert_eq!((head.priority, head.message), (Some(13), &b"only text"[..]));
        let head = Head::read(b"2024-05-12T08:24:00+01:00 ward7 systemd[1]: Started.", None);
        assert_eq!((head.time, head.program), (at("2024-05-12T07:24:00Z"), &b"systemd"[..]));
    }
}
