//! The pool without its memory: free list, waiters and high-water mark, in indices only.
//!
//! ```text
//!   claim  ->  index  ->  ... the holder uses its slot ...  ->  release
//!                                                                 |- nobody waits: its bit is set
//!                                                                 `- somebody waits: handed over,
//!                                                                    never visible in between
//! ```

use crate::error::Closed;
use crate::free_list::{Claim, FreeList, Give};
use crate::stats::HighWater;
use crate::sync::const_unless_loom;
use crate::waiters::{Look, Node, Waiters};
use core::pin::Pin;
use core::task::{Poll, Waker};

/// What became of a released slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Release {
    /// It is free, or with the oldest waiter.
    Done,
    /// It was the last one out of a closed pool: the caller may free the memory, nobody else will.
    Last,
    /// It was not on loan: nothing changed (I8).
    NotLent,
}

#[derive(Debug)]
pub(crate) struct RawPool {
    free: FreeList,
    waiters: Waiters,
    high_water: HighWater,
}

impl RawPool {
    const_unless_loom! {
        pub(crate) const fn new(capacity: usize) -> Self {
            Self {
                free: FreeList::new(capacity),
                waiters: Waiters::new(),
                high_water: HighWater::new(),
            }
        }
    }

    const_unless_loom! {
        /// Makes a pool whose slot `capacity` is on loan to the keeper: see [`FreeList`].
        #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "owned pools are on the heap"))]
        pub(crate) const fn with_keeper(capacity: usize) -> Self {
            Self {
                free: FreeList::with_keeper(capacity),
                waiters: Waiters::new(),
                high_water: HighWater::new(),
            }
        }
    }

    /// Claims a slot if one is free. `None`: none was, at the instant of the answer, or the pool
    /// is closed.
    #[inline]
    pub(crate) fn claim(&self) -> Option<usize> {
        match self.free.claim() {
            Claim::Slot(index) => {
                self.high_water.note(index);
                Some(index)
            }
            Claim::Empty | Claim::Closed => None,
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
    ) -> (Poll<Result<usize, Closed>>, Option<Waker>) {
        let mut queue = self.waiters.lock();
        let answer = match queue.look(node, &mut waker) {
            Look::Queued => Poll::Pending,
            Look::Served(index) => Poll::Ready(Ok(index)),
            Look::Closed => Poll::Ready(Err(Closed)),
            Look::Idle => match self.free.claim_or_announce() {
                Claim::Slot(index) => Poll::Ready(Ok(index)),
                Claim::Closed => Poll::Ready(Err(Closed)),
                Claim::Empty => {
                    // SAFETY: the node is idle, and the caller keeps it.
                    unsafe { queue.push(node, waker) };
                    return (Poll::Pending, None);
                }
            },
        };
        if let Poll::Ready(Ok(index)) = answer {
            self.high_water.note(index);
        }
        (answer, Some(waker))
    }

    /// Takes `node` out of the queue. Returns the slot that it was handed already, which is for
    /// the caller to release (I6), and the waker left with it, to be dropped after that (I9).
    pub(crate) fn cancel(&self, node: Pin<&Node>) -> (Option<usize>, Option<Waker>) {
        let mut queue = self.waiters.lock();
        let (look, waker) = queue.forget(node);
        if queue.is_empty() {
            self.free.retract_announcement();
        }
        match look {
            Look::Served(index) => (Some(index), waker),
            Look::Idle | Look::Queued | Look::Closed => (None, waker),
        }
    }

    /// Gives a slot back, or hands it to the oldest waiter.
    ///
    /// After this the pool may be gone, freed by whoever was last: nothing of it is touched once
    /// the slot is visible to somebody else. Handing over becomes visible with the unlocking. A
    /// pointer, since a reference would claim that the pool lives until this function returns.
    ///
    /// # Safety
    /// - `this` points to a pool that lives as long as the caller's slot is not given back.
    #[inline]
    pub(crate) unsafe fn release(this: *const Self, index: usize) -> Release {
        // SAFETY: not given back yet, so the pool lives.
        let free = unsafe { &raw const (*this).free };
        loop {
            // SAFETY: as above.
            match unsafe { FreeList::give(free, index) } {
                Give::Done => return Release::Done,
                Give::LastOfClosed => return Release::Last,
                Give::NotLent => return Release::NotLent,
                // SAFETY: as above.
                Give::Waiters => match unsafe { Self::hand_over(this, index) } {
                    Some(waker) => {
                        waker.wake();
                        return Release::Done;
                    }
                    None => continue,
                },
            }
        }
    }

    /// # Safety
    /// - As [`release`](Self::release).
    #[cold]
    unsafe fn hand_over(this: *const Self, index: usize) -> Option<Waker> {
        // SAFETY: not given back yet, so the pool lives.
        let free = unsafe { &(*this).free };
        // SAFETY: as above.
        let mut queue = unsafe { &(*this).waiters }.lock();
        // Whoever was turned away was older: nobody is served after that.
        if free.is_closed() {
            return None;
        }
        let waker = queue.serve_oldest(index);
        if queue.is_empty() {
            free.retract_announcement();
        }
        waker
    }

    /// Closes the pool: no later claim succeeds, every waiter is turned away and woken.
    ///
    /// A waker that panics does not keep the rest waiting; a second one that does aborts.
    pub(crate) fn close(&self) {
        struct TurnAway<'a>(&'a Waiters);
        impl TurnAway<'_> {
            /// Woken one by one, outside the lock.
            fn all(&self) {
                loop {
                    let oldest = self.0.lock().turn_oldest_away();
                    match oldest {
                        Some(waker) => waker.wake(),
                        None => return,
                    }
                }
            }
        }
        impl Drop for TurnAway<'_> {
            fn drop(&mut self) {
                self.all();
            }
        }
        {
            let _queue = self.waiters.lock();
            self.free.close();
        }
        TurnAway(&self.waiters).all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.free.is_closed()
    }

    pub(crate) fn available(&self) -> usize {
        self.free.permits()
    }

    pub(crate) fn high_water(&self) -> usize {
        self.high_water.get()
    }
}
