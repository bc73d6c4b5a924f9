//! The target `async_ops`: many waiters on a pool and on a reserve of it, polled, woken and
//! cancelled in any order by hand, with wakers that come back to the pools.
//!
//! ```text
//!   poll --> Pending, with a Waker { reaction } --> woken: counts, then takes or drops a loan
//!   release or close, from anywhere ----------------^      before the release returns
//! ```

use crate::case::{OP_BYTES, nth, rest};
use crate::model::{Hook, Model, PoolId, Reaction, WaiterId};
use arbitrary::{Arbitrary, Result, Unstructured};
use framepool_core::storage::Boxed;
use framepool_core::{BoxedPool, Closed, Loan, Reserved, SharedPool};
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Bytes before the first operation.
pub(crate) const HEAD_BYTES: usize = 1;

/// The capacities tried; the last is of two words.
const CAPACITIES: [usize; 4] = [2, 3, 5, 64];
const MAX_WAITERS: usize = 40;

type RootPool = SharedPool<Boxed<u64>>;
type ReservePool = SharedPool<Reserved<RootPool>>;
type Waiting = Pin<Box<dyn Future<Output = std::result::Result<Held, Closed>>>>;

/// What a reaction does, before its pool is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum React {
    Nothing,
    TryAcquire { reserve: bool },
    Drop,
}

impl React {
    const fn decode(byte: u8) -> Self {
        match byte % 8 {
            0..=2 => Self::Nothing,
            3 => Self::TryAcquire { reserve: true },
            4 | 5 => Self::TryAcquire { reserve: false },
            _ => Self::Drop,
        }
    }
}

/// One operation. Numbers choose among what is there, modulo how much is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    TryAcquire {
        reserve: bool,
    },
    Drop {
        loan: u8,
    },
    Wait {
        reserve: bool,
    },
    Poll {
        waiter: u8,
        react: React,
        new_waker: bool,
    },
    PollWoken {
        react: React,
    },
    Cancel {
        waiter: u8,
    },
    /// Drops a loan that a waker took.
    DropTaken,
    Close {
        reserve: bool,
    },
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let [kind, a, b]: [u8; OP_BYTES] = u.arbitrary()?;
        let reserve = a & 1 == 1;
        Ok(match kind {
            0..=29 => Self::TryAcquire { reserve },
            30..=79 => Self::Drop { loan: a },
            80..=119 => Self::Wait { reserve },
            120..=189 => Self::Poll { waiter: a, react: React::decode(b), new_waker: b & 8 != 0 },
            190..=219 => Self::PollWoken { react: React::decode(b) },
            220..=244 => Self::Cancel { waiter: a },
            245..=253 => Self::DropTaken,
            // Little can happen afterwards.
            254..=255 if b < 32 => Self::Close { reserve },
            254..=255 => Self::DropTaken,
        })
    }
}

/// A loan of either pool.
enum Held {
    Root(Loan<RootPool>),
    Reserve(Loan<ReservePool>),
}

impl Held {
    fn index(&self) -> usize {
        match self {
            Self::Root(loan) => loan.index(),
            Self::Reserve(loan) => loan.index(),
        }
    }

    fn value(&mut self) -> &mut u64 {
        match self {
            Self::Root(loan) => loan,
            Self::Reserve(loan) => loan,
        }
    }
}

/// The pools, and what wakers did to them.
struct Pools {
    root: RootPool,
    reserve: ReservePool,
    taken: Mutex<Vec<Held>>,
    answers: Mutex<Vec<Option<usize>>>,
}

impl Pools {
    fn try_acquire(&self, reserve: bool) -> Option<Held> {
        if reserve {
            self.reserve.try_acquire().map(Held::Reserve)
        } else {
            self.root.try_acquire().map(Held::Root)
        }
    }

    fn acquire(&self, reserve: bool) -> Waiting {
        if reserve {
            let waiting = self.reserve.clone().acquire_owned();
            Box::pin(async { waiting.await.map(Held::Reserve) })
        } else {
            let waiting = self.root.clone().acquire_owned();
            Box::pin(async { waiting.await.map(Held::Root) })
        }
    }

    fn pop_taken(&self) -> Option<Held> {
        lock(&self.taken).pop()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A waker that comes back to the pools.
struct Reactor {
    pools: Arc<Pools>,
    react: React,
    wakes: AtomicUsize,
}

impl Reactor {
    fn new(pools: &Arc<Pools>, react: React) -> Arc<Self> {
        Arc::new(Self { pools: Arc::clone(pools), react, wakes: AtomicUsize::new(0) })
    }
}

impl Wake for Reactor {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        match self.react {
            React::Nothing => {}
            React::TryAcquire { reserve } => {
                let loan = self.pools.try_acquire(reserve);
                lock(&self.pools.answers).push(loan.as_ref().map(Held::index));
                lock(&self.pools.taken).extend(loan);
            }
            // The list is unlocked before the loan goes, which may wake another waker.
            React::Drop => drop(self.pools.pop_taken()),
        }
    }
}

struct Waiter {
    id: WaiterId,
    pool: PoolId,
    future: Waiting,
    waker: Arc<Reactor>,
    replaced: Vec<Arc<Reactor>>,
}

struct Run {
    pools: Arc<Pools>,
    model: Model,
    root: PoolId,
    reserve: PoolId,
    history: Vec<Op>,
    loans: Vec<(PoolId, Held)>,
    waiters: Vec<Waiter>,
    stamp: u64,
}

/// Runs waiters on a pool and on a reserve of it.
///
/// # Panics
/// If the pools and the model disagree: about which waiter is served, in which order, and which
/// waker is woken how often.
pub fn async_ops(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok(shape) = u.arbitrary::<u8>() else { return };
    let Ok(ops) = rest::<Op>(&mut u) else { return };
    let mut run = Run::new(CAPACITIES[usize::from(shape) % CAPACITIES.len()]);
    for op in ops {
        run.act(op);
    }
    run.settle();
}

impl Run {
    fn new(capacity: usize) -> Self {
        let root: RootPool =
            SharedPool::new(BoxedPool::from_fn(capacity, || 0_u64).expect("there are slots"));
        let slots = capacity / 2;
        let reserve = SharedPool::new(root.reserve(slots).expect("all are free"));
        let (taken, answers) = (Mutex::default(), Mutex::default());
        let pools = Arc::new(Pools { root, reserve, taken, answers });
        let mut model = Model::default();
        let root = model.root(capacity, Hook::Keep);
        let reserve = model.reserve(root, slots).expect("all are free");
        let (history, loans, waiters) = (Vec::new(), Vec::new(), Vec::new());
        Self { pools, model, root, reserve, history, loans, waiters, stamp: 0 }
    }

    fn pool(&self, reserve: bool) -> PoolId {
        if reserve { self.reserve } else { self.root }
    }

    /// The model, to do what the pools have done.
    fn informed(&mut self) -> &mut Model {
        self.model.hear(&lock(&self.pools.answers));
        &mut self.model
    }

    fn act(&mut self, op: Op) {
        self.history.push(op);
        self.step(op);
        self.compare();
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::TryAcquire { reserve } => {
                let pool = self.pool(reserve);
                let loan = self.pools.try_acquire(reserve);
                let answer = loan.as_ref().map(Held::index);
                let expected = self.model.try_acquire_as(pool, answer);
                self.agree("try_acquire", answer, expected);
                if let Some(loan) = loan {
                    self.take(pool, loan);
                }
            }
            Op::Drop { loan } => {
                let Some(i) = nth(loan, self.loans.len()) else { return };
                let (pool, loan) = self.loans.remove(i);
                self.give_back(pool, loan);
            }
            Op::Wait { reserve } => {
                if self.waiters.len() < MAX_WAITERS {
                    let pool = self.pool(reserve);
                    self.waiters.push(Waiter {
                        id: self.model.wait(pool, true),
                        pool,
                        future: self.pools.acquire(reserve),
                        waker: Reactor::new(&self.pools, React::Nothing),
                        replaced: Vec::new(),
                    });
                }
            }
            Op::Poll { waiter, react, new_waker } => {
                if let Some(i) = nth(waiter, self.waiters.len()) {
                    self.poll(i, react, new_waker);
                }
            }
            Op::PollWoken { react } => {
                let woken = |waiter: &Waiter| waiter.waker.wakes.load(Ordering::Relaxed) > 0;
                if let Some(i) = self.waiters.iter().position(woken) {
                    self.poll(i, react, true);
                }
            }
            Op::Cancel { waiter } => {
                let Some(i) = nth(waiter, self.waiters.len()) else { return };
                let Waiter { id, future, waker, .. } = self.waiters.remove(i);
                drop(future);
                self.informed().cancel(id);
                self.agree("a gone waiter's waker, kept", Arc::strong_count(&waker), 1);
            }
            Op::DropTaken => {
                drop(self.pools.pop_taken());
                if let Some((pool, number)) = self.model.pop_taken() {
                    self.informed().give_back(pool, number);
                }
            }
            Op::Close { reserve } => {
                if reserve {
                    self.pools.reserve.close()
                } else {
                    self.pools.root.close()
                }
                let pool = self.pool(reserve);
                self.informed().close(pool);
            }
        }
    }

    fn poll(&mut self, i: usize, react: React, new_waker: bool) {
        let waiter = &mut self.waiters[i];
        let (id, pool) = (waiter.id, waiter.pool);
        if new_waker && self.model.would_wait(id) {
            let new = Reactor::new(&self.pools, react);
            waiter.replaced.push(std::mem::replace(&mut waiter.waker, new));
            let reaction = match react {
                React::Nothing => Reaction::Nothing,
                React::TryAcquire { reserve } => {
                    Reaction::TryAcquire(if reserve { self.reserve } else { self.root })
                }
                React::Drop => Reaction::Drop,
            };
            self.model.set_reaction(id, reaction);
        }
        let waker = Waker::from(Arc::clone(&waiter.waker));
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
        let expected = self.informed().poll(id, given);
        self.agree("poll", index, expected);
        if let Poll::Ready(ready) = answer {
            self.waiters.remove(i);
            if let Ok(loan) = ready {
                self.take(pool, loan);
            }
        }
    }

    fn take(&mut self, pool: PoolId, mut loan: Held) {
        let index = loan.index();
        self.agree("what a new loan shows", *loan.value(), self.model.stamp(pool, index));
        self.stamp += 1;
        *loan.value() = self.stamp;
        self.model.write(pool, index, self.stamp);
        self.loans.push((pool, loan));
    }

    fn give_back(&mut self, pool: PoolId, loan: Held) {
        let index = loan.index();
        drop(loan);
        self.informed().give_back(pool, index);
    }

    fn compare(&mut self) {
        let Pools { root, reserve, taken, answers } = &*self.pools;
        self.agree("available", root.available(), self.model.available(self.root));
        self.agree(
            "available in the reserve",
            reserve.available(),
            self.model.available(self.reserve),
        );
        self.agree("is_closed", root.is_closed(), self.model.is_closed(self.root));
        self.agree(
            "is_closed, the reserve",
            reserve.is_closed(),
            self.model.is_closed(self.reserve),
        );
        let found: Vec<_> = lock(taken).iter().map(Held::index).collect();
        let expected = self.model.taken().iter().map(|(_, number)| *number).collect();
        self.agree("what wakers took", found, expected);
        let expected = self.model.answers();
        self.agree("what wakers were answered", &**lock(answers), expected);
        for Waiter { id, waker, replaced, .. } in &self.waiters {
            let wakes = waker.wakes.load(Ordering::Relaxed);
            self.agree("wakes of a waiter", wakes, self.model.wakes(*id));
            let clones = usize::from(self.model.is_queued(*id));
            self.agree("clones of its waker", Arc::strong_count(waker) - 1, clones);
            for replaced in replaced {
                let wakes = replaced.wakes.load(Ordering::Relaxed);
                self.agree("wakes of a replaced waker", wakes, 0);
                self.agree("clones of a replaced waker", Arc::strong_count(replaced) - 1, 0);
            }
        }
    }

    fn agree<T: PartialEq + Debug>(&self, what: &str, pool: T, model: T) {
        assert!(
            pool == model,
            "{what}: the pool says {pool:?}, the model {model:?}, after {:?}",
            self.history
        );
    }

    /// Serves or cancels every waiter, and gives everything back.
    fn settle(mut self) {
        while !self.loans.is_empty() {
            self.act(Op::Drop { loan: 0 });
        }
        // A waiter that was woken finds something.
        let woken = |waiter: &Waiter| waiter.waker.wakes.load(Ordering::Relaxed) > 0;
        while let Some(i) = self.waiters.iter().position(woken) {
            self.poll(i, React::Nothing, false);
            self.compare();
            while !self.loans.is_empty() {
                self.act(Op::Drop { loan: 0 });
            }
        }
        while !self.waiters.is_empty() {
            self.act(Op::Cancel { waiter: 0 });
        }
        while !self.model.taken().is_empty() {
            self.act(Op::DropTaken);
        }
        let Pools { root, reserve, .. } = &*self.pools;
        let slots = root.capacity() - reserve.capacity();
        self.agree(
            "available at the end",
            (root.available(), reserve.available()),
            (slots, reserve.capacity()),
        );
        self.agree("holders of the pools at the end", Arc::strong_count(&self.pools), 1);
        // No future has kept its handle.
        let Self { pools, mut model, root, reserve, history, .. } = self;
        let pools = Arc::into_inner(pools).expect("it has one holder");
        let moved = pools.reserve.try_unwrap();
        assert_eq!(moved.is_ok(), model.can_be_moved(reserve), "the reserve, after {history:?}");
        drop(moved);
        model.drop_handle(reserve);
        let moved = pools.root.try_unwrap();
        assert_eq!(moved.is_ok(), model.can_be_moved(root), "the pool, after {history:?}");
    }
}
