//! Points in time: UTC inside, RFC 3339 at the doors.

use std::{fmt, str::FromStr};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Seconds from 1601-01-01 (the epoch of Windows FILETIME) to 1970-01-01.
const FILETIME_TO_UNIX_SECONDS: i64 = 11_644_473_600;

/// A point in time: microseconds since 1970-01-01T00:00:00Z. Leap seconds do not exist here, as in Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From a Windows FILETIME (100 ns ticks since 1601). Values past the year 9999 are refused as damaged.
    pub fn from_filetime(ticks: u64) -> Option<Self> {
        let micros = i64::try_from(ticks / 10).ok()? - FILETIME_TO_UNIX_SECONDS * MICROS_PER_SECOND;
        (micros < 253_402_300_800 * MICROS_PER_SECOND).then_some(Self(micros))
    }

    /// From a civil date and time of day in UTC; `None` when a part is out of range.
    pub fn from_civil(year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32, micros: u32) -> Option<Self> {
        let in_range = (0..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60
            && micros < 1_000_000;
        if !in_range {
            return None;
        }
        let seconds = days_from_civil(year, month, day) * SECONDS_PER_DAY + i64::from(hour * 3600 + minute * 60 + second);
        Some(Self(seconds * MICROS_PER_SECOND + i64::from(micros)))
    }

    /// Year, month, day, hour, minute, second, microsecond in UTC.
    pub fn to_civil(self) -> (i64, u32, u32, u32, u32, u32, u32) {
        let seconds = self.0.div_euclid(MICROS_PER_SECOND);
        let micros = self.0.rem_euclid(MICROS_PER_SECOND) as u32;
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY) as u32;
        (year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60, micros)
    }

    /// Microseconds from `earlier` to `self`, saturating.
    pub fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// RFC 3339 in UTC, with a fraction of a second when there is one.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second, micros) = self.to_civil();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match micros {
            0 => f.write_str("Z"),
            _ if micros.is_multiple_of(1000) => write!(f, ".{:03}Z", micros / 1000),
            _ => write!(f, ".{micros:06}Z"),
        }
    }
}

/// Text that is not a date or a date and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampError {
    text: String,
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a time; use a form such as 2017-05-12 or 2017-05-12T08:24:00Z", self.text)
    }
}

impl std::error::Error for TimestampError {}

/// Reads RFC 3339 and its near relatives: `2017-05-12`, a space for the `T`, no zone (taken as UTC), offsets with or
/// without a colon, and any number of fraction digits (those past the sixth are dropped).
impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        parse(text.trim().as_bytes()).ok_or_else(|| TimestampError { text: text.chars().take(64).collect() })
    }
}

fn parse(text: &[u8]) -> Option<Timestamp> {
    let year = number(text.get(0..4)?)?;
    let (month, day) = (number(text.get(5..7)?)?, number(text.get(8..10)?)?);
    if !matches!((text[4], text[7]), (b'-', b'-') | (b'/', b'/')) {
        return None;
    }
    let date = |hour, minute, second, micros| Timestamp::from_civil(year as i32, month, day, hour, minute, second, micros);
    let Some(time) = text.get(10..).filter(|rest| !rest.is_empty()) else {
        return date(0, 0, 0, 0);
    };
    if !matches!(time[0], b'T' | b't' | b' ') || *time.get(3)? != b':' {
        return None;
    }
    let (hour, minute) = (number(time.get(1..3)?)?, number(time.get(4..6)?)?);
    let mut rest = time.get(6..)?;
    let mut second = 0;
    if let [b':', after @ ..] = rest {
        second = number(after.get(0..2)?)?;
        rest = after.get(2..)?;
    }
    let mut micros = 0;
    if let [b'.' | b',', after @ ..] = rest {
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        for place in 0..6 {
            micros = micros * 10 + after[..digits].get(place).map_or(0, |digit| u32::from(digit - b'0'));
        }
        rest = &after[digits..];
    }
    let local = date(hour, minute, second, micros)?;
    let offset_seconds = match rest {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let hours = number(offset.get(0..2)?)?;
            let minutes = match &offset[2..] {
                [] => 0,
                [b':', minutes @ ..] | minutes => number(minutes)?,
            };
            let seconds = i64::from(hours * 3600 + minutes * 60);
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    Some(Timestamp(local.0 - offset_seconds * MICROS_PER_SECOND))
}

/// A decimal number of at most four digits.
fn number(digits: &[u8]) -> Option<u32> {
    let usable = !digits.is_empty() && digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit);
    usable.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March so that the leap day is last.
fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_round_trips() {
        for text in ["2017-05-12T08:24:00Z", "1970-01-01T00:00:00Z", "2000-02-29T23:59:59.123456Z", "1601-01-01T00:00:00.001Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn near_relatives_of_rfc_3339_are_read() {
        let expected: Timestamp = "2017-05-12T08:24:00Z".parse().unwrap();
        for text in ["2017-05-12 08:24:00", "2017-05-12T09:24:00+01:00", "2017-05-12T04:24:00.000000000-0400", "2017-05-12T08:24"]
        {
            assert_eq!(text.parse::<Timestamp>().unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "today", "2017-13-01", "2017-02-29", "2017-05-12T25:00:00Z", "2017-05-12T08:24:00+1", "2017-05-1", "2017-05-12T"]
        {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn filetime_epoch_and_extremes() {
        assert_eq!(Timestamp::from_filetime(116_444_736_000_000_000), Some(Timestamp(0)));
        assert_eq!(Timestamp::from_filetime(u64::MAX), None);
    }
}
