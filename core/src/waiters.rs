//! The queue of those who wait for a slot: intrusive, FIFO, no allocation.
//!
//! ```text
//!   head -> [node A] <-> [node B] <-> [node C] <- tail       each node lives in its own
//!           oldest                     newest                 pinned `Acquire` future
//! ```
//!
//! A node's fields are read and written under the queue's lock only, by whoever holds it. Wakers
//! are foreign code: they are cloned before the lock is taken, and woken and dropped after it.
//!
//! | state | meaning | next |
//! |---|---|---|
//! | `Idle` | not in the queue, nothing owed | `Queued` |
//! | `Queued(waker)` | in the queue | `Served`, `Closed`, or `Idle` when cancelled |
//! | `Served(slot)` | out of the queue, owns that slot | `Idle` |
//! | `Closed` | out of the queue, the pool was closed | `Idle` |

use crate::sync::{Lock, UnsafeCell, const_unless_loom};
use core::marker::PhantomPinned;
use core::ops::DerefMut;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

#[derive(Debug)]
enum State {
    Idle,
    Queued(Waker),
    Served(usize),
    Closed,
}

#[derive(Debug)]
struct Link {
    state: State,
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
        let link = Link { state: State::Idle, older: None, newer: None };
        Self { link: UnsafeCell::new(link), _pinned: PhantomPinned }
    }
}

/// Where a waiter stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Not in the queue and owed nothing.
    Idle,
    /// In the queue.
    Queued,
    /// Handed this slot, which is now the caller's to use or to pass on.
    Served(usize),
    /// Turned away: the pool was closed.
    Closed,
}

/// The queue's ends. Reached only through [`Waiters::lock`].
#[derive(Debug)]
pub(crate) struct Queue {
    head: Option<NonNull<Node>>,
    tail: Option<NonNull<Node>>,
}

// SAFETY: the pointers lead to pinned nodes that leave the queue before they die (`Look`,
// `forget`), and are followed under the lock only.
unsafe impl Send for Queue {}

/// The queue behind its lock.
#[derive(Debug)]
pub(crate) struct Waiters {
    queue: Lock<Queue>,
}

impl Waiters {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self { queue: Lock::new(Queue { head: None, tail: None }) }
        }
    }

    /// Locks the queue. No foreign code may run while the guard lives.
    pub(crate) fn lock(&self) -> impl DerefMut<Target = Queue> {
        self.queue.lock()
    }
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Puts an idle node at the end.
    ///
    /// # Safety
    /// - `node` is idle and stays pinned and alive until it is served, closed or [forgotten].
    ///
    /// [forgotten]: Self::forget
    pub(crate) unsafe fn push(&mut self, node: Pin<&Node>, waker: Waker) {
        let this = NonNull::from(node.get_ref());
        let older = self.tail.replace(this);
        with_link(this, |link| {
            link.state = State::Queued(waker);
            link.older = older;
            link.newer = None;
        });
        match older {
            Some(older) => with_link(older, |link| link.newer = Some(this)),
            None => self.head = Some(this),
        }
    }

    /// Hands `slot` to the oldest waiter and returns its waker, to be woken outside the lock.
    pub(crate) fn serve_oldest(&mut self, slot: usize) -> Option<Waker> {
        self.settle_oldest(State::Served(slot))
    }

    /// Turns the oldest waiter away and returns its waker, to be woken outside the lock.
    pub(crate) fn turn_oldest_away(&mut self) -> Option<Waker> {
        self.settle_oldest(State::Closed)
    }

    fn settle_oldest(&mut self, outcome: State) -> Option<Waker> {
        let oldest = self.head?;
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
            None => self.head = newer,
        }
        match newer {
            Some(newer) => with_link(newer, |link| link.older = older),
            None => self.tail = older,
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
