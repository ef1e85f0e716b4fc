//! The nouns that every room shares. Nothing here knows a clock, a file or a network.
//!
//! Start with [`Detection`]; [`Timestamp`] and [`Level`] order everything that is ordered in Cordon.

mod detection;
mod level;
mod time;

pub use detection::{Correlation, Detection, Match, RuleInfo};
pub use level::{Level, LevelError};
pub use time::{Timestamp, TimestampError};
