//! Kills: a release with Relaxed; a claim with Relaxed; a last share that drops with Relaxed.
//!
//! I4: what the last holder did to a slot happens-before the next holder's first access.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::explore;
use framepool_core_loom::Pool;
use loom::{sync::Arc, thread};

#[test]
fn the_next_holder_sees_what_the_last_one_wrote() {
    explore(None, || {
        let pool = Arc::new(Pool::new([0_u32]));
        let other = Arc::clone(&pool);
        let bump = |pool: &Pool<u32, 1>| {
            if let Some(mut loan) = pool.try_acquire() {
                *loan += 1;
                1
            } else {
                0
            }
        };
        let thread = thread::spawn(move || bump(&other) + bump(&other));
        let mine = bump(&pool);
        let bumps = mine + thread.join().unwrap();
        assert_eq!(*pool.try_acquire().unwrap(), bumps);
    });
}

#[test]
fn the_last_share_hands_over_for_all() {
    explore(None, || {
        // Leaked, so that shares can cross threads without an owner in the way.
        let pool: &'static Pool<u32, 1> = Box::leak(Box::new(Pool::new([7])));
        let frozen = pool.try_acquire().unwrap().freeze();
        let share = frozen.clone();
        let thread = thread::spawn(move || assert_eq!(*share, 7));
        assert_eq!(*frozen, 7);
        drop(frozen);
        if let Some(mut next) = pool.try_acquire() {
            *next = 8;
        }
        thread.join().unwrap();
        assert_eq!(pool.available(), 1);
    });
}
