//! Slots in groups: runs, reserves, and what an exclusive acquirer has taken.

#![allow(clippy::disallowed_types, reason = "tests stand outside the facade")]

mod common;

use common::{counting_waker, panicking_waker, panics, poll};
use framepool_core::recycle::Tally;
use framepool_core::{LocalLoan, Pool};
use std::pin::pin;
use std::task::Poll;

#[test]
fn runs_are_adjacent_and_split_into_loans() {
    let pool = Pool::new([0_u8; 8]);
    let held = [pool.try_acquire().unwrap(), pool.try_acquire().unwrap()];
    let [first, _second] = held;
    drop(first);
    let mut run = pool.try_acquire_run(3).unwrap();
    assert_eq!(run.indices(), 2..5, "slot 0 alone is no run of three");
    let split = run.next().unwrap();
    drop(run);
    assert_eq!((split.index(), pool.available()), (2, 6));
    assert!(pool.try_acquire_run(6).is_none(), "six are free, but not side by side");
    assert!(pool.try_acquire_run(0).is_none() && pool.try_acquire_run(100).is_none());
}

#[test]
fn a_waker_that_panics_keeps_no_slot_of_a_run() {
    let pool = Pool::new([0_u8; 3]);
    let run = pool.try_acquire_run(3).unwrap();
    let (count, good) = counting_waker();
    let mut a = Box::pin(pool.acquire());
    let mut b = pin!(pool.acquire());
    assert!(poll(a.as_mut(), &panicking_waker()).is_pending());
    assert!(poll(b.as_mut(), &good).is_pending());
    assert!(panics(|| drop(run)));
    assert_eq!((count.wakes(), pool.available()), (1, 1), "one slot each, and one is left");
    drop(a);
    assert_eq!(pool.available(), 2);
}

#[test]
fn an_exclusive_acquirer_gives_back_what_it_has_not_lent() {
    let mut pool = Pool::<u16, 100, 2>::wide([0; 100]);
    {
        let mut exclusive = pool.exclusive();
        let loans: Vec<_> = std::iter::from_fn(|| exclusive.try_acquire()).collect();
        assert_eq!((loans.len(), exclusive.pool().available()), (100, 0));
        drop(loans);
        assert_eq!(exclusive.try_acquire().unwrap().index() / 62, 1, "it stays in its word");
    }
    assert_eq!(pool.available(), 100);
    pool.close();
    assert!(pool.exclusive().try_acquire().is_none());
}

#[test]
fn a_local_loan_goes_back_to_its_acquirer() {
    let tally = Tally::<4>::new();
    let mut pool = Pool::new([0_u16; 4]).recycled_by(tally);
    let mut exclusive = pool.exclusive();
    let local = exclusive.local();
    let again = local;
    let mut first = local.try_acquire().unwrap();
    *first = 7;
    let second = again.try_acquire().unwrap();
    assert_eq!((first.index(), second.index()), (0, 1));
    drop(first);
    let first = local.try_acquire().unwrap();
    assert_eq!((first.index(), *first), (0, 7), "what its last holder left in it");
    let sent = first.into_loan();
    drop(second);
    let rest = [(); 3].map(|()| local.try_acquire().unwrap());
    assert_eq!(rest.each_ref().map(LocalLoan::index), [1, 2, 3]);
    assert!(local.try_acquire().is_none(), "one was sent");
    drop(rest);
    std::thread::scope(|scope| scope.spawn(move || drop(sent)).join()).unwrap();
}

#[test]
fn local_loans_of_two_words_are_told_apart() {
    let mut pool = Pool::<u16, 100, 2>::wide([0; 100]);
    let mut exclusive = pool.exclusive();
    let local = exclusive.local();
    let mut loans: Vec<_> = std::iter::from_fn(|| local.try_acquire()).collect();
    let lent = |loans: &[LocalLoan<_>]| {
        loans.iter().map(LocalLoan::index).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(lent(&loans), (0..100).collect());
    // Of the first word, of the second, and of the first again: none is kept under the wrong number.
    for index in [3, 90, 5] {
        loans.retain(|loan| loan.index() != index);
    }
    loans.extend([(); 3].map(|()| local.try_acquire().unwrap()));
    assert_eq!((loans.len(), lent(&loans).len()), (100, 100));
    drop(loans);
    assert_eq!(exclusive.pool().available(), 99 - 61, "one word is with the acquirer");
}

#[test]
fn a_hook_that_panics_costs_no_local_slot() {
    let mut pool = Pool::new([0_u8]).recycled_by(|_: &mut u8| panic!("a hook"));
    let mut exclusive = pool.exclusive();
    let local = exclusive.local();
    let loan = local.try_acquire().unwrap();
    assert!(panics(|| drop(loan)));
    assert!(local.try_acquire().map(std::mem::forget).is_some());
}

#[test]
fn a_reserve_is_a_pool_of_its_own() {
    let pool = Pool::new([0_u8; 8]);
    let first = pool.try_acquire().unwrap();
    let second = pool.try_acquire().unwrap();
    drop(first);
    let reserve = pool.reserve(3).unwrap();
    let loans: Vec<_> = std::iter::from_fn(|| reserve.try_acquire()).collect();
    let numbers: Vec<_> = loans.iter().map(|loan| loan.index()).collect();
    assert_eq!(numbers, [0, 2, 3], "the lowest free ones, by their numbers in the pool");
    assert_eq!((reserve.capacity(), reserve.available(), pool.available()), (3, 0, 4));

    let mut theirs = Box::pin(reserve.acquire());
    let (count, waker) = counting_waker();
    assert!(poll(theirs.as_mut(), &waker).is_pending());
    drop(second);
    assert_eq!(count.wakes(), 0, "what comes back to the pool is the pool's");
    drop(loans);
    assert_eq!(count.wakes(), 1);
    drop(theirs);
    assert_eq!((reserve.available(), pool.available()), (3, 5));
    pool.close();
    assert!(reserve.try_acquire().is_some(), "it was set aside before");
    drop(reserve);
    assert_eq!(pool.available(), 8);
}

#[test]
fn a_reserve_counts_its_own_slots() {
    let pool = Pool::new([0_u8; 8]).recycled_by(Tally::<8>::new());
    let _held: Vec<_> = (0..5).map(|_| pool.try_acquire().unwrap()).collect();
    let reserve = pool.reserve(3).unwrap();
    drop((reserve.try_acquire(), reserve.try_acquire()));
    let stats = reserve.stats();
    assert_eq!((stats.capacity, stats.available, stats.high_water), (3, 3, Some(2)));
    assert_eq!((stats.lent, pool.stats().lent), (None, Some(2)));
}

#[test]
fn reserves_come_from_one_word_all_at_once_or_not_at_all() {
    static WIDE: Pool<u16, 100, 2> = Pool::wide([0; 100]);
    let most = WIDE.reserve(60).unwrap();
    assert_eq!(most.try_acquire().unwrap().index(), 0);
    assert!(WIDE.reserve(39).is_none(), "40 are free, but 2 and 38");
    let rest = WIDE.reserve(38).unwrap();
    assert_eq!(rest.try_acquire().unwrap().index(), 62);
    let mut frozen = rest.try_acquire().unwrap();
    *frozen = 7;
    let frozen = frozen.freeze();
    assert_eq!((*frozen.clone(), frozen.index(), WIDE.available()), (7, 62, 2));
    assert!(WIDE.reserve(0).is_none() && WIDE.reserve(63).is_none());
    assert_eq!(rest.reserve(2).unwrap().try_acquire().unwrap().index(), 63, "one within another");
}

#[test]
fn nobody_is_overtaken_by_a_run_or_a_reserve() {
    let pool = Pool::new([0_u8; 2]);
    let held = pool.try_acquire_run(2).unwrap();
    let (count, waker) = counting_waker();
    let mut waiting = pin!(pool.acquire());
    assert!(poll(waiting.as_mut(), &waker).is_pending());
    assert!(pool.try_acquire_run(1).is_none() && pool.reserve(1).is_none());
    drop(held);
    assert_eq!(count.wakes(), 1);
    assert!(pool.reserve(2).is_none(), "one is the waiter's");
    let Poll::Ready(Ok(loan)) = poll(waiting, &waker) else { panic!("served") };
    assert_eq!((loan.index(), pool.available()), (0, 1));
}

#[test]
fn what_a_reserve_gives_back_goes_to_those_who_wait_for_the_pool() {
    let pool = Pool::new([0_u8; 2]);
    let reserve = pool.reserve(2).unwrap();
    let (count, waker) = counting_waker();
    let mut waiting = pin!(pool.acquire());
    assert!(poll(waiting.as_mut(), &waker).is_pending());
    drop(reserve.try_acquire());
    assert_eq!(count.wakes(), 0);
    drop(reserve);
    assert_eq!((count.wakes(), pool.available()), (1, 1));
}

#[cfg(feature = "alloc")]
mod owned {
    use framepool_core::storage::Boxed;
    use framepool_core::{BoxedPool, SharedPool};
    use std::sync::Arc;

    fn pool(slots: usize) -> (SharedPool<Boxed<Arc<()>>>, Arc<()>) {
        let token = Arc::new(());
        let made = BoxedPool::from_fn(slots, || Arc::clone(&token)).expect("it has slots");
        (SharedPool::new(made), token)
    }

    #[test]
    fn a_reserve_keeps_the_pool_that_it_came_from() {
        let (pool, token) = pool(4);
        let reserve = pool.reserve(3).unwrap();
        let other = pool.try_acquire().unwrap();
        drop(pool);
        let inner = SharedPool::new(reserve);
        let loan = inner.try_acquire().unwrap();
        drop((inner, other));
        assert_eq!(
            Arc::strong_count(&token),
            5,
            "one loan keeps the reserve, which keeps the pool"
        );
        assert_eq!(loan.index(), 0);
        std::thread::spawn(move || drop(loan)).join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn runs_and_acquirers_of_shared_pools_outlive_its_handles() {
        let (pool, token) = pool(70);
        let mut acquirer = pool.acquirer();
        let mut run = pool.try_acquire_run(2).unwrap();
        drop(pool);
        let loan = acquirer.try_acquire().unwrap();
        drop(acquirer);
        drop((run.next(), run.next(), loan));
        assert_eq!(Arc::strong_count(&token), 1);
        assert_eq!(run.indices(), 0..0, "of a pool that is gone");
        assert!(run.next().is_none());
    }

    #[test]
    fn only_one_handle_becomes_exclusive() {
        let (pool, token) = pool(70);
        let other = pool.acquirer();
        let pool = pool.into_exclusive().unwrap_err();
        drop(other);
        let mut exclusive = pool.into_exclusive().unwrap();
        let loans: Vec<_> = std::iter::from_fn(|| exclusive.try_acquire()).collect();
        assert_eq!(loans.len(), 70);
        drop(loans);
        let last = exclusive.try_acquire().unwrap();
        drop(exclusive);
        assert_eq!(Arc::strong_count(&token), 71);
        drop(last);
        assert_eq!(Arc::strong_count(&token), 1);
    }
}

#[test]
fn every_free_slot_is_warmed_once_and_is_free_again() {
    let pool = Pool::<u32, 130, 3>::wide([0; 130]);
    let held = pool.try_acquire().unwrap();
    assert_eq!(pool.prewarm(|slot| *slot += 1), 129);
    assert_eq!(pool.available(), 129);
    drop(held);
    let all: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).collect();
    assert_eq!((all.len(), all.iter().map(|slot| **slot).sum()), (130, 129_u32));
    drop(all);
    pool.close();
    assert_eq!(pool.prewarm(|_| ()), 0);
}

#[test]
fn a_panic_while_warming_strands_no_slot() {
    let pool = Pool::<u32, 70, 2>::wide([0; 70]);
    let panicked = std::panic::catch_unwind(|| {
        let mut left = 65;
        pool.prewarm(|_| {
            left -= 1;
            assert_ne!(left, 0);
        })
    });
    assert!(panicked.is_err());
    assert_eq!(pool.available(), 70);
}
