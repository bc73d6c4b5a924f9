//! A pool's queue: what is known of the pool, its waiters under their lock, and word left for the lock's
//! holder.
//!
//! ```text
//!   release that finds its word watched -> reports -> WAITING? -> lock free: serves the oldest waiter
//!                                                                 lock held: leaves word, and is done
//!   the lock's holder, once it has let go of the lock: takes what was left, and serves in its turn
//! ```
//! So a release never waits for a lock: neither a thread that was preempted while it held the lock nor
//! one that a signal handler interrupted delays it.
//!
//! A pool has its queue in it. The queue of a shared pool is apart, in memory that is used again for
//! other pools and never freed: a release learns that it has to report from the word that it has just
//! changed, and by then another thread may have freed the pool. What such a release does to a queue that
//! is another pool's by now, any release may do at any time: it reports, and serves a waiter if a slot is
//! free. A waiter that it finds proves that its pool is alive, since a pool turns its waiters away before
//! it ends.

use super::waiters::Waiters;
use super::watch::Watch;
use super::word::Words;
#[cfg(feature = "alloc")]
use crate::sync::PutBy;
use crate::sync::{AtomicPtr, Guard, Lock, Ordering, const_unless_loom, fence, global};
use core::ptr::NonNull;
use core::task::Waker;

/// The words in which slots were given back while the lock was held.
#[cfg(not(feature = "critical-section"))]
mod left {
    use super::Words;
    use crate::sync::{AtomicUsize, Ordering, const_unless_loom};

    #[derive(Debug)]
    pub(in super::super) struct Left(AtomicUsize);

    impl Left {
        const_unless_loom! {
            pub(super) const fn new() -> Self {
                Self(AtomicUsize::new(0))
            }
        }

        /// Leaves word.
        pub(super) fn add(&self, words: Words) {
            // Ordering: Release publishes the slots to the thread that takes it. Acquire pairs with the
            // Release of `is_empty`.
            self.0.fetch_or(words.bits(), Ordering::AcqRel);
        }

        /// Takes what was left. The lock is held.
        pub(super) fn take(&self) -> Words {
            // Ordering: Acquire pairs with the Release of `add`.
            Words::of(self.0.swap(0, Ordering::Acquire))
        }

        /// Returns whether no word is left, in a way that cannot be stale.
        pub(super) fn is_empty(&self) -> bool {
            // Ordering: Release: a thread that leaves word after this has looked sees that the lock was
            // let go of before.
            self.0.fetch_or(0, Ordering::Release) == 0
        }
    }
}

/// How a release serves waiters: known once a task waits, so that a program in which none does links none
/// of it.
type Serve = unsafe fn(&Queue, Option<NonNull<()>>, Words);

global! {
    static SERVE: [AtomicPtr<()>; 1] = [AtomicPtr::new(core::ptr::null_mut()); 1];
}

/// The most tasks that are served before the first is woken; in models few enough to be reached.
#[cfg(not(feature = "critical-section"))]
const AT_ONCE: usize = if cfg!(framepool_loom) { 2 } else { 8 };

#[derive(Debug)]
pub(crate) struct Queue {
    pub(super) watch: Watch,
    #[cfg(not(feature = "critical-section"))]
    left: left::Left,
    waiters: Lock<Members>,
    #[cfg(feature = "alloc")]
    next: AtomicPtr<Queue>,
    #[cfg(feature = "alloc")]
    in_depot: PutBy,
}

/// What the lock guards.
#[derive(Debug)]
struct Members {
    waiters: Waiters,
    /// The shared pool whose queue this is.
    #[cfg(feature = "alloc")]
    pool: Option<NonNull<()>>,
}

// SAFETY: the pointer to the pool is followed only while a waiter is queued, or not told, hence the pool
// alive.
#[cfg(feature = "alloc")]
unsafe impl Send for Members {}

/// The lock, held. What was left meanwhile is to be served after it: [`Queue::serve_left`].
pub(super) struct Held<'q>(Guard<'q, Members>);

impl core::ops::Deref for Held<'_> {
    type Target = Waiters;

    fn deref(&self) -> &Waiters {
        &self.0.waiters
    }
}

impl core::ops::DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Waiters {
        &mut self.0.waiters
    }
}

impl Queue {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            let members = Members {
                waiters: Waiters::new(),
                #[cfg(feature = "alloc")]
                pool: None,
            };
            Self {
                watch: Watch::new(),
                #[cfg(not(feature = "critical-section"))]
                left: left::Left::new(),
                waiters: Lock::new(members),
                #[cfg(feature = "alloc")]
                next: AtomicPtr::new(core::ptr::null_mut()),
                #[cfg(feature = "alloc")]
                in_depot: PutBy::new(),
            }
        }
    }

    /// Takes the lock, and waits for its holder if there is one. No foreign code may run meanwhile.
    pub(super) fn lock(&self) -> Held<'_> {
        Held(self.waiters.lock())
    }

    /// Takes the lock if it is free.
    pub(super) fn try_lock(&self) -> Option<Held<'_>> {
        self.waiters.try_lock().map(Held)
    }

    /// Takes the lock when every release that is over has been served, or need not be.
    ///
    /// # Safety
    /// - As for [`serve`](Self::serve).
    #[cfg(not(feature = "critical-section"))]
    pub(super) unsafe fn settle(&self, pool: Option<NonNull<()>>) -> Held<'_> {
        loop {
            let held = self.lock();
            if self.left.is_empty() {
                return held;
            }
            drop(held);
            // SAFETY: as the caller promises.
            unsafe { self.serve_left(pool) };
        }
    }

    /// Takes the lock: in a critical section every release has been served.
    ///
    /// # Safety
    /// - None.
    #[cfg(feature = "critical-section")]
    pub(super) unsafe fn settle(&self, _pool: Option<NonNull<()>>) -> Held<'_> {
        self.lock()
    }

    /// Serves what was left while the caller held the lock.
    ///
    /// # Safety
    /// - As for [`serve`](Self::serve).
    #[cfg(not(feature = "critical-section"))]
    pub(super) unsafe fn serve_left(&self, pool: Option<NonNull<()>>) {
        if !self.left.is_empty() {
            // SAFETY: as the caller promises.
            unsafe { self.serve_by(self.try_lock(), pool, Words::NONE) };
        }
    }

    /// In a critical section no word is left.
    ///
    /// # Safety
    /// - None.
    #[cfg(feature = "critical-section")]
    #[allow(clippy::unused_self, reason = "as where word is left")]
    pub(super) unsafe fn serve_left(&self, _pool: Option<NonNull<()>>) {}

    /// Sees to it that releases serve. Called before a task is said to wait.
    pub(super) fn let_serve() {
        let serve: Serve = Self::serve_words;
        // Ordering: Relaxed: it is the same each time.
        if SERVE[0].load(Ordering::Relaxed).is_null() {
            // Ordering: Relaxed: what says that a task waits publishes it.
            SERVE[0].store(serve as *mut (), Ordering::Relaxed);
        }
    }

    /// Hands the free slots of these words to the oldest waiters, as long as there are both, or leaves it
    /// to the lock's holder.
    ///
    /// A waker that panics does not keep the rest waiting; a second one that does aborts.
    ///
    /// # Safety
    /// - This is the queue of `pool`, which is alive; or, if that is `None`, of a shared pool, or in
    ///   the depot.
    #[cold]
    pub(super) unsafe fn serve(&self, pool: Option<NonNull<()>>, words: Words) {
        // Ordering: Acquire pairs with the Release of what has told the caller that a task waits. A fence,
        // since callers learn of it by additions that are a Release.
        fence(Ordering::Acquire);
        // Ordering: Relaxed: see above.
        let serve = SERVE[0].load(Ordering::Relaxed);
        if !serve.is_null() {
            // SAFETY: stored by `let_serve`, from a function of this type.
            let serve = unsafe { core::mem::transmute::<*mut (), Serve>(serve) };
            // SAFETY: as the caller promises.
            unsafe { serve(self, pool, words) };
        }
    }

    /// # Safety
    /// - As for [`serve`](Self::serve).
    #[cfg(not(feature = "critical-section"))]
    unsafe fn serve_words(&self, pool: Option<NonNull<()>>, words: Words) {
        if let Some(held) = self.try_lock() {
            // SAFETY: as the caller promises.
            unsafe { self.serve_by(Some(held), pool, words) };
        } else {
            self.left.add(words);
            // The holder may have let go, and looked for word, before it was left.
            // SAFETY: as the caller promises.
            unsafe { self.serve_by(self.try_lock(), pool, Words::NONE) };
        }
    }

    /// Hands a free slot of these words to the oldest waiter, if there are both: a release brings one slot,
    /// and in a critical section it finds the lock free.
    ///
    /// # Safety
    /// - As where word is left.
    #[cfg(feature = "critical-section")]
    unsafe fn serve_words(&self, pool: Option<NonNull<()>>, mut words: Words) {
        // SAFETY: as the caller promises.
        let waker = unsafe { self.lock().serve_oldest(pool, &mut words) };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Serves the waiters, and looks for word each time the lock was let go of, before it wakes those that
    /// it has served: a waker may take its time. If the lock is not free, its holder looks for word.
    ///
    /// # Safety
    /// - As for [`serve`](Self::serve).
    #[cfg(not(feature = "critical-section"))]
    unsafe fn serve_by<'q>(
        &'q self,
        held: Option<Held<'q>>,
        pool: Option<NonNull<()>>,
        words: Words,
    ) {
        struct Rest<'q> {
            queue: &'q Queue,
            pool: Option<NonNull<()>>,
            /// Of tasks that were served: woken outside the lock.
            wakers: [Option<Waker>; AT_ONCE],
            /// Whether it looked for word after it let go of the lock.
            looked: bool,
        }
        impl<'q> Rest<'q> {
            fn serve(&mut self, mut next: Option<Held<'q>>, mut words: Words) {
                while let Some(mut held) = next {
                    if words.is_empty() {
                        words = self.queue.left.take();
                    }
                    for waker in self.wakers.iter_mut().filter(|waker| waker.is_none()) {
                        // SAFETY: as `serve_by`'s caller promises.
                        *waker = unsafe { held.serve_oldest(self.pool, &mut words) };
                        if words.is_empty() {
                            break;
                        }
                    }
                    if !words.is_empty() {
                        self.queue.left.add(core::mem::replace(&mut words, Words::NONE));
                    }
                    drop(held);
                    if self.wakers.iter().all(Option::is_some) {
                        self.looked = false;
                        self.wake();
                    }
                    next = self.lock_if_left();
                }
                self.wake();
            }

            fn lock_if_left(&mut self) -> Option<Held<'q>> {
                self.looked = true;
                if self.queue.left.is_empty() { None } else { self.queue.try_lock() }
            }

            fn wake(&mut self) {
                self.wakers.iter_mut().filter_map(Option::take).for_each(Waker::wake);
            }
        }
        impl Drop for Rest<'_> {
            fn drop(&mut self) {
                let next = if self.looked { None } else { self.lock_if_left() };
                self.serve(next, Words::NONE);
            }
        }
        let mut rest = Rest { queue: self, pool, wakers: [const { None }; AT_ONCE], looked: true };
        rest.serve(held, words);
        core::mem::forget(rest);
    }
}

impl Held<'_> {
    /// Hands a free slot of these words to the oldest waiter. Returns its waker, to be woken outside the
    /// lock.
    ///
    /// # Safety
    /// - As for [`Queue::serve`].
    unsafe fn serve_oldest(
        &mut self,
        pool: Option<NonNull<()>>,
        words: &mut Words,
    ) -> Option<Waker> {
        #[cfg(feature = "alloc")]
        let pool = pool.or(self.0.pool);
        let (Some((oldest, server)), Some(pool)) = (self.0.waiters.oldest(), pool) else {
            *words = Words::NONE;
            return None;
        };
        // SAFETY: a waiter for this pool is queued, which brought the function, so it is alive.
        unsafe { server(pool, oldest, words) }
    }
}

#[cfg(feature = "alloc")]
mod depot {
    //! Queues of shared pools that have gone, kept for those to come.

    use super::Queue;
    use crate::sync::{AtomicPtr, Lock, Ordering, global};
    use alloc::boxed::Box;
    use core::ptr::NonNull;

    global! {
        static NEWEST: [Depot; 1] = [Depot(AtomicPtr::new(core::ptr::null_mut())); 1];
    }

    global! {
        static TAKING: [Lock<()>; 1] = [Lock::new(()); 1];
    }

    /// A stack. Only one thread takes at a time, so what it sees on top stays there.
    struct Depot(AtomicPtr<Queue>);

    impl Queue {
        /// Takes a queue for the shared pool at this address.
        pub(in super::super) fn take(pool: NonNull<()>) -> &'static Self {
            let queue = Self::pop().unwrap_or_else(|| Box::leak(Box::new(Self::new())));
            queue.waiters.lock().pool = Some(pool);
            queue
        }

        fn pop() -> Option<&'static Self> {
            let _taking = TAKING[0].lock();
            let newest = &NEWEST[0].0;
            // Ordering: Acquire pairs with the Release of `put`.
            let mut top = newest.load(Ordering::Acquire);
            loop {
                // SAFETY: a queue in the depot is never freed.
                let queue = unsafe { top.as_ref() }?;
                // Ordering: Relaxed: published with the queue.
                let next = queue.next.load(Ordering::Relaxed);
                // Ordering: Relaxed, Acquire on failure: as the load above.
                match newest.compare_exchange(top, next, Ordering::Relaxed, Ordering::Acquire) {
                    Ok(_) => {
                        queue.in_depot.end();
                        return Some(queue);
                    }
                    Err(newer) => top = newer,
                }
            }
        }

        /// Gives back the queue of a pool that is about to go, or to be shared no longer, and that no
        /// task waits for. Late releases may still come to it.
        pub(in super::super) fn put(&'static self) {
            self.watch.reset();
            self.in_depot.begin();
            let newest = &NEWEST[0].0;
            // Ordering: Relaxed: only a guess.
            let mut top = newest.load(Ordering::Relaxed);
            loop {
                // Ordering: Relaxed: published by what follows.
                self.next.store(top, Ordering::Relaxed);
                let this = core::ptr::from_ref(self).cast_mut();
                // Ordering: Release publishes the queue. Relaxed on failure: only a retry follows.
                match newest.compare_exchange(top, this, Ordering::Release, Ordering::Relaxed) {
                    Ok(_) => return,
                    Err(newer) => top = newer,
                }
            }
        }
    }

    /// Each execution of a model has a depot of its own, and many are run.
    #[cfg(any(framepool_loom, framepool_shuttle))]
    impl Drop for Depot {
        fn drop(&mut self) {
            // Ordering: Relaxed: no thread of the execution is left.
            let mut top = self.0.load(Ordering::Relaxed);
            while !top.is_null() {
                // SAFETY: made by `take`, and no thread of the execution is left.
                let queue = unsafe { Box::from_raw(top) };
                // Ordering: Relaxed: published with the queue.
                top = queue.next.load(Ordering::Relaxed);
            }
        }
    }
}
