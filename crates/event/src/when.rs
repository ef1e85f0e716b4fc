//! Times in the forms that logs write them.

use cordon_model::Timestamp;

use crate::value::{Encoding, Value};

/// Reads a time: RFC 3339 and its relatives, or seconds, milli-, micro- or nanoseconds since 1970.
pub(crate) fn from_value(value: Value<'_>) -> Option<Timestamp> {
    match value.encoding {
        Encoding::Null => None,
        Encoding::Literal => from_epoch(str::from_utf8(value.bytes).ok()?),
        Encoding::Json if !value.bytes.contains(&b'\\') => from_text(str::from_utf8(value.bytes).ok()?),
        _ => from_text(&value.to_text()),
    }
}

/// The same from text. PowerShell writes `/Date(1715502240000)/`.
pub(crate) fn from_text(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let text = text.trim_matches('/').trim_start_matches("Date(").trim_end_matches(')');
    from_epoch(text)
}

/// Reads a count since 1970. Its size tells the unit: in seconds, times from 1973 to 5138 have nine to eleven digits.
fn from_epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let count: i64 = whole.parse().ok()?;
    let micros = match count.unsigned_abs() {
        0..100_000_000_000 => {
            let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
            let part = digits.fold(0, |sum, digit| sum * 10 + i64::from(digit.wrapping_sub(b'0').min(9)));
            count * 1_000_000 + part
        }
        100_000_000_000..100_000_000_000_000 => count * 1000,
        100_000_000_000_000..100_000_000_000_000_000 => count,
        _ => count / 1000,
    };
    Some(Timestamp(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_since_1970_are_read_in_any_unit() {
        let expected: Option<Timestamp> = "2024-05-12T08:24:00.5Z".parse().ok();
        for text in ["1715502240.5", "1715502240500", "1715502240500000", "1715502240500000000", "/Date(1715502240500)/"] {
            assert_eq!(from_text(text), expected, "{text}");
        }
        assert_eq!(from_text("soon"), None);
    }
}
