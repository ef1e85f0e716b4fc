//! The access log of Apache and nginx: common and combined, with or without the virtual host in front.
//!
//! Source: Apache HTTP Server, module `mod_log_config`; nginx, module `ngx_http_log_module`.

use cordon_model::Timestamp;

use crate::{
    event::{Event, Field, Names},
    lines::{number, split_at_byte},
    names::KnownNames,
    syslog,
    value::{Encoding, Value},
};

/// The parts of `line`; false when it is not of this form.
pub(super) fn split<'a>(line: &'a [u8], known: &mut KnownNames, names: &mut Names, event: &mut Event<'a>) -> bool {
    let Some(parts) = Parts::read(line) else {
        return false;
    };
    let mut field = |name: &str, bytes: &'a [u8]| {
        if !bytes.is_empty() && bytes != b"-" {
            let value = Value { encoding: Encoding::Utf8, bytes };
            event.fields.push(Field { name: known.id(name.as_bytes(), names), value });
        }
    };
    field("c-ip", parts.client);
    field("cs-host", parts.host);
    field("cs-username", parts.user);
    field("cs-method", parts.method);
    // What Sigma's webserver category calls `cs-…` is `c-…` in its proxy category.
    field("c-uri", parts.uri);
    field("cs-uri", parts.uri);
    let (stem, query) = split_at_byte(parts.uri, b'?').unwrap_or((parts.uri, &[]));
    field("cs-uri-stem", stem);
    field("cs-uri-query", query);
    field("cs-version", parts.version);
    field("sc-status", parts.status);
    field("sc-bytes", parts.bytes);
    field("cs-referer", parts.referer);
    field("cs-user-agent", parts.agent);
    field("c-useragent", parts.agent);
    event.header.time = parts.time;
    true
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Parts<'a> {
    host: &'a [u8],
    client: &'a [u8],
    user: &'a [u8],
    time: Option<Timestamp>,
    method: &'a [u8],
    uri: &'a [u8],
    version: &'a [u8],
    status: &'a [u8],
    bytes: &'a [u8],
    referer: &'a [u8],
    agent: &'a [u8],
}

impl<'a> Parts<'a> {
    /// `[HOST] CLIENT IDENTITY USER [TIME] "METHOD URI VERSION" STATUS BYTES ["REFERER" "AGENT"]`
    fn read(line: &'a [u8]) -> Option<Self> {
        let (before, rest) = split_at_byte(line, b'[')?;
        let (stamp, rest) = split_at_byte(rest, b']')?;
        let time = clf_time(stamp)?;
        let mut words = before.trim_ascii().splitn(4, |byte| *byte == b' ');
        let (first, second, third) = (words.next()?, words.next()?, words.next()?);
        let (host, client, user) = match words.next() {
            Some(user) => (first, second, user),
            None => (&[][..], first, third),
        };
        let (request, rest) = quoted(rest.trim_ascii_start())?;
        let mut request = request.splitn(2, |byte| *byte == b' ');
        let (method, target) = (request.next()?, request.next().unwrap_or_default());
        let (uri, version) = match memchr::memrchr(b' ', target) {
            Some(at) if target[at + 1..].starts_with(b"HTTP/") => (&target[..at], &target[at + 1..]),
            _ => (target, &[][..]),
        };
        let rest = rest.trim_ascii_start();
        let (status, rest) = split_at_byte(rest, b' ').unwrap_or((rest, &[]));
        number(status).filter(|_| status.len() == 3)?;
        let (bytes, rest) = split_at_byte(rest, b' ').unwrap_or((rest, &[]));
        let (referer, rest) = quoted(rest.trim_ascii_start()).unwrap_or_default();
        let (agent, _) = quoted(rest.trim_ascii_start()).unwrap_or_default();
        Some(Self { host, client, user, time: Some(time), method, uri, version, status, bytes, referer, agent })
    }
}

/// The inside of the quoted text at the start of `bytes`, and what follows. A backslash keeps a quote from ending it.
fn quoted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = bytes.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', inside.get(at..)?)?;
        if inside[at] == b'"' {
            return Some((&inside[..at], &inside[at + 1..]));
        }
        at += 2;
    }
}

/// `12/May/2024:08:24:00 +0000`
fn clf_time(stamp: &[u8]) -> Option<Timestamp> {
    let part = |from: usize, to: usize| stamp.get(from..to).and_then(number).map(|part| part as u32);
    let month = syslog::month(stamp.get(3..6)?)?;
    let year = i32::try_from(part(7, 11)?).ok()?;
    let local = Timestamp::from_civil(year, month, part(0, 2)?, part(12, 14)?, part(15, 17)?, part(18, 20)?, 0)?;
    let minutes = match stamp.get(20..)? {
        [b' ', sign @ (b'+' | b'-'), ..] => {
            let minutes = i64::from(part(22, 24)? * 60 + part(24, 26)?);
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => 0,
    };
    Some(Timestamp(local.0 - minutes * 60_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combined_line_is_taken_apart() {
        let line = br#"192.0.2.7 - nurse [12/May/2024:09:24:00 +0100] "GET /a?b=\"c HTTP/1.1" 200 512 "-" "agent x""#;
        let parts = Parts::read(line).unwrap();
        assert_eq!(parts.time, "2024-05-12T08:24:00Z".parse().ok());
        assert_eq!((parts.client, parts.user, parts.method), (&b"192.0.2.7"[..], &b"nurse"[..], &b"GET"[..]));
        assert_eq!((parts.uri, parts.version), (&br#"/a?b=\"c"#[..], &b"HTTP/1.1"[..]));
        assert_eq!((parts.status, parts.bytes, parts.agent), (&b"200"[..], &b"512"[..], &b"agent x"[..]));
    }

    #[test]
    fn virtual_host_may_stand_in_front_and_a_bad_request_be_empty() {
        let parts = Parts::read(br#"www.example:443 192.0.2.7 - - [12/May/2024:08:24:00 +0000] "" 400 0"#).unwrap();
        assert_eq!((parts.host, parts.client, parts.status), (&b"www.example:443"[..], &b"192.0.2.7"[..], &b"400"[..]));
    }

    #[test]
    fn other_lines_are_not_of_this_form() {
        assert_eq!(Parts::read(b"[12/May/2024:08:24:00 +0000] started"), None);
        assert_eq!(Parts::read(b"a b c [not a time] \"GET / HTTP/1.1\" 200 1"), None);
    }
}
