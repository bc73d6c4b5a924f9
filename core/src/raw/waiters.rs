//! The waiters of one pool: an intrusive list, FIFO, no allocation.
//!
//! ```text
//!   newest -> [node] -> [oldest node] -> [node] -> ... -> back to the newest
//!              each node lives in its own pinned `Acquire` future
//! ```
//!
//! A node's link is read and written under its queue's lock; once the node was taken out and told of it
//! (`Settled::tell`), by its own future alone, which then needs no lock. Wakers are foreign code: they are cloned
//! before the lock is taken, and woken and dropped after it.
//!
//! | state | meaning | next |
//! |---|---|---|
//! | `Idle` | not in the queue, nothing owed | `Queued` |
//! | `Queued(waker)` | in the queue | `Served`, `Closed`, or `Idle` when cancelled |
//! | `Served(slot)` | out of the queue, owns that slot | `Idle` |
//! | `Closed` | out of the queue, the pool was closed | `Idle` |

use super::word::{BitIndex, Words};
use crate::error::Closed;
use crate::sync::{AtomicU32, Ordering, UnsafeCell, const_unless_loom};
use core::marker::{PhantomData, PhantomPinned};
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

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

/// Hands a free slot of those words of the pool at that address, if there is one, to its oldest waiter.
/// Tells the waiter, returns its waker, to be woken outside the lock, and leaves in the set the words that
/// may have more for others.
pub(super) type Server = unsafe fn(NonNull<()>, Oldest<'_>, &mut Words) -> Option<Waker>;

#[derive(Debug)]
struct Link {
    state: State,
    /// How the pool that it waits for serves.
    server: Option<Server>,
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
    /// 1 once it was told what it was handed, or that its pool was closed; until it is queued again.
    settled: AtomicU32,
    link: UnsafeCell<Link>,
    _pinned: PhantomPinned,
}

// SAFETY: a node is reached from two threads only under its queue's lock, or after it is settled by one
// (I5); the waker in it is `Send + Sync`, the rest is plain data.
unsafe impl Send for Node {}
// SAFETY: as for `Send`.
unsafe impl Sync for Node {}

impl Node {
    pub(crate) fn new() -> Self {
        let link = Link { state: State::Idle, server: None, older: None, newer: None };
        Self { settled: AtomicU32::new(0), link: UnsafeCell::new(link), _pinned: PhantomPinned }
    }

    /// Returns what it was handed, or that its pool was closed, if it was told: without the lock.
    ///
    /// # Safety
    /// - The caller is the node's own future.
    pub(crate) unsafe fn outcome(&self) -> Option<Result<BitIndex, Closed>> {
        // Ordering: Acquire pairs with the Release of `tell`: with the flag come the link, and the
        // slot that was handed over (I4).
        if self.settled.load(Ordering::Acquire) == 0 {
            return None;
        }
        // SAFETY: it is not in the queue, so no other thread finds it, and the one that settled it reaches
        // it no more (I5).
        match self.link.with_mut(|link| unsafe { &mut *link }.take_state().0) {
            Look::Served(bit) => Some(Ok(bit)),
            Look::Closed => Some(Err(Closed)),
            Look::Idle | Look::Queued => None,
        }
    }
}

/// The waiters of a pool, reached under its queue's lock only.
#[derive(Debug)]
pub(super) struct Waiters {
    /// The list is a ring: the newest one's newer neighbour is the oldest.
    newest: Option<NonNull<Node>>,
}

// SAFETY: the pointers lead to pinned nodes that leave the queue before they die (the duty of
// `push`), and are followed under the lock only.
unsafe impl Send for Waiters {}

impl Waiters {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            Self { newest: None }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

    /// Puts an idle node at the end.
    ///
    /// # Safety
    /// - `node` is idle and stays pinned and alive until it is [told](Settled::tell) or [removed].
    ///
    /// [removed]: Self::remove
    pub(super) unsafe fn push(&mut self, server: Server, node: Pin<&Node>, waker: Waker) {
        let this = NonNull::from(node.get_ref());
        let (older, newer) = match self.newest.replace(this) {
            None => (this, this),
            Some(newest) => (newest, with_link(newest, |link| link.newer).unwrap_or(newest)),
        };
        // Ordering: Relaxed: the node's own future reads it, later in its program; another thread tells
        // it after it has had the lock, which comes later, too.
        node.settled.store(0, Ordering::Relaxed);
        let state = State::Queued(waker);
        with_link(this, |link| {
            *link = Link { state, server: Some(server), older: None, newer: None }
        });
        join(older, this);
        join(this, newer);
    }

    /// Finds the oldest waiter, which is alive if there is one, and how its pool serves.
    pub(super) fn oldest(&mut self) -> Option<(Oldest<'_>, Server)> {
        let node = with_link(self.newest?, |link| link.newer)?;
        let server = with_link(node, |link| link.server)?;
        Some((Oldest { waiters: self, node }, server))
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
        let neighbours = with_link(node, |link| (link.older.take(), link.newer.take()));
        // A node in the ring has both.
        let (Some(older), Some(newer)) = neighbours else { return };
        if older == node {
            self.newest = None;
            return;
        }
        join(older, newer);
        if self.newest == Some(node) {
            self.newest = Some(older);
        }
    }
}

/// Makes two nodes neighbours.
fn join(older: NonNull<Node>, newer: NonNull<Node>) {
    with_link(older, |link| link.newer = Some(newer));
    with_link(newer, |link| link.older = Some(older));
}

/// The oldest waiter of a pool, while the lock of its queue is held.
#[derive(Debug)]
pub(super) struct Oldest<'q> {
    waiters: &'q mut Waiters,
    node: NonNull<Node>,
}

impl<'q> Oldest<'q> {
    /// Hands it `slot`.
    pub(super) fn serve(self, slot: BitIndex) -> Settled<'q> {
        self.settle(State::Served(slot))
    }

    /// Turns it away: its pool was closed.
    pub(super) fn turn_away(self) -> Settled<'q> {
        self.settle(State::Closed)
    }

    fn settle(self, outcome: State) -> Settled<'q> {
        self.waiters.unlink(self.node);
        let waker =
            with_link(self.node, |link| match core::mem::replace(&mut link.state, outcome) {
                State::Queued(waker) => Some(waker),
                // Only queued nodes are linked.
                State::Idle | State::Served(_) | State::Closed => None,
            });
        Settled { waker, node: self.node, was_last: self.waiters.is_empty(), _locked: PhantomData }
    }
}

/// A waiter that is out of the queue, and has not been told. The lock is held.
#[must_use = "its future has to ask under the lock until it is told"]
pub(super) struct Settled<'q> {
    waker: Option<Waker>,
    node: NonNull<Node>,
    was_last: bool,
    _locked: PhantomData<&'q mut Waiters>,
}

impl Settled<'_> {
    /// Returns whether the queue is empty now.
    pub(super) fn was_last(&self) -> bool {
        self.was_last
    }

    /// Tells it. Returns its waker, to be woken outside the lock.
    ///
    /// From now on the waiter takes its outcome without the lock: it may free its node, give the slot back
    /// and, if the pool is shared, take it apart. So this comes last; and a release to a shared pool has no
    /// reference to it as an argument of a function that is under way. Every other caller borrows the
    /// pool, or a handle of it, until it returns.
    pub(super) fn tell(self) -> Option<Waker> {
        // SAFETY: it is alive until it is told: its future has to take the lock before. An atomic is all
        // interior: the reference claims nothing of the node's memory afterwards.
        let settled = unsafe { &(*self.node.as_ptr()).settled };
        // Ordering: Release publishes the link, and the slot in it, to the node's future (I4, I5); and
        // what was done to the pool, to one that takes it apart (I7).
        settled.store(1, Ordering::Release);
        self.waker
    }
}

/// Reaches into a node that is its caller's, or was not told. Called by `Waiters` and `Oldest` only, hence
/// under the lock.
fn with_link<R>(node: NonNull<Node>, f: impl FnOnce(&mut Link) -> R) -> R {
    // SAFETY: a node that is queued, or not told, is alive (the duty of `push`); any other was passed as
    // a reference. No `&mut Node` is ever made.
    let node = unsafe { node.as_ref() };
    // SAFETY: the lock is held, and a future reaches its node without it only once it was told, so this
    // is the only access to the link (I5).
    node.link.with_mut(|link| f(unsafe { &mut *link }))
}
