//! How serious a rule says a match is: Sigma's five levels.

use std::{fmt, str::FromStr};

/// Severity of a rule, ordered from least to most serious. Source: Sigma specification, "Level".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Enriches other detections; never needs a person by itself. Also what a rule without a level gets.
    #[default]
    Informational,
    /// Notable, rarely an incident.
    Low,
    /// Should be reviewed, more often than not.
    Medium,
    /// A person should look soon.
    High,
    /// A person should look now.
    Critical,
}

impl Level {
    /// All levels, most serious first.
    pub const DESCENDING: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Informational];

    /// The name as Sigma writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is not a Sigma level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelError {
    word: String,
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a level; use informational, low, medium, high or critical", self.word)
    }
}

impl std::error::Error for LevelError {}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(word: &str) -> Result<Self, LevelError> {
        Self::DESCENDING
            .into_iter()
            .find(|level| {
                level.as_str().eq_ignore_ascii_case(word) || (*level == Self::Informational && word.eq_ignore_ascii_case("info"))
            })
            .ok_or_else(|| LevelError { word: word.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_by_seriousness() {
        assert!(Level::Critical > Level::High && Level::Low > Level::Informational);
    }

    #[test]
    fn unknown_level_names_the_choices() {
        let message = "urgent".parse::<Level>().unwrap_err().to_string();
        assert!(message.contains("urgent") && message.contains("critical"), "{message}");
    }
}
