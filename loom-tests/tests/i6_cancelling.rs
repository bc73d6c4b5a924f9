//! Kills: a cancelled waiter that keeps the slot it was handed, or its place in the queue, or its
//! count at the gate.
//!
//! I6: dropping an acquire at any point loses neither a slot nor a wake-up.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, poll, with_static};
use framepool_core_loom::Pool;
use loom::{future::block_on, thread};
use std::task::Poll;

/// 3 threads x 1 round, 1 slot: the older waiter goes while it is served.
#[test]
fn a_waiter_that_goes_while_it_is_served_passes_its_slot_on() {
    explore(2..=4, || {
        with_static(Pool::new([0_u32]), |pool| {
            let mut held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            let release = thread::spawn(move || *held += 1);
            let cancel = thread::spawn(move || drop(going));
            *block_on(pool.acquire()).unwrap() += 1;
            release.join().unwrap();
            cancel.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 4 threads x 1 round, 1 slot: as above, and a third claims without waiting.
#[test]
fn a_waiter_goes_while_another_waits_and_a_third_claims() {
    explore(1..=1, || {
        with_static(Pool::new([0_u32]), |pool| {
            let mut held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            let release = thread::spawn(move || *held += 1);
            let cancel = thread::spawn(move || drop(going));
            let claim = thread::spawn(move || {
                if let Some(mut loan) = pool.try_acquire() {
                    *loan += 1;
                }
            });
            *block_on(pool.acquire()).unwrap() += 1;
            release.join().unwrap();
            cancel.join().unwrap();
            claim.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 1 round, 1 slot: dropped unpolled, while a release comes at any time.
#[test]
fn a_waiter_goes_unpolled() {
    explore(.., || goes_after(0, &Seen::new()));
}

/// 2 threads x 1 round, 1 slot: the same after one poll.
#[test]
fn a_waiter_goes_after_a_poll() {
    static READY: Seen = Seen::new();
    explore(6.., || goes_after(1, &READY));
    READY.assert("it is served first");
}

/// 2 threads x 1 round, 1 slot: the same after two polls.
#[test]
fn a_waiter_goes_after_two_polls() {
    static READY: Seen = Seen::new();
    explore(5..=6, || goes_after(2, &READY));
    READY.assert("it is served first");
}

fn goes_after(polls: usize, ready: &Seen) {
    with_static(Pool::new([0_u32]), |pool| {
        let held = pool.try_acquire().unwrap();
        let release = thread::spawn(move || drop(held));
        let mut going = Box::pin(pool.acquire());
        ready.note((0..polls).any(|_| poll(&mut going).is_ready()));
        drop(going);
        release.join().unwrap();
        assert_eq!(pool.available(), 1);
        assert!(!pool.is_flagged(), "no task waits any more");
        assert!(pool.try_acquire().is_some());
    });
}

/// 2 threads x 1 round, 1 slot: served, never polled again, and dropped, while a younger one waits.
#[test]
fn a_served_waiter_that_goes_serves_the_next() {
    explore(4..=6, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            drop(held);
            assert!(pool.try_acquire().is_none(), "the slot is the waiter's");
            let cancel = thread::spawn(move || drop(going));
            drop(block_on(pool.acquire()).unwrap());
            cancel.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 1 round, 1 slot, 3 waiters: the middle one goes.
#[test]
fn a_waiter_that_goes_from_the_middle_keeps_the_order() {
    explore(3..=5, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut waiters = [(); 3].map(|()| Box::pin(pool.acquire()));
            assert!(waiters.each_mut().iter_mut().all(|waiter| poll(waiter).is_pending()));
            let [mut oldest, middle, mut newest] = waiters;
            let release = thread::spawn(move || drop(held));
            drop(middle);
            release.join().unwrap();
            assert!(poll(&mut newest).is_pending());
            assert!(matches!(poll(&mut oldest), Poll::Ready(Ok(_))));
            assert!(matches!(poll(&mut newest), Poll::Ready(Ok(_))));
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 1 round, 1 slot, 3 waiters: the newest goes, and another comes.
#[test]
fn a_waiter_that_goes_from_the_end_keeps_the_order() {
    explore(3..=5, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut waiters = [(); 3].map(|()| Box::pin(pool.acquire()));
            assert!(waiters[..2].iter_mut().all(|waiter| poll(waiter).is_pending()));
            let [mut oldest, going, mut newest] = waiters;
            let release = thread::spawn(move || drop(held));
            drop(going);
            assert!(poll(&mut newest).is_pending());
            release.join().unwrap();
            assert!(poll(&mut newest).is_pending());
            assert!(matches!(poll(&mut oldest), Poll::Ready(Ok(_))));
            assert!(matches!(poll(&mut newest), Poll::Ready(Ok(_))));
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 4 threads x 1 round, 1 slot: a waiter goes while it is served and the pool is closed.
#[test]
fn a_waiter_goes_while_it_is_served_and_the_pool_closes() {
    explore(1..=2, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            let release = thread::spawn(move || drop(held));
            let cancel = thread::spawn(move || drop(going));
            let close = thread::spawn(move || pool.close());
            drop(block_on(pool.acquire()));
            release.join().unwrap();
            cancel.join().unwrap();
            close.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 1 round: a served waiter of a reserve goes, and so does the reserve.
#[test]
fn a_waiter_in_a_reserve_goes_and_its_slot_goes_outside() {
    explore(3..=4, || {
        with_static(Pool::new([0_u32]), |pool| {
            let reserve = pool.reserve(1).unwrap();
            let held = reserve.try_acquire().unwrap();
            let mut going = Box::pin(reserve.acquire());
            assert!(poll(&mut going).is_pending());
            drop(held);
            drop(going);
            let thread = {
                let mut outside = Box::pin(pool.acquire());
                assert!(poll(&mut outside).is_pending());
                thread::spawn(move || drop(outside))
            };
            drop(reserve);
            drop(block_on(pool.acquire()).unwrap());
            thread.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
}
