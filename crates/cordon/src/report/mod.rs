//! Everything that a user sees of detections.
//!
//! ```text
//!                  ┌─► json, csv, ocsf      one line each, as they come
//!  detections ─────┤
//!                  └─► Findings (collect) ─► summary, html, navigator
//! ```
//!
//! Start with [`Findings`], which counts all and keeps the worst in bounded memory. Whatever events bring is hostile: `text` makes it
//! safe for a terminal, `html::escape` for a page, and each writer quotes for its own format.

mod attack;
mod collect;
mod csv;
mod histogram;
mod html;
mod json;
mod kept;
mod navigator;
mod ocsf;
mod rank;
#[cfg(test)]
pub(crate) mod sample;
mod stats;
pub(crate) mod text;

pub(crate) use attack::Tactic;
pub(crate) use collect::{Findings, Joint, Limits};
pub(crate) use csv::CsvWriter;
pub(crate) use histogram::{Columns, worst};
pub(crate) use html::write_html;
pub(crate) use json::JsonWriter;
pub(crate) use kept::KeepLimits;
pub(crate) use navigator::write_navigator;
pub(crate) use ocsf::OcsfWriter;
pub(crate) use rank::{RankedHost, RankedRule, hosts, rules};
pub(crate) use stats::{Bounded, ScanStats, UnloadedRule, Unread};
