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
    /// # Safety
    /// - Once this has answered `Pending`, `node` stays pinned and alive until it answers `Ready`
    ///   or [`cancel`](Self::cancel) returns.
    pub(crate) unsafe fn poll_claim(
        &self,
        node: Pin<&Node>,
        waker: &Waker,
    ) -> Poll<Result<usize, Closed>> {
        let mut waker = waker.clone();
        let (answer, spare) = self.waiters.with(move |queue| {
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
            (answer, Some(waker))
        });
        drop(spare);
        if let Poll::Ready(Ok(index)) = answer {
            self.high_water.note(index);
        }
        answer
    }

    /// Takes `node` out of the queue; a slot that it was handed already is for the caller to
    /// release (I6).
    #[must_use]
    pub(crate) fn cancel(&self, node: Pin<&Node>) -> Option<usize> {
        let (look, waker) = self.waiters.with(|queue| {
            let left = queue.forget(node);
            if queue.is_empty() {
                self.free.retract_announcement();
            }
            left
        });
        drop(waker);
        match look {
            Look::Served(index) => Some(index),
            Look::Idle | Look::Queued | Look::Closed => None,
        }
    }

    /// Gives a slot back, or hands it to the oldest waiter.
    ///
    /// After this the pool may be gone, freed by whoever was last: nothing of it is touched once
    /// the slot is visible to somebody else. Handing over becomes visible with the unlocking.
    #[inline]
    pub(crate) fn release(&self, index: usize) -> Release {
        loop {
            match self.free.give(index) {
                Give::Done => return Release::Done,
                Give::LastOfClosed => return Release::Last,
                Give::NotLent => return Release::NotLent,
                Give::Waiters => {
                    if let Some(waker) = self.hand_over(index) {
                        waker.wake();
                        return Release::Done;
                    }
                }
            }
        }
    }

    #[cold]
    fn hand_over(&self, index: usize) -> Option<Waker> {
        self.waiters.with(|queue| {
            let waker = queue.serve_oldest(index);
            if queue.is_empty() {
                self.free.retract_announcement();
            }
            waker
        })
    }

    /// Closes the pool: no later claim succeeds, every waiter is turned away and woken.
    pub(crate) fn close(&self) {
        self.waiters.with(|_| self.free.close());
        // Woken one by one outside the lock. A waker that panics does not keep the rest waiting.
        struct TurnAway<'a>(&'a Waiters);
        impl TurnAway<'_> {
            fn next(&self) -> Option<Waker> {
                self.0.with(|queue| queue.turn_oldest_away())
            }
        }
        impl Drop for TurnAway<'_> {
            fn drop(&mut self) {
                while let Some(waker) = self.next() {
                    waker.wake();
                }
            }
        }
        let turn_away = TurnAway(&self.waiters);
        while let Some(waker) = turn_away.next() {
            waker.wake();
        }
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
