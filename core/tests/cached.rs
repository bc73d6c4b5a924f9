//! Pools of which each thread keeps slots: who has a slot is counted, and that none is stranded.

#![cfg(all(feature = "alloc", feature = "std"))]
#![allow(clippy::disallowed_types, reason = "tests stand outside the facade")]

mod common;

use common::{counting_waker, panicking_waker, panics, poll};
use framepool_core::storage::Boxed;
use framepool_core::{BoxedPool, CachedPool};
use std::cell::Cell;
use std::pin::pin;
use std::ptr::null;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, RawWaker, RawWakerVTable, Waker};

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

fn take<L>(count: usize, try_acquire: impl FnMut() -> Option<L>) -> Vec<L> {
    let loans: Vec<_> = std::iter::from_fn(try_acquire).take(count).collect();
    assert_eq!(loans.len(), count, "so many are free");
    loans
}

/// Has this thread keep as many slots as it may, of a pool of which it has a cache.
fn fill_cache(pool: &Tokens, per_thread: usize) {
    let before = pool.cached();
    drop(take(per_thread, || pool.try_acquire()));
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

thread_local! {
    static ON_CLONE: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
    static WAKES: Cell<usize> = const { Cell::new(0) };
}

/// Returns a waker that runs `on_clone` as it is cloned, once, and counts in [`WAKES`].
fn waker_with(on_clone: impl FnOnce() + 'static) -> Waker {
    fn clone(_: *const ()) -> RawWaker {
        if let Some(on_clone) = ON_CLONE.take() {
            on_clone();
        }
        RawWaker::new(null(), &TABLE)
    }
    static TABLE: RawWakerVTable =
        RawWakerVTable::new(clone, |_| WAKES.set(WAKES.get() + 1), |_| {}, |_| {});
    ON_CLONE.set(Some(Box::new(on_clone)));
    // SAFETY: its functions use no data.
    unsafe { Waker::from_raw(RawWaker::new(null(), &TABLE)) }
}

#[test]
fn the_thread_of_a_task_that_waits_keeps_nothing() {
    let (pool, _) = tokens(2, 1);
    fill_cache(&pool, 1);
    let _held = take(1, || pool.try_acquire());
    let other = pool.try_acquire();
    let waker = waker_with(move || drop(other));
    let mut waiting = pin!(pool.acquire());
    assert!(poll(waiting.as_mut(), &waker).is_pending(), "none was free when it looked");
    assert_eq!(WAKES.get(), 1, "the slot that came back as it queued is its");
    assert!(matches!(poll(waiting, &waker), Poll::Ready(Ok(_))));
}

#[test]
fn a_poll_in_which_another_waker_panics_may_be_repeated() {
    let (pool, _) = tokens(8, 4);
    fill_cache(&pool, 4);
    let _held = take(4, || pool.shared().try_acquire());
    let mut before = pin!(pool.shared().acquire());
    assert!(poll(before.as_mut(), &panicking_waker()).is_pending(), "the rest is kept");
    let mut waiting = pin!(pool.acquire());
    let (count, waker) = counting_waker();
    assert!(panics(|| drop(poll(waiting.as_mut(), &waker))), "it serves the one before");
    assert!(matches!(poll(before, &waker), Poll::Ready(Ok(_))));
    assert!(matches!(poll(waiting, &waker), Poll::Ready(Ok(_))), "{} wakes", count.wakes());
}

#[test]
fn a_pool_without_caches_takes_no_place_from_one_that_has_some() {
    let (pool, _) = tokens(8, 4);
    fill_cache(&pool, 4);
    for (slots, per_thread) in [(8, 0), (1, 4)].into_iter().cycle().take(64) {
        let (without, _) = tokens(slots, per_thread);
        assert_eq!(without.cache_limit(), 0);
        drop(take(1, || without.try_acquire()));
        assert_eq!((without.available(), without.cached()), (slots, 0));
    }
    assert_eq!(pool.cached(), 4);
}
