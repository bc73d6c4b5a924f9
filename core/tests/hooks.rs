//! Hooks: what happens to slots on their way back.

mod common;

use common::panics;
use framepool_core::recycle::{Poison, Recycle, Tally, Zero};
use framepool_core::storage::Borrowed;
use framepool_core::{BufferPool, LeanPool, Pool};
use std::cell::Cell;
use std::mem::ManuallyDrop;

#[test]
fn hooks_see_only_what_was_lent() {
    let times = Cell::new(0);
    let pool = Pool::new([0_u8; 8]).recycled_by(|_: &mut u8| times.set(times.get() + 1));
    let mut run = pool.try_acquire_run(3).unwrap();
    drop(run.next());
    drop(run);
    assert_eq!(times.get(), 1, "two of three were never lent");
    drop(pool.reserve(5).unwrap().try_acquire());
    assert_eq!(times.get(), 2);
}

#[test]
fn a_tally_counts_what_comes_back_by_whatever_way() {
    let pool = Pool::new([[7_u8; 4]; 4]).recycled_by((Zero, Tally::<3>::new()));
    let mut run = pool.try_acquire_run(4).unwrap();
    let shares = (run.next().unwrap().freeze(), run.next().unwrap().freeze());
    drop((shares.0.clone(), shares));
    drop(run.next().unwrap().freeze().thaw());
    drop(run);
    drop(pool.reserve(2).unwrap().try_acquire().unwrap());
    let times = |index| pool.hook().1.times(index);
    assert_eq!([times(0), times(1), times(2), times(3)], [Some(2), Some(1), Some(1), None]);
    assert_eq!(pool.stats().lent, Some(4));
    assert_eq!(*pool.try_acquire().unwrap(), [0; 4], "the other hook had its turn");
}

#[test]
fn the_second_of_two_hooks_runs_though_the_first_panics() {
    let fails = |_: &mut [u8; 4]| panic!("a hook's own trouble");
    let pair = Pool::new([[7_u8; 4]; 1]).recycled_by((fails, Zero));
    assert!(panics(|| drop(pair.try_acquire())));
    // Not dropped: the hook would panic again.
    assert_eq!(**ManuallyDrop::new(pair.try_acquire().unwrap()), [0; 4]);
    let chain = Pool::new([[7_u8; 4]; 1]).recycled_by(fails).recycled_by(Zero);
    assert!(panics(|| drop(chain.try_acquire())));
    assert_eq!(**ManuallyDrop::new(chain.try_acquire().unwrap()), [0; 4]);
}

#[test]
fn hooks_of_arrays_are_as_those_of_bytes() {
    let pool = Pool::new([[1_u8; 3]; 1]).recycled_by((Tally::<1>::default(), Poison(0xdd)));
    drop(pool.try_acquire());
    let expected = if cfg!(debug_assertions) { [0xdd; 3] } else { [1; 3] };
    assert_eq!(*pool.try_acquire().expect("free"), expected);
    assert_eq!(pool.stats().lent, Some(2));
}

#[test]
fn every_kind_of_pool_takes_hooks_one_after_the_other() {
    let lean = LeanPool::new([7_u8; 2]).recycled_by(|slot: &mut u8| *slot += 1);
    let lean = lean.recycled_by(|slot: &mut u8| *slot *= 2);
    drop(lean.try_acquire());
    assert_eq!(lean.try_acquire().as_deref(), Some(&16), "in the order in which they were given");

    let wide = Pool::<u8, 100, 2>::wide([7; 100]).recycled_by(Tally::<100>::new());
    drop(wide.try_acquire());
    let wide = wide.recycled_by(|slot: &mut u8| *slot = 0);
    drop(wide.try_acquire());
    assert_eq!((wide.stats().lent, wide.capacity()), (Some(2), 100), "the tally went along");

    let mut memory = [7_u8; 64];
    let bytes = BufferPool::new(Borrowed::from(&mut memory[..]), 32, 32).unwrap().recycled_by(Zero);
    drop(bytes.try_acquire());
    assert_eq!(bytes.try_acquire().unwrap()[..], [0; 32]);
}

#[test]
fn a_pool_that_gets_a_hook_keeps_its_waiters_and_losses() {
    let pool = Pool::new([7_u8; 3]);
    std::mem::forget(pool.try_acquire());
    pool.close();
    let pool = pool.recycled_by(|slot: &mut u8| *slot = 0);
    assert_eq!((pool.available(), pool.is_closed()), (2, true));
}

#[test]
fn hooks_of_a_reserve_are_told_the_numbers_that_its_loans_tell() {
    let pool = Pool::<u8, 100, 2>::wide([0; 100]);
    let whole = pool.reserve(62).expect("a word");
    let told = Cell::new(0);
    let seen = SeenIndex(&told);
    let reserve = pool.reserve(2).expect("in the second word").recycled_by(seen);
    let loan = reserve.try_acquire().expect("free");
    let index = loan.index();
    drop((loan, whole));
    assert_eq!((index, told.get()), (62, 62));
}

struct SeenIndex<'a>(&'a Cell<usize>);

impl Recycle<u8> for SeenIndex<'_> {
    fn recycle(&self, index: usize, _: &mut u8) {
        self.0.set(index);
    }
}
