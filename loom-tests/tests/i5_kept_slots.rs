//! Kills: an owner that does not heed that a task waits; an ask that loses that a task waits; a poll that does
//! not give back what its thread keeps; a give-back that a waker disturbs.
//!
//! I5: a slot that a thread keeps goes to the oldest waiter at the thread's next operation, and no hit that
//! comes after a task has queued overtakes it.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{
    Cached, Seen, Watched, cached_is_freed, count, explore, poll, queue, spawn, wait, waker,
};
use framepool_core_loom::{BoxedPool, CachedPool, Loan, end_thread};
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

/// 2 threads x 1 round, 2 slots: after a task has queued, the thread that keeps a slot acquires.
#[test]
fn a_hit_serves_the_waiter_instead() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let held = pool.try_acquire().unwrap();
            pool.try_acquire().unwrap().write();
            assert_eq!(count(&pool), (0, 1));
            let mut waiter = queue(&pool, Waker::noop().clone());
            assert!(pool.try_acquire().is_none(), "it is the waiter's");
            let Poll::Ready(Ok(served)) = poll(&mut waiter) else { panic!("not served") };
            served.write();
            drop(held);
            drop(served);
            pool.try_acquire().unwrap().write();
            assert_eq!(count(&pool), (1, 1), "no task waits any more");
        });
    });
}

/// 2 threads x 1 round, 4 slots: after a task has queued, the thread that keeps slots drops a loan.
#[test]
fn a_drop_serves_the_waiter_and_gives_all_back() {
    explore(.., || {
        cached_is_freed(4, 2, |pool| {
            let held = [(); 2].map(|()| pool.try_acquire().unwrap());
            let kept = [(); 2].map(|()| pool.try_acquire().unwrap());
            drop(kept);
            assert_eq!(count(&pool), (0, 2));
            let mut waiter = queue(&pool, Waker::noop().clone());
            let [first, second] = held;
            drop(first);
            assert_eq!(count(&pool), (2, 0));
            let Poll::Ready(Ok(served)) = poll(&mut waiter) else { panic!("not served") };
            served.write();
            drop((second, served));
        });
    });
}

/// 2 threads x 1 round, 2 slots: after a task has queued a loan is dropped, which would be kept.
#[test]
fn a_drop_keeps_nothing_while_a_task_waits() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let held = [(); 2].map(|()| pool.try_acquire().unwrap());
            let mut waiter = queue(&pool, Waker::noop().clone());
            assert!(pool.try_acquire().is_none(), "the owner learns of the task");
            let [first, second] = held;
            drop(first);
            assert_eq!(count(&pool), (0, 0));
            let Poll::Ready(Ok(served)) = poll(&mut waiter) else { panic!("not served") };
            served.write();
            drop((second, served));
        });
    });
}

/// 2 threads x 1 round, 2 slots: the thread that keeps a slot polls the task.
#[test]
fn a_poll_gives_back_what_its_thread_keeps() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let held = pool.try_acquire().unwrap();
            pool.try_acquire().unwrap().write();
            let mut waiter = queue(&pool, Waker::noop().clone());
            let Poll::Ready(Ok(served)) = poll(&mut waiter) else { panic!("not served") };
            served.write();
            drop((served, held));
        });
    });
}

/// 2 threads x 1 round, 2 slots: an owner's drop, hit and flush, while a task comes to wait.
#[test]
fn a_waiter_against_its_owner() {
    static FOUND: Seen = Seen::new();
    static KEPT: Seen = Seen::new();
    explore(3..=4, || {
        cached_is_freed(2, 1, |pool| {
            let [first, second] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let queued = Arc::new(AtomicBool::new(false));
            let (mut waiter, tells) = (wait(&pool), Arc::clone(&queued));
            let waits = spawn(move || {
                let early = poll(&mut waiter);
                if let Poll::Ready(loan) = early {
                    FOUND.note(true);
                    return loan;
                }
                tells.store(true, Ordering::Release);
                block_on(waiter)
            });
            first.write();
            drop(first);
            let has_queued = queued.load(Ordering::Acquire);
            KEPT.note(has_queued && pool.cached() == 1);
            let hit = pool.try_acquire();
            assert!(!has_queued || hit.is_none(), "it overtakes");
            drop(hit);
            pool.flush();
            let served = waits.join().unwrap().unwrap();
            served.write();
            drop((second, served));
        });
    });
    FOUND.assert("a slot is found at once");
    KEPT.assert("a slot is kept as the task has queued");
}

/// 2 threads x 1 round, 2 slots: another task waits for what a thread keeps until it ends.
#[test]
fn a_thread_that_ends_serves_the_waiter() {
    static KEPT: Seen = Seen::new();
    explore(5.., || {
        cached_is_freed(2, 1, |pool| {
            let held = pool.shared().try_acquire().unwrap();
            let other = pool.clone();
            let ends = spawn(move || {
                if let Some(slot) = other.try_acquire() {
                    slot.write();
                    drop(slot);
                    KEPT.note(other.cached() == 1);
                }
            });
            let served = block_on(pool.shared().acquire()).unwrap();
            served.write();
            ends.join().unwrap();
            drop((held, served));
            assert_eq!(count(&pool), (2, 0));
        });
    });
    KEPT.assert("the thread ends with a slot");
}

/// 2 threads x 1 round, 2 slots: a thread asks while a task queues.
#[test]
fn an_ask_against_a_task_that_queues() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let held = pool.try_acquire().unwrap();
            pool.try_acquire().unwrap().write();
            let other = pool.clone();
            let asks = spawn(move || assert!(other.try_acquire().is_none()));
            let mut waiter = Box::pin(pool.shared().acquire());
            assert!(poll(&mut waiter).is_pending());
            asks.join().unwrap();
            held.write();
            drop(held);
            let Poll::Ready(Ok(served)) = poll(&mut waiter) else { panic!("not served") };
            served.write();
            drop(served);
            assert_eq!(count(&pool), (2, 0));
        });
    });
}

/// 1 thread x 1 round, 2 slots: the task's own thread comes to keep a slot while the task queues.
#[test]
fn a_task_that_sleeps_leaves_its_thread_no_slot() {
    fn clone(loan: *const ()) -> RawWaker {
        // SAFETY: the loan outlives the waker.
        let loan = unsafe { &*loan.cast::<Mutex<Option<Lent>>>() };
        drop(loan.lock().unwrap().take());
        RawWaker::new(std::ptr::from_ref(loan).cast(), &TABLE)
    }
    static TABLE: RawWakerVTable = RawWakerVTable::new(clone, |_| (), |_| (), |_| ());
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let [held, loan] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let mut later = wait(&pool);
            let loan = Mutex::new(Some(loan));
            // SAFETY: as the table's functions expect, and the loan outlives the future.
            let waker = unsafe { Waker::new(std::ptr::from_ref(&loan).cast(), &TABLE) };
            assert!(later.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            assert_eq!(count(&pool), (0, 0));
            let Poll::Ready(Ok(served)) = poll(&mut later) else { panic!("not served") };
            served.write();
            drop((held, served));
        });
    });
}

type Lent = Loan<Cached<Watched>>;

/// 2 threads x 1 round, 4 slots: the waker of the task that is served lends and gives back in the thread that
/// gives back.
#[test]
fn a_waker_lends_and_keeps_during_a_give_back() {
    static WOKEN: Seen = Seen::new();
    explore(.., || {
        cached_is_freed(4, 2, |pool| {
            let mut held = [(); 2].map(|()| pool.try_acquire());
            let kept = [(); 2].map(|()| pool.try_acquire().unwrap());
            drop(kept);
            let (back, loan) = (pool.clone(), Mutex::new(held[1].take()));
            let waker = waker(move || {
                WOKEN.note(true);
                // Kept: what is asked for is on its way back already.
                drop(loan.lock().unwrap().take());
                let again = back.try_acquire().unwrap();
                again.write();
                drop(again);
            });
            let mut waiter = queue(&pool, waker);
            held[0] = None;
            let Poll::Ready(Ok(served)) = poll(&mut waiter) else { panic!("not served") };
            served.write();
            drop(waiter);
            let (free, kept) = count(&pool);
            assert_eq!(free + kept, 3, "one is on loan");
            pool.flush();
            let others = [(); 3].map(|()| pool.shared().try_acquire().unwrap());
            others.iter().for_each(|slot| slot.write());
            drop(served);
        });
    });
    WOKEN.assert("the waker runs");
}

fn pool_of_four() -> Cached<()> {
    CachedPool::new(BoxedPool::from_fn(4, || ()).unwrap(), 2)
}

/// Fills the cache of this thread, which then has two loans, too, and queues a task.
macro_rules! with_waiter {
    ($pool:ident, $waker:expr => ($held:ident, $waiter:ident)) => {
        let $held = [(); 2].map(|()| $pool.try_acquire().unwrap());
        drop([(); 2].map(|()| $pool.try_acquire().unwrap()));
        assert_eq!(count(&$pool), (0, 2));
        let mut $waiter = queue(&$pool, $waker);
    };
}

/// 3 threads x 1 round, 3 pools of 4 slots: the waker uses a pool that has the same place in the thread's table,
/// which so gives the cache up from which slots are being given back, and another thread takes it over.
#[test]
fn a_waker_has_the_cache_given_up_during_a_give_back() {
    static WOKEN: Seen = Seen::new();
    static TAKEN: Seen = Seen::new();
    explore(3.., || {
        let [pool, _between, other] = [(); 3].map(|()| pool_of_four());
        let (back, taken) = (other.clone(), pool.clone());
        let threads = std::sync::Arc::new(Mutex::new(None));
        let takes = std::sync::Arc::clone(&threads);
        let waker = waker(move || {
            drop(back.try_acquire().unwrap());
            WOKEN.note(back.cached() == 1);
            let taken = taken.clone();
            *takes.lock().unwrap() = Some(spawn(move || {
                drop(taken.try_acquire());
                TAKEN.note(taken.cached() == 1);
            }));
        });
        with_waiter!(pool, waker => (held, waiter));
        drop(pool.try_acquire());
        assert!(matches!(poll(&mut waiter), Poll::Ready(Ok(_))));
        let thread = threads.lock().unwrap().take();
        thread.unwrap().join().unwrap();
        drop((held, waiter));
        assert_eq!(count(&other), (3, 1));
        end_thread();
        assert_eq!([count(&pool), count(&other)], [(4, 0); 2]);
    });
    WOKEN.assert("the other pool has a cache meanwhile");
    TAKEN.assert("the other thread has the cache");
}

/// 2 threads x 1 round, 3 pools of 4 slots: a pool takes the place of another, and the waker that runs as the
/// other's slots are given back uses both.
#[test]
fn a_waker_uses_a_pool_that_takes_the_place_of_another() {
    static WOKEN: Seen = Seen::new();
    explore(.., || {
        let [pool, _between, other] = [(); 3].map(|()| pool_of_four());
        let backs = [other.clone(), pool.clone(), other.clone()];
        let waker = waker(move || {
            let found = backs.each_ref().map(|back| back.try_acquire().is_some());
            WOKEN.note(found == [true, false, true]);
        });
        with_waiter!(pool, waker => (held, waiter));
        let loan = other.try_acquire().unwrap();
        assert!(matches!(poll(&mut waiter), Poll::Ready(Ok(_))));
        drop((held, waiter, loan));
        assert_eq!(count(&other), (2, 2), "it has the place");
        end_thread();
        assert_eq!([count(&pool), count(&other)], [(4, 0); 2]);
    });
    WOKEN.assert("the waker runs");
}

/// 2 threads x 1 round, 3 pools of 4 slots: the same, and the waker drops loans of the other, whose cache the thread
/// has no more.
#[test]
fn a_waker_drops_loans_as_their_cache_is_given_up() {
    explore(.., || {
        let [pool, _between, other] = [(); 3].map(|()| pool_of_four());
        let loans = std::sync::Arc::new(Mutex::new(Vec::new()));
        let lent = std::sync::Arc::clone(&loans);
        let waker = waker(move || lent.lock().unwrap().drain(..).for_each(drop));
        with_waiter!(pool, waker => (held, waiter));
        loans.lock().unwrap().extend(held);
        drop(other.try_acquire().unwrap());
        assert!(loans.lock().unwrap().is_empty(), "the waker has run");
        assert!(matches!(poll(&mut waiter), Poll::Ready(Ok(_))));
        drop(waiter);
        assert_eq!([count(&pool), count(&other)], [(4, 0), (3, 1)]);
        end_thread();
    });
}
