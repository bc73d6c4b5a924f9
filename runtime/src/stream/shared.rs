//! What the intakes of one stream share.

use crate::pool::FramePool;
use crate::stream::metrics::Metrics;
use crate::stream::policy::{OnExhausted, WhenFull};
use crate::stream::taps::AnyTaps;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One stream's pool, policies and counts.
pub(super) struct Stream {
    pub(super) pool: FramePool,
    pub(super) uses_pool: bool,
    pub(super) on_exhausted: OnExhausted,
    pub(super) when_full: WhenFull,
    pub(super) consumer: String,
    pub(super) metrics: Metrics,
    pub(super) taps: Arc<dyn AnyTaps>,
    pub(super) numbers: AtomicU64,
}

impl Stream {
    /// Returns the next frame's number. Only one intake, if it is the only one, may say so.
    #[inline]
    pub(super) fn next_number(&self, is_only: bool) -> u64 {
        // Ordering: Relaxed, all: a number, which publishes nothing. An only intake needs no
        // read-modify-write.
        let before = if is_only {
            let before = self.numbers.load(Ordering::Relaxed);
            self.numbers.store(before + 1, Ordering::Relaxed);
            before
        } else {
            self.numbers.fetch_add(1, Ordering::Relaxed)
        };
        before + 1
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
