//! Kills: a share count that loads and then stores; a share that is counted too late or not at all;
//! a thaw or a last share with Relaxed.
//!
//! I3: a slot is written only by its unique loan, and read only by that loan or its shares.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, with_static};
use framepool_core_loom::Pool;
use loom::thread;

/// 2 threads x 1 round: one share each, and whoever is last writes.
#[test]
fn two_shares_thaw() {
    static THAWED: Seen = Seen::new();
    static REFUSED: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([7_u32]), |pool| {
            let frozen = pool.try_acquire().unwrap().freeze();
            let thaw = |share: framepool_core_loom::Frozen<&'static Pool<u32, 1>>| {
                assert!(*share >= 7);
                match share.thaw() {
                    Ok(mut loan) => {
                        THAWED.note(true);
                        *loan += 1;
                        1
                    }
                    Err(share) => {
                        REFUSED.note(true);
                        drop(share);
                        0
                    }
                }
            };
            let share = frozen.clone();
            let thread = thread::spawn(move || thaw(share));
            let mine = thaw(frozen);
            let thaws = mine + thread.join().unwrap();
            assert!(thaws <= 1);
            assert_eq!(*pool.try_acquire().unwrap(), 7 + thaws);
        });
    });
    THAWED.assert("a share thaws");
    REFUSED.assert("a share is not the only one");
}

/// 2 threads x 2 rounds: a share of a share outlives it, while the first is dropped.
#[test]
fn a_share_is_cloned_while_another_goes() {
    static TAKEN: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([7_u32]), |pool| {
            let frozen = pool.try_acquire().unwrap().freeze();
            let share = frozen.clone();
            let thread = thread::spawn(move || {
                let other = share.clone();
                drop(share);
                assert_eq!(*other, 7);
            });
            assert_eq!(*frozen, 7);
            drop(frozen);
            if let Some(mut next) = pool.try_acquire() {
                TAKEN.note(true);
                *next = 8;
            }
            thread.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
    TAKEN.assert("the slot is taken after the last share");
}

/// 2 threads x 1 round: both clone, from a share that neither owns.
#[test]
fn two_clone_one_share_at_once() {
    static TAKEN: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([7_u32]), |pool| {
            let frozen = loom::sync::Arc::new(pool.try_acquire().unwrap().freeze());
            let theirs = loom::sync::Arc::clone(&frozen);
            let thread = thread::spawn(move || {
                let share = (*theirs).clone();
                drop(theirs);
                assert_eq!(*share, 7);
            });
            let share = (*frozen).clone();
            drop(frozen);
            assert_eq!(*share, 7);
            drop(share);
            if let Some(mut next) = pool.try_acquire() {
                TAKEN.note(true);
                *next = 8;
            }
            thread.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
    TAKEN.assert("the slot is taken after the last share");
}

/// 3 threads x 1 round: three shares go at once, and one of them tries to thaw.
#[test]
fn three_shares_go_at_once() {
    static THAWED: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([7_u32]), |pool| {
            let frozen = pool.try_acquire().unwrap().freeze();
            let threads = [frozen.clone(), frozen.clone()]
                .map(|share| thread::spawn(move || assert_eq!(*share, 7)));
            if let Ok(mut loan) = frozen.thaw() {
                THAWED.note(true);
                *loan = 8;
            }
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(pool.available(), 1);
        });
    });
    THAWED.assert("the last of three thaws");
}
