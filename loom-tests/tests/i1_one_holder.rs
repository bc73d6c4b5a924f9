//! Kills: a claim that loads and then stores, instead of resetting its bit at once; a hint that is
//! trusted without a claim; a run or a reserve that is not claimed at once.
//!
//! I1: an index has at most one holder. Loom's cells report any two threads in one slot.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, with_static};
use framepool_core_loom::Pool;
use loom::thread;

fn claim_and_write<const N: usize>(pool: &Pool<u32, N>) {
    if let Some(mut loan) = pool.try_acquire() {
        *loan += 1;
    }
}

/// 2 threads x 2 rounds, 2 slots.
#[test]
fn claims_and_releases_of_two_threads() {
    explore(.., || {
        with_static(Pool::new([0; 2]), |pool| {
            let thread = thread::spawn(move || {
                claim_and_write(pool);
                claim_and_write(pool);
            });
            claim_and_write(pool);
            claim_and_write(pool);
            thread.join().unwrap();
            let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
            assert_eq!(*a + *b, 4, "two slots serve two threads, none finds both taken");
        });
    });
}

/// 3 threads x 1 round, 2 slots.
#[test]
fn claims_and_releases_of_three_threads() {
    static TURNED_AWAY: Seen = Seen::new();
    explore(3.., || {
        with_static(Pool::new([0; 2]), |pool| {
            let threads = [(); 2].map(|()| thread::spawn(move || claim_and_write(pool)));
            claim_and_write(pool);
            for thread in threads {
                thread.join().unwrap();
            }
            let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
            assert!((2..=3).contains(&(*a + *b)), "at most one of three finds both slots taken");
            TURNED_AWAY.note(*a + *b == 2);
        });
    });
    TURNED_AWAY.assert("the third finds both slots taken");
}

/// 2 threads x 2 rounds, 1 slot: one of them by a hint that it is sure of.
#[test]
fn a_slot_found_again_is_claimed_all_the_same() {
    static TAKEN: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([0]), |pool| {
            let mut hinted = pool.acquirer();
            (0..2).for_each(|_| drop(hinted.try_acquire().unwrap()));
            let thread = thread::spawn(move || {
                claim_and_write(pool);
                claim_and_write(pool);
            });
            for _ in 0..2 {
                match hinted.try_acquire() {
                    Some(mut loan) => *loan += 1,
                    None => TAKEN.note(true),
                }
            }
            thread.join().unwrap();
        });
    });
    TAKEN.assert("the hinted slot is taken");
}

/// 3 threads x 1 round, 3 slots: a run of two against a claim and a release.
#[test]
fn a_run_against_a_claim_and_a_release() {
    static FOUND: Seen = Seen::new();
    static MISSED: Seen = Seen::new();
    explore(5.., || {
        with_static(Pool::new([0; 3]), |pool| {
            let mut held = pool.try_acquire().unwrap();
            let release = thread::spawn(move || *held += 1);
            let claim = thread::spawn(move || claim_and_write(pool));
            let run = pool.try_acquire_run(2);
            FOUND.note(run.is_some());
            MISSED.note(run.is_none());
            let mut length = 0;
            for mut loan in run.into_iter().flatten() {
                *loan += 1;
                length += 1;
            }
            assert!(length == 2 || length == 0);
            release.join().unwrap();
            claim.join().unwrap();
            assert_eq!(pool.available(), 3);
        });
    });
    FOUND.assert("the run is found");
    MISSED.assert("two in a row are not free");
}

/// 2 threads x 1 round, 3 slots: a reserve of two against a claim.
#[test]
fn a_reserve_against_a_claim() {
    explore(.., || {
        with_static(Pool::new([0; 3]), |pool| {
            let thread = thread::spawn(move || claim_and_write(pool));
            let reserve = pool.reserve(2).unwrap();
            assert!(pool.available() <= 1);
            let loans = [reserve.try_acquire().unwrap(), reserve.try_acquire().unwrap()];
            assert!(reserve.try_acquire().is_none());
            for mut loan in loans {
                *loan += 1;
            }
            claim_and_write(pool);
            drop(reserve);
            thread.join().unwrap();
            assert_eq!(pool.available(), 3);
        });
    });
}

/// 3 threads x 1 round, 2 slots: an exclusive acquirer refills while its loans come back.
#[test]
fn an_exclusive_acquirer_against_releases() {
    static EMPTY: Seen = Seen::new();
    static AGAIN: Seen = Seen::new();
    explore(.., || {
        let pool = Box::leak(Box::new(Pool::new([0_u32; 2])));
        let freed: *mut _ = pool;
        let mut exclusive = pool.exclusive();
        let loans = [exclusive.try_acquire().unwrap(), exclusive.try_acquire().unwrap()];
        let releases = loans.map(|mut loan| thread::spawn(move || *loan += 1));
        for _ in 0..3 {
            match exclusive.try_acquire() {
                Some(mut loan) => {
                    AGAIN.note(true);
                    *loan += 1;
                }
                None => EMPTY.note(true),
            }
        }
        drop(exclusive);
        for release in releases {
            release.join().unwrap();
        }
        // SAFETY: leaked above; its borrows are over.
        let pool = unsafe { Box::from_raw(freed) };
        assert_eq!(pool.available(), 2);
    });
    EMPTY.assert("a refill finds nothing");
    AGAIN.assert("a slot is taken again");
}

/// 1 thread x 1 round, 2 words: local loans come back in an order in which their words alternate.
#[test]
fn a_local_acquirer_tells_words_apart() {
    explore(.., || {
        let mut pool = Pool::<_, 63, 2>::wide([0_u32; 63]);
        let mut exclusive = pool.exclusive();
        let local = exclusive.local();
        let mut loans: Vec<_> = std::iter::from_fn(|| local.try_acquire()).collect();
        assert_eq!(loans.len(), 63);
        loans.retain(|loan| loan.index() != 3);
        loans.retain(|loan| loan.index() != 62);
        let again = [(); 2].map(|()| local.try_acquire().unwrap());
        assert_eq!(again.each_ref().map(|loan| loan.index()), [3, 62], "the others are held");
    });
}
