//! Does the same to a pool and to the model.

use crate::case::{Op, nth, part};
use crate::model::PoolId;
use crate::slots::{Part, WHOLE};
use crate::source::{AnyLoan, AnySource, Unshared};
use crate::world::{Acquirer, Exclusive, Handle, HeldLoan, HeldRun, HeldShare, Waiter, World};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// More of these at a time show nothing new and make each step slow.
const MAX_HANDLES: usize = 8;
const MAX_SHARES: usize = 24;
const MAX_WAITERS: usize = 12;
const MAX_RUNS: usize = 4;
const MAX_ACQUIRERS: usize = 4;

impl<'p> World<'p> {
    /// Does one operation, without comparing all that can be compared afterwards.
    pub(crate) fn step(&mut self, op: Op) {
        // Nothing to choose from: nothing to do.
        let _nothing = match op {
            Op::TryAcquire { pool } => self.try_acquire(pool).map(|_| ()),
            Op::Fill { pool } => {
                while self.try_acquire(pool) == Some(true) {}
                None
            }
            Op::Drop { loan } => self.drop_loan(loan),
            Op::Forget { loan } => self.forget(loan),
            Op::Freeze { loan } => self.freeze(loan),
            Op::Share { share } => self.share(share),
            Op::Slice { share, start, end, form } => self.slice(share, start, end, form),
            Op::DropShare { share } => self.drop_share(share),
            Op::Thaw { share } => self.thaw(share),
            Op::Wait { pool } => self.wait(pool),
            Op::Poll { waiter, new_waker } => self.poll(waiter, new_waker),
            Op::Cancel { waiter } => self.cancel(waiter),
            Op::Run { pool, length } => self.claim_run(pool, length),
            Op::Split { run } => self.split(run),
            Op::DropRun { run } => self.drop_run(run),
            Op::Reserve { pool, slots } => self.reserve(pool, slots),
            Op::CloneHandle { pool, moved } => self.clone_handle(pool, moved),
            Op::DropHandle { pool, moved } => self.drop_a_handle(pool, moved),
            Op::Acquirer { pool } => self.make_acquirer(pool),
            Op::Hinted { acquirer, again } => self.acquire_hinted(acquirer, again),
            Op::DropAcquirer { acquirer } => self.drop_acquirer(acquirer),
            Op::Exclude { pool, moved } => self.exclude(pool, moved),
            Op::Exclusive { exclusive } => self.acquire_exclusive(exclusive),
            Op::DropExclusive { exclusive } => self.drop_exclusive(exclusive),
            Op::Close { pool } => self.close(pool),
        };
    }

    fn handle(&self, number: u8) -> Option<usize> {
        nth(number, self.handles.len())
    }

    fn try_acquire(&mut self, number: u8) -> Option<bool> {
        let Handle { pool, source, .. } = &self.handles[self.handle(number)?];
        let (loan, pool) = (source.try_acquire(), *pool);
        let answer = loan.as_ref().map(|loan| loan.index());
        let expected = self.model.try_acquire_as(pool, answer);
        self.agree("try_acquire", answer, expected);
        Some(loan.map(|loan| self.take(pool, loan)).is_some())
    }

    /// Looks at what the last holder left, leaves something new, and keeps the loan.
    fn take(&mut self, pool: PoolId, mut loan: AnyLoan<'p>) {
        let index = loan.index();
        let found = loan.shows(self.model.stamp(pool, index), &WHOLE);
        self.agree("whether a new loan shows what was left in it", found, true);
        self.stamp += 1;
        loan.put(self.stamp);
        self.model.write(pool, index, self.stamp);
        self.loans.push(HeldLoan { pool, loan });
    }

    fn drop_loan(&mut self, number: u8) -> Option<()> {
        let HeldLoan { pool, loan } = self.loans.remove(nth(number, self.loans.len())?);
        let index = loan.index();
        drop(loan);
        self.model.give_back(pool, index);
        Some(())
    }

    fn forget(&mut self, number: u8) -> Option<()> {
        let i = nth(number, self.loans.len())?;
        self.forgotten.push(self.loans.remove(i));
        Some(())
    }

    fn freeze(&mut self, number: u8) -> Option<()> {
        let i = nth(number, self.loans.len())?;
        let HeldLoan { pool, loan } = self.loans.remove(i);
        match loan.freeze() {
            Ok(share) => {
                self.model.freeze(pool, share.index());
                self.shares.push(HeldShare { pool, share, view: WHOLE });
            }
            Err(loan) => self.loans.insert(i, HeldLoan { pool, loan }),
        }
        Some(())
    }

    fn share(&mut self, number: u8) -> Option<()> {
        let HeldShare { pool, share, view } = &self.shares[nth(number, self.shares.len())?];
        if self.shares.len() < MAX_SHARES {
            let (pool, share, view) = (*pool, share.another(), view.clone());
            self.model.share(pool, share.index());
            self.shares.push(HeldShare { pool, share, view });
        }
        Some(())
    }

    fn slice(&mut self, number: u8, start: u8, end: u8, form: u8) -> Option<()> {
        let HeldShare { pool, share, view } = &self.shares[nth(number, self.shares.len())?];
        if !share.can_slice() || self.shares.len() >= MAX_SHARES {
            return None;
        }
        let (pool, range) = (*pool, start.into()..end.into());
        let sliced = share.slice(&Part { range, form });
        let view = part(view, start, end);
        self.agree("whether a slice is within", sliced.is_some(), view.is_some());
        let (share, view) = (sliced?, view?);
        self.model.share(pool, share.index());
        self.shares.push(HeldShare { pool, share, view });
        Some(())
    }

    fn drop_share(&mut self, number: u8) -> Option<()> {
        let HeldShare { pool, share, .. } = self.shares.remove(nth(number, self.shares.len())?);
        let index = share.index();
        drop(share);
        self.model.drop_share(pool, index);
        Some(())
    }

    fn thaw(&mut self, number: u8) -> Option<()> {
        let i = nth(number, self.shares.len())?;
        let HeldShare { pool, share, view } = self.shares.remove(i);
        let expected = self.model.thaw(pool, share.index());
        let thawed = share.thaw();
        self.agree("whether a share is thawed", thawed.is_ok(), expected);
        match thawed {
            Ok(loan) => self.take(pool, loan),
            Err(share) => self.shares.insert(i, HeldShare { pool, share, view }),
        }
        Some(())
    }

    fn wait(&mut self, number: u8) -> Option<()> {
        let Handle { pool, source, .. } = &self.handles[self.handle(number)?];
        if self.waiters.len() < MAX_WAITERS {
            let (pool, future) = (*pool, source.acquire());
            let id = self.model.wait(pool, source.is_counted());
            let (wakes, replaced) = (Arc::default(), Vec::new());
            self.waiters.push(Waiter { id, pool, future, wakes, replaced });
        }
        Some(())
    }

    fn poll(&mut self, number: u8, new_waker: bool) -> Option<()> {
        let i = nth(number, self.waiters.len())?;
        let waiter = &mut self.waiters[i];
        let (pool, id) = (waiter.pool, waiter.id);
        if new_waker && self.model.would_wait(id) {
            waiter.replaced.push(std::mem::take(&mut waiter.wakes));
        }
        let waker = Waker::from(Arc::clone(&waiter.wakes));
        let answer = waiter.future.as_mut().poll(&mut Context::from_waker(&waker));
        let index = match &answer {
            Poll::Ready(Ok(loan)) => Poll::Ready(Ok(loan.index())),
            Poll::Ready(Err(closed)) => Poll::Ready(Err(*closed)),
            Poll::Pending => Poll::Pending,
        };
        let given = match index {
            Poll::Ready(Ok(number)) => Some(number),
            _ => None,
        };
        let expected = self.model.poll(id, given);
        self.agree("poll", index, expected);
        if let Poll::Ready(ready) = answer {
            self.waiters.remove(i);
            if let Ok(loan) = ready {
                self.take(pool, loan);
            }
        }
        Some(())
    }

    fn cancel(&mut self, number: u8) -> Option<()> {
        let Waiter { id, future, wakes, .. } =
            self.waiters.remove(nth(number, self.waiters.len())?);
        drop(future);
        self.model.cancel(id);
        self.agree("a gone waiter's waker, kept", Arc::strong_count(&wakes), 1);
        Some(())
    }

    fn claim_run(&mut self, number: u8, length: u8) -> Option<()> {
        let Handle { pool, source, .. } = &self.handles[self.handle(number)?];
        if self.runs.len() >= MAX_RUNS {
            return None;
        }
        let (pool, run) = (*pool, source.try_acquire_run(length.into()));
        let left = self.model.run(pool, length.into());
        self.agree("whether there is a run", run.is_some(), !left.is_empty());
        self.runs.push(HeldRun { pool, run: run?, left });
        self.compare_run(self.runs.len() - 1);
        Some(())
    }

    fn compare_run(&self, i: usize) {
        let HeldRun { run, left, .. } = &self.runs[i];
        let start = left.first().copied().unwrap_or(0);
        self.agree("the slots of a run", run.indices(), start..start + left.len());
    }

    fn split(&mut self, number: u8) -> Option<()> {
        let i = nth(number, self.runs.len())?;
        let HeldRun { pool, run, left } = &mut self.runs[i];
        let (pool, loan) = (*pool, run.next());
        let expected = (!left.is_empty()).then(|| left.remove(0));
        self.agree("split off", loan.as_ref().map(|loan| loan.index()), expected);
        self.compare_run(i);
        self.model.lend(pool, expected?);
        self.take(pool, loan?);
        Some(())
    }

    fn drop_run(&mut self, number: u8) -> Option<()> {
        let HeldRun { pool, run, left } = self.runs.remove(nth(number, self.runs.len())?);
        drop(run);
        for number in left {
            self.model.release(pool, number);
        }
        Some(())
    }

    fn reserve(&mut self, number: u8, slots: u8) -> Option<()> {
        let Handle { pool, source, .. } = &self.handles[self.handle(number)?];
        if !source.has_reserves() || self.handles.len() >= MAX_HANDLES {
            return None;
        }
        let source = source.reserve(slots.into());
        let pool = self.model.reserve(*pool, slots.into());
        self.agree("whether slots are set aside", source.is_some(), pool.is_some());
        self.handles.push(Handle { pool: pool?, source: source?, stays: false });
        Some(())
    }

    fn clone_handle(&mut self, number: u8, moved: bool) -> Option<()> {
        let i = self.handle(number)?;
        if moved {
            self.move_out_and_back(i);
        }
        let Handle { pool, source, .. } = &self.handles[i];
        if source.is_counted() && self.handles.len() < MAX_HANDLES {
            let (pool, source) = (*pool, source.another());
            self.model.add_handle(pool);
            self.handles.push(Handle { pool, source, stays: false });
        }
        Some(())
    }

    fn drop_a_handle(&mut self, number: u8, moved: bool) -> Option<()> {
        let i = self.handle(number)?;
        if !self.handles[i].stays {
            self.drop_handle(i, moved);
        }
        Some(())
    }

    /// Moves a pool out of the heap and back, if this is its one handle and no slot is lent: nothing
    /// that can be asked of it changes.
    pub(crate) fn move_out_and_back(&mut self, i: usize) {
        let Handle { pool, source, stays } = self.handles.remove(i);
        let source = self.try_unwrap(pool, source).map_or_else(|source| source, |share| share());
        self.handles.insert(i, Handle { pool, source, stays });
    }

    pub(crate) fn try_unwrap(
        &self,
        pool: PoolId,
        source: AnySource<'p>,
    ) -> Result<Unshared<'p>, AnySource<'p>> {
        let expected = source.is_counted() && self.model.can_be_moved(pool);
        let unwrapped = source.try_unwrap();
        self.agree("whether a pool is moved out of the heap", unwrapped.is_ok(), expected);
        unwrapped
    }

    fn make_acquirer(&mut self, number: u8) -> Option<()> {
        let Handle { pool, source, .. } = &self.handles[self.handle(number)?];
        if self.acquirers.len() < MAX_ACQUIRERS {
            let (pool, has_handle, take) = (*pool, source.is_counted(), source.acquirer());
            if has_handle {
                self.model.add_handle(pool);
            }
            self.acquirers.push(Acquirer { pool, take, has_handle });
        }
        Some(())
    }

    /// Which word an acquirer begins in is not known: any free slot will do.
    fn acquire_hinted(&mut self, number: u8, again: bool) -> Option<()> {
        let i = nth(number, self.acquirers.len())?;
        let pool = self.acquirers[i].pool;
        let loan = (self.acquirers[i].take)();
        self.agree("whether an acquirer finds a slot", loan.is_some(), self.model.has_free(pool));
        let mut loan = loan?;
        let index = loan.index();
        self.model.acquire_this(pool, index);
        if again {
            drop(loan);
            self.model.give_back(pool, index);
            let second = (self.acquirers[i].take)();
            let found = second.as_ref().map(|loan| loan.index());
            let expected = self.model.try_acquire_as(pool, found);
            self.agree("what an acquirer has just given back", found, expected);
            loan = second?;
        }
        self.take(pool, loan);
        Some(())
    }

    fn drop_acquirer(&mut self, number: u8) -> Option<()> {
        let i = nth(number, self.acquirers.len())?;
        let Acquirer { pool, take, has_handle } = self.acquirers.remove(i);
        drop(take);
        if has_handle {
            self.model.drop_handle(pool);
        }
        Some(())
    }

    fn exclude(&mut self, number: u8, moved: bool) -> Option<()> {
        let i = self.handle(number)?;
        if moved {
            self.move_out_and_back(i);
        }
        if self.handles[i].stays {
            return None;
        }
        let Handle { pool, source, stays } = self.handles.remove(i);
        let expected = source.is_counted() && self.model.handles(pool) == 1;
        let exclusive = source.into_exclusive();
        self.agree("whether a handle becomes exclusive", exclusive.is_ok(), expected);
        match exclusive {
            Ok(take) => self.exclusives.push(Exclusive { pool, take, claimed: Vec::new() }),
            Err(source) => self.handles.insert(i, Handle { pool, source, stays }),
        }
        Some(())
    }

    /// It claims the free slots of a word at once, and lends all of these before it claims more.
    fn acquire_exclusive(&mut self, number: u8) -> Option<()> {
        let i = nth(number, self.exclusives.len())?;
        let Exclusive { pool, take, claimed } = &mut self.exclusives[i];
        let (pool, loan, has_claimed) = (*pool, take(), !claimed.is_empty());
        let expected = has_claimed || self.model.has_free(pool);
        self.agree("whether an exclusive acquirer finds a slot", loan.is_some(), expected);
        let loan = loan?;
        let index = loan.index();
        if !has_claimed {
            self.exclusives[i].claimed = self.model.claim_word_of(pool, index);
        }
        self.exclusives[i].claimed.retain(|number| *number != index);
        self.model.lend(pool, index);
        self.take(pool, loan);
        Some(())
    }

    fn drop_exclusive(&mut self, number: u8) -> Option<()> {
        let i = nth(number, self.exclusives.len())?;
        let Exclusive { pool, take, claimed } = self.exclusives.remove(i);
        drop(take);
        for number in claimed {
            self.model.release(pool, number);
        }
        self.model.drop_handle(pool);
        Some(())
    }

    fn close(&mut self, number: u8) -> Option<()> {
        let Handle { pool, source, .. } = &self.handles[self.handle(number)?];
        source.close();
        self.model.close(*pool);
        Some(())
    }
}
