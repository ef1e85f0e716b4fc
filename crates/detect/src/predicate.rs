//! Predicates: the tests on one field that conditions are made of, and their slow but plain evaluation.
//!
//! The index in `slots.rs` decides most of them for a value at once; what is here serves reports, explanations and the
//! predicates that cannot be indexed, and is what the index is tested against.

use std::net::IpAddr;

use cordon_model::Timestamp;

use crate::pattern::{Part, Pattern, lower, push_lower};

/// A field that rules name; an index into the rule set's field names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FieldId(pub(crate) u32);

impl FieldId {
    /// Not a field: keywords, which may stand in any.
    pub(crate) const KEYWORDS: Self = Self(u32::MAX);
}

/// A test on the values of one field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Predicate {
    pub(crate) field: FieldId,
    pub(crate) test: Test,
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    /// A value matches one of the patterns, or is one of the numbers or truth values.
    AnyOf(Values),
    /// A value matches the regular expression.
    Regex(Regex),
    /// A value is an address in the network.
    Cidr(ipnet::IpNet),
    /// A value is a number that compares so.
    Compare(Comparison, Number),
    /// A value has this part of a time.
    TimePart(TimePart, Number),
    /// A value equals, contains … a value of the other field.
    FieldRef(FieldId, Place, /* cased */ bool),
    /// The field is there and has a value.
    Exists,
    /// The field is there, whether or not it has a value.
    Present,
    /// The field is missing or without a value.
    Null,
}

/// Values of which any will do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Values {
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) numbers: Vec<Number>,
    pub(crate) truths: Vec<bool>,
}

/// Where one text stands in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Whole,
    Inside,
    Start,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// A number in a rule, hashable by its bits. Negative zero is stored as zero; rules cannot write NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Number(u64);

impl Number {
    pub(crate) fn new(number: f64) -> Self {
        Self((number + 0.0).to_bits())
    }

    pub(crate) fn get(self) -> f64 {
        f64::from_bits(self.0)
    }

    /// The number that a text is, if it is one. Only texts that start like a number are tried, so `infinity` and `-nan`
    /// are not numbers here.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if !matches!(unsigned.as_bytes().first(), Some(b'0'..=b'9' | b'.')) {
            return None;
        }
        text.parse().ok().map(Self::new)
    }
}

/// A compiled regular expression; equal when its text and flags are.
#[derive(Debug, Clone)]
pub(crate) struct Regex(pub(crate) regex::Regex);

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Regex {}

impl std::hash::Hash for Regex {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

/// The truth value that a text is.
pub(crate) fn parse_truth(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is(["true", "1", "yes"]) => Some(true),
        () if is(["false", "0", "no"]) => Some(false),
        () => None,
    }
}

impl Values {
    /// Whether one value satisfies it.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let lowered = lower(text);
        self.patterns.iter().any(|pattern| pattern.matches(text, &lowered))
            || (!self.numbers.is_empty() && Number::parse(text).is_some_and(|number| self.numbers.contains(&number)))
            || (!self.truths.is_empty() && parse_truth(text).is_some_and(|truth| self.truths.contains(&truth)))
    }
}

impl Test {
    /// Whether the index can decide it from one value alone, by patterns.
    pub(crate) fn is_indexed(&self) -> bool {
        matches!(self, Self::AnyOf(_))
    }

    /// Whether it depends on one value of the field and nothing else.
    pub(crate) fn is_of_value(&self) -> bool {
        matches!(self, Self::AnyOf(_) | Self::Regex(_) | Self::Cidr(_) | Self::Compare(..) | Self::TimePart(..))
    }

    /// Whether one value satisfies it; only for tests that are [`Self::is_of_value`].
    pub(crate) fn holds_for(&self, text: &str) -> bool {
        match self {
            Self::AnyOf(values) => values.holds(text),
            Self::Regex(regex) => regex.0.is_match(text),
            Self::Cidr(network) => text.parse::<IpAddr>().is_ok_and(|address| network.contains(&address)),
            Self::Compare(comparison, limit) => Number::parse(text).is_some_and(|number| comparison.holds(number, *limit)),
            Self::TimePart(part, wanted) => part.of(text).is_some_and(|found| Number::new(f64::from(found)) == *wanted),
            Self::FieldRef(..) | Self::Exists | Self::Present | Self::Null => false,
        }
    }

    /// The byte ranges of a value that make it satisfy the test, or `None` when it does not.
    pub(crate) fn ranges(&self, text: &str) -> Option<Vec<(usize, usize)>> {
        match self {
            Self::AnyOf(values) => {
                let mut ranges: Vec<_> = values.patterns.iter().filter_map(|pattern| pattern.ranges(text)).flatten().collect();
                ranges.sort_unstable();
                ranges.dedup();
                match ranges.is_empty() {
                    false => Some(ranges),
                    true => values.holds(text).then(|| vec![(0, text.len())]),
                }
            }
            Self::Regex(regex) => regex.0.find(text).map(|found| vec![(found.start(), found.end())]),
            _ => self.holds_for(text).then(|| vec![(0, text.len())]),
        }
    }
}

impl Place {
    /// Whether `needle` stands there in `text`.
    pub(crate) fn holds(self, text: &str, needle: &str) -> bool {
        match self {
            Self::Whole => text == needle,
            Self::Inside => memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some(),
            Self::Start => text.starts_with(needle),
            Self::End => text.ends_with(needle),
        }
    }
}

impl Comparison {
    fn holds(self, number: Number, limit: Number) -> bool {
        let (number, limit) = (number.get(), limit.get());
        match self {
            Self::Less => number < limit,
            Self::LessOrEqual => number <= limit,
            Self::Greater => number > limit,
            Self::GreaterOrEqual => number >= limit,
        }
    }

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "≤",
            Self::Greater => ">",
            Self::GreaterOrEqual => "≥",
        }
    }
}

impl TimePart {
    /// The part of the time that `text` is (UTC). Weeks are those of ISO 8601.
    pub(crate) fn of(self, text: &str) -> Option<i32> {
        let time: Timestamp = match text.parse::<i64>() {
            Ok(number) if number > 1_000_000_000_000 => Timestamp(number.checked_mul(1_000)?),
            Ok(number) => Timestamp(number.checked_mul(1_000_000)?),
            Err(_) if text.len() > 10 => text.parse().ok()?,
            Err(_) => return None,
        };
        let (year, month, day, hour, minute, _, _) = time.to_civil();
        Some(match self {
            Self::Minute => minute as i32,
            Self::Hour => hour as i32,
            Self::Day => day as i32,
            Self::Week => iso_week(time),
            Self::Month => month as i32,
            Self::Year => i32::try_from(year).ok()?,
        })
    }
}

/// Week 1 is the one with the year's first Thursday, so a day's week is that of its week's Thursday.
fn iso_week(time: Timestamp) -> i32 {
    const DAY: i64 = 86_400_000_000;
    let days = time.0.div_euclid(DAY);
    // 1970-01-01 was a Thursday; Monday is 0.
    let weekday = (days + 3).rem_euclid(7);
    let thursday = Timestamp((days - weekday + 3).saturating_mul(DAY));
    let (year, ..) = thursday.to_civil();
    let first = Timestamp::from_civil(year as i32, 1, 1, 0, 0, 0, 0).map_or(0, |first| first.0.div_euclid(DAY));
    ((thursday.0.div_euclid(DAY) - first) / 7 + 1) as i32
}

/// Compares the values of two fields as `fieldref` does.
pub(crate) fn field_ref_holds(text: &str, other: &str, place: Place, cased: bool) -> bool {
    if cased {
        return place.holds(text, other);
    }
    let (mut left, mut right) = (String::new(), String::new());
    push_lower(text, &mut left);
    push_lower(other, &mut right);
    place.holds(&left, &right)
}

impl Values {
    /// A short text for explanations, such as `*\cmd.exe` or `4688`.
    pub(crate) fn describe(&self) -> String {
        let patterns = self.patterns.iter().map(Pattern::describe);
        let numbers = self.numbers.iter().map(|number| number.get().to_string());
        let truths = self.truths.iter().map(bool::to_string);
        let all: Vec<String> = patterns.chain(numbers).chain(truths).collect();
        all.join(" | ")
    }
}

impl Pattern {
    /// The pattern as Sigma writes it, without escapes.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        for part in self.parts() {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Any => text.push('*'),
                Part::One => text.push('?'),
                Part::Dash => text.push('-'),
            }
        }
        if text.is_empty() { "(empty)".to_owned() } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_text() {
        assert_eq!(Number::parse("4688"), Some(Number::new(4688.0)));
        assert_eq!(Number::parse("-0"), Some(Number::new(0.0)));
        for text in ["", "nan", "inf", "-inf", "+NaN", "-", "0x10", "4688 ", "1,5"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn parts_of_times_are_read() {
        assert_eq!(TimePart::Hour.of("2017-05-12T08:24:00Z"), Some(8));
        assert_eq!(TimePart::Week.of("2017-05-12 08:24:00"), Some(19));
        assert_eq!(TimePart::Week.of("2016-01-03T00:00:00Z"), Some(53));
        assert_eq!(TimePart::Year.of("1494577440"), Some(2017));
        assert_eq!(TimePart::Minute.of("1494577440000"), Some(24));
        assert_eq!(TimePart::Hour.of("soon"), None);
    }

    #[test]
    fn addresses_are_compared_by_network() {
        let test = Test::Cidr("192.0.2.0/24".parse().unwrap());
        assert!(test.holds_for("192.0.2.77") && !test.holds_for("198.51.100.1") && !test.holds_for("192.0.2.77 "));
    }
}
