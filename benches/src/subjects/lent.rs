//! Pools of which many slots are on loan for ever.

use super::in_flight::Random;
use super::lasting;
use framepool_core::{BoxedPool, Loan};

pub(crate) type Slots = BoxedPool<u64>;

/// Makes a pool that is never freed.
pub(crate) fn pool(slots: usize) -> &'static Slots {
    lasting(Slots::from_fn(slots, || 0).expect("there is memory"))
}

/// Acquires all slots, and returns their loans, the lowest slot's first.
pub(crate) fn all(pool: &'static Slots) -> Vec<Loan<&'static Slots>> {
    // By runs, as long as there are any: one slot at a time would look at all words for each.
    let mut loans = Vec::with_capacity(pool.capacity());
    for length in [30, 1] {
        while let Some(run) = pool.try_acquire_run(length) {
            loans.extend(run);
        }
    }
    loans.sort_by_key(Loan::index);
    assert_eq!(loans.len(), pool.capacity());
    loans
}

/// Which slots are on loan.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Held {
    /// The lowest: they were acquired in order.
    Lowest,
    /// Any.
    Scattered,
}

/// Makes a pool of which `held` slots are on loan for ever.
pub(crate) fn occupied(slots: usize, held: usize, which: Held) -> &'static Slots {
    let pool = pool(slots);
    if held > 0 {
        let mut loans = all(pool);
        if let Held::Scattered = which {
            let mut random = Random::default();
            for i in (1..loans.len()).rev() {
                loans.swap(i, random.next() % (i + 1));
            }
        }
        loans.truncate(held);
        loans.leak();
    }
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_slots_are_held_as_asked_for() {
        for (which, are_the_highest) in [(Held::Lowest, true), (Held::Scattered, false)] {
            let pool = occupied(100, 80, which);
            let free: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).collect();
            assert_eq!(free.len(), 20);
            let are_highest = free.iter().all(|loan| loan.index() >= 80);
            assert_eq!(are_highest, are_the_highest, "{which:?}");
        }
    }
}
