//! The lines of a block.

/// The lines of `bytes` that are not empty, without their breaks, and where each starts.
pub(crate) fn of(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let (at, line) = (start, &rest[..length]);
            start += length + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.trim_ascii().is_empty() {
                return Some((at, line));
            }
        }
    })
}

/// The bytes up to the first `separator`, and what follows it.
pub(crate) fn split_at_byte(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(separator, bytes)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// A decimal number of up to 18 digits and nothing else.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    let is_number = matches!(digits.len(), 1..=18) && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_keep_their_places_whatever_ends_them() {
        let lines: Vec<_> = super::of(b"a\r\n\n \nb\nlast").collect();
        assert_eq!(lines, [(0, &b"a"[..]), (6, b"b"), (8, b"last")]);
    }
}
