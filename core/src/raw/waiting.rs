//! What a pool does while tasks wait, when it is exhausted, and when it closes.
//!
//! ```text
//!   nothing free -> every word watched, and no report since before the search -> EXHAUSTED
//!   a task waits -> WAITING -> unless EXHAUSTED: every word watched, one more search -> queued
//!   release that finds its word watched -> reports -> WAITING: a free slot -> the oldest waiter has it
//!   the last waiter leaves the queue -> WAITING ends; a claim that finds a word watched ends that
//!   closed -> every word watched, for good
//! ```

use super::bookkeeping::Bookkeeping;
use super::queue::Queue;
use super::waiters::{Look, Node, Oldest};
use super::watch::Known;
use super::word::{BitIndex, SlotSet, Words};
use super::{RawPool, Release};
use crate::error::Closed;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::{Poll, Waker};

/// Claimed slots that are given back if a waker panics before they have a guard (I9).
struct Kept<'a, B: Bookkeeping> {
    pool: &'a RawPool<B>,
    slots: SlotSet,
}

impl<B: Bookkeeping> Drop for Kept<'_, B> {
    #[cold]
    fn drop(&mut self) {
        while let Some(bit) = self.slots.pop_lowest() {
            // SAFETY: claimed, and given back once. The pool is borrowed, so it does not end by this.
            let outcome = unsafe { RawPool::release::<false>(self.pool, bit) };
            debug_assert_eq!(
                outcome,
                Release::Done,
                "I8: it was claimed, and the pool is borrowed"
            );
        }
    }
}

impl<B: Bookkeeping> RawPool<B> {
    /// This pool's address, for its queue.
    fn address(&self) -> NonNull<()> {
        NonNull::from(self).cast()
    }

    /// Serves what was left while this thread held the lock.
    fn serve_left(&self) {
        // SAFETY: this pool's queue.
        unsafe { self.queue().serve_left(Some(self.address())) };
    }

    /// As [`serve_left`](Self::serve_left), for a thread that has claimed slots meanwhile.
    fn serve_left_and_keep(&self, slots: SlotSet) -> SlotSet {
        let kept = Kept { pool: self, slots };
        self.serve_left();
        ManuallyDrop::new(kept).slots
    }

    /// Asks in a way that cannot be stale: may a caller that is not queued claim?
    #[cold]
    pub(super) fn may_claim(&self) -> bool {
        let queue = self.queue();
        if queue.watch.glance().is_closed() {
            return false;
        }
        // SAFETY: this pool's queue.
        let held = unsafe { queue.settle(Some(self.address())) };
        let may = !queue.watch.glance().diverts();
        drop(held);
        self.serve_left();
        may
    }

    /// Searches several words so that, if the search finds nothing, there was nothing at one instant.
    ///
    /// Without the lock a release in a searched word, or a claim that clears its flag, is noticed by what
    /// is `known` having changed. Under the lock the claims that begin later wait: what is left is
    /// lent, so only so many releases can still come in between.
    pub(super) fn confirm(
        &self,
        known: Known,
        search: impl Fn(&Self) -> Option<SlotSet>,
        confirmed: impl Fn(Known) -> bool,
    ) -> Option<SlotSet> {
        if let Some(found) = search(self) {
            return Some(found);
        }
        if !known.is_clearing() && confirmed(known) {
            return None;
        }
        let queue = self.queue();
        // SAFETY: this pool's queue.
        let held = unsafe { queue.settle(Some(self.address())) };
        if queue.watch.start_waiting().diverts() {
            // Closed, or a task waits, to which a free slot would be due.
            drop(held);
            self.serve_left();
            return None;
        }
        let found = loop {
            let known = queue.watch.look();
            debug_assert!(!known.is_clearing(), "a word is cleared under the lock");
            let found = search(self);
            if found.is_some() || queue.watch.is_still(known) {
                break found;
            }
        };
        queue.watch.stop_waiting();
        // Word that was left meanwhile is of slots that no task waits for: one that queues after this
        // searches every word.
        drop(held);
        found
    }

    /// Claims any slot that is free, and sets WATCHED in every word that has none.
    pub(super) fn claim_or_watch(&self) -> Option<BitIndex> {
        self.lines().find_map(|(word, line)| Some(BitIndex::new(word, line.claim_or_watch()?)))
    }

    /// Claims a slot that is free in these words, and takes the words that have none out of the set.
    fn claim_in(&self, words: &mut Words) -> Option<BitIndex> {
        while let Some(first) = words.lowest() {
            for word in (first..self.words()).step_by(Words::CLASSES) {
                if let Some(slot) = self.line(word).claim_lowest() {
                    return Some(BitIndex::new(word, slot));
                }
            }
            words.remove_lowest();
        }
        None
    }

    /// Ends the watching of a word that a claim has found watched, if no task waits, the pool is not
    /// closed, and the lock is free.
    #[cold]
    pub(super) fn end_watching(&self, word: usize) {
        let queue = self.queue();
        let Some(held) = queue.try_lock() else { return };
        if queue.watch.start_clearing() {
            self.line(word).clear_watched();
            queue.watch.stop_clearing();
        }
        drop(held);
        self.serve_left();
    }

    /// Lets callers claim again, after the last waiter has left the queue. The waiters' lock is held.
    fn stop_waiting(&self, queue: &Queue) {
        if self.words() == 1 && !queue.watch.glance().is_closed() {
            self.line(0).clear_watched();
        }
        queue.watch.stop_waiting();
    }

    /// Returns whether every slot is free, no task waits and the pool is not closed.
    ///
    /// If so, no release touches the pool again: one that has the waiters' lock does only while a task is
    /// queued or has not been told, and then either that is known or the slot that it hands over is not
    /// free.
    #[cfg(feature = "alloc")]
    pub(super) fn is_idle(&self) -> bool {
        !self.queue().watch.glance().diverts()
            && self.lines().all(|(word, line)| line.is_whole(self.whole(word)))
    }

    /// Claims a slot, or queues `node`.
    ///
    /// Also returns the waker that is not needed any more. Dropping it runs foreign code: the
    /// caller first puts a claimed slot where it cannot be lost (I9).
    ///
    /// # Safety
    /// - Once this has answered `Pending`, `node` stays pinned and alive until it answers `Ready`,
    ///   [`Node::outcome`] is `Some`, or [`cancel`](Self::cancel) returns.
    pub(crate) unsafe fn poll_claim(
        &self,
        node: Pin<&Node>,
        mut waker: Waker,
    ) -> (Poll<Result<BitIndex, Closed>>, Option<Waker>) {
        let queue = self.queue();
        let mut waiters = queue.lock();
        let answer = match waiters.look(node, &mut waker) {
            Look::Queued => Poll::Pending,
            Look::Served(bit) => Poll::Ready(Ok(bit)),
            Look::Closed => Poll::Ready(Err(Closed)),
            Look::Idle => {
                Queue::let_serve();
                let known = queue.watch.start_waiting();
                // Exhausted when this task began to wait, or, by a search under the lock, since then.
                let found = if known.diverts() || known.is_exhausted() {
                    None
                } else {
                    self.claim_or_watch()
                };
                if known.is_closed() {
                    Poll::Ready(Err(Closed))
                } else if let Some(bit) = found {
                    self.stop_waiting(queue);
                    Poll::Ready(Ok(bit))
                } else {
                    // SAFETY: the node is idle, and the caller keeps it.
                    unsafe { waiters.push(Self::serve_oldest, node, waker) };
                    drop(waiters);
                    self.serve_left();
                    return (Poll::Pending, None);
                }
            }
        };
        drop(waiters);
        match answer {
            Poll::Ready(Ok(bit)) => {
                self.serve_left_and_keep(SlotSet::of(bit));
                (answer, Some(waker))
            }
            other => {
                self.serve_left();
                (other, Some(waker))
            }
        }
    }

    /// Takes `node` out of the queue. Returns the slot that it was handed already, which is for
    /// the caller to release (I6), and the waker left with it, to be dropped after that (I9).
    pub(crate) fn cancel(&self, node: Pin<&Node>) -> (Option<BitIndex>, Option<Waker>) {
        let queue = self.queue();
        let mut waiters = queue.lock();
        let (look, waker) = waiters.remove(node);
        if look == Look::Queued && waiters.is_empty() {
            self.stop_waiting(queue);
        }
        drop(waiters);
        if let Look::Served(bit) = look {
            // The release of this slot also looks for word that was left meanwhile.
            return (Some(bit), waker);
        }
        self.serve_left();
        (None, waker)
    }

    /// Hands a slot of these words to the oldest waiter, if one is free. Returns its waker, to be woken
    /// outside the lock.
    ///
    /// # Safety
    /// - `this` points to a pool of this type, for which `oldest` waits.
    unsafe fn serve_oldest(
        this: NonNull<()>,
        oldest: Oldest<'_>,
        words: &mut Words,
    ) -> Option<Waker> {
        // SAFETY: a pool takes its waiters out, under this lock, before it ends (`close`, `drop`), so
        // it is alive while one is queued, or served and not told; the lock is held.
        let pool = unsafe { this.cast::<Self>().as_ref() };
        let queue = pool.queue();
        if queue.watch.glance().is_closed() {
            *words = Words::NONE;
            return None;
        }
        let served = oldest.serve(pool.claim_in(words)?);
        if served.was_last() {
            pool.stop_waiting(queue);
            *words = Words::NONE;
        }
        // The pool is not touched any more.
        served.tell()
    }

    /// Closes the pool: no later claim succeeds, every waiter is turned away and woken.
    ///
    /// A waker that panics does not keep the rest waiting; a second one that does aborts.
    pub(crate) fn close(&self) {
        struct TurnAway<'q>(&'q Queue);
        impl TurnAway<'_> {
            /// Wakes them one by one, outside the lock.
            fn all(&self) {
                loop {
                    let mut waiters = self.0.lock();
                    let Some((oldest, _)) = waiters.oldest() else { return };
                    let turned_away = oldest.turn_away();
                    if turned_away.was_last() {
                        self.0.watch.stop_waiting();
                    }
                    let waker = turned_away.tell();
                    drop(waiters);
                    if let Some(waker) = waker {
                        waker.wake();
                    }
                }
            }
        }
        impl Drop for TurnAway<'_> {
            fn drop(&mut self) {
                self.all();
            }
        }
        let queue = self.queue();
        {
            let _waiters = queue.lock();
            queue.watch.close();
        }
        for (_, line) in self.lines() {
            // For good: what is free now stays where it is.
            line.watch();
        }
        TurnAway(queue).all();
    }
}
