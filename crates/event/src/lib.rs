//! What happened: one record of one log on one host, read from hostile bytes.
//!
//! Bytes of a log enter ([`Blocks`] cuts a log into pieces that can be read on their own), [`Event`]s leave, and the
//! [`Taxonomy`] says which Sigma log sources each of them satisfies and under which field names. Values stay as they
//! stand in the log ([`Value`] is an encoding and a slice) until somebody asks for their text: about nine field values
//! in ten have been seen before, so a matcher that remembers raw values rarely asks.
//!
//! Start reading at [`Event`].

mod auditd;
mod block;
mod event;
mod evtx;
mod form;
mod json;
mod kind;
mod lines;
mod names;
mod reader;
mod syslog;
mod taxonomy;
mod text;
mod text_encoding;
pub mod unpack;
mod value;
mod view;
mod when;
mod xml;

pub use block::{Block, Blocks, ReadOptions};
pub use event::{Event, Field, Format, Header, NameId, Names, Problem, Sink};
pub use form::Form;
pub use kind::LogKind;
pub use reader::Reader;
pub use taxonomy::{Reach, Taxonomy, TaxonomyError};
pub use value::{Encoding, Value};
pub use view::{Alias, LogSource, View, When};
