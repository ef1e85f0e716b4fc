//! However a log arrives and wherever it is cut, the same events come out of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::io::{self, Read};

use cordon_event::{LogKind, ReadOptions};
use proptest::prelude::*;
use support::{Harvest, Seen, Trickle, read, read_with};

const EVENT: &str = "<Event><System><EventID>7</EventID></System><EventData><Data Name='a'>b &lt; c</Data></EventData></Event>";

fn options(block_bytes: usize, max_record_bytes: usize) -> ReadOptions {
    ReadOptions { block_bytes, max_record_bytes, ..ReadOptions::default() }
}

fn lines(harvest: &Harvest) -> Vec<String> {
    harvest.events.iter().map(Seen::line).collect()
}

#[test]
fn marks_and_utf_16_are_converted() {
    for text in ["{\"a\":\"é😀\"}\r\n{\"a\":2}", "[{\"a\":\"é😀\"},\n{\"a\":2}]"] {
        let expected = ["a=é😀", "a=2"];
        let marked = format!("\u{feff}{text}");
        let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for log in [text.as_bytes(), marked.as_bytes(), &little, &big] {
            for step in [1, 3, 4096] {
                let harvest = read_with(Trickle(log, step), &ReadOptions::default());
                assert_eq!((lines(&harvest), harvest.problems.len()), (expected.map(String::from).to_vec(), 0));
            }
        }
    }
}

#[test]
fn nothing_and_binary_give_no_blocks() {
    for log in [&b""[..], b"\x7fELF\x02\x01\x01\0\0\0\0", b"\0\0\0\0"] {
        assert_eq!(read(log), Harvest::default());
    }
}

#[test]
fn record_that_is_too_long_is_a_problem_and_skipped() {
    let long = "x".repeat(5000);
    let cases = [
        (LogKind::Json, "{\"a\":1}\n".to_owned(), format!("{{\"a\":\"{long}\"}}\n"), "{\"a\":2}\n".to_owned()),
        (LogKind::Json, "[{\"a\":1},\n".to_owned(), format!("{{\"a\":\"{long}\"}},"), "\n{\"a\":2}]\n".to_owned()),
        (LogKind::Json, "{\n\"a\":1}\n".to_owned(), format!("{{\n\"a\":[\"{long}\"]}}"), "\n{\n\"a\":2}".to_owned()),
        (LogKind::Xml, EVENT.to_owned(), EVENT.replace("b &lt;", &long), EVENT.to_owned()),
        (LogKind::Text, "one\n".to_owned(), format!("{long}\n"), "two\n".to_owned()),
        (
            LogKind::Auditd,
            "type=A msg=audit(1.0:1): a=1\n".to_owned(),
            format!("type=A msg=audit(1.0:2): a={long}\n"),
            "type=A msg=audit(1.0:3): a=2\n".to_owned(),
        ),
    ];
    for (kind, before, record, after) in cases {
        let log = format!("{before}{record}{after}");
        for (block_bytes, step) in [(64, 7), (1000, 100_000), (1 << 20, 1000)] {
            let harvest = read_with(Trickle(log.as_bytes(), step), &options(block_bytes, 1000));
            assert_eq!(harvest.kind, Some(kind));
            assert_eq!(harvest.events.len(), 2, "{kind:?} {block_bytes} {:?}", harvest.problems);
            assert_eq!(harvest.problems.len(), 1, "{kind:?} {block_bytes} {:?}", harvest.problems);
            assert!(harvest.problems[0].reason.contains("longer than 1000 bytes"), "{:?}", harvest.problems);
            let near = harvest.problems[0].offset as i64 - before.len() as i64;
            assert!((-1..=1).contains(&near), "{kind:?}: {near}");
        }
    }
}

#[test]
fn failure_in_the_middle_comes_behind_what_could_be_read() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(io::Error::other("cable pulled")) } else { self.0.read(buffer) }
        }
    }
    let harvest = read_with(Failing(b"{\"a\":1}\n{\"a\":2}\n{\"a\""), &ReadOptions::default());
    assert_eq!(lines(&harvest), ["a=1", "a=2"]);
    let offsets: Vec<_> = harvest.problems.iter().map(|problem| problem.offset).collect();
    assert_eq!(offsets, [16, u64::MAX], "the record that was cut, then the failure");
}

#[test]
fn lost_header_of_an_evtx_file_is_named_and_its_chunks_are_found() {
    for (log, chunk_at) in
        [([vec![0xee; 4096], chunk()].concat(), 4096), (chunk(), 0), ([vec![1; 512], chunk(), chunk()].concat(), 512)]
    {
        let harvest = read_with(log.as_slice(), &ReadOptions { kind: Some(LogKind::Evtx), ..ReadOptions::default() });
        assert!(harvest.problems[0].reason.contains("header"), "{:?}", harvest.problems);
        assert!(harvest.problems[1..].iter().all(|problem| problem.offset >= chunk_at), "{:?}", harvest.problems);
    }
    let harvest = read(b"ElfFile\0short");
    assert!(harvest.problems[0].reason.contains("cut short"), "{:?}", harvest.problems);
}

/// A chunk with the right magic and nothing in it.
fn chunk() -> Vec<u8> {
    let mut chunk = b"ElfChnk\0".to_vec();
    chunk.resize(64 << 10, 0);
    chunk
}

fn samples() -> Vec<String> {
    let audit =
        |serial: u32, kind: &str| format!("type={kind} msg=audit(1715502240.5:{serial}): pid={serial} comm=\"a b\" a0=6162\n");
    vec![
        (0..40)
            .map(|at| format!("{{\"EventID\":{at},\"Channel\":\"C\",\"x\":\"\\\\ \\\"q\\\" {{[,\",\"n\":{{\"k\":[1,2]}}}}\n"))
            .collect(),
        format!("[{}]", (0..40).map(|at| format!("{{\"a\":{at},\"b\":\"}}]\\\"\"}}")).collect::<Vec<_>>().join(", ")),
        (0..40).map(|at| format!("{{\n  \"a\": {at},\n  \"b\": [\n    {{}}\n  ]\n}}\n")).collect(),
        format!("{{\"Records\":[{}],\"c\":{{}}}}", (0..40).map(|at| format!("{{\"a\":{at}}}")).collect::<Vec<_>>().join(",")),
        format!("<Events>{}</Events>", EVENT.repeat(40)),
        (0..40).map(|at| format!("<{}>1 2024-05-12T08:24:00Z h p {at} - [a@1 b=\"c\\\"]\"] text {at}\n", at * 4)).collect(),
        (0..40).map(|at| audit(at / 3, if at % 3 == 0 { "SYSCALL" } else { "EXECVE" })).collect(),
        (0..40)
            .map(|at| format!("192.0.2.{at} - - [12/May/2024:08:24:00 +0000] \"GET /{at}?q HTTP/1.1\" 200 5 \"-\" \"u\"\r\n"))
            .collect(),
    ]
}

#[derive(Debug, Clone)]
enum Change {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = prop::sample::select(vec![
        &b"\n"[..],
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\\",
        b"<",
        b"</Event>",
        b"<Event>",
        b"\xff",
        b",",
        b"msg=audit(",
        b" ",
    ]);
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        any::<usize>().prop_map(Change::Cut),
        (any::<usize>(), pieces).prop_map(|(at, piece)| Change::Insert(at, piece.to_vec())),
        (any::<usize>(), 1..50_usize).prop_map(|(at, length)| Change::Remove(at, length)),
    ]
}

fn apply(log: &mut Vec<u8>, change: &Change) {
    let place = |at: usize| at % log.len().max(1);
    match change {
        Change::Flip(at, byte) => {
            let at = place(*at);
            // NUL would make it binary, which is another test.
            log.get_mut(at).into_iter().for_each(|old| *old = (*byte).max(1));
        }
        Change::Cut(at) => log.truncate(place(*at)),
        Change::Insert(at, piece) => {
            let at = place(*at).min(log.len());
            log.splice(at..at, piece.iter().copied());
        }
        Change::Remove(at, length) => {
            let at = place(*at);
            let end = (at + length).min(log.len());
            log.drain(at.min(end)..end);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_partition_gives_the_same_events(
        sample in 0..8_usize,
        changes in prop::collection::vec(change(), 0..6),
        block_bytes in 64..2000_usize,
        max_record_bytes in prop::sample::select(vec![200_usize, 4 << 20]),
        step in prop::sample::select(vec![1_usize, 13, 64, 5000]),
    ) {
        let mut log = samples().swap_remove(sample).into_bytes();
        changes.iter().for_each(|change| apply(&mut log, change));
        let whole = read_with(log.as_slice(), &options(1 << 20, max_record_bytes));
        let pieces = read_with(Trickle(&log, step), &options(block_bytes, max_record_bytes));
        prop_assert_eq!(&whole.events, &pieces.events, "{}", String::from_utf8_lossy(&log));
        prop_assert_eq!(whole.problems, pieces.problems, "{}", String::from_utf8_lossy(&log));
    }

    #[test]
    fn random_bytes_never_panic(
        kind in prop::sample::select(vec![LogKind::Json, LogKind::Xml, LogKind::Syslog, LogKind::Auditd, LogKind::Text, LogKind::Evtx]),
        log in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let _ = LogKind::from_head(&log);
        read_with(log.as_slice(), &ReadOptions { kind: Some(kind), ..options(64, 300) });
    }

    #[test]
    fn random_structure_never_panics(
        kind in prop::sample::select(vec![LogKind::Json, LogKind::Xml, LogKind::Syslog, LogKind::Auditd, LogKind::Text]),
        words in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", "\"", "\\", ",", ":", "\n", "\r", "1", "null", "\"Records\":[{", "\"EventData\":{\"Data\":[{\"@Name\":\"a\"",
            "<Event>", "</Event>", "<System>", "</System>", "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE [", "<a b='", "'/>", "&#", "<34>", "1 ",
            "- ", "[a@1 b=\"", "type=EXECVE msg=audit(", "1.0:1): ", "a1[", "]=41", "msg='", "\u{1d}", "May 12 08:24:00 ", "#Fields: a b\n", "é", "\u{feff}",
        ]), 0..60),
    ) {
        let log = words.concat();
        read_with(log.as_bytes(), &ReadOptions { kind: Some(kind), ..options(64, 300) });
    }
}
