//! What a pool does while tasks wait, and when it closes: all of it under the waiters' lock.
//!
//! ```text
//!   nothing free -> gate up, WAITERS set in every word -> one more scan -> queued
//!   release that finds WAITERS -> lock -> claims a free slot -> the oldest waiter has it
//!   the last waiter leaves the queue -> WAITERS cleared, gate down
//!   closed -> gate up, WAITERS set in every word, for good
//! ```

use super::bookkeeping::Bookkeeping;
use super::waiters::{self, Id, Look, Node, Oldest};
use super::word::{self, BitIndex};
use super::{CLOSED, ONE_WAITER, RawPool};
use crate::error::Closed;
use crate::sync::{Ordering, Peek};
use core::pin::Pin;
use core::task::{Poll, Waker};

impl<B: Bookkeeping> RawPool<B> {
    /// Reads the gate in a way that cannot be stale: may a caller that is not queued claim?
    #[cold]
    pub(super) fn may_claim(&self) -> bool {
        let _queue = waiters::lock(|| self.id());
        self.gate_locked() == 0
    }

    /// Scans several words so that, if the scan finds nothing, there was nothing at one instant.
    ///
    /// `scan` sets WAITERS in every word. While it is set, a release goes to the waiters' lock, which
    /// is held here: a release that the scan misses is not over before this answer. The gate stays
    /// down: callers that claim meanwhile leave less to be found.
    pub(super) fn confirm<R>(&self, scan: impl FnOnce(&Self) -> Option<R>) -> Option<R> {
        let _queue = self.id().lock();
        if self.gate_locked() != 0 {
            // Closed, or a task waits, to which a free slot would be due.
            return None;
        }
        let found = scan(self);
        self.clear_waiters();
        found
    }

    /// Sets WAITERS in every word, and claims a slot that is free meanwhile. The waiters' lock is
    /// held.
    pub(super) fn set_waiters_and_scan(&self) -> Option<BitIndex> {
        for (word, line) in self.bookkeeping.lines().iter().enumerate() {
            let mut free = line.set_waiters();
            while let Some(slot) = word::lowest(free) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(BitIndex::new(word, slot));
                }
                free &= !word::bit(slot);
            }
        }
        // A slot given back behind the scan: its release is not over, and comes to serve.
        None
    }

    /// Clears WAITERS in every word. The waiters' lock is held, and the gate is down.
    fn clear_waiters(&self) {
        for line in self.bookkeeping.lines() {
            line.clear_waiters();
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
    ) -> (Poll<Result<BitIndex, Closed>>, Option<Waker>) {
        let id = self.id();
        let mut queue = id.lock();
        match queue.look(node, &mut waker) {
            Look::Queued => return (Poll::Pending, Some(waker)),
            Look::Served(bit) => return (Poll::Ready(Ok(bit)), Some(waker)),
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
            if let Some(bit) = self.set_waiters_and_scan() {
                self.set_gate(0);
                self.clear_waiters();
                return (Poll::Ready(Ok(bit)), Some(waker));
            }
        }
        // SAFETY: the node is idle, and the caller keeps it.
        unsafe { queue.push(id, Self::serve_oldest, node, waker) };
        (Poll::Pending, None)
    }

    /// Takes `node` out of the queue. Returns the slot that it was handed already, which is for
    /// the caller to release (I6), and the waker left with it, to be dropped after that (I9).
    pub(crate) fn cancel(&self, node: Pin<&Node>) -> (Option<BitIndex>, Option<Waker>) {
        let mut queue = self.id().lock();
        let (look, waker) = queue.remove(node);
        match look {
            Look::Served(bit) => (Some(bit), waker),
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
            self.clear_waiters();
        }
    }

    /// Hands a slot to the oldest waiter, if one is free. Returns its waker, to be woken outside the
    /// lock.
    ///
    /// # Safety
    /// - `this` points to a pool of this type, for which `oldest` waits.
    unsafe fn serve_oldest(this: *const (), oldest: Oldest<'_>) -> Option<Waker> {
        // SAFETY: a pool takes its waiters out, under this lock, before it ends (`close`, `drop`), so
        // it is alive while one is queued; the lock is held.
        let pool = unsafe { &*this.cast::<Self>() };
        if pool.is_closed() {
            return None;
        }
        let waker = oldest.serve(pool.scan_newest()?);
        pool.one_waiter_less();
        waker
    }

    /// Closes the pool: no later claim succeeds, every waiter is turned away and woken.
    ///
    /// A waker that panics does not keep the rest waiting; a second one that does aborts.
    pub(crate) fn close(&self) {
        struct TurnAway<'a, B: Bookkeeping>(&'a RawPool<B>);
        impl<B: Bookkeeping> TurnAway<'_, B> {
            /// Wakes them one by one, outside the lock.
            fn all(&self) {
                let id = self.0.id();
                loop {
                    // Not counted off: the gate stays up.
                    let oldest = id.lock().oldest(id).and_then(|(oldest, _)| oldest.turn_away());
                    match oldest {
                        Some(waker) => waker.wake(),
                        None => return,
                    }
                }
            }
        }
        impl<B: Bookkeeping> Drop for TurnAway<'_, B> {
            fn drop(&mut self) {
                self.all();
            }
        }
        {
            let _queue = self.id().lock();
            self.set_gate(self.gate_locked() | CLOSED);
            for line in self.bookkeeping.lines() {
                // For good: what is free now stays where it is.
                line.set_waiters();
            }
        }
        TurnAway(self).all();
    }

    /// Returns the gate where it is about to be changed: the waiters' lock is held.
    fn gate_locked(&self) -> u32 {
        // Ordering: Relaxed: the lock orders it.
        self.stable.gate.peek(Ordering::Relaxed)
    }

    /// Sets the gate. The waiters' lock is held.
    fn set_gate(&self, gate: u32) {
        // Ordering: Relaxed: see `gate`.
        self.stable.gate.store(gate, Ordering::Relaxed);
    }
}

/// Serves a waiter, if one is still there and a slot too.
///
/// The waiter has brought the code that serves: where no task ever waits, it is not linked.
///
/// # Safety
/// - `this` was the pool of this number.
pub(super) unsafe fn serve(this: *const (), id: Id) {
    let mut queue = id.lock();
    let Some((oldest, serve_oldest)) = queue.oldest(id) else { return };
    // SAFETY: a waiter for this pool, which brought the function, is queued.
    let waker = unsafe { serve_oldest(this, oldest) };
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<B: Bookkeeping> Drop for RawPool<B> {
    /// Forgotten waiters are still queued, unless the pool was closed: they are taken out, so that
    /// none outlives its pool there.
    fn drop(&mut self) {
        let gate = self.gate();
        if gate != 0 && gate & CLOSED == 0 {
            self.close();
        }
        self.stable.alive.end();
    }
}
