//! Kills: a release with Release alone, where the last one out frees; a handle, an orphaned word or
//! a completed one that orders too little; an orphaned word that keeps WAITERS; a pool that is shared
//! without a number.
//!
//! I7: loans outlive the handles of their pool; its memory is freed once, after the last loan. What is
//! never dropped shows as a token too many, what is dropped while in use as two threads in one cell,
//! and a look at a pool that ends as one that is not ordered before (`sync::Alive`).

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, Watched, explore, is_freed, poll, two_words_are_freed};
use framepool_core_loom::{BoxedPool, LeanPool, SharedPool};
use loom::{future::block_on, thread};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};

/// Reads a cell when it wakes.
struct Reader(Arc<Watched>);

impl Wake for Reader {
    fn wake(self: Arc<Self>) {
        self.0.read();
    }
}

/// Writes to a cell when it is dropped, with the pool.
struct Writer(Arc<Watched>);

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.write();
    }
}

fn write(slot: &Option<Watched>) {
    slot.as_ref().unwrap().write();
}

/// 2 threads x 1 round: a loan here, a loan and the handle there.
#[test]
fn the_last_of_two_loans_and_a_handle_frees_the_pool() {
    explore(.., || {
        is_freed(2, |pool| {
            let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
            let thread = thread::spawn(move || {
                a.write();
                drop(a);
            });
            drop(pool);
            b.write();
            drop(b);
            thread.join().unwrap();
        });
    });
}

/// 2 threads x 1 round: the same of a pool that does not count its words.
#[test]
fn the_last_of_two_loans_frees_a_lean_pool() {
    explore(.., || {
        let token = Arc::new(());
        let slots = [Watched::new(&token), Watched::new(&token)];
        let pool = SharedPool::new(LeanPool::new(slots));
        let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
        let thread = thread::spawn(move || {
            a.write();
            drop(a);
        });
        drop(pool);
        b.write();
        drop(b);
        thread.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

/// 3 threads x 1 round: two loans of one word, and the handle. Unbounded it takes minutes.
#[test]
fn two_releases_against_the_last_handle() {
    explore(3..=5, || {
        is_freed(2, |pool| {
            let loans = [pool.try_acquire().unwrap(), pool.try_acquire().unwrap()];
            let releases = loans.map(|loan| {
                thread::spawn(move || {
                    loan.write();
                    drop(loan);
                })
            });
            drop(pool);
            for release in releases {
                release.join().unwrap();
            }
        });
    });
}

/// 3 threads x 1 round: handles clone, acquire and go, and one loan outlives them.
#[test]
fn handles_go_while_another_is_cloned() {
    explore(3.., || {
        is_freed(2, |pool| {
            let other = pool.clone();
            let handles = thread::spawn(move || {
                let third = other.clone();
                drop(other);
                third.try_acquire().unwrap().write();
            });
            let loan = pool.try_acquire().unwrap();
            let release = thread::spawn(move || {
                loan.write();
                drop(loan);
            });
            drop(pool);
            handles.join().unwrap();
            release.join().unwrap();
        });
    });
}

/// 2 threads x 1 round: what a handle used of the pool is over when a loan frees it.
#[test]
fn what_handles_did_happens_before_the_end() {
    explore(.., || {
        let token = Arc::new(());
        let pool = BoxedPool::from_fn(1, || ()).unwrap().recycled_by(Watched::new(&token));
        let pool = SharedPool::new(pool);
        let loan = pool.try_acquire().unwrap();
        let other = pool.clone();
        let thread = thread::spawn(move || {
            other.hook().read();
            drop(other);
            drop(loan);
        });
        pool.hook().read();
        drop(pool);
        thread.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

/// 3 threads x 1 round: two handles and a loan, each in a thread of its own.
#[test]
fn what_two_handles_did_happens_before_the_end() {
    explore(.., || {
        let token = Arc::new(());
        let pool = BoxedPool::from_fn(1, || ()).unwrap().recycled_by(Watched::new(&token));
        let pool = SharedPool::new(pool);
        let loan = pool.try_acquire().unwrap();
        let other = pool.clone();
        let handle = thread::spawn(move || {
            other.hook().read();
            drop(other);
        });
        let release = thread::spawn(move || drop(loan));
        pool.hook().read();
        drop(pool);
        handle.join().unwrap();
        release.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

/// 2 threads x 1 round: an exclusive acquirer goes with slots in its cache, before its loan.
#[test]
fn an_exclusive_acquirer_gives_its_cache_back_to_the_end() {
    explore(.., || {
        is_freed(3, |pool| {
            let mut exclusive = pool.into_exclusive().unwrap();
            let loan = exclusive.try_acquire().unwrap();
            let thread = thread::spawn(move || {
                loan.write();
                drop(loan);
            });
            exclusive.try_acquire().unwrap().write();
            drop(exclusive);
            thread.join().unwrap();
        });
    });
}

/// 2 threads x 1 round: the last share of a slot frees the pool.
#[test]
fn the_last_share_frees_the_pool() {
    explore(.., || {
        is_freed(1, |pool| {
            let share = pool.try_acquire().unwrap().freeze();
            let other = share.clone();
            let thread = thread::spawn(move || {
                other.read();
                drop(other);
            });
            share.read();
            drop(pool);
            drop(share);
            thread.join().unwrap();
        });
    });
}

/// 2 threads x 1 round.
#[test]
fn a_slot_handed_over_keeps_its_pool() {
    explore(4.., || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let thread = thread::spawn(move || {
                held.write();
                drop(held);
            });
            let loan = block_on(pool.acquire()).unwrap();
            drop(pool);
            loan.write();
            drop(loan);
            thread.join().unwrap();
        });
    });
}

/// 3 threads x 1 round.
#[test]
fn a_release_that_learns_of_a_waiter_late_touches_no_freed_pool() {
    explore(2..=3, || {
        is_freed(2, |pool| {
            let loans = [pool.try_acquire().unwrap(), pool.try_acquire().unwrap()];
            let releases = loans.map(|loan| thread::spawn(move || drop(loan)));
            let loan = block_on(pool.acquire()).unwrap();
            drop(pool);
            drop(loan);
            for release in releases {
                release.join().unwrap();
            }
        });
    });
}

/// 3 threads x 1 round: a waiter with a handle of its own, a release, a close and all handles gone.
#[test]
fn a_waiter_with_a_handle_of_its_own_against_the_end() {
    static SERVED: Seen = Seen::new();
    explore(2..=2, || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let own = pool.clone();
            let waiter = thread::spawn(move || {
                let outcome = block_on(own.acquire());
                drop(own);
                if let Ok(loan) = &outcome {
                    SERVED.note(true);
                    loan.write();
                }
            });
            let release = thread::spawn(move || {
                held.write();
                drop(held);
            });
            pool.close();
            drop(pool);
            release.join().unwrap();
            waiter.join().unwrap();
        });
    });
    SERVED.assert("the waiter is served");
}

/// 2 threads x 1 round: a waiter comes, is served or not, and goes; then all goes.
#[test]
fn a_waiter_that_went_leaves_nothing_behind_that_keeps_the_pool() {
    static SERVED: Seen = Seen::new();
    static FOUND: Seen = Seen::new();
    explore(4..=6, || {
        is_freed(2, |pool| {
            let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
            let release = thread::spawn(move || {
                a.write();
                drop(a);
            });
            let mut going = Box::pin(pool.acquire());
            let early = poll(&mut going);
            let late = if early.is_pending() { poll(&mut going) } else { Poll::Pending };
            FOUND.note(early.is_ready());
            SERVED.note(late.is_ready());
            drop(going);
            drop((early, late));
            drop(pool);
            b.write();
            drop(b);
            release.join().unwrap();
        });
    });
    FOUND.assert("the slot is found at once");
    SERVED.assert("the slot is handed over");
}

/// 2 threads x 1 round: a waiter that was queued is forgotten.
#[test]
fn a_forgotten_waiter_is_turned_away_or_costs_the_pool() {
    static FREED: Seen = Seen::new();
    static KEPT: Seen = Seen::new();
    explore(5.., || {
        let token = Arc::new(());
        let tokens = Arc::clone(&token);
        let pool = SharedPool::new(BoxedPool::from_fn(1, move || Arc::clone(&tokens)).unwrap());
        let held = pool.try_acquire().unwrap();
        let mut forgotten = Box::pin(pool.acquire());
        assert!(poll(&mut forgotten).is_pending());
        std::mem::forget(forgotten);
        let release = thread::spawn(move || drop(held));
        drop(pool);
        release.join().unwrap();
        FREED.note(Arc::strong_count(&token) == 1);
        KEPT.note(Arc::strong_count(&token) == 2);
        assert!(Arc::strong_count(&token) <= 2);
    });
    FREED.assert("it is turned away, and the release frees the pool");
    KEPT.assert("it is handed the slot for ever");
}

/// 3 threads x 1 round, 2 words: the last loan of each, and the handle.
#[test]
fn a_pool_of_two_words_is_freed_once() {
    explore(2..=4, || {
        two_words_are_freed(|pool| {
            let low = pool.try_acquire().unwrap();
            let rest = pool.try_acquire_run(61).unwrap();
            let high = pool.try_acquire().unwrap();
            assert_eq!((low.index(), high.index()), (0, 62));
            drop(rest);
            let releases = [low, high].map(|loan| {
                thread::spawn(move || {
                    write(&loan);
                    drop(loan);
                })
            });
            drop(pool);
            for release in releases {
                release.join().unwrap();
            }
        });
    });
}

/// 2 threads x 1 round, 2 words.
#[test]
fn a_scan_of_several_words_leaves_nothing_behind_that_keeps_the_pool() {
    explore(.., || {
        two_words_are_freed(|pool| {
            let low = pool.try_acquire_run(62);
            let high = pool.try_acquire().unwrap();
            assert!(pool.try_acquire().is_none());
            assert!(pool.try_acquire_run(1).is_none());
            let release = thread::spawn(move || {
                write(&high);
                drop(high);
            });
            drop(pool);
            drop(low);
            release.join().unwrap();
        });
    });
}

/// 3 threads x 1 round, 2 words: a waiter, and a release of each word.
#[test]
fn a_waiter_of_two_words_against_the_end() {
    explore(1..=2, || {
        two_words_are_freed(|pool| {
            let low = pool.try_acquire().unwrap();
            let rest = pool.try_acquire_run(61).unwrap();
            let high = pool.try_acquire().unwrap();
            let releases = [low, high].map(|loan| thread::spawn(move || drop(loan)));
            let loan = block_on(pool.acquire()).unwrap();
            drop(pool);
            write(&loan);
            drop(loan);
            for release in releases {
                release.join().unwrap();
            }
            drop(rest);
        });
    });
}

/// 2 threads x 1 round: a reserve with its own handle; its loan, or its handle, is the last of it
/// and frees the pool around it too.
#[test]
fn the_last_of_a_reserve_gives_back_and_frees_both() {
    explore(.., || {
        is_freed(2, |pool| {
            let reserve = SharedPool::new(pool.reserve(2).unwrap());
            drop(pool);
            let (a, b) = (reserve.try_acquire().unwrap(), reserve.try_acquire().unwrap());
            let release = thread::spawn(move || {
                a.write();
                drop(a);
            });
            b.write();
            drop(b);
            drop(reserve);
            release.join().unwrap();
        });
    });
}

/// 3 threads x 1 round: releases into a reserve race its end, while a task waits outside.
#[test]
fn a_reserve_ends_while_a_task_waits_outside() {
    explore(1..=2, || {
        is_freed(2, |pool| {
            let reserve = SharedPool::new(pool.reserve(2).unwrap());
            let loans = [reserve.try_acquire().unwrap(), reserve.try_acquire().unwrap()];
            let releases = loans.map(|loan| {
                thread::spawn(move || {
                    loan.write();
                    drop(loan);
                })
            });
            drop(reserve);
            let loan = block_on(pool.acquire()).unwrap();
            drop(pool);
            loan.write();
            drop(loan);
            for release in releases {
                release.join().unwrap();
            }
        });
    });
}

/// 2 threads x 1 round: what the last handle does while it goes, here in a forgotten waiter's waker,
/// happens before the pool is freed.
#[test]
fn what_the_last_handle_does_happens_before_the_end() {
    explore(5.., || {
        let token = Arc::new(());
        let watched = Arc::new(Watched::new(&token));
        let pool = BoxedPool::from_fn(1, || Writer(Arc::clone(&watched))).unwrap();
        let pool = SharedPool::new(pool);
        let loan = pool.try_acquire().unwrap();
        let mut forgotten = Box::pin(pool.acquire());
        let waker = Arc::new(Reader(watched)).into();
        assert!(forgotten.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        std::mem::forget(forgotten);
        drop(waker);
        let release = thread::spawn(move || drop(loan));
        drop(pool);
        release.join().unwrap();
    });
}

/// 2 threads x 1 round, 6 pools: the queues of pools that have gone are used again, each by one pool.
#[test]
fn no_two_pools_have_one_queue() {
    explore(3.., || {
        let share = || SharedPool::new(BoxedPool::from_fn(1, || ()).unwrap());
        drop([share(), share()]);
        let other = thread::spawn(move || {
            let (gone, kept) = (share(), share());
            drop(gone);
            kept
        });
        let first = share();
        let pools = [first, other.join().unwrap(), share()];
        let held = pools.each_ref().map(|pool| pool.try_acquire().unwrap());
        let mut waiters = pools.each_ref().map(|pool| Box::pin(pool.acquire()));
        assert!(waiters.iter_mut().all(|waiter| poll(waiter).is_pending()));
        for (held, waiter) in held.into_iter().zip(&mut waiters) {
            drop(held);
            assert!(matches!(poll(waiter), Poll::Ready(Ok(_))), "served by its own pool");
        }
    });
}

/// 2 threads x 1 round, 4 pools: none of the queues of pools that have gone is lost.
#[test]
fn no_queue_is_lost() {
    explore(.., || {
        let share = || SharedPool::new(BoxedPool::from_fn(1, || ()).unwrap());
        let [first, second, third] = [(); 3].map(|()| share());
        drop(first);
        let ends = thread::spawn(move || drop(second));
        drop(share());
        ends.join().unwrap();
        drop(third);
    });
}
