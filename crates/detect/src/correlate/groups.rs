//! The groups of one correlation: found by key, and forgotten from the one that was observed the longest time ago.

use std::{collections::HashMap, sync::Arc};

use super::{plan::Plan, window::Window};

const NONE: u32 = u32::MAX;

/// A bounded table of groups, with a list through them in the order in which they were last observed.
#[derive(Debug)]
pub(super) struct Groups {
    by_key: HashMap<Arc<[u8]>, u32, foldhash::fast::RandomState>,
    slots: Vec<Group>,
    free: Vec<u32>,
    /// Observed last.
    head: u32,
    /// Observed the longest time ago.
    tail: u32,
    most_groups: usize,
    /// Entries in all windows, and how many there may be.
    entries: usize,
    most_entries: usize,
}

/// One group.
#[derive(Debug)]
pub(super) struct Group {
    key: Arc<[u8]>,
    /// The group values as first seen, in the order of `group-by`.
    pub(super) shown: Box<[Option<Box<str>>]>,
    pub(super) window: Window,
    newer: u32,
    older: u32,
}

impl Groups {
    pub(super) fn new(most_groups: usize, most_entries: usize) -> Self {
        Self {
            by_key: HashMap::default(),
            slots: Vec::new(),
            free: Vec::new(),
            head: NONE,
            tail: NONE,
            most_groups: most_groups.clamp(1, NONE as usize - 1),
            entries: 0,
            most_entries,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    pub(super) fn entries(&self) -> usize {
        self.entries
    }

    /// The group with this key, made when there is none, and now the last observed. Adds to `forgotten` when that pushed out
    /// a group whose window was still open at `time`.
    pub(super) fn open(
        &mut self,
        key: &[u8],
        plan: &Plan,
        time: i64,
        forgotten: &mut u64,
        shown: impl FnOnce() -> Box<[Option<Box<str>>]>,
    ) -> u32 {
        if let Some(&slot) = self.by_key.get(key) {
            if slot != self.head {
                self.unlink(slot);
                self.link(slot);
            }
            return slot;
        }
        if self.by_key.len() >= self.most_groups {
            self.forget_oldest(plan, time, forgotten);
        }
        let key: Arc<[u8]> = key.into();
        let group = Group { key: key.clone(), shown: shown(), window: Window::new(plan), newer: NONE, older: NONE };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = group;
                slot
            }
            None => {
                self.slots.push(group);
                self.slots.len() as u32 - 1
            }
        };
        self.by_key.insert(key, slot);
        self.link(slot);
        slot
    }

    /// The group in a slot that [`open`](Self::open) gave.
    pub(super) fn group(&mut self, slot: u32) -> &mut Group {
        &mut self.slots[slot as usize]
    }

    /// Notes that the last observed group had `before` entries, and forgets others when there are too many in all.
    pub(super) fn settle(&mut self, before: usize, plan: &Plan, time: i64, forgotten: &mut u64) {
        let now = self.slots.get(self.head as usize).map_or(0, |group| group.window.len());
        self.entries = self.entries - before + now;
        while self.entries > self.most_entries && self.tail != self.head {
            self.forget_oldest(plan, time, forgotten);
        }
    }

    fn forget_oldest(&mut self, plan: &Plan, time: i64, forgotten: &mut u64) {
        let slot = self.tail;
        if slot == NONE {
            return;
        }
        self.unlink(slot);
        self.free.push(slot);
        let group = &mut self.slots[slot as usize];
        self.by_key.remove(&group.key);
        self.entries -= group.window.len();
        if time.saturating_sub(group.window.newest()) <= plan.frame.span() {
            *forgotten += 1;
        }
        group.window = Window::new(plan);
        group.shown = Box::default();
    }

    fn link(&mut self, slot: u32) {
        let second = self.head;
        self.slots[slot as usize].newer = NONE;
        self.slots[slot as usize].older = second;
        match self.slots.get_mut(second as usize) {
            Some(group) => group.newer = slot,
            None => self.tail = slot,
        }
        self.head = slot;
    }

    fn unlink(&mut self, slot: u32) {
        let Group { newer, older, .. } = self.slots[slot as usize];
        match self.slots.get_mut(newer as usize) {
            Some(group) => group.older = older,
            None => self.head = older,
        }
        match self.slots.get_mut(older as usize) {
            Some(group) => group.newer = newer,
            None => self.tail = newer,
        }
    }
}
