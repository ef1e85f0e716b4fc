//! Field values as they stand in the log, and their text.

use std::{borrow::Cow, fmt::Write as _};

use cordon_model::Timestamp;

/// A value: how it is encoded, and the bytes as they stand in the log.
///
/// Two values with the same encoding and bytes have the same text; the converse need not hold. That makes the pair a
/// key under which a matcher can remember what it found without ever decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Value<'a> {
    /// How `bytes` are to be read.
    pub encoding: Encoding,
    /// The bytes as they stand in the log.
    pub bytes: &'a [u8],
}

/// How the bytes of a [`Value`] are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// No value: JSON `null`, an empty substitution.
    #[default]
    Null,
    /// Text. Bytes that are not UTF-8 read as U+FFFD.
    Utf8,
    /// Little-endian UTF-16. Lone surrogates read as U+FFFD, and trailing NULs are not part of the text.
    Utf16,
    /// The inside of a JSON string, escapes still in place.
    Json,
    /// A JSON number, `true` or `false`, as written.
    Literal,
    /// XML character data or attribute value, references still in place.
    Xml,
    /// Hexadecimal digits that stand for text, as auditd writes values with spaces in them.
    HexText,
    /// Little-endian two's complement of 1, 2, 4 or 8 bytes.
    Int,
    /// Little-endian unsigned number of 1, 2, 4 or 8 bytes.
    Uint,
    /// Little-endian number that is written as `0x…`.
    HexInt,
    /// Little-endian IEEE 754 number of 4 or 8 bytes.
    Float,
    /// A Windows boolean: 4 bytes, zero is `false`.
    Bool,
    /// Bytes, written as upper-case hexadecimal.
    Binary,
    /// A GUID of 16 bytes, written without braces in upper case, as `evtx_dump` does.
    Guid,
    /// A Windows FILETIME of 8 bytes, written as RFC 3339.
    FileTime,
    /// A Windows SYSTEMTIME of 16 bytes, written as RFC 3339.
    SystemTime,
    /// A Windows security identifier, written as `S-1-…`.
    Sid,
}

impl<'a> Value<'a> {
    /// No value.
    pub const NULL: Value<'static> = Value { encoding: Encoding::Null, bytes: &[] };

    /// Text that needs no decoding.
    pub fn from_text(text: &'a str) -> Self {
        Self { encoding: Encoding::Utf8, bytes: text.as_bytes() }
    }

    /// Whether there is no value (which is not the same as an empty text).
    pub fn is_null(&self) -> bool {
        self.encoding == Encoding::Null
    }

    /// The text; borrowed where the log already holds it as UTF-8 without escapes.
    pub fn to_text(&self) -> Cow<'a, str> {
        match self.encoding {
            Encoding::Utf8 | Encoding::Literal => String::from_utf8_lossy(self.bytes),
            Encoding::Json if memchr::memchr(b'\\', self.bytes).is_none() => String::from_utf8_lossy(self.bytes),
            Encoding::Xml if memchr::memchr(b'&', self.bytes).is_none() => String::from_utf8_lossy(self.bytes),
            _ => {
                let mut text = String::new();
                self.write_text(&mut text);
                Cow::Owned(text)
            }
        }
    }

    /// Appends the text to `out`. A value whose bytes do not fit its encoding is written as hexadecimal.
    pub fn write_text(&self, out: &mut String) {
        match self.encoding {
            Encoding::Null => {}
            Encoding::Utf8 | Encoding::Literal => push_utf8(self.bytes, out),
            Encoding::Utf16 => push_utf16(self.bytes, out),
            Encoding::Json => push_json(self.bytes, out),
            Encoding::Xml => push_xml(self.bytes, out),
            Encoding::HexText => push_hex_text(self.bytes, out),
            _ => {
                if push_binary(self.encoding, self.bytes, out).is_none() {
                    push_hex(self.bytes, out);
                }
            }
        }
    }

    /// The value as an unsigned number, if it is one (decimal, or hexadecimal with `0x`).
    pub fn to_u64(&self) -> Option<u64> {
        match self.encoding {
            Encoding::Uint | Encoding::HexInt | Encoding::Int => unsigned(self.bytes),
            _ => {
                let text = self.to_text();
                match text.strip_prefix("0x") {
                    Some(digits) => u64::from_str_radix(digits, 16).ok(),
                    None => text.parse().ok(),
                }
            }
        }
    }
}

fn push_utf8(bytes: &[u8], out: &mut String) {
    if let Ok(text) = str::from_utf8(bytes) {
        return out.push_str(text);
    }
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

fn push_utf16(bytes: &[u8], out: &mut String) {
    let (mut units, _) = bytes.as_chunks::<2>();
    while let [rest @ .., [0, 0]] = units {
        units = rest;
    }
    out.reserve(units.len());
    let ascii = units.iter().take_while(|unit| unit[1] == 0 && unit[0] < 0x80).count();
    out.extend(units[..ascii].iter().map(|unit| char::from(unit[0])));
    if ascii < units.len() {
        let rest = units[ascii..].iter().map(|unit| u16::from_le_bytes(*unit));
        out.extend(char::decode_utf16(rest).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
}

/// Source: RFC 8259 §7. An escape that is not one stays as it is.
fn push_json(mut bytes: &[u8], out: &mut String) {
    let start = out.len();
    // Pieces between escapes are short, so they are gathered as bytes and checked once.
    let mut text = std::mem::take(out).into_bytes();
    while let Some(at) = memchr::memchr(b'\\', bytes) {
        text.extend_from_slice(&bytes[..at]);
        bytes = &bytes[at..];
        let used = match bytes.get(1) {
            Some(b'n') => push_byte(b'\n', &mut text),
            Some(b't') => push_byte(b'\t', &mut text),
            Some(b'r') => push_byte(b'\r', &mut text),
            Some(b'b') => push_byte(8, &mut text),
            Some(b'f') => push_byte(0xc, &mut text),
            Some(other @ (b'"' | b'\\' | b'/')) => push_byte(*other, &mut text),
            Some(b'u') => {
                let (character, used) = json_unicode(bytes).unwrap_or(('\\', 1));
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                used
            }
            _ => {
                text.push(b'\\');
                1
            }
        };
        bytes = &bytes[used..];
    }
    text.extend_from_slice(bytes);
    *out = String::from_utf8(text).unwrap_or_else(|error| {
        let text = error.into_bytes();
        let (before, added) = text.split_at(start);
        let mut repaired = String::from_utf8_lossy(before).into_owned();
        push_utf8(added, &mut repaired);
        repaired
    });
}

/// Appends what an escape of two bytes stands for; the bytes used.
fn push_byte(byte: u8, text: &mut Vec<u8>) -> usize {
    text.push(byte);
    2
}

/// Reads `\uXXXX` or a surrogate pair of two; the character and the bytes it takes.
fn json_unicode(bytes: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = bytes.get(at..at + 4)?;
        digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
    };
    let first = unit(2)?;
    if (0xd800..0xdc00).contains(&first)
        && bytes.get(6..8) == Some(b"\\u")
        && let Some(second) = unit(8).filter(|second| (0xdc00..0xe000).contains(second))
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return Some((char::from_u32(code)?, 12));
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
}

/// Source: XML 1.0 §4.1 and §4.6. A reference that is not one stays as it is.
fn push_xml(mut bytes: &[u8], out: &mut String) {
    /// `&#x10FFFF;` is the longest reference that means something.
    const LONGEST: usize = 12;
    while let Some(at) = memchr::memchr(b'&', bytes) {
        push_utf8(&bytes[..at], out);
        bytes = &bytes[at..];
        let end = bytes.iter().take(LONGEST).position(|byte| *byte == b';');
        let known = end.and_then(|end| Some((xml_reference(&bytes[1..end])?, end + 1)));
        let (text, used) = known.unwrap_or(('&', 1));
        out.push(text);
        bytes = &bytes[used..];
    }
    push_utf8(bytes, out);
}

fn xml_reference(name: &[u8]) -> Option<char> {
    match name {
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"amp" => Some('&'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?),
        [b'#', digits @ ..] => char::from_u32(str::from_utf8(digits).ok()?.parse().ok()?),
        _ => None,
    }
}

fn push_hex_text(digits: &[u8], out: &mut String) {
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some((char::from(*high).to_digit(16)? * 16 + char::from(*low).to_digit(16)?) as u8))
        .collect();
    match bytes {
        Some(bytes) if rest.is_empty() => push_utf8(&bytes, out),
        _ => push_utf8(digits, out),
    }
}

/// Writes what has a fixed binary layout; `None` when the bytes do not fit it.
fn push_binary(encoding: Encoding, bytes: &[u8], out: &mut String) -> Option<()> {
    // Writing to a `String` cannot fail; the results below are dropped for that reason.
    let _ = match encoding {
        Encoding::Int => write!(out, "{}", signed(bytes)?),
        Encoding::Uint => write!(out, "{}", unsigned(bytes)?),
        Encoding::HexInt => write!(out, "0x{:x}", unsigned(bytes)?),
        Encoding::Float => match bytes.len() {
            4 => write!(out, "{}", f32::from_le_bytes(bytes.try_into().ok()?)),
            _ => write!(out, "{}", f64::from_le_bytes(bytes.try_into().ok()?)),
        },
        Encoding::Bool => write!(out, "{}", unsigned(bytes)? != 0),
        Encoding::Guid => {
            let (a, rest) = bytes.split_at_checked(4)?;
            let (b, rest) = rest.split_at_checked(2)?;
            let (c, d) = rest.split_at_checked(2)?;
            let d: [u8; 8] = d.try_into().ok()?;
            let (a, b, c) = (unsigned(a)?, unsigned(b)?, unsigned(c)?);
            write!(out, "{a:08X}-{b:04X}-{c:04X}-{:02X}{:02X}-", d[0], d[1])
                .and_then(|()| d[2..].iter().try_for_each(|byte| write!(out, "{byte:02X}")))
        }
        Encoding::FileTime => write!(out, "{}", Timestamp::from_filetime(u64::from_le_bytes(bytes.try_into().ok()?))?),
        Encoding::SystemTime => write!(out, "{}", system_time(bytes)?),
        Encoding::Sid => return push_sid(bytes, out),
        _ => return None,
    };
    Some(())
}

/// Source: Windows SDK, SYSTEMTIME: year, month, day of week, day, hour, minute, second, millisecond.
fn system_time(bytes: &[u8]) -> Option<Timestamp> {
    let bytes: &[u8; 16] = bytes.try_into().ok()?;
    let part = |at: usize| u32::from(u16::from_le_bytes([bytes[at * 2], bytes[at * 2 + 1]]));
    Timestamp::from_civil(part(0) as i32, part(1), part(3), part(4), part(5), part(6), part(7) * 1000)
}

/// Source: \[MS-DTYP\] §2.4.2.2.
fn push_sid(bytes: &[u8], out: &mut String) -> Option<()> {
    let (&[revision, count, a, b, c, d, e, f], parts) = bytes.split_first_chunk::<8>()?;
    let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let (parts, _) = parts.as_chunks::<4>();
    let parts = parts.get(..usize::from(count))?;
    let _ = write!(out, "S-{revision}-{authority}");
    for part in parts {
        let _ = write!(out, "-{}", u32::from_le_bytes(*part));
    }
    Some(())
}

fn push_hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        let _ = write!(out, "{byte:02X}");
    }
}

fn unsigned(bytes: &[u8]) -> Option<u64> {
    matches!(bytes.len(), 1 | 2 | 4 | 8).then(|| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn signed(bytes: &[u8]) -> Option<i64> {
    let number = unsigned(bytes)?;
    let shift = 64 - 8 * bytes.len() as u32;
    Some((number << shift) as i64 >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(encoding: Encoding, bytes: &[u8]) -> String {
        Value { encoding, bytes }.to_text().into_owned()
    }

    #[test]
    fn json_escapes_are_read_and_broken_ones_kept() {
        assert_eq!(text(Encoding::Json, br#"C:\\a\n\u0041\ud83d\ude00\"\/"#), "C:\\a\nA😀\"/");
        assert_eq!(text(Encoding::Json, br"\x \u12 \ud83d end\"), "\\x \\u12 \u{fffd} end\\");
    }

    #[test]
    fn xml_references_are_read_and_broken_ones_kept() {
        assert_eq!(text(Encoding::Xml, b"a &lt;b&gt; &amp;&#65;&#x42; &nope; & &#xD800;"), "a <b> &AB &nope; & &#xD800;");
    }

    #[test]
    fn utf16_keeps_what_it_can() {
        assert_eq!(text(Encoding::Utf16, b"a\0b\0\0\0"), "ab");
        assert_eq!(text(Encoding::Utf16, &[0x3d, 0xd8, 0x00, 0xde, 0x3d, 0xd8, b'x', 0, 7]), "😀\u{fffd}x");
    }

    #[test]
    fn windows_types_have_their_usual_text() {
        assert_eq!(text(Encoding::Int, &(-5i16).to_le_bytes()), "-5");
        assert_eq!(text(Encoding::HexInt, &0x1a4u32.to_le_bytes()), "0x1a4");
        assert_eq!(text(Encoding::Sid, &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]), "S-1-5-32-544");
        assert_eq!(
            text(Encoding::Guid, &[0x6a, 0x2, 0, 0, 1, 0, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
            "0000026A-0001-0002-0102-030405060708"
        );
        assert_eq!(text(Encoding::Sid, &[1, 9, 0]), "010900");
        assert_eq!(text(Encoding::Int, &[1, 2, 3]), "010203");
    }
}
