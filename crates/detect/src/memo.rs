//! Remembers which predicates a value satisfies, so that a value seen before is never decoded again.
//!
//! About nine field values in ten have been seen before. The memo is bounded: when its memory is used up it starts anew,
//! which costs one pass over the values that still occur.

use std::hash::{BuildHasher as _, Hasher as _};

use cordon_event::{Encoding, Value};

/// Longer values are not remembered: they seldom come again, and would push out many that do.
const MAX_VALUE_BYTES: usize = 1 << 10;
/// Bytes of values kept, in each thread.
const MAX_BYTES: usize = 8 << 20;
/// Entries of lists kept, in each thread.
const MAX_LISTS: usize = 1 << 19;
/// Places in the table at most; it starts small, so that a small scan stays in the processor's cache.
const MAX_PLACES: usize = 1 << 17;
const FIRST_PLACES: usize = 1 << 12;
/// Places that are looked at before a value counts as new.
const PROBES: usize = 8;

/// 32 bytes, so that a look-up touches one cache line here and one of the value's bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    hash: u64,
    tag: u64,
    at: u32,
    /// Where the list is; of a list of one, what is in it.
    list: u32,
    list_length: u32,
    length: u16,
    encoding: Encoding,
    used: bool,
}

/// What was found out about values, by tag (the slot that a value stands in) and the value's bytes.
#[derive(Debug)]
pub(crate) struct Memo {
    entries: Vec<Entry>,
    used: usize,
    bytes: Vec<u8>,
    lists: Vec<u32>,
    hasher: foldhash::fast::RandomState,
}

/// Where a value's list is, or would be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    /// None of them, or this one.
    Few(Option<u32>),
    /// The list of satisfied predicates, for [`Memo::list`].
    List(u32, u32),
    /// Not remembered; the hash, to remember it by. `None` for a value that is too long.
    Unknown(Option<u64>),
}

impl Default for Memo {
    fn default() -> Self {
        Self {
            entries: vec![Entry::default(); FIRST_PLACES],
            used: 0,
            bytes: Vec::new(),
            lists: Vec::new(),
            hasher: foldhash::fast::RandomState::default(),
        }
    }
}

impl Memo {
    pub(crate) fn find(&self, tag: u64, value: Value<'_>) -> Found {
        if value.bytes.len() > MAX_VALUE_BYTES {
            return Found::Unknown(None);
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(value.bytes);
        hasher.write_u64(tag.rotate_left(8) ^ value.encoding as u64);
        let hash = hasher.finish();
        let mask = self.entries.len() - 1;
        for step in 0..PROBES {
            let entry = &self.entries[(hash as usize).wrapping_add(step) & mask];
            if !entry.used {
                break;
            }
            if entry.hash == hash && entry.tag == tag && entry.encoding == value.encoding && self.bytes_of(entry) == value.bytes {
                return match entry.list_length {
                    0 => Found::Few(None),
                    1 => Found::Few(Some(entry.list)),
                    length => Found::List(entry.list, length),
                };
            }
        }
        Found::Unknown(Some(hash))
    }

    pub(crate) fn list(&self, at: u32, length: u32) -> &[u32] {
        &self.lists[at as usize..(at + length) as usize]
    }

    fn bytes_of(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.at as usize..entry.at as usize + usize::from(entry.length)]
    }

    /// Remembers the list of a value that [`Memo::find`] did not know.
    pub(crate) fn insert(&mut self, hash: Option<u64>, tag: u64, value: Value<'_>, list: &[u32]) {
        let Some(hash) = hash else { return };
        if self.bytes.len() + value.bytes.len() > MAX_BYTES || self.lists.len() + list.len() > MAX_LISTS {
            self.clear();
        }
        if self.used * 2 >= self.entries.len() && self.entries.len() < MAX_PLACES {
            self.grow();
        }
        let mut entry = Entry {
            hash,
            tag,
            at: self.bytes.len() as u32,
            list: self.lists.len() as u32,
            list_length: list.len() as u32,
            length: value.bytes.len() as u16,
            encoding: value.encoding,
            used: true,
        };
        self.bytes.extend_from_slice(value.bytes);
        match list {
            [one] => entry.list = *one,
            list => self.lists.extend_from_slice(list),
        }
        self.place(entry);
    }

    /// Puts an entry into the first free place, or over the first of its places when none is free.
    fn place(&mut self, entry: Entry) {
        let mask = self.entries.len() - 1;
        let at = |step: usize| (entry.hash as usize).wrapping_add(step) & mask;
        let free = (0..PROBES).map(at).find(|place| !self.entries[*place].used);
        self.used += usize::from(free.is_some());
        self.entries[free.unwrap_or_else(|| at(0))] = entry;
    }

    fn grow(&mut self) {
        let places = self.entries.len() * 4;
        let old = std::mem::replace(&mut self.entries, vec![Entry::default(); places.min(MAX_PLACES)]);
        self.used = 0;
        old.into_iter().filter(|entry| entry.used).for_each(|entry| self.place(entry));
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.entries.fill(Entry::default());
        self.used = 0;
        self.bytes.clear();
        self.lists.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list of a value, if it is known.
    fn known(memo: &Memo, tag: u64, value: Value<'_>) -> Option<Vec<u32>> {
        match memo.find(tag, value) {
            Found::Few(few) => Some(few.into_iter().collect()),
            Found::List(at, length) => Some(memo.list(at, length).to_vec()),
            Found::Unknown(_) => None,
        }
    }

    #[test]
    fn values_are_told_apart_by_slot_encoding_and_bytes() {
        let mut memo = Memo::default();
        let value = Value::from_text("a");
        for (tag, list) in [(1, &[7, 8][..]), (2, &[]), (3, &[9])] {
            let Found::Unknown(hash) = memo.find(tag, value) else { panic!("known before it was inserted") };
            memo.insert(hash, tag, value, list);
            assert_eq!(known(&memo, tag, value).as_deref(), Some(list));
        }
        assert_eq!(known(&memo, 4, value), None);
        assert_eq!(known(&memo, 1, Value { encoding: Encoding::Xml, bytes: b"a" }), None);
        assert_eq!(size_of::<Entry>(), 32);
    }

    #[test]
    fn memory_is_bounded() {
        let mut memo = Memo::default();
        for number in 0..200_000u32 {
            let text = format!("{number:0200}");
            let value = Value::from_text(&text);
            if let Found::Unknown(hash) = memo.find(0, value) {
                memo.insert(hash, 0, value, &[number]);
            }
            assert_eq!(known(&memo, 0, value), Some(vec![number]));
        }
        assert!(memo.bytes.len() <= MAX_BYTES && memo.entries.len() <= MAX_PLACES);
    }
}
