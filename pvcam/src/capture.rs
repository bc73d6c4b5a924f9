//! From a camera and a tier to frames in a consumer's channel, in one go: the tier is a setting.
//!
//! ```text
//!   Camera::capture(setup)    CaptureOptions -- prepare --> ReadyCapture -- start --> Capture
//!                                               |               ^------- halt ---------'
//!                                               `-> Frames<AnyFrame>
//! ```

use crate::acquisition::Acquisition;
use crate::camera::Camera;
use crate::clock::TICK;
use crate::copy::CopyTier;
use crate::end::End;
use crate::error::{CaptureError, SdkError, StartError};
use crate::pinned::PinnedTier;
use crate::prepare::PreparedSequences;
use crate::sequences::{Gaps, SequenceTier, Sequences};
use crate::setup::Setup;
use crate::standby::{Standby, Times};
use framepool::{
    AnyFrame, FrameMeta, FramePool, FrameProducer, Frames, Metrics, StreamOptions, Taps,
};
use std::fmt;
use std::time::Duration;

/// Where frames are while consumers have them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tier {
    /// In the pool, each copied out of the camera's ring: [`CopyTier`].
    #[default]
    Copy,
    /// In the camera's ring, and copied into the pool only if they are held too long: [`PinnedTier`].
    Pinned,
    /// In the pool, which the camera writes itself, in sequences of so many frames: [`Sequences`].
    Sequence(u16),
}

/// How a camera's frames are to be captured: made by [`Camera::capture`].
#[must_use]
pub struct CaptureOptions<'c> {
    camera: &'c Camera,
    setup: Setup,
    tier: Tier,
    buffers: usize,
    limit: u64,
    stream: Box<dyn FnOnce(StreamOptions) -> StreamOptions + 'c>,
}

impl fmt::Debug for CaptureOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureOptions")
            .field("setup", &self.setup)
            .field("tier", &self.tier)
            .field("buffers", &self.buffers)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Camera {
    /// Begins a capture of what the setup says.
    ///
    /// # Examples
    /// The same consumer for every tier:
    /// ```
    /// use framepool::ReadFrame;
    /// use framepool_pvcam::{Library, Sdk, Setup, Tier};
    /// use std::time::Duration;
    ///
    /// let camera = Sdk::init(Library::simulated())?.open_first()?;
    /// let setup = Setup::full_frame(&camera, Duration::from_millis(10)).with_binning(2);
    /// for tier in [Tier::Copy, Tier::Pinned, Tier::Sequence(8)] {
    ///     let (capture, mut frames) = camera.capture(setup.clone()).tier(tier).start()?;
    ///     let frame = frames.recv_blocking().expect("the camera is running");
    ///     let mut pixels = vec![0; 1024 * 1024 * 2];
    ///     frame.copy_to(&mut pixels)?;
    ///     let metrics = capture.metrics().clone();
    ///     capture.stop()?;
    ///     assert!(metrics.report().is_conserved());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capture(&self, setup: Setup) -> CaptureOptions<'_> {
        CaptureOptions {
            camera: self,
            setup,
            tier: Tier::Copy,
            buffers: 16,
            limit: u64::MAX,
            stream: Box::new(|stream| stream),
        }
    }
}

impl<'c> CaptureOptions<'c> {
    /// Chooses the tier: by default [`Tier::Copy`].
    pub fn tier(mut self, tier: Tier) -> Self {
        self.tier = tier;
        self
    }

    /// Sets the number of buffers in the pool, 16 by default: in the pinned tier the reserve; in the sequence tier
    /// as many sequences as this is at least, but two.
    pub fn buffers(mut self, buffers: usize) -> Self {
        self.buffers = buffers;
        self
    }

    /// Ends the capture when `frames` frames were seen: delivered or dropped.
    pub fn frame_limit(mut self, frames: u64) -> Self {
        self.limit = frames;
        self
    }

    /// Changes the options of the stream: its policies, the places of the consumer's channel, which are one more than
    /// frames can be lent by default.
    ///
    /// # Examples
    /// ```
    /// use framepool::OnExhausted;
    /// use framepool_pvcam::{Library, Sdk, Setup, Tier};
    /// use std::time::Duration;
    ///
    /// let camera = Sdk::init(Library::simulated())?.open_first()?;
    /// let setup = Setup::full_frame(&camera, Duration::from_millis(10));
    /// let (capture, frames) = camera
    ///     .capture(setup)
    ///     .tier(Tier::Pinned)
    ///     .stream(|stream| stream.consumer("recorder").on_exhausted(OnExhausted::Drop))
    ///     .start()?;
    /// # drop((capture, frames));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stream(
        mut self,
        options: impl FnOnce(StreamOptions) -> StreamOptions + 'c,
    ) -> CaptureOptions<'c> {
        self.stream = Box::new(options);
        self
    }

    /// Sets the camera up, and sets all memory aside.
    ///
    /// # Errors
    /// [`CaptureError`]; the camera may have been set up then.
    pub fn prepare(self) -> Result<(ReadyCapture, Frames<AnyFrame>), CaptureError> {
        match self.tier {
            Tier::Copy | Tier::Pinned => self.prepare_continuous(),
            Tier::Sequence(frames) => self.prepare_sequences(frames),
        }
    }

    /// Does the same, and starts.
    ///
    /// # Errors
    /// [`CaptureError`].
    pub fn start(self) -> Result<(Capture, Frames<AnyFrame>), CaptureError> {
        let (ready, frames) = self.prepare()?;
        Ok((ready.start()?, frames))
    }

    fn prepare_continuous(self) -> Result<(ReadyCapture, Frames<AnyFrame>), CaptureError> {
        let prepared = self.camera.prepare(&self.setup)?;
        let (meta, frame_bytes) = (*prepared.meta(), prepared.frame_bytes());
        let pool = FramePool::try_new(self.buffers, frame_bytes)?;
        let in_ring = if self.tier == Tier::Pinned { prepared.ring_frames() } else { 0 };
        let (tier, limit) = (self.tier, self.limit);
        let (producer, frames) = self.begin(pool.clone(), in_ring).build_of();
        let (metrics, taps) = (producer.metrics().clone(), producer.taps().clone());
        let intake = producer.into_intake();
        let mode = if tier == Tier::Pinned {
            let handler = PinnedTier::new(intake).with_frame_limit(limit);
            Idle::Pinned(Standby::new(prepared, handler)?)
        } else {
            let handler = CopyTier::new(intake).with_frame_limit(limit);
            Idle::Copy(Standby::new(prepared, handler)?)
        };
        let about = About { tier, meta, frame_bytes, pool, metrics, taps };
        Ok((ReadyCapture { about, mode }, frames))
    }

    fn prepare_sequences(
        self,
        frames: u16,
    ) -> Result<(ReadyCapture, Frames<AnyFrame>), CaptureError> {
        let prepared = self.camera.prepare_sequences(&self.setup, frames)?;
        let (meta, frame_bytes) = (*prepared.meta(), prepared.frame_bytes());
        let runs = self.buffers.div_ceil(frames.into()).max(2);
        let buffers = runs.saturating_mul(frames.into());
        let pool = FramePool::options(buffers, frame_bytes).adjacent().build()?;
        let (tier, limit) = (self.tier, self.limit);
        let (producer, frames) = self.begin(pool.clone(), 0).build_of();
        let (metrics, taps) = (producer.metrics().clone(), producer.taps().clone());
        let sequences = SequenceTier::new(producer.into_intake()).with_frame_limit(limit);
        let mode = Idle::Sequence(prepared, sequences);
        let about = About { tier, meta, frame_bytes, pool, metrics, taps };
        Ok((ReadyCapture { about, mode }, frames))
    }

    /// Begins the stream; so many frames may be lent beside those in the pool.
    fn begin(self, pool: FramePool, in_ring: usize) -> StreamOptions {
        let places = pool.capacity().saturating_add(in_ring).saturating_add(1);
        (self.stream)(FrameProducer::options(pool).places(places))
    }
}

/// What stays the same whether a capture runs or not.
#[derive(Debug, Clone)]
struct About {
    tier: Tier,
    meta: FrameMeta,
    frame_bytes: usize,
    pool: FramePool,
    metrics: Metrics,
    taps: Taps<AnyFrame>,
}

/// A capture that does not run.
#[derive(Debug)]
enum Idle {
    Copy(Standby<CopyTier<AnyFrame>>),
    Pinned(Standby<PinnedTier<AnyFrame>>),
    Sequence(PreparedSequences, SequenceTier<AnyFrame>),
}

/// A capture that runs.
#[derive(Debug)]
enum Live {
    Copy(Acquisition<CopyTier<AnyFrame>>),
    Pinned(Acquisition<PinnedTier<AnyFrame>>),
    Sequence(PreparedSequences, Sequences<AnyFrame>),
}

/// A capture that is ready to start: for the first time, or again.
#[derive(Debug)]
pub struct ReadyCapture {
    about: About,
    mode: Idle,
}

/// A capture that runs. Dropping it stops it. What is said of [`Acquisition`] applies.
#[derive(Debug)]
pub struct Capture {
    about: About,
    mode: Live,
}

macro_rules! what_stays {
    ($($type:ty),*) => {$(
        impl $type {
            /// Returns the tier.
            #[must_use]
            pub fn tier(&self) -> Tier {
                self.about.tier
            }

            /// Returns the metadata that all frames have in common.
            #[must_use]
            pub fn meta(&self) -> &FrameMeta {
                &self.about.meta
            }

            /// Returns the bytes of one frame.
            #[must_use]
            pub fn frame_bytes(&self) -> usize {
                self.about.frame_bytes
            }

            /// Returns the step of the frames' time stamps: see
            /// [`Prepared::timestamp_resolution`](crate::Prepared::timestamp_resolution).
            #[must_use]
            pub fn timestamp_resolution(&self) -> Duration {
                TICK
            }

            /// Returns the pool that frames are in, or that they are rescued into.
            #[must_use]
            pub fn pool(&self) -> &FramePool {
                &self.about.pool
            }

            /// Returns the counters, which live on when the capture is gone.
            #[must_use]
            pub fn metrics(&self) -> &Metrics {
                &self.about.metrics
            }

            /// Returns the taps, to add some.
            #[must_use]
            pub fn taps(&self) -> &Taps<AnyFrame> {
                &self.about.taps
            }
        }
    )*};
}
what_stays!(ReadyCapture, Capture);

impl ReadyCapture {
    /// Starts the camera. Starting again costs the SDK's calls and little more.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(self) -> Result<Capture, StartError> {
        let Self { about, mode } = self;
        let mode = match mode {
            Idle::Copy(standby) => Live::Copy(standby.start()?),
            Idle::Pinned(standby) => Live::Pinned(standby.start()?),
            Idle::Sequence(prepared, tier) => {
                let sequences = Sequences::start(prepared.clone(), tier)?;
                Live::Sequence(prepared, sequences)
            }
        };
        Ok(Capture { about, mode })
    }
}

impl Capture {
    /// Waits until the capture has ended by itself, at most `bound` long.
    #[must_use]
    pub fn wait(&self, bound: Duration) -> Option<End> {
        match &self.mode {
            Live::Copy(acquisition) => acquisition.wait(bound),
            Live::Pinned(acquisition) => acquisition.wait(bound),
            Live::Sequence(_, sequences) => sequences.wait(bound),
        }
    }

    /// Triggers one frame, under [`Trigger::Software`](crate::Trigger::Software). Returns whether the camera took the
    /// trigger; it ignores one that comes too early, or between two sequences.
    ///
    /// # Errors
    /// [`SdkError`].
    pub fn trigger(&self) -> Result<bool, SdkError> {
        match &self.mode {
            Live::Copy(acquisition) => acquisition.trigger(),
            Live::Pinned(acquisition) => acquisition.trigger(),
            Live::Sequence(_, sequences) => sequences.trigger(),
        }
    }

    /// Delivers no further frame, without waiting for one that is delivered now: see [`Acquisition::close`].
    pub fn close(&self) {
        match &self.mode {
            Live::Copy(acquisition) => acquisition.close(),
            Live::Pinned(acquisition) => acquisition.close(),
            Live::Sequence(_, sequences) => sequences.close(),
        }
    }

    /// Returns how long the start took, and how long after it the first frame came.
    #[must_use]
    pub fn times(&self) -> Times {
        match &self.mode {
            Live::Copy(acquisition) => acquisition.times(),
            Live::Pinned(acquisition) => acquisition.times(),
            Live::Sequence(_, sequences) => sequences.times(),
        }
    }

    /// Returns the frames in the ring that the camera fills, or of one sequence.
    #[must_use]
    pub fn ring_frames(&self) -> usize {
        match &self.mode {
            Live::Copy(acquisition) => acquisition.ring_frames(),
            Live::Pinned(acquisition) => acquisition.ring_frames(),
            Live::Sequence(prepared, _) => prepared.frames().into(),
        }
    }

    /// Returns the time between sequences so far, in that tier.
    #[must_use]
    pub fn gaps(&self) -> Option<Gaps> {
        match &self.mode {
            Live::Sequence(_, sequences) => Some(sequences.gaps()),
            _ => None,
        }
    }

    /// Stops, to be started again, and returns how long the last start and stop took.
    ///
    /// # Errors
    /// As [`Acquisition::halt`].
    pub fn halt(self) -> Result<(ReadyCapture, Times), SdkError> {
        let Self { about, mode } = self;
        let (mode, times) = match mode {
            Live::Copy(acquisition) => {
                let standby = acquisition.halt()?;
                let times = standby.times();
                (Idle::Copy(standby), times)
            }
            Live::Pinned(acquisition) => {
                let standby = acquisition.halt()?;
                let times = standby.times();
                (Idle::Pinned(standby), times)
            }
            Live::Sequence(prepared, sequences) => {
                let (tier, times) = sequences.halt()?;
                (Idle::Sequence(prepared, tier), times)
            }
        };
        Ok((ReadyCapture { about, mode }, times))
    }

    /// Stops, and returns how long the last start and stop took.
    ///
    /// # Errors
    /// As [`Acquisition::stop`].
    pub fn stop(self) -> Result<Times, SdkError> {
        Ok(self.halt()?.1)
    }
}
