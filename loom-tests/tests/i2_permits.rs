//! Kills: a release that loads and then stores, instead of adding its bit; an empty answer that is
//! not confirmed.
//!
//! I2: permits = free slots; no slot is lost and none appears, and "none free" is never a stale
//! answer.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::explore;
use framepool_core_loom::Pool;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

#[test]
fn concurrent_releases_and_claims_lose_no_slot() {
    explore(None, || {
        let pool = Arc::new(Pool::new([(); 2]));
        let other = Arc::clone(&pool);
        let thread = thread::spawn(move || drop(other.try_acquire()));
        let first = pool.try_acquire().unwrap();
        drop(pool.try_acquire());
        drop(first);
        thread.join().unwrap();
        assert_eq!(pool.available(), 2);
        let all = [pool.try_acquire().unwrap(), pool.try_acquire().unwrap()];
        assert_eq!(all.map(|loan| loan.index()), [0, 1]);
    });
}

#[test]
fn none_free_is_never_said_after_a_release() {
    explore(None, || {
        let pool: &'static Pool<(), 1> = Box::leak(Box::new(Pool::new([()])));
        let loan = pool.try_acquire().unwrap();
        // Relaxed: tells that the release is over, and makes nothing of it visible.
        let released = Arc::new(AtomicBool::new(false));
        let clock = Arc::clone(&released);
        let thread = thread::spawn(move || {
            drop(loan);
            clock.store(true, Ordering::Relaxed);
        });
        let was_released = released.load(Ordering::Relaxed);
        let found = pool.try_acquire();
        assert!(found.is_some() || !was_released, "a stale answer");
        thread.join().unwrap();
    });
}
