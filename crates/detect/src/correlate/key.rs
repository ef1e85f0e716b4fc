//! Values as keys: compared without regard to case, of bounded size.

use std::hash::Hasher;

/// Longer values are represented in a key, and shown, by their beginning; the key adds a hash of the whole.
pub(super) const LONG_VALUE: usize = 512;
const KEPT_OF_LONG: usize = 256;

/// Appends the values to `key` so that two lists give the same bytes exactly when they are equal but for case.
/// Returns how many of the values are there at all.
pub(super) fn append<'v>(key: &mut Vec<u8>, values: impl Iterator<Item = Option<&'v str>>) -> usize {
    let mut present = 0;
    for value in values {
        let Some(text) = value else {
            key.push(0);
            continue;
        };
        present += 1;
        key.push(1);
        let from = key.len();
        key.extend_from_slice(&[0; 4]);
        if text.len() <= LONG_VALUE {
            fold(key, text);
        } else {
            fold(key, beginning(text));
            let mut whole = Vec::with_capacity(text.len());
            fold(&mut whole, text);
            key.extend_from_slice(&hash(&whole).to_le_bytes());
        }
        let length = u32::try_from(key.len() - from - 4).unwrap_or(u32::MAX);
        key[from..from + 4].copy_from_slice(&length.to_le_bytes());
    }
    present
}

/// SipHash with a fixed key, so that equal values stay equal from one run to the next. With the few thousand values that a
/// window keeps, two different ones share a hash with a chance below 1 in 10^12; whoever makes them collide on purpose
/// only lowers a count of values that they chose themselves.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// The value as it is kept for showing.
pub(super) fn shown(text: &str) -> Box<str> {
    if text.len() <= LONG_VALUE { text.into() } else { format!("{}…", beginning(text)).into() }
}

/// The number in a field: decimal, or hexadecimal as Windows writes some. Infinities are no numbers.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        // `from_str_radix` takes a sign, which makes no sense here.
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        return u64::from_str_radix(digits, 16).ok().filter(|_| plain).map(|number| number as f64);
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(KEPT_OF_LONG)]
}

fn fold(key: &mut Vec<u8>, text: &str) {
    if text.is_ascii() {
        let from = key.len();
        key.extend_from_slice(text.as_bytes());
        key[from..].make_ascii_lowercase();
    } else {
        let mut buffer = [0; 4];
        for lower in text.chars().flat_map(char::to_lowercase) {
            key.extend_from_slice(lower.encode_utf8(&mut buffer).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(values: &[Option<&str>]) -> Vec<u8> {
        let mut key = Vec::new();
        append(&mut key, values.iter().copied());
        key
    }

    #[test]
    fn case_does_not_matter_but_borders_and_absence_do() {
        assert_eq!(key(&[Some("WARD-PC7"), Some("ÉLISE")]), key(&[Some("ward-pc7"), Some("élise")]));
        assert_ne!(key(&[Some("ab"), Some("c")]), key(&[Some("a"), Some("bc")]));
        assert_ne!(key(&[Some(""), Some("a")]), key(&[None, Some("a")]));
    }

    #[test]
    fn long_values_are_told_apart_by_their_ends_in_bounded_space() {
        let (one, other) = ("x".repeat(1_000_000) + "1", "x".repeat(1_000_000) + "2");
        assert_ne!(key(&[Some(&one)]), key(&[Some(&other)]));
        assert!(key(&[Some(&one)]).len() < LONG_VALUE && shown(&one).len() < LONG_VALUE);
        assert!(shown(&"é".repeat(300)).ends_with('…'), "cut at a character's border");
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal_and_finite() {
        assert_eq!((number(" 12.5 "), number("-3"), number("0x3e7")), (Some(12.5), Some(-3.0), Some(999.0)));
        for text in ["", "-", "inf", "NaN", "1e999", "0x", "0x+1", "12 MB"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
