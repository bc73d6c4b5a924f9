//! Kills: a claim that loads and then stores, instead of resetting its bit at once.
//!
//! I1: an index has at most one holder. Loom's cells report any two threads in one slot.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::explore;
use framepool_core_loom::Pool;
use loom::{sync::Arc, thread};

fn claim_and_write(pool: &Pool<u32, 2>) {
    if let Some(mut loan) = pool.try_acquire() {
        *loan += 1;
    }
}

#[test]
fn two_threads_two_rounds_two_slots() {
    explore(None, || {
        let pool = Arc::new(Pool::new([0; 2]));
        let other = Arc::clone(&pool);
        let thread = thread::spawn(move || {
            claim_and_write(&other);
            claim_and_write(&other);
        });
        claim_and_write(&pool);
        claim_and_write(&pool);
        thread.join().unwrap();
        let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
        assert_eq!(*a + *b, 4, "two slots serve two threads: nobody is turned away");
    });
}

#[test]
fn three_threads_one_round_two_slots() {
    explore(Some(3), || {
        let pool = Arc::new(Pool::new([0; 2]));
        let threads: Vec<_> = (0..2)
            .map(|_| Arc::clone(&pool))
            .map(|pool| thread::spawn(move || claim_and_write(&pool)))
            .collect();
        claim_and_write(&pool);
        for thread in threads {
            thread.join().unwrap();
        }
        let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
        assert!((2..=3).contains(&(*a + *b)), "at most one of three finds both slots taken");
    });
}
