//! Pools of all types behind one: what a run holds of them, and what they lend.
//!
//! ```text
//!   &PoolIn    --BorrowedSource--+                +--> AnyLoan <--> AnyShare
//!   SharedPool --SharedSource----+--> dyn Source -+--> AnyRun, Take (an acquirer)
//!                                ^                `--> dyn Source (a reserve)
//!                                `--------------------------'
//! ```

use crate::slots::{Part, Stamped};
use framepool_core::storage::{ShareCount, Storage};
use framepool_core::{
    Closed, Frozen, Loan, PoolIn, PoolRef, Reserve, Reserved, Run, SharedPool, Stats,
};
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Range;
use std::pin::Pin;

pub(crate) type AnySource<'p> = Box<dyn Source<'p> + 'p>;
pub(crate) type AnyLoan<'p> = Box<dyn LoanLike<'p> + 'p>;
pub(crate) type AnyShare<'p> = Box<dyn ShareLike<'p> + 'p>;
pub(crate) type AnyRun<'p> = Box<dyn RunLike<'p> + 'p>;
/// An acquirer, with a hint or exclusive.
pub(crate) type Take<'p> = Box<dyn FnMut() -> Option<AnyLoan<'p>> + 'p>;
/// A pool that was shared, and can be shared again.
pub(crate) type Unshared<'p> = Box<dyn FnOnce() -> AnySource<'p> + 'p>;
pub(crate) type Waiting<'p> = Pin<Box<dyn Future<Output = Result<AnyLoan<'p>, Closed>> + 'p>>;

/// A handle of a pool.
pub(crate) trait Source<'p> {
    /// Whether the pool counts its handles, and goes with the last one.
    fn is_counted(&self) -> bool;
    fn has_reserves(&self) -> bool;
    fn another(&self) -> AnySource<'p>;
    fn try_acquire(&self) -> Option<AnyLoan<'p>>;
    fn acquire(&self) -> Waiting<'p>;
    fn try_acquire_run(&self, length: usize) -> Option<AnyRun<'p>>;
    fn reserve(&self, slots: usize) -> Option<AnySource<'p>>;
    fn acquirer(&self) -> Take<'p>;
    fn into_exclusive(self: Box<Self>) -> Result<Take<'p>, AnySource<'p>>;
    /// The handle itself comes back unless it is the only holder of its pool.
    fn try_unwrap(self: Box<Self>) -> Result<Unshared<'p>, AnySource<'p>>;
    fn stats(&self) -> Stats;
    fn available(&self) -> usize;
    fn is_closed(&self) -> bool;
    fn close(&self);
}

pub(crate) trait LoanLike<'p> {
    fn index(&self) -> usize;
    fn put(&mut self, stamp: u64);
    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool;
    /// The loan itself comes back if it is of a pool without headers.
    fn freeze(self: Box<Self>) -> Result<AnyShare<'p>, AnyLoan<'p>>;
}

pub(crate) trait ShareLike<'p> {
    fn index(&self) -> usize;
    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool;
    fn another(&self) -> AnyShare<'p>;
    fn can_slice(&self) -> bool;
    fn slice(&self, part: &Part) -> Option<AnyShare<'p>>;
    fn thaw(self: Box<Self>) -> Result<AnyLoan<'p>, AnyShare<'p>>;
}

pub(crate) trait RunLike<'p> {
    fn indices(&self) -> Range<usize>;
    fn next(&mut self) -> Option<AnyLoan<'p>>;
}

/// How loans of a pool are wrapped: with headers they can be frozen, without they cannot.
pub(crate) trait Wrap<'p, R: PoolRef + 'p> {
    fn wrap(loan: Loan<R>) -> AnyLoan<'p>;
}

/// Of a pool whose loans can be frozen.
pub(crate) struct Freezable;
/// Of a pool whose loans cannot be frozen.
pub(crate) struct NotFreezable;

impl<'p, R> Wrap<'p, R> for Freezable
where
    R: PoolRef<Slot: Stamped, Storage: Storage<Header = ShareCount>> + 'p,
{
    fn wrap(loan: Loan<R>) -> AnyLoan<'p> {
        Box::new(FreezableLoan(loan))
    }
}

impl<'p, R: PoolRef<Slot: Stamped> + 'p> Wrap<'p, R> for NotFreezable {
    fn wrap(loan: Loan<R>) -> AnyLoan<'p> {
        Box::new(PlainLoan(loan))
    }
}

struct FreezableLoan<R: PoolRef>(Loan<R>);
struct PlainLoan<R: PoolRef>(Loan<R>);

impl<'p, R> LoanLike<'p> for FreezableLoan<R>
where
    R: PoolRef<Slot: Stamped, Storage: Storage<Header = ShareCount>> + 'p,
{
    fn index(&self) -> usize {
        self.0.index()
    }

    fn put(&mut self, stamp: u64) {
        self.0.put(stamp);
    }

    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool {
        self.0.shows(stamp, view)
    }

    fn freeze(self: Box<Self>) -> Result<AnyShare<'p>, AnyLoan<'p>> {
        Ok(Box::new(self.0.freeze()))
    }
}

impl<'p, R: PoolRef<Slot: Stamped> + 'p> LoanLike<'p> for PlainLoan<R> {
    fn index(&self) -> usize {
        self.0.index()
    }

    fn put(&mut self, stamp: u64) {
        self.0.put(stamp);
    }

    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool {
        self.0.shows(stamp, view)
    }

    fn freeze(self: Box<Self>) -> Result<AnyShare<'p>, AnyLoan<'p>> {
        Err(self)
    }
}

impl<'p, R, V> ShareLike<'p> for Frozen<R, V>
where
    R: PoolRef<Slot: Stamped, Storage: Storage<Header = ShareCount>> + 'p,
    V: Stamped + ?Sized + 'p,
{
    fn index(&self) -> usize {
        self.index()
    }

    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool {
        (**self).shows(stamp, view)
    }

    fn another(&self) -> AnyShare<'p> {
        Box::new(self.clone())
    }

    fn can_slice(&self) -> bool {
        V::SLICES
    }

    fn slice(&self, part: &Part) -> Option<AnyShare<'p>> {
        Some(Box::new(V::slice(self, part)?))
    }

    fn thaw(self: Box<Self>) -> Result<AnyLoan<'p>, AnyShare<'p>> {
        match (*self).thaw() {
            Ok(loan) => Ok(Box::new(FreezableLoan(loan))),
            Err(share) => Err(Box::new(share)),
        }
    }
}

struct RunOf<R: PoolRef, W>(Run<R>, PhantomData<W>);

impl<'p, R: PoolRef + 'p, W: Wrap<'p, R>> RunLike<'p> for RunOf<R, W> {
    fn indices(&self) -> Range<usize> {
        self.0.indices()
    }

    fn next(&mut self) -> Option<AnyLoan<'p>> {
        self.0.next().map(W::wrap)
    }
}

/// What keeps a reserve alive.
type Inner<R> = SharedPool<Reserved<R>>;

/// How deep reserves of reserves go: each level is a type of its own.
pub(crate) trait Depth<'p, R: PoolRef + 'p, W> {
    const RESERVES: bool;

    fn share(reserve: Reserve<R>) -> AnySource<'p>;
}

/// No reserves.
pub(crate) struct NoReserves;
/// Reserves, and below them `D`.
pub(crate) struct Reserves<D>(PhantomData<D>);

impl<'p, R: PoolRef + 'p, W> Depth<'p, R, W> for NoReserves {
    const RESERVES: bool = false;

    fn share(_: Reserve<R>) -> AnySource<'p> {
        unreachable!("no slots are set aside here")
    }
}

impl<'p, R, W, D> Depth<'p, R, W> for Reserves<D>
where
    R: PoolRef + 'p,
    W: Wrap<'p, Inner<R>> + 'p,
    D: Depth<'p, Inner<R>, W> + 'p,
{
    const RESERVES: bool = true;

    fn share(reserve: Reserve<R>) -> AnySource<'p> {
        SharedSource::<_, W, D>::boxed(SharedPool::new(reserve))
    }
}

/// A borrowed pool.
pub(crate) struct BorrowedSource<'p, S: Storage, W, D>(&'p PoolIn<S>, PhantomData<(W, D)>);

impl<'p, S, W, D> BorrowedSource<'p, S, W, D>
where
    S: Storage + 'p,
    W: Wrap<'p, &'p PoolIn<S>> + 'p,
    D: Depth<'p, &'p PoolIn<S>, W> + 'p,
{
    pub(crate) fn boxed(pool: &'p PoolIn<S>) -> AnySource<'p> {
        Box::new(Self(pool, PhantomData))
    }
}

impl<'p, S, W, D> Source<'p> for BorrowedSource<'p, S, W, D>
where
    S: Storage + 'p,
    W: Wrap<'p, &'p PoolIn<S>> + 'p,
    D: Depth<'p, &'p PoolIn<S>, W> + 'p,
{
    fn is_counted(&self) -> bool {
        false
    }

    fn has_reserves(&self) -> bool {
        D::RESERVES
    }

    fn another(&self) -> AnySource<'p> {
        Self::boxed(self.0)
    }

    fn try_acquire(&self) -> Option<AnyLoan<'p>> {
        self.0.try_acquire().map(W::wrap)
    }

    fn acquire(&self) -> Waiting<'p> {
        let acquire = self.0.acquire();
        Box::pin(async { acquire.await.map(W::wrap) })
    }

    fn try_acquire_run(&self, length: usize) -> Option<AnyRun<'p>> {
        Some(Box::new(RunOf::<_, W>(self.0.try_acquire_run(length)?, PhantomData)))
    }

    fn reserve(&self, slots: usize) -> Option<AnySource<'p>> {
        self.0.reserve(slots).map(D::share)
    }

    fn acquirer(&self) -> Take<'p> {
        let mut acquirer = self.0.acquirer();
        Box::new(move || acquirer.try_acquire().map(W::wrap))
    }

    fn into_exclusive(self: Box<Self>) -> Result<Take<'p>, AnySource<'p>> {
        Err(self)
    }

    fn try_unwrap(self: Box<Self>) -> Result<Unshared<'p>, AnySource<'p>> {
        Err(self)
    }

    fn stats(&self) -> Stats {
        self.0.stats()
    }

    fn available(&self) -> usize {
        self.0.available()
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn close(&self) {
        self.0.close();
    }
}

/// A shared pool.
pub(crate) struct SharedSource<S: Storage, W, D>(SharedPool<S>, PhantomData<(W, D)>);

impl<'p, S, W, D> SharedSource<S, W, D>
where
    S: Storage + 'p,
    W: Wrap<'p, SharedPool<S>> + 'p,
    D: Depth<'p, SharedPool<S>, W> + 'p,
{
    pub(crate) fn boxed(pool: SharedPool<S>) -> AnySource<'p> {
        Box::new(Self(pool, PhantomData))
    }
}

impl<'p, S, W, D> Source<'p> for SharedSource<S, W, D>
where
    S: Storage + 'p,
    W: Wrap<'p, SharedPool<S>> + 'p,
    D: Depth<'p, SharedPool<S>, W> + 'p,
{
    fn is_counted(&self) -> bool {
        true
    }

    fn has_reserves(&self) -> bool {
        D::RESERVES
    }

    fn another(&self) -> AnySource<'p> {
        let another = self.0.clone();
        assert!(another.ptr_eq(&self.0), "a clone is a handle of the same pool");
        Self::boxed(another)
    }

    fn try_acquire(&self) -> Option<AnyLoan<'p>> {
        self.0.try_acquire().map(W::wrap)
    }

    fn acquire(&self) -> Waiting<'p> {
        let acquire = self.0.clone().acquire_owned();
        Box::pin(async { acquire.await.map(W::wrap) })
    }

    fn try_acquire_run(&self, length: usize) -> Option<AnyRun<'p>> {
        Some(Box::new(RunOf::<_, W>(self.0.try_acquire_run(length)?, PhantomData)))
    }

    fn reserve(&self, slots: usize) -> Option<AnySource<'p>> {
        self.0.reserve(slots).map(D::share)
    }

    fn acquirer(&self) -> Take<'p> {
        let mut acquirer = self.0.acquirer();
        Box::new(move || acquirer.try_acquire().map(W::wrap))
    }

    fn into_exclusive(self: Box<Self>) -> Result<Take<'p>, AnySource<'p>> {
        match self.0.into_exclusive() {
            Ok(mut exclusive) => Ok(Box::new(move || exclusive.try_acquire().map(W::wrap))),
            Err(pool) => Err(Self::boxed(pool)),
        }
    }

    fn try_unwrap(self: Box<Self>) -> Result<Unshared<'p>, AnySource<'p>> {
        match self.0.try_unwrap() {
            Ok(pool) => Ok(Box::new(|| Self::boxed(SharedPool::new(pool)))),
            Err(pool) => Err(Self::boxed(pool)),
        }
    }

    fn stats(&self) -> Stats {
        self.0.stats()
    }

    fn available(&self) -> usize {
        self.0.available()
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn close(&self) {
        self.0.close();
    }
}
