//! Frame pools for camera servers, on top of [`framepool_core`].
//!
//! ```text
//!   a driver's thread                                                        consumers
//!        |  Intake::take(meta, len, fill)
//!        |    1. a place in the channel    full -> dropped, or the stream stops
//!        |    2. a buffer                  FramePool, or what OnExhausted says
//!        |    3. fill it, share it  ------- observers, tap channels, newest ----> Frame (a share)
//!        |    4. deliver it  -------------- bounded channel --------------------> Frame
//!        `    5. count it                  Metrics: every frame is somewhere
//! ```
//!
//! | you want | use |
//! |---|---|
//! | buffers of one size, prefaulted, lent for `'static` | [`FramePool`] |
//! | buffers of many sizes, or small ones at a high rate, also zeroed | [`SizeClasses`] |
//! | frames from a driver callback to a consumer, none unaccounted for | [`FrameProducer`], or [`channel`] in short |
//! | more consumers, which must not harm the first | [`Taps`] |
//! | frames lent in the ring that a device fills, and copied only if they are held too long | [`LeaseIntake`] |
//! | one consumer for frames wherever they are | [`ReadFrame`] |
//! | to know where the frames went, and whether all is well | [`Metrics`], [`HealthCheck`] |
//! | a bound on waiting, on any pool | [`PoolExt`] |
//! | the pools themselves, also without an allocator | [`framepool_core`] |
//!
//! # Features
//! - `tokio`, on by default: waits by tokio's clock ([`PoolExt::acquire_timeout`]). Without it there is all the
//!   rest, on any executor: `acquire()`, the blocking waits, the delivery of frames.
//! - `pool`, on by default: frames come from the pool. Without it all come from the heap, as with
//!   `FRAMEPOOL_USE_POOL=0` in the environment.
//! - `bytes`: `Frame::into_bytes`, and core's shares as `bytes::Bytes`.
//! - `stream`: [`Frames`] is a `futures_core::Stream`.
//! - `openmetrics`: `OpenMetrics`, a collector of a stream's counters for prometheus-client.
//! - `metrics`: `Metrics::publish`, the counters in the `metrics` facade.

pub use framepool_core;
pub use framepool_core::frame::{FrameData, FrameMeta, FrameView, PixelError, RegionOfInterest};
pub use framepool_core::rescue::Overrun;

mod buffer;
mod classes;
mod device;
mod error;
mod memory;
mod pool;
mod pooled;
mod reading;
mod stream;
mod waiting;

pub use classes::{
    ClassError, ClassOptions, ClassStats, OfClass, SharedBuffer, SizeClasses, SizedBuffer,
};
pub use device::DeviceRing;
pub use error::{AcquireError, PoolError};
pub use memory::{Lock, Mapped, MemoryOptions, Pages, Placement, available_memory};
pub use pool::{FramePool, PoolOptions};
pub use pooled::PooledBuffer;
pub use reading::{ReadError, ReadFrame, Reading};
#[cfg(feature = "openmetrics")]
pub use stream::OpenMetrics;
pub use stream::{
    AnyFrame, Delivered, Dropped, Fault, Faults, Filled, Frame, FrameProducer, Frames, Health,
    HealthCheck, Intake, Lease, LeaseIntake, Leases, Metrics, Newest, Observer, OnExhausted,
    Outcome, Rates, RecvError, Report, Room, Snapshot, StopReason, StreamOptions, Summary,
    TapHandle, TapOptions, TapReport, Taps, Timing, Timings, Unfilled, WhenFull, channel,
};
pub use waiting::PoolExt;

/// The examples of this crate's README, and of the repository's, compiled and run.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../README.md")]
struct Readme;
