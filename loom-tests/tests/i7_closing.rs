//! Kills: a release with Release alone, where the last one out frees.
//!
//! I7: closing wakes every waiter; loans outlive it; the memory is freed once, after the last
//! loan. What is never dropped shows as a token too many, what is dropped while in use as two
//! threads in one cell.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::explore;
use framepool_core_loom::{BoxedPool, Pool, SharedPool};
use loom::{cell::UnsafeCell, future::block_on, sync::Arc, thread};

/// A value whose use and whose end are both watched.
struct Watched {
    cell: UnsafeCell<u32>,
    _token: Arc<()>,
}

// SAFETY: loom checks each access to the cell.
unsafe impl Sync for Watched {}

impl Drop for Watched {
    fn drop(&mut self) {
        self.cell.with_mut(|_| ());
    }
}

#[test]
fn the_last_of_two_loans_and_a_handle_frees_the_pool() {
    explore(None, || {
        let token = Arc::new(());
        let made = Arc::clone(&token);
        let make = move || Watched { cell: UnsafeCell::new(0), _token: Arc::clone(&made) };
        let pool = SharedPool::new(BoxedPool::from_fn(2, make).unwrap());
        let a = pool.try_acquire().unwrap();
        let b = pool.try_acquire().unwrap();
        let thread = thread::spawn(move || {
            a.cell.with_mut(|_| ());
            drop(a);
        });
        drop(pool);
        drop(b);
        thread.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

#[test]
fn a_slot_handed_over_keeps_its_pool() {
    explore(Some(3), || {
        let pool = SharedPool::new(BoxedPool::from_fn(1, || 0_u32).unwrap());
        let mut held = pool.try_acquire().unwrap();
        let thread = thread::spawn(move || {
            *held += 1;
            drop(held);
        });
        let loan = block_on(pool.acquire()).unwrap();
        drop(pool);
        assert_eq!(*loan, 1);
        drop(loan);
        thread.join().unwrap();
    });
}

#[test]
fn closing_turns_a_waiter_away_or_a_release_serves_it() {
    explore(Some(2), || {
        let pool: &'static Pool<u32, 1> = Box::leak(Box::new(Pool::new([0])));
        let held = pool.try_acquire().unwrap();
        let release = thread::spawn(move || drop(held));
        let close = thread::spawn(move || pool.close());
        drop(block_on(pool.acquire()));
        release.join().unwrap();
        close.join().unwrap();
        assert_eq!(pool.available(), 1);
    });
}

#[test]
fn a_pool_of_two_words_is_freed_once() {
    explore(Some(2), || {
        let token = Arc::new(());
        let made = Arc::clone(&token);
        let pool = SharedPool::new(BoxedPool::from_fn(63, move || Arc::clone(&made)).unwrap());
        let low = pool.try_acquire().unwrap();
        let mut rest: Vec<_> = (0..62).map(|_| pool.try_acquire().unwrap()).collect();
        let high = rest.pop().unwrap();
        assert_eq!((low.index(), high.index()), (0, 62));
        drop(rest);
        let releases = [thread::spawn(move || drop(low)), thread::spawn(move || drop(high))];
        drop(pool);
        for release in releases {
            release.join().unwrap();
        }
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

#[test]
fn a_look_at_several_words_leaves_nothing_behind_that_keeps_the_pool() {
    explore(Some(2), || {
        let token = Arc::new(());
        let made = Arc::clone(&token);
        let pool = SharedPool::new(BoxedPool::from_fn(63, move || Arc::clone(&made)).unwrap());
        let mut held: Vec<_> = (0..63).map(|_| pool.try_acquire().unwrap()).collect();
        let high = held.pop().unwrap();
        assert!(pool.try_acquire().is_none());
        let release = thread::spawn(move || drop(high));
        drop(pool);
        drop(held);
        release.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

/// That nothing is touched is seen by the address sanitizer: `core/check.sh models`.
#[test]
fn a_release_that_learns_of_a_waiter_late_touches_no_freed_pool() {
    explore(Some(2), || {
        let token = Arc::new(());
        let made = Arc::clone(&token);
        let pool = SharedPool::new(BoxedPool::from_fn(2, move || Arc::clone(&made)).unwrap());
        let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
        let releases = [thread::spawn(move || drop(a)), thread::spawn(move || drop(b))];
        let loan = block_on(pool.acquire()).unwrap();
        drop(pool);
        drop(loan);
        for release in releases {
            release.join().unwrap();
        }
        assert_eq!(Arc::strong_count(&token), 1);
    });
}
