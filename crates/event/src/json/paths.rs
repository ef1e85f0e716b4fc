//! The tree of keys: every path that has been seen, with what it means in each shape, found again by its last key.

use std::hash::{BuildHasher, Hasher};

use super::{
    place::Place,
    shape::{self, Role, Shape},
};
use crate::{
    event::Names,
    names::MAX_SPELLINGS,
    value::{Encoding, Value},
};

/// A path of keys from the top of a record, in the [`Paths`] of one reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PathId(u32);

impl PathId {
    /// The record itself.
    pub(super) const TOP: Self = Self(0);
    /// Not a path: the end of an object that holds a name and its value.
    pub(super) const END_OF_PAIR: Self = Self(1);
}

/// All paths seen since the names were last recycled.
#[derive(Debug)]
pub(super) struct Paths {
    /// What is looked at for each leaf.
    meanings: Vec<Meaning>,
    /// What is looked at to find a path.
    keys: Vec<Key>,
    /// What is looked at when a path is new.
    places: Vec<Place>,
    /// Every path by its key, open addressing. A power of two in length, at most half full; 0 is empty.
    table: Vec<u32>,
    state: foldhash::fast::RandomState,
    generation: u32,
}

/// What a path says in each shape.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Meaning {
    /// What its presence tells about the record's shape.
    pub(super) marks: u16,
    /// Its objects hold a name and a value.
    is_pair: bool,
    pub(super) roles: [Role; Shape::COUNT],
}

#[derive(Debug)]
struct Key {
    /// As it stands in the log, with its quotes and the colon behind it.
    quoted: Box<[u8]>,
    parent: u32,
    /// The key that came first in it the last time, if it is an object.
    first: PathId,
    /// The key that came behind it the last time.
    next: PathId,
}

/// Bytes of a path. Longer ones are no field names.
const MAX_PATH_BYTES: usize = 1024;

impl Default for Paths {
    fn default() -> Self {
        Self::new()
    }
}

impl Paths {
    fn new() -> Self {
        let state = foldhash::fast::RandomState::default();
        let mut paths =
            Self { meanings: Vec::new(), keys: Vec::new(), places: Vec::new(), table: Vec::new(), state, generation: 0 };
        paths.clear();
        paths
    }

    /// Forgets everything when `names` has, or when there is too much of it. Called between blocks.
    pub(super) fn follow(&mut self, names: &Names) {
        if self.generation != names.generation() || self.keys.len() >= MAX_SPELLINGS {
            self.generation = names.generation();
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.meanings.clear();
        self.keys.clear();
        self.places.clear();
        // The top, and the end of a pair. Neither is ever the next key.
        for _ in 0..2 {
            self.meanings.push(Meaning::default());
            self.keys.push(Key { quoted: [0].into(), parent: 0, first: PathId::TOP, next: PathId::TOP });
            self.places.push(Place::default());
        }
        self.table.clear();
        self.table.resize(4096, 0);
    }

    /// What `path` says.
    #[inline]
    pub(super) fn meaning(&self, path: PathId) -> &Meaning {
        &self.meanings[path.0 as usize]
    }

    #[inline]
    pub(super) fn is_pair(&self, path: PathId) -> bool {
        self.meanings[path.0 as usize].is_pair
    }

    /// The key that most likely comes behind `previous` in `parent`: what came there the last time. Records of one kind
    /// follow each other, so most keys are found by comparing them with this one.
    #[inline]
    pub(super) fn guess(&self, parent: PathId, previous: Option<PathId>) -> PathId {
        match previous {
            Some(previous) => self.keys[previous.0 as usize].next,
            None => self.keys[parent.0 as usize].first,
        }
    }

    /// Whether `bytes` start with the key of `path` and its colon; how many bytes they are.
    #[inline]
    pub(super) fn starts(&self, path: PathId, bytes: &[u8]) -> Option<usize> {
        let quoted = &*self.keys[path.0 as usize].quoted;
        bytes.starts_with(quoted).then_some(quoted.len())
    }

    /// Remembers that `path` came behind `previous` in `parent`.
    #[inline]
    pub(super) fn learn(&mut self, parent: PathId, previous: Option<PathId>, path: PathId) {
        match previous {
            Some(previous) => self.keys[previous.0 as usize].next = path,
            None => self.keys[parent.0 as usize].first = path,
        }
    }

    /// The path of `key` (the inside of a JSON string) under `parent`; `None` when it is too long.
    pub(super) fn child(&mut self, parent: PathId, key: &[u8], names: &mut Names) -> Option<PathId> {
        let mask = self.table.len() - 1;
        let mut slot = self.hash(parent, key) as usize & mask;
        loop {
            let id = self.table[slot];
            if id == 0 {
                return self.add(parent, key, slot, names);
            }
            let known = &self.keys[id as usize];
            if known.parent == parent.0 && known.bytes() == key {
                return Some(PathId(id));
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn add(&mut self, parent: PathId, key: &[u8], slot: usize, names: &mut Names) -> Option<PathId> {
        let text = Value { encoding: Encoding::Json, bytes: key }.to_text();
        let place = self.places[parent.0 as usize].child(&text);
        if place.dotted().len() > MAX_PATH_BYTES {
            return None;
        }
        let id = u32::try_from(self.keys.len()).ok()?;
        let marks = shape::marks(&place);
        let roles = shape::roles(&place, names);
        self.meanings.push(Meaning { marks, is_pair: place.is_pair(), roles });
        let quoted = [b"\"", key, b"\":"].concat().into();
        self.keys.push(Key { quoted, parent: parent.0, first: PathId::TOP, next: PathId::TOP });
        self.places.push(place);
        self.table[slot] = id;
        if self.keys.len() * 2 > self.table.len() {
            self.grow();
        }
        Some(PathId(id))
    }

    fn grow(&mut self) {
        let length = self.table.len() * 4;
        self.table.clear();
        self.table.resize(length, 0);
        for id in 2..self.keys.len() {
            let key = &self.keys[id];
            let mut slot = self.hash(PathId(key.parent), key.bytes()) as usize & (length - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.table[slot] = id as u32;
        }
    }

    /// Seeded, so that nobody can choose keys that meet in one slot.
    #[inline]
    fn hash(&self, parent: PathId, key: &[u8]) -> u64 {
        let mut hasher = self.state.build_hasher();
        hasher.write(key);
        hasher.write_u32(parent.0);
        hasher.finish()
    }
}

impl Key {
    /// The inside of its quotes.
    fn bytes(&self) -> &[u8] {
        self.quoted.get(1..self.quoted.len().saturating_sub(2)).unwrap_or_default()
    }
}
