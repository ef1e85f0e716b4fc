//! Members of a tar, in their order. Our own, because names and attributes that stand in members of their own must be
//! bounded, and a damaged header must not end the rest.
//!
//! Source: POSIX.1-2017, `pax`, "ustar interchange format"; GNU tar, "basic tar format".

use std::{
    io::{self, Read},
    ops::ControlFlow,
};

use super::{Unpacker, Visitor};

const BLOCK_BYTES: usize = 512;

/// Extended headers longer than this say nothing that is needed here.
const MAX_EXTENDED_BYTES: u64 = 64 << 10;

/// Blocks that are passed over in search of the next header behind a damaged one.
const MAX_LOST_BLOCKS: u64 = 1 << 20;

/// Whether `block` is the header of a member: its own checksum says so.
pub(super) fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.get(..BLOCK_BYTES) else {
        return false;
    };
    let Some(claimed) = number(&block[148..156]).filter(|_| block[0] != 0) else {
        return false;
    };
    let blank = |at: usize| (148..156).contains(&at);
    let sum: u64 = block.iter().enumerate().map(|(at, byte)| if blank(at) { 32 } else { u64::from(*byte) }).sum();
    sum == claimed
}

/// What extended headers say of the member that follows them.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<V: Visitor> Unpacker<'_, V> {
    /// `depth`: archives around its members.
    pub(super) fn tar(&mut self, label: &str, source: &mut dyn Read, depth: u32) -> ControlFlow<()> {
        let mut offset = 0;
        let mut lost = 0;
        let mut extended = Extended::default();
        loop {
            let mut block = [0; BLOCK_BYTES];
            match read_block(source, &mut block) {
                Ok(true) => {}
                // Two blocks of zeros should end it, but many tars end without.
                Ok(false) => return ControlFlow::Continue(()),
                Err(error) => return self.problem(label, offset, format!("tar ends before its time: {error}")),
            }
            let at = offset;
            offset += BLOCK_BYTES as u64;
            if block.iter().all(|byte| *byte == 0) {
                continue;
            }
            if !is_header(&block) {
                if lost == 0 {
                    self.problem(label, at, "tar header is damaged; the next one was looked for".to_owned())?;
                }
                lost += 1;
                if lost > MAX_LOST_BLOCKS {
                    return self.problem(label, at, "rest of the tar cannot be read: no further header".to_owned());
                }
                continue;
            }
            lost = 0;
            let kind = block[156];
            let claimed = number(&block[124..136]).unwrap_or(0);
            let size = if matches!(kind, b'x' | b'g' | b'L' | b'K') { claimed } else { extended.size.take().unwrap_or(claimed) };
            let mut body = Body { source, left: size, fault: None };
            match kind {
                b'x' => pax(&body.text(), &mut extended),
                b'L' => {
                    extended.name = Some(body.text()).map(|name| name.split(|byte| *byte == 0).next().unwrap_or(&[]).to_vec())
                }
                b'0' | 0 | b'7' => {
                    self.count_member(label)?;
                    let name = extended.name.take().unwrap_or_else(|| name(&block));
                    let member = self.member_label(label, &name);
                    // Very old tars mark a folder by its name alone.
                    if !name.ends_with(b"/") {
                        self.stream(&member, &mut body, depth)?;
                    }
                    extended = Extended::default();
                }
                b'S' => {
                    let member = self.member_label(label, &extended.name.take().unwrap_or_else(|| name(&block)));
                    self.problem(&member, at, "is a sparse file, which Cordon cannot unpack; unpack it first".to_owned())?;
                }
                b'g' | b'K' => {}
                _ => extended = Extended::default(),
            }
            let filler = padding(size);
            if let Err(error) = body.pass_over(filler) {
                return self.problem(label, offset, format!("tar ends before its time: {error}"));
            }
            offset = offset.saturating_add(size.saturating_add(filler));
        }
    }
}

/// What a member holds.
struct Body<'s> {
    source: &'s mut dyn Read,
    left: u64,
    fault: Option<io::Error>,
}

impl Body<'_> {
    /// The start of it, as text for headers.
    fn text(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let read = self.take(MAX_EXTENDED_BYTES).read_to_end(&mut text);
        self.fault = self.fault.take().or(read.err());
        text
    }

    /// Reads what is left of it, and what fills its last block.
    fn pass_over(mut self, filler: u64) -> io::Result<()> {
        if let Some(error) = self.fault.take() {
            return Err(error);
        }
        io::copy(&mut self, &mut io::sink())?;
        io::copy(&mut self.source.take(filler), &mut io::sink())?;
        Ok(())
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let got = self.source.read(&mut buffer[..most])?;
        if got == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "member is cut short"));
        }
        self.left -= got as u64;
        Ok(got)
    }
}

fn padding(size: u64) -> u64 {
    (BLOCK_BYTES as u64 - size % BLOCK_BYTES as u64) % BLOCK_BYTES as u64
}

/// Reads a whole block; false at the end, where a part of one does not count.
fn read_block(source: &mut dyn Read, block: &mut [u8; BLOCK_BYTES]) -> io::Result<bool> {
    match source.read_exact(block) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A number in octal digits or, with the top bit set, in base 256.
fn number(field: &[u8]) -> Option<u64> {
    if let [first @ 0x80..=0xff, rest @ ..] = field {
        let high = u64::from(first & 0x7f);
        return rest.iter().try_fold(high, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let text = field.split(|byte| *byte == 0).next()?.trim_ascii();
    text.iter().try_fold(0_u64, |sum, digit| match digit {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// The name in a header: of `ustar`, its prefix first.
fn name(block: &[u8; BLOCK_BYTES]) -> Vec<u8> {
    let until_nul = |field: &[u8]| field.split(|byte| *byte == 0).next().unwrap_or(&[]).to_vec();
    let name = until_nul(&block[..100]);
    let prefix = if &block[257..263] == b"ustar\0" { until_nul(&block[345..500]) } else { Vec::new() };
    if prefix.is_empty() { name } else { [prefix, name].join(&b'/') }
}

/// Records of an extended header: `LENGTH KEY=VALUE\n`.
fn pax(mut text: &[u8], extended: &mut Extended) {
    while let Some(space) = memchr::memchr(b' ', text) {
        let length = crate::lines::number(&text[..space]).and_then(|length| usize::try_from(length).ok());
        let Some(record) = length.and_then(|length| text.get(space + 1..length)) else {
            return;
        };
        let record_text = record.strip_suffix(b"\n").unwrap_or(record);
        match crate::lines::split_at_byte(record_text, b'=') {
            Some((b"path", name)) => extended.name = Some(name.to_vec()),
            Some((b"size", size)) => extended.size = crate::lines::number(size),
            _ => {}
        }
        text = &text[space + 1 + record.len()..];
    }
}
