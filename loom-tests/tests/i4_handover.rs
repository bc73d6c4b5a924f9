//! Kills: a release with Relaxed; a claim of any kind with Relaxed; a last share, of the slot or of a
//! part of it, that drops with Relaxed.
//!
//! I4: what the last holder did to a slot happens-before the next holder's first access.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, with_static};
use framepool_core_loom::{Pool, SharedPool};
use loom::{future::block_on, thread};

/// 2 threads x 2 rounds, 1 slot.
#[test]
fn the_next_holder_sees_what_the_last_one_wrote() {
    explore(.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let bump = || match pool.try_acquire() {
                Some(mut loan) => {
                    *loan += 1;
                    1
                }
                None => 0,
            };
            let thread = thread::spawn(move || bump() + bump());
            let mine = bump();
            let bumps = mine + thread.join().unwrap();
            assert_eq!(*pool.try_acquire().unwrap(), bumps);
        });
    });
}

/// A slot that one thread writes and gives back is taken by `next`, in one way or another.
fn is_seen(next: impl Fn(&'static Pool<u32, 1>) -> Option<u32>, seen: &Seen) {
    with_static(Pool::new([7]), |pool| {
        let mut held = pool.try_acquire().unwrap();
        let thread = thread::spawn(move || *held = 8);
        if let Some(found) = next(pool) {
            seen.note(true);
            assert_eq!(found, 8);
        }
        thread.join().unwrap();
    });
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn a_run_sees_what_was_written() {
    static FOUND: Seen = Seen::new();
    let next = |pool: &'static Pool<_, 1>| {
        let mut run = pool.try_acquire_run(1)?;
        run.next().map(|loan| *loan)
    };
    explore(.., move || is_seen(next, &FOUND));
    FOUND.assert("the slot is found");
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn a_reserve_sees_what_was_written() {
    static FOUND: Seen = Seen::new();
    let next = |pool: &'static Pool<_, 1>| {
        let reserve = pool.reserve(1)?;
        reserve.try_acquire().map(|loan| *loan)
    };
    explore(.., move || is_seen(next, &FOUND));
    FOUND.assert("the slot is found");
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn a_hint_sees_what_was_written() {
    static FOUND: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([7_u32]), |pool| {
            // Found where it came back last: from now on it is claimed without a look.
            let mut hinted = pool.acquirer();
            (0..2).for_each(|_| drop(hinted.try_acquire().unwrap()));
            let mut held = hinted.try_acquire().unwrap();
            let thread = thread::spawn(move || *held = 8);
            if let Some(loan) = hinted.try_acquire() {
                FOUND.note(true);
                assert_eq!(*loan, 8);
            }
            thread.join().unwrap();
        });
    });
    FOUND.assert("the slot is found");
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn a_waiter_sees_what_was_written() {
    static FOUND: Seen = Seen::new();
    let next = |pool: &'static Pool<_, 1>| block_on(pool.acquire()).ok().map(|loan| *loan);
    explore(.., move || is_seen(next, &FOUND));
    FOUND.assert("the slot is found");
}

/// 2 threads x 1 round, 2 slots: an exclusive acquirer takes back what was written.
#[test]
fn a_refill_sees_what_was_written() {
    static FOUND: Seen = Seen::new();
    explore(.., || {
        let pool = Box::leak(Box::new(Pool::new([7_u32])));
        let freed: *mut _ = pool;
        let mut exclusive = pool.exclusive();
        let mut held = exclusive.try_acquire().unwrap();
        let thread = thread::spawn(move || *held = 8);
        if let Some(loan) = exclusive.try_acquire() {
            FOUND.note(true);
            assert_eq!(*loan, 8);
        }
        drop(exclusive);
        thread.join().unwrap();
        // SAFETY: leaked above; its borrows are over.
        drop(unsafe { Box::from_raw(freed) });
    });
    FOUND.assert("the slot is found");
}

/// 2 threads x 1 round, 2 slots: one stays with its thread, one leaves it and is taken back.
#[test]
fn a_local_acquirer_sees_what_was_written() {
    static FOUND: Seen = Seen::new();
    explore(.., || {
        let pool = Box::leak(Box::new(Pool::new([7_u32; 2])));
        let freed: *mut _ = pool;
        let mut exclusive = pool.exclusive();
        let local = exclusive.local();
        let [mut stays, leaves] = [(); 2].map(|()| local.try_acquire().unwrap());
        let mut leaves = leaves.into_loan();
        let thread = thread::spawn(move || *leaves = 8);
        *stays = 9;
        drop(stays);
        let stays = local.try_acquire().unwrap();
        assert_eq!(*stays, 9, "it is the acquirer's, whatever comes back meanwhile");
        if let Some(loan) = local.try_acquire() {
            FOUND.note(true);
            assert_eq!(*loan, 8);
        }
        drop(stays);
        drop(exclusive);
        thread.join().unwrap();
        // SAFETY: leaked above; its borrows are over.
        drop(unsafe { Box::from_raw(freed) });
    });
    FOUND.assert("the other slot is found");
}

/// 2 threads x 1 round: the last share hands over for all.
#[test]
fn the_last_share_hands_over_for_all() {
    static TAKEN: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([7_u32]), |pool| {
            let frozen = pool.try_acquire().unwrap().freeze();
            let share = frozen.clone();
            let thread = thread::spawn(move || assert_eq!(*share, 7));
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

/// 2 threads x 1 round: the same, where each shows a part.
#[test]
fn the_last_part_hands_over_for_all() {
    static TAKEN: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([[7_u8; 2]]), |pool| {
            let whole = pool.try_acquire().unwrap().freeze();
            let (first, second) = (whole.slice(..1).unwrap(), whole.slice(1..).unwrap());
            drop(whole);
            let thread = thread::spawn(move || assert_eq!(*second, [7]));
            assert_eq!(*first, [7]);
            drop(first);
            if let Some(mut next) = pool.try_acquire() {
                TAKEN.note(true);
                *next = [8; 2];
            }
            thread.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
    TAKEN.assert("the slot is taken after the last share");
}

/// 2 threads x 1 round: a slot written in a reserve comes back to the pool around it, by the last of
/// its loan and its handle.
#[test]
fn a_slot_written_in_a_reserve_is_seen_outside() {
    static FOUND: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([7_u32]), |pool| {
            let reserve = SharedPool::new(pool.reserve(1).unwrap());
            let mut held = reserve.try_acquire().unwrap();
            let thread = thread::spawn(move || *held = 8);
            drop(reserve);
            if let Some(loan) = pool.try_acquire() {
                FOUND.note(true);
                assert_eq!(*loan, 8);
            }
            thread.join().unwrap();
            assert_eq!(pool.available(), 1);
        });
    });
    FOUND.assert("the slot is found");
}
