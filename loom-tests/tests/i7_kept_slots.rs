//! Kills: a last handle that leaves in its thread's cache what keeps the pool; an owner that does not heed that the
//! pool is closed; a cache that is given up after its pool may be gone.
//!
//! I7: a slot that a thread keeps keeps the pool's memory, which is freed once, when the last one and the last
//! loan are back. After a close nothing is kept.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, Watched, cached_is_freed, count, explore, spawn};
use framepool_core_loom::{BoxedPool, CachedPool, end_thread};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};

/// 2 threads x 1 round, 2 slots: a handle each, and a slot that one thread keeps.
#[test]
fn a_thread_that_ends_frees_the_pool() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let other = pool.clone();
            let ends = spawn(move || {
                other.try_acquire().unwrap().write();
                assert_eq!(other.cached(), 1);
                drop(other);
            });
            drop(pool);
            ends.join().unwrap();
        });
    });
}

/// 2 threads x 1 round, 2 slots: the last handle is that of the thread that keeps a slot.
#[test]
fn the_last_handle_takes_with_it_what_its_thread_keeps() {
    explore(.., || {
        let token = std::sync::Arc::new(());
        let slots = BoxedPool::from_fn(2, || Watched::new(&token)).unwrap();
        let pool = CachedPool::new(slots, 1);
        let other = pool.clone();
        let thread = spawn(move || other.shared().try_acquire().unwrap().write());
        pool.try_acquire().unwrap().write();
        thread.join().unwrap();
        assert_eq!(pool.cached(), 1);
        drop(pool);
        assert_eq!(std::sync::Arc::strong_count(&token), 1, "not all of the pool is freed");
        end_thread();
    });
}

/// 2 threads x 1 round, 2 slots: a loan of a thread with a cache outlives the handles.
#[test]
fn a_loan_that_may_be_kept_outlives_the_handles() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let other = pool.clone();
            let ends = spawn(move || {
                let [first, second] = [(); 2].map(|()| other.try_acquire().unwrap());
                drop(other);
                first.write();
                drop(first);
                second.write();
                drop(second);
            });
            drop(pool);
            ends.join().unwrap();
        });
    });
}

/// 2 threads x 1 round, 2 slots: a slot that a thread keeps, and the loan and handle of another.
#[test]
fn the_last_of_a_kept_slot_and_a_loan_frees_the_pool() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let other = pool.clone();
            let loan = pool.shared().try_acquire().unwrap();
            let ends = spawn(move || {
                other.try_acquire().unwrap().write();
                drop(other);
            });
            drop(pool);
            loan.write();
            drop(loan);
            ends.join().unwrap();
        });
    });
}

/// 3 threads x 1 round, 4 slots: two threads with a cache each, and the last handle.
#[test]
fn two_threads_that_end_free_the_pool() {
    explore(3..=4, || {
        cached_is_freed(4, 1, |pool| {
            let threads = [pool.clone(), pool.clone()].map(|pool| {
                spawn(move || {
                    let loan = pool.try_acquire().unwrap();
                    drop(pool);
                    loan.write();
                    drop(loan);
                })
            });
            drop(pool);
            for thread in threads {
                thread.join().unwrap();
            }
        });
    });
}

/// 2 threads x 1 round, 2 slots: a close against hits.
#[test]
fn a_hit_after_a_close_finds_nothing() {
    static KEPT: Seen = Seen::new();
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let closed = Arc::new(AtomicBool::new(false));
            let (other, looks) = (pool.clone(), Arc::clone(&closed));
            let hits = spawn(move || {
                if let Some(loan) = other.try_acquire() {
                    loan.write();
                }
                let (was_closed, kept) = (looks.load(Ordering::Acquire), other.cached());
                let hit = other.try_acquire();
                if was_closed {
                    KEPT.note(kept == 1);
                    assert!(hit.is_none());
                    assert_eq!(count(&other), (2, 0));
                }
            });
            pool.close();
            closed.store(true, Ordering::Release);
            hits.join().unwrap();
            assert_eq!(count(&pool), (2, 0));
        });
    });
    KEPT.assert("a slot is kept as the pool is closed");
}

/// 2 threads x 1 round, 4 slots: after a close the owner drops a loan.
#[test]
fn a_drop_after_a_close_gives_all_back() {
    explore(.., || {
        cached_is_freed(4, 2, |pool| {
            let [loan, last, kept] = [(); 3].map(|()| pool.try_acquire().unwrap());
            drop(kept);
            assert_eq!(count(&pool), (1, 1));
            let other = pool.clone();
            spawn(move || other.close()).join().unwrap();
            loan.write();
            drop(loan);
            assert_eq!(count(&pool), (3, 0));
            last.write();
            drop(last);
            assert_eq!(count(&pool), (4, 0));
        });
    });
}

/// 1 thread x 1 round, 3 pools of 2 slots: a thread's cache outlives its pool, and does no harm.
#[test]
fn a_cache_outlives_its_pool() {
    explore(.., || {
        for _ in 0..3 {
            let pool = CachedPool::new(BoxedPool::from_fn(2, || ()).unwrap(), 1);
            drop(pool.try_acquire().unwrap());
            assert_eq!(count(&pool), (1, 1));
        }
        end_thread();
    });
}
