//! Kills: an empty answer of several words that is not confirmed, for slots or for runs.
//!
//! I2 over several words: a pool that always has a free slot never answers "none", although no
//! instruction reads two words at once.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::explore;
use framepool_core_loom::Pool;
use loom::thread;

/// Two words of which one slot each is in play.
type Wide = Pool<(), 63, 2>;

/// A slot is given back before the other one is taken: at every instant one is free.
fn one_wanders(is_found: fn(&'static Wide) -> bool) {
    // Slots 61 and 62, of different words, change hands; the rest is out for good.
    let pool: &'static Wide = Box::leak(Box::new(Wide::wide([(); 63])));
    std::mem::forget(pool.try_acquire_run(61));
    let first = pool.try_acquire().unwrap();
    assert_eq!(first.index(), 61);
    // Finds slot 62 once, and looks in its word first from then on.
    let mut high = pool.acquirer();
    assert_eq!(high.try_acquire().unwrap().index(), 62);
    let thread = thread::spawn(move || {
        drop(first);
        std::mem::forget(high.try_acquire());
    });
    assert!(is_found(pool), "one of two slots was free all the time");
    thread.join().unwrap();
}

#[test]
fn one_slot_that_wanders_is_always_found() {
    explore(Some(2), || one_wanders(|pool| pool.try_acquire().map(std::mem::forget).is_some()));
}

#[test]
fn a_run_that_wanders_is_always_found() {
    explore(Some(2), || {
        one_wanders(|pool| pool.try_acquire_run(1).map(std::mem::forget).is_some())
    });
}
