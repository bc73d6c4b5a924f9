//! Frame pools for camera servers, on top of [`framepool_core`].
//!
//! ```text
//!   a driver thread                                                        a consumer
//!        |  Intake::take(meta, len, fill)                                      |
//!        |    1. a place in the channel    full -> dropped, closed -> stop     |
//!        |    2. a buffer                  FramePool, or what OnExhausted says |
//!        |    3. fill it, deliver it  ------------ bounded channel ----------> Frame
//!        `    4. count it                  Metrics: every frame is somewhere
//! ```
//!
//! | you want | use |
//! |---|---|
//! | buffers of one size, prefaulted, lent for `'static` | [`FramePool`] |
//! | frames from a driver callback to a consumer, none unaccounted for | [`channel`], [`Intake`] |
//! | a bound on waiting, on any pool | [`PoolExt`] |
//! | the pools themselves, also without an allocator | [`framepool_core`] |
//!
//! # Features
//! - `tokio`, on by default: waits by tokio's clock ([`PoolExt::acquire_timeout`]), and the delivery of
//!   frames. Without it there are pools, `acquire()` on any executor, and the blocking waits.

pub use framepool_core;
pub use framepool_core::frame::{FrameData, FrameMeta, FrameView, PixelError, RegionOfInterest};

mod error;
mod memory;
mod pool;
#[cfg(feature = "tokio")]
mod stream;
mod waiting;

pub use error::{AcquireError, PoolError};
pub use memory::{Lock, Mapped, MemoryOptions, Pages, Placement, available_memory};
pub use pool::{FramePool, PoolOptions, PooledBuffer};
#[cfg(feature = "tokio")]
pub use stream::{
    Buffer, Delivered, Dropped, Frame, Frames, Intake, Metrics, OnExhausted, Outcome, Report,
    Summary, Timing, Unfilled, channel,
};
pub use waiting::PoolExt;

/// The examples of this crate's README, and of the repository's, compiled and run.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../README.md")]
struct Readme;
