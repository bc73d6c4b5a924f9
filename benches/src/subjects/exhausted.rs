//! Pools with nothing to lend: what it costs to be sure of it.

use super::lent;
use crate::measure::{Comparison, Subject};

const SIZES: [usize; 3] = [62, 1000, 100_000];

/// All slots on loan.
fn none_free(slots: usize) -> Subject {
    let pool = lent::pool(slots);
    lent::all(pool).leak();
    Subject::new(format!("framepool: {slots} slots, None"), || {
        assert!(pool.try_acquire().is_none());
    })
}

/// All slots on loan but the last, which is acquired, missed and given back.
fn one_churns(slots: usize) -> Subject {
    let pool = lent::pool(slots);
    let mut held = lent::all(pool);
    drop(held.pop());
    held.leak();
    Subject::new(format!("framepool: {slots} slots, Some -> None -> drop"), || {
        let last = pool.try_acquire();
        assert!(last.is_some() && pool.try_acquire().is_none());
        drop(last);
    })
}

pub(crate) fn comparisons() -> Vec<Comparison> {
    let compare = |name: &str, subject: fn(usize) -> Subject| Comparison {
        name: name.to_owned(),
        threads: 1,
        subjects: SIZES.map(subject).into(),
    };
    vec![
        compare("BoxedPool, nothing free", none_free),
        compare("BoxedPool, nothing free but one slot that churns", one_churns),
    ]
}
