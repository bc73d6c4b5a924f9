//! The floor: an atomic word that is changed twice.

use crate::measure::Subject;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Two bare additions, as a claim and a release cannot do with less.
pub(crate) fn two_adds() -> Subject {
    let word = AtomicU64::new(0);
    Subject::new("two bare fetch_adds on one word", move || {
        word.fetch_add(1, Ordering::Acquire);
        word.fetch_add(u64::MAX, Ordering::Release);
    })
}

/// One bare addition of a bit that is another one each turn, its answer looked at: what a release
/// alone cannot do with less.
pub(crate) fn one_add() -> Subject {
    let word = AtomicU64::new(0);
    let turn = move |bit: &mut u64| {
        if word.fetch_add(*bit, Ordering::Release) & (1 << 63) == 0 {
            *bit = bit.rotate_left(1);
        }
    };
    Subject::with_state("one bare fetch_add, answer looked at", || 1_u64, turn)
}

#[repr(align(128))]
struct Apart(AtomicU64);

/// The same, each thread on a line of its own.
pub(crate) fn two_adds_apart() -> Subject {
    let words: &'static [Apart; 4] = Box::leak(Box::new([const { Apart(AtomicU64::new(0)) }; 4]));
    let next = AtomicUsize::new(0);
    Subject::with_state(
        "two bare fetch_adds, a line for each thread",
        move || &words[next.fetch_add(1, Ordering::Relaxed) % words.len()].0,
        |word| {
            word.fetch_add(1, Ordering::Acquire);
            word.fetch_add(u64::MAX, Ordering::Release);
        },
    )
}
