//! Members of a zip, by its directory; by their own headers where the directory is lost.

use std::{
    cell::Cell,
    io::{self, Read, Seek, SeekFrom},
    ops::ControlFlow,
    rc::Rc,
};

use ::zip::{
    read::{Config, ZipReadOptions, read_zipfile_from_stream},
    result::ZipError,
    // Holds no list of the members, which can be millions, and keeps those that share a name. The version is pinned.
    unstable::read::ZipIterable,
};

use super::{Unpacker, Visitor, meter::Ratio};

impl<V: Visitor> Unpacker<'_, V> {
    /// A zip that can be sought in. `depth`: archives around its members.
    pub(super) fn zip<R: Read + Seek>(&mut self, label: &str, mut source: R, depth: u32) -> ControlFlow<()> {
        let length = match source.seek(SeekFrom::End(0)) {
            Ok(length) => length,
            Err(error) => return self.problem(label, 0, format!("cannot be read: {error}")),
        };
        // Members may overlap, so what they all come to is measured against the file, not against their own claims.
        let whole = Whole { length, unpacked: Rc::default() };
        let mut archive = match ZipIterable::try_new(&mut source, Config::default()) {
            Ok(archive) => archive,
            Err(error) => {
                let _ = self.problem(
                    label,
                    0,
                    format!("zip has no usable directory ({}); its members are read one by one", told(&error)),
                );
                drop(error);
                return match source.rewind() {
                    Ok(()) => self.zip_by_headers(label, &mut source, &whole, depth),
                    Err(error) => self.problem(label, 0, format!("cannot be read: {error}")),
                };
            }
        };
        let files = match archive.files() {
            Ok(files) => files,
            Err(error) => return self.problem(label, 0, format!("zip cannot be read: {}", told(&error))),
        };
        while let Some(entry) = files.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.problem(label, 0, format!("rest of the zip cannot be read: {}", told(&error))),
            };
            self.count_member(label)?;
            let member = self.member_label(label, entry.name_raw());
            if entry.name_raw().ends_with(b"/") {
                continue;
            }
            match entry.with_reader(files.reader_mut(), ZipReadOptions::new()) {
                Ok(file) => self.zip_member(&member, file, &whole, depth)?,
                Err(error) => self.problem(&member, 0, told(&error))?,
            }
        }
        ControlFlow::Continue(())
    }

    /// A zip that cannot be sought in is held in memory: the sizes of its members may stand in its directory only.
    pub(super) fn held_zip(&mut self, label: &str, source: &mut dyn Read, depth: u32) -> ControlFlow<()> {
        let mut held = Vec::new();
        let read = source.take(self.limits.held_bytes + 1).read_to_end(&mut held);
        if held.len() as u64 > self.limits.held_bytes {
            let reason = format!(
                "zip inside another file, or from standard input, is longer than {} bytes; unpack it first",
                self.limits.held_bytes
            );
            return self.problem(label, 0, reason);
        }
        if let Err(error) = read {
            self.problem(label, held.len() as u64, format!("zip ends before its time: {error}"))?;
        }
        self.zip(label, io::Cursor::new(held), depth)
    }

    fn zip_by_headers(&mut self, label: &str, source: &mut dyn Read, whole: &Whole, depth: u32) -> ControlFlow<()> {
        let mut source = source;
        loop {
            match read_zipfile_from_stream(&mut source) {
                Ok(Some(file)) => {
                    self.count_member(label)?;
                    let member = self.member_label(label, file.name_raw());
                    if !file.name_raw().ends_with(b"/") {
                        self.zip_member(&member, file, whole, depth)?;
                    }
                }
                Ok(None) => return ControlFlow::Continue(()),
                Err(error) => return self.problem(label, 0, format!("rest of the zip cannot be read: {}", told(&error))),
            }
        }
    }

    fn zip_member(&mut self, member: &str, file: impl Read, whole: &Whole, depth: u32) -> ControlFlow<()> {
        let counted = Counted { source: file, count: Rc::clone(&whole.unpacked) };
        let allowed = self.limits.ratio_from_bytes.max(whole.length.saturating_mul(self.limits.ratio));
        if whole.unpacked.get() > allowed {
            let reason = format!("zip unpacks to more than {} times its size; the rest is left out", self.limits.ratio);
            let _ = self.problem(member, 0, reason);
            return ControlFlow::Break(());
        }
        let mut unpacked = Ratio::new(counted, Rc::new(Cell::new(whole.length)), self.limits);
        self.stream(member, &mut unpacked, depth)
    }
}

/// A zip as a whole.
struct Whole {
    length: u64,
    unpacked: Rc<Cell<u64>>,
}

struct Counted<R> {
    source: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(buffer)?;
        self.count.set(self.count.get() + got as u64);
        Ok(got)
    }
}

/// The reason in our words where the user can do something about it.
fn told(error: &ZipError) -> String {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            "is encrypted; unpack it with its password first".to_owned()
        }
        ZipError::CompressionMethodNotSupported(method) => {
            format!("is packed with method {method} of zip, which Cordon cannot unpack; unpack it first")
        }
        other => other.to_string(),
    }
}
