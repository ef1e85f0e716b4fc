//! Bytes of a log as they arrive, text converted to UTF-8 on the way.

use std::io::{self, Read};

use crate::text_encoding::{self, TextEncoding, UTF8_MARK};

/// A log's bytes. A failure is kept until what came before it has been used.
pub(super) struct Source<R> {
    reader: R,
    encoding: Option<TextEncoding>,
    /// UTF-16 not yet converted: at most half a pair between calls.
    wide: Vec<u8>,
    mark_bytes: u64,
    ended: bool,
    error: Option<io::Error>,
}

/// UTF-16 is read in pieces of this size.
const WIDE_BYTES: u64 = 256 << 10;

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, encoding: None, wide: Vec::new(), mark_bytes: 0, ended: false, error: None }
    }

    /// Bytes of a UTF-8 mark that was taken off the front.
    pub(super) fn mark_bytes(&self) -> u64 {
        self.mark_bytes
    }

    /// What ended the log before its time; told once.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Reads until `out` holds `wanted` bytes or the log ends; says whether it has ended. `binary`: nothing is converted.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>, wanted: usize, binary: bool) -> bool {
        if self.encoding.is_none() {
            self.read(out, 4.max(wanted as u64));
            let encoding = if binary { TextEncoding::Utf8 } else { TextEncoding::from_head(out) };
            self.encoding = Some(encoding);
            if encoding != TextEncoding::Utf8 {
                std::mem::swap(&mut self.wide, out);
                self.convert(out);
            } else if !binary && out.starts_with(UTF8_MARK) {
                out.drain(..UTF8_MARK.len());
                self.mark_bytes = UTF8_MARK.len() as u64;
            }
        }
        while out.len() < wanted && !self.ended {
            if self.encoding == Some(TextEncoding::Utf8) {
                self.read(out, (wanted - out.len()) as u64);
            } else {
                let mut wide = std::mem::take(&mut self.wide);
                self.read(&mut wide, WIDE_BYTES);
                self.wide = wide;
                self.convert(out);
            }
        }
        self.ended
    }

    fn read(&mut self, out: &mut Vec<u8>, most: u64) {
        out.reserve(most as usize);
        match self.reader.by_ref().take(most).read_to_end(out) {
            Ok(got) => self.ended = (got as u64) < most,
            Err(error) => {
                self.ended = true;
                self.error = Some(error);
            }
        }
    }

    fn convert(&mut self, out: &mut Vec<u8>) {
        let encoding = self.encoding.unwrap_or_default();
        let waiting = if self.ended { 0 } else { text_encoding::split_pair(encoding, &self.wide) };
        let ready = self.wide.len() - waiting;
        text_encoding::convert(encoding, &self.wide[..ready], out);
        self.wide.drain(..ready);
    }
}
