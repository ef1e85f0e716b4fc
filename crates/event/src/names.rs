//! Names that a reader has met before, found again by their bytes.

use std::collections::HashMap;

use crate::event::{NameId, Names};

/// The ids of names by their bytes. The hash is seeded, and the table is emptied when the names are.
#[derive(Debug, Default)]
pub(crate) struct KnownNames {
    ids: HashMap<Box<[u8]>, NameId, foldhash::fast::RandomState>,
    generation: u32,
}

/// Spellings kept. Many may stand for one name (broken UTF-8, escapes), so the limit on names does not bound them.
pub(crate) const MAX_SPELLINGS: usize = 65_536;

impl KnownNames {
    /// Forgets everything when `names` has, or when there is too much of it. Called between blocks.
    pub(crate) fn follow(&mut self, names: &Names) {
        if self.generation != names.generation() || self.ids.len() >= MAX_SPELLINGS {
            self.generation = names.generation();
            self.ids.clear();
        }
    }

    /// The id of `name`; bytes that are not UTF-8 read as U+FFFD.
    pub(crate) fn id(&mut self, name: &[u8], names: &mut Names) -> NameId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = names.intern(&String::from_utf8_lossy(name));
        self.ids.insert(name.into(), id);
        id
    }
}
