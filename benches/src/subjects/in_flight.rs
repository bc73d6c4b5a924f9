//! Several loans at a time, which come back in one order or another.
//!
//! ```text
//!   in flight [ a b c d ]    a turn: acquires e, then gives one back
//!     LIFO    [ a b c d ]    e
//!     FIFO    [ e b c d ]    a, in the next turn b
//!     random  [ a b e d ]    c
//! ```
//! The loans in flight are always this few: what keeping them costs is the same whatever is acquired
//! from, and so are the caches that it takes.

use super::array_queue::Indices;
use super::{SLOTS, lasting};
use crate::measure::{Comparison, Subject};
use framepool_core::storage::Storage;
use framepool_core::{Pool, PoolIn};
use std::mem::replace;

/// Loans in flight between two turns. While one is acquired and the other not given back it is one more.
pub(crate) const IN_FLIGHT: usize = 4;

/// Which loan comes back.
pub(crate) trait Order: Default + 'static {
    const NAME: &'static str;

    /// Keeps the newest loan, and returns the one that comes back.
    fn exchange<L>(&mut self, loans: &mut [L; IN_FLIGHT], newest: L) -> L;
}

#[derive(Debug, Default)]
pub(crate) struct Lifo;

impl Order for Lifo {
    const NAME: &'static str = "LIFO";

    fn exchange<L>(&mut self, _loans: &mut [L; IN_FLIGHT], newest: L) -> L {
        newest
    }
}

#[derive(Debug, Default)]
pub(crate) struct Fifo {
    oldest: usize,
}

impl Order for Fifo {
    const NAME: &'static str = "FIFO";

    fn exchange<L>(&mut self, loans: &mut [L; IN_FLIGHT], newest: L) -> L {
        let back = replace(&mut loans[self.oldest], newest);
        self.oldest = (self.oldest + 1) % IN_FLIGHT;
        back
    }
}

#[derive(Debug)]
pub(crate) struct Random {
    state: u32,
}

impl Random {
    /// The next number of a sequence that looks random (xorshift).
    pub(crate) fn next(&mut self) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        self.state as usize
    }
}

impl Default for Random {
    fn default() -> Self {
        Self { state: 0x9e37_79b9 }
    }
}

impl Order for Random {
    const NAME: &'static str = "random";

    fn exchange<L>(&mut self, loans: &mut [L; IN_FLIGHT], newest: L) -> L {
        replace(&mut loans[self.next() % IN_FLIGHT], newest)
    }
}

/// What acquires, and what it has lent.
struct InFlight<O, A, L> {
    order: O,
    loans: [L; IN_FLIGHT],
    acquirer: A,
}

fn subject<O: Order, A: 'static, L: 'static>(
    name: impl Into<String>,
    make: impl Fn() -> A + Sync + 'static,
    acquire: impl Fn(&mut A) -> Option<L> + Copy + Sync + 'static,
) -> Subject {
    let make = move || {
        let mut acquirer = make();
        let loans = std::array::from_fn(|_| acquire(&mut acquirer).expect("a slot is free"));
        InFlight { order: O::default(), loans, acquirer }
    };
    Subject::with_state(name, make, move |state| {
        let newest = acquire(&mut state.acquirer).expect("a slot is free");
        drop(state.order.exchange(&mut state.loans, newest));
    })
}

pub(crate) fn of_pool<O: Order, S: Storage>(
    name: impl Into<String>,
    pool: &'static PoolIn<S>,
) -> Subject
where
    PoolIn<S>: Sync,
{
    subject::<O, _, _>(name, move || pool, |pool| pool.try_acquire())
}

pub(crate) fn of_acquirer<O: Order, S: Storage>(
    name: impl Into<String>,
    pool: &'static PoolIn<S>,
) -> Subject
where
    PoolIn<S>: Sync,
{
    subject::<O, _, _>(name, || pool.acquirer(), |acquirer| acquirer.try_acquire())
}

pub(crate) fn of_queue<O: Order>(name: impl Into<String>, indices: &'static Indices) -> Subject {
    subject::<O, _, _>(name, move || indices, |indices| indices.pop())
}

/// An acquirer remembers the slot that it found last. In LIFO order that is free again when the next is
/// acquired; in the others it is still in flight, or one of several that may be.
pub(crate) fn comparisons() -> Vec<Comparison> {
    fn in_order<O: Order>() -> Comparison {
        let pool = lasting(Pool::new([0_u64; SLOTS]));
        Comparison {
            name: format!("{} order, {IN_FLIGHT} of {SLOTS} slots in flight", O::NAME),
            threads: 1,
            subjects: vec![
                of_pool::<O, _>("framepool: Pool::try_acquire", pool),
                of_acquirer::<O, _>("framepool: Acquirer", pool),
            ],
        }
    }
    vec![in_order::<Lifo>(), in_order::<Fifo>(), in_order::<Random>()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the loans 0, 1, 2, .. come back in these turns.
    fn back<O: Order>(turns: usize) -> Vec<usize> {
        let (mut order, mut loans) = (O::default(), [0, 1, 2, 3]);
        (0..turns).map(|turn| order.exchange(&mut loans, IN_FLIGHT + turn)).collect()
    }

    #[test]
    fn loans_come_back_in_their_order() {
        assert_eq!(back::<Lifo>(6), [4, 5, 6, 7, 8, 9]);
        assert_eq!(back::<Fifo>(6), [0, 1, 2, 3, 4, 5]);
        let random = back::<Random>(1000);
        let (older, newer) = (|w: &&[usize]| w[0] > w[1], |w: &&[usize]| w[0] < w[1]);
        assert!(random.windows(2).filter(older).count() > 100, "not the oldest first");
        assert!(random.windows(2).filter(newer).count() > 100, "not the newest first");
    }
}
