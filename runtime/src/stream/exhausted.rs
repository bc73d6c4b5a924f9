//! What becomes of a frame for which the pool has no free buffer.

use crate::error::AcquireError;
use crate::pool::FrameAcquirer;
use crate::pooled::{self, PooledBuffer};
use crate::stream::account::Account;
use crate::stream::offers::Offers;
use crate::stream::outcome::{Outcome, StopReason};
use crate::stream::policy::OnExhausted;
use crate::stream::warning::RateLimit;
use std::time::Instant;

/// Warns of exhausted pools and heaps, and of frames that fit no buffer.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    exhausted: RateLimit,
    timeout: RateLimit,
    too_large: RateLimit,
    no_memory: RateLimit,
}

/// Takes frames back from taps until there is a buffer.
#[cold]
pub(super) fn taken_back(buffers: &mut FrameAcquirer, offers: &Offers) -> Option<PooledBuffer> {
    let mut taken = None;
    offers.take_back(|| {
        taken = buffers.try_acquire();
        taken.is_some()
    });
    taken
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
        return from_heap(account, warnings, len);
    }
    if len > pool.slot_bytes() {
        return too_large(account, warnings, len);
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
    let bound = match policy {
        OnExhausted::Heap => return from_heap(account, warnings, len),
        OnExhausted::Drop => return Err(account.drop_frame(|counters| &counters.exhausted)),
        OnExhausted::WaitThenDrop(bound) | OnExhausted::WaitThenHeap(bound) => bound,
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
            if policy.ends_in_the_heap() {
                return from_heap(account, warnings, len);
            }
            Err(account.drop_frame(|counters| &counters.timeout))
        }
    }
}

/// Takes memory for a frame that no buffer of the pool holds from the heap, or drops it, as the policy says.
fn too_large(
    account: Account<'_>,
    warnings: &mut Warnings,
    len: usize,
) -> Result<PooledBuffer, Outcome> {
    if let Some(frames) = warnings.too_large.count(Instant::now()) {
        let advice = RateLimit::first(frames, "make the pool anew for frames of this size");
        let slot_bytes = account.stream.pool.slot_bytes();
        tracing::warn!(
            frames,
            len,
            slot_bytes,
            advice,
            "a frame is larger than the pool's buffers"
        );
    }
    if account.stream.on_exhausted.ends_in_the_heap() {
        return from_heap(account, warnings, len);
    }
    Err(account.drop_frame(|counters| &counters.too_large))
}

/// Takes memory for a frame from the heap, or drops it if there is none.
fn from_heap(
    account: Account<'_>,
    warnings: &mut Warnings,
    len: usize,
) -> Result<PooledBuffer, Outcome> {
    pooled::from_heap(len).map_err(|error| {
        if let Some(frames) = warnings.no_memory.count(Instant::now()) {
            let advice = RateLimit::first(frames, "the machine is short of memory: fewer frames in flight, or a pool that is set aside before");
            tracing::warn!(frames, len, %error, advice, "no memory on the heap for a frame");
        }
        account.drop_frame(|counters| &counters.exhausted)
    })
}
