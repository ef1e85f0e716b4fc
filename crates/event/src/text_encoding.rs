//! The encodings that text logs come in, and their conversion to UTF-8.

/// Byte order mark of UTF-8.
pub(crate) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// How the characters of a text log are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TextEncoding {
    /// UTF-8 or anything else whose line breaks and punctuation are ASCII bytes.
    #[default]
    Utf8,
    /// As `wevtutil` and PowerShell's redirection write it.
    Utf16Le,
    /// The same, big end first.
    Utf16Be,
}

impl TextEncoding {
    /// Told by the byte order mark; without one, by an ASCII character and a zero in the first two bytes and the next two.
    pub(crate) fn from_head(head: &[u8]) -> Self {
        let ascii = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
        match head {
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            [a, 0, b, 0, ..] if ascii(a) && ascii(b) => Self::Utf16Le,
            [0, a, 0, b, ..] if ascii(a) && ascii(b) => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }
}

/// Appends `wide` (an even number of bytes; a last odd one is ignored) to `out` as UTF-8, without byte order marks.
/// Lone surrogates become U+FFFD, and so does a pair that the end of `wide` cuts: see [`split_pair`].
pub(crate) fn convert(encoding: TextEncoding, wide: &[u8], out: &mut Vec<u8>) {
    let (units, _) = wide.as_chunks::<2>();
    let unit = |bytes: &[u8; 2]| match encoding {
        TextEncoding::Utf16Be => u16::from_be_bytes(*bytes),
        _ => u16::from_le_bytes(*bytes),
    };
    out.reserve(units.len());
    for decoded in char::decode_utf16(units.iter().map(unit)) {
        match decoded.unwrap_or(char::REPLACEMENT_CHARACTER) {
            '\u{feff}' => {}
            ascii if ascii.is_ascii() => out.push(ascii as u8),
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// How many bytes at the end of `wide` must wait for more: an odd byte, and the first half of a surrogate pair.
pub(crate) fn split_pair(encoding: TextEncoding, wide: &[u8]) -> usize {
    let odd = wide.len() % 2;
    let high = match &wide[..wide.len() - odd] {
        [.., low, high] if encoding == TextEncoding::Utf16Le => u16::from_le_bytes([*low, *high]),
        [.., high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    odd + if (0xd800..0xdc00).contains(&high) { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_of_either_order_becomes_utf_8() {
        let text = "\u{feff}é😀\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (encoding, bytes) in [(TextEncoding::Utf16Le, little), (TextEncoding::Utf16Be, big)] {
            assert_eq!(TextEncoding::from_head(&bytes), encoding);
            let mut out = Vec::new();
            convert(encoding, &bytes, &mut out);
            assert_eq!(out, "é😀\n".as_bytes());
            assert_eq!(split_pair(encoding, &bytes[..6]), 2, "half a pair waits");
            assert_eq!(split_pair(encoding, &bytes[..7]), 3, "half a pair and half a unit wait");
        }
    }
}
