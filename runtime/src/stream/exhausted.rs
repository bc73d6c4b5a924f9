//! What becomes of a frame for which the pool has no free buffer.

use crate::error::AcquireError;
use crate::pool::{self, PooledBuffer};
use crate::stream::account::Account;
use crate::stream::outcome::{Outcome, StopReason};
use crate::stream::policy::OnExhausted;
use crate::stream::warning::RateLimit;
use std::time::Instant;

/// Warns of exhausted pools.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    exhausted: RateLimit,
    timeout: RateLimit,
}

/// Finds a buffer for a frame of `len` bytes elsewhere, as the policy says, or drops the frame. From the
/// heap, if the pool is not to be used.
#[cold]
pub(super) fn replacement(
    account: Account<'_>,
    warnings: &mut Warnings,
    len: usize,
) -> Result<PooledBuffer, Outcome> {
    let (pool, policy) = (&account.stream.pool, account.stream.on_exhausted);
    if pool.is_closed() {
        return Err(account.stop(StopReason::PoolClosed, |counters| &counters.closed));
    }
    account.counters.misses.add(1);
    if !account.stream.uses_pool {
        return from_heap(account, len);
    }
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
        Ok(buffer) => Ok(buffer),
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

/// Takes memory for a frame from the heap, or drops it if there is none.
fn from_heap(account: Account<'_>, len: usize) -> Result<PooledBuffer, Outcome> {
    pool::from_heap(len).map_err(|_no_memory| account.drop_frame(|counters| &counters.exhausted))
}
