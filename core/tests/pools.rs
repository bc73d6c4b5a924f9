//! What a user of the pools relies on, one thread at a time; the models do the rest.

#![allow(clippy::disallowed_types, reason = "tests stand outside the facade")]

mod common;

use common::{counting_waker, panics, poll};
use framepool_core::storage::Borrowed;
use framepool_core::{BufferPool, BuildError, LeanPool, Pool};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

#[test]
fn slots_are_lent_lowest_first_and_then_the_one_that_came_back_last() {
    let pool = Pool::new([0_u8; 3]);
    let loans: Vec<_> = (0..3).map(|_| pool.try_acquire().unwrap()).collect();
    assert_eq!(loans.iter().map(|l| l.index()).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(pool.try_acquire().is_none());
    assert_eq!((pool.available(), pool.stats().high_water), (0, Some(3)));
    loans.into_iter().for_each(drop);
    assert_eq!((pool.available(), pool.stats().high_water), (3, Some(3)));
    let again: Vec<_> = (0..3).map(|_| pool.try_acquire().unwrap()).collect();
    let lent = if cfg!(target_pointer_width = "64") { [2, 0, 1] } else { [0, 1, 2] };
    assert_eq!(again.iter().map(|l| l.index()).collect::<Vec<_>>(), lent);
}

#[test]
fn a_panic_gives_the_slot_back() {
    let pool = Pool::new([0_u8; 1]);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _loan = pool.try_acquire().unwrap();
        panic!("while a loan is held");
    }));
    assert!(panicked.is_err());
    assert_eq!(pool.available(), 1);
}

#[test]
fn frozen_shares_count_slice_and_thaw() {
    let mut memory = [0_u8; 8];
    let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 8, 8).unwrap();
    let mut loan = pool.try_acquire().unwrap();
    loan.copy_from_slice(b"01234567");
    let whole = loan.freeze();
    let part = whole.slice(2..6).unwrap();
    let inner = part.slice(1..3).unwrap();
    assert_eq!((&*part, &*inner), (&b"2345"[..], &b"34"[..]));
    assert!(part.slice(0..5).is_none(), "a slice does not reach beyond its parent");
    let whole = whole.thaw().unwrap_err();
    drop((whole, inner));
    assert_eq!(pool.available(), 0);
    assert_eq!(part.thaw().unwrap().len(), 8, "thawing gives the whole slot");
    assert_eq!(pool.available(), 1);
}

#[test]
fn regions_are_cut_contiguously_and_checked() {
    let mut memory = [0_u8; 20];
    let start = memory.as_ptr();
    let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 4, 8).unwrap();
    assert_eq!(pool.capacity(), 3, "the last slot needs no gap behind it");
    let loans: Vec<_> = (0..3).map(|_| pool.try_acquire().unwrap()).collect();
    for loan in &loans {
        assert_eq!(loan.as_ptr(), start.wrapping_add(8 * loan.index()));
        assert_eq!(loan.len(), 4);
    }
    drop(loans);
    let error = |slot, stride, len| {
        let mut memory = vec![0_u8; len];
        BufferPool::new(Borrowed::from(&mut memory[..]), slot, stride).unwrap_err()
    };
    assert_eq!(error(4, 4, 3), BuildError::MemoryTooSmall { needed: 4, given: 3 });
    assert_eq!(error(0, 4, 9), BuildError::BadSlotSize { slot_bytes: 0, stride: 4 });
    assert_eq!(error(4, 3, 9), BuildError::BadSlotSize { slot_bytes: 4, stride: 3 });
    assert!(matches!(error(1, 1, 100), BuildError::TooManySlots { requested: 100, .. }));
}

#[test]
fn waiters_are_served_in_order_and_newcomers_do_not_overtake() {
    let pool = Pool::new([0_u8; 1]);
    let held = pool.try_acquire().unwrap();
    let (count_a, waker_a) = counting_waker();
    let (count_b, waker_b) = counting_waker();
    let mut a = pin!(pool.acquire());
    let mut b = pin!(pool.acquire());
    assert!(poll(a.as_mut(), &waker_a).is_pending());
    assert!(poll(b.as_mut(), &waker_b).is_pending());
    drop(held);
    assert_eq!((count_a.0.load(Ordering::Relaxed), count_b.0.load(Ordering::Relaxed)), (1, 0));
    assert!(pool.try_acquire().is_none(), "the slot is A's");
    assert!(poll(b.as_mut(), &waker_b).is_pending());
    let Poll::Ready(Ok(loan)) = poll(a, &waker_a) else { panic!("A was served") };
    drop(loan);
    assert_eq!(count_b.0.load(Ordering::Relaxed), 1);
    assert!(matches!(poll(b, &waker_b), Poll::Ready(Ok(_))));
    assert_eq!(pool.available(), 1);
}

#[test]
fn a_cancelled_waiter_passes_its_slot_on() {
    let pool = Pool::new([0_u8; 1]);
    let held = pool.try_acquire().unwrap();
    let (count, waker) = counting_waker();
    let mut served = Box::pin(pool.acquire());
    let mut queued = Box::pin(pool.acquire());
    let mut last = pin!(pool.acquire());
    assert!(poll(served.as_mut(), &waker).is_pending());
    assert!(poll(queued.as_mut(), &waker).is_pending());
    assert!(poll(last.as_mut(), &waker).is_pending());
    drop(queued);
    drop(held);
    drop(served);
    assert_eq!(count.0.load(Ordering::Relaxed), 2, "the served one, then the last one");
    assert!(matches!(poll(last, &waker), Poll::Ready(Ok(_))));
    assert_eq!(pool.available(), 1);
}

#[test]
fn a_waiter_that_is_polled_again_wakes_its_newest_waker() {
    let pool = Pool::new([0_u8; 1]);
    let held = pool.try_acquire().unwrap();
    let (first, first_waker) = counting_waker();
    let (second, second_waker) = counting_waker();
    let mut waiting = pin!(pool.acquire());
    assert!(poll(waiting.as_mut(), &first_waker).is_pending());
    assert!(poll(waiting.as_mut(), &second_waker).is_pending());
    drop(held);
    assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (0, 1));
}

#[test]
fn a_future_that_has_answered_claims_nothing_more() {
    let pool = Pool::new([0_u8; 2]);
    let mut waiting = pin!(pool.acquire());
    let answer = poll(waiting.as_mut(), Waker::noop());
    assert!(matches!(answer, Poll::Ready(Ok(_))));
    assert!(poll(waiting.as_mut(), Waker::noop()).is_pending());
    assert_eq!(pool.available(), 1);
    pool.close();
    let mut turned_away = pin!(pool.acquire());
    assert!(matches!(poll(turned_away.as_mut(), Waker::noop()), Poll::Ready(Err(_))));
    assert!(poll(turned_away.as_mut(), Waker::noop()).is_pending());
}

#[test]
fn a_waker_whose_clone_panics_does_not_end_the_wait() {
    const TABLE: RawWakerVTable =
        RawWakerVTable::new(|_| panic!("no clone"), |_| {}, |_| {}, |_| {});
    let pool = Pool::new([0_u8; 1]);
    let held = pool.try_acquire().unwrap();
    let mut waiting = pin!(pool.acquire());
    // SAFETY: the functions use no data.
    let bad = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &TABLE)) };
    assert!(panics(|| drop(poll(waiting.as_mut(), &bad))));
    let (count, waker) = counting_waker();
    assert!(poll(waiting.as_mut(), &waker).is_pending());
    drop(held);
    assert_eq!(count.wakes(), 1);
    assert!(matches!(poll(waiting, &waker), Poll::Ready(Ok(_))));
}

#[test]
fn acquirers_wait_as_their_pools_do() {
    assert_eq!(Pool::<u8, 100, 2>::default().try_acquire().as_deref(), Some(&0));
    let pool = LeanPool::<u8, 1>::default();
    let mut acquirer = pool.acquirer();
    let held = acquirer.try_acquire().unwrap();
    let (count, waker) = counting_waker();
    let mut waiting = pin!(acquirer.acquire());
    assert!(poll(waiting.as_mut(), &waker).is_pending());
    drop(held);
    assert_eq!(count.wakes(), 1);
    assert!(matches!(poll(waiting, &waker), Poll::Ready(Ok(_))));
    assert_eq!(acquirer.pool().available(), 1);
}

#[test]
fn closing_turns_all_waiters_away_but_loans_live_on() {
    let pool = Pool::new([5_u8; 2]);
    let loan = pool.try_acquire().unwrap();
    let other = pool.try_acquire().unwrap();
    let (count, waker) = counting_waker();
    let mut a = pin!(pool.acquire());
    let mut b = pin!(pool.acquire());
    assert!(poll(a.as_mut(), &waker).is_pending());
    assert!(poll(b.as_mut(), &waker).is_pending());
    pool.close();
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
    assert!(matches!(poll(a, &waker), Poll::Ready(Err(_))));
    assert!(matches!(poll(b, &waker), Poll::Ready(Err(_))));
    drop(other);
    assert!(pool.try_acquire().is_none());
    assert!(matches!(poll(pin!(pool.acquire()), &waker), Poll::Ready(Err(_))));
    assert_eq!(*loan, 5);
    drop(loan);
    assert_eq!(pool.available(), 2);
    assert!(pool.is_closed());
}

#[test]
fn a_waker_that_panics_keeps_no_other_waiting() {
    struct Panicking;
    impl Wake for Panicking {
        fn wake(self: Arc<Self>) {
            panic!("a waker's own trouble");
        }
    }
    let pool = Pool::new([0_u8; 1]);
    let held = pool.try_acquire().unwrap();
    let bad = Waker::from(Arc::new(Panicking));
    let (count, good) = counting_waker();
    let mut a = Box::pin(pool.acquire());
    let mut b = pin!(pool.acquire());
    assert!(poll(a.as_mut(), &bad).is_pending());
    assert!(poll(b.as_mut(), &good).is_pending());
    let close = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.close()));
    assert!(close.is_err());
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    drop((a, held));
    assert_eq!(pool.available(), 1);
}

#[test]
fn a_waker_whose_drop_panics_strands_no_slot() {
    struct PanicsWhenDropped;
    impl Wake for PanicsWhenDropped {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("a waker's own trouble");
        }
    }
    let pool = Pool::new([0_u8; 1]);
    let held = pool.try_acquire().unwrap();
    let mut waiting = Box::pin(pool.acquire());
    assert!(poll(waiting.as_mut(), Waker::noop()).is_pending());
    drop(held);
    let bad = Arc::new(PanicsWhenDropped);
    let raw = Arc::downgrade(&bad);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        // The future's clone of this waker is the last one to go.
        let waker = Waker::from(bad);
        let mut cx = Context::from_waker(&waker);
        let answer = waiting.as_mut().poll(&mut cx);
        drop(answer);
        drop(waker);
    }));
    assert!(panicked.is_err() && raw.strong_count() == 0);
    drop(waiting);
    assert_eq!(pool.available(), 1);
}

#[test]
fn pools_of_several_words_lend_every_slot_once() {
    static WIDE: Pool<u16, 200, 4> = Pool::wide([0; 200]);
    let mut acquirer = WIDE.acquirer();
    let loans: Vec<_> = std::iter::from_fn(|| acquirer.try_acquire()).collect();
    let mut indices: Vec<_> = loans.iter().map(|loan| loan.index()).collect();
    indices.sort_unstable();
    assert_eq!(indices, (0..200).collect::<Vec<_>>());
    assert!(WIDE.try_acquire().is_none());
    drop(loans);
    assert_eq!((WIDE.available(), WIDE.stats().high_water), (200, Some(200)));
}

#[test]
fn a_pool_is_shown_without_its_memory() {
    struct Secret<'m>(Borrowed<'m>);
    impl std::fmt::Debug for Secret<'_> {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("a reader of the memory, while a loan may write it")
        }
    }
    // SAFETY: as the memory within.
    unsafe impl framepool_core::storage::Memory for Secret<'_> {
        fn base(&self) -> std::ptr::NonNull<u8> {
            self.0.base()
        }
        fn len(&self) -> usize {
            self.0.len()
        }
    }
    let mut memory = [0_u8; 8];
    let pool = BufferPool::new(Secret(Borrowed::from(&mut memory[..])), 4, 4).unwrap();
    assert!(format!("{pool:?}").contains("capacity: 2"));
}

#[cfg(feature = "alloc")]
mod owned {
    use super::{Ordering, counting_waker, poll};
    use framepool_core::storage::HeapBytes;
    use framepool_core::{BoxedPool, BufferPool, BuildError, LargeBufferPool, SharedPool};
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Poll;

    #[test]
    fn the_pool_lives_until_the_last_loan_and_handle() {
        let token = Arc::new(());
        let make = || {
            let pool = BoxedPool::from_fn(2, || Arc::clone(&token)).unwrap();
            SharedPool::new(pool)
        };
        let pool = make();
        let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap().freeze());
        let again = pool.clone();
        drop(pool);
        assert!(!again.is_closed());
        drop(again);
        drop(a);
        assert_eq!(Arc::strong_count(&token), 3, "one share is out");
        drop(b);
        assert_eq!(Arc::strong_count(&token), 1);
        let pool = make();
        pool.close();
        drop(pool.try_acquire());
        drop(pool);
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn owned_waiting_hands_over() {
        let pool = SharedPool::new(BoxedPool::from_fn(1, || 3_u8).unwrap());
        let held = pool.try_acquire().unwrap();
        let (count, waker) = counting_waker();
        let loan = {
            let mut waiting = pin!(pool.acquire());
            assert!(poll(waiting.as_mut(), &waker).is_pending());
            drop(held);
            assert_eq!(count.0.load(Ordering::Relaxed), 1);
            let Poll::Ready(Ok(loan)) = poll(waiting, &waker) else { panic!("served") };
            loan
        };
        drop(pool);
        assert_eq!(*loan, 3);
    }

    #[test]
    fn a_closed_pool_stays_closed_when_it_is_shared() {
        let pool = BoxedPool::from_fn(1, || ()).unwrap();
        pool.close();
        let pool = SharedPool::new(pool);
        assert!(pool.is_closed() && pool.try_acquire().is_none());
    }

    #[test]
    fn a_waker_that_panics_while_the_last_handle_goes_leaks_nothing() {
        struct Panicking;
        impl std::task::Wake for Panicking {
            fn wake(self: Arc<Self>) {
                panic!("a waker's own trouble");
            }
        }
        let token = Arc::new(());
        let held = Arc::clone(&token);
        let pool = SharedPool::new(BoxedPool::from_fn(1, move || Arc::clone(&held)).unwrap());
        let loan = pool.try_acquire().unwrap();
        // A waiter that is forgotten while it is queued: only so can one outlive every handle.
        let mut waiting = std::mem::ManuallyDrop::new(pool.acquire());
        // SAFETY: it stays where it is to the end of this test, long after it has left the queue.
        let pinned = unsafe { std::pin::Pin::new_unchecked(&mut *waiting) };
        let waker = std::task::Waker::from(Arc::new(Panicking));
        assert!(poll(pinned, &waker).is_pending());
        drop(waker);
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(pool)));
        assert!(dropped.is_err());
        drop(loan);
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn impossible_pools_are_errors() {
        fn never() -> [u8; 64] {
            panic!("asked for before there is memory for all")
        }
        assert_eq!(BoxedPool::from_fn(0, || ()).unwrap_err(), BuildError::NoSlots);
        assert_eq!(BoxedPool::from_fn(usize::MAX, never).unwrap_err(), BuildError::Overflow);
        assert_eq!(BoxedPool::from_fn(usize::MAX, || ()).unwrap_err(), BuildError::Overflow);
        // More than any address space has.
        #[cfg(target_pointer_width = "64")]
        assert!(matches!(
            BoxedPool::from_fn(1 << 46, never).unwrap_err(),
            BuildError::OutOfMemory { .. }
        ));
        assert_eq!(HeapBytes::zeroed(9, 3).unwrap_err(), BuildError::BadAlignment { align: 3 });
        assert_eq!(HeapBytes::zeroed(usize::MAX, 1).unwrap_err(), BuildError::Overflow);
        let huge = isize::MAX as usize - 4096;
        assert_eq!(
            HeapBytes::zeroed(huge, 64).unwrap_err(),
            BuildError::OutOfMemory { requested: huge }
        );
        let memory = HeapBytes::zeroed(3 * 64, 64).unwrap();
        let pool = BufferPool::new(memory, 64, 64).unwrap();
        assert_eq!(pool.try_acquire().unwrap().as_ptr().addr() % 64, 0);
        let memory = HeapBytes::zeroed(63 * 64, 64).unwrap();
        let error = BufferPool::new(memory, 64, 64).unwrap_err();
        #[cfg(target_pointer_width = "64")]
        assert_eq!(error, BuildError::TooManySlots { requested: 63, limit: 62 });
        assert!(error.to_string().contains("a pool of one word"));
        let memory = HeapBytes::zeroed(63 * 64, 64).unwrap();
        let large = LargeBufferPool::new(memory, 50, 64).unwrap();
        assert_eq!((large.capacity(), large.stride(), large.alignment()), (63, 64, 64));
        let nothing = HeapBytes::zeroed(0, 64).unwrap_err();
        assert_eq!(nothing, BuildError::MemoryTooSmall { needed: 1, given: 0 });
    }

    #[test]
    fn handles_are_told_apart_and_unwrapped() {
        let pool = SharedPool::from(BoxedPool::from_fn(2, || 3_u8).unwrap());
        let other = SharedPool::from(BoxedPool::from_fn(2, || 3_u8).unwrap());
        let clone = pool.clone();
        assert!(pool.ptr_eq(&clone) && !pool.ptr_eq(&other));
        let pool = pool.try_unwrap().expect_err("there is another handle");
        drop(clone);
        let share = pool.try_acquire().unwrap().freeze();
        let pool = pool.try_unwrap().expect_err("a slot is shared");
        drop(share);
        let waiting = pool.clone().acquire_owned();
        let pool = pool.try_unwrap().expect_err("a future has a handle");
        drop(waiting);
        let unwrapped = pool.try_unwrap().expect("alone, and all have come back");
        assert_eq!(unwrapped.available(), 2);
        let again = SharedPool::new(unwrapped);
        assert_eq!(again.try_acquire().as_deref(), Some(&3));
        again.close();
        assert!(again.try_unwrap().is_err(), "closed pools stay where they are");
    }

    #[test]
    fn an_owned_future_keeps_its_pool() {
        let pool = SharedPool::new(BoxedPool::from_fn(1, || 3_u8).unwrap());
        let held = pool.try_acquire().unwrap();
        let (count, waker) = counting_waker();
        let mut waiting = Box::pin(pool.acquire_owned());
        assert!(poll(waiting.as_mut(), &waker).is_pending());
        drop(held);
        assert_eq!(count.wakes(), 1, "its handle is the only one");
        let Poll::Ready(Ok(loan)) = poll(waiting.as_mut(), &waker) else { panic!("served") };
        drop(waiting);
        assert_eq!(*loan, 3);
    }
}
