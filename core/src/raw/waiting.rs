//! What a pool does when its gate is up, or has to go up: all of it under the waiters' lock.
//!
//! ```text
//!   nothing free -> gate up, WAITERS up in every word -> look once more -> queued
//!   release that finds WAITERS -> lock -> takes a free slot back -> the oldest waiter has it
//!   nobody queued any more -> WAITERS down, gate down
//!   closed -> gate up, WAITERS up in every word, for good
//! ```

use super::{CLOSED, ONE_WAITER, RawPool};
use crate::book::Book;
use crate::error::Closed;
use crate::sync::{Ordering, Peek};
use crate::waiters::{self, Id, Look, Node, Queue};
use crate::word::{self, Place};
use core::pin::Pin;
use core::task::{Poll, Waker};

impl<B: Book> RawPool<B> {
    /// Looks at the gate in a way that cannot be stale: may a newcomer pass?
    #[cold]
    pub(super) fn may_pass(&self) -> bool {
        let _queue = waiters::lock(|| self.id());
        self.gate_locked() == 0
    }

    /// Looks at several words so that, if it finds nothing, there was nothing at one instant.
    ///
    /// `look` raises WAITERS in every word. While it is up, who gives a slot back goes to the
    /// waiters' lock, which is held here: a release that the look misses is not over before this
    /// answer. The gate stays down: newcomers who claim meanwhile leave less to be found.
    pub(super) fn confirm<R>(&self, look: impl FnOnce(&Self) -> Option<R>) -> Option<R> {
        let _queue = self.id().lock();
        if self.gate_locked() != 0 {
            // Closed, or somebody waits, to whom a free slot would be due.
            return None;
        }
        let found = look(self);
        self.retract();
        found
    }

    /// Raises WAITERS in every word, and claims a slot that is free meanwhile. The waiters' lock is
    /// held.
    pub(super) fn announce(&self) -> Option<Place> {
        for (word, line) in self.book.lines().iter().enumerate() {
            let mut free = line.announce();
            while let Some(slot) = word::lowest(free) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(Place::new(word, slot));
                }
                free &= !word::bit(slot);
            }
        }
        // A slot given back behind the look: its release is not over, and comes to serve.
        None
    }

    /// Takes WAITERS down in every word. The waiters' lock is held, and the gate is down.
    fn retract(&self) {
        for line in self.book.lines() {
            line.retract();
        }
    }

    /// Claims a slot, or queues `node`.
    ///
    /// Also returns the waker that is not needed any more. Dropping it runs foreign code: the
    /// caller first puts a claimed slot where it cannot be lost (I9).
    ///
    /// # Safety
    /// - Once this has answered `Pending`, `node` stays pinned and alive until it answers `Ready`
    ///   or [`cancel`](Self::cancel) returns.
    pub(crate) unsafe fn poll_claim(
        &self,
        node: Pin<&Node>,
        mut waker: Waker,
    ) -> (Poll<Result<Place, Closed>>, Option<Waker>) {
        let id = self.id();
        let mut queue = id.lock();
        match queue.look(node, &mut waker) {
            Look::Queued => return (Poll::Pending, Some(waker)),
            Look::Served(place) => return (Poll::Ready(Ok(place)), Some(waker)),
            Look::Closed => return (Poll::Ready(Err(Closed)), Some(waker)),
            Look::Idle => {}
        }
        if id == Id::NONE {
            // No number is left for this pool: it cannot be waited for.
            return (Poll::Ready(Err(Closed)), Some(waker));
        }
        let gate = self.gate_locked();
        if gate & CLOSED != 0 {
            return (Poll::Ready(Err(Closed)), Some(waker));
        }
        let Some(one_more) = gate.checked_add(ONE_WAITER) else {
            return (Poll::Ready(Err(Closed)), Some(waker));
        };
        self.set_gate(one_more);
        if gate == 0 {
            if let Some(place) = self.announce() {
                self.set_gate(0);
                self.retract();
                return (Poll::Ready(Ok(place)), Some(waker));
            }
        }
        // SAFETY: the node is idle, and the caller keeps it.
        unsafe { queue.push(id, Self::serve_oldest, node, waker) };
        (Poll::Pending, None)
    }

    /// Takes `node` out of the queue. Returns the slot that it was handed already, which is for
    /// the caller to release (I6), and the waker left with it, to be dropped after that (I9).
    pub(crate) fn cancel(&self, node: Pin<&Node>) -> (Option<Place>, Option<Waker>) {
        let mut queue = self.id().lock();
        let (look, waker) = queue.forget(node);
        match look {
            Look::Served(place) => (Some(place), waker),
            Look::Queued => {
                self.one_waiter_less();
                (None, waker)
            }
            Look::Idle | Look::Closed => (None, waker),
        }
    }

    /// Counts a waiter off. The waiters' lock is held.
    fn one_waiter_less(&self) {
        let gate = self.gate_locked() - ONE_WAITER;
        self.set_gate(gate);
        if gate == 0 {
            self.retract();
        }
    }

    /// Hands a slot to the oldest waiter, if one is free. Returns its waker, to be woken outside the
    /// lock.
    ///
    /// # Safety
    /// - `this` points to a pool of this type that somebody waits for, in `queue`.
    unsafe fn serve_oldest(this: *const (), queue: &mut Queue) -> Option<Waker> {
        // SAFETY: a queued waiter keeps its pool alive, and stays queued while the lock is held.
        let pool = unsafe { &*this.cast::<Self>() };
        if pool.is_closed() {
            return None;
        }
        let place = pool.claim_any()?;
        let waker = queue.serve_oldest(pool.id_if_any(), place);
        pool.one_waiter_less();
        waker
    }

    /// Closes the pool: no later claim succeeds, every waiter is turned away and woken.
    ///
    /// A waker that panics does not keep the rest waiting; a second one that does aborts.
    pub(crate) fn close(&self) {
        struct TurnAway<'a, B: Book>(&'a RawPool<B>);
        impl<B: Book> TurnAway<'_, B> {
            /// Woken one by one, outside the lock.
            fn all(&self) {
                let id = self.0.id();
                loop {
                    // Not counted off: the gate stays up.
                    let oldest = id.lock().turn_oldest_away(id);
                    match oldest {
                        Some(waker) => waker.wake(),
                        None => return,
                    }
                }
            }
        }
        impl<B: Book> Drop for TurnAway<'_, B> {
            fn drop(&mut self) {
                self.all();
            }
        }
        {
            let _queue = self.id().lock();
            self.set_gate(self.gate_locked() | CLOSED);
            for line in self.book.lines() {
                // For good: what is free now stays where it is.
                line.announce();
            }
        }
        TurnAway(self).all();
    }

    /// Returns the gate where it is about to be changed: the waiters' lock is held.
    fn gate_locked(&self) -> u32 {
        // Ordering: Relaxed: the lock orders it.
        self.steady.gate.peek(Ordering::Relaxed)
    }

    /// Sets the gate. The waiters' lock is held.
    fn set_gate(&self, gate: u32) {
        // Ordering: Relaxed: see `gate`.
        self.steady.gate.store(gate, Ordering::Relaxed);
    }
}

/// Serves a waiter, if one is still there and a slot too.
///
/// Who waits has brought the code that serves: where nobody ever waits, it is not linked.
///
/// # Safety
/// - `this` was the pool of this number.
pub(super) unsafe fn serve(this: *const (), id: Id) {
    let mut queue = id.lock();
    let Some(serve_oldest) = queue.server(id) else { return };
    // SAFETY: a waiter for this pool, which brought the function, is queued.
    let waker = unsafe { serve_oldest(this, &mut queue) };
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<B: Book> Drop for RawPool<B> {
    /// Forgotten waiters are still queued, unless the pool was closed: they are taken out, so that
    /// none outlives its pool there.
    fn drop(&mut self) {
        let gate = self.gate();
        if gate != 0 && gate & CLOSED == 0 {
            self.close();
        }
        self.steady.alive.end();
    }
}
