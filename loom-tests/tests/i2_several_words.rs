//! Kills: an empty answer of several words that is not confirmed, for slots or for runs; a gate
//! that stays up after the last waiter.
//!
//! I2 over several words: a pool that always has a free slot never answers "none", although no
//! instruction reads two words at once.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, poll, with_static};
use framepool_core_loom::{Acquirer, BoxedPool, Pool, SharedPool};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

/// Two words of which one slot each is in play.
type Wide = Pool<(), 63, 2>;

/// A slot is given back before the other one is taken: at every instant one is free.
fn one_wanders(is_found: fn(&'static Wide) -> bool) {
    with_static(Wide::wide([(); 63]), |pool| {
        let (first, mut high) = all_but_two(pool);
        let thread = thread::spawn(move || {
            drop(first);
            std::mem::forget(high.try_acquire());
        });
        assert!(is_found(pool), "one of two slots was free all the time");
        thread.join().unwrap();
    });
}

/// Takes all slots but 61 and 62, of different words. Returns a loan of the former, and an acquirer
/// that finds the latter.
fn all_but_two(
    pool: &'static Wide,
) -> (framepool_core_loom::Loan<&'static Wide>, Acquirer<&'static Wide>) {
    std::mem::forget(pool.try_acquire_run(61));
    let first = pool.try_acquire().unwrap();
    assert_eq!(first.index(), 61);
    // Finds slot 62 once, and scans its word first from then on.
    let mut high = pool.acquirer();
    assert_eq!(high.try_acquire().unwrap().index(), 62);
    (first, high)
}

/// 2 threads x 1 round, 2 words.
#[test]
fn one_slot_that_wanders_is_always_found() {
    explore(.., || one_wanders(|pool| pool.try_acquire().map(std::mem::forget).is_some()));
}

/// 2 threads x 1 round, 2 words.
#[test]
fn a_run_that_wanders_is_always_found() {
    explore(.., || one_wanders(|pool| pool.try_acquire_run(1).map(std::mem::forget).is_some()));
}

/// 2 threads x 2 rounds, 3 words: between the last two.
#[test]
fn a_run_that_wanders_over_three_words_is_always_found() {
    explore(6.., || {
        with_static(Pool::<(), 125, 3>::wide([(); 125]), |pool| {
            for run in [62, 61] {
                std::mem::forget(pool.try_acquire_run(run));
            }
            let middle = pool.try_acquire().unwrap();
            assert_eq!(middle.index(), 123);
            let mut last = pool.acquirer();
            assert_eq!(last.try_acquire().unwrap().index(), 124);
            // Acquirers begin in words by turns.
            let mut middle_again = pool.acquirer();
            let thread = thread::spawn(move || {
                drop(middle);
                let high = last.try_acquire();
                drop(high);
                let middle = middle_again.try_acquire();
                drop(middle);
                std::mem::forget(last.try_acquire());
            });
            let found = pool.try_acquire_run(1).map(std::mem::forget).is_some();
            assert!(found, "one of two slots was free all the time");
            thread.join().unwrap();
        });
    });
}

/// 2 threads x 1 round, 2 words.
#[test]
fn a_reserve_that_wanders_is_always_found() {
    explore(.., || one_wanders(|pool| pool.reserve(1).map(std::mem::forget).is_some()));
}

/// 2 threads x 2 rounds, 2 words: the slot wanders on during the second scan, too.
#[test]
fn a_run_that_wanders_twice_is_always_found() {
    explore(6.., || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (first, mut high) = all_but_two(pool);
            // Acquirers begin in words by turns.
            let [_, mut low] = [(); 2].map(|()| pool.acquirer());
            let thread = thread::spawn(move || {
                drop(first);
                let last = high.try_acquire();
                drop(last);
                let first = low.try_acquire();
                drop(first);
                std::mem::forget(high.try_acquire());
            });
            let found = pool.try_acquire_run(1).map(std::mem::forget).is_some();
            assert!(found, "one of two slots was free all the time");
            thread.join().unwrap();
        });
    });
}

/// 2 threads x 1 round, 2 words: a waiter that came and went leaves nothing up.
#[test]
fn one_slot_that_wanders_is_found_after_a_waiter_went() {
    explore(2..=3, || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (first, mut high) = all_but_two(pool);
            let last = high.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            drop(going);
            drop(last);
            let thread = thread::spawn(move || {
                drop(first);
                std::mem::forget(high.try_acquire());
            });
            assert!(pool.try_acquire().is_some(), "one of two slots was free all the time");
            thread.join().unwrap();
        });
    });
}

/// 3 threads x 1 round, 2 words: of two scans at once one finds what there is.
#[test]
fn two_scans_at_once_and_a_release() {
    static LATE: Seen = Seen::new();
    explore(2..=3, || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (first, mut high) = all_but_two(pool);
            std::mem::forget(high.try_acquire());
            let scan = move || pool.try_acquire().map(std::mem::forget).is_some();
            let release = thread::spawn(move || drop(first));
            let other = thread::spawn(scan);
            let found = [scan(), other.join().unwrap()];
            release.join().unwrap();
            LATE.note(found == [false; 2]);
            assert!(found != [true; 2]);
            assert_eq!(pool.available(), usize::from(found == [false; 2]));
            let again = pool.try_acquire().is_some();
            assert_eq!(again, found == [false; 2], "a scan leaves nothing behind");
        });
    });
    LATE.assert("both scan before the release");
}

/// 2 threads x 1 round, 2 words: a release that is over is noticed, though the pool was exhausted before.
#[test]
fn none_is_never_said_after_a_release_to_an_exhausted_pool() {
    static EARLY: Seen = Seen::new();
    explore(2..=3, || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (first, mut high) = all_but_two(pool);
            std::mem::forget(high.try_acquire());
            assert!(pool.try_acquire().is_none());
            // Relaxed: tells that the release is over, and makes nothing of it visible.
            let released = Arc::new(AtomicBool::new(false));
            let clock = Arc::clone(&released);
            let release = thread::spawn(move || {
                drop(first);
                clock.store(true, Ordering::Relaxed);
            });
            let was_released = released.load(Ordering::Relaxed);
            let found = pool.try_acquire().is_some();
            EARLY.note(!found);
            assert!(found || !was_released, "a stale answer");
            release.join().unwrap();
        });
    });
    EARLY.assert("nothing is free yet");
}

/// 1 thread, 2 words: the only waiter of an exhausted pool goes, and what was known of the pool stays true.
#[test]
fn a_waiter_that_goes_leaves_every_word_of_an_exhausted_pool_watched() {
    explore(.., || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (first, mut high) = all_but_two(pool);
            std::mem::forget(high.try_acquire());
            assert!(pool.try_acquire().is_none());
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            drop(going);
            drop(first);
            assert!(high.try_acquire().is_some(), "a slot is free");
        });
    });
}

/// 2 threads x 1 round, 2 words: the claims that follow end the watching of an exhausted pool's words.
#[test]
fn claims_end_the_watching() {
    explore(3.., || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (first, mut high) = all_but_two(pool);
            let last = high.try_acquire().unwrap();
            assert!(pool.try_acquire().is_none());
            let release = thread::spawn(move || drop(first));
            drop(last);
            release.join().unwrap();
            assert!(pool.is_flagged(), "the pool was exhausted");
            let both = [pool.try_acquire(), pool.try_acquire()];
            assert!(both.iter().all(Option::is_some));
            assert!(!pool.is_flagged(), "slots are free in both words");
        });
    });
}

/// 2 threads x 1 round, 2 words: a refill comes between a release and its report, and leaves the word
/// watched, so that the next release reports, too.
#[test]
fn a_slot_that_a_refill_took_is_found_when_it_is_back() {
    static FOUND: Seen = Seen::new();
    explore(3.., || {
        let pool = SharedPool::new(BoxedPool::from_fn(63, || ()).unwrap());
        let low = pool.try_acquire().unwrap();
        let rest = pool.try_acquire_run(61).unwrap();
        let high = pool.try_acquire().unwrap();
        assert!(pool.try_acquire().is_none());
        let release = thread::spawn(move || drop(low));
        let mut exclusive = pool.into_exclusive().unwrap();
        if let Some(loan) = exclusive.try_acquire() {
            FOUND.note(true);
            drop(loan);
            assert!(exclusive.pool().try_acquire().is_some(), "its slot is free");
        }
        release.join().unwrap();
        drop((exclusive, rest, high));
    });
    FOUND.assert("the refill finds the slot");
}

/// 2 threads x 1 round, 2 words: a release that is not the first one to report comes while a claim searches.
#[test]
fn a_release_that_is_not_the_first_to_report() {
    static EARLY: Seen = Seen::new();
    explore(3.., || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (low, mut high) = all_but_two(pool);
            let last = high.try_acquire().unwrap();
            assert!(pool.try_acquire().is_none());
            drop(last);
            std::mem::forget(pool.try_acquire_run(1));
            let release = thread::spawn(move || drop(low));
            let found = pool.try_acquire();
            EARLY.note(found.is_none());
            release.join().unwrap();
            drop(found);
            assert!(pool.try_acquire().is_some(), "a slot is free");
        });
    });
    EARLY.assert("nothing is free yet");
}

/// 2 threads x 1 round, 2 words: no claim ends the watching of a closed pool's words.
#[test]
fn the_watching_of_a_closed_pool_does_not_end() {
    static LATE: Seen = Seen::new();
    explore(3.., || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (low, mut high) = all_but_two(pool);
            std::mem::forget(high.try_acquire());
            assert!(pool.try_acquire().is_none());
            drop(low);
            let claim = thread::spawn(move || pool.try_acquire());
            pool.close();
            let loan = claim.join().unwrap();
            LATE.note(loan.is_some());
            drop(loan);
            assert!(pool.try_acquire().is_none(), "it is closed");
        });
    });
    LATE.assert("the claim began before");
}

/// 2 threads x 1 round, 2 words: a claim ends the watching of a word while another one finds nothing, whose
/// slot comes back then. What is said of the pool later is so.
#[test]
fn the_watching_ends_while_a_claim_finds_nothing() {
    static BOTH: Seen = Seen::new();
    explore(3..=3, || {
        with_static(Wide::wide([(); 63]), |pool| {
            let (low, mut high) = all_but_two(pool);
            std::mem::forget(high.try_acquire());
            assert!(pool.try_acquire().is_none());
            drop(low);
            let other = thread::spawn(move || {
                let low = pool.try_acquire_run(1);
                low.is_some() && pool.try_acquire().is_none()
            });
            let loan = pool.try_acquire();
            let found_nothing = other.join().unwrap();
            BOTH.note(found_nothing && loan.is_some());
            drop(loan);
            // Heeds what is known, where another claim looks at the word alone.
            assert!(high.try_acquire().is_some(), "a slot is free");
        });
    });
    BOTH.assert("one finds nothing, and the other its slot");
}

/// 2 threads x 2 rounds, 2 words: a slot comes back to a word that is watched no longer, and then one of the
/// other is claimed.
#[test]
fn one_slot_that_wanders_from_a_word_not_watched_any_more_is_found() {
    explore(2..=4, || {
        with_static(Pool::<(), 64, 2>::wide([(); 64]), |pool| {
            std::mem::forget(pool.try_acquire_run(60));
            let [wanders, low] = [(); 2].map(|()| pool.try_acquire().unwrap());
            let high = pool.try_acquire_run(2).unwrap();
            assert_eq!([wanders.index(), low.index()], [60, 61]);
            assert!(pool.try_acquire().is_none());
            // Leaves the first word watched, with a slot, and that known.
            drop((low, high));
            // Acquirers begin in words by turns.
            let [mut low, mut high] = [(); 2].map(|()| pool.acquirer());
            drop(high.try_acquire());
            let wander = thread::spawn(move || {
                std::mem::forget(low.try_acquire());
                drop(wanders);
                std::mem::forget(high.try_acquire());
            });
            std::mem::forget(pool.try_acquire_run(1));
            assert!(pool.try_acquire().is_some(), "one slot was free all the time");
            wander.join().unwrap();
        });
    });
}
