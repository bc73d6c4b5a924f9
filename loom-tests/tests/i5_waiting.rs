//! Kills: a release that does not look for waiters; a release that serves after closing has begun; a
//! waiter that is queued without a last scan of every slot; a gate that a later claim does not see; a
//! release that serves another pool's waiter.
//!
//! I5: no lost wake-up; first come, first served. loom's `block_on` reports a waiter that is never
//! woken as a deadlock.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, poll, waker, with_static};
use framepool_core_loom::Pool;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::{future::block_on, thread};
use std::future::Future;
use std::task::{Context, Poll};

type Wide = Pool<(), 63, 2>;

/// 2 threads x 1 round, 1 slot.
#[test]
fn a_release_wakes_the_waiter() {
    explore(4.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let mut held = pool.try_acquire().unwrap();
            let thread = thread::spawn(move || *held += 1);
            let mut loan = block_on(pool.acquire()).unwrap();
            *loan += 1;
            assert_eq!(*loan, 2);
            drop(loan);
            thread.join().unwrap();
            assert_eq!(pool.available(), 1);
            assert!(!pool.is_flagged(), "no task waits");
        });
    });
}

/// 3 threads x 1 round, 2 slots: the last scan before a task queues is of every slot.
#[test]
fn a_last_scan_is_of_every_slot() {
    explore(1..=2, || {
        with_static(Pool::new([(); 2]), |pool| {
            let held = [(); 2].map(|()| pool.try_acquire().unwrap());
            let release = thread::spawn(move || drop(held));
            let claim = thread::spawn(move || std::mem::forget(pool.try_acquire()));
            drop(block_on(pool.acquire()).unwrap());
            release.join().unwrap();
            claim.join().unwrap();
            assert!(!pool.is_flagged(), "no task waits");
        });
    });
}

/// 2 threads x 1 round, 2 slots: the slot that the last scan tries first goes to a claim that saw no waiter.
#[test]
fn a_last_scan_goes_on_after_a_slot_was_taken() {
    explore(4..=6, || {
        with_static(Pool::new([(); 2]), |pool| {
            let [low, high] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let waiter = thread::spawn(move || drop(block_on(pool.acquire()).unwrap()));
            drop(high);
            drop(low);
            std::mem::forget(pool.try_acquire());
            waiter.join().unwrap();
            assert!(!pool.is_flagged(), "no task waits");
        });
    });
}

/// 2 threads x 1 round, 1 slot: a woken task comes back to the pool before the release is over.
#[test]
fn a_waker_comes_back() {
    static FOUND: Seen = Seen::new();
    explore(4..=6, || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            let [first, second] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let mut waiter = Box::pin(pool.acquire());
            let back = waker(|| FOUND.note(pool.try_acquire().is_some()));
            assert!(waiter.as_mut().poll(&mut Context::from_waker(&back)).is_pending());
            let release = thread::spawn(move || drop(first));
            drop(second);
            release.join().unwrap();
            assert!(matches!(poll(&mut waiter), Poll::Ready(Ok(_))));
        });
    });
    FOUND.assert("the other slot is free when it comes");
}

/// 2 threads x 1 round, 2 slots, 2 waiters: while the older one's waker runs, the younger one has the slot
/// of a release that is over.
#[test]
fn a_slow_waker_keeps_no_other_waiting() {
    static OVER: Seen = Seen::new();
    explore(4..=6, || {
        with_static(Pool::new([(); 2]), |pool| {
            let held = [(); 2].map(|()| pool.try_acquire().unwrap());
            let (mut older, mut younger) = (Box::pin(pool.acquire()), Box::pin(pool.acquire()));
            // Loom does not see these, so they order nothing.
            let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let served = std::sync::Arc::new(std::sync::Mutex::new(None));
            let (other_is_over, answer) = (over.clone(), served.clone());
            let waits = std::sync::Arc::new(std::sync::Mutex::new(None));
            let looks = waits.clone();
            let slow = waker(move || {
                if other_is_over.load(Ordering::Relaxed) {
                    let younger: Option<Waiting> = looks.lock().unwrap().take();
                    *answer.lock().unwrap() = younger.map(|mut younger| poll(&mut younger));
                }
            });
            assert!(older.as_mut().poll(&mut Context::from_waker(&slow)).is_pending());
            drop(slow);
            assert!(poll(&mut younger).is_pending());
            *waits.lock().unwrap() = Some(younger);
            let [a, b] = held.map(|held| {
                let over = over.clone();
                move || {
                    drop(held);
                    over.store(true, Ordering::Relaxed);
                }
            });
            let thread = thread::spawn(a);
            b();
            thread.join().unwrap();
            assert!(matches!(poll(&mut older), Poll::Ready(Ok(_))));
            let during = served.lock().unwrap().take();
            OVER.note(during.is_some());
            let younger = waits.lock().unwrap().take();
            let served = during.or_else(|| younger.map(|mut younger| poll(&mut younger)));
            assert!(matches!(served, Some(Poll::Ready(Ok(_)))), "its slot was free");
        });
    });
    OVER.assert("the other release is over when the older one is woken");
}

type Waiting = std::pin::Pin<Box<framepool_core_loom::Acquire<'static, &'static Pool<(), 2>>>>;

/// 2 threads x 1 round, 2 slots: the thread that serves one waiter looks for the other one's slot when it
/// has let go of the lock.
#[test]
fn two_releases_serve_two_waiters() {
    explore(4..=6, || {
        with_static(Pool::new([(); 2]), |pool| {
            let [a, b] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let mut waiters = [(); 2].map(|()| Box::pin(pool.acquire()));
            assert!(waiters.iter_mut().all(|waiter| poll(waiter).is_pending()));
            let thread = thread::spawn(move || drop(a));
            drop(b);
            thread.join().unwrap();
            // The younger first: a poll looks for word, too.
            for waiter in waiters.iter_mut().rev() {
                assert!(matches!(poll(waiter), Poll::Ready(Ok(_))));
            }
        });
    });
}

/// 2 threads x 1 round, 3 slots: more come back while the lock is held than are served at once.
#[test]
fn three_slots_left_for_one_holder_serve_three_waiters() {
    explore(3..=5, || {
        with_static(Pool::new([(); 3]), |pool| {
            let held = [(); 3].map(|()| pool.try_acquire().unwrap());
            let mut waiters = [(); 3].map(|()| Box::pin(pool.acquire()));
            assert!(waiters.iter_mut().all(|waiter| poll(waiter).is_pending()));
            let release = thread::spawn(move || drop(held));
            let [older @ .., youngest] = &mut waiters;
            let early = poll(youngest);
            release.join().unwrap();
            // The youngest first: a poll looks for word, too.
            let late = if early.is_pending() { poll(youngest) } else { early };
            assert!(matches!(late, Poll::Ready(Ok(_))));
            assert!(older.iter_mut().all(|waiter| matches!(poll(waiter), Poll::Ready(Ok(_)))));
        });
    });
}

/// 2 threads x 1 round, 2 slots: of two that are back one is due to the waiter, and a claim finds the other,
/// though both were left to the lock's holder.
#[test]
fn a_claim_finds_what_is_due_to_no_waiter() {
    static QUEUED: Seen = Seen::new();
    explore(4..=6, || {
        with_static(Pool::new([(); 2]), |pool| {
            let held = [(); 2].map(|()| pool.try_acquire().unwrap());
            let mut waiter = Box::pin(pool.acquire());
            assert!(poll(&mut waiter).is_pending());
            let holder = thread::spawn(move || {
                let early = poll(&mut waiter);
                (early, waiter)
            });
            drop(held);
            let claimed = pool.try_acquire();
            assert!(claimed.is_some(), "two slots are free, and one task waits");
            let (early, mut waiter) = holder.join().unwrap();
            QUEUED.note(early.is_pending());
            let served = if early.is_pending() { poll(&mut waiter) } else { early };
            assert!(matches!(served, Poll::Ready(Ok(_))));
        });
    });
    QUEUED.assert("it is polled before it is served");
}

/// 2 threads x 1 round, 3 pools of 1 slot: two are waited for at once, and then a third, which shares
/// a queue with one of them.
#[test]
fn of_three_pools_each_serves_its_own() {
    explore(.., || {
        let pools = [(); 3].map(|()| Pool::new([0_u32]));
        with_static(pools, |pools| {
            let [one, other, third] = pools;
            let mut held = pools.each_ref().map(|pool| pool.try_acquire());
            let wait = |pool: &'static Pool<u32, 1>| {
                let mut waiter = Box::pin(pool.acquire());
                assert!(poll(&mut waiter).is_pending());
                waiter
            };
            let thread = thread::spawn(move || wait(one));
            let others = wait(other);
            let mut waiters = [thread.join().unwrap(), others, wait(third)];
            for last in (0..waiters.len()).rev() {
                held[last] = None;
                assert!(waiters[..last].iter_mut().all(|waiter| poll(waiter).is_pending()));
                assert!(matches!(poll(&mut waiters[last]), Poll::Ready(Ok(_))));
            }
        });
    });
}

/// 3 threads x 1 round, 1 slot: the first two to wait for this pool, so both may number it.
#[test]
fn one_slot_goes_through_two_waiters() {
    explore(1..=2, || {
        with_static(Pool::new([0_u32]), |pool| {
            let mut held = pool.try_acquire().unwrap();
            let release = thread::spawn(move || *held += 1);
            let other = thread::spawn(move || *block_on(pool.acquire()).unwrap() += 1);
            *block_on(pool.acquire()).unwrap() += 1;
            release.join().unwrap();
            other.join().unwrap();
            assert_eq!(*pool.try_acquire().unwrap(), 3);
        });
    });
}

/// 3 threads x 1 round, 2 slots: two releases by a thread that then claims, and two waiters that
/// keep what they get.
#[test]
fn two_waiters_against_two_releases_and_a_claim() {
    explore(1..=1, || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
            let releases = thread::spawn(move || {
                drop(a);
                drop(b);
                drop(pool.try_acquire());
            });
            let waiter = thread::spawn(move || std::mem::forget(block_on(pool.acquire())));
            let loan = block_on(pool.acquire()).unwrap();
            releases.join().unwrap();
            waiter.join().unwrap();
            drop(loan);
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 2 threads x 2 rounds, 1 slot: each waits twice.
#[test]
fn two_threads_wait_in_turn() {
    explore(3..=4, || {
        with_static(Pool::new([0_u32]), |pool| {
            let twice = || {
                for _ in 0..2 {
                    *block_on(pool.acquire()).unwrap() += 1;
                }
            };
            let thread = thread::spawn(twice);
            twice();
            thread.join().unwrap();
            assert_eq!(*pool.try_acquire().unwrap(), 4);
        });
    });
}

/// 3 threads x 1 round, 1 slot: a claim after the waiters queued does not overtake them, and the
/// younger is not served before the older.
#[test]
fn first_come_first_served() {
    static PASSED: Seen = Seen::new();
    explore(1..=2, || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let (mut older, mut younger) = (Box::pin(pool.acquire()), Box::pin(pool.acquire()));
            assert!(poll(&mut older).is_pending());
            assert!(poll(&mut younger).is_pending());
            let release = thread::spawn(move || drop(held));
            let newcomer = thread::spawn(move || pool.try_acquire().is_some());
            let second = poll(&mut younger);
            let first = poll(&mut older);
            assert!(second.is_pending(), "the older one has not gone");
            // The newcomer may have to serve, if it has the lock when the slot comes back.
            let first = match first {
                Poll::Ready(first) => first,
                Poll::Pending => block_on(older),
            };
            drop(first.unwrap());
            drop(block_on(younger).unwrap());
            release.join().unwrap();
            let passed = newcomer.join().unwrap();
            PASSED.note(passed);
        });
    });
    PASSED.assert("the newcomer finds the slot when both are gone");
}

/// A slot is given back while a task waits and `newcomer`, which began later, claims in one way or
/// another.
fn is_not_overtaken(newcomer: impl FnOnce() -> bool + 'static, held: Held, mut waiter: Waiter) {
    assert!(poll(&mut waiter).is_pending());
    let release = thread::spawn(move || drop(held));
    let newcomer = thread::spawn(newcomer);
    release.join().unwrap();
    assert!(!newcomer.join().unwrap(), "a task waits");
    assert!(matches!(poll(&mut waiter), Poll::Ready(Ok(_))));
}

type Held = framepool_core_loom::Loan<&'static Pool<u32, 1>>;
type Waiter = std::pin::Pin<Box<framepool_core_loom::Acquire<'static, &'static Pool<u32, 1>>>>;

/// 2 threads x 1 round, 2 slots: the first waiter asks under the lock when its slot comes back, and then the
/// second one's does.
#[test]
fn a_poll_that_has_a_slot_serves_what_was_left() {
    explore(.., || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            let [first, second] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let [mut older, mut newer] = [(); 2].map(|()| Box::pin(pool.acquire()));
            assert!(poll(&mut older).is_pending() && poll(&mut newer).is_pending());
            let release = thread::spawn(move || {
                drop(first);
                drop(second);
            });
            let loan = poll(&mut older);
            release.join().unwrap();
            assert!(poll(&mut newer).is_ready(), "another slot came back");
            assert!(loan.is_ready() || poll(&mut older).is_ready(), "its own came first");
            drop(loan);
        });
    });
}

/// 2 threads x 1 round, 2 words: a slot comes back and is taken again during a search, and then a task queues
/// while the search is repeated under the lock.
#[test]
fn a_waiter_comes_during_a_search_under_the_lock() {
    static QUEUED: Seen = Seen::new();
    explore(3..=3, || {
        with_static(Wide::wide([(); 63]), |pool| {
            let [held, moves] = [(); 2].map(|()| pool.try_acquire().unwrap());
            std::mem::forget(pool.try_acquire_run(60));
            std::mem::forget(pool.try_acquire());
            let waits = thread::spawn(move || {
                drop(moves);
                std::mem::forget(pool.try_acquire());
                let mut waiter = Box::pin(pool.acquire());
                let is_pending = poll(&mut waiter).is_pending();
                (waiter, is_pending)
            });
            let found = pool.try_acquire();
            let (mut waiter, is_pending) = waits.join().unwrap();
            QUEUED.note(is_pending && found.is_none());
            drop((held, found));
            assert!(!is_pending || poll(&mut waiter).is_ready(), "a slot came back");
        });
    });
    QUEUED.assert("it queues");
}

/// 2 threads x 1 round, 2 words: a claim that began before a task queued finds a word watched, and a slot in
/// it.
#[test]
fn a_claim_does_not_end_the_watching_while_a_task_waits() {
    let queued = |pool: &'static Wide| {
        let mut waiter = Box::pin(pool.acquire());
        assert!(poll(&mut waiter).is_pending());
        waiter
    };
    explore(3..=3, move || {
        with_static(Wide::wide([(); 63]), |pool| {
            let held = pool.try_acquire().unwrap();
            while pool.try_acquire().map(std::mem::forget).is_some() {}
            let waits = thread::spawn(move || {
                let waiter = queued(pool);
                drop(held);
                waiter
            });
            drop(pool.try_acquire());
            let mut waiter = waits.join().unwrap();
            assert!(poll(&mut waiter).is_ready(), "the slot came back");
        });
    });
}

/// 2 threads x 1 round, 2 words: the same claim has the lock while slots of both words come back.
#[test]
fn a_claim_that_asks_for_the_end_of_watching_serves_what_was_left() {
    explore(3..=3, || {
        with_static(Wide::wide([(); 63]), |pool| {
            let low = pool.try_acquire().unwrap();
            std::mem::forget(pool.try_acquire_run(61));
            let high = pool.try_acquire().unwrap();
            assert_eq!(high.index(), 62);
            let waits = thread::spawn(move || {
                let mut waiter = Box::pin(pool.acquire());
                assert!(poll(&mut waiter).is_pending());
                drop((low, high));
                waiter
            });
            let is_found = pool.try_acquire().map(std::mem::forget).is_some();
            let mut waiter = waits.join().unwrap();
            assert!(poll(&mut waiter).is_ready(), "another slot came back, {is_found}");
        });
    });
}

/// 3 threads x 1 round, 1 slot: an acquirer that remembers the slot.
#[test]
fn a_hint_does_not_overtake() {
    explore(4.., || {
        with_static(Pool::new([0_u32]), |pool| {
            // Found where it came back last: from now on it is claimed without a look.
            let mut hinted = pool.acquirer();
            (0..2).for_each(|_| drop(hinted.try_acquire().unwrap()));
            let held = pool.try_acquire().unwrap();
            let newcomer = move || hinted.try_acquire().is_some();
            is_not_overtaken(newcomer, held, Box::pin(pool.acquire()));
        });
    });
}

/// 3 threads x 1 round, 1 slot.
#[test]
fn a_run_does_not_overtake() {
    explore(4.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let newcomer = || pool.try_acquire_run(1).is_some();
            is_not_overtaken(newcomer, held, Box::pin(pool.acquire()));
        });
    });
}

/// 2 threads x 1 round, 1 slot: polled by one task and then by another, which alone is woken.
#[test]
fn the_newest_waker_is_woken() {
    explore(6.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let mut waiter = Box::pin(pool.acquire());
            assert!(poll(&mut waiter).is_pending());
            let release = thread::spawn(move || drop(held));
            drop(block_on(waiter).unwrap());
            release.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
}

/// 3 threads x 1 round, 2 slots: a thread that takes a slot that was given back behind a waiter's
/// back knows of the waiter from then on.
#[test]
fn no_thread_overtakes_a_waiter_twice() {
    static ONCE: Seen = Seen::new();
    explore(2..=4, || {
        with_static(Pool::new([(); 2]), |pool| {
            let held = [pool.try_acquire().unwrap(), pool.try_acquire().unwrap()];
            // Relaxed: tells that a task waits, and makes nothing of it visible.
            let queued = Arc::new(AtomicBool::new(false));
            let clock = Arc::clone(&queued);
            let release = thread::spawn(move || {
                if clock.load(Ordering::Relaxed) {
                    drop(held);
                } else {
                    std::mem::forget(held);
                }
            });
            let overtake = thread::spawn(move || {
                let first = pool.try_acquire();
                let second = first.as_ref().and_then(|_| pool.try_acquire());
                let taken = [first.is_some(), second.is_some()];
                std::mem::forget((first, second));
                taken
            });
            let mut waiter = Box::pin(pool.acquire());
            assert!(poll(&mut waiter).is_pending());
            queued.store(true, Ordering::Relaxed);
            release.join().unwrap();
            let taken = overtake.join().unwrap();
            ONCE.note(taken[0]);
            assert_ne!(taken, [true; 2], "the second claim began after the waiter queued");
            drop(waiter);
        });
    });
    ONCE.assert("a claim that began before takes the slot");
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn no_waiter_is_served_after_an_older_one_was_turned_away() {
    static SERVED: Seen = Seen::new();
    explore(4.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let held = pool.try_acquire().unwrap();
            let (mut older, mut younger) = (Box::pin(pool.acquire()), Box::pin(pool.acquire()));
            assert!(poll(&mut older).is_pending());
            assert!(poll(&mut younger).is_pending());
            let thread = thread::spawn(move || drop(held));
            pool.close();
            thread.join().unwrap();
            let (older, younger) = (poll(&mut older), poll(&mut younger));
            let turned_away = matches!(older, Poll::Ready(Err(_)));
            SERVED.note(!turned_away);
            assert!(!(turned_away && matches!(younger, Poll::Ready(Ok(_)))));
        });
    });
    SERVED.assert("the release comes first");
}

/// 3 threads x 1 round, 2 words.
#[test]
fn releases_of_two_words_serve_both_waiters() {
    explore(1..=2, || {
        with_static(Wide::wide([(); 63]), |pool| {
            // All but the last slot of the first word and the only one of the second.
            std::mem::forget(pool.try_acquire_run(61));
            let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
            let releases = [thread::spawn(move || drop(a)), thread::spawn(move || drop(b))];
            let mut waiters = [Box::pin(pool.acquire()), Box::pin(pool.acquire())];
            let early = waiters.each_mut().map(poll);
            for release in releases {
                release.join().unwrap();
            }
            for (early, waiter) in early.into_iter().zip(&mut waiters) {
                let served = if early.is_pending() { poll(waiter) } else { early };
                assert!(matches!(served, Poll::Ready(Ok(_))));
            }
        });
    });
}

/// 2 threads x 1 round, 2 words: a thread whose task queued because another thread found nothing does not pass
/// it by a slot that it saw free before.
#[test]
fn a_task_that_queues_because_nothing_is_free_is_not_passed() {
    static QUEUED: Seen = Seen::new();
    explore(3..=4, || {
        with_static(Wide::wide([(); 63]), |pool| {
            std::mem::forget(pool.try_acquire_run(62));
            let high = pool.try_acquire().unwrap();
            // Loom does not see this, so it orders nothing.
            let exhausted = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let is_exhausted = exhausted.clone();
            let waits = thread::spawn(move || {
                is_exhausted.load(Ordering::Relaxed).then(|| {
                    let mut waiter = Box::pin(pool.acquire());
                    let early = poll(&mut waiter);
                    let passed = early.is_pending() && pool.try_acquire().is_some();
                    assert!(!passed, "a task of this thread waits");
                    (early, waiter)
                })
            });
            drop(high);
            let high = pool.try_acquire();
            assert!(high.is_some() && pool.try_acquire().is_none());
            exhausted.store(true, Ordering::Relaxed);
            drop(high);
            if let Some((early, mut waiter)) = waits.join().unwrap() {
                QUEUED.note(early.is_pending());
                let served = if early.is_pending() { poll(&mut waiter) } else { early };
                assert!(matches!(served, Poll::Ready(Ok(_))));
            }
        });
    });
    QUEUED.assert("it queues when nothing is free");
}

/// A slot of one of two words is given back while one thread scans both and another waits.
fn waits_while_another_scans(low: bool, scan: fn(&'static Wide)) {
    with_static(Wide::wide([(); 63]), |pool| {
        std::mem::forget(pool.try_acquire_run(61));
        let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
        let (going, staying) = if low { (a, b) } else { (b, a) };
        std::mem::forget(staying);
        let release = thread::spawn(move || drop(going));
        let scan = thread::spawn(move || scan(pool));
        drop(block_on(pool.acquire()).unwrap());
        release.join().unwrap();
        scan.join().unwrap();
        assert_eq!(pool.available(), 1);
    });
}

/// 3 threads x 1 round, 2 words.
#[test]
fn a_waiter_beside_a_scan_for_a_slot() {
    explore(0..=1, || waits_while_another_scans(true, |pool| drop(pool.try_acquire())));
}

/// 3 threads x 1 round, 2 words.
#[test]
fn a_waiter_beside_a_scan_for_a_run() {
    explore(1..=1, || waits_while_another_scans(false, |pool| drop(pool.try_acquire_run(1))));
}

/// 3 threads x 1 round: a reserve, acquired from exclusively, ends while tasks wait outside.
#[test]
fn a_reserve_that_ends_serves_the_waiters_outside() {
    explore(1..=2, || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            std::mem::forget(pool.try_acquire());
            let mut reserve = pool.reserve(1).unwrap();
            let inside = thread::spawn(move || {
                let mut exclusive = reserve.exclusive();
                *exclusive.try_acquire().unwrap() += 1;
                *exclusive.try_acquire().unwrap() += 1;
                drop(exclusive);
                drop(reserve);
            });
            let other = thread::spawn(move || *block_on(pool.acquire()).unwrap() += 1);
            *block_on(pool.acquire()).unwrap() += 1;
            inside.join().unwrap();
            other.join().unwrap();
            let loan = pool.try_acquire().unwrap();
            assert_eq!((loan.index(), *loan), (1, 4));
        });
    });
}

/// 2 threads x 1 round: what an exclusive acquirer has cached goes to the waiters outside its
/// reserve.
#[test]
fn a_reserve_of_two_serves_two_waiters_outside() {
    explore(3..=5, || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            let mut reserve = pool.reserve(2).unwrap();
            let mut waiters = [Box::pin(pool.acquire()), Box::pin(pool.acquire())];
            assert!(poll(&mut waiters[0]).is_pending());
            let inside = thread::spawn(move || {
                let mut exclusive = reserve.exclusive();
                // Cached: both. Lent: one.
                *exclusive.try_acquire().unwrap() += 1;
                drop(exclusive);
                drop(reserve);
            });
            let early = poll(&mut waiters[1]);
            inside.join().unwrap();
            let late = waiters.each_mut().map(poll);
            let [first, second] = late;
            assert!(matches!(first, Poll::Ready(Ok(_))));
            assert!(matches!(if early.is_ready() { early } else { second }, Poll::Ready(Ok(_))));
        });
    });
}

/// 3 threads x 1 round: a slot waited for inside a reserve stays inside.
#[test]
fn a_waiter_in_a_reserve_and_one_outside() {
    explore(1..=3, || {
        with_static(Pool::new([0_u32; 2]), |pool| {
            let reserve = pool.reserve(1).unwrap();
            let outer = pool.try_acquire().unwrap();
            with_static(reserve, |reserve| {
                let inner = reserve.try_acquire().unwrap();
                let waits = thread::spawn(move || block_on(reserve.acquire()).unwrap().index());
                let releases = thread::spawn(move || drop((inner, outer)));
                assert_eq!(block_on(pool.acquire()).unwrap().index(), 1);
                assert_eq!(waits.join().unwrap(), 0);
                releases.join().unwrap();
            });
            assert_eq!(pool.available(), 2);
        });
    });
}
