//! What kind of log a run of bytes is, told from its first bytes and never from a file's name.

use memchr::memmem;

use crate::{
    auditd, syslog,
    text_encoding::{self, TextEncoding},
};

/// What kind of log a run of bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogKind {
    /// The binary log of Windows Vista and later.
    Evtx,
    /// Windows events rendered as XML, with or without a root element.
    Xml,
    /// JSON records: one a line, in an array, pretty-printed or one after the other.
    Json,
    /// RFC 5424 or RFC 3164, one message a line.
    Syslog,
    /// The Linux audit log.
    Auditd,
    /// Lines of any other form.
    Text,
}

/// Lines that are looked at; a log of another kind may begin with a few lines of banner.
const SAMPLE_LINES: usize = 24;

impl LogKind {
    /// Tells the kind from the first bytes of a log, up to 64 KiB. `None`: nothing we know (binary, or empty).
    pub fn from_head(head: &[u8]) -> Option<Self> {
        if is_evtx(head) {
            return Some(Self::Evtx);
        }
        let encoding = TextEncoding::from_head(head);
        if encoding != TextEncoding::Utf8 {
            let mut text = Vec::new();
            text_encoding::convert(encoding, &head[..head.len() & !1], &mut text);
            return from_text(&text);
        }
        from_text(head.strip_prefix(text_encoding::UTF8_MARK).unwrap_or(head))
    }

    /// The kind in lower case, as it is named on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evtx => "evtx",
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Syslog => "syslog",
            Self::Auditd => "auditd",
            Self::Text => "text",
        }
    }
}

/// Magic of the file header or, where that is lost, of a chunk. Source: \[MS-EVEN6\] and libevtx, "EVTX file format".
fn is_evtx(head: &[u8]) -> bool {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    at(0, b"ElfFile\0") || at(0, b"ElfChnk\0") || at(4096, b"ElfChnk\0")
}

fn from_text(head: &[u8]) -> Option<LogKind> {
    if head.is_empty() || is_binary(head) {
        return None;
    }
    let mut votes = [(LogKind::Json, 0), (LogKind::Xml, 0), (LogKind::Auditd, 0), (LogKind::Syslog, 0)];
    let mut lines = 0;
    for line in head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).take(SAMPLE_LINES) {
        let kind = line_kind(line, head);
        // A document that begins as JSON or XML is that, whatever its later lines look like one by one.
        if lines == 0 && matches!(kind, LogKind::Json | LogKind::Xml) {
            return Some(kind);
        }
        lines += 1;
        votes.iter_mut().filter(|(voted, _)| *voted == kind).for_each(|(_, count)| *count += 1);
    }
    let (kind, count) = votes.into_iter().rev().max_by_key(|(_, count)| *count)?;
    // Any line is text, so text says little; messages of many lines and separators are found in all kinds.
    Some(if count * 4 > lines { kind } else { LogKind::Text })
}

fn line_kind(line: &[u8], head: &[u8]) -> LogKind {
    match line {
        [b'{', rest @ ..] if matches!(rest.trim_ascii_start(), [] | [b'"' | b'}', ..]) => LogKind::Json,
        [b'[', rest @ ..] if matches!(rest.trim_ascii_start(), [] | [b'{', ..]) => LogKind::Json,
        [b'<', rest @ ..] if !rest.first().is_some_and(u8::is_ascii_digit) => {
            let is_event = memmem::find(head, b"<Event").is_some() || memmem::find(head, b":Event>").is_some();
            if is_event { LogKind::Xml } else { LogKind::Text }
        }
        _ if auditd::is_line(line) => LogKind::Auditd,
        _ if syslog::is_line(line) => LogKind::Syslog,
        _ => LogKind::Text,
    }
}

/// Text has no NUL and few control characters. Bytes above 0x7f say nothing: old logs are in many code pages.
fn is_binary(head: &[u8]) -> bool {
    if memchr::memchr(0, head).is_some() {
        return true;
    }
    let control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | 0x1d);
    head.iter().filter(control).count() > head.len() / 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(head: &str) -> Option<LogKind> {
        LogKind::from_head(head.as_bytes())
    }

    #[test]
    fn kinds_are_told_from_their_first_bytes() {
        assert_eq!(LogKind::from_head(b"ElfFile\0\0\0"), Some(LogKind::Evtx));
        assert_eq!(kind("{\"EventID\":1}\n"), Some(LogKind::Json));
        assert_eq!(kind("\u{feff}[\n {\"a\":1}]"), Some(LogKind::Json));
        assert_eq!(kind("{\n  \"a\": 1\n}"), Some(LogKind::Json));
        assert_eq!(kind("<?xml version='1.0'?>\n<Events><Event/></Events>"), Some(LogKind::Xml));
        assert_eq!(kind("<34>1 2024-05-12T08:24:00Z ward7 sshd 12 - - hello"), Some(LogKind::Syslog));
        assert_eq!(kind("May 12 08:24:00 ward7 sshd[12]: hello"), Some(LogKind::Syslog));
        assert_eq!(kind("2024-05-12T08:24:00.123456+01:00 ward7 sshd[12]: hello"), Some(LogKind::Syslog));
        assert_eq!(kind("type=SYSCALL msg=audit(1700000000.123:7): arch=c000003e"), Some(LogKind::Auditd));
        assert_eq!(kind("192.0.2.7 - - [12/May/2024:08:24:00 +0000] \"GET / HTTP/1.1\" 200 5"), Some(LogKind::Text));
        assert_eq!(kind("[Sun May 12 08:24:00 2024] [notice] started"), Some(LogKind::Text));
    }

    #[test]
    fn utf_16_is_seen_through() {
        let wide: Vec<u8> = "\u{feff}<Event xmlns='x'>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(LogKind::from_head(&wide), Some(LogKind::Xml));
        let unmarked: Vec<u8> = "{\"EventID\":1}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(LogKind::from_head(&unmarked), Some(LogKind::Json));
    }

    #[test]
    fn banner_does_not_hide_the_log_behind_it() {
        assert_eq!(kind("starting export\n{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"), Some(LogKind::Json));
    }

    #[test]
    fn binary_and_empty_are_nothing_we_know() {
        assert_eq!(LogKind::from_head(b""), None);
        assert_eq!(LogKind::from_head(b"\x7fELF\x02\x01\x01\0\0\0"), None);
        assert_eq!(LogKind::from_head(&[0, 5, 22, 7, 0, 2]), None);
    }
}
