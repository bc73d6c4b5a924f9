//! framepool-core.

use super::SLOTS;
use crate::measure::Subject;
use framepool_core::{BoxedPool, Frozen, Home, Loan, Pool, SharedPool};
use std::hint::black_box;

/// Writes, so that a loan is used as every subject's slot is.
fn used<H: Home<Storage: framepool_core::Storage<Slot = u64>>>(mut loan: Loan<H>) -> Loan<H> {
    *loan = black_box(1);
    loan
}

/// Reads, as a consumer of shares would.
fn read<H: Home<Storage: framepool_core::Storage<Slot = u64>>>(share: &Frozen<H>) {
    black_box(**share);
}

pub(crate) fn inline() -> Subject {
    let pool = Pool::new([0_u64; SLOTS]);
    Subject::new("framepool: Pool<u64, 16>, loan -> drop", move || {
        if let Some(loan) = pool.try_acquire() {
            drop(used(loan));
        }
    })
}

pub(crate) fn frozen() -> Subject {
    let pool = Pool::new([0_u64; SLOTS]);
    Subject::new("framepool: loan -> Frozen -> drop", move || {
        if let Some(loan) = pool.try_acquire() {
            read(&used(loan).freeze());
        }
    })
}

pub(crate) fn frozen_and_cloned() -> Subject {
    let pool = Pool::new([0_u64; SLOTS]);
    Subject::new("framepool: loan -> Frozen, one clone -> drop", move || {
        if let Some(loan) = pool.try_acquire() {
            let share = used(loan).freeze();
            let clone = share.clone();
            read(&share);
            read(&clone);
        }
    })
}

fn on_the_heap() -> BoxedPool<u64> {
    BoxedPool::from_fn(SLOTS, || 0).expect("the word has room for them")
}

pub(crate) fn boxed() -> Subject {
    let pool = on_the_heap();
    Subject::new("framepool: BoxedPool, borrowed loan", move || {
        if let Some(loan) = pool.try_acquire() {
            drop(used(loan));
        }
    })
}

pub(crate) fn owned() -> Subject {
    let pool = SharedPool::new(on_the_heap()).expect("owned pools have room for them");
    Subject::new("framepool: SharedPool, owned loan", move || {
        if let Some(loan) = pool.try_acquire() {
            drop(used(loan));
        }
    })
}
