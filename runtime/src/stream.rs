//! A stream of frames: from a driver's threads to one primary consumer and any number of taps, every
//! frame counted.
//!
//! ```text
//!   driver -> Intake -> primary channel (bounded; full: drop or stop)    -> Frames
//!                    -> tap channels (every Nth; full: counted)          -> Frames
//!                    -> newest-only taps (replaced: counted)             -> Newest
//!                    -> observers (a borrowed view, on the spot)
//!
//!   warning, counter, outcome, policy, timing <- frame <- channel <- frames, newest <- tap <- taps <- metrics
//!   metrics <- shared <- account <- exhausted <- intake      taps <- offers <- exhausted      metrics <- health <- openmetrics, facade
//! ```

use crate::pool::FramePool;
use crate::reading::ReadFrame;
use channel::Sender;
use shared::Stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use taps::AnyTaps;

mod account;
mod any;
mod channel;
mod counter;
mod exhausted;
#[cfg(feature = "metrics")]
mod facade;
mod fault;
mod frame;
mod frames;
mod health;
mod intake;
mod lease;
mod leasing;
mod metrics;
mod newest;
mod offers;
#[cfg(feature = "openmetrics")]
mod openmetrics;
mod outcome;
mod policy;
mod shared;
mod tap;
mod taps;
mod timing;
mod warning;

pub use any::AnyFrame;
pub use channel::RecvError;
pub use fault::{Fault, Faults};
pub use frame::Frame;
pub use frames::Frames;
pub use health::{Health, HealthCheck};
pub use intake::{Filled, Intake, Room, Unfilled};
pub use lease::Lease;
pub use leasing::LeaseIntake;
pub use metrics::{Delivered, Dropped, Leases, Metrics, Rates, Report, Snapshot};
pub use newest::Newest;
#[cfg(feature = "openmetrics")]
pub use openmetrics::OpenMetrics;
pub use outcome::{Outcome, StopReason};
pub use policy::{OnExhausted, WhenFull};
pub use tap::{Observer, TapReport};
pub use taps::{TapHandle, TapOptions, Taps};
pub use timing::{Summary, Timing, Timings};

/// What a stream is to be: made by [`FrameProducer::options`].
///
/// # Examples
/// ```
/// use framepool::{FramePool, FrameProducer, OnExhausted};
///
/// let (producer, frames) = FrameProducer::options(FramePool::try_new(4, 8)?)
///     .consumer("recorder")
///     .on_exhausted(OnExhausted::Heap)
///     .timings(true)
///     .build();
/// # drop((producer, frames));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[must_use]
#[derive(Debug)]
pub struct StreamOptions {
    pool: FramePool,
    places: usize,
    consumer: String,
    on_exhausted: OnExhausted,
    when_full: WhenFull,
    timings: bool,
    uses_pool: Option<bool>,
}

impl StreamOptions {
    /// Gives the primary consumer's channel so many places, from 1 to 1 048 576 of 40 bytes: by default one more than the
    /// pool has buffers, so that the pool runs out first, and its policy says what happens.
    ///
    /// With fewer, a slow consumer shows as a full channel.
    pub fn places(mut self, places: usize) -> Self {
        self.places = places;
        self
    }

    /// Names the primary consumer, for the log.
    pub fn consumer(mut self, name: impl Into<String>) -> Self {
        self.consumer = name.into();
        self
    }

    /// Says what becomes of a frame when the pool has no free buffer: by default
    /// [`OnExhausted::Heap`].
    pub fn on_exhausted(mut self, policy: OnExhausted) -> Self {
        self.on_exhausted = policy;
        self
    }

    /// Says what becomes of a frame when the primary consumer's channel is full: by default
    /// [`WhenFull::Drop`].
    pub fn when_full(mut self, policy: WhenFull) -> Self {
        self.when_full = policy;
        self
    }

    /// Measures how long acquiring, filling and holding takes, frame by frame: some 0.2 us each. Off by
    /// default.
    pub fn timings(mut self, on: bool) -> Self {
        self.timings = on;
        self
    }

    /// Takes buffers from the pool, or every frame from the heap: to find out whether the pool is the
    /// cause of a problem. By default the pool is used, unless `FRAMEPOOL_USE_POOL`, or under its older
    /// name `PVCAM_USE_POOL`, is `0` in the environment, or the crate was built without its feature `pool`.
    pub fn use_pool(mut self, on: bool) -> Self {
        self.uses_pool = Some(on);
        self
    }

    /// Makes the stream.
    #[must_use]
    pub fn build(self) -> (FrameProducer, Frames) {
        self.build_of()
    }

    /// Makes a stream of frames of another kind: [`Lease`]s, or [`AnyFrame`]s.
    ///
    /// # Examples
    /// ```
    /// use framepool::{AnyFrame, FrameMeta, FramePool, FrameProducer, ReadFrame};
    ///
    /// let options = FrameProducer::options(FramePool::try_new(4, 8)?);
    /// let (producer, mut frames) = options.build_of::<AnyFrame>();
    /// producer.into_intake().take(FrameMeta::default(), 8, |room| room.fill(7));
    /// let mut copy = [0; 8];
    /// frames.try_recv()?.copy_to(&mut copy)?;
    /// assert_eq!(copy, [7; 8]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn build_of<F: ReadFrame>(self) -> (FrameProducer<F>, Frames<F>) {
        let (sender, frames) = Frames::channel(self.places);
        let taps = Taps::default();
        let any_taps: Arc<dyn AnyTaps> = Arc::new(taps.clone());
        let timings = self.timings.then(Timings::default);
        let uses_pool = self.uses_pool.unwrap_or_else(uses_pool_by_default);
        let stream = Stream {
            metrics: Metrics::new(self.pool.clone(), uses_pool, Arc::clone(&any_taps), timings),
            pool: self.pool,
            uses_pool,
            on_exhausted: self.on_exhausted,
            when_full: self.when_full,
            consumer: self.consumer,
            taps: any_taps,
            numbers: AtomicU64::new(0),
        };
        let (stream, has_intakes) = (Arc::new(stream), AtomicBool::new(false));
        (FrameProducer { stream, sender, taps, has_intakes }, frames)
    }
}

fn uses_pool_by_default() -> bool {
    let is_off = |name| {
        let Some(value) = std::env::var_os(name) else { return false };
        if value != "0" && value != "1" {
            tracing::warn!(name, ?value, "neither 0 nor 1, so the pool is used");
        }
        value == "0"
    };
    cfg!(feature = "pool") && !is_off("FRAMEPOOL_USE_POOL") && !is_off("PVCAM_USE_POOL")
}

/// A stream's source: makes intakes for the driver's threads, and taps. The stream ends when it and
/// all intakes are gone.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, FrameProducer, OnExhausted, Outcome, WhenFull};
/// use std::time::Duration;
///
/// let pool = FramePool::try_new(4, 64)?;
/// let (producer, mut frames) = FrameProducer::options(pool)
///     .consumer("recorder")
///     .places(8)
///     .on_exhausted(OnExhausted::WaitThenHeap(Duration::from_millis(50)))
///     .when_full(WhenFull::Stop)
///     .build();
/// let (_, mut live) = producer.taps().named("live").every(10).newest();
/// let metrics = producer.metrics().clone();
///
/// let mut intake = producer.into_intake();
/// let driver = std::thread::spawn(move || {
///     for _ in 0..20 {
///         let outcome = intake.take(FrameMeta::new(8, 8, 8), 64, |room| room.fill(7));
///         if let Outcome::Stopped(reason) = outcome {
///             return Err(reason);
///         }
///     }
///     Ok(())
/// });
/// let received = frames.by_ref().count();
/// assert_eq!(metrics.report().delivered.total(), received as u64);
/// println!("{}", metrics.report());
/// # driver.join().expect("no panic").ok();
/// # live.take();
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug)]
pub struct FrameProducer<F: ReadFrame = Frame> {
    stream: Arc<Stream>,
    sender: Sender<F>,
    taps: Taps<F>,
    has_intakes: AtomicBool,
}

impl FrameProducer {
    /// Begins a stream of frames in buffers of this pool.
    pub fn options(pool: FramePool) -> StreamOptions {
        StreamOptions {
            places: pool.capacity().saturating_add(1),
            pool,
            consumer: "primary".to_owned(),
            on_exhausted: OnExhausted::Heap,
            when_full: WhenFull::Drop,
            timings: false,
            uses_pool: None,
        }
    }
}

impl<F: ReadFrame> FrameProducer<F> {
    /// Makes an intake, for one thread of the driver.
    #[must_use]
    pub fn intake(&self) -> Intake<F> {
        // Ordering: Relaxed: read by the producer's owner alone, once all calls of this are over.
        self.has_intakes.store(true, Ordering::Relaxed);
        Intake::new(Arc::clone(&self.stream), self.sender.clone(), self.taps.clone(), false)
    }

    /// Makes the last intake, usually the only one: the stream ends when all are gone.
    #[must_use]
    pub fn into_intake(self) -> Intake<F> {
        let Self { stream, sender, taps, has_intakes } = self;
        Intake::new(stream, sender, taps, !has_intakes.into_inner())
    }

    /// Returns the taps, to add some.
    #[must_use]
    pub fn taps(&self) -> &Taps<F> {
        &self.taps
    }

    /// Returns the counters, which live on when the stream has ended.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.stream.metrics
    }
}

/// Connects a driver's thread with one consumer by a channel of `places` frames, from 1 to 1 048 576:
/// [`FrameProducer::options`] in short.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, Outcome, channel};
///
/// let pool = FramePool::try_new(4, 64)?;
/// let (mut intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
///
/// // In the driver's callback:
/// let outcome = intake.take(FrameMeta::default(), 64, |room| room.fill(7));
/// assert_eq!(outcome, Outcome::Delivered);
///
/// // In the consumer:
/// let frame = frames.recv_blocking().expect("one was sent");
/// assert_eq!(frame.bytes(), [7; 64]);
/// assert!(intake.metrics().report().is_conserved());
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[must_use]
pub fn channel(pool: FramePool, places: usize, on_exhausted: OnExhausted) -> (Intake, Frames) {
    let options = FrameProducer::options(pool).places(places).on_exhausted(on_exhausted);
    let (producer, frames) = options.build();
    (producer.into_intake(), frames)
}
