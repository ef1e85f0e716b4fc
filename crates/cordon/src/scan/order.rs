//! Results in input order, whatever the threads do, with a bound on what waits.
//!
//! Every block has a number. Its results come in parts; parts of the block whose turn it is go straight through, parts
//! of later blocks wait. When too much waits, threads that are ahead stop at the [`Gate`] until their turn comes or
//! room is made; the thread whose turn it is never stops there, so the whole always moves.

use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// Bytes of results that may wait for their turn. Detections carry whole records, so this is memory that counts.
const MAX_WAITING_BYTES: usize = 24 << 20;

/// Where threads that are ahead wait.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    turn: u64,
    waiting_bytes: usize,
}

impl Gate {
    /// Asks to hand in `bytes` of results of block `number`; returns when there is room or it is that block's turn.
    pub(crate) fn enter(&self, number: u64, bytes: usize) {
        let mut state = self.lock();
        while state.turn != number && state.waiting_bytes + bytes > MAX_WAITING_BYTES {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting_bytes += bytes;
    }

    /// Results of `bytes` were worked off.
    fn leave(&self, bytes: usize) {
        self.lock().waiting_bytes -= bytes;
        self.moved.notify_all();
    }

    fn set_turn(&self, turn: u64) {
        self.lock().turn = turn;
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is two numbers: a thread that died cannot have left it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of a block's results, on its way through the gate.
#[derive(Debug)]
pub(crate) struct Numbered<T> {
    /// The block.
    pub(crate) number: u64,
    /// Bytes that were announced at the gate.
    pub(crate) bytes: usize,
    /// Whether the block has no further parts.
    pub(crate) is_last: bool,
    /// The results.
    pub(crate) part: T,
}

/// Holds parts back until their turn.
#[derive(Debug)]
pub(crate) struct Order<'g, T> {
    gate: &'g Gate,
    turn: u64,
    waiting: BTreeMap<u64, Vec<Numbered<T>>>,
}

impl<'g, T> Order<'g, T> {
    /// Starts with block 0.
    pub(crate) fn new(gate: &'g Gate) -> Self {
        Self { gate, turn: 0, waiting: BTreeMap::new() }
    }

    /// Takes a part, and calls `each` with every part whose turn has come; the flag says that a block is complete.
    pub(crate) fn take(&mut self, numbered: Numbered<T>, mut each: impl FnMut(T, bool)) {
        if numbered.number != self.turn {
            self.waiting.entry(numbered.number).or_default().push(numbered);
            return;
        }
        let mut ready = vec![numbered];
        while !ready.is_empty() {
            for numbered in ready.drain(..) {
                each(numbered.part, numbered.is_last);
                self.gate.leave(numbered.bytes);
                if numbered.is_last {
                    self.turn += 1;
                    self.gate.set_turn(self.turn);
                }
            }
            ready = self.waiting.remove(&self.turn).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn parts_come_out_in_the_order_of_blocks() {
        let gate = Gate::default();
        let mut order = Order::new(&gate);
        let mut seen = Vec::new();
        for (number, is_last, part) in [(2, true, "c"), (1, false, "b1"), (0, false, "a1"), (1, true, "b2"), (0, true, "a2")] {
            gate.enter(number, 1);
            order.take(Numbered { number, bytes: 1, is_last, part }, |part, _| seen.push(part));
        }
        assert_eq!(seen, ["a1", "a2", "b1", "b2", "c"]);
        assert_eq!(gate.lock().waiting_bytes, 0);
    }

    #[test]
    fn a_thread_that_is_ahead_waits_and_the_one_in_turn_does_not() {
        const BLOCKS: u64 = 64;
        const PART_BYTES: usize = MAX_WAITING_BYTES / 3;
        let gate = Gate::default();
        let (sender, parts) = bounded(1);
        let mut seen = Vec::new();
        thread::scope(|scope| {
            // Two threads share the blocks so that the second is always ahead of the first.
            for first in [1, 0] {
                let (gate, sender) = (&gate, sender.clone());
                scope.spawn(move || {
                    for number in (first..BLOCKS).step_by(2) {
                        gate.enter(number, PART_BYTES);
                        let numbered = Numbered { number, bytes: PART_BYTES, is_last: true, part: number };
                        sender.send(numbered).unwrap();
                    }
                });
            }
            drop(sender);
            let mut order = Order::new(&gate);
            for numbered in parts {
                order.take(numbered, |part, _| seen.push(part));
                assert!(order.waiting.values().flatten().count() <= 3);
            }
        });
        assert_eq!(seen, (0..BLOCKS).collect::<Vec<_>>());
    }
}
