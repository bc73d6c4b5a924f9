//! The queues of waiters: intrusive, FIFO for each pool, no allocation.
//!
//! ```text
//!   QUEUES[id % n]   oldest -> [node, pool 7] <-> [node, pool 9] <-> [node, pool 7] <- newest
//!                               each node lives in its own pinned `Acquire` future
//! ```
//!
//! The queues belong to the program, not to the pools, as a futex's do: a release learns of waiters
//! from the word that it has just changed. By then another thread may have freed the pool, and yet
//! the release must look for waiters. It looks here, by the pool's number; a node that it finds
//! proves that the pool is alive, since a pool takes its waiters out under the lock before it ends.
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

use super::word::BitIndex;
use crate::sync::{AtomicUsize, Lock, Ordering, UnsafeCell, const_unless_loom, global};
use core::marker::PhantomPinned;
use core::ops::DerefMut;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

/// The queues among which the program's pools are spread: one where there is one core; under the
/// models so few that pools have to share them.
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

/// A pool's number, given when it is first waited for. No two pools ever have the same: a queue
/// relies on it, and a node that is found by it proves that its pool is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(usize);

impl Id {
    /// The number of every pool that was never waited for, or cannot be: the numbers are used up.
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn new(number: usize) -> Self {
        Self(number)
    }

    pub(super) const fn number(self) -> usize {
        self.0
    }

    /// Returns a number that no other pool has had, or `NONE` if there is none left.
    pub(super) fn unique() -> Self {
        // Ordering: Relaxed: unique by being one read-modify-write.
        let taken =
            NEXT[0].fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(1));
        taken.map_or(Self::NONE, Self)
    }

    /// Locks the queue of this pool's waiters. No foreign code may run meanwhile.
    pub(super) fn lock(self) -> impl DerefMut<Target = Queue> {
        lock(move || self)
    }
}

/// As [`Id::lock`], for a number that is looked up only where there are several queues.
pub(super) fn lock<F: FnOnce() -> Id>(id: F) -> impl DerefMut<Target = Queue> + use<F> {
    QUEUES[if QUEUES.len() == 1 { 0 } else { id().0 % QUEUES.len() }].lock()
}

#[derive(Debug)]
enum State {
    Idle,
    Queued(Waker),
    Served(BitIndex),
    Closed,
}

/// What has become of a waiter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Not in the queue and owed nothing.
    Idle,
    /// In the queue.
    Queued,
    /// Handed this slot, which is now the caller's to use or to pass on.
    Served(BitIndex),
    /// Turned away: the pool was closed.
    Closed,
}

/// Hands a free slot of the pool at that address, if there is one, to its oldest waiter. Returns the
/// waiter's waker, to be woken outside the lock.
pub(super) type Server = unsafe fn(*const (), Oldest<'_>) -> Option<Waker>;

#[derive(Debug)]
struct Link {
    state: State,
    /// The pool that it waits for, and how that pool serves.
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

/// One waiter in the queue, or about to be.
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
pub(super) struct Queue {
    oldest: Option<NonNull<Node>>,
    newest: Option<NonNull<Node>>,
}

// SAFETY: the pointers lead to pinned nodes that leave the queue before they die (the duty of
// `push`), and are followed under the lock only.
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
    /// - `node` is idle and stays pinned and alive until it is served, closed or [removed].
    ///
    /// [removed]: Self::remove
    pub(super) unsafe fn push(&mut self, pool: Id, server: Server, node: Pin<&Node>, waker: Waker) {
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

    /// Finds the oldest waiter of `pool`, which is alive if there is one, and how that pool serves.
    pub(super) fn oldest(&mut self, pool: Id) -> Option<(Oldest<'_>, Server)> {
        let mut next = self.oldest;
        while let Some(node) = next {
            let found = with_link(node, |link| match link.pool {
                Some((id, server)) if id == pool => Ok(server),
                _ => Err(link.newer),
            });
            match found {
                Ok(server) => return Some((Oldest { queue: self, node }, server)),
                Err(newer) => next = newer,
            }
        }
        None
    }

    /// Reports what has become of `node`, and exchanges `waker` with the one left with it if it is
    /// queued.
    pub(super) fn look(&mut self, node: Pin<&Node>, waker: &mut Waker) -> Look {
        with_link(NonNull::from(node.get_ref()), |link| {
            if let State::Queued(left) = &mut link.state {
                core::mem::swap(left, waker);
                return Look::Queued;
            }
            link.take_state().0
        })
    }

    /// Takes `node` out, and reports what had become of it and the waker left with it.
    pub(super) fn remove(&mut self, node: Pin<&Node>) -> (Look, Option<Waker>) {
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

/// The oldest waiter of a pool, while the lock of its queue is held.
#[derive(Debug)]
pub(super) struct Oldest<'q> {
    queue: &'q mut Queue,
    node: NonNull<Node>,
}

impl Oldest<'_> {
    /// Hands it `slot`. Returns its waker, to be woken outside the lock.
    pub(super) fn serve(self, slot: BitIndex) -> Option<Waker> {
        self.settle(State::Served(slot))
    }

    /// Tells it that its pool was closed. Returns its waker, to be woken outside the lock.
    pub(super) fn turn_away(self) -> Option<Waker> {
        self.settle(State::Closed)
    }

    fn settle(self, outcome: State) -> Option<Waker> {
        self.queue.unlink(self.node);
        with_link(self.node, |link| match core::mem::replace(&mut link.state, outcome) {
            State::Queued(waker) => Some(waker),
            // Only queued nodes are linked.
            State::Idle | State::Served(_) | State::Closed => None,
        })
    }
}

/// Reaches into a node. Called by `Queue` and `Oldest` only, hence under the lock.
fn with_link<R>(node: NonNull<Node>, f: impl FnOnce(&mut Link) -> R) -> R {
    // SAFETY: a node in the queue is alive (the duty of `push`); one not in it was passed as a
    // reference. No `&mut Node` is ever made.
    let node = unsafe { node.as_ref() };
    // SAFETY: the lock is held, so this is the only access to the link (I5).
    node.link.with_mut(|link| f(unsafe { &mut *link }))
}
