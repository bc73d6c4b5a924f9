//! Real threads, many rounds: what the models show for a few steps, run for many.
//!
//! Every count is bounded, nothing sleeps, and nothing is asserted about time. Built for any
//! machine, and for valgrind and the sanitizers.

#![allow(clippy::disallowed_types, reason = "tests stand outside the facade")]

use framepool_core::{Frozen, Loan, Pool, PoolRef};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

const THREADS: usize = 8;
const ROUNDS: usize = 3_000;
const WORDS: usize = 16;

/// A slot that shows which thread wrote it last, whole or in pieces.
type Words = [usize; WORDS];

/// Returns a number for this round of this thread that no other has.
fn mark(thread: usize, round: usize) -> usize {
    round * THREADS + thread + 1
}

/// Runs each of `works` in a thread of its own, all at once. They are joined one by one: that is what
/// the thread sanitizer sees of a std that is not instrumented.
fn at_once<W: FnOnce() + Send>(works: impl IntoIterator<Item = W>) {
    thread::scope(|scope| {
        let threads: Vec<_> = works.into_iter().map(|work| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().expect("it says itself why it panics");
        }
    });
}

/// Runs `work` in every thread, each with its number.
fn in_threads(work: impl Fn(usize) + Sync) {
    let work = &work;
    at_once((0..THREADS).map(|thread| move || work(thread)));
}

/// Tries until there is something, far longer than it can take unless a slot is lost.
fn retry<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    for _ in 0..10_000_000 {
        match attempt() {
            Some(got) => return got,
            None => thread::yield_now(),
        }
    }
    panic!("a slot is lost");
}

/// Writes a slot and reads it back: a second holder would show.
fn own(loan: &mut [usize], mark: usize) {
    assert!(loan.iter().all(|word| *word == loan[0]), "the last holder's writes came in part");
    for word in loan.iter_mut() {
        *word = mark;
    }
    thread::yield_now();
    assert!(loan.iter().all(|word| *word == mark), "a slot has two holders");
}

#[test]
fn a_slot_has_one_holder() {
    static POOL: Pool<Words, 3> = Pool::new([[0; WORDS]; 3]);
    let lent = [const { AtomicBool::new(false) }; 3];
    in_threads(|thread| {
        for round in 0..ROUNDS {
            let mut loan = retry(|| POOL.try_acquire());
            let index = loan.index();
            assert!(!lent[index].swap(true, Ordering::Relaxed), "slot {index} is lent twice");
            own(&mut *loan, mark(thread, round));
            lent[index].store(false, Ordering::Relaxed);
        }
    });
    let stats = POOL.stats();
    assert_eq!((stats.available, stats.capacity), (3, 3));
}

#[test]
fn there_is_a_slot_for_each_of_as_many_threads() {
    let pool = Pool::new([[0_usize; WORDS]; THREADS]);
    in_threads(|thread| {
        for round in 0..ROUNDS {
            let mut loan = pool.try_acquire().expect("one for each, always");
            own(&mut *loan, mark(thread, round));
        }
    });
    assert_eq!(pool.available(), THREADS);
}

/// Checks a share, and ends it in one of several ways.
fn end_share<R: PoolRef<Slot = Words>>(share: Frozen<R>, way: usize) -> bool {
    let seen = share[0];
    let whole = |words: &Words| words.iter().all(|word| *word == seen);
    match way % 4 {
        0 => drop(share),
        1 => {
            let other = share.clone();
            drop(share);
            assert!(whole(&other), "written while shared");
        }
        2 => {
            let others = [share.clone(), share.clone()];
            assert!(others.iter().all(|other| whole(other)), "written while shared");
        }
        _ => match share.thaw() {
            Ok(mut loan) => {
                assert!(whole(&loan), "written while shared");
                own(&mut *loan, 0);
                return true;
            }
            Err(share) => assert!(whole(&share), "written while shared"),
        },
    }
    false
}

#[test]
fn shares_are_cloned_dropped_and_thawed_at_once() {
    static POOL: Pool<Words, 2> = Pool::new([[0; WORDS]; 2]);
    for round in 0..ROUNDS / 10 {
        let mut loan = POOL.try_acquire().expect("all came back");
        own(&mut *loan, round + 1);
        let share = loan.freeze();
        let thawed = AtomicUsize::new(0);
        let mut shares = vec![share.clone(), share.clone(), share.clone()];
        shares.push(share);
        at_once(shares.into_iter().enumerate().map(|(thread, share)| {
            let thawed = &thawed;
            move || {
                if end_share(share, thread + round) {
                    thawed.fetch_add(1, Ordering::Relaxed);
                }
            }
        }));
        assert!(thawed.into_inner() <= 1, "thawed by two");
        assert_eq!(POOL.available(), 2, "the last share gave the slot back, once");
    }
}

#[test]
fn shares_pass_between_threads() {
    let pool = Pool::new([[0_usize; WORDS]; 4]);
    // A pool of one is a lock: its loan is the only way to the queue.
    let queue = Pool::new([VecDeque::new()]);
    in_threads(|thread| {
        for round in 0..ROUNDS {
            if thread % 2 == 0 {
                let mut loan = retry(|| pool.try_acquire());
                own(&mut *loan, mark(thread, round));
                let share = loan.freeze();
                retry(|| queue.try_acquire()).push_back(share.clone());
                end_share(share, round);
            } else {
                let share = retry(|| retry(|| queue.try_acquire()).pop_front());
                end_share(share, thread + round);
            }
        }
    });
    assert!(retry(|| queue.try_acquire()).is_empty());
    assert_eq!(pool.available(), 4);
}

/// Unparks the thread that polls.
struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        // Ordering: Release, so that what the waker did comes before the next poll.
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// An executor for one future at a time: polls it when it is woken, and only then.
struct Executor {
    unpark: Arc<Unpark>,
    waker: Waker,
}

impl Executor {
    fn new() -> Self {
        let unpark = Arc::new(Unpark { thread: thread::current(), woken: AtomicBool::new(false) });
        Self { waker: Waker::from(Arc::clone(&unpark)), unpark }
    }

    fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&self.waker))
    }

    fn run<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        loop {
            if let Poll::Ready(output) = self.poll(future.as_mut()) {
                return output;
            }
            while !self.unpark.woken.swap(false, Ordering::Acquire) {
                thread::park();
            }
        }
    }
}

fn visit<R: PoolRef<Slot = Words>>(mut loan: Loan<R>, mark: usize) {
    own(&mut *loan, mark);
}

#[test]
fn waiters_that_give_up_lose_no_slot_and_no_wake_up() {
    let pool = Pool::new([[0_usize; WORDS]; 2]);
    in_threads(|thread| {
        let executor = Executor::new();
        for round in 0..ROUNDS / 3 {
            let mark = mark(thread, round);
            if (thread + round) % 3 == 0 {
                // Polled once or twice, then dropped: queued, served, or neither.
                let mut waiting = pin!(pool.acquire());
                for _ in 0..=round % 2 {
                    if let Poll::Ready(loan) = executor.poll(waiting.as_mut()) {
                        visit(loan.expect("the pool is open"), mark);
                        break;
                    }
                    thread::yield_now();
                }
            } else {
                // A lost wake-up would hang here.
                let loan = executor.run(pin!(pool.acquire()));
                visit(loan.expect("the pool is open"), mark);
            }
        }
    });
    assert_eq!(pool.available(), 2);
}

#[test]
fn closing_turns_away_everybody_who_waits() {
    for round in 0..ROUNDS / 30 {
        let pool = Pool::new([[0_usize; WORDS]; 1]);
        let served = AtomicUsize::new(0);
        in_threads(|thread| {
            if thread == 0 {
                for _ in 0..round % 8 {
                    thread::yield_now();
                }
                pool.close();
                return;
            }
            let executor = Executor::new();
            while let Ok(loan) = executor.run(pin!(pool.acquire())) {
                visit(loan, thread);
                served.fetch_add(1, Ordering::Relaxed);
            }
        });
        assert!(pool.try_acquire().is_none());
        assert_eq!(pool.available(), 1, "after {} loans", served.into_inner());
    }
}

#[cfg(feature = "alloc")]
mod owned {
    use super::{
        Arc, AtomicUsize, Executor, Frozen, Loan, Ordering, ROUNDS, THREADS, at_once, in_threads,
        pin,
    };
    use framepool_core::storage::Boxed;
    use framepool_core::{BoxedPool, SharedPool};

    /// Counts how often one was dropped.
    struct Counted(Arc<AtomicUsize>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    type Counters = SharedPool<Boxed<Counted>>;

    fn pool(slots: usize) -> (Counters, Arc<AtomicUsize>) {
        let dropped = Arc::new(AtomicUsize::new(0));
        let pool = BoxedPool::from_fn(slots, || Counted(Arc::clone(&dropped))).expect("few slots");
        (SharedPool::new(pool), dropped)
    }

    /// What a thread may be the last to hold.
    enum Held {
        Handle(Counters),
        Loan(Loan<Counters>),
        Share(Frozen<Counters>),
    }

    #[test]
    fn the_pool_goes_once_whichever_is_last() {
        for round in 0..ROUNDS / 10 {
            let slots = 1 + round % 4;
            let (pool, dropped) = pool(slots);
            let mut held: Vec<_> = (1..THREADS)
                .map(|thread| match (thread % 3, pool.try_acquire()) {
                    (0, Some(loan)) => Held::Loan(loan),
                    (1, Some(loan)) => Held::Share(loan.freeze()),
                    _ => Held::Handle(pool.clone()),
                })
                .collect();
            held.push(Held::Handle(pool));
            at_once(held.into_iter().map(|held| {
                let dropped = &dropped;
                move || {
                    assert_eq!(dropped.load(Ordering::Relaxed), 0, "gone under a holder");
                    match held {
                        Held::Handle(pool) => drop(pool.try_acquire()),
                        Held::Loan(loan) => drop(loan.freeze()),
                        Held::Share(share) => drop((share.clone(), share)),
                    }
                }
            }));
            assert_eq!(dropped.load(Ordering::Relaxed), slots);
        }
    }

    #[test]
    fn the_last_loan_races_the_last_handle() {
        for _ in 0..3 * ROUNDS {
            let (pool, dropped) = pool(1);
            let loan = pool.try_acquire().expect("one is free");
            at_once([Held::Loan(loan), Held::Handle(pool)].map(|held| move || drop(held)));
            assert_eq!(dropped.load(Ordering::Relaxed), 1);
        }
    }

    #[test]
    fn handles_and_loans_race_to_the_end() {
        let (pool, dropped) = pool(3);
        let mut pools: Vec<_> = (1..THREADS).map(|_| pool.clone()).collect();
        pools.push(pool);
        let dropped = &dropped;
        at_once(pools.into_iter().map(|pool| {
            move || {
                let executor = Executor::new();
                let mut last = None;
                for round in 0..ROUNDS / 10 {
                    assert_eq!(dropped.load(Ordering::Relaxed), 0, "gone under a handle");
                    let handle = pool.clone();
                    // No thread holds more than one while it waits.
                    drop(last.take());
                    let loan = executor.run(pin!(handle.acquire())).expect("the pool is open");
                    last = (round % 2 == 0).then_some(loan);
                }
                drop(pool);
                drop(last);
            }
        }));
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn handles_are_counted_exactly() {
        let (pool, dropped) = pool(1);
        in_threads(|_| {
            for _ in 0..ROUNDS {
                let handles = [pool.clone(), pool.clone()];
                drop(handles);
            }
        });
        assert!(!pool.is_closed(), "closed with a handle left");
        drop(pool);
        assert_eq!(dropped.load(Ordering::Relaxed), 1, "not freed with the last handle");
    }
}
