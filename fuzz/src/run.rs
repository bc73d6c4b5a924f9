//! Does the same to a pool and to the model, and compares them after each step.

use crate::case::{Op, nth, part};
use crate::model::{Model, WaiterId};
use crate::subject::{STAMP_BYTES, Slots, Stamped, Subject};
use framepool_core::{Acquire, Frozen, Home, Loan, PoolIn, Shares, Storage};
use std::fmt::Debug;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// More of these at a time show nothing new and make each step slow.
const MAX_SHARES: usize = 24;
const MAX_WAITERS: usize = 12;

const WHOLE: Range<usize> = 0..STAMP_BYTES;

/// Counts how often it is woken; its reference count says whether the pool has a clone of it.
#[derive(Debug, Default)]
struct WakeCount(AtomicUsize);

impl Wake for WakeCount {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Waiter<'p, H: Home> {
    id: WaiterId,
    future: Pin<Box<Acquire<'p, H>>>,
    wakes: Arc<WakeCount>,
    /// Counts of wakers that were replaced: nobody may wake or keep them.
    replaced: Vec<Arc<WakeCount>>,
}

struct Share<H: Home<Book: Shares>> {
    frozen: Frozen<H>,
    /// The bytes of the slot that it shows.
    view: Range<usize>,
}

/// Runs `ops` on `pool`, which must be fresh, then cancels who still waits.
///
/// # Panics
/// If the pool and the model disagree; the message has the operations that led there.
pub(crate) fn run<'p, S: Subject<'p>>(pool: &'p S, ops: &[Op]) -> Held<S::Home> {
    let held = Held::new(pool.pool().capacity());
    let mut run = Run { pool, held, waiters: Vec::new(), stamp: 0 };
    for op in ops {
        run.held.history.push(*op);
        run.step(*op);
        run.compare();
    }
    while !run.waiters.is_empty() {
        run.step(Op::Cancel { waiter: 0 });
        run.compare();
    }
    run.held
}

struct Run<'p, S: Subject<'p>> {
    pool: &'p S,
    held: Held<S::Home>,
    waiters: Vec<Waiter<'p, S::Home>>,
    /// The last one written: each is written once.
    stamp: u64,
}

impl<'p, S: Subject<'p>> Run<'p, S> {
    fn step(&mut self, op: Op) {
        match op {
            Op::TryAcquire => {
                self.try_acquire();
            }
            Op::Fill => while self.try_acquire() {},
            Op::Drop { loan } => self.held.drop_loan(loan),
            Op::Forget { loan } => self.held.forget(loan),
            Op::Freeze { loan } => self.held.freeze(loan),
            Op::Share { share } => self.held.share(share),
            Op::Slice { share, start, end } => self.held.slice(share, start, end),
            Op::DropShare { share } => self.held.drop_share(share),
            Op::Thaw { share } => {
                if let Some(loan) = self.held.thaw(share) {
                    self.take(loan);
                }
            }
            Op::Wait => self.wait(),
            Op::Poll { waiter, new_waker } => self.poll(waiter, new_waker),
            Op::Cancel { waiter } => self.cancel(waiter),
            Op::Close => {
                self.pool.pool().close();
                self.held.model.close();
            }
        }
    }

    fn try_acquire(&mut self) -> bool {
        let loan = self.pool.try_acquire();
        let expected = self.held.model.try_acquire();
        self.held.agree("try_acquire", loan.as_ref().map(Loan::index), expected);
        loan.map(|loan| self.take(loan)).is_some()
    }

    /// Looks at what the last holder left, leaves something new, and keeps the loan.
    fn take(&mut self, mut loan: Loan<S::Home>) {
        let index = loan.index();
        self.held.agree_on_content(&*loan, index, &WHOLE);
        self.stamp += 1;
        loan.put(self.stamp);
        self.held.model.write(index, self.stamp);
        self.held.loans.push(loan);
    }

    fn wait(&mut self) {
        if self.waiters.len() < MAX_WAITERS {
            self.waiters.push(Waiter {
                id: self.held.model.wait(),
                future: Box::pin(self.pool.acquire()),
                wakes: Arc::default(),
                replaced: Vec::new(),
            });
        }
    }

    fn poll(&mut self, number: u8, new_waker: bool) {
        let Some(i) = nth(number, self.waiters.len()) else { return };
        let waiter = &mut self.waiters[i];
        let expected = self.held.model.poll(waiter.id);
        if new_waker && expected.is_pending() {
            waiter.replaced.push(std::mem::take(&mut waiter.wakes));
        }
        let waker = Waker::from(Arc::clone(&waiter.wakes));
        let answer = waiter.future.as_mut().poll(&mut Context::from_waker(&waker));
        let index = match &answer {
            Poll::Ready(ready) => Poll::Ready(ready.as_ref().map(Loan::index).map_err(|e| *e)),
            Poll::Pending => Poll::Pending,
        };
        self.held.agree("poll", index, expected);
        if let Poll::Ready(ready) = answer {
            self.waiters.remove(i);
            if let Ok(loan) = ready {
                self.take(loan);
            }
        }
    }

    fn cancel(&mut self, number: u8) {
        let Some(i) = nth(number, self.waiters.len()) else { return };
        let waiter = self.waiters.remove(i);
        drop(waiter.future);
        self.held.model.cancel(waiter.id);
        self.held.agree("a gone waiter's waker, kept", Arc::strong_count(&waiter.wakes), 1);
    }

    fn compare(&self) {
        self.held.compare(self.pool.pool());
        for waiter in &self.waiters {
            let (id, held) = (waiter.id, &self.held);
            let count = |wakes: &WakeCount| wakes.0.load(Ordering::Relaxed);
            held.agree("wakes of a waiter", count(&waiter.wakes), held.model.wakes(id));
            let clones = Arc::strong_count(&waiter.wakes) - 1;
            held.agree("clones of its waker", clones, usize::from(held.model.is_queued(id)));
            for replaced in &waiter.replaced {
                held.agree("wakes of a replaced waker", count(replaced), 0);
                held.agree("clones of a replaced waker", Arc::strong_count(replaced) - 1, 0);
            }
        }
    }
}

/// What is on loan, and what the model says about it.
pub(crate) struct Held<H: Home<Book: Shares>> {
    model: Model,
    history: Vec<Op>,
    loans: Vec<Loan<H>>,
    shares: Vec<Share<H>>,
    /// Loans that are never dropped, as far as the pool can tell. They are put aside instead of
    /// going through `mem::forget`, which runs no code either, so that at the very end their
    /// return can be tested, and a leak checker has nothing to say.
    forgotten: Vec<Loan<H>>,
}

impl<H: Home<Storage: Slots, Book: Shares>> Held<H> {
    fn new(capacity: usize) -> Self {
        let model = Model::new(capacity);
        let (loans, shares, forgotten) = (Vec::new(), Vec::new(), Vec::new());
        Self { model, history: Vec::new(), loans, shares, forgotten }
    }

    fn drop_loan(&mut self, number: u8) {
        let Some(i) = nth(number, self.loans.len()) else { return };
        let loan = self.loans.remove(i);
        self.model.release(loan.index());
    }

    fn forget(&mut self, number: u8) {
        let Some(i) = nth(number, self.loans.len()) else { return };
        self.forgotten.push(self.loans.remove(i));
    }

    fn freeze(&mut self, number: u8) {
        let Some(i) = nth(number, self.loans.len()) else { return };
        let frozen = self.loans.remove(i).freeze();
        self.model.freeze(frozen.index());
        self.shares.push(Share { frozen, view: WHOLE });
    }

    fn share(&mut self, number: u8) {
        let Some(i) = nth(number, self.shares.len()) else { return };
        if self.shares.len() < MAX_SHARES {
            let Share { frozen, view } = &self.shares[i];
            let (frozen, view) = (frozen.clone(), view.clone());
            self.model.share(frozen.index());
            self.shares.push(Share { frozen, view });
        }
    }

    fn slice(&mut self, number: u8, start: u8, end: u8) {
        let Some(i) = nth(number, self.shares.len()) else { return };
        if !H::Storage::SLICES || self.shares.len() >= MAX_SHARES {
            return;
        }
        let Share { frozen, view } = &self.shares[i];
        let sliced = H::Storage::slice(frozen, start.into()..end.into());
        let view = part(view, start, end);
        self.agree("whether a slice is within", sliced.is_some(), view.is_some());
        if let (Some(frozen), Some(view)) = (sliced, view) {
            self.model.share(frozen.index());
            self.shares.push(Share { frozen, view });
        }
    }

    fn drop_share(&mut self, number: u8) {
        let Some(i) = nth(number, self.shares.len()) else { return };
        let share = self.shares.remove(i);
        self.model.drop_share(share.frozen.index());
    }

    fn thaw(&mut self, number: u8) -> Option<Loan<H>> {
        let i = nth(number, self.shares.len())?;
        let Share { frozen, view } = self.shares.remove(i);
        let expected = self.model.thaw(frozen.index());
        let thawed = frozen.thaw();
        self.agree("whether a share is thawed", thawed.is_ok(), expected);
        thawed.map_err(|frozen| self.shares.insert(i, Share { frozen, view })).ok()
    }

    fn compare(&self, pool: &PoolIn<H::Storage, H::Book>) {
        let (stats, model) = (pool.stats(), &self.model);
        self.agree("available", pool.available(), model.available());
        self.agree("available in stats", stats.available, model.available());
        self.agree("the high-water mark", stats.high_water, model.high_water());
        self.agree("the capacity", stats.capacity, model.capacity());
        self.agree("is_closed", pool.is_closed(), model.is_closed());
        self.compare_contents();
    }

    fn compare_contents(&self) {
        for loan in self.loans.iter().chain(&self.forgotten) {
            self.agree_on_content(&**loan, loan.index(), &WHOLE);
        }
        for Share { frozen, view } in &self.shares {
            self.agree_on_content(&**frozen, frozen.index(), view);
        }
    }

    fn agree_on_content(
        &self,
        found: &<H::Storage as Storage>::Slot,
        index: usize,
        view: &Range<usize>,
    ) {
        let same = found.shows(self.model.stamp(index), view);
        assert!(same, "slot {index} does not hold what was left in it, after {:?}", self.history);
    }

    fn agree<T: PartialEq + Debug>(&self, what: &str, pool: T, model: T) {
        assert!(
            pool == model,
            "{what}: the pool says {pool:?}, the model {model:?}, after {:?}",
            self.history
        );
    }

    /// Gives everything back, at last also what was forgotten. Returns each slot's stamp.
    ///
    /// # Panics
    /// As [`run`].
    pub(crate) fn settle(mut self, pool: &PoolIn<H::Storage, H::Book>) -> Vec<u64> {
        while !self.loans.is_empty() || !self.shares.is_empty() {
            self.drop_one();
            self.compare(pool);
        }
        let there = pool.capacity() - self.forgotten.len();
        self.agree("available when all but the forgotten are back", pool.available(), there);
        while self.drop_one() {}
        self.agree("available when all are back", pool.available(), pool.capacity());
        self.model.stamps().collect()
    }

    /// Returns how many guards of slots there are.
    pub(crate) fn guards(&self) -> usize {
        self.loans.len() + self.shares.len() + self.forgotten.len()
    }

    /// Gives one guard back, loans first, the forgotten last. `false` if there is none.
    ///
    /// # Panics
    /// As [`run`].
    pub(crate) fn drop_one(&mut self) -> bool {
        if !self.loans.is_empty() {
            self.drop_loan(0);
        } else if !self.shares.is_empty() {
            self.drop_share(0);
        } else if let Some(forgotten) = self.forgotten.pop() {
            self.model.release(forgotten.index());
        } else {
            return false;
        }
        self.compare_contents();
        true
    }
}
