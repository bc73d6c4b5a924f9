//! What became of a frame, and why a stream stopped.

use serde::Serialize;
use std::fmt;
use std::sync::OnceLock;

/// What became of a frame.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, Outcome, StopReason, channel};
///
/// let (mut intake, frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Drop);
/// let mut take = || intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// assert_eq!(take(), Outcome::Delivered);
/// drop(frames);
/// assert_eq!(take(), Outcome::Stopped(StopReason::ConsumerGone));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is in the consumer's channel.
    Delivered,
    /// It was dropped, and counted by its cause; the next one may fare better.
    Dropped,
    /// Its bytes were gone ([`Unfilled`](crate::stream::Unfilled)); counted as lost.
    Lost,
    /// It was dropped, and so will be every later one. Stop.
    Stopped(StopReason),
}

/// Why a stream stopped: no later frame is delivered.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, Outcome, StopReason, channel};
///
/// let (mut intake, frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Drop);
/// let mut take = || intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// assert_eq!(take(), Outcome::Delivered);
/// drop(frames);
/// assert_eq!(take(), Outcome::Stopped(StopReason::ConsumerGone));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum StopReason {
    /// The primary consumer dropped its end.
    ConsumerGone,
    /// The primary consumer's channel was full, and [`WhenFull::Stop`](crate::stream::WhenFull::Stop) was asked for.
    ConsumerFull,
    /// The pool was closed.
    PoolClosed,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConsumerGone => "the consumer is gone",
            Self::ConsumerFull => "the consumer's channel is full",
            Self::PoolClosed => "the pool is closed",
        })
    }
}

/// Whether a stream has stopped; the first reason stays.
#[derive(Debug, Default)]
pub(super) struct Stop(OnceLock<StopReason>);

impl Stop {
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.0.get().copied()
    }

    /// Stops the stream. Returns whether it had not stopped before.
    pub(super) fn set(&self, reason: StopReason) -> bool {
        self.0.set(reason).is_ok()
    }
}
