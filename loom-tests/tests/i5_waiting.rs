//! Kills: a release that does not look for those who wait; a release that serves after closing has
//! begun.
//!
//! I5: no lost wake-up; first come, first served. loom's `block_on` reports a waiter that nobody
//! wakes as a deadlock.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::explore;
use framepool_core_loom::Pool;
use loom::{future::block_on, thread};
use std::future::Future;
use std::task::{Context, Poll, Waker};

fn leaked() -> &'static Pool<u32, 1> {
    Box::leak(Box::new(Pool::new([0])))
}

#[test]
fn a_release_wakes_the_waiter() {
    explore(Some(3), || {
        let pool = leaked();
        let mut held = pool.try_acquire().unwrap();
        let thread = thread::spawn(move || {
            *held += 1;
            drop(held);
        });
        let mut loan = block_on(pool.acquire()).unwrap();
        *loan += 1;
        assert_eq!(*loan, 2);
        drop(loan);
        thread.join().unwrap();
        assert_eq!(pool.available(), 1);
    });
}

#[test]
fn nobody_is_served_after_an_older_waiter_was_turned_away() {
    explore(Some(3), || {
        let pool = leaked();
        let held = pool.try_acquire().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let (mut older, mut younger) = (Box::pin(pool.acquire()), Box::pin(pool.acquire()));
        assert!(older.as_mut().poll(&mut cx).is_pending());
        assert!(younger.as_mut().poll(&mut cx).is_pending());
        let thread = thread::spawn(move || drop(held));
        pool.close();
        thread.join().unwrap();
        let older = older.as_mut().poll(&mut cx);
        let younger = younger.as_mut().poll(&mut cx);
        let turned_away = matches!(older, Poll::Ready(Err(_)));
        assert!(!(turned_away && matches!(younger, Poll::Ready(Ok(_)))));
    });
}

#[test]
fn releases_that_passed_the_gate_serve_both_waiters_of_two_words() {
    explore(Some(2), || {
        let pool: &'static Pool<(), 63, 2> = Box::leak(Box::new(Pool::wide([(); 63])));
        // All but the last slot of the first word and the only one of the second.
        std::mem::forget(pool.try_acquire_run(61));
        let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
        let releases = [thread::spawn(move || drop(a)), thread::spawn(move || drop(b))];
        let mut cx = Context::from_waker(Waker::noop());
        let mut waiters = [Box::pin(pool.acquire()), Box::pin(pool.acquire())];
        let early = waiters.each_mut().map(|waiter| waiter.as_mut().poll(&mut cx));
        for release in releases {
            release.join().unwrap();
        }
        for (early, waiter) in early.into_iter().zip(&mut waiters) {
            let served = if early.is_pending() { waiter.as_mut().poll(&mut cx) } else { early };
            assert!(matches!(served, Poll::Ready(Ok(_))));
        }
    });
}
