//! What the intakes of one stream share.

use crate::pool::FramePool;
use crate::stream::metrics::Metrics;
use crate::stream::policy::{OnExhausted, WhenFull};
use crate::stream::taps::Taps;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// One stream's pool, policies and counts.
pub(super) struct Stream {
    pub(super) pool: FramePool,
    pub(super) uses_pool: bool,
    pub(super) on_exhausted: OnExhausted,
    pub(super) when_full: WhenFull,
    pub(super) consumer: String,
    pub(super) metrics: Metrics,
    pub(super) taps: Taps,
    pub(super) numbers: AtomicU64,
}

impl Stream {
    pub(super) fn next_number(&self) -> u64 {
        // Ordering: Relaxed: a number, which publishes nothing.
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.taps.end();
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("consumer", &self.consumer).finish_non_exhaustive()
    }
}
