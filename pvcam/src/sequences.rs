//! The sequence tier: the camera writes into the pool itself, run by run of adjacent buffers, and each frame is a loan
//! as soon as it is complete.
//!
//! ```text
//!   thread "sequences"   a whole run? -> start_seq -> wait until it is complete -> a whole run? ..
//!                        |                            |---------- gap ----------|
//!                        `- none: waits until consumers have given enough buffers back
//!   SDK's thread         end of frame -> Filling: the frame's buffer is delivered
//! ```

use crate::end::{End, Ending};
use crate::error::{SdkError, StartError};
use crate::filling::Filling;
use crate::handle::{Handle, Running};
use crate::limit::Limit;
use crate::prepare::PreparedSequences;
use crate::registration::Registration;
use crate::signal::Signal;
use crate::slots::Run;
use crate::standby::Times;
use framepool::{AcquireError, Frame, FramePool, Intake, ReadFrame, Summary, Timing};
use framepool_pvcam_sys::{self as sys, int16, uns32};
use std::any::Any;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a thread that needs a buffer waits before it looks whether it is to end.
const WAIT: Duration = Duration::from_millis(20);

/// Where the frames of sequences go.
///
/// The intake's pool is what the camera writes into, and is for that alone: its buffers are adjacent, have the size of the frames, and there are
/// enough for two sequences or more, so that the next one can start while consumers have frames of the last.
#[derive(Debug)]
pub struct SequenceTier<F: ReadFrame = Frame> {
    intake: Intake<F>,
    limit: Limit,
}

impl<F: ReadFrame + From<Frame>> SequenceTier<F> {
    /// Delivers into `intake`.
    #[must_use]
    pub fn new(intake: Intake<F>) -> Self {
        Self { intake, limit: Limit::NONE }
    }

    /// Ends each run of the acquisition when `frames` frames, at least one, were seen in it: delivered or dropped.
    #[must_use]
    pub fn with_frame_limit(self, frames: u64) -> Self {
        Self { limit: Limit::of(frames), ..self }
    }

    /// Returns the intake, with its counters and timings.
    #[must_use]
    pub fn intake(&self) -> &Intake<F> {
        &self.intake
    }
}

/// The time between sequences, in which the camera exposes nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Gaps {
    /// How many sequences followed another one.
    pub count: u64,
    /// From the end of a sequence's last frame until the next one was started, microseconds.
    pub microseconds: Summary,
    /// The median, in frames that the camera could have exposed meanwhile; 0 if it is not known how fast it is.
    pub frames: f64,
}

/// A camera that acquires one sequence after the other. Dropping it stops it.
///
/// Taps of its stream run on the SDK's thread, or on the one that starts sequences, and must neither stop nor drop it.
///
/// # Examples
/// ```
/// use framepool::{FramePool, FrameProducer};
/// use framepool_pvcam::{Library, Sdk, SequenceTier, Sequences, Setup};
/// use std::time::Duration;
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let setup = Setup::full_frame(&camera, Duration::from_millis(10)).with_binning(4);
/// let prepared = camera.prepare_sequences(&setup, 4)?;
///
/// let pool = FramePool::options(2 * 4, prepared.frame_bytes()).adjacent().build()?;
/// let (producer, mut frames) = FrameProducer::options(pool).build();
/// let sequences = Sequences::start(prepared, SequenceTier::new(producer.into_intake()))?;
/// for number in [1, 2, 3, 4, 1, 2] {
///     let mut frame = frames.recv_blocking().expect("the camera is running");
///     assert_eq!(frame.meta().hardware_number, number);
///     frame.get_mut().expect("the only share")[0] = 0; // no copy was made
/// }
/// assert!(sequences.gaps().count >= 1);
/// assert!(sequences.stop()?.intake().metrics().report().is_conserved());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sequences<F: ReadFrame + From<Frame>> {
    starter: Starter<F>,
    thread: Option<JoinHandle<()>>,
    is_running: bool,
    times: Times,
    /// Deregisters.
    _registration: Registration,
    // Last: another acquisition may start when all else is gone.
    _running: Running,
}

/// What starts sequences, on a thread of its own.
#[derive(Debug)]
struct Starter<F> {
    handle: Arc<Handle>,
    ending: Arc<Ending>,
    signal: Arc<Signal>,
    measured: Arc<Mutex<Measured>>,
    pool: FramePool,
    /// Frames of a sequence.
    frames: u16,
    exposure: Duration,
    _kind: PhantomData<fn() -> F>,
}

#[derive(Debug, Default)]
struct Measured {
    gap: Timing,
    /// From the begin of a sequence to its end, over its frames.
    frame: Timing,
}

impl<F: ReadFrame + From<Frame>> Sequences<F> {
    /// Starts the first sequence of what was prepared, and then one after the other.
    ///
    /// # Errors
    /// [`StartError`]; nothing that was not running before runs then.
    pub fn start(prepared: PreparedSequences, tier: SequenceTier<F>) -> Result<Self, StartError> {
        let PreparedSequences { handle, generation, meta, frame_bytes, frames } = prepared;
        let SequenceTier { intake, limit } = tier;
        let pool = intake.pool().clone();
        let is_fit = pool.is_adjacent()
            && pool.slot_bytes() == frame_bytes
            && pool.capacity() >= usize::from(frames);
        if !is_fit {
            return Err(StartError::PoolUnfit {
                frames: frames.into(),
                frame_bytes,
                capacity: pool.capacity(),
                slot_bytes: pool.slot_bytes(),
                is_adjacent: pool.is_adjacent(),
            });
        }
        let begun = Instant::now();
        let running = handle.run(generation)?;
        let (signal, ending) = (Arc::<Signal>::default(), Arc::<Ending>::default());
        ending.begin();
        let filling = Filling::new(
            Arc::clone(&handle),
            (meta, frame_bytes, frames),
            (intake, limit),
            Arc::clone(&signal),
            Arc::clone(&ending),
        );
        handle.callback().set(Box::new(filling));
        let starter = Starter {
            handle: Arc::clone(&handle),
            ending,
            signal,
            measured: Arc::default(),
            pool,
            frames,
            exposure: Duration::from_nanos(meta.exposure_ns),
            _kind: PhantomData,
        };
        let registration = Registration::new(&handle).inspect_err(|_| {
            drop(handle.callback().take());
        })?;
        let mut this = Self {
            starter: starter.clone(),
            thread: None,
            is_running: true,
            times: Times::default(),
            _registration: registration,
            _running: running,
        };
        // The first one here: that it cannot start is this function's error.
        let first = starter.with(|filling| filling.slots().whole_run()).flatten();
        let started = first.map(|run| starter.start_one(run, None)).transpose()?.flatten();
        let thread = thread::Builder::new().name("sequences".to_owned());
        this.thread = Some(thread.spawn(move || starter.go_on(started))?);
        this.times.start = begun.elapsed();
        Ok(this)
    }

    /// Waits until the acquisition has ended by itself, at most `bound` long.
    #[must_use]
    pub fn wait(&self, bound: Duration) -> Option<End> {
        self.starter.ending.wait(bound)
    }

    /// Triggers one frame, as [`Acquisition::trigger`](crate::Acquisition::trigger). Between two sequences nothing is
    /// there to be triggered.
    ///
    /// # Errors
    /// [`SdkError`].
    pub fn trigger(&self) -> Result<bool, SdkError> {
        let handle = &self.starter.handle;
        handle.trigger().or_else(|error| {
            let (mut status, mut bytes): (int16, uns32) = (0, 0);
            handle.library().call("pl_exp_check_status", |f| {
                // SAFETY: the function writes two numbers of these sizes.
                unsafe { (f.pl_exp_check_status)(handle.number(), &raw mut status, &raw mut bytes) }
            })?;
            let is_between = matches!(status, sys::READOUT_NOT_ACTIVE | sys::READOUT_COMPLETE);
            if is_between { Ok(false) } else { Err(error) }
        })
    }

    /// Delivers no further frame, without waiting for one that is delivered now.
    pub fn close(&self) {
        self.starter.signal.finish();
        self.starter.handle.callback().close();
    }

    /// Returns how long the start took, and how long after it the first frame came.
    #[must_use]
    pub fn times(&self) -> Times {
        Times { first_frame: self.starter.ending.first_frame(), ..self.times }
    }

    /// Returns the time between sequences so far.
    #[must_use]
    pub fn gaps(&self) -> Gaps {
        let Measured { gap, frame } = &*self.starter.measured();
        let [microseconds, frames] =
            [gap, frame].map(|timing| timing.summary(Duration::from_micros(1)));
        let frames = if frames.median > 0.0 { microseconds.median / frames.median } else { 0.0 };
        Gaps { count: gap.count(), microseconds, frames }
    }

    /// Stops, and returns the tier with all that it has counted.
    ///
    /// # Errors
    /// [`SdkError`] if the SDK would not stop: the buffers of the running sequence are leaked then, since the camera may
    /// still write to them.
    ///
    /// # Panics
    /// Never: what runs has its tier.
    pub fn stop(self) -> Result<SequenceTier<F>, SdkError> {
        Ok(self.halt()?.0)
    }

    /// Does the same, and returns how long start and stop took.
    pub(crate) fn halt(mut self) -> Result<(SequenceTier<F>, Times), SdkError> {
        let (filling, stopped) = self.tear_down();
        stopped?;
        let (intake, limit) = filling.expect("what runs has its tier").into_parts();
        Ok((SequenceTier { intake, limit }, self.times()))
    }

    fn tear_down(&mut self) -> (Option<Box<Filling<F>>>, Result<(), SdkError>) {
        self.is_running = false;
        let begun = Instant::now();
        let Starter { handle, signal, .. } = &self.starter;
        signal.finish();
        if let Some(thread) = self.thread.take() {
            // It does not panic: what is the user's runs on the SDK's thread.
            let _ended = thread.join();
        }
        let target = handle.callback().take().map(|target| target as Box<dyn Any>);
        let mut filling = target.and_then(|target| target.downcast::<Filling<F>>().ok());
        let aborted = handle.abort();
        if let Err(error) = &aborted {
            tracing::error!(%error, "buffers are leaked: the camera may still write them");
            handle.sticks();
        }
        if let Some(filling) = &mut filling {
            filling.stopped(aborted.is_err());
            filling.end();
        }
        self.times.stop = begun.elapsed();
        (filling, aborted)
    }
}

impl<F: ReadFrame + From<Frame>> Drop for Sequences<F> {
    fn drop(&mut self) {
        if self.is_running {
            let (_filling, _logged) = self.tear_down();
        }
    }
}

impl<F> Clone for Starter<F> {
    fn clone(&self) -> Self {
        Self {
            handle: Arc::clone(&self.handle),
            ending: Arc::clone(&self.ending),
            signal: Arc::clone(&self.signal),
            measured: Arc::clone(&self.measured),
            pool: self.pool.clone(),
            frames: self.frames,
            exposure: self.exposure,
            _kind: PhantomData,
        }
    }
}

impl<F: ReadFrame + From<Frame>> Starter<F> {
    /// Does something with what the SDK's thread works with; none if it was closed.
    fn with<R>(&self, work: impl FnOnce(&mut Filling<F>) -> R) -> Option<R> {
        self.handle.callback().with(work)
    }

    fn measured(&self) -> MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts sequences until it is over; one was started at this time, if one was.
    fn go_on(&self, mut started: Option<Instant>) {
        let patience = Duration::from_secs(1).max(self.exposure * 2);
        loop {
            while !self.signal.wait(patience) {
                // The SDK may have failed to announce the last frame.
                self.handle.callback().nudge();
            }
            let Some(run) = self.next_run() else { return };
            match self.start_one(run, started) {
                Ok(Some(now)) => started = Some(now),
                Ok(None) => return,
                Err(error) => return self.ending.set(End::Failed(error)),
            }
        }
    }

    /// Waits for a run whose buffers are all back; none if it is over.
    fn next_run(&self) -> Option<Run> {
        while !self.signal.is_over() {
            if let Some(run) = self.with(|filling| filling.slots().whole_run())? {
                return Some(run);
            }
            match self.pool.acquire_timeout_blocking(WAIT) {
                Ok(buffer) => self.with(|filling| filling.slots().put(buffer))?,
                Err(AcquireError::TimedOut) => {}
                // No sequence can be started any more.
                Err(_) => {
                    self.ending.set(End::PoolClosed);
                    return None;
                }
            }
        }
        None
    }

    /// Starts a sequence in a run, and returns when; none if it was closed. `last` is when the one before was started.
    fn start_one(&self, run: Run, last: Option<Instant>) -> Result<Option<Instant>, SdkError> {
        self.signal.begin();
        // None: it was closed meanwhile, and nothing may be started.
        let Some(completed) = self.with(|filling| filling.expect(run)) else { return Ok(None) };
        let (handle, start) = (&self.handle, run.start.as_ptr().cast());
        let started = handle.library().call("pl_exp_start_seq", |f| {
            // SAFETY: buffers side by side for all frames of the sequence, which are on loan and not looked at until the
            // frame in each is complete, or the camera has stopped; else they are leaked (I10).
            unsafe { (f.pl_exp_start_seq)(handle.number(), start) }
        });
        if let Err(error) = started {
            // It should not run, but a camera that does would write into buffers that are free.
            let may_write = handle.abort().is_err();
            self.with(|filling| filling.stopped(may_write));
            return Err(error);
        }
        if self.with(Filling::started) == Some(true) {
            handle.callback().nudge_as_announced();
        }
        let now = Instant::now();
        if let (Some(completed), Some(last)) = (completed, last) {
            let mut measured = self.measured();
            measured.gap.record(now.saturating_duration_since(completed));
            measured.frame.record(completed.saturating_duration_since(last) / self.frames.into());
        }
        Ok(Some(now))
    }
}
