//! The queue of those who wait for a slot: intrusive, FIFO for each pool, no allocation.
//!
//! ```text
//!   QUEUES[id % n]   oldest -> [node, pool 7] <-> [node, pool 9] <-> [node, pool 7] <- newest
//!                               each node lives in its own pinned `Acquire` future
//! ```
//!
//! The queues belong to the program, not to the pools, as a futex's do: a release that learns of
//! waiters only from the word that it has just changed may find its pool freed, yet must look for
//! them. It looks here, by the pool's number; a node that it finds proves that the pool is alive.
//!
//! A node's fields are read and written under its queue's lock only. Wakers are foreign code: they
//! are cloned before the lock is taken, and woken and dropped after it.
//!
//! | state | meaning | next |
//! |---|---|---|
//! | `Idle` | not in the queue, nothing owed | `Queued` |
//! | `Queued(waker)` | in the queue | `Served`, `Closed`, or `Idle` when cancelled |
//! | `Served(slot)` | out of the queue, owns that slot | `Idle` |
//! | `Closed` | out of the queue, the pool was closed | `Idle` |

use crate::sync::{AtomicUsize, Lock, Ordering, UnsafeCell, const_unless_loom, global};
use crate::word::Place;
use core::marker::PhantomPinned;
use core::ops::DerefMut;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

/// Queues that share the program's waiters: one where there is one core; under the models so few that
/// pools have to share them.
const QUEUE_COUNT: usize = if cfg!(target_os = "none") {
    1
} else if cfg!(framepool_loom) {
    2
} else {
    16
};

global! {
    static NEXT: [AtomicUsize; 1] = [AtomicUsize::new(1); 1];
}

global! {
    static QUEUES: [Lock<Queue>; QUEUE_COUNT] = [Lock::new(Queue::new()); QUEUE_COUNT];
}

/// A pool's number among those that were ever waited for. No two pools ever have the same: a queue
/// trusts it, and a node that is found by it proves that its pool is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id(usize);

impl Id {
    /// What a pool has that was never waited for, or cannot be: the numbers are used up.
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn new(number: usize) -> Self {
        Self(number)
    }

    pub(crate) const fn number(self) -> usize {
        self.0
    }

    /// Returns a number that no other pool has had, or `NONE` if there is none left.
    pub(crate) fn unique() -> Self {
        // Ordering: Relaxed: unique by being one read-modify-write.
        let taken =
            NEXT[0].fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(1));
        taken.map_or(Self::NONE, Self)
    }

    /// Locks the queue in which this pool's waiters stand. No foreign code may run meanwhile.
    pub(crate) fn lock(self) -> impl DerefMut<Target = Queue> {
        lock(move || self)
    }
}

/// As [`Id::lock`], for a number that is only found out where there are several queues.
pub(crate) fn lock<F: FnOnce() -> Id>(id: F) -> impl DerefMut<Target = Queue> + use<F> {
    QUEUES[if QUEUES.len() == 1 { 0 } else { id().0 % QUEUES.len() }].lock()
}

#[derive(Debug)]
enum State {
    Idle,
    Queued(Waker),
    Served(Place),
    Closed,
}

/// Where a waiter stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Not in the queue and owed nothing.
    Idle,
    /// In the queue.
    Queued,
    /// Handed this slot, which is now the caller's to use or to pass on.
    Served(Place),
    /// Turned away: the pool was closed.
    Closed,
}

/// Serves the oldest waiter of the pool at that address. Returns its waker.
pub(crate) type Server = unsafe fn(*const (), &mut Queue) -> Option<Waker>;

#[derive(Debug)]
struct Link {
    state: State,
    /// Whom it waits for, and how that one serves.
    pool: Option<(Id, Server)>,
    older: Option<NonNull<Node>>,
    newer: Option<NonNull<Node>>,
}

impl Link {
    fn take_state(&mut self) -> (Look, Option<Waker>) {
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Idle => (Look::Idle, None),
            State::Queued(waker) => (Look::Queued, Some(waker)),
            State::Served(slot) => (Look::Served(slot), None),
            State::Closed => (Look::Closed, None),
        }
    }
}

/// One waiter's place in the queue.
#[derive(Debug)]
pub(crate) struct Node {
    link: UnsafeCell<Link>,
    _pinned: PhantomPinned,
}

// SAFETY: a node is reached from two threads only under the queue's lock (I5); the waker in it is
// `Send + Sync`, the rest is plain data.
unsafe impl Send for Node {}
// SAFETY: as for `Send`.
unsafe impl Sync for Node {}

impl Node {
    pub(crate) fn new() -> Self {
        let link = Link { state: State::Idle, pool: None, older: None, newer: None };
        Self { link: UnsafeCell::new(link), _pinned: PhantomPinned }
    }
}

/// A queue's ends. Reached only through [`Id::lock`].
#[derive(Debug)]
pub(crate) struct Queue {
    oldest: Option<NonNull<Node>>,
    newest: Option<NonNull<Node>>,
}

// SAFETY: the pointers lead to pinned nodes that leave the queue before they die (`look`,
// `forget`), and are followed under the lock only.
unsafe impl Send for Queue {}

impl Queue {
    const_unless_loom! {
        const fn new() -> Self {
            Self { oldest: None, newest: None }
        }
    }

    /// Puts an idle node at the end.
    ///
    /// # Safety
    /// - `node` is idle and stays pinned and alive until it is served, closed or [forgotten].
    ///
    /// [forgotten]: Self::forget
    pub(crate) unsafe fn push(&mut self, pool: Id, server: Server, node: Pin<&Node>, waker: Waker) {
        let this = NonNull::from(node.get_ref());
        let older = self.newest.replace(this);
        let link =
            Link { state: State::Queued(waker), pool: Some((pool, server)), older, newer: None };
        with_link(this, |old| *old = link);
        match older {
            Some(older) => with_link(older, |link| link.newer = Some(this)),
            None => self.oldest = Some(this),
        }
    }

    /// Returns how `pool` serves, if somebody waits for it; it is alive then.
    pub(crate) fn server(&self, pool: Id) -> Option<Server> {
        self.find(pool).map(|(_, server)| server)
    }

    /// Hands `slot` to the oldest waiter of `pool` and returns its waker, to be woken outside the
    /// lock.
    pub(crate) fn serve_oldest(&mut self, pool: Id, slot: Place) -> Option<Waker> {
        self.settle_oldest(pool, State::Served(slot))
    }

    /// Turns the oldest waiter of `pool` away and returns its waker, to be woken outside the lock.
    pub(crate) fn turn_oldest_away(&mut self, pool: Id) -> Option<Waker> {
        self.settle_oldest(pool, State::Closed)
    }

    /// Returns the oldest waiter of `pool`, and how it is served.
    fn find(&self, pool: Id) -> Option<(NonNull<Node>, Server)> {
        let mut next = self.oldest;
        while let Some(node) = next {
            let (whose, newer) = with_link(node, |link| (link.pool, link.newer));
            match whose {
                Some((id, server)) if id == pool => return Some((node, server)),
                _ => next = newer,
            }
        }
        None
    }

    fn settle_oldest(&mut self, pool: Id, outcome: State) -> Option<Waker> {
        let (oldest, _) = self.find(pool)?;
        self.unlink(oldest);
        with_link(oldest, |link| match core::mem::replace(&mut link.state, outcome) {
            State::Queued(waker) => Some(waker),
            // Only queued nodes are linked.
            State::Idle | State::Served(_) | State::Closed => None,
        })
    }

    /// Reports where `node` stands, and swaps `waker` for the one left with it if it is queued.
    pub(crate) fn look(&mut self, node: Pin<&Node>, waker: &mut Waker) -> Look {
        with_link(NonNull::from(node.get_ref()), |link| {
            if let State::Queued(left) = &mut link.state {
                core::mem::swap(left, waker);
                return Look::Queued;
            }
            link.take_state().0
        })
    }

    /// Takes `node` out, and reports where it stood and the waker left with it.
    pub(crate) fn forget(&mut self, node: Pin<&Node>) -> (Look, Option<Waker>) {
        let this = NonNull::from(node.get_ref());
        let (look, waker) = with_link(this, Link::take_state);
        if look == Look::Queued {
            self.unlink(this);
        }
        (look, waker)
    }

    fn unlink(&mut self, node: NonNull<Node>) {
        let (older, newer) = with_link(node, |link| (link.older.take(), link.newer.take()));
        match older {
            Some(older) => with_link(older, |link| link.newer = newer),
            None => self.oldest = newer,
        }
        match newer {
            Some(newer) => with_link(newer, |link| link.older = older),
            None => self.newest = older,
        }
    }
}

/// Reaches into a node. Called from `Queue`'s methods only, hence under the lock.
fn with_link<R>(node: NonNull<Node>, f: impl FnOnce(&mut Link) -> R) -> R {
    // SAFETY: a node in the queue is alive (the duty of `push`); one not in it was passed as a
    // reference. Nobody makes a `&mut Node`.
    let node = unsafe { node.as_ref() };
    // SAFETY: the lock is held, so this is the only access to the link (I5).
    node.link.with_mut(|link| f(unsafe { &mut *link }))
}
