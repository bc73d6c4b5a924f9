//! What is known of a pool as a whole, in one word apart from those of its slots.
//!
//! ```text
//!  bit   ... 5   4          3          2           1         0
//!       [ reports | REPORTED | CLEARING | EXHAUSTED | WAITING | CLOSED ]
//! ```
//!
//! A slot word is *watched* while its flag WATCHED is set: each release that finds the flag reports,
//! which changes this word. So what was found by looking at one watched word after another holds for
//! all of them at one instant, if this word is then as it was before: a release that the search
//! missed is not over, since it has not reported.
//!
//! | bit | set by | says |
//! |---|---|---|
//! | `CLOSED` | `close`, for good | nothing is lent any more |
//! | `WAITING` | a waiter, under the waiters' lock | every word is watched, or is about to be by the lock's holder; a free slot is the oldest waiter's |
//! | `EXHAUSTED` | a claim that found nothing | every word is watched, and no slot is free but those of releases that have not reported |
//! | `CLEARING` | a claim, under the lock | a word is about to be watched no longer: nothing can be confirmed |
//! | `REPORTED` | a report | a release found a watched word, which need not be watched any more |
//!
//! C11 would let a search see that a slot was claimed and not the report of the release before it, by a
//! read that depends on a later write; neither hardware nor loom does.
//!
//! Reports are counted in the rest of the word: 59 bits, or 27 where words have 32. A search that is held
//! up while exactly 2^27 releases report would confirm what is not so.

use super::word::Word;
use crate::sync::{AtomicWord, Ordering, Peek, const_unless_loom};

const CLOSED: Word = 1;
const WAITING: Word = 1 << 1;
const EXHAUSTED: Word = 1 << 2;
const CLEARING: Word = 1 << 3;
const REPORTED: Word = 1 << 4;
const ONE_REPORT: Word = 1 << 5;

/// What was known at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known(Word);

impl Known {
    /// Returns whether there is nothing that a claim must heed.
    #[inline(always)]
    pub(super) fn is_quiet(self) -> bool {
        self.0 & (ONE_REPORT - 1) == 0
    }

    /// Returns whether a caller that is not queued may not claim.
    pub(super) fn diverts(self) -> bool {
        self.0 & (CLOSED | WAITING) != 0
    }

    /// Returns it as if no task waited and the pool were open.
    #[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
    pub(super) fn undiverted(self) -> Self {
        Self(self.0 & !(CLOSED | WAITING))
    }

    pub(super) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    pub(super) fn is_waited_for(self) -> bool {
        self.0 & WAITING != 0
    }

    pub(super) fn is_reported(self) -> bool {
        self.0 & REPORTED != 0
    }

    pub(super) fn is_exhausted(self) -> bool {
        self.0 & EXHAUSTED != 0
    }

    /// Returns whether a word may be watched no longer without a further report: no search can be confirmed.
    pub(super) fn is_clearing(self) -> bool {
        self.0 & CLEARING != 0
    }
}

#[derive(Debug)]
pub(super) struct Watch(AtomicWord);

impl Watch {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            Self(AtomicWord::new(0))
        }
    }

    /// Returns what is known, for a caller that heeds it or asks under the lock. A thread that has
    /// learned that a task queued, or that the pool was closed, sees it here; one that has not may go on
    /// as if it came first.
    #[inline(always)]
    pub(super) fn glance(&self) -> Known {
        // Ordering: Relaxed: see above.
        Known(self.0.load(Ordering::Relaxed))
    }

    /// Returns what is known, to search the slot words after it.
    pub(super) fn look(&self) -> Known {
        // Ordering: Acquire pairs with the Release of `report` and `stop_clearing`: the search sees the
        // slots of the releases that have reported, and no flag that was cleared before.
        Known(self.0.peek(Ordering::Acquire))
    }

    /// Reports that a slot was given back to a watched word. Returns what was known before.
    pub(super) fn report(&self) -> Known {
        // Ordering: Release publishes the slot to a search that begins after this. Relaxed on failure:
        // only a retry follows.
        let known = self.0.fetch_update(Ordering::Release, Ordering::Relaxed, |known| {
            Some((known.wrapping_add(ONE_REPORT) | REPORTED) & !EXHAUSTED)
        });
        known.map_or_else(Known, Known)
    }

    /// Asks the threads that keep slots for themselves for them: as a report, it changes what is known.
    #[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
    pub(super) fn ask(&self) {
        // Ordering: Relaxed: it publishes nothing; a thread that learns of it by other means sees it.
        self.0.fetch_add(ONE_REPORT, Ordering::Relaxed);
    }

    /// Notes that nothing is free, if what is known is what was `known` before the words were searched.
    /// Returns whether that holds. No word was being cleared then.
    pub(super) fn confirm_exhausted(&self, known: Known) -> bool {
        // Ordering: Release: a task that begins to wait because of this sees every word watched, and so do
        // its later claims. Relaxed on failure: what counts is that something came in between.
        let confirmed = self.0.compare_exchange(
            known.0,
            known.0 | EXHAUSTED,
            Ordering::Release,
            Ordering::Relaxed,
        );
        // Or another claim has confirmed it.
        confirmed.map_or_else(|newer| Known(newer).is_exhausted(), |_| true)
    }

    /// Returns whether nothing is free, in a way that cannot be stale.
    pub(super) fn is_exhausted(&self) -> bool {
        // Ordering: Relaxed. A read-modify-write acts on the newest value whatever its ordering.
        Known(self.0.fetch_or(0, Ordering::Relaxed)).is_exhausted()
    }

    /// Returns whether what is known is what was `known` before the words were searched, so that what was
    /// not found in one was in none. No word was being cleared then.
    pub(super) fn is_still(&self, known: Known) -> bool {
        // Ordering: Relaxed. A read-modify-write acts on the newest value whatever its ordering.
        self.0.fetch_or(0, Ordering::Relaxed) == known.0
    }

    /// Keeps callers that are not queued from claiming, unless the pool is closed. Returns what was
    /// known before. The waiters' lock is held.
    pub(super) fn start_waiting(&self) -> Known {
        // Ordering: Acquire as in `look`, and pairs with the Release of `confirm_exhausted`. Release
        // publishes how to serve to a release that learns of it by its report. Relaxed on failure: only a
        // retry follows, or nothing.
        let known = self.0.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |known| {
            (known & CLOSED == 0).then_some(known | WAITING)
        });
        known.map_or_else(Known, Known)
    }

    /// Lets callers claim again. The waiters' lock is held, and the last waiter has not been told.
    pub(super) fn stop_waiting(&self) {
        // Ordering: Relaxed: the lock orders it, or for the last waiter that it is told.
        self.0.fetch_and(!WAITING, Ordering::Relaxed);
    }

    /// Takes note of the reports so far.
    pub(super) fn heed(&self) {
        // Ordering: Relaxed: it only spares claims a slower path.
        self.0.fetch_and(!REPORTED, Ordering::Relaxed);
    }

    /// Before a word is watched no longer: from now on nothing is confirmed. Returns `false`, and has
    /// done nothing, if tasks wait or the pool is closed. The waiters' lock is held.
    pub(super) fn start_clearing(&self) -> bool {
        // Ordering: Relaxed: `clear` of the word publishes it, to the releases that find no flag.
        let known = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| {
            let cleared = known.wrapping_add(ONE_REPORT) & !(EXHAUSTED | REPORTED) | CLEARING;
            (known & (WAITING | CLOSED) == 0).then_some(cleared)
        });
        known.is_ok()
    }

    /// After a word's flag was cleared. The waiters' lock is held.
    pub(super) fn stop_clearing(&self) {
        // Ordering: Release: a search that begins after this does not take the word for watched.
        self.0.fetch_and(!CLEARING, Ordering::Release);
    }

    /// Closes the pool. The waiters' lock is held.
    pub(super) fn close(&self) {
        // Ordering: Relaxed: the lock orders it.
        self.0.fetch_or(CLOSED, Ordering::Relaxed);
    }

    /// Forgets a pool that has gone. Reports of its last releases may come even after this, and do no
    /// harm.
    #[cfg(feature = "alloc")]
    pub(super) fn reset(&self) {
        // Ordering: Relaxed: the depot publishes it.
        self.0.fetch_and(!(ONE_REPORT - 1), Ordering::Relaxed);
    }
}
