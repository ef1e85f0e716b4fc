//! Finds all of thousands of literals in a text in one pass.
//!
//! Each literal is represented by its rarest run of four bytes. A bitmap over hashes of such runs says for nearly every
//! position of the text that no literal can be there; the few others are compared in full. That is several times faster
//! here than an automaton over the same literals, which leaves the processor's cache, and is built in no time.

/// Literals, ready to be searched for.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    needles: Vec<Box<[u8]>>,
    /// Literals of four bytes and more.
    long: Plane,
    /// Literals of two and three bytes, by their first two.
    short: Plane,
    /// Literals of one byte.
    single: Vec<(u8, u32)>,
}

/// Literals found by the hash of one run of their bytes.
#[derive(Debug, Default)]
struct Plane {
    /// By hash: whether a literal has such a run.
    bitmap: Vec<u64>,
    /// By hash: where its literals start in `list`; one more than there are hashes.
    starts: Vec<u32>,
    list: Vec<Seat>,
    /// Bits of a hash.
    bits: u32,
}

/// A literal, and where in it the run stands.
#[derive(Debug, Clone, Copy)]
struct Seat {
    needle: u32,
    offset: u32,
    run: u32,
}

/// Hashes for each literal: more make wrong guesses rarer and the bitmap larger.
const HASHES_PER_NEEDLE: usize = 16;
const MIN_BITS: u32 = 8;
/// 32 KiB of bitmap, which stays in the first-level cache.
const MAX_BITS: u32 = 18;

impl Needles {
    /// Literals must not be empty. A literal's number is its place in the list.
    pub(crate) fn new(needles: Vec<Box<[u8]>>) -> Self {
        let (mut long, mut short, mut single) = (Vec::new(), Vec::new(), Vec::new());
        for (number, needle) in (0..).zip(&needles) {
            match **needle {
                [] => {}
                [one] => single.push((one, number)),
                [first, second] | [first, second, _] => {
                    short.push(Seat { needle: number, offset: 0, run: u32::from(u16::from_le_bytes([first, second])) });
                }
                ref bytes => {
                    let (offset, run) = rarest_run(bytes);
                    long.push(Seat { needle: number, offset, run });
                }
            }
        }
        Self { long: Plane::new(long), short: Plane::new(short), single, needles }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.needles.len()
    }

    /// Calls `each` with number, start and end of every occurrence of every literal.
    pub(crate) fn find(&self, text: &[u8], mut each: impl FnMut(usize, usize, usize)) {
        if !self.long.list.is_empty() {
            for (at, window) in text.windows(4).enumerate() {
                let run = u32::from_le_bytes([window[0], window[1], window[2], window[3]]);
                let hash = self.long.hash(run);
                if self.long.bitmap[hash / 64] >> (hash % 64) & 1 == 1 {
                    self.compare(&self.long, hash, run, text, at, &mut each);
                }
            }
        }
        if !self.short.list.is_empty() {
            for (at, window) in text.windows(2).enumerate() {
                let run = u32::from(u16::from_le_bytes([window[0], window[1]]));
                let hash = self.short.hash(run);
                if self.short.bitmap[hash / 64] >> (hash % 64) & 1 == 1 {
                    self.compare(&self.short, hash, run, text, at, &mut each);
                }
            }
        }
        for (byte, number) in &self.single {
            memchr::memchr_iter(*byte, text).for_each(|at| each(*number as usize, at, at + 1));
        }
    }

    #[inline(never)]
    fn compare(&self, plane: &Plane, hash: usize, run: u32, text: &[u8], at: usize, each: &mut impl FnMut(usize, usize, usize)) {
        let list = &plane.list[plane.starts[hash] as usize..plane.starts[hash + 1] as usize];
        for seat in list.iter().filter(|seat| seat.run == run) {
            let needle = &*self.needles[seat.needle as usize];
            let Some(start) = at.checked_sub(seat.offset as usize) else { continue };
            let end = start + needle.len();
            if text.get(start..end) == Some(needle) {
                each(seat.needle as usize, start, end);
            }
        }
    }
}

impl Plane {
    fn new(mut seats: Vec<Seat>) -> Self {
        let bits = (seats.len() * HASHES_PER_NEEDLE).max(1).ilog2().clamp(MIN_BITS, MAX_BITS);
        let mut plane = Self { bits, ..Self::default() };
        if seats.is_empty() {
            return plane;
        }
        seats.sort_by_key(|seat| plane.hash(seat.run));
        plane.bitmap = vec![0; (1 << bits) / 64];
        plane.starts = vec![0; (1 << bits) + 1];
        for seat in &seats {
            let hash = plane.hash(seat.run);
            plane.bitmap[hash / 64] |= 1 << (hash % 64);
            plane.starts[hash + 1] += 1;
        }
        for hash in 0..1 << bits {
            plane.starts[hash + 1] += plane.starts[hash];
        }
        plane.list = seats;
        plane
    }

    #[inline]
    fn hash(&self, run: u32) -> usize {
        (run.wrapping_mul(0x9e37_79b1) >> (32 - self.bits)) as usize
    }
}

/// The run of four bytes that common text holds least often, with its place.
fn rarest_run(needle: &[u8]) -> (u32, u32) {
    let runs = needle.windows(4).enumerate();
    let rarest = runs.min_by_key(|(_, run)| commonness_of(run));
    rarest.map_or((0, 0), |(at, run)| (at as u32, u32::from_le_bytes([run[0], run[1], run[2], run[3]])))
}

/// How common a run of bytes is; only the order matters.
pub(crate) fn commonness_of(run: &[u8]) -> u32 {
    run.iter().map(|byte| commonness(*byte)).sum()
}

/// How common a byte is in command lines, paths, keys and scripts; only the order matters.
fn commonness(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b't' => 10,
        b'\\' | b's' | b'o' | b'i' | b'n' | b'r' | b'a' => 8,
        b'c' | b'm' | b'd' | b'l' | b'p' | b'w' | b'-' | b'.' | b'"' => 6,
        b'u' | b'f' | b'g' | b'h' | b'x' | b'3' | b'2' | b'0' | b'1' | b'/' | b':' => 4,
        b'a'..=b'z' | b'0'..=b'9' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_occurrence_is_found_and_nothing_else(
            needles in proptest::collection::hash_set("[ab\\\\.]{1,7}", 1..40),
            text in "[ab\\\\.c]{0,60}",
        ) {
            let list: Vec<Box<[u8]>> = needles.iter().map(|needle| needle.as_bytes().into()).collect();
            let mut found = Vec::new();
            Needles::new(list.clone()).find(text.as_bytes(), |number, start, end| found.push((number, start, end)));
            let mut expected = Vec::new();
            for (number, needle) in list.iter().enumerate() {
                for start in 0..text.len() {
                    if text.as_bytes()[start..].starts_with(needle) {
                        expected.push((number, start, start + needle.len()));
                    }
                }
            }
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
