//! Waiters among threads that do not wait, and a million waits that end early.

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::{AcquireError, FramePool};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Tells the threads beside a test that it is over, also when it fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn the_next_release_serves_a_waiter_though_others_storm() {
    const ROUNDS: u64 = 2_000;
    let pool = FramePool::try_new(1, 8).unwrap();
    // The waiter that queued last, by its number; the newest that a claim knew of which has succeeded; and refusals.
    let [queued, passed, refused] = [const { AtomicU64::new(0) }; 3];
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _over = Over(&is_over);
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let known = queued.load(Ordering::SeqCst);
                    match pool.try_acquire() {
                        Some(_buffer) => passed.fetch_max(known, Ordering::SeqCst),
                        None => refused.fetch_add(1, Ordering::SeqCst),
                    };
                }
            });
        }
        let mut rounds = 0;
        // Until the others have tried as often as this.
        while rounds < ROUNDS || refused.load(Ordering::SeqCst) < ROUNDS {
            let held = pool.acquire_blocking().unwrap();
            let mut waiter = pin!(pool.acquire());
            assert!(poll(waiter.as_mut()).is_pending());
            rounds += 1;
            queued.store(rounds, Ordering::SeqCst);
            drop(held);
            // If another thread is in the queue, the release has left that one to serve the waiter.
            let served = loop {
                if let Poll::Ready(served) = poll(waiter.as_mut()) {
                    break served.unwrap();
                }
                thread::yield_now();
            };
            // A claim that began before the waiter queued may take the slot, and serves it in turn.
            let newest = passed.load(Ordering::SeqCst);
            assert!(newest < rounds, "one of the storm came first, which began later");
            drop(served);
        }
    });
    assert_eq!(pool.available(), 1);
}

/// Waits `early` times in vain, by a deadline or by dropping the future, and any number of times not.
fn gives_up(pool: &FramePool, early: u32, by_deadline: bool) {
    let mut left = early;
    while left > 0 {
        let is_served = if by_deadline {
            // One in a thousand sleeps.
            let ns = if left.is_multiple_of(1_000) { 2_000 } else { 0 };
            match pool.acquire_timeout_blocking(Duration::from_nanos(ns)) {
                Ok(_buffer) => true,
                Err(error) => {
                    assert_eq!(error, AcquireError::TimedOut);
                    false
                }
            }
        } else {
            poll(pin!(pool.acquire())).is_ready()
        };
        left -= u32::from(!is_served);
    }
}

#[test]
fn a_million_waits_that_end_early_lose_nothing() {
    const EACH: u32 = 250_000;
    let pool = FramePool::try_new(2, 8).unwrap();
    let (pool, is_over) = (&pool, AtomicBool::new(false));
    thread::scope(|scope| {
        let _over = Over(&is_over);
        let giving_up = [true, false, true, false]
            .map(|by_deadline| scope.spawn(move || gives_up(pool, EACH, by_deadline)));
        // Holds both buffers most of the time.
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                let held = [pool.acquire_blocking().unwrap(), pool.acquire_blocking().unwrap()];
                thread::yield_now();
                drop(held);
            }
        });
        giving_up.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(pool.available(), 2);
    assert!([pool.try_acquire(), pool.try_acquire()].iter().all(Option::is_some));
}
