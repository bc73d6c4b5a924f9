//! One intake's account of its frames.

use crate::stream::counter::Counter;
use crate::stream::metrics::Counters;
use crate::stream::outcome::{Outcome, StopReason};
use crate::stream::shared::Stream;

/// The counters of an intake, and its stream.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) stream: &'a Stream,
    pub(super) counters: &'a Counters,
    /// Whether the stream has no other intake, now and later.
    pub(super) is_only: bool,
}

impl Account<'_> {
    /// Counts a frame as seen, and returns its number in the stream, from 1.
    pub(super) fn seen(self) -> u64 {
        self.counters.seen.add(1);
        self.stream.next_number(self.is_only)
    }

    /// Counts a frame as seen and dropped.
    pub(super) fn drop_frame(self, cause: fn(&Counters) -> &Counter) -> Outcome {
        self.seen();
        self.drop_seen(cause)
    }

    /// Counts a frame that was seen as dropped.
    pub(super) fn drop_seen(self, cause: fn(&Counters) -> &Counter) -> Outcome {
        cause(self.counters).add(1);
        Outcome::Dropped
    }

    /// Stops the stream, if it has not stopped, and counts a frame as seen and dropped.
    #[cold]
    pub(super) fn stop(self, reason: StopReason, cause: fn(&Counters) -> &Counter) -> Outcome {
        self.seen();
        self.stop_seen(reason, cause)
    }

    /// Stops the stream, if it has not stopped, and counts a frame that was seen as dropped.
    #[cold]
    pub(super) fn stop_seen(self, reason: StopReason, cause: fn(&Counters) -> &Counter) -> Outcome {
        if self.stream.metrics.stop().set(reason) {
            let consumer = &*self.stream.consumer;
            tracing::error!(consumer, %reason, "the stream stops");
        }
        self.drop_seen(cause);
        Outcome::Stopped(reason)
    }
}
