//! Kills: a release that does not check that its slot was lent; a second release that is not
//! undone.
//!
//! I8: a double release cannot be written in safe code, and is caught in the raw layer. Here it is
//! written in unsafe code, by copying a guard. What the slot's neighbours see before a double
//! release is undone is no part of the invariant: its bit was added twice, and carried.

#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{explore, with_static};
use framepool_core_loom::{BoxedPool, Loan, Pool, PoolRef, SharedPool};
use loom::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Copies a guard: from here on its slot is given back twice.
fn copy<R: PoolRef>(loan: &Loan<R>) -> Loan<R> {
    // SAFETY: none: the misuse that is to be caught.
    unsafe { std::ptr::read(loan) }
}

/// Drops a guard, and returns whether that was refused.
fn is_refused<R: PoolRef>(loan: Loan<R>) -> bool {
    catch_unwind(AssertUnwindSafe(|| drop(loan))).is_err()
}

/// 2 threads x 1 round, 1 slot.
#[test]
fn of_two_releases_of_one_loan_one_is_refused() {
    explore(.., || {
        with_static(Pool::new([0_u32]), |pool| {
            let loan = pool.try_acquire().unwrap();
            let twin = copy(&loan);
            let thread = thread::spawn(move || is_refused(twin));
            let mine = is_refused(loan);
            assert!(mine != thread.join().unwrap(), "one of the two is refused");
            assert_eq!(pool.available(), 1);
            assert_eq!(pool.try_acquire().unwrap().index(), 0);
        });
    });
}

/// 2 threads x 1 round, 2 slots: the owned release, and the one slot that is still lent.
#[test]
fn a_refused_release_leaves_the_others_alone() {
    explore(.., || {
        let pool = SharedPool::new(BoxedPool::from_fn(2, || ()).unwrap());
        let (other, loan) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
        let twin = copy(&loan);
        drop(loan);
        let thread = thread::spawn(move || drop(other));
        assert!(is_refused(twin));
        thread.join().unwrap();
        let loans = [pool.try_acquire().unwrap(), pool.try_acquire().unwrap()];
        assert_eq!(loans.map(|loan| loan.index()), [0, 1]);
    });
}
