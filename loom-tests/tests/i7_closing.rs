//! Kills: a release with Release alone, where the last one out frees; a handle, an orphaned word or
//! a completed one that orders too little; WAITERS left up; a close that forgets a waiter.
//!
//! I7: closing wakes every waiter; loans outlive it; the memory is freed once, after the last
//! loan. What is never dropped shows as a token too many, what is dropped while in use as two
//! threads in one cell, and a look at a pool that ends as one that is not ordered before (`sync::Alive`).

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, Watched, explore, poll, waker, with_static};
use framepool_core_loom::{Boxed, BoxedPool, LeanPool, OnHeap, Pool, SharedPool};
use loom::{future::block_on, thread};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};

/// Wakes nobody.
struct Token;

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

impl Wake for Token {
    fn wake(self: Arc<Self>) {}
}

type Shared<T> = SharedPool<Boxed<T>, OnHeap>;

/// Runs `model` with a pool of its own, and expects that nothing of it is left.
fn is_freed(slots: usize, model: impl FnOnce(Shared<Watched>)) {
    let token = Arc::new(());
    model(SharedPool::new(BoxedPool::from_fn(slots, || Watched::new(&token)).unwrap()));
    assert_eq!(Arc::strong_count(&token), 1);
}

/// As `is_freed`, with two words; of their 63 slots the first and the last are watched.
fn two_words_are_freed(model: impl FnOnce(Shared<Option<Watched>>)) {
    let token = Arc::new(());
    let mut made = 0..63;
    let make = || made.next().filter(|slot| slot % 62 == 0).map(|_| Watched::new(&token));
    model(SharedPool::new(BoxedPool::from_fn(63, make).unwrap()));
    assert_eq!(Arc::strong_count(&token), 1);
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
        let pool = SharedPool::new(LeanPool::lean(slots));
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
        let pool = BoxedPool::from_fn_with_recycle(1, || (), Watched::new(&token)).unwrap();
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
        let pool = BoxedPool::from_fn_with_recycle(1, || (), Watched::new(&token)).unwrap();
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

/// 2 threads x 1 round: who becomes the only acquirer knows what went through the other handle.
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
    explore(.., || {
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

/// 2 threads x 1 round, 1 slot: who is turned away comes back to the pool before it is closed.
#[test]
fn a_waker_comes_back_to_a_pool_that_closes() {
    static TURNED_AWAY: Seen = Seen::new();
    explore(.., || {
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

/// 2 threads x 1 round, 1 slot, 4 waiters: each is turned away but the first, who goes.
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
    explore(.., || {
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
    explore(.., || {
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
fn a_look_at_several_words_leaves_nothing_behind_that_keeps_the_pool() {
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

/// 3 threads x 1 round: releases into a reserve race its end, while somebody waits outside.
#[test]
fn a_reserve_ends_while_somebody_waits_outside() {
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
    explore(.., || {
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
