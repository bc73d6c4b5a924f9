//! Pools of which each thread keeps slots: who has a slot is counted, and that none is stranded.

#![cfg(all(feature = "alloc", feature = "std"))]
#![allow(clippy::disallowed_types, reason = "tests stand outside the facade")]

mod common;

use framepool_core::storage::Boxed;
use framepool_core::{BoxedPool, CachedPool, Loan};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts how often one was dropped.
struct Token(Arc<AtomicUsize>);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

type Tokens = CachedPool<Boxed<Token>>;

/// Makes a pool, and the count of its slots that were dropped: all of them as its memory is freed.
fn tokens(slots: usize, per_thread: usize) -> (Tokens, Arc<AtomicUsize>) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let pool = BoxedPool::from_fn(slots, || Token(Arc::clone(&dropped))).expect("few slots");
    (CachedPool::new(pool, per_thread), dropped)
}

fn dropped(count: &AtomicUsize) -> usize {
    count.load(Ordering::Relaxed)
}

fn take(pool: &Tokens, count: usize) -> Vec<Loan<Tokens>> {
    let loans: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).take(count).collect();
    assert_eq!(loans.len(), count, "so many are free");
    loans
}

/// Has this thread keep as many slots as it may, of a pool of which it has a cache.
fn fill_cache(pool: &Tokens, per_thread: usize) {
    let before = pool.cached();
    drop(take(pool, per_thread));
    assert_eq!(pool.cached(), before + per_thread, "this thread keeps them");
}

#[test]
fn what_the_thread_keeps_goes_with_the_last_handle_of_any_kind() {
    let (pool, count) = tokens(8, 4);
    fill_cache(&pool, 4);
    drop(pool);
    assert_eq!(dropped(&count), 8, "the last handle");

    let (pool, count) = tokens(8, 4);
    fill_cache(&pool, 4);
    let shared = pool.shared().clone();
    drop(pool);
    assert_eq!(dropped(&count), 0, "another handle is left");
    drop(shared);
    assert_eq!(dropped(&count), 8, "the last handle, though not one that keeps");
}
