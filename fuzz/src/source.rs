//! Pools of all types behind one: what a run holds of them, and what they lend.
//!
//! ```text
//!   &PoolIn    --Lent--+                +--> AnyLoan <--> AnyShare
//!   SharedPool --Own---+--> dyn Source -+--> AnyRun, Take (an acquirer)
//!                             ^         `--> dyn Source (a reserve)
//!                             `--------------'
//! ```

use crate::slots::Stamped;
use framepool_core::{
    Book, Closed, Frozen, Home, Keep, Loan, PoolIn, Reservation, Reserve, Reserved, Run,
    SharedPool, Shares, Stats, Storage,
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
    fn slice(&self, range: Range<usize>) -> Option<AnyShare<'p>>;
    fn thaw(self: Box<Self>) -> Result<AnyLoan<'p>, AnyShare<'p>>;
}

pub(crate) trait RunLike<'p> {
    fn indices(&self) -> Range<usize>;
    fn next(&mut self) -> Option<AnyLoan<'p>>;
}

/// How loans of a pool are wrapped: with headers they can be frozen, without they cannot.
pub(crate) trait Wrap<'p, H: Home + 'p> {
    fn wrap(loan: Loan<H>) -> AnyLoan<'p>;
}

/// Of a pool whose loans can be frozen.
pub(crate) struct Whole;
/// Of a pool whose loans cannot be frozen.
pub(crate) struct Lean;

impl<'p, H> Wrap<'p, H> for Whole
where
    H: Home<Storage: Storage<Slot: Stamped>, Book: Shares> + 'p,
{
    fn wrap(loan: Loan<H>) -> AnyLoan<'p> {
        Box::new(Freezable(loan))
    }
}

impl<'p, H: Home<Storage: Storage<Slot: Stamped>> + 'p> Wrap<'p, H> for Lean {
    fn wrap(loan: Loan<H>) -> AnyLoan<'p> {
        Box::new(Rigid(loan))
    }
}

struct Freezable<H: Home>(Loan<H>);
struct Rigid<H: Home>(Loan<H>);

impl<'p, H> LoanLike<'p> for Freezable<H>
where
    H: Home<Storage: Storage<Slot: Stamped>, Book: Shares> + 'p,
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

impl<'p, H: Home<Storage: Storage<Slot: Stamped>> + 'p> LoanLike<'p> for Rigid<H> {
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

impl<'p, H> ShareLike<'p> for Frozen<H>
where
    H: Home<Storage: Storage<Slot: Stamped>, Book: Shares> + 'p,
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
        <<H::Storage as Storage>::Slot as Stamped>::SLICES
    }

    fn slice(&self, range: Range<usize>) -> Option<AnyShare<'p>> {
        let part = <<H::Storage as Storage>::Slot as Stamped>::slice(self, range)?;
        Some(Box::new(part))
    }

    fn thaw(self: Box<Self>) -> Result<AnyLoan<'p>, AnyShare<'p>> {
        match (*self).thaw() {
            Ok(loan) => Ok(Box::new(Freezable(loan))),
            Err(share) => Err(Box::new(share)),
        }
    }
}

struct Burst<H: Home, W>(Run<H>, PhantomData<W>);

impl<'p, H: Home + 'p, W: Wrap<'p, H>> RunLike<'p> for Burst<H, W> {
    fn indices(&self) -> Range<usize> {
        self.0.indices()
    }

    fn next(&mut self) -> Option<AnyLoan<'p>> {
        self.0.next().map(W::wrap)
    }
}

/// The home of a reserve's loans.
type Inner<H> = Keep<Reserved<H>, Reservation<H>>;

/// How deep reserves of reserves go: each level is a type of its own.
pub(crate) trait Depth<'p, H: Home + 'p, W> {
    const RESERVES: bool;

    fn own(reserve: Reserve<H>) -> AnySource<'p>;
}

/// No reserves.
pub(crate) struct Leaf;
/// Reserves, and below them `D`.
pub(crate) struct Above<D>(PhantomData<D>);

impl<'p, H: Home + 'p, W> Depth<'p, H, W> for Leaf {
    const RESERVES: bool = false;

    fn own(_: Reserve<H>) -> AnySource<'p> {
        unreachable!("nobody sets slots aside here")
    }
}

impl<'p, H, W, D> Depth<'p, H, W> for Above<D>
where
    H: Home + 'p,
    W: Wrap<'p, Inner<H>> + 'p,
    D: Depth<'p, Inner<H>, W> + 'p,
{
    const RESERVES: bool = true;

    fn own(reserve: Reserve<H>) -> AnySource<'p> {
        Own::<_, _, W, D>::boxed(SharedPool::new(reserve))
    }
}

/// A borrowed pool.
pub(crate) struct Lent<'p, S, B: Book, W, D>(&'p PoolIn<S, B>, PhantomData<(W, D)>);

impl<'p, S, B, W, D> Lent<'p, S, B, W, D>
where
    S: Storage + 'p,
    B: Book + 'p,
    W: Wrap<'p, &'p PoolIn<S, B>> + 'p,
    D: Depth<'p, &'p PoolIn<S, B>, W> + 'p,
{
    pub(crate) fn boxed(pool: &'p PoolIn<S, B>) -> AnySource<'p> {
        Box::new(Self(pool, PhantomData))
    }
}

impl<'p, S, B, W, D> Source<'p> for Lent<'p, S, B, W, D>
where
    S: Storage + 'p,
    B: Book + 'p,
    W: Wrap<'p, &'p PoolIn<S, B>> + 'p,
    D: Depth<'p, &'p PoolIn<S, B>, W> + 'p,
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
        Box::pin(async move { acquire.await.map(W::wrap) })
    }

    fn try_acquire_run(&self, length: usize) -> Option<AnyRun<'p>> {
        Some(Box::new(Burst::<_, W>(self.0.try_acquire_run(length)?, PhantomData)))
    }

    fn reserve(&self, slots: usize) -> Option<AnySource<'p>> {
        self.0.reserve(slots).map(D::own)
    }

    fn acquirer(&self) -> Take<'p> {
        let mut acquirer = self.0.acquirer();
        Box::new(move || acquirer.try_acquire().map(W::wrap))
    }

    fn into_exclusive(self: Box<Self>) -> Result<Take<'p>, AnySource<'p>> {
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
pub(crate) struct Own<S: Storage, B: Book, W, D>(SharedPool<S, B>, PhantomData<(W, D)>);

impl<'p, S, B, W, D> Own<S, B, W, D>
where
    S: Storage + 'p,
    B: Book + 'p,
    W: Wrap<'p, Keep<S, B>> + 'p,
    D: Depth<'p, Keep<S, B>, W> + 'p,
{
    pub(crate) fn boxed(pool: SharedPool<S, B>) -> AnySource<'p> {
        Box::new(Self(pool, PhantomData))
    }
}

impl<'p, S, B, W, D> Source<'p> for Own<S, B, W, D>
where
    S: Storage + 'p,
    B: Book + 'p,
    W: Wrap<'p, Keep<S, B>> + 'p,
    D: Depth<'p, Keep<S, B>, W> + 'p,
{
    fn is_counted(&self) -> bool {
        true
    }

    fn has_reserves(&self) -> bool {
        D::RESERVES
    }

    fn another(&self) -> AnySource<'p> {
        Self::boxed(self.0.clone())
    }

    fn try_acquire(&self) -> Option<AnyLoan<'p>> {
        self.0.try_acquire().map(W::wrap)
    }

    /// The future has a handle of its own, so that it needs no borrow.
    fn acquire(&self) -> Waiting<'p> {
        let pool = self.0.clone();
        Box::pin(async move { pool.acquire().await.map(W::wrap) })
    }

    fn try_acquire_run(&self, length: usize) -> Option<AnyRun<'p>> {
        Some(Box::new(Burst::<_, W>(self.0.try_acquire_run(length)?, PhantomData)))
    }

    fn reserve(&self, slots: usize) -> Option<AnySource<'p>> {
        self.0.reserve(slots).map(D::own)
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
