//! Objects that are not records but hold them: `{"Records":[…]}` and its like.

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapper {
    /// A record.
    None,
    /// Too little of it is there to tell.
    Unclear,
    /// It holds a list of records, which starts this many bytes behind its own start, inside this many objects.
    Around { records: usize, depth: u32 },
}

/// Names of lists of records: CloudTrail, Azure's diagnostic logs and Graph, exports of consoles.
const LISTS: &[&[u8]] = &[
    b"Records", b"records", b"value", b"Events", b"events", b"Logs", b"logs", b"data", b"items", b"results", b"entries", b"hits",
];

/// An answer of Elasticsearch says a few things before its hits.
const HITS_HEADS: &[&[u8]] = &[b"took", b"_scroll_id", b"pit_id", b"hits"];
const HITS_WITHIN: usize = 1024;

/// Tells what the object at the start of `bytes` is.
#[inline]
pub(crate) fn wrapper(bytes: &[u8]) -> Wrapper {
    let mut at = 1;
    let Some(key) = first_key(bytes, &mut at) else {
        return if bytes.len() < 64 { Wrapper::Unclear } else { Wrapper::None };
    };
    let is_list = LISTS.contains(&key);
    if HITS_HEADS.contains(&key) {
        let head = &bytes[..bytes.len().min(HITS_WITHIN)];
        if let Some(records) = hits(head) {
            return Wrapper::Around { records, depth: brackets(&head[..records - 1], 0, 0).1 };
        }
        if bytes.len() < HITS_WITHIN {
            return Wrapper::Unclear;
        }
    }
    if !is_list {
        return Wrapper::None;
    }
    for wanted in [b":[", b"[{"] {
        skip_space(bytes, &mut at);
        match bytes.get(at) {
            Some(byte) if *byte == wanted[0] => at += 1,
            Some(_) => return Wrapper::None,
            None if at < 256 => return Wrapper::Unclear,
            None => return Wrapper::None,
        }
    }
    let records = at;
    skip_space(bytes, &mut at);
    match bytes.get(at) {
        Some(b'{' | b']') => Wrapper::Around { records, depth: 1 },
        None if at < 256 => Wrapper::Unclear,
        _ => Wrapper::None,
    }
}

fn first_key<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    /// The longest of the names above, and its quote.
    const LONGEST: usize = 12;
    skip_space(bytes, at);
    if bytes.get(*at) != Some(&b'"') {
        return None;
    }
    let rest = &bytes[*at + 1..];
    let length = rest.iter().take(LONGEST).position(|byte| *byte == b'"')?;
    *at += length + 2;
    Some(&rest[..length])
}

/// The list inside the outer `hits`.
fn hits(head: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(head, b"\"hits\"").find_map(|found| {
        let mut at = found + 6;
        skip_space(head, &mut at);
        if head.get(at) != Some(&b':') {
            return None;
        }
        at += 1;
        skip_space(head, &mut at);
        (head.get(at) == Some(&b'[')).then_some(at + 1)
    })
}

fn skip_space(bytes: &[u8], at: &mut usize) {
    while matches!(bytes.get(*at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        *at += 1;
    }
}

/// Whether every bracket that opens in `bytes` closes in them.
pub(crate) fn is_balanced(bytes: &[u8]) -> bool {
    brackets(bytes, 0, 0).1 == 0
}

/// Where the value that starts at `start` ends, by its brackets alone; a stray word ends before what may be a record.
pub(crate) fn end_of_value(bytes: &[u8], start: usize) -> usize {
    if matches!(bytes.get(start), Some(b'{' | b'[')) {
        return brackets(bytes, start, 0).0;
    }
    let rest = bytes.get(start + 1..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b'\n' | b',' | b'{' | b'[' | b']'));
    (start + 1 + end.unwrap_or(rest.len())).min(bytes.len())
}

/// Where the outermost of `depth` objects ends that are open at `start`.
pub(crate) fn end_of_objects(bytes: &[u8], start: usize, depth: u32) -> usize {
    brackets(bytes, start, depth).0
}

/// Follows brackets until none is open; where that is, and how many are open at the end.
fn brackets(bytes: &[u8], start: usize, mut depth: u32) -> (usize, u32) {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => {
                while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
                    at += found + 1;
                    if bytes[at - 1] == b'"' {
                        break;
                    }
                    at += 1;
                }
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return (at, 0);
                }
            }
            _ => {}
        }
    }
    (bytes.len(), depth)
}
