//! Kills: a close that forgets a waiter, or that does not set WAITERS for good; a waiter that goes
//! and takes the mark of a closed pool with it; a pool that ends and leaves a waiter in the queue.
//!
//! I7: closing wakes every waiter, and no later acquire succeeds.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, is_freed, poll, waker, with_static};
use framepool_core_loom::{BoxedPool, Pool, SharedPool};
use loom::{future::block_on, thread};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};

/// A waker that does nothing, and whose count tells how many there are.
struct Token;

impl Wake for Token {
    fn wake(self: Arc<Self>) {}
}

/// 2 threads x 1 round: the handle that becomes the only acquirer knows what went through the
/// other one.
#[test]
fn the_only_acquirer_knows_that_the_pool_was_closed() {
    static ONLY: Seen = Seen::new();
    static OTHERS: Seen = Seen::new();
    explore(.., || {
        is_freed(1, |pool| {
            let other = pool.clone();
            let thread = thread::spawn(move || {
                other.close();
                drop(other);
            });
            match pool.into_exclusive() {
                Ok(mut exclusive) => {
                    ONLY.note(true);
                    assert!(exclusive.try_acquire().is_none(), "it was closed before");
                }
                Err(pool) => {
                    OTHERS.note(true);
                    drop(pool);
                }
            }
            thread.join().unwrap();
        });
    });
    ONLY.assert("the other handle goes first");
    OTHERS.assert("the other handle is still there");
}

/// 3 threads x 1 round, 1 slot.
#[test]
fn closing_turns_a_waiter_away_or_a_release_serves_it() {
    static SERVED: Seen = Seen::new();
    static CLOSED: Seen = Seen::new();
    explore(2..=3, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let release = thread::spawn(move || drop(held));
            let close = thread::spawn(move || pool.close());
            let outcome = block_on(pool.acquire());
            SERVED.note(outcome.is_ok());
            CLOSED.note(outcome.is_err());
            drop(outcome);
            release.join().unwrap();
            close.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
    SERVED.assert("the waiter is served");
    CLOSED.assert("the waiter is turned away");
}

/// 3 threads x 1 round, 1 slot, nothing given back: closing wakes all.
#[test]
fn closing_wakes_every_waiter() {
    explore(1..=1, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let other = thread::spawn(move || assert!(block_on(pool.acquire()).is_err()));
            let close = thread::spawn(move || {
                pool.close();
                assert!(pool.try_acquire().is_none());
            });
            assert!(block_on(pool.acquire()).is_err());
            other.join().unwrap();
            close.join().unwrap();
            drop(held);
            assert_eq!(pool.available(), 1);
            assert!(pool.try_acquire().is_none() && pool.try_acquire_run(1).is_none());
            assert!(matches!(poll(&mut Box::pin(pool.acquire())), Poll::Ready(Err(_))));
        });
    });
}

/// 2 threads x 1 round, 1 slot: a claim that was diverted by a waiter asks while the pool closes.
#[test]
fn a_claim_that_asks_takes_nothing_from_a_closed_pool() {
    explore(2..=4, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut waiter = Box::pin(pool.acquire());
            assert!(poll(&mut waiter).is_pending());
            let claim = thread::spawn(move || pool.try_acquire().map(std::mem::forget).is_some());
            pool.close();
            drop(held);
            assert!(!claim.join().unwrap(), "the slot came back after the pool was closed");
        });
    });
}

/// 2 threads x 1 round, 1 slot: a waiter that goes leaves the pool closed.
#[test]
fn a_waiter_that_goes_while_the_pool_closes_leaves_it_closed() {
    explore(.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            let close = thread::spawn(move || pool.close());
            drop(going);
            close.join().unwrap();
            drop(held);
            assert!(pool.try_acquire().is_none());
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 1 round, 1 slot: a task that is turned away comes back to the pool while it is being
/// closed.
#[test]
fn a_waker_comes_back_to_a_pool_that_closes() {
    static TURNED_AWAY: Seen = Seen::new();
    explore(4..=6, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut waiter = Box::pin(pool.acquire());
            let back = waker(|| {
                TURNED_AWAY.note(poll(&mut Box::pin(pool.acquire())).is_ready());
            });
            assert!(waiter.as_mut().poll(&mut Context::from_waker(&back)).is_pending());
            let release = thread::spawn(move || drop(held));
            pool.close();
            release.join().unwrap();
            assert!(poll(&mut waiter).is_ready());
        });
    });
    TURNED_AWAY.assert("it is turned away once more");
}

/// 2 threads x 1 round, 1 slot, 4 waiters: each is turned away but the first, which goes.
#[test]
fn closing_turns_each_of_three_waiters_away() {
    explore(.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut waiters = [(); 4].map(|()| Box::pin(pool.acquire()));
            assert!(waiters.each_mut().iter_mut().all(|waiter| poll(waiter).is_pending()));
            let [going, staying @ ..] = waiters;
            let close = thread::spawn(move || pool.close());
            drop(going);
            close.join().unwrap();
            for mut waiter in staying {
                assert!(matches!(poll(&mut waiter), Poll::Ready(Err(_))));
            }
            drop(held);
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 1 round, 1 slot: a waiter is forgotten, and its pool ends while others wait elsewhere.
#[test]
fn a_pool_that_ends_turns_forgotten_waiters_away() {
    explore(.., || {
        let token = Arc::new(Token);
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut forgotten = Box::pin(pool.acquire());
            let waker = Arc::clone(&token).into();
            assert!(forgotten.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            std::mem::forget((forgotten, held));
            with_static(Pool::new([0_u32]), |elsewhere| {
                let held = elsewhere.try_acquire().unwrap();
                let mut waiter = Box::pin(elsewhere.acquire());
                assert!(poll(&mut waiter).is_pending());
                let release = thread::spawn(move || drop(held));
                drop(waiter);
                release.join().unwrap();
            });
        });
        assert_eq!(Arc::strong_count(&token), 1, "its waker is left");
    });
}

/// 2 threads x 1 round: a pool that was closed is closed when it is shared.
#[test]
fn a_closed_pool_that_is_shared_stays_closed() {
    explore(.., || {
        let pool = BoxedPool::from_fn(1, || ()).unwrap();
        pool.close();
        let pool = SharedPool::new(pool);
        let other = pool.clone();
        let claim = thread::spawn(move || assert!(other.try_acquire().is_none()));
        assert!(matches!(poll(&mut Box::pin(pool.acquire())), Poll::Ready(Err(_))));
        claim.join().unwrap();
        assert_eq!(pool.available(), 1);
    });
}

/// 2 threads x 1 round, 2 words: no slot of the second word, in which the last claim found one, is lent after
/// closing.
#[test]
fn closing_closes_every_word() {
    explore(.., || {
        with_static(Pool::<(), 63, 2>::wide([(); 63]), |pool| {
            std::mem::forget(pool.try_acquire_run(62));
            let last = pool.try_acquire().unwrap();
            assert_eq!(last.index(), 62);
            let release = thread::spawn(move || drop(last));
            pool.close();
            assert!(pool.try_acquire().is_none());
            release.join().unwrap();
            assert!(pool.try_acquire().is_none());
            assert_eq!(pool.available(), 1);
        });
    });
}
