//! Kills: a share count that loads and then stores; a share that is counted too late or not at all, of
//! the whole slot or of a part of it; a part that is shown in a share's place and ends that share; a
//! thaw or a last share with Relaxed; a slot that is lent for writing while it is shared.
//!
//! I3: a slot is written only by its unique loan, and read only by that loan or its shares.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, with_static};
use framepool_core_loom::Pool;
use loom::thread;

/// 2 threads x 1 round: one share each, and the last one writes.
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

/// 2 threads x 1 round: one share each, and the only one writes without giving it up.
#[test]
fn the_only_share_writes() {
    static WRITTEN: Seen = Seen::new();
    static REFUSED: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([7_u32]), |pool| {
            let frozen = pool.try_acquire().unwrap().freeze();
            let write = |mut share: framepool_core_loom::Frozen<&'static Pool<u32, 1>>| {
                let before = *share;
                match share.get_mut() {
                    Some(value) => {
                        WRITTEN.note(true);
                        *value += 1;
                        assert_eq!(*share, before + 1);
                        1
                    }
                    None => {
                        REFUSED.note(true);
                        0
                    }
                }
            };
            let share = frozen.clone();
            let thread = thread::spawn(move || write(share));
            let mine = write(frozen);
            let writes = mine + thread.join().unwrap();
            assert!(writes <= 1);
            assert_eq!(*pool.try_acquire().unwrap(), 7 + writes);
        });
    });
    WRITTEN.assert("a share is the only one");
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

/// 2 threads x 1 round: a part of the slot is shared, and outlives the share of the whole or not.
#[test]
fn a_part_of_a_slot_is_counted_as_a_share() {
    static THAWED: Seen = Seen::new();
    static REFUSED: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([[1_u8, 2, 3, 4]]), |pool| {
            let whole = pool.try_acquire().unwrap().freeze();
            assert!(whole.slice(2..5).is_none(), "it does not lie within the slot");
            let part = whole.slice(1..3).unwrap();
            let thread = thread::spawn(move || {
                let inner = part.slice(1..).unwrap();
                assert_eq!(*part, [2, 3]);
                drop(part);
                assert_eq!(*inner, [3]);
            });
            match whole.thaw() {
                Ok(mut loan) => {
                    THAWED.note(true);
                    *loan = [5; 4];
                }
                Err(whole) => {
                    REFUSED.note(true);
                    assert_eq!(*whole, [1, 2, 3, 4]);
                }
            }
            thread.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
    THAWED.assert("the parts go first");
    REFUSED.assert("a part is still shared");
}

/// 2 threads x 1 round: a part is shown in the place of a share, and the other share goes.
#[test]
fn a_part_in_the_place_of_a_share_keeps_the_slot() {
    static TAKEN: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([[1_u8, 2, 3, 4]]), |pool| {
            let whole = pool.try_acquire().unwrap().freeze();
            let part = whole.slice(3..).unwrap();
            let thread = thread::spawn(move || {
                assert_eq!(*whole, [1, 2, 3, 4]);
                drop(whole);
            });
            assert_eq!(*part, [4]);
            drop(part);
            if let Some(mut next) = pool.try_acquire() {
                TAKEN.note(true);
                *next = [5; 4];
            }
            thread.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
    TAKEN.assert("the slot is taken after the last share");
}
