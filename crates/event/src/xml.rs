//! Windows event XML.

use bumpalo::Bump;

use crate::event::{Names, Sink};

#[derive(Debug, Default)]
pub(crate) struct XmlReader {}

impl XmlReader {
    pub(crate) fn read_block<S: Sink>(&mut self, _bytes: &[u8], _offset: u64, _names: &mut Names, _arena: &Bump, _sink: &mut S) {}

    /// Reads one event as XML that another record carries; false when it is none.
    pub(crate) fn read_embedded<S: Sink>(
        &mut self,
        _document: &[u8],
        _record: (&[u8], u64),
        _names: &mut Names,
        _arena: &Bump,
        _sink: &mut S,
    ) -> bool {
        false
    }
}
