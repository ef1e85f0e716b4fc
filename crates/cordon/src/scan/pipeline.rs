//! One thread reads and cuts, N match, this one collects in input order.
//!
//! ```text
//! intake ──pieces──► worker × N ──parts──► order ──► collect
//!    ▲                                                  │
//!    └────────────────── buffers ◄──────────────────────┘
//! ```
//!
//! Every arrow is bounded. A block needs a buffer, and there are only so many, so intake is never more than that ahead
//! of what was collected. With one thread everything runs in turn on this thread, without channels.

use std::{
    ops::ControlFlow,
    thread::{self, Scope, ScopedJoinHandle},
};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{
    intake::{Feed, Piece},
    order::{Gate, Numbered, Order},
    worker::{Results, Task, Worker},
};
use crate::exit::Exit;

/// Runs the scan. `produce` feeds pieces until it has none left or the feed wants no more; `collect` gets results in
/// input order and says when it wants no more.
pub(crate) fn run<T: Send>(
    threads: usize,
    task: &Task<'_>,
    produce: impl FnOnce(&mut dyn Feed) -> T + Send,
    mut collect: impl FnMut(&mut Results) -> ControlFlow<()>,
) -> T {
    if threads <= 1 {
        let mut feed = Inline { worker: Worker::new(task), collect: &mut collect, buffer: Some(Vec::new()) };
        return produce(&mut feed);
    }
    // Enough that neither end waits for the other in the normal run of things; about 1 MiB each.
    let ahead = 2 * threads + 4;
    let (piece_sender, pieces) = bounded::<(u64, Piece)>(ahead);
    let (part_sender, parts) = bounded::<Numbered<Results>>(2 * threads);
    let (buffer_sender, buffers) = bounded(ahead);
    for _ in 0..ahead {
        // There is room for all of them.
        let _ = buffer_sender.send(Vec::new());
    }
    let gate = Gate::default();

    thread::scope(|scope| {
        for _ in 0..threads {
            let (pieces, part_sender, gate) = (pieces.clone(), part_sender.clone(), &gate);
            spawn(scope, "match", move || work(task, &pieces, &part_sender, gate));
        }
        drop((pieces, part_sender));
        let intake = spawn(scope, "intake", move || produce(&mut Threaded { pieces: piece_sender, buffers, next: 0 }));

        let mut order = Order::new(&gate);
        let mut buffer_sender = Some(buffer_sender);
        for numbered in parts {
            order.take(numbered, |mut results, is_last| {
                // After a break results are let go of, and without buffers intake ends.
                let Some(sender) = &buffer_sender else { return };
                let flow = collect(&mut results);
                if is_last {
                    let _ = sender.send(results.buffer);
                }
                if flow.is_break() {
                    buffer_sender = None;
                }
            });
        }
        match intake.join() {
            Ok(value) => value,
            Err(payload) => std::panic::resume_unwind(payload),
        }
    })
}

/// A thread whose name shows in a profile. When the system gives no more threads there is no way to go on.
fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    run: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    match thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, run) {
        Ok(handle) => handle,
        Err(error) => {
            crate::say(&format!("cannot start a thread: {error}; try fewer with --threads"));
            std::process::exit(i32::from(Exit::Failed.code()));
        }
    }
}

fn work(task: &Task<'_>, pieces: &Receiver<(u64, Piece)>, parts: &Sender<Numbered<Results>>, gate: &Gate) {
    let mut worker = Worker::new(task);
    for (number, piece) in pieces {
        worker.run(piece, &mut |part, is_last| {
            let bytes = part.weight_bytes;
            gate.enter(number, bytes);
            // The receiving end lives until all workers are done.
            let _ = parts.send(Numbered { number, bytes, is_last, part });
        });
    }
}

/// Hands pieces to the workers.
struct Threaded {
    pieces: Sender<(u64, Piece)>,
    buffers: Receiver<Vec<u8>>,
    next: u64,
}

impl Feed for Threaded {
    fn buffer(&mut self) -> Option<Vec<u8>> {
        self.buffers.recv().ok()
    }

    fn push(&mut self, piece: Piece) {
        let _ = self.pieces.send((self.next, piece));
        self.next += 1;
    }
}

/// Works each piece off at once.
struct Inline<'a, 'r, C> {
    worker: Worker<'r>,
    collect: &'a mut C,
    /// `None` after the collecting end said that it wants no more.
    buffer: Option<Vec<u8>>,
}

impl<C: FnMut(&mut Results) -> ControlFlow<()>> Feed for Inline<'_, '_, C> {
    fn buffer(&mut self) -> Option<Vec<u8>> {
        self.buffer.as_mut().map(std::mem::take)
    }

    fn push(&mut self, piece: Piece) {
        let Self { worker, collect, buffer } = self;
        worker.run(piece, &mut |mut results, is_last| {
            if buffer.is_some() && collect(&mut results).is_break() {
                *buffer = None;
            }
            if is_last && buffer.is_some() {
                *buffer = Some(results.buffer);
            }
        });
    }
}
