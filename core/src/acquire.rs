//! Waiting for a slot, as a future.

use crate::error::Closed;
use crate::loan::{Home, Loan};
use crate::waiters::Node;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Waits for a slot: what `acquire` returns. Works on any executor and allocates nothing.
///
/// # Cancel safety
/// Dropping it at any point loses neither a slot nor a wake-up: its place in the queue is given
/// up, and a slot that it was handed already goes to the next waiter (I6). Forgetting it while it
/// is queued costs the slot that it is handed.
///
/// # Examples
/// ```
/// # use core::{pin::pin, future::Future, task::{Context, Poll, Waker}};
/// use framepool_core::Pool;
///
/// let pool = Pool::new([0_u8; 1]);
/// let held = pool.try_acquire().expect("free");
/// let mut cx = Context::from_waker(Waker::noop()); // your executor's business
/// let mut first = Box::pin(pool.acquire());
/// let mut second = pin!(pool.acquire());
/// assert!(first.as_mut().poll(&mut cx).is_pending());
/// assert!(second.as_mut().poll(&mut cx).is_pending());
/// drop(held); // the slot is the first one's
/// drop(first); // who gives up, as when a timeout is over
/// assert!(matches!(second.poll(&mut cx), Poll::Ready(Ok(_))));
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct Acquire<'a, H: Home> {
    home: H,
    /// There while it is queued: who need not wait does not pay for it.
    node: Option<Node>,
    _pool: PhantomData<&'a ()>,
}

impl<H: Home> Acquire<'_, H> {
    pub(crate) fn new(home: H) -> Self {
        Self { home, node: None, _pool: PhantomData }
    }

    /// Queues, or looks what has become of its place in the queue.
    #[cold]
    fn poll_queue(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Loan<H>, Closed>> {
        let waker = cx.waker().clone();
        // SAFETY: nothing is moved out; `node` is only handed out pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: `this` is pinned, and the node with it.
        let node = unsafe { Pin::new_unchecked(&*this.node.get_or_insert_with(Node::new)) };
        // SAFETY: the node is pinned, stays there until the answer is `Ready`, and `drop` cancels
        // it if it is queued.
        let (answer, spare) = unsafe { this.home.raw().0.poll_claim(node, waker) };
        if answer.is_ready() {
            this.node = None;
        }
        // SAFETY: just claimed, or handed over.
        let answer = answer.map_ok(|place| unsafe { Loan::new(this.home, place) });
        drop(spare);
        answer
    }

    /// Leaves the queue.
    #[cold]
    fn give_up(home: H, node: Pin<&Node>) {
        let (served, waker) = home.raw().0.cancel(node);
        if let Some(place) = served {
            // SAFETY: handed to this waiter, who does not want it: it goes to the next (I6).
            unsafe { home.release(place) };
        }
        drop(waker);
    }
}

impl<H: Home> Future for Acquire<'_, H> {
    type Output = Result<Loan<H>, Closed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.node.is_none() {
            if let Some(loan) = Loan::claim(self.home) {
                return Poll::Ready(Ok(loan));
            }
        }
        self.poll_queue(cx)
    }
}

impl<H: Home> Drop for Acquire<'_, H> {
    #[inline]
    fn drop(&mut self) {
        if let Some(node) = &self.node {
            // SAFETY: a queued node was pinned, and stays where it is until this drop is over.
            Self::give_up(self.home, unsafe { Pin::new_unchecked(node) });
        }
    }
}

impl<H: Home> fmt::Debug for Acquire<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("queued", &self.node.is_some()).finish_non_exhaustive()
    }
}
