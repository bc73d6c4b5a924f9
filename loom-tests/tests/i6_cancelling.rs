//! Kills: a cancelled waiter that keeps the slot it was handed.
//!
//! I6: dropping an acquire at any point loses neither a slot nor a wake-up.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::explore;
use framepool_core_loom::Pool;
use loom::{future::block_on, thread};
use std::future::Future;
use std::task::{Context, Waker};

#[test]
fn a_waiter_that_goes_while_it_is_served_passes_its_slot_on() {
    explore(Some(2), || {
        let pool: &'static Pool<u32, 1> = Box::leak(Box::new(Pool::new([0])));
        let mut held = pool.try_acquire().unwrap();
        let mut going = Box::pin(pool.acquire());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(going.as_mut().poll(&mut cx).is_pending());
        let release = thread::spawn(move || {
            *held += 1;
            drop(held);
        });
        let cancel = thread::spawn(move || drop(going));
        let mut loan = block_on(pool.acquire()).unwrap();
        *loan += 1;
        drop(loan);
        release.join().unwrap();
        cancel.join().unwrap();
        assert_eq!(pool.available(), 1);
    });
}
