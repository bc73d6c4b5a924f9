//! Kills: an empty answer that is not confirmed; a claim, a run or a reserve in two parts; a close
//! that is forgotten.
//!
//! Every history of a small program is that of some order of its calls, one after the other, that
//! keeps apart what was apart in time: so also "none" is true at an instant within its call. The
//! order is searched for by brute force. What the sequential pool below allows beyond a plain one is
//! what the documentation does: an acquire that began before `close` returned may succeed, also after
//! another was refused for it; a run or a reserve comes back slot by slot, and is of one word; and a
//! thread that has not been told that the other shares are gone may be refused to thaw.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{explore, with_static};
use framepool_core_loom::{self as core, Frozen, Loan, Pool};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::{future::block_on, thread};
use std::collections::BTreeSet;
use std::ops::RangeBounds;
use std::sync::Mutex;

/// Three slots are in play, the last ones: all of one word, or slot 0 of the first word and slots 1
/// and 2 of the second.
type Slots<const N: usize, const W: usize> = &'static Pool<(), N, W>;
type Bits = u32;

/// What a thread is to do.
#[derive(Debug, Clone, Copy)]
enum Op {
    Acquire,
    /// The same, through an acquirer with a hint.
    Hinted,
    /// The same, waiting for it.
    Wait,
    Run(usize),
    Reserve(usize),
    /// Drops what was acquired first.
    Release,
    Close,
    /// Thaws what was acquired first, if it is a share.
    Thaw,
}
use Op::{Acquire, Close, Hinted, Release, Reserve, Run, Thaw, Wait};

/// What it has in hand.
enum Held<const N: usize, const W: usize> {
    Loan(Loan<Slots<N, W>>),
    Run(Vec<Loan<Slots<N, W>>>),
    Reserve(Box<core::Reserve<Slots<N, W>>>, Bits),
    Share(Frozen<Slots<N, W>>),
}

/// What was done, as far as others can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Did {
    /// So many at once, adjacent or not, and which.
    Claim(usize, bool, Option<Bits>),
    Give(Bits),
    Close,
    /// Waited until the pool was closed.
    TurnedAway,
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
    /// The slots of each word.
    words: &'static [Bits],
    free: Bits,
    shares: u32,
    is_closed: bool,
}

impl Sequential {
    /// Does one word have so many?
    fn has(self, count: usize, is_run: bool) -> bool {
        self.words.iter().map(|slots| self.free & slots).any(|free| {
            if is_run {
                (0..3).any(|first| {
                    let run = ((1 << count) - 1) << first;
                    free & run == run
                })
            } else {
                free.count_ones() as usize >= count
            }
        })
    }

    /// Does the same, or `None` if the answer would be another.
    fn step(mut self, call: &Call, news: News, close_ended: usize) -> Option<Self> {
        let is_allowed = match call.did {
            Did::Claim(count, is_run, None) => self.is_closed || !self.has(count, is_run),
            Did::Claim(count, is_run, Some(bits)) => {
                let is_free = self.free & bits == bits && bits.count_ones() as usize == count;
                let is_one = self.words.iter().any(|slots| slots & bits == bits)
                    && (!is_run || bits >> bits.trailing_zeros() == (1 << count) - 1);
                self.free &= !bits;
                is_free && is_one && (!self.is_closed || call.began < close_ended)
            }
            Did::TurnedAway => self.is_closed,
            Did::Give(bits) => {
                let is_lent = self.free & bits == 0;
                self.free |= bits;
                is_lent
            }
            Did::Close => {
                self.is_closed = true;
                true
            }
            Did::Thaw(true) => self.shares == 1,
            Did::Thaw(false) => news == Unknown || self.shares > 1,
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
    fn explains(self, calls: &[Call], news: News, close_ended: usize) -> bool {
        calls.is_empty()
            || (0..calls.len()).any(|next| {
                let call = calls[next];
                if calls.iter().any(|other| other.ended < call.began) {
                    return false;
                }
                let rest: Vec<Call> = [&calls[..next], &calls[next + 1..]].concat();
                self.step(&call, news, close_ended)
                    .is_some_and(|then| then.explains(&rest, news, close_ended))
            })
    }
}

/// A thread of a program: what it has at first, and what it does.
fn play<const N: usize, const W: usize>(
    pool: Slots<N, W>,
    mut held: Vec<Held<N, W>>,
    ops: &[Op],
    now: impl Fn() -> usize,
) -> Vec<Call> {
    let bit = |index: usize| 1 << (index - (N - 3));
    let mut hinted = pool.acquirer();
    let mut calls = Vec::new();
    for op in ops {
        let began = now();
        let mut did = Vec::new();
        match *op {
            Acquire | Hinted => {
                let loan = match op {
                    Hinted => hinted.try_acquire(),
                    _ => pool.try_acquire(),
                };
                did.push(Did::Claim(1, false, loan.as_ref().map(|loan| bit(loan.index()))));
                held.extend(loan.map(Held::Loan));
            }
            Wait => match block_on(pool.acquire()) {
                Ok(loan) => {
                    did.push(Did::Claim(1, false, Some(bit(loan.index()))));
                    held.push(Held::Loan(loan));
                }
                Err(_) => did.push(Did::TurnedAway),
            },
            Run(count) => {
                let run = pool.try_acquire_run(count).map(Vec::from_iter);
                let bits = run.as_ref().map(|run| run.iter().map(|loan| bit(loan.index())).sum());
                did.push(Did::Claim(count, true, bits));
                held.extend(run.map(Held::Run));
            }
            Reserve(count) => {
                let reserve = pool.reserve(count);
                let bits = reserve.as_ref().map(|reserve| {
                    let loans: Vec<_> = std::iter::from_fn(|| reserve.try_acquire()).collect();
                    loans.iter().map(|loan| bit(loan.index())).sum()
                });
                did.push(Did::Claim(count, false, bits));
                held.extend(
                    reserve.zip(bits).map(|(reserve, bits)| Held::Reserve(Box::new(reserve), bits)),
                );
            }
            Release if held.is_empty() => continue,
            Release => match held.remove(0) {
                Held::Loan(loan) => {
                    did.push(Did::Give(bit(loan.index())));
                    drop(loan);
                }
                Held::Run(run) => {
                    did.extend(run.iter().map(|loan| Did::Give(bit(loan.index()))));
                    drop(run);
                }
                Held::Reserve(reserve, bits) => {
                    did.extend((0..3).map(|slot| Did::Give(bits & 1 << slot)));
                    drop(reserve);
                }
                Held::Share(share) => {
                    did.push(Did::Unshare(bit(share.index())));
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

/// Whether the thread of a later call has been told of the calls before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
fn is_linearizable<const N: usize, const W: usize>(
    bounds: impl RangeBounds<usize>,
    news: News,
    program: &'static [&'static [Op]],
    (lent, is_shared): (usize, bool),
    at_least: usize,
) {
    let histories: &'static Mutex<BTreeSet<Vec<Did>>> = Box::leak(Box::default());
    explore(bounds, move || {
        with_static(Pool::<(), N, W>::wide([(); N]), |pool| {
            std::mem::forget(pool.try_acquire_run(N - 3));
            let mut held: Vec<Vec<Held<N, W>>> = program.iter().map(|_| Vec::new()).collect();
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
            let words: &[Bits] = if W == 1 { &[0b111] } else { &[0b001, 0b110] };
            let begin = Sequential { words, free, shares, is_closed: false };
            assert!(begin.explains(&calls, news, close_ended), "in no order: {calls:?}");
            histories.lock().unwrap().insert(calls.iter().map(|call| call.did).collect());
        });
    });
    let outcomes = histories.lock().unwrap().len();
    assert!(outcomes >= at_least, "only {outcomes} outcomes");
}

/// In one word.
fn one_word(
    bounds: impl RangeBounds<usize>,
    news: News,
    program: &'static [&'static [Op]],
    begin: (usize, bool),
    at_least: usize,
) {
    is_linearizable::<3, 1>(bounds, news, program, begin, at_least);
}

/// Slot 0 in one word, 1 and 2 in the other.
fn two_words(
    bounds: impl RangeBounds<usize>,
    news: News,
    program: &'static [&'static [Op]],
    begin: (usize, bool),
    at_least: usize,
) {
    is_linearizable::<64, 2>(bounds, news, program, begin, at_least);
}

/// 2 threads x 2 rounds, 1 slot free.
#[test]
fn slots_come_and_go() {
    one_word(.., Unknown, &[&[Acquire, Release], &[Acquire, Release]], (2, false), 3);
}

/// 2 threads x 2 rounds: none free at first.
#[test]
fn a_release_against_two_claims() {
    one_word(6.., Unknown, &[&[Release, Acquire], &[Acquire, Acquire]], (3, false), 3);
}

/// 3 threads x 1 round: none free at first.
#[test]
fn two_releases_against_two_claims() {
    one_word(3..=4, Unknown, &[&[Release, Release], &[Acquire], &[Acquire]], (3, false), 4);
}

/// 2 threads x 2 rounds: with hints.
#[test]
fn hints_and_slots() {
    one_word(4.., Unknown, &[&[Release, Hinted], &[Hinted, Release, Hinted]], (2, false), 3);
}

/// 2 threads x 2 rounds: runs.
#[test]
fn runs_and_slots() {
    one_word(6.., Unknown, &[&[Release, Run(2)], &[Run(2), Release]], (1, false), 3);
}

/// 2 threads x 2 rounds: reserves.
#[test]
fn reserves_and_slots() {
    one_word(5.., Unknown, &[&[Release, Acquire], &[Reserve(2), Release]], (2, false), 3);
}

/// 2 threads x 2 rounds: an acquire after closing finds nothing.
#[test]
fn closing_and_slots() {
    one_word(3..=6, Told, &[&[Close, Acquire], &[Acquire, Acquire]], (1, false), 3);
}

/// 3 threads x 1 round: a release, a close and an acquire.
#[test]
fn closing_releasing_and_acquiring() {
    one_word(2..=3, Told, &[&[Release, Acquire], &[Close], &[Acquire]], (3, false), 3);
}

/// 2 threads x 2 rounds: shares thaw, and go.
#[test]
fn shares_and_slots() {
    one_word(6.., Unknown, &[&[Thaw, Release], &[Release, Acquire]], (2, true), 3);
}

/// 2 threads x 2 rounds: a thread that is told that the other shares are gone thaws.
#[test]
fn shares_and_news() {
    one_word(4.., Told, &[&[Thaw, Release], &[Release, Acquire]], (2, true), 3);
}

/// 3 threads x 1 round: one waits, and one does not.
#[test]
fn waiting_and_slots() {
    one_word(2..=3, Unknown, &[&[Release, Release], &[Wait], &[Acquire]], (3, false), 3);
}

/// 3 threads x 1 round: a waiter is served or turned away.
#[test]
fn waiting_and_closing() {
    one_word(2..=3, Told, &[&[Release, Acquire], &[Wait], &[Close]], (3, false), 3);
}

/// 2 threads x 2 rounds: no run after closing.
#[test]
fn closing_and_runs() {
    one_word(3..=6, Told, &[&[Close, Run(1)], &[Run(2), Run(1)]], (0, false), 3);
}

/// 2 threads x 2 rounds: no reserve after closing.
#[test]
fn closing_and_reserves() {
    one_word(3..=6, Told, &[&[Close, Reserve(1)], &[Reserve(2), Reserve(1)]], (0, false), 3);
}

/// 2 threads x 2 rounds, 2 words: one slot free.
#[test]
fn slots_of_two_words() {
    two_words(4.., Unknown, &[&[Release, Acquire], &[Acquire, Release]], (2, false), 3);
}

/// 2 threads x 2 rounds, 2 words: with hints, which begin in different words.
#[test]
fn hints_of_two_words() {
    two_words(3..=6, Unknown, &[&[Release, Hinted], &[Hinted, Hinted]], (2, false), 3);
}

/// 3 threads x 1 round, 2 words: none free at first.
#[test]
fn two_releases_to_two_words() {
    two_words(1..=2, Unknown, &[&[Release, Release], &[Acquire], &[Acquire]], (3, false), 4);
}

/// 2 threads x 2 rounds, 2 words: runs.
#[test]
fn runs_of_two_words() {
    two_words(4..=5, Unknown, &[&[Release, Release], &[Run(2), Run(1)]], (2, false), 3);
}

/// 2 threads x 2 rounds, 2 words: reserves.
#[test]
fn reserves_of_two_words() {
    two_words(4..=5, Unknown, &[&[Release, Release], &[Reserve(2), Acquire]], (2, false), 3);
}

/// 2 threads x 2 rounds, 2 words: an acquire after closing finds nothing.
#[test]
fn closing_two_words() {
    two_words(3..=5, Told, &[&[Close, Acquire], &[Acquire, Acquire]], (1, false), 3);
}

/// 2 threads x 2 rounds, 2 words: shares thaw, and go.
#[test]
fn shares_of_two_words() {
    two_words(3.., Unknown, &[&[Thaw, Release], &[Release, Acquire]], (2, true), 3);
}
