//! Kills: a release that loads and then stores, instead of adding its bit; an empty answer that is
//! not confirmed; a reserve that keeps what it should give back; an acquire that has answered and
//! claims, or queues, when it is polled again.
//!
//! I2: permits = free slots; no slot is lost and none appears, and "none free" is never a stale
//! answer.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, poll, with_static};
use framepool_core_loom::Pool;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use std::task::Poll;

/// 2 threads x 2 rounds, 2 slots.
#[test]
fn concurrent_releases_and_claims_lose_no_slot() {
    explore(.., || {
        with_static(Pool::new([(); 2]), |pool| {
            let thread = thread::spawn(move || drop(pool.try_acquire()));
            let first = pool.try_acquire().unwrap();
            drop(pool.try_acquire());
            drop(first);
            thread.join().unwrap();
            assert_eq!(pool.available(), 2);
            let all = [pool.try_acquire().unwrap(), pool.try_acquire().unwrap()];
            let indices = all.map(|loan| loan.index());
            assert!(matches!(indices, [0, 1] | [1, 0]), "each once: {indices:?}");
        });
    });
}

/// Whether `found` answers "none" although a release was over before it began.
fn is_never_stale(found: fn(&'static Pool<(), 1>) -> bool) {
    with_static(Pool::new([()]), |pool| {
        let loan = pool.try_acquire().unwrap();
        // Relaxed: tells that the release is over, and makes nothing of it visible.
        let released = Arc::new(AtomicBool::new(false));
        let clock = Arc::clone(&released);
        let thread = thread::spawn(move || {
            drop(loan);
            clock.store(true, Ordering::Relaxed);
        });
        let was_released = released.load(Ordering::Relaxed);
        assert!(found(pool) || !was_released, "a stale answer");
        thread.join().unwrap();
    });
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn no_slot_is_never_said_after_a_release() {
    explore(.., || is_never_stale(|pool| pool.try_acquire().is_some()));
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn no_run_is_never_said_after_a_release() {
    explore(.., || is_never_stale(|pool| pool.try_acquire_run(1).is_some()));
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn no_reserve_is_never_said_after_a_release() {
    explore(.., || is_never_stale(|pool| pool.reserve(1).is_some()));
}

/// 2 threads x 1 round, 1 slot: by a hint that the acquirer is not sure of.
#[test]
fn no_hinted_slot_is_never_said_after_a_release() {
    explore(.., || is_never_stale(|pool| pool.acquirer().try_acquire().is_some()));
}

/// 2 threads x 1 round, 1 slot: the exclusive acquirer's refill.
#[test]
fn no_refill_is_never_said_after_a_release() {
    static EMPTY: Seen = Seen::new();
    explore(.., || {
        let pool = Box::leak(Box::new(Pool::new([()])));
        let freed: *mut _ = pool;
        let mut exclusive = pool.exclusive();
        let loan = exclusive.try_acquire().unwrap();
        let released = Arc::new(AtomicBool::new(false));
        let clock = Arc::clone(&released);
        let thread = thread::spawn(move || {
            drop(loan);
            clock.store(true, Ordering::Relaxed);
        });
        let was_released = released.load(Ordering::Relaxed);
        let found = exclusive.try_acquire().is_some();
        assert!(found || !was_released, "a stale answer");
        EMPTY.note(!found);
        thread.join().unwrap();
        drop(exclusive);
        // SAFETY: leaked above; its borrows are over.
        let pool = unsafe { Box::from_raw(freed) };
        assert_eq!(pool.available(), 1);
    });
    EMPTY.assert("a refill finds nothing");
}

/// 2 threads x 1 round, 3 slots: of two threads that want two slots at once, one gets them.
#[test]
fn of_two_runs_one_is_found() {
    explore(.., || {
        with_static(Pool::new([(); 3]), |pool| {
            let found = || pool.try_acquire_run(2).map(std::mem::forget).is_some();
            let thread = thread::spawn(found);
            assert!(found() != thread.join().unwrap());
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 1 round, 3 slots: of two threads that want two slots at once, one gets them.
#[test]
fn of_two_reserves_one_is_found() {
    explore(.., || {
        with_static(Pool::new([(); 3]), |pool| {
            let found = || pool.reserve(2).map(std::mem::forget).is_some();
            let thread = thread::spawn(found);
            assert!(found() != thread.join().unwrap());
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 3 threads x 1 round, 3 slots: slots set aside and given back while others come and go.
#[test]
fn a_reserve_gives_back_all_that_it_took() {
    static FOUND: Seen = Seen::new();
    explore(3.., || {
        with_static(Pool::new([(); 3]), |pool| {
            let held = pool.try_acquire().unwrap();
            let release = thread::spawn(move || drop(held));
            let claim = thread::spawn(move || drop(pool.try_acquire()));
            if let Some(reserve) = pool.reserve(2) {
                FOUND.note(true);
                let run = reserve.try_acquire_run(1);
                assert!(run.is_some(), "both are the reserve's");
                drop(run);
                assert_eq!(reserve.available(), 2);
            }
            release.join().unwrap();
            claim.join().unwrap();
            assert_eq!(pool.available(), 3);
        });
    });
    FOUND.assert("two are set aside");
}

/// 2 threads x 1 round, 2 slots: an acquire that found a slot at once is polled again.
#[test]
fn an_acquire_that_found_a_slot_claims_no_other() {
    explore(.., || {
        with_static(Pool::new([(); 2]), |pool| {
            let held = pool.try_acquire().unwrap();
            let release = thread::spawn(move || drop(held));
            let mut acquire = Box::pin(pool.acquire());
            let found = poll(&mut acquire);
            assert!(matches!(found, Poll::Ready(Ok(_))));
            assert!([(); 2].iter().all(|()| poll(&mut acquire).is_pending()));
            release.join().unwrap();
            assert_eq!(pool.available(), 1);
            assert!(!pool.is_flagged(), "no task waits");
            drop((found, acquire));
            assert_eq!(pool.available(), 2);
        });
    });
}

/// 2 threads x 1 round, 2 slots: an acquire that was handed a slot is polled again, while the other
/// slot comes back.
#[test]
fn an_acquire_that_was_served_claims_no_other() {
    static BETWEEN: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([(); 2]), |pool| {
            let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
            let mut acquire = Box::pin(pool.acquire());
            assert!(poll(&mut acquire).is_pending());
            drop(a);
            let served = poll(&mut acquire);
            assert!(matches!(served, Poll::Ready(Ok(_))));
            let release = thread::spawn(move || drop(b));
            assert!([(); 2].iter().all(|()| poll(&mut acquire).is_pending()));
            BETWEEN.note(pool.available() == 1);
            release.join().unwrap();
            assert_eq!(pool.available(), 1);
            assert!(!pool.is_flagged(), "no task waits");
            drop((served, acquire));
            assert_eq!(pool.available(), 2);
        });
    });
    BETWEEN.assert("the other slot is free when it is polled again");
}

/// 2 threads x 1 round, 1 slot: an acquire that was turned away is polled again.
#[test]
fn an_acquire_that_was_turned_away_claims_nothing() {
    explore(.., || {
        with_static(Pool::new([()]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut acquire = Box::pin(pool.acquire());
            assert!(poll(&mut acquire).is_pending());
            pool.close();
            let release = thread::spawn(move || drop(held));
            assert!(matches!(poll(&mut acquire), Poll::Ready(Err(_))));
            assert!([(); 2].iter().all(|()| poll(&mut acquire).is_pending()));
            release.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
}
