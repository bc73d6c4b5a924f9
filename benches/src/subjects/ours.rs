//! framepool-core.

use super::SLOTS;
use crate::measure::Subject;
use framepool_core::{BoxedPool, Frozen, Pool, PoolRef, SharedPool};
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Reads, as a consumer of shares would.
fn read<R: PoolRef<Slot = u64>>(share: &Frozen<R>) {
    black_box(**share);
}

pub(crate) fn inline() -> Subject {
    let pool = Pool::new([0_u64; SLOTS]);
    Subject::new("framepool: Pool<u64, 16>, loan -> drop", move || {
        if let Some(loan) = pool.try_acquire() {
            drop(loan);
        }
    })
}

/// A pool that lives as long as the program, so that what acquires can borrow it.
fn lasting<T>(pool: T) -> &'static T {
    Box::leak(Box::new(pool))
}

pub(crate) fn acquirer() -> Subject {
    let pool = lasting(Pool::new([0_u64; SLOTS]));
    let turn = |acquirer: &mut framepool_core::Acquirer<_>| {
        if let Some(loan) = acquirer.try_acquire() {
            drop(loan);
        }
    };
    Subject::with_state("framepool: Acquirer, 16 slots", || pool.acquirer(), turn)
}

pub(crate) fn many() -> Subject {
    let pool = lasting(BoxedPool::from_fn(4096, || 0_u64).expect("there is memory"));
    let turn = |acquirer: &mut framepool_core::Acquirer<_>| {
        if let Some(loan) = acquirer.try_acquire() {
            drop(loan);
        }
    };
    Subject::with_state("framepool: Acquirer, 4096 slots", || pool.acquirer(), turn)
}

pub(crate) fn wide() -> Subject {
    let pool = lasting(Pool::<u64, 128, 3>::wide([0; 128]));
    let turn = |acquirer: &mut framepool_core::Acquirer<_>| {
        if let Some(loan) = acquirer.try_acquire() {
            drop(loan);
        }
    };
    Subject::with_state("framepool: Acquirer, 3 words", || pool.acquirer(), turn)
}

/// An exclusive acquirer claims a whole word at once: with more slots, less often.
pub(crate) fn exclusive<const N: usize>(name: &'static str) -> Subject {
    // A pool for each thread, which alone acquires from it. The pool is made out of line, and the acquirer
    // in line, so that the loop that is measured has it in registers.
    #[inline(never)]
    fn leak<const N: usize>() -> &'static mut Pool<u64, N> {
        Box::leak(Box::new(Pool::new([0; N])))
    }
    let turn = |exclusive: &mut framepool_core::Exclusive<_>| {
        if let Some(loan) = exclusive.try_acquire() {
            drop(loan);
        }
    };
    Subject::with_state(name, || leak::<N>().exclusive(), turn)
}

pub(crate) fn awaited() -> Subject {
    let pool = Pool::new([0_u64; SLOTS]);
    Subject::new("framepool: acquire().await", move || {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(Ok(loan)) = pin!(pool.acquire()).poll(&mut cx) {
            drop(loan);
        }
    })
}

pub(crate) fn frozen() -> Subject {
    let pool = Pool::new([0_u64; SLOTS]);
    Subject::new("framepool: loan -> Frozen -> drop", move || {
        if let Some(loan) = pool.try_acquire() {
            read(&loan.freeze());
        }
    })
}

pub(crate) fn frozen_and_cloned() -> Subject {
    let pool = Pool::new([0_u64; SLOTS]);
    Subject::new("framepool: loan -> Frozen, one clone -> drop", move || {
        if let Some(loan) = pool.try_acquire() {
            let share = loan.freeze();
            let clone = share.clone();
            read(&share);
            read(&clone);
        }
    })
}

fn on_the_heap() -> BoxedPool<u64> {
    BoxedPool::from_fn(SLOTS, || 0).expect("there is memory")
}

pub(crate) fn boxed() -> Subject {
    let pool = on_the_heap();
    Subject::new("framepool: BoxedPool, borrowed loan", move || {
        if let Some(loan) = pool.try_acquire() {
            drop(loan);
        }
    })
}

pub(crate) fn owned() -> Subject {
    let pool = SharedPool::new(on_the_heap());
    Subject::new("framepool: SharedPool, owned loan", move || {
        if let Some(loan) = pool.try_acquire() {
            drop(loan);
        }
    })
}
