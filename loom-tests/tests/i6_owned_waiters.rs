//! Kills: a future of `acquire_owned` that gives its handle up before it has answered, or never.
//!
//! I6 and I7 where the future keeps the handle of a shared pool: dropping it at any point loses no slot,
//! and the pool is freed once, also if the future's handle is the last.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, is_freed, poll};
use loom::{future::block_on, thread};

/// 2 threads x 1 round: dropped unpolled, while the last loan comes back.
#[test]
fn an_owned_waiter_goes_unpolled() {
    explore(.., || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let release = thread::spawn(move || drop(held));
            drop(pool.acquire_owned());
            release.join().unwrap();
        });
    });
}

/// 2 threads x 1 round: dropped after a poll, while another handle stays.
#[test]
fn an_owned_waiter_that_goes_keeps_no_slot() {
    static READY: Seen = Seen::new();
    static QUEUED: Seen = Seen::new();
    explore(6.., || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let release = thread::spawn(move || drop(held));
            let mut going = Box::pin(pool.clone().acquire_owned());
            let is_ready = poll(&mut going).is_ready();
            READY.note(is_ready);
            QUEUED.note(!is_ready);
            drop(going);
            release.join().unwrap();
            assert_eq!(pool.available(), 1);
            assert!(!pool.is_flagged(), "no task waits any more");
            assert!(pool.try_acquire().is_some());
        });
    });
    READY.assert("it is served at once");
    QUEUED.assert("it is queued");
}

/// 2 threads x 1 round: dropped while it is queued or served, and with it the last handle.
#[test]
fn an_owned_waiter_that_goes_takes_the_pool_with_it() {
    explore(.., || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire_owned());
            assert!(poll(&mut going).is_pending());
            let release = thread::spawn(move || {
                held.write();
                drop(held);
            });
            drop(going);
            release.join().unwrap();
        });
    });
}

/// 2 threads x 1 round: served, and its handle is the last.
#[test]
fn an_owned_waiter_that_is_served_keeps_the_pool() {
    explore(6.., || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let waiter = pool.acquire_owned();
            let release = thread::spawn(move || {
                held.write();
                drop(held);
            });
            let loan = block_on(waiter).unwrap();
            loan.write();
            drop(loan);
            release.join().unwrap();
        });
    });
}

/// 3 threads x 1 round: served, or turned away by another handle that closes the pool and goes.
#[test]
fn an_owned_waiter_is_served_or_turned_away() {
    static SERVED: Seen = Seen::new();
    static CLOSED: Seen = Seen::new();
    explore(2..=3, || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let waiter = pool.clone().acquire_owned();
            let release = thread::spawn(move || {
                held.write();
                drop(held);
            });
            let close = thread::spawn(move || pool.close());
            let outcome = block_on(waiter);
            SERVED.note(outcome.is_ok());
            CLOSED.note(outcome.is_err());
            if let Ok(loan) = outcome {
                loan.write();
            }
            release.join().unwrap();
            close.join().unwrap();
        });
    });
    SERVED.assert("it is served");
    CLOSED.assert("it is turned away");
}
