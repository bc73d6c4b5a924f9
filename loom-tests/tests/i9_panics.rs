//! Kills: a hook that runs before the slot is sure to go back; a close that stops at a waker that
//! panics; a task that queues again as one that was told; a thread that gives back what it keeps up to the waker that
//! panics.
//!
//! I9: no panic strands a slot. While a thread unwinds, `std::thread::panicking` is true for all
//! threads of a model, since they share one of the system's: so a mutex that another holds at that
//! time would be poisoned. Models in which that can happen are left out; core/tests has panics on
//! real threads.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, Watched, cached_is_freed, count, explore, poll, queue, waker, with_static};
use framepool_core_loom::storage::Boxed;
use framepool_core_loom::{CachedPool, Loan, Pool, end_thread};
use loom::thread;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

/// A waker that panics.
struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        std::panic::resume_unwind(Box::new("a waker panics"));
    }
}

fn panics(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// 2 threads x 1 round, 1 slot: the hook panics, and the slot goes back all the same.
#[test]
fn a_hook_that_panics_costs_no_slot() {
    static TAKEN: Seen = Seen::new();
    explore(.., || {
        let hook = |slot: &mut u32| {
            *slot += 1;
            std::panic::resume_unwind(Box::new("a hook panics"));
        };
        with_static(Pool::new([0_u32]).recycled_by(hook), |pool| {
            let held = pool.try_acquire().unwrap();
            let thread = thread::spawn(move || panics(|| drop(held)));
            if let Some(loan) = pool.try_acquire() {
                TAKEN.note(true);
                assert_eq!(*loan, 1, "the hook is over");
                assert!(panics(|| drop(loan)));
            }
            assert!(thread.join().unwrap());
            assert_eq!(pool.available(), 1);
        });
    });
    TAKEN.assert("the slot is taken after the panic");
}

/// 1 thread x 1 round, 1 slot: the hook panics, and the slot goes back to the acquirer of its thread.
#[test]
fn a_hook_that_panics_costs_no_local_slot() {
    explore(.., || {
        let hook = |_: &mut u32| std::panic::resume_unwind(Box::new("a hook panics"));
        let mut pool = Pool::new([0_u32]).recycled_by(hook);
        let mut exclusive = pool.exclusive();
        let local = exclusive.local();
        let loan = local.try_acquire().unwrap();
        assert!(panics(|| drop(loan)));
        assert!(local.try_acquire().map(std::mem::forget).is_some());
    });
}

/// 2 threads x 1 round, 2 slots: a task that takes its slot under the lock serves another, whose waker panics.
#[test]
fn a_waker_that_panics_costs_no_slot_of_the_task_that_serves() {
    static PANICKED: Seen = Seen::new();
    explore(3.., || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            let [first, second] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let [mut older, mut newer] = [(); 2].map(|()| Box::pin(pool.acquire()));
            let bomb = Arc::new(Bomb).into();
            assert!(poll(&mut older).is_pending());
            assert!(newer.as_mut().poll(&mut Context::from_waker(&bomb)).is_pending());
            let release = thread::spawn(move || {
                panics(|| {
                    drop(first);
                    drop(second);
                })
            });
            let mut taken = None;
            let here = panics(|| taken = Some(poll(&mut older)));
            assert!(here != release.join().unwrap(), "the waker is woken once");
            PANICKED.note(here);
            drop((taken, older));
            assert!(poll(&mut newer).is_ready(), "it was served");
            drop(newer);
            assert_eq!(pool.available(), 2);
        });
    });
    PANICKED.assert("the task that takes its slot wakes the other");
}

/// 2 threads x 1 round, 2 slots: the same task waits again afterwards, and then another behind it.
#[test]
fn a_task_waits_again_after_a_waker_panicked() {
    static AGAIN: Seen = Seen::new();
    explore(3.., || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            let [first, second] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let [mut older, mut newer] = [(); 2].map(|()| Box::pin(pool.acquire()));
            let bomb = Arc::new(Bomb).into();
            assert!(poll(&mut older).is_pending());
            assert!(newer.as_mut().poll(&mut Context::from_waker(&bomb)).is_pending());
            let release = thread::spawn(move || {
                panics(|| {
                    drop(first);
                    drop(second);
                })
            });
            let mut taken = None;
            let here = panics(|| taken = Some(poll(&mut older)));
            release.join().unwrap();
            // Only where the task took its slot, which went back when the other's waker panicked.
            if !here || pool.available() != 1 {
                return;
            }
            assert!(taken.is_none());
            AGAIN.note(true);
            let held = pool.try_acquire().unwrap();
            let Poll::Ready(Ok(other)) = poll(&mut newer) else { panic!("it was served") };
            let mut last = Box::pin(pool.acquire());
            assert!(poll(&mut older).is_pending() && poll(&mut last).is_pending());
            assert!(poll(&mut older).is_pending(), "it is queued");
            drop(held);
            assert!(poll(&mut older).is_ready(), "it is the older one");
            drop(other);
            assert!(poll(&mut last).is_ready(), "a slot is free for it");
        });
    });
    AGAIN.assert("the task that took its slot waits again");
}

/// 2 threads x 1 round, 1 slot: the waker of the served task panics in the thread that serves.
#[test]
fn a_waker_that_panics_costs_no_slot() {
    static SERVED: Seen = Seen::new();
    static LEFT: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut waiter = Box::pin(pool.acquire());
            let waker = Arc::new(Bomb).into();
            let thread = thread::spawn(move || panics(|| drop(held)));
            let mut early = Poll::Pending;
            let poll_early = || early = waiter.as_mut().poll(&mut Context::from_waker(&waker));
            // A release that finds the lock held leaves the waking to this thread.
            let panicked_here = panics(poll_early);
            let panicked_there = thread.join().unwrap();
            SERVED.note(panicked_there);
            LEFT.note(panicked_here);
            assert_eq!(panicked_here || panicked_there, early.is_pending());
            let served = if early.is_pending() { poll(&mut waiter) } else { early };
            assert!(matches!(served, Poll::Ready(Ok(_))));
            drop(served);
            assert_eq!(pool.available(), 1);
        });
    });
    SERVED.assert("the waker panics in the release");
    LEFT.assert("the waker panics in the poll");
}

/// 2 threads x 1 round, 2 slots: a run is given back, and the waker of the task that gets the
/// first slot panics.
#[test]
fn a_waker_that_panics_costs_no_slot_of_a_run() {
    explore(5..=6, || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            let run = pool.try_acquire_run(2).unwrap();
            let mut waiter = Box::pin(pool.acquire());
            let waker = Arc::new(Bomb).into();
            assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            let thread = thread::spawn(move || panics(|| drop(run)));
            let early = poll(&mut waiter);
            thread.join().unwrap();
            let served = if early.is_pending() { poll(&mut waiter) } else { early };
            assert!(matches!(served, Poll::Ready(Ok(_))));
            assert_eq!(pool.available(), 1);
            drop(served);
            assert_eq!(pool.available(), 2);
        });
    });
}

/// 2 threads x 1 round, 1 slot, 2 waiters: the first one's waker panics while the pool closes.
#[test]
fn a_waker_that_panics_keeps_no_other_waiting() {
    explore(.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let (mut older, mut younger) = (Box::pin(pool.acquire()), Box::pin(pool.acquire()));
            let waker = Arc::new(Bomb).into();
            assert!(older.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            assert!(poll(&mut younger).is_pending());
            // Closed by a thread that does nothing else, so that no other holds a lock.
            assert!(thread::spawn(move || panics(|| pool.close())).join().unwrap());
            assert!(matches!(poll(&mut older), Poll::Ready(Err(_))));
            assert!(matches!(poll(&mut younger), Poll::Ready(Err(_))));
            drop(held);
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 1 round, 3 slots, 3 waiters: the oldest one's waker panics, if no other thread can hold a lock
/// then, and the others are served and woken all the same: one that is served at once with it, and one whose
/// slot was left to the thread that unwinds.
#[test]
fn a_waker_that_panics_keeps_neither_wakers_nor_word() {
    static PANICKED: Seen = Seen::new();
    explore(2..=3, || {
        with_static(Pool::new([(); 3]), |pool| {
            let [a, b, c] = [(); 3].map(|()| pool.try_acquire().unwrap());
            let mut waiters = [(); 3].map(|()| Box::pin(pool.acquire()));
            // Loom does not see these, so they order nothing.
            let (over, woken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
            let other_is_over = Arc::clone(&over);
            let bomb = waker(move || {
                if other_is_over.load(Ordering::Relaxed) {
                    std::panic::resume_unwind(Box::new("a waker panics"));
                }
            });
            let count = Arc::clone(&woken);
            let counts = waker(move || {
                count.fetch_add(1, Ordering::Relaxed);
            });
            for (waiter, waker) in waiters.iter_mut().zip([&bomb, &counts, &counts]) {
                assert!(waiter.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
            }
            let end = Arc::clone(&over);
            let release = thread::spawn(move || {
                let panicked = panics(|| drop(a));
                end.store(true, Ordering::Relaxed);
                panicked
            });
            let panicked = panics(|| drop((b, c)));
            over.store(true, Ordering::Relaxed);
            PANICKED.note(release.join().unwrap() || panicked);
            assert_eq!(woken.load(Ordering::Relaxed), 2);
            // The youngest first: a poll looks for word, too.
            for waiter in waiters.iter_mut().rev() {
                assert!(matches!(poll(waiter), Poll::Ready(Ok(_))));
            }
        });
    });
    PANICKED.assert("the waker panics");
}

/// As `give_back` gives back two slots that this thread keeps, beside a loan, the waker of the task that gets the
/// first one panics.
fn a_waker_panics_in(give_back: fn(&CachedPool<Boxed<Watched>>, &mut Vec<Lent>)) {
    cached_is_freed(4, 2, |pool| {
        let mut held: Vec<Lent> = (0..2).map(|_| pool.try_acquire().unwrap()).collect();
        drop([(); 2].map(|()| pool.try_acquire().unwrap()));
        assert_eq!(count(&pool), (0, 2));
        let mut waiter = queue(&pool, Arc::new(Bomb).into());
        assert!(panics(|| give_back(&pool, &mut held)));
        assert_eq!(count(&pool), (3 - held.len(), 0));
        let Poll::Ready(Ok(served)) = poll(&mut waiter) else { panic!("it was served") };
        served.write();
        drop((served, held, waiter));
        pool.flush();
        assert_eq!(count(&pool), (4, 0));
        pool.try_acquire().unwrap().write();
        assert_eq!(count(&pool), (3, 1), "the cache is of use");
    });
}

type Lent = Loan<CachedPool<Boxed<Watched>>>;

/// 2 threads x 1 round, 4 slots: the owner drops a loan.
#[test]
fn a_waker_that_panics_costs_no_kept_slot_in_a_drop() {
    explore(.., || a_waker_panics_in(|_, held| drop(held.pop())));
}

/// 2 threads x 1 round, 4 slots: the owner acquires.
#[test]
fn a_waker_that_panics_costs_no_kept_slot_in_a_hit() {
    explore(.., || a_waker_panics_in(|pool, _| drop(pool.try_acquire())));
}

/// 2 threads x 1 round, 4 slots: the owner gives back what it keeps.
#[test]
fn a_waker_that_panics_costs_no_kept_slot_in_a_flush() {
    explore(.., || a_waker_panics_in(|pool, _| pool.flush()));
}

/// 2 threads x 1 round, 4 slots: the owner ends.
#[test]
fn a_waker_that_panics_costs_no_kept_slot_in_an_end() {
    explore(.., || a_waker_panics_in(|_, _| end_thread()));
}

/// 2 threads x 1 round, 4 slots: a task acquires, and the waker of another panics as it gives back; it is polled again.
#[test]
fn a_task_is_polled_again_after_anothers_waker_panicked() {
    explore(.., || {
        cached_is_freed(4, 2, |pool| {
            let held = [(); 2].map(|()| pool.try_acquire().unwrap());
            drop([(); 2].map(|()| pool.try_acquire().unwrap()));
            let mut waiter = queue(&pool, Arc::new(Bomb).into());
            let mut acquires = Box::pin(pool.acquire());
            assert!(panics(|| drop(poll(&mut acquires))));
            let Poll::Ready(Ok(found)) = poll(&mut acquires) else { panic!("one is free") };
            found.write();
            assert!(poll(&mut waiter).is_ready(), "it was served");
            drop((held, found));
        });
    });
}
