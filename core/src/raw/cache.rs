//! Slots that a thread has given back and keeps for itself: so lending one again takes no locked
//! instruction.
//!
//! ```text
//!   thread's table:  [ pool 17 | cache ] --> Cache: [ slot | slot | slot | . ]  len, seen
//!                                                    the newest is lent first       |
//!   Watch of the pool:   [ reports | .. | WAITING | CLOSED ]  <---- still as it was seen?
//! ```
//! A cached slot stays claimed: its bit is clear, and the cache is its one holder (I1). A cache is good as
//! long as what is known of its pool is what it was when the thread last looked. A task that waits, a close,
//! a report of a release and a caller that found nothing each change it; the owner notices by comparing one
//! word, at its next operation, and gives everything back.
//!
//! A pool's caches are made with it, and a thread takes one of them: they cannot hold more slots than
//! `caches * limit`, however many threads there are. One that finds all taken does without.

use super::queue::Queue;
use super::watch::{Known, Watch};
use super::word::BitIndex;
use crate::sync::{AtomicUsize, Ordering, UnsafeCell, global, local};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::ptr::NonNull;

/// The most slots of one cache: so it fills two cache lines.
pub(crate) const MOST: usize = 8;

/// Pools of which one thread has caches at a time; in models few enough to be reached.
const POOLS: usize = if cfg!(framepool_loom) { 2 } else { 16 };

/// So many operations a thread does without a cache before it looks again whether one was given up; in
/// models few enough to be reached.
const PATIENCE: u32 = if cfg!(framepool_loom) { 2 } else { 256 };

global! {
    static IDS: [AtomicUsize; 1] = [AtomicUsize::new(1); 1];
}

/// How a slot is given back to its pool.
pub(crate) type Give = unsafe fn(NonNull<()>, BitIndex);

/// The caches of one pool.
pub(crate) struct Caches {
    /// No other pool's; 0 once all numbers were used, and then there are no caches.
    id: usize,
    pool: NonNull<()>,
    give: Give,
    caches: Box<[Cache]>,
}

// SAFETY: what a cache holds is reached by the thread that has taken it; the pointer is followed for a slot
// that is held, and `CachedPool` is `Send` and `Sync` only if its pool is.
unsafe impl Send for Caches {}
// SAFETY: as for `Send`.
unsafe impl Sync for Caches {}

/// One thread's slots.
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
pub(crate) struct Cache {
    slots: [UnsafeCell<BitIndex>; MOST],
    /// Written by the owner alone.
    len: AtomicUsize,
    /// What was known of the pool when the owner last looked. Read and written by the owner alone.
    seen: UnsafeCell<Known>,
    watch: &'static Watch,
    limit: usize,
    taken: AtomicUsize,
}

impl Caches {
    /// Makes `count` caches of at most `limit` slots each.
    pub(crate) fn new(
        queue: &'static Queue,
        pool: NonNull<()>,
        give: Give,
        count: usize,
        limit: usize,
    ) -> Self {
        let next = |id: usize| id.checked_add(1);
        // Ordering: Relaxed: a number, which publishes nothing.
        let id = IDS[0].fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        // Used again, a number could lead a thread to a cache of a pool that has gone.
        let (id, count) = id.map_or((0, 0), |id| (id, count));
        let caches = (0..count).map(|_| Cache::new(&queue.watch, limit.min(MOST))).collect();
        Self { id, pool, give, caches }
    }

    #[inline(always)]
    pub(crate) fn id(&self) -> usize {
        self.id
    }

    /// Returns the most slots that the caches hold at once.
    pub(crate) fn limit(&self) -> usize {
        self.caches.iter().map(|cache| cache.limit).sum()
    }

    /// Returns the slots that the caches hold: a snapshot.
    pub(crate) fn cached(&self) -> usize {
        // Ordering: Relaxed: a count, which publishes nothing.
        self.caches.iter().map(|cache| cache.len.load(Ordering::Relaxed)).sum()
    }

    /// Asks every thread to give back what it has, at its next operation.
    pub(crate) fn ask(&self) {
        if let Some(cache) = self.caches.first().filter(|_| self.cached() > 0) {
            cache.watch.ask();
        }
    }

    /// Gives back what was taken out of a cache, all of it also if a waker panics (I9).
    fn give(&self, slots: Taken) {
        struct Rest<'c>(&'c Caches, Taken);
        impl Rest<'_> {
            fn give(&mut self) {
                while let Some(last) = self.1.len.checked_sub(1) {
                    self.1.len = last;
                    // SAFETY: the cache's slot, which keeps the pool alive, and given once.
                    unsafe { (self.0.give)(self.0.pool, self.1.slots[last]) };
                }
            }
        }
        impl Drop for Rest<'_> {
            fn drop(&mut self) {
                self.give();
            }
        }
        Rest(self, slots).give();
    }

    /// Gives everything back if the pool is not as the owner has seen it, and sees it as it is now.
    fn heed(&self, cache: &Cache) {
        let known = cache.watch.glance();
        if known != cache.seen() {
            // Before slots are given back, so that what is asked for meanwhile is seen next time.
            cache.see(known);
            self.give(cache.take_all());
        }
    }

    /// Takes a cache that no thread has.
    fn take(&self) -> Option<&Cache> {
        self.caches.iter().find(|cache| {
            // Ordering: Acquire pairs with the Release of `give_up`: what the last owner did to the cache
            // happens before. Relaxed on failure: another thread has it.
            let taken = cache.taken.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
            taken.is_ok()
        })
    }

    /// Gives up a cache that the thread finds no more, and gives back its slots.
    fn give_up(&self, cache: &Cache) {
        let slots = cache.take_all();
        // Ordering: Release publishes the cache, as it was left, to its next owner.
        cache.taken.store(0, Ordering::Release);
        self.give(slots);
    }
}

/// What was in a cache.
struct Taken {
    slots: [BitIndex; MOST],
    len: usize,
}

impl fmt::Debug for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caches")
            .field("cached", &self.cached())
            .field("limit", &self.limit())
            .finish_non_exhaustive()
    }
}

impl Cache {
    fn new(watch: &'static Watch, limit: usize) -> Self {
        Self {
            slots: core::array::from_fn(|_| UnsafeCell::new(BitIndex::new(0, 0))),
            len: AtomicUsize::new(0),
            seen: UnsafeCell::new(watch.glance()),
            watch,
            limit,
            taken: AtomicUsize::new(0),
        }
    }

    #[inline(always)]
    fn seen(&self) -> Known {
        // SAFETY: read and written by the owner alone.
        self.seen.with(|seen| unsafe { *seen })
    }

    /// Takes note of what is known. While a task waits, or once the pool is closed, nothing is good.
    fn see(&self, known: Known) {
        // SAFETY: read and written by the owner alone.
        self.seen.with_mut(|seen| unsafe { *seen = known.undiverted() });
    }

    /// Returns whether the pool is as the owner has seen it.
    #[inline(always)]
    fn is_good(&self) -> bool {
        self.watch.glance() == self.seen()
    }

    /// Takes out the slot that came last.
    ///
    /// # Safety
    /// - The caller is the cache's owner.
    #[inline(always)]
    unsafe fn pop(&self) -> Option<BitIndex> {
        // Ordering: Relaxed: its owner alone writes it, and others only count.
        let top = self.len.load(Ordering::Relaxed).checked_sub(1)?;
        // SAFETY: `top` is below the length, which is at most `MOST`.
        let slot = unsafe { self.slots.get_unchecked(top) };
        // Ordering: Relaxed: as above.
        self.len.store(top, Ordering::Relaxed);
        // SAFETY: the owner alone reads and writes what is in its cache.
        Some(slot.with(|slot| unsafe { *slot }))
    }

    /// Takes out all: before any of it is given back, since a waker that runs then may use this cache, or
    /// have the thread give it up.
    fn take_all(&self) -> Taken {
        let mut taken = Taken { slots: [BitIndex::new(0, 0); MOST], len: 0 };
        // SAFETY: by the owner, as all but counting that is done with a cache.
        while let Some(bit) = unsafe { self.pop() } {
            taken.slots[taken.len] = bit;
            taken.len += 1;
        }
        taken
    }

    /// Puts a slot in, if there is a place.
    ///
    /// # Safety
    /// - The caller is the cache's owner, and gives up the slot, of this cache's pool, if there is a place.
    #[inline(always)]
    unsafe fn push(&self, bit: BitIndex) -> bool {
        // Ordering: Relaxed: its owner alone writes it, and others only count.
        let len = self.len.load(Ordering::Relaxed);
        if len >= self.limit {
            return false;
        }
        // SAFETY: below the limit, which is at most `MOST`.
        let slot = unsafe { self.slots.get_unchecked(len) };
        // SAFETY: the owner alone reads and writes what is in its cache.
        slot.with_mut(|slot| unsafe { *slot = bit });
        // Ordering: Relaxed: as above.
        self.len.store(len + 1, Ordering::Relaxed);
        true
    }
}

/// The caches that this thread has.
struct Mine([RefCell<Option<Owned>>; POOLS]);

/// A cache that this thread has taken.
struct Owned {
    caches: Arc<Caches>,
    cache: NonNull<Cache>,
}

impl Drop for Owned {
    /// Gives everything back, as a thread ends or as its table has another pool in this place.
    fn drop(&mut self) {
        // SAFETY: one of the caches, which this thread has taken.
        self.caches.give_up(unsafe { self.cache.as_ref() });
    }
}

impl Mine {
    fn end(&self) {
        for (place, owned) in self.0.iter().enumerate() {
            // The thread has no cache from here on: slots that it still gives back go to their pools.
            let _ = NEAR.try_with(|near| {
                near[place].id.set(0);
                near[place].cache.set(None);
            });
            if let Some(owned) = owned.take() {
                end(owned);
            }
        }
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        self.end();
    }
}

/// Does what the thread's end does, for the models: loom lets a thread be joined before its locals are
/// dropped.
#[cfg(framepool_loom)]
pub fn end_thread() {
    let _ = MINE.try_with(Mine::end);
}

/// Ends a cache with its thread. A waker that panics then would abort the program.
#[cfg(not(framepool_loom))]
fn end(owned: Owned) {
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(owned)));
}

#[cfg(framepool_loom)]
fn end(owned: Owned) {
    drop(owned);
}

/// Where a thread finds its cache of a pool. Without a destructor, so that looking is a load and a
/// comparison.
struct Near {
    /// The pool's; 0: none.
    id: Cell<usize>,
    /// None: all caches of the pool are taken.
    cache: Cell<Option<NonNull<Cache>>>,
    /// Operations until it looks again for one.
    patience: Cell<u32>,
}

impl Near {
    const fn new() -> Self {
        Self { id: Cell::new(0), cache: Cell::new(None), patience: Cell::new(0) }
    }
}

local! {
    static NEAR: [Near; POOLS] = [const { Near::new() }; POOLS];
}

local! {
    static MINE: Mine = Mine([const { RefCell::new(None) }; POOLS]);
}

/// Calls `then` with this thread's cache of the pool whose caches have this `id`, if it has one.
#[inline(always)]
fn with_near<R>(id: usize, then: impl FnOnce(&Cache) -> R) -> Option<R> {
    let found = NEAR.try_with(|near| {
        let near = &near[id % POOLS];
        if near.id.get() == id { near.cache.get() } else { None }
    });
    let cache = found.ok().flatten()?;
    // SAFETY: `Mine` keeps it, and it is this thread's. Where `then` runs foreign code, which may have the thread
    // give the cache up, it has done with the cache before.
    Some(then(unsafe { cache.as_ref() }))
}

/// Lends a slot from this thread's cache.
#[inline(always)]
pub(crate) fn take_kept(id: usize) -> Option<BitIndex> {
    // SAFETY: this thread's cache.
    with_near(id, |cache| if cache.is_good() { unsafe { cache.pop() } } else { None }).flatten()
}

/// Puts a slot into this thread's cache, if it has one, there is a place, and no slots are asked for.
///
/// # Safety
/// - The caller gives up the slot, of the pool with this `id`, if this returns `true`.
#[inline(always)]
pub(crate) unsafe fn keep(id: usize, bit: BitIndex) -> bool {
    // SAFETY: this thread's cache; the rest as the caller promises.
    with_near(id, |cache| cache.is_good() && unsafe { cache.push(bit) }).unwrap_or(false)
}

/// Before a slot is taken out of the pool: gives back what is asked for, and sees to it that this thread
/// has a cache.
#[cold]
#[inline(never)]
pub(crate) fn prepare(caches: &Arc<Caches>) {
    if caches.caches.is_empty() {
        // It would only take another pool's place.
        return;
    }
    let is_settled = NEAR.try_with(|near| {
        let near = &near[caches.id % POOLS];
        let patience = near.patience.get();
        let waits = near.cache.get().is_none() && patience > 0;
        near.patience.set(patience.saturating_sub(1));
        near.id.get() == caches.id && (near.cache.get().is_some() || waits)
    });
    if matches!(is_settled, Ok(false)) {
        settle(caches);
    }
    heed(caches);
}

/// Gives back what this thread keeps if it is asked for.
pub(crate) fn heed(caches: &Caches) {
    with_near(caches.id, |cache| caches.heed(cache));
}

/// Gives back what this thread keeps.
pub(crate) fn flush(caches: &Caches) {
    with_near(caches.id, |cache| caches.give(cache.take_all()));
}

/// Takes a cache for this thread, in place of another pool's. What its last owner saw of the pool, the thread is
/// yet to [heed].
fn settle(caches: &Arc<Caches>) {
    let place = caches.id % POOLS;
    let set = |cache| {
        // Absent as the thread ends.
        let _ = NEAR.try_with(|near| {
            near[place].id.set(caches.id);
            near[place].cache.set(cache);
            near[place].patience.set(PATIENCE);
        });
    };
    let _ = MINE.try_with(|mine| {
        // Before the other pool's slots are given back: a waker that runs then finds no cache here.
        set(None);
        let before = mine.0[place].take();
        drop(before);
        let Some(cache) = caches.take() else { return };
        let owned = Owned { caches: Arc::clone(caches), cache: NonNull::from(cache) };
        let before = mine.0[place].replace(Some(owned));
        set(Some(NonNull::from(cache)));
        drop(before);
    });
}

#[cfg(all(test, not(any(framepool_loom, framepool_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_used_twice() {
        let caches = || {
            let queue = Box::leak(Box::new(Queue::new()));
            Caches::new(queue, NonNull::dangling(), |_, _| unreachable!("nothing is kept"), 2, 4)
        };
        // Ordering: Relaxed: a number, which publishes nothing.
        IDS[0].store(usize::MAX - 1, Ordering::Relaxed);
        let last = caches();
        assert_eq!((last.id(), last.limit()), (usize::MAX - 1, 8));
        for _ in 0..2 {
            let without = Arc::new(caches());
            assert_eq!((without.id(), without.limit()), (0, 0));
            prepare(&without);
            assert_eq!(take_kept(without.id()), None);
            // SAFETY: it is not kept.
            assert!(!unsafe { keep(without.id(), BitIndex::new(0, 0)) });
        }
    }
}
