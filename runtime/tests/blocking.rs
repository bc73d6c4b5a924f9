//! Waiting on a plain thread, on every kind of pool; also without tokio.

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::framepool_core::storage::Borrowed;
use framepool::framepool_core::{
    BoxedPool, BufferPool, LeanPool, Pool, RecyclingPool, SharedPool, recycle::Zero,
};
use framepool::{AcquireError, PoolExt};
use std::time::{Duration, Instant};

const NEVER: Duration = Duration::MAX;

/// Takes the only slot of a pool, times out in every way, and is served in every way.
fn in_every_way<P: PoolExt>(pool: &P, close: impl FnOnce(&P)) {
    let held = pool.acquire_blocking().unwrap();
    let moment = Duration::from_millis(1);
    let timed_out = Some(AcquireError::TimedOut);
    assert_eq!(pool.acquire_timeout_blocking(moment).err(), timed_out);
    assert_eq!(pool.acquire_until_blocking(Instant::now()).err(), timed_out);
    drop(held);
    drop(pool.acquire_timeout_blocking(Duration::ZERO).unwrap());
    drop(pool.acquire_timeout_blocking(NEVER).unwrap());
    drop(pool.acquire_until_blocking(Instant::now()).unwrap());
    close(pool);
    let closed = Some(AcquireError::Closed);
    assert_eq!(pool.acquire_blocking().err(), closed);
    assert_eq!(pool.acquire_timeout_blocking(NEVER).err(), closed);
    assert_eq!(pool.acquire_until_blocking(Instant::now()).err(), closed);
}

#[test]
fn every_pool_waits_with_a_bound() {
    in_every_way(&Pool::new([0_u8; 1]), |pool| pool.close());
    in_every_way(&Pool::<u8, 1, 2>::wide([0; 1]), |pool| pool.close());
    in_every_way(&LeanPool::new([0_u8; 1]), |pool| pool.close());
    let hooked: RecyclingPool<[u8; 4], 1, Zero> = Pool::new([[0; 4]; 1]).recycled_by(Zero);
    in_every_way(&hooked, |pool| pool.close());
    let mut memory = [0_u8; 8];
    let buffers = BufferPool::new(Borrowed::from(&mut memory[..]), 8, 8).unwrap();
    in_every_way(&buffers, |pool| pool.close());
    let boxed = || BoxedPool::from_fn(1, || 0_u8).unwrap();
    in_every_way(&boxed(), |pool| pool.close());
    in_every_way(&SharedPool::new(boxed()), |pool| pool.close());
    let large = BoxedPool::from_fn(2, || 0_u8).unwrap();
    in_every_way(&large.reserve(1).unwrap(), |pool| pool.close());
    let shared = SharedPool::new(large);
    in_every_way(&shared.reserve(1).unwrap(), |pool| pool.close());
    in_every_way(&SharedPool::new(shared.reserve(1).unwrap()), |pool| pool.close());
}
