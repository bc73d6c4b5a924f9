//! Waiting for a slot, as a future.

use super::loan::Loan;
use super::pool_ref::{PoolPtr, PoolRef};
use crate::error::Closed;
use crate::raw::{BitIndex, Node};
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Waits for a slot: what `acquire` returns. Works on any executor and allocates nothing.
///
/// Once it has answered it stays [`Poll::Pending`], and claims nothing more, if it is polled again.
///
/// # Cancel safety
/// Dropping it at any point loses neither a slot nor a wake-up: it leaves the queue, and a slot that
/// it was handed already goes to the next waiter (I6). Forgetting it while it is queued costs the
/// slot that it is handed. If the pool is a `SharedPool`, the missing slot keeps all of it in memory for
/// ever.
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
/// drop(first); // and passed on, as when a timeout is over
/// assert!(matches!(second.poll(&mut cx), Poll::Ready(Ok(_))));
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct Acquire<'a, R: PoolRef> {
    pool: PoolPtr<R>,
    /// Not polled yet.
    is_new: bool,
    /// There while it waits: a future that need not wait does not pay for it.
    node: Option<Node>,
    _borrow: PhantomData<&'a ()>,
}

impl<R: PoolRef> Acquire<'_, R> {
    /// Makes a future.
    ///
    /// # Safety
    /// - The `R` that `pool` was made from lives for `'a`.
    #[inline(always)]
    pub(crate) unsafe fn new(pool: PoolPtr<R>) -> Self {
        Self { pool, is_new: true, node: None, _borrow: PhantomData }
    }

    /// Queues, or looks what has become of its place in the queue. Returns a claimed slot by its bit,
    /// in registers: so the loan that is claimed without waiting stays in registers, too.
    ///
    /// # Safety
    /// - `self` is pinned.
    #[cold]
    unsafe fn poll_queue(
        &mut self,
        is_new: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Result<BitIndex, Closed>> {
        if is_new {
            // Before foreign code, which may panic: the next poll finds it.
            self.node = Some(Node::new());
        } else if let Some(node) = &self.node {
            // SAFETY: this node's future, which forgets the node with the outcome.
            if let Some(outcome) = unsafe { node.outcome() } {
                self.node = None;
                return Poll::Ready(outcome);
            }
        }
        // SAFETY: the `R` lives for `'a`.
        unsafe { self.pool.heed() };
        let waker = cx.waker().clone();
        // It has answered before.
        let Some(node) = &self.node else { return Poll::Pending };
        // SAFETY: `self` is pinned, as the caller promises, and the node with it.
        let node = unsafe { Pin::new_unchecked(node) };
        // SAFETY: the `R` lives for `'a`.
        let raw = unsafe { self.pool.get() }.raw();
        // SAFETY: the node is pinned, stays there until there is an answer, and `drop` cancels
        // it if it is queued.
        let (answer, spare) = unsafe { raw.poll_claim(node, waker) };
        if answer.is_ready() {
            self.node = None;
        } else {
            // Foreign code that ran since may have had this thread keep a slot, and it is about to sleep.
            // SAFETY: the `R` lives for `'a`.
            unsafe { self.pool.heed() };
        }
        // SAFETY: just claimed, or handed over.
        let answer = answer.map_ok(|bit| unsafe { Loan::new(self.pool, bit) });
        drop(spare);
        answer.map_ok(Loan::into_bit)
    }

    /// Leaves the queue.
    ///
    /// # Safety
    /// - The `R` that `pool` was made from lives during this call.
    #[cold]
    unsafe fn leave(pool: PoolPtr<R>, node: Pin<&Node>) {
        // SAFETY: as the caller promises.
        let (served, waker) = unsafe { pool.get() }.raw().cancel(node);
        if let Some(bit) = served {
            // SAFETY: handed to this waiter, which no longer wants it: it goes to the next (I6).
            unsafe { pool.release(bit) };
        }
        drop(waker);
    }
}

/// Has the next poll begin anew: if another task's waker panics during the claim.
struct Again<'a>(&'a mut bool);

impl Drop for Again<'_> {
    #[cold]
    fn drop(&mut self) {
        *self.0 = true;
    }
}

impl<R: PoolRef> Future for Acquire<'_, R> {
    type Output = Result<Loan<R>, Closed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: nothing is moved out.
        let this = unsafe { self.get_unchecked_mut() };
        // Noted before the claim: a locked instruction waits for the stores before it, and the next
        // one may be the release.
        let is_new = core::mem::replace(&mut this.is_new, false);
        if is_new {
            let again = Again(&mut this.is_new);
            // SAFETY: the `R` lives for `'a`.
            let claimed = unsafe { Loan::claim(this.pool) };
            core::mem::forget(again);
            if let Some(loan) = claimed {
                return Poll::Ready(Ok(loan));
            }
        }
        // SAFETY: `this` is pinned.
        let answer = unsafe { this.poll_queue(is_new, cx) };
        // SAFETY: claimed, and in no other guard.
        answer.map_ok(|bit| unsafe { Loan::new(this.pool, bit) })
    }
}

impl<R: PoolRef> Drop for Acquire<'_, R> {
    #[inline]
    fn drop(&mut self) {
        if let Some(node) = &self.node {
            // SAFETY: a queued node was pinned, and stays where it is until this drop is over.
            let node = unsafe { Pin::new_unchecked(node) };
            // SAFETY: the `R` lives for `'a`.
            unsafe { Self::leave(self.pool, node) };
        }
    }
}

impl<R: PoolRef> fmt::Debug for Acquire<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("queued", &self.node.is_some()).finish_non_exhaustive()
    }
}
