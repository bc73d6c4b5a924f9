//! What becomes of a frame for which the pool has no free buffer.

use super::account::Account;
use super::frame::Frame;
use super::intake::Outcome;
use super::stop::StopReason;
use super::warning::RateLimit;
use crate::error::AcquireError;
use framepool_core::storage::HeapBytes;
use std::time::{Duration, Instant};

/// What to do with a frame when the pool has no buffer for it.
///
/// A bound on waiting relates to the time that the camera's own ring holds: a ring of 20 frames at 100
/// frames per second is overwritten after 200 ms, and while an intake waits nothing is taken out of it.
/// A quarter to a half of that time leaves the rest to catch up; a longer wait loses frames in the
/// ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnExhausted {
    /// Take memory from the heap: keeps the data, at the price of page faults.
    Heap,
    /// Drop the frame: keeps the pace. For previews.
    Drop,
    /// Wait this long for a buffer to come back, then drop the frame.
    WaitThenDrop(Duration),
    /// Wait this long for a buffer to come back, then take memory from the heap: for data that must not be
    /// lost.
    WaitThenHeap(Duration),
}

/// Warns of exhausted pools.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    exhausted: RateLimit,
    timeout: RateLimit,
}

/// Finds a buffer for a frame of `len` bytes elsewhere, as the policy says, or drops the frame.
#[cold]
pub(super) fn replacement(
    account: Account<'_>,
    warnings: &mut Warnings,
    len: usize,
) -> Result<Frame, Outcome> {
    let (pool, policy) = (&account.stream.pool, account.stream.on_exhausted);
    if pool.is_closed() {
        return Err(account.stop(StopReason::PoolClosed, |counters| &counters.closed));
    }
    account.counters.misses.add(1);
    let (pool_available, pool_capacity) = (pool.available(), pool.capacity());
    if let Some(pool_misses) = warnings.exhausted.count(Instant::now()) {
        let advice = RateLimit::first(
            pool_misses,
            "the consumer holds frames too long, or the pool is too small for its stalls",
        );
        tracing::warn!(
            pool_misses,
            pool_available,
            pool_capacity,
            ?policy,
            advice,
            "no free buffer"
        );
    }
    let (bound, or_else) = match policy {
        OnExhausted::Heap => return from_heap(account, len),
        OnExhausted::Drop => return Err(account.drop_frame(|counters| &counters.exhausted)),
        OnExhausted::WaitThenDrop(bound) => (bound, None),
        OnExhausted::WaitThenHeap(bound) => (bound, Some(from_heap)),
    };
    match pool.acquire_timeout_blocking(bound) {
        Ok(buffer) => Ok(Frame::pooled(buffer)),
        Err(AcquireError::Closed) => {
            Err(account.stop(StopReason::PoolClosed, |counters| &counters.closed))
        }
        Err(AcquireError::TimedOut) => {
            if let Some(timeouts) = warnings.timeout.count(Instant::now()) {
                let advice = RateLimit::first(
                    timeouts,
                    "look for what the consumer waits for: storage, network, drawing",
                );
                let timeout_ms = bound.as_millis();
                tracing::warn!(
                    timeouts,
                    timeout_ms,
                    pool_available,
                    pool_capacity,
                    advice,
                    "no buffer was given back in time"
                );
            }
            match or_else {
                Some(from_heap) => from_heap(account, len),
                None => Err(account.drop_frame(|counters| &counters.timeout)),
            }
        }
    }
}

/// Makes a frame in memory from the heap, or drops it if there is none.
pub(super) fn from_heap(account: Account<'_>, len: usize) -> Result<Frame, Outcome> {
    match HeapBytes::zeroed(len.max(1), size_of::<u64>()) {
        Ok(bytes) => Ok(Frame::heap(bytes)),
        Err(_no_memory) => Err(account.drop_frame(|counters| &counters.exhausted)),
    }
}
