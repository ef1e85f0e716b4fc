//! Readers that count, and stop when it is too much.

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

use super::Limits;
use crate::event::Problem;

/// Counts what is read.
pub(super) struct Metered<R> {
    source: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Metered<R> {
    pub(super) fn new(source: R) -> (Rc<Cell<u64>>, Self) {
        let count = Rc::<Cell<u64>>::default();
        (Rc::clone(&count), Self { source, count })
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(buffer)?;
        self.count.set(self.count.get() + got as u64);
        Ok(got)
    }
}

/// Stops when far more comes out of a decompressor than went into it.
pub(super) struct Ratio<R> {
    unpacked: R,
    packed: Rc<Cell<u64>>,
    count: u64,
    ratio: u64,
    from: u64,
}

impl<R: Read> Ratio<R> {
    /// `packed`: counts what goes in, or holds what there is in all.
    pub(super) fn new(unpacked: R, packed: Rc<Cell<u64>>, limits: &Limits) -> Self {
        Self { unpacked, packed, count: 0, ratio: limits.ratio, from: limits.ratio_from_bytes }
    }
}

impl<R: Read> Read for Ratio<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.count > self.from && self.count / self.ratio > self.packed.get() {
            let reason = format!("unpacks to more than {} times its size; unpack it first if it is to be read", self.ratio);
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let got = self.unpacked.read(buffer)?;
        self.count += got as u64;
        Ok(got)
    }
}

/// A log as its visitor reads it: remembers what ended it before its time.
pub(super) struct Leaf<'s> {
    source: &'s mut dyn Read,
    count: u64,
    total: Rc<Cell<u64>>,
    limits: Limits,
    fault: Option<Problem>,
}

impl<'s> Leaf<'s> {
    /// `total`: what all logs of the file came to so far.
    pub(super) fn new(source: &'s mut dyn Read, total: Rc<Cell<u64>>, limits: &Limits) -> Self {
        Self { source, count: 0, total, limits: limits.clone(), fault: None }
    }

    /// What ended the log before its time.
    pub(super) fn into_fault(self) -> Option<Problem> {
        self.fault
    }

    fn fail(&mut self, error: io::Error) -> io::Error {
        let kind = error.kind();
        let reason = format!("log ends before its time: {error}");
        let told = self.fault.get_or_insert(Problem { offset: self.count, reason });
        io::Error::new(kind, told.reason.clone())
    }
}

impl Read for Leaf<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let over = if self.count > self.limits.log_bytes {
            Some(format!("log is longer than {} bytes", self.limits.log_bytes))
        } else if self.total.get() > self.limits.total_bytes {
            Some(format!("file unpacks to more than {} bytes", self.limits.total_bytes))
        } else {
            None
        };
        if let Some(reason) = over {
            return Err(self.fail(io::Error::new(io::ErrorKind::InvalidData, reason)));
        }
        match self.source.read(buffer) {
            Ok(got) => {
                self.count += got as u64;
                self.total.set(self.total.get() + got as u64);
                Ok(got)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.fail(error)),
        }
    }
}
