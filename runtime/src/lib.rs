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
//! | the pools themselves, also without an allocator | [`framepool_core`] |

pub use framepool_core;
pub use framepool_core::frame::{FrameData, FrameMeta, FrameView, PixelError, RegionOfInterest};

mod blocking;
mod delivery;
mod error;
mod memory;
mod metrics;
mod pool;
mod timing;
mod warning;

pub use delivery::{Buffer, Frame, Frames, Intake, OnExhausted, Outcome, Unfilled, channel};
pub use error::{AcquireError, PoolError};
pub use memory::{Mapped, available_memory};
pub use metrics::{Delivered, Dropped, Metrics, Report};
pub use pool::{FramePool, PooledBuffer};
pub use timing::{Summary, Timing};

/// The examples of this crate's README, and of the repository's, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../README.md")]
struct Readme;
