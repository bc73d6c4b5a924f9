//! `try_acquire` and release of each kind of pool, and what may follow: sharing, awaiting.

use super::SLOTS;
use crate::measure::{Comparison, Subject};
use framepool_core::storage::{Borrowed, HeapBytes, Storage};
use framepool_core::{
    BoxedPool, BufferPool, Frozen, LargeBufferPool, LeanPool, Pool, PoolIn, PoolRef, SharedPool,
};
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Bytes of a buffer.
const BYTES: usize = 64;

fn lent_and_dropped<S: Storage + 'static>(name: &str, pool: PoolIn<S>) -> Subject
where
    PoolIn<S>: Sync,
{
    Subject::new(name, move || {
        if let Some(loan) = pool.try_acquire() {
            drop(loan);
        }
    })
}

pub(crate) fn inline() -> Subject {
    lent_and_dropped("framepool: Pool<u64, 16>, loan -> drop", Pool::new([0_u64; SLOTS]))
}

fn lean() -> Subject {
    lent_and_dropped("framepool: LeanPool<u64, 16>", LeanPool::new([0_u64; SLOTS]))
}

fn buffers() -> Subject {
    let memory = Box::leak(Box::new([0_u8; SLOTS * BYTES]));
    let pool = BufferPool::new(Borrowed::from(&mut memory[..]), BYTES, BYTES);
    lent_and_dropped("framepool: BufferPool", pool.expect("there is room"))
}

fn large_buffers() -> Subject {
    let memory = HeapBytes::zeroed(SLOTS * BYTES, BYTES).expect("there is memory");
    let pool = LargeBufferPool::new(memory, BYTES, BYTES);
    lent_and_dropped("framepool: LargeBufferPool", pool.expect("there is memory"))
}

fn on_the_heap() -> BoxedPool<u64> {
    BoxedPool::from_fn(SLOTS, || 0).expect("there is memory")
}

pub(crate) fn boxed() -> Subject {
    lent_and_dropped("framepool: BoxedPool, borrowed loan", on_the_heap())
}

pub(crate) fn owned() -> Subject {
    let pool = SharedPool::new(on_the_heap());
    Subject::new("framepool: SharedPool, owned loan", move || {
        if let Some(loan) = pool.try_acquire() {
            drop(loan);
        }
    })
}

/// Each kind of pool beside the floor.
pub(crate) fn comparison() -> Comparison {
    Comparison {
        name: "try_acquire + release, each kind of pool".to_owned(),
        threads: 1,
        subjects: vec![
            super::words::two_adds(),
            inline(),
            lean(),
            buffers(),
            boxed(),
            large_buffers(),
            owned(),
        ],
    }
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

/// Reads, as a consumer of shares would.
fn read<R: PoolRef<Slot = u64>>(share: &Frozen<R>) {
    black_box(**share);
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
