//! What becomes of a frame for which the pool has no free buffer.

use crate::error::AcquireError;
use crate::pool::FrameAcquirer;
use crate::pooled::{self, PooledBuffer};
use crate::reading::ReadFrame;
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
pub(super) fn taken_back<F: ReadFrame>(
    buffers: &mut FrameAcquirer,
    offers: &Offers<F>,
) -> Option<PooledBuffer> {
    let mut taken = None;
    offers.take_back(|| {
        taken = buffers.try_acquire();
        taken.is_some()
    });
    taken
}

/// Why there is no buffer for a frame.
#[derive(Clone, Copy)]
enum Without {
    PoolClosed,
    Exhausted,
    TimedOut,
    TooLarge,
}

/// Finds a buffer for a frame of `len` bytes elsewhere, as the policy says, or drops the frame. From the
/// heap, if the pool is not to be used.
#[cold]
pub(super) fn replacement(
    account: Account<'_>,
    warnings: &mut Warnings,
    len: usize,
) -> Result<PooledBuffer, Outcome> {
    elsewhere(account, warnings, len).map_err(|without| match without {
        Without::PoolClosed => account.stop(StopReason::PoolClosed, |counters| &counters.closed),
        Without::Exhausted => account.drop_frame(|counters| &counters.exhausted),
        Without::TimedOut => account.drop_frame(|counters| &counters.timeout),
        Without::TooLarge => account.drop_frame(|counters| &counters.too_large),
    })
}

/// Finds a buffer elsewhere in the same way, for a frame that was seen before.
#[cold]
pub(super) fn spare(
    account: Account<'_>,
    warnings: &mut Warnings,
    len: usize,
) -> Option<PooledBuffer> {
    elsewhere(account, warnings, len).ok()
}

fn elsewhere(
    account: Account<'_>,
    warnings: &mut Warnings,
    len: usize,
) -> Result<PooledBuffer, Without> {
    let (pool, policy) = (&account.stream.pool, account.stream.on_exhausted);
    if pool.is_closed() {
        return Err(Without::PoolClosed);
    }
    account.counters.misses.add(1);
    if !account.stream.uses_pool {
        return from_heap(warnings, len);
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
        OnExhausted::Heap => return from_heap(warnings, len),
        OnExhausted::Drop => return Err(Without::Exhausted),
        OnExhausted::WaitThenDrop(bound) | OnExhausted::WaitThenHeap(bound) => bound,
    };
    match pool.acquire_timeout_blocking(bound) {
        Ok(buffer) => Ok(buffer),
        Err(AcquireError::Closed) => Err(Without::PoolClosed),
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
                from_heap(warnings, len)
            } else {
                Err(Without::TimedOut)
            }
        }
    }
}

/// Takes memory for a frame that no buffer of the pool holds from the heap, or none, as the policy says.
fn too_large(
    account: Account<'_>,
    warnings: &mut Warnings,
    len: usize,
) -> Result<PooledBuffer, Without> {
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
        return from_heap(warnings, len);
    }
    Err(Without::TooLarge)
}

/// Takes memory for a frame from the heap, if there is some.
fn from_heap(warnings: &mut Warnings, len: usize) -> Result<PooledBuffer, Without> {
    pooled::from_heap(len).map_err(|error| {
        if let Some(frames) = warnings.no_memory.count(Instant::now()) {
            let advice = RateLimit::first(frames, "the machine is short of memory: fewer frames in flight, or a pool that is set aside before");
            tracing::warn!(frames, len, %error, advice, "no memory on the heap for a frame");
        }
        Without::Exhausted
    })
}
