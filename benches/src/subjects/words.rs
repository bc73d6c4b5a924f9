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

/// One bare addition of the next bit of a private word, its answer looked at: what an exclusive
/// acquirer and a release cannot do with less, and no pool around it.
pub(crate) fn one_add_of_the_next_bit() -> Subject {
    const FLAGS: u64 = 3 << 62;
    let word = AtomicU64::new(0);
    let turn = move |bits: &mut u64| {
        if *bits == 0 {
            word.store(0, Ordering::Relaxed);
            *bits = !FLAGS;
        }
        let bit = *bits & bits.wrapping_neg();
        *bits ^= bit;
        if word.fetch_add(bit, Ordering::Release) & (bit | FLAGS) != 0 {
            std::hint::black_box(bit);
        }
    };
    Subject::with_state("one bare fetch_add of a private word's next bit", || 0, turn)
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
