//! Kills: an empty answer that is not confirmed; a claim, a run or a reserve in two parts; a close
//! that is forgotten.
//!
//! Every history of a small program is that of some order of its calls, one after the other, that
//! keeps apart what was apart in time: so also "none" is true at an instant within its call. The
//! order is searched for by brute force. What the sequential pool below allows beyond a plain one is
//! what the documentation does: an acquire that began before `close` returned may succeed, a run or
//! a reserve comes back slot by slot, and a share that is refused to thaw may have been refused
//! before the others were gone.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{explore, with_static};
use framepool_core_loom::{Frozen, Loan, Pool, Reserve, Run};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::collections::BTreeSet;
use std::sync::Mutex;

type Slots = Pool<(), 3>;
type Bits = u32;

/// What a thread is to do.
#[derive(Debug, Clone, Copy)]
enum Op {
    Acquire,
    Run(usize),
    Reserve(usize),
    /// Drops what was acquired first.
    Release,
    Close,
    /// Thaws what was acquired first, if it is a share.
    Thaw,
}
use Op::{Acquire, Close, Release, Thaw};

/// What it has in hand.
enum Held {
    Loan(Loan<&'static Slots>),
    Run(Run<&'static Slots>),
    Reserve(Box<Reserve<&'static Slots>>, Bits),
    Share(Frozen<&'static Slots>),
}

/// What was done, as far as others can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Did {
    /// So many at once, adjacent or not, and which.
    Claim(usize, bool, Option<Bits>),
    Give(Bits),
    Close,
    Thaw(bool),
    /// A share of this slot went.
    Unshare(Bits),
}

/// A call, with the times at which it began and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    began: usize,
    ended: usize,
    did: Did,
}

/// The pool as one thread alone would know it.
#[derive(Debug, Clone, Copy)]
struct Sequential {
    free: Bits,
    shares: u32,
    is_closed: bool,
}

impl Sequential {
    fn has(self, count: usize, is_run: bool) -> bool {
        if is_run {
            (0..3).any(|first| {
                let run = ((1 << count) - 1) << first;
                self.free & run == run
            })
        } else {
            self.free.count_ones() as usize >= count
        }
    }

    /// Does the same, or `None` if the answer would be another.
    fn step(mut self, call: &Call, close_ended: usize) -> Option<Self> {
        let is_allowed = match call.did {
            Did::Claim(count, is_run, None) => self.is_closed || !self.has(count, is_run),
            Did::Claim(count, _, Some(bits)) => {
                let is_free = self.free & bits == bits && bits.count_ones() as usize == count;
                self.free &= !bits;
                is_free && (!self.is_closed || call.began < close_ended)
            }
            Did::Give(bits) => {
                let is_lent = self.free & bits == 0;
                self.free |= bits;
                is_lent
            }
            Did::Close => {
                self.is_closed = true;
                true
            }
            Did::Thaw(is_thawed) => !is_thawed || self.shares == 1,
            Did::Unshare(bits) => {
                self.shares -= 1;
                if self.shares == 0 {
                    self.free |= bits;
                }
                true
            }
        };
        is_allowed.then_some(self)
    }

    /// Searches for an order of the calls in which the answers are what they were.
    fn explains(self, calls: &[Call], close_ended: usize) -> bool {
        calls.is_empty()
            || (0..calls.len()).any(|next| {
                let call = calls[next];
                if calls.iter().any(|other| other.ended < call.began) {
                    return false;
                }
                let rest: Vec<Call> = [&calls[..next], &calls[next + 1..]].concat();
                self.step(&call, close_ended).is_some_and(|then| then.explains(&rest, close_ended))
            })
    }
}

/// A thread of a program: what it has at first, and what it does.
fn play(
    pool: &'static Slots,
    mut held: Vec<Held>,
    ops: &[Op],
    now: impl Fn() -> usize,
) -> Vec<Call> {
    let mut calls = Vec::new();
    for op in ops {
        let began = now();
        let mut did = Vec::new();
        match *op {
            Acquire => {
                let loan = pool.try_acquire();
                did.push(Did::Claim(1, false, loan.as_ref().map(|loan| 1 << loan.index())));
                held.extend(loan.map(Held::Loan));
            }
            Op::Run(count) => {
                let run = pool.try_acquire_run(count);
                let bits = run.as_ref().map(|run| run.indices().map(|index| 1 << index).sum());
                did.push(Did::Claim(count, true, bits));
                held.extend(run.map(Held::Run));
            }
            Op::Reserve(count) => {
                let reserve = pool.reserve(count);
                let bits = reserve.as_ref().map(|reserve| {
                    let loans: Vec<_> = std::iter::from_fn(|| reserve.try_acquire()).collect();
                    loans.iter().map(|loan| 1 << loan.index()).sum()
                });
                did.push(Did::Claim(count, false, bits));
                held.extend(
                    reserve.zip(bits).map(|(reserve, bits)| Held::Reserve(Box::new(reserve), bits)),
                );
            }
            Release if held.is_empty() => continue,
            Release => match held.remove(0) {
                Held::Loan(loan) => {
                    did.push(Did::Give(1 << loan.index()));
                    drop(loan);
                }
                Held::Run(run) => {
                    did.extend(run.indices().map(|index| Did::Give(1 << index)));
                    drop(run);
                }
                Held::Reserve(reserve, bits) => {
                    did.extend((0..3).map(|slot| Did::Give(bits & 1 << slot)));
                    drop(reserve);
                }
                Held::Share(share) => {
                    did.push(Did::Unshare(1 << share.index()));
                    drop(share);
                }
            },
            Close => {
                did.push(Did::Close);
                pool.close();
            }
            Thaw => {
                if let Held::Share(share) = held.remove(0) {
                    let thawed = share.thaw();
                    did.push(Did::Thaw(thawed.is_ok()));
                    held.insert(0, thawed.map_or_else(Held::Share, Held::Loan));
                }
            }
        }
        let ended = now();
        calls.extend(did.into_iter().map(|did| Call { began, ended, did }));
    }
    std::mem::forget(held);
    calls
}

/// Whether who calls later has been told of what was called before.
#[derive(Debug, Clone, Copy)]
enum News {
    /// No: times are times alone, and make nothing visible.
    Unknown,
    /// Yes, as if each call ended with a message to all. `close` and what begins when it is over are
    /// in order then, and only then: the gate is looked at with Relaxed.
    Told,
}
use News::{Told, Unknown};

/// Plays a program of up to three threads, the first of which holds `lent` slots at first; if
/// `is_shared`, each has a share of one more. Expects so many outcomes at least.
fn is_linearizable(
    bound: Option<usize>,
    news: News,
    program: &'static [&'static [Op]],
    (lent, is_shared): (usize, bool),
    at_least: usize,
) {
    let histories: &'static Mutex<BTreeSet<Vec<Did>>> = Box::leak(Box::default());
    explore(bound, move || {
        with_static(Slots::new([(); 3]), |pool| {
            let mut held: Vec<Vec<Held>> = program.iter().map(|_| Vec::new()).collect();
            held[0].extend((0..lent).map(|_| Held::Loan(pool.try_acquire().unwrap())));
            let mut shares = 0;
            if is_shared {
                let share = pool.try_acquire().unwrap().freeze();
                for held in &mut held[1..] {
                    held.push(Held::Share(share.clone()));
                }
                held[0].insert(0, Held::Share(share));
                shares = u32::try_from(held.len()).unwrap();
            }
            let free = 0b111 & !(0b111 >> (3 - lent - usize::from(is_shared)));
            let clock = Arc::new(AtomicUsize::new(0));
            let mut threads = program.iter().zip(held).map(|(ops, held)| {
                let clock = Arc::clone(&clock);
                let order = match news {
                    Unknown => Ordering::Relaxed,
                    Told => Ordering::AcqRel,
                };
                move || play(pool, held, ops, || clock.fetch_add(1, order))
            });
            let first = threads.next().unwrap();
            let others: Vec<_> = threads.map(thread::spawn).collect();
            let mut calls = first();
            for other in others {
                calls.extend(other.join().unwrap());
            }
            let close = calls.iter().find(|call| call.did == Did::Close);
            let close_ended = close.map_or(0, |call| call.ended);
            let begin = Sequential { free, shares, is_closed: false };
            assert!(begin.explains(&calls, close_ended), "in no order: {calls:?}");
            histories.lock().unwrap().insert(calls.iter().map(|call| call.did).collect());
        });
    });
    let outcomes = histories.lock().unwrap().len();
    assert!(outcomes >= at_least, "only {outcomes} outcomes");
}

/// 2 threads x 2 rounds, 1 slot free.
#[test]
fn slots_come_and_go() {
    is_linearizable(Some(3), Unknown, &[&[Acquire, Release], &[Acquire, Release]], (2, false), 3);
}

/// 2 threads x 2 rounds: none free at first.
#[test]
fn a_release_and_two_who_want_it() {
    is_linearizable(Some(3), Unknown, &[&[Release, Acquire], &[Acquire, Acquire]], (3, false), 3);
}

/// 3 threads x 1 round: none free at first.
#[test]
fn two_releases_and_two_who_want_them() {
    is_linearizable(
        Some(3),
        Unknown,
        &[&[Release, Release], &[Acquire], &[Acquire]],
        (3, false),
        4,
    );
}

/// 2 threads x 2 rounds: runs.
#[test]
fn runs_and_slots() {
    is_linearizable(
        Some(3),
        Unknown,
        &[&[Release, Op::Run(2)], &[Op::Run(2), Release]],
        (1, false),
        3,
    );
}

/// 2 threads x 2 rounds: reserves.
#[test]
fn reserves_and_slots() {
    is_linearizable(
        Some(3),
        Unknown,
        &[&[Release, Acquire], &[Op::Reserve(2), Release]],
        (2, false),
        3,
    );
}

/// 2 threads x 2 rounds: who acquires after closing finds nothing.
#[test]
fn closing_and_slots() {
    is_linearizable(Some(3), Told, &[&[Close, Acquire], &[Acquire, Acquire]], (1, false), 3);
}

/// 3 threads x 1 round: a release, a close and an acquire.
#[test]
fn closing_releasing_and_acquiring() {
    is_linearizable(Some(2), Told, &[&[Release, Acquire], &[Close], &[Acquire]], (3, false), 3);
}

/// 2 threads x 2 rounds: shares thaw, and go.
#[test]
fn shares_and_slots() {
    is_linearizable(Some(3), Unknown, &[&[Thaw, Release], &[Release, Acquire]], (2, true), 3);
}
