//! The tree of keys: every path that has been seen, with what it means in each shape, found again by its last key.

use std::hash::{BuildHasher, Hasher};

use super::{
    place::Place,
    shape::{self, Role, Shape},
};
use crate::{
    event::Names,
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

#[derive(Debug, Default)]
struct Key {
    parent: u32,
    /// As it stands in the log.
    bytes: Box<[u8]>,
    place: Place,
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
        let mut paths = Self { meanings: Vec::new(), keys: Vec::new(), table: Vec::new(), state, generation: 0 };
        paths.clear();
        paths
    }

    /// Forgets everything when `names` has.
    pub(super) fn follow(&mut self, names: &Names) {
        if self.generation != names.generation() {
            self.generation = names.generation();
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.meanings.clear();
        self.keys.clear();
        // The top, and the end of a pair.
        self.meanings.resize(2, Meaning::default());
        self.keys.resize_with(2, Key::default);
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

    /// The path of `key` (the inside of a JSON string) under `parent`; `None` when it is too long.
    #[inline]
    pub(super) fn child(&mut self, parent: PathId, key: &[u8], names: &mut Names) -> Option<PathId> {
        let mask = self.table.len() - 1;
        let mut slot = self.hash(parent, key) as usize & mask;
        loop {
            let id = self.table[slot];
            if id == 0 {
                return self.add(parent, key, slot, names);
            }
            let known = &self.keys[id as usize];
            if known.parent == parent.0 && *known.bytes == *key {
                return Some(PathId(id));
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn add(&mut self, parent: PathId, key: &[u8], slot: usize, names: &mut Names) -> Option<PathId> {
        let text = Value { encoding: Encoding::Json, bytes: key }.to_text();
        let place = self.keys[parent.0 as usize].place.child(&text);
        if place.dotted().len() > MAX_PATH_BYTES {
            return None;
        }
        let id = u32::try_from(self.keys.len()).ok()?;
        let marks = shape::marks(&place);
        let roles = shape::roles(&place, names);
        self.meanings.push(Meaning { marks, is_pair: place.is_pair(), roles });
        self.keys.push(Key { parent: parent.0, bytes: key.into(), place });
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
            let mut slot = self.hash(PathId(key.parent), &key.bytes) as usize & (length - 1);
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
