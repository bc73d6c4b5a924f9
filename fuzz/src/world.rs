//! Pools under test beside their model, and what both say after each step.

use crate::case::Op;
use crate::model::{Hook, Model, PoolId, WaiterId};
use crate::slots::WHOLE;
use crate::source::{AnyLoan, AnyRun, AnyShare, AnySource, Take, Waiting};
use std::cell::Cell;
use std::fmt::Debug;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

/// Counts how often it is woken; its reference count says whether the pool has a clone of it.
#[derive(Debug, Default)]
pub(crate) struct WakeCount(AtomicUsize);

impl WakeCount {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for WakeCount {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A handle of a pool.
pub(crate) struct Handle<'p> {
    pub(crate) pool: PoolId,
    pub(crate) source: AnySource<'p>,
    /// It stays until the case ends.
    pub(crate) stays: bool,
}

pub(crate) struct HeldLoan<'p> {
    pub(crate) pool: PoolId,
    pub(crate) loan: AnyLoan<'p>,
}

pub(crate) struct HeldShare<'p> {
    pub(crate) pool: PoolId,
    pub(crate) share: AnyShare<'p>,
    /// The bytes of the slot that it shows.
    pub(crate) view: Range<usize>,
}

pub(crate) struct Waiter<'p> {
    pub(crate) id: WaiterId,
    pub(crate) pool: PoolId,
    pub(crate) future: Waiting<'p>,
    pub(crate) wakes: Arc<WakeCount>,
    /// Counts of wakers that were replaced: they are neither woken nor kept.
    pub(crate) replaced: Vec<Arc<WakeCount>>,
}

pub(crate) struct HeldRun<'p> {
    pub(crate) pool: PoolId,
    pub(crate) run: AnyRun<'p>,
    /// The slots that are not split off.
    pub(crate) left: Vec<usize>,
}

pub(crate) struct Acquirer<'p> {
    pub(crate) pool: PoolId,
    pub(crate) take: Take<'p>,
    pub(crate) has_handle: bool,
}

pub(crate) struct Exclusive<'p> {
    pub(crate) pool: PoolId,
    pub(crate) take: Take<'p>,
    /// The slots that it has claimed and not lent.
    pub(crate) claimed: Vec<usize>,
}

/// A pool that was not set aside from another.
struct Root {
    pool: PoolId,
    tally: bool,
    unmarked: bool,
    /// Counts the values of the pool that were dropped.
    drops: Option<Rc<Cell<usize>>>,
}

#[derive(Default)]
pub(crate) struct World<'p> {
    pub(crate) model: Model,
    pub(crate) history: Vec<Op>,
    pub(crate) handles: Vec<Handle<'p>>,
    pub(crate) loans: Vec<HeldLoan<'p>>,
    pub(crate) shares: Vec<HeldShare<'p>>,
    pub(crate) waiters: Vec<Waiter<'p>>,
    pub(crate) runs: Vec<HeldRun<'p>>,
    pub(crate) acquirers: Vec<Acquirer<'p>>,
    pub(crate) exclusives: Vec<Exclusive<'p>>,
    /// Loans that are never dropped, as far as the pool can tell. They are put aside instead of
    /// going through `mem::forget`, which runs no code either, so that at the very end their
    /// return can be tested, and a leak checker has nothing to say.
    pub(crate) forgotten: Vec<HeldLoan<'p>>,
    /// The last one written: each is written once.
    pub(crate) stamp: u64,
    roots: Vec<Root>,
}

/// What is special about a pool.
#[derive(Default)]
pub(crate) struct Traits {
    pub(crate) hook: Option<Hook>,
    /// A hook counts how often slots came back.
    pub(crate) tally: bool,
    /// It keeps no high-water mark.
    pub(crate) unmarked: bool,
    /// The handle may be dropped by an operation.
    pub(crate) may_go: bool,
    /// Slots that were on loan before, at once, and were not written to.
    pub(crate) lent_before: Vec<usize>,
    pub(crate) drops: Option<Rc<Cell<usize>>>,
}

impl<'p> World<'p> {
    /// Puts a pool to the test, all of whose slots are free and hold stamp 0.
    pub(crate) fn add(&mut self, source: AnySource<'p>, traits: Traits) -> PoolId {
        let Traits { hook, tally, unmarked, may_go, lent_before, drops } = traits;
        let pool = self.model.root(source.stats().capacity, hook.unwrap_or(Hook::Keep));
        self.model.were_lent(pool, &lent_before);
        self.roots.push(Root { pool, tally, unmarked, drops });
        self.handles.push(Handle { pool, source, stays: !may_go });
        pool
    }

    /// Runs operations, and compares after each.
    ///
    /// # Panics
    /// If a pool and the model disagree; the message has the operations that led there.
    pub(crate) fn run(&mut self, ops: &[Op]) {
        for op in ops {
            self.act(*op);
        }
    }

    fn act(&mut self, op: Op) {
        self.history.push(op);
        self.step(op);
        self.compare();
    }

    fn compare(&self) {
        for handle in &self.handles {
            self.compare_pool(handle);
        }
        for root in &self.roots {
            if let Some(drops) = &root.drops {
                let gone = self.model.is_freed(root.pool);
                let expected = if gone { self.model.capacity(root.pool) } else { 0 };
                self.agree("values that were dropped", drops.get(), expected);
            }
        }
        self.compare_waiters();
        for HeldLoan { pool, loan } in self.loans.iter().chain(&self.forgotten) {
            let found = loan.shows(self.model.stamp(*pool, loan.index()), &WHOLE);
            self.agree("whether a loan shows what was left in it", found, true);
        }
        for HeldShare { pool, share, view } in &self.shares {
            let found = share.shows(self.model.stamp(*pool, share.index()), view);
            self.agree("whether a share shows what was left in it", found, true);
        }
    }

    fn compare_pool(&self, Handle { pool, source, .. }: &Handle<'p>) {
        let (stats, model, pool) = (source.stats(), &self.model, *pool);
        self.agree("available", source.available(), model.available(pool));
        self.agree("available in stats", stats.available, model.available(pool));
        self.agree("the capacity", stats.capacity, model.capacity(pool));
        self.agree("is_closed", source.is_closed(), model.is_closed(pool));
        let root = self.roots.iter().find(|root| root.pool == pool);
        let marked = root.is_none_or(|root| !root.unmarked);
        self.agree("whether there is a high-water mark", stats.high_water.is_some(), marked);
        if let Some(mark) = stats.high_water {
            let allowed = model.allows_high_water(pool, mark);
            self.agree("whether the high-water mark can be", allowed, true);
            let within = mark <= stats.capacity;
            self.agree("whether the high-water mark is within the capacity", within, true);
        }
        let tally = root.is_some_and(|root| root.tally);
        self.agree("how often slots were lent", stats.lent, tally.then(|| model.lent(pool)));
    }

    fn compare_waiters(&self) {
        for Waiter { id, wakes, replaced, .. } in &self.waiters {
            self.agree("wakes of a waiter", wakes.count(), self.model.wakes(*id));
            let clones = usize::from(self.model.is_queued(*id));
            self.agree("clones of its waker", Arc::strong_count(wakes) - 1, clones);
            for replaced in replaced {
                self.agree("wakes of a replaced waker", replaced.count(), 0);
                self.agree("clones of a replaced waker", Arc::strong_count(replaced) - 1, 0);
            }
        }
    }

    pub(crate) fn agree<T: PartialEq + Debug>(&self, what: &str, pool: T, model: T) {
        assert!(
            pool == model,
            "{what}: the pool says {pool:?}, the model {model:?}, after {:?}",
            self.history
        );
    }

    /// Gives everything back, at last also what was forgotten; with `orphan` the handles first.
    ///
    /// # Panics
    /// As [`run`](Self::run), or if slots or pools are left.
    pub(crate) fn settle(&mut self, orphan: bool) {
        while !self.waiters.is_empty() {
            self.act(Op::Cancel { waiter: 0 });
        }
        if orphan {
            self.drop_handles();
        }
        while !self.shares.is_empty() {
            self.act(Op::DropShare { share: 0 });
        }
        while !self.loans.is_empty() {
            self.act(Op::Drop { loan: 0 });
        }
        while !self.runs.is_empty() {
            self.act(Op::DropRun { run: 0 });
        }
        while !self.exclusives.is_empty() {
            self.act(Op::DropExclusive { exclusive: 0 });
        }
        while !self.acquirers.is_empty() {
            self.act(Op::DropAcquirer { acquirer: 0 });
        }
        while let Some(loan) = self.forgotten.pop() {
            self.loans.push(loan);
            self.act(Op::Drop { loan: 0 });
        }
        self.drop_handles();
        for handle in &self.handles {
            let there = handle.source.available();
            self.agree("available at the end", there, self.model.capacity(handle.pool));
        }
        for root in &self.roots {
            let borrowed = self.handles.iter().any(|handle| handle.pool == root.pool);
            self.agree("whether a pool is freed", self.model.is_freed(root.pool), !borrowed);
        }
    }

    /// Drops all handles that are counted.
    fn drop_handles(&mut self) {
        while let Some(i) = self.handles.iter().position(|handle| handle.source.is_counted()) {
            self.move_out_and_back(i);
            self.compare();
            self.drop_handle(i, false);
            self.compare();
        }
    }

    /// Drops a handle, or if `moved` the pool itself where that can be.
    pub(crate) fn drop_handle(&mut self, i: usize, moved: bool) {
        let Handle { pool, source, .. } = self.handles.remove(i);
        let is_counted = source.is_counted();
        drop(if moved { self.try_unwrap(pool, source) } else { Err(source) });
        if is_counted {
            self.model.drop_handle(pool);
        }
    }
}
