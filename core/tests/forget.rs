//! Guards that are forgotten, and pools that go with loans out: slots may be lost, nothing else.

#![allow(clippy::disallowed_types, reason = "tests stand outside the facade")]

mod common;

use common::{counting_waker, lose, poll};
use framepool_core::Pool;
use std::mem::forget;
use std::pin::pin;
use std::task::Poll;

#[test]
fn a_forgotten_loan_costs_its_slot_and_nothing_else() {
    let pool = Pool::new([0_u8; 2]);
    std::mem::forget(pool.try_acquire().unwrap());
    assert_eq!(pool.available(), 1);
    assert_eq!(pool.try_acquire().unwrap().index(), 1);
}

#[test]
fn a_forgotten_share_costs_its_slot_and_nothing_else() {
    let pool = Pool::new([0_u8; 2]);
    let share = pool.try_acquire().unwrap().freeze();
    forget(share.clone());
    drop(share);
    assert_eq!(pool.available(), 1);
}

#[test]
fn a_forgotten_run_costs_what_was_not_split_off() {
    let pool = Pool::new([0_u8; 5]);
    let mut run = pool.try_acquire_run(3).unwrap();
    let first = run.next().unwrap();
    forget(run);
    drop(first);
    let left: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).collect();
    let numbers: Vec<_> = left.iter().map(|loan| loan.index()).collect();
    assert_eq!(numbers, [0, 3, 4]);
}

#[test]
fn a_forgotten_exclusive_acquirer_costs_what_it_had_taken() {
    let mut pool = Pool::new([0_u8; 4]);
    let mut exclusive = pool.exclusive();
    drop(exclusive.try_acquire());
    forget(exclusive);
    assert_eq!(pool.available(), 1, "the one that came back");
}

#[test]
fn a_forgotten_reserve_costs_its_slots() {
    let pool = Pool::new([0_u8; 4]);
    forget(pool.reserve(3).unwrap());
    assert_eq!(pool.available(), 1);
}

#[test]
fn a_reserve_gives_back_all_but_what_was_forgotten() {
    let pool = Pool::new([0_u8; 4]);
    let reserve = pool.reserve(3).unwrap();
    forget(reserve.try_acquire());
    drop(reserve);
    assert_eq!(pool.available(), 3);
    assert_ne!(pool.try_acquire().unwrap().index(), 0);
}

#[test]
fn a_forgotten_waiter_costs_the_slot_that_it_is_handed() {
    let pool = Pool::new([0_u8; 2]);
    let held = pool.try_acquire_run(2).unwrap();
    let (count, waker) = counting_waker();
    let mut forgotten = Box::pin(pool.acquire());
    let mut waiting = pin!(pool.acquire());
    assert!(poll(forgotten.as_mut(), &waker).is_pending());
    assert!(poll(waiting.as_mut(), &waker).is_pending());
    lose(forgotten);
    drop(held);
    assert_eq!(count.wakes(), 2);
    assert!(matches!(poll(waiting, &waker), Poll::Ready(Ok(_))));
    assert_eq!(pool.available(), 1);
}

#[test]
fn a_pool_that_goes_turns_forgotten_waiters_away() {
    let (count, waker) = counting_waker();
    {
        let pool = Pool::new([0_u8; 1]);
        forget(pool.try_acquire());
        let mut waiting = Box::pin(pool.acquire());
        assert!(poll(waiting.as_mut(), &waker).is_pending());
        lose(waiting);
    }
    assert_eq!(count.wakes(), 1, "it is out of the queue");
    // Others queue where the forgotten one did.
    let pool = Pool::new([0_u8; 1]);
    let held = pool.try_acquire();
    let mut waiting = pin!(pool.acquire());
    assert!(poll(waiting.as_mut(), &waker).is_pending());
    drop(held);
    assert!(matches!(poll(waiting, &waker), Poll::Ready(Ok(_))));
}

#[cfg(feature = "alloc")]
mod owned {
    use super::lose;
    use framepool_core::storage::HeapBytes;
    use framepool_core::{BoxedPool, BufferPool, SharedPool};
    use std::sync::Arc;

    #[test]
    fn a_forgotten_owned_loan_keeps_the_pool_for_ever() {
        let token = Arc::new(());
        let pool = SharedPool::new(BoxedPool::from_fn(2, || Arc::clone(&token)).unwrap());
        lose(pool.try_acquire());
        let other = pool.try_acquire();
        drop(pool);
        drop(other);
        assert_eq!(Arc::strong_count(&token), 3, "the slots are there as long as the program");
    }

    #[test]
    fn loans_of_every_kind_outlive_the_pool() {
        let memory = HeapBytes::zeroed(8 * 16, 16).unwrap();
        let pool = SharedPool::new(BufferPool::new(memory, 16, 16).unwrap());
        let mut loan = pool.try_acquire().unwrap();
        let share = pool.try_acquire().unwrap().freeze();
        let part = share.slice(3..7).unwrap();
        let run = pool.try_acquire_run(2).unwrap();
        let reserve = pool.reserve(2).unwrap();
        let mut exclusive = SharedPool::new(pool.reserve(1).unwrap()).into_exclusive().unwrap();
        let from_exclusive = exclusive.try_acquire().unwrap();
        drop((pool, exclusive));
        loan.fill(1);
        drop(share);
        assert_eq!(&*part, [0; 4]);
        let mut from_run = run.last().unwrap();
        from_run.fill(2);
        let mut from_reserve = reserve.try_acquire().unwrap();
        from_reserve.fill(3);
        drop(from_reserve);
        drop((reserve, part, from_run, from_exclusive));
        assert_eq!(*loan, [1; 16]);
    }
}
