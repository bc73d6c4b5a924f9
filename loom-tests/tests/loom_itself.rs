//! What loom 0.7 does not explore, and why core peeks instead of loading.
//!
//! A thread drops its share of a count: it peeks, and subtracts if it is not the last. With
//! Relaxed where Acquire is needed, the last one may write while the other's read is not over.
//! Loom finds that when the peek is a read-modify-write, and misses it when it is a load: then
//! the thread's own load hides the other thread's from the subtraction that follows. Should loom
//! learn to see it, the second test fails and the detour in `sync::Peek` can go.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::explore;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::{cell::UnsafeCell, sync::Arc, thread};

struct Shared {
    data: UnsafeCell<u32>,
    count: AtomicU32,
}

// SAFETY: the race on `data` is what loom is asked to find.
unsafe impl Sync for Shared {}

/// Reads, peeks, and subtracts; or, as the last one, writes if `writes`.
fn drop_share(shared: &Shared, peek: fn(&AtomicU32) -> u32, writes: bool) {
    shared.data.with(|_| ());
    if peek(&shared.count) != 1 {
        shared.count.fetch_sub(1, Ordering::AcqRel);
    } else if writes {
        shared.data.with_mut(|_| ());
    }
}

fn race_is_found(peek: fn(&AtomicU32) -> u32) -> bool {
    let model = move || {
        explore(.., move || {
            let shared = Arc::new(Shared { data: UnsafeCell::new(0), count: AtomicU32::new(2) });
            let other = Arc::clone(&shared);
            let thread = thread::spawn(move || drop_share(&other, peek, false));
            drop_share(&shared, peek, true);
            thread.join().expect("the model runs to its end");
        });
    };
    std::panic::catch_unwind(model).is_err()
}

#[test]
fn a_peek_by_read_modify_write_shows_the_race() {
    assert!(race_is_found(|count| count.fetch_add(0, Ordering::Relaxed)));
}

#[test]
fn a_peek_by_load_hides_the_race() {
    assert!(!race_is_found(|count| count.load(Ordering::Relaxed)));
}
