//! More threads than loom can explore, at random: eight on one pool, in schedules that change at
//! every atomic. Every ordering is taken for `SeqCst` here; weak ones are loom's business.
//!
//! FRAMEPOOL_SCHEDULES says how many schedules each test takes, 100 if it does not.

use framepool_core_shuttle::{BoxedPool, Loan, Pool, PoolRef, SharedPool};
use shuttle::future::block_on;
use shuttle::thread;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

const THREADS: usize = 8;
const ROUNDS: usize = 10;

fn explore(scenario: impl Fn() + Send + Sync + 'static) {
    let schedules =
        std::env::var("FRAMEPOOL_SCHEDULES").map_or(100, |s| s.parse().expect("a number"));
    shuttle::check_pct(scenario, schedules, 3);
}

fn at_once(work: impl Fn(usize) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(number))
        })
        .collect();
    for thread in threads {
        thread.join().expect("no thread panics");
    }
}

/// A slot is its holder's alone (I1, I3): it finds its own mark there after others have run.
fn own<R: PoolRef<Slot = usize>>(mut loan: Loan<R>, mark: usize) {
    *loan = mark;
    thread::yield_now();
    assert_eq!(*loan, mark, "slot {} has another holder", loan.index());
}

fn mark(thread: usize, round: usize) -> usize {
    1 + thread * ROUNDS + round
}

/// Polls once: a waiter that gives up unless it is served at once.
fn once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => {
            thread::yield_now();
            None
        }
    }
}

#[test]
fn a_slot_has_one_holder_and_all_come_back() {
    explore(|| {
        let pool: &'static Pool<usize, 3> = Box::leak(Box::new(Pool::new([0; 3])));
        at_once(move |thread| {
            let mut acquirer = pool.acquirer();
            for round in 0..ROUNDS {
                if let Some(loan) = acquirer.try_acquire() {
                    own(loan, mark(thread, round));
                }
            }
        });
        assert_eq!(pool.available(), 3);
    });
}

#[test]
fn every_waiter_is_served_though_others_give_up() {
    explore(|| {
        let pool: &'static Pool<usize, 2> = Box::leak(Box::new(Pool::new([0; 2])));
        at_once(move |thread| {
            for round in 0..ROUNDS {
                if thread % 2 == 0 {
                    let loan = block_on(pool.acquire()).expect("never closed");
                    own(loan, mark(thread, round));
                } else if let Some(loan) = once(pool.acquire()) {
                    own(loan.expect("never closed"), mark(thread, round));
                }
            }
        });
        assert_eq!(pool.available(), 2);
    });
}

#[test]
fn there_is_a_slot_for_each_thread_over_two_words() {
    explore(|| {
        let pool: &'static Pool<usize, 64, 2> = Box::leak(Box::new(Pool::wide([0; 64])));
        // The last eight are free: six of the first word, and the two of the second.
        let held: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).collect();
        let (kept, free): (Vec<_>, Vec<_>) =
            held.into_iter().partition(|loan| loan.index() < 64 - THREADS);
        drop(free);
        at_once(move |thread| {
            for round in 0..ROUNDS {
                let loan = pool.try_acquire().expect("each takes one of eight");
                own(loan, mark(thread, round));
            }
        });
        assert_eq!(pool.available(), 64 - kept.len());
    });
}

#[test]
fn shares_runs_and_reserves_give_back_what_they_took() {
    explore(|| {
        let pool: &'static Pool<usize, 6> = Box::leak(Box::new(Pool::new([0; 6])));
        at_once(move |thread| {
            for round in 0..ROUNDS {
                match (thread + round) % 4 {
                    0 => {
                        let Some(mut loan) = pool.try_acquire() else { continue };
                        *loan = mark(thread, round);
                        let share = loan.freeze();
                        let other = share.clone();
                        let reader = thread::spawn(move || *other);
                        assert_eq!(*share, mark(thread, round));
                        if let Ok(loan) = share.thaw() {
                            own(loan, mark(thread, round));
                        }
                        assert_eq!(reader.join().expect("it reads"), mark(thread, round));
                    }
                    1 => {
                        let Some(run) = pool.try_acquire_run(2) else { continue };
                        run.for_each(|loan| own(loan, mark(thread, round)));
                    }
                    2 => {
                        let Some(reserve) = pool.reserve(2) else { continue };
                        own(reserve.try_acquire().expect("it is ours"), mark(thread, round));
                    }
                    _ => drop(once(pool.acquire())),
                }
            }
        });
        assert_eq!(pool.available(), 6);
    });
}

#[test]
fn a_shared_pool_is_freed_once_by_the_last_thread() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    explore(|| {
        let freed = Arc::new(AtomicUsize::new(0));
        let made = Arc::clone(&freed);
        let pool = BoxedPool::from_fn(2, move || Counted(Arc::clone(&made))).expect("two slots");
        let pool = SharedPool::new(pool);
        let last = {
            let pool = pool.clone();
            move |thread: usize| {
                let pool = pool.clone();
                let loan = if thread % 2 == 0 { pool.try_acquire() } else { None };
                let waited = once(pool.acquire());
                if thread == 3 {
                    pool.close();
                }
                drop(pool);
                drop((loan, waited));
            }
        };
        drop(pool);
        at_once(last);
        // The closure's own handle went with it.
        assert_eq!(freed.load(Ordering::Relaxed), 2);
    });
}
