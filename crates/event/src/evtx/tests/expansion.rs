//! Small records that ask for a lot of work.

use super::support::{FILE_HEADER_BYTES, read_all};
use crate::evtx::CHUNK_BYTES;

/// Where the definitions are put: behind the records, where nothing but an offset leads.
const DEFINITIONS: usize = 32 * 1024;

/// A definition at `at` of an element that holds the record's first value `times` times.
fn definition(at: usize, number: u8, times: usize) -> Vec<u8> {
    let mut elements = vec![0x0f, 1, 1, 0, 0x01, 0xff, 0xff, 0, 0, 0, 0];
    let name_at = at + 24 + elements.len() + 4;
    elements.extend((name_at as u32).to_le_bytes());
    elements.extend([0, 0, 0, 0, 0, 0, 1, 0, b'E', 0, 0, 0, 0x02]);
    (0..times).for_each(|_| elements.extend([0x0d, 0, 0, 0x21]));
    elements.extend([0x04, 0x00]);
    let mut bytes = vec![0; 4];
    bytes.extend([number; 16]);
    bytes.extend((elements.len() as u32).to_le_bytes());
    bytes.extend(elements);
    bytes
}

/// An instance of the definition at `at`, with one fragment as its value.
fn instance(at: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x0c, 1, 0, 0, 0, 0];
    bytes.extend((at as u32).to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend((value.len() as u16).to_le_bytes());
    bytes.extend([if value.is_empty() { 0x00 } else { 0x21 }, 0]);
    bytes.extend(value);
    bytes
}

/// A log of one chunk whose records hold `elements`. Its checksums are not right, which readers live with.
fn log(elements: &[Vec<u8>], definitions: &[Vec<u8>]) -> Vec<u8> {
    let mut chunk = b"ElfChnk\0".to_vec();
    chunk.resize(512, 0);
    for (index, elements) in elements.iter().enumerate() {
        let size = (28 + elements.len() as u32).to_le_bytes();
        chunk.extend(b"**\0\0");
        chunk.extend(size);
        chunk.extend((index as u64 + 1).to_le_bytes());
        chunk.extend([0; 8]);
        chunk.extend(elements);
        chunk.extend(size);
    }
    let free_space = (chunk.len() as u32).to_le_bytes();
    chunk[48..52].copy_from_slice(&free_space);
    assert!(chunk.len() <= DEFINITIONS);
    chunk.resize(DEFINITIONS, 0);
    definitions.iter().for_each(|definition| chunk.extend(definition));
    chunk.resize(CHUNK_BYTES, 0);
    let mut log = vec![0; FILE_HEADER_BYTES];
    log.extend(chunk);
    log
}

#[test]
fn fragments_that_multiply_are_stopped() {
    let (mut definitions, mut places) = (Vec::new(), Vec::new());
    let mut at = DEFINITIONS;
    for number in 0..14 {
        definitions.push(definition(at, number, 200));
        places.push(at);
        at += definitions.last().unwrap().len();
    }
    // Two hundred times two hundred fields and more, if nobody counted.
    let record = places.iter().rev().fold(Vec::new(), |inner, at| instance(*at, &inner));
    let read = read_all(&log(&vec![record; 40], &definitions));
    assert!(read.problems.iter().any(|problem| problem.reason.contains("more fields")), "{:?}", read.problems);
    assert!(read.problems.iter().any(|problem| problem.reason.contains("without bound")), "{:?}", read.problems);
}

#[test]
fn a_template_inside_itself_is_refused() {
    let definitions = [definition(DEFINITIONS, 1, 1)];
    let record = (0..4).fold(Vec::new(), |inner, _| instance(DEFINITIONS, &inner));
    let read = read_all(&log(&[record], &definitions));
    assert!(read.problems.iter().any(|problem| problem.reason.contains("contains itself")), "{:?}", read.problems);
}

#[test]
fn fragments_nested_too_deeply_are_refused() {
    let (mut definitions, mut places) = (Vec::new(), Vec::new());
    let mut at = DEFINITIONS;
    for number in 0..40 {
        definitions.push(definition(at, number, 1));
        places.push(at);
        at += definitions.last().unwrap().len();
    }
    let record = places.iter().rev().fold(Vec::new(), |inner, at| instance(*at, &inner));
    let read = read_all(&log(&[record], &definitions));
    assert!(read.problems.iter().any(|problem| problem.reason.contains("too deeply")), "{:?}", read.problems);
}

/// `<Event><EventData><Data>…</Data></EventData></Event>` without a template, each name where it is first used.
fn plain(text: &[u8]) -> Vec<u8> {
    let mut elements = vec![0x0f, 1, 1, 0];
    for name in ["Event", "EventData", "Data"] {
        elements.extend([0x01, 0, 0, 0, 0]);
        let name_at = 512 + 24 + elements.len() + 4;
        elements.extend((name_at as u32).to_le_bytes());
        elements.extend([0; 6]);
        elements.extend((name.len() as u16).to_le_bytes());
        elements.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        elements.extend([0, 0, 0x02]);
    }
    elements.extend(text);
    elements.extend([0x04, 0x04, 0x04, 0x00]);
    elements
}

#[test]
fn records_without_a_template_are_read() {
    let read = read_all(&log(&[plain(&[0x05, 0x01, 2, 0, b'h', 0, b'i', 0])], &[]));
    assert_eq!(read.events[0].fields, [("Data".to_owned(), Some("hi".to_owned()))]);
}

#[test]
fn text_in_pieces_is_put_together() {
    // A value, a character reference and a CDATA section.
    let pieces = [0x45, 0x01, 2, 0, b'x', 0, b' ', 0, 0x48, b'&', 0, 0x07, 2, 0, b' ', 0, b'y', 0];
    let read = read_all(&log(&[plain(&pieces)], &[]));
    assert_eq!(read.events[0].fields, [("Data".to_owned(), Some("x & y".to_owned()))]);
}
