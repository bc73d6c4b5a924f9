//! One continuous acquisition: its camera thread, and what the client can ask of it.
//!
//! ```text
//!   start                deadline 1            deadline 2
//!     |---- exposure --|--readout--|
//!                      |-----------|---------|--readout--|
//!                       write slot  publish   write slot  publish, notify
//! ```
//!
//! Deadlines are absolute, so a late frame does not delay the next ones; a camera that falls
//! behind writes frames back to back until it has caught up. A slot is overwritten from the begin
//! of its frame's readout on, before the frame is reported complete at its deadline.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use framepool_pvcam_sys::{
    EXPOSURE_IN_PROGRESS, FRAME_AVAILABLE, FRAME_INFO, PL_SW_TRIG_STATUS_IGNORED,
    PL_SW_TRIG_STATUS_TRIGGERED, READOUT_IN_PROGRESS,
};

use crate::error::SimError;
use crate::notifier::{Notification, Notifier};
use crate::picture::write_frame;
use crate::ring::Ring;
use crate::setup::{RingMode, Setup, Trigger};
use crate::sync::{lock, wait, wait_until};

/// What the time stamps count from.
static CLOCK: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Whether the camera can take a software trigger.
#[derive(Clone, Copy, Debug)]
enum Armed {
    Waiting,
    Triggered(Instant),
    Exposing,
}

#[derive(Debug)]
struct Progress {
    stop: bool,
    /// The camera thread writes no more.
    ended: bool,
    /// Number of the frame that was last begun to be written; its slot's old frame is lost.
    begun: u64,
    /// Number of the newest complete frame.
    completed: u64,
    armed: Armed,
    /// The first frame that was not unlocked yet, and whether the client holds it.
    oldest: u64,
    held: bool,
    /// A frame was overwritten that was not unlocked, and nobody was told yet.
    overrun: bool,
    /// Description of the frame in each slot.
    infos: Box<[FRAME_INFO]>,
}

/// A frame as the client is told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) frame: *mut u8,
    pub(crate) info: FRAME_INFO,
}

/// The answers of `pl_exp_check_cont_status`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status {
    pub(crate) status: i16,
    pub(crate) bytes_arrived: u32,
    pub(crate) buffer_count: u32,
}

/// A started acquisition.
#[derive(Debug)]
pub(crate) struct Run {
    id: u64,
    hcam: i16,
    setup: Setup,
    ring: Ring,
    notifier: Arc<Notifier>,
    start: Instant,
    progress: Mutex<Progress>,
    /// Signalled to the camera thread: a trigger, or the stop.
    wake: Condvar,
    /// Signalled by the camera thread when it ends.
    end: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Run {
    /// Starts the camera thread. Everything that the acquisition needs is allocated here.
    pub(crate) fn start(
        hcam: i16,
        setup: Setup,
        ring: Ring,
        notifier: Arc<Notifier>,
    ) -> Result<Arc<Self>, SimError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let slots = ring.frames() as usize;
        // Every element is written, which creates the pages; all zeros would be left to the kernel.
        let blank = FRAME_INFO { hCam: hcam, FrameNr: -1, ..FRAME_INFO::default() };
        ring.commit();
        notifier.prepare(slots);
        LazyLock::force(&CLOCK);
        let run = Arc::new(Self {
            // Ordering: Relaxed; only uniqueness matters.
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            hcam,
            setup,
            ring,
            notifier,
            start: Instant::now(),
            progress: Mutex::new(Progress {
                stop: false,
                ended: false,
                begun: 0,
                completed: 0,
                armed: Armed::Waiting,
                oldest: 1,
                held: false,
                overrun: false,
                infos: vec![blank; slots].into_boxed_slice(),
            }),
            wake: Condvar::new(),
            end: Condvar::new(),
            thread: Mutex::new(None),
        });
        let camera = Arc::clone(&run);
        let thread = thread::Builder::new()
            .name("pvcam-camera".into())
            .spawn(move || camera.expose())
            .map_err(|_| SimError::OutOfThreads)?;
        *lock(&run.thread) = Some(thread);
        Ok(run)
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns when the camera thread can no longer write the ring and no notification of this
    /// acquisition is queued. A handler may call it; any number of threads may.
    pub(crate) fn stop(&self) {
        {
            let mut progress = lock(&self.progress);
            progress.stop = true;
            self.wake.notify_all();
            while !progress.ended {
                progress = wait(&self.end, progress);
            }
        }
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // It has nothing left to do, and waits for nobody.
            let _ = thread.join();
        }
        self.notifier.discard(self.id);
    }

    /// Hands the camera a software trigger and tells what became of it.
    pub(crate) fn trigger(&self) -> Result<u32, SimError> {
        if self.setup.trigger != Trigger::Software {
            return Err(SimError::TriggerUnsupported);
        }
        let mut progress = lock(&self.progress);
        if !matches!(progress.armed, Armed::Waiting) {
            return Ok(PL_SW_TRIG_STATUS_IGNORED);
        }
        progress.armed = Armed::Triggered(Instant::now());
        self.wake.notify_all();
        Ok(PL_SW_TRIG_STATUS_TRIGGERED)
    }

    pub(crate) fn status(&self) -> Status {
        let progress = lock(&self.progress);
        let frames = u64::from(self.ring.frames());
        let status = if progress.completed > 0 {
            FRAME_AVAILABLE
        } else if progress.begun > 0 {
            READOUT_IN_PROGRESS
        } else {
            EXPOSURE_IN_PROGRESS
        };
        // The remainder is below the number of frames, whose bytes together fit.
        let in_this_pass = u32::try_from(progress.completed % frames).unwrap_or(0);
        Status {
            status,
            bytes_arrived: in_this_pass * self.setup.frame_bytes(),
            buffer_count: u32::try_from(progress.completed / frames).unwrap_or(u32::MAX),
        }
    }

    /// The frame of a notification of this acquisition.
    pub(crate) fn notified(&self, notification: &Notification) -> Found {
        Found { frame: self.ring.slot(notification.nr), info: notification.info }
    }

    /// The newest complete frame.
    pub(crate) fn latest(&self) -> Result<Found, SimError> {
        let progress = lock(&self.progress);
        self.found(&progress, progress.completed)
    }

    /// Reports, once, that a frame was overwritten before it was unlocked. The order then goes on
    /// with the oldest frame that is still whole.
    pub(crate) fn check_overrun(&self) -> Result<(), SimError> {
        let mut progress = lock(&self.progress);
        if !std::mem::take(&mut progress.overrun) {
            return Ok(());
        }
        if !progress.held {
            progress.oldest = progress.oldest.max(self.first_whole(&progress));
        }
        Err(SimError::Overrun)
    }

    /// Finds the first frame that was not unlocked; the same one again until it is.
    pub(crate) fn oldest(&self) -> Result<Found, SimError> {
        if self.setup.ring_mode != RingMode::NoOverwrite {
            return Err(SimError::OldestUnsupported);
        }
        self.check_overrun()?;
        let mut progress = lock(&self.progress);
        let found = self.found(&progress, progress.oldest)?;
        progress.held = true;
        Ok(found)
    }

    pub(crate) fn unlock_oldest(&self) -> Result<(), SimError> {
        if self.setup.ring_mode != RingMode::NoOverwrite {
            return Err(SimError::OldestUnsupported);
        }
        let mut progress = lock(&self.progress);
        if !std::mem::take(&mut progress.held) {
            return Err(SimError::NothingToUnlock);
        }
        progress.oldest = (progress.oldest + 1).max(self.first_whole(&progress));
        Ok(())
    }

    /// Number of the oldest frame whose slot was not begun to be overwritten.
    fn first_whole(&self, progress: &Progress) -> u64 {
        (progress.begun + 1).saturating_sub(self.ring.frames().into()).max(1)
    }

    fn found(&self, progress: &Progress, nr: u64) -> Result<Found, SimError> {
        if nr == 0 || nr > progress.completed {
            return Err(SimError::NoFrame);
        }
        Ok(Found { frame: self.ring.slot(nr), info: progress.infos[self.index(nr)] })
    }

    fn index(&self, nr: u64) -> usize {
        usize::try_from((nr - 1) % u64::from(self.ring.frames())).unwrap_or(0)
    }

    /// The camera thread.
    fn expose(&self) {
        let _ended = Ended(self);
        let Setup { width, height, exposure, trigger, .. } = self.setup;
        let (period, readout) = (self.setup.period(), self.setup.readout());
        let mut deadline = self.start;
        for nr in 1.. {
            match trigger {
                Trigger::Internal => deadline += period,
                Trigger::Software => match self.wait_for_trigger() {
                    Some(triggered) => deadline = triggered + exposure + readout,
                    None => return,
                },
            }
            if !self.sleep_until(deadline - readout) {
                return;
            }
            self.begin(nr);
            // The stamp has 32 bits, and starts again after 2^32 frames.
            #[allow(clippy::cast_possible_truncation, reason = "the low bits are meant")]
            let stamp = nr as u32;
            // SAFETY: the slot is within the ring and one frame long; the ring is valid until this
            // acquisition has ended, which it has not before `_ended` is dropped.
            unsafe { write_frame(self.ring.slot(nr), width.into(), height.into(), stamp) };
            if !self.sleep_until(deadline) {
                return;
            }
            let info = self.complete(nr, deadline, readout);
            self.notifier.push(Notification { run: self.id, nr, info });
        }
    }

    /// Waits for a trigger and tells when it came; `None` if the client stopped instead.
    fn wait_for_trigger(&self) -> Option<Instant> {
        let mut progress = lock(&self.progress);
        while !progress.stop {
            if let Armed::Triggered(at) = progress.armed {
                progress.armed = Armed::Exposing;
                return Some(at);
            }
            progress = wait(&self.wake, progress);
        }
        None
    }

    /// Waits for a time; false if the client stopped.
    fn sleep_until(&self, time: Instant) -> bool {
        let mut progress = lock(&self.progress);
        while !progress.stop {
            if Instant::now() >= time {
                return true;
            }
            progress = wait_until(&self.wake, progress, time);
        }
        false
    }

    fn begin(&self, nr: u64) {
        let mut progress = lock(&self.progress);
        progress.begun = nr;
        let keeps = self.setup.ring_mode == RingMode::NoOverwrite;
        if keeps && nr >= progress.oldest + u64::from(self.ring.frames()) {
            progress.overrun = true;
        }
    }

    fn complete(&self, nr: u64, deadline: Instant, readout: Duration) -> FRAME_INFO {
        #[allow(clippy::cast_possible_truncation, reason = "the field's 32 bits wrap")]
        let info = FRAME_INFO {
            hCam: self.hcam,
            FrameNr: nr as i32,
            TimeStamp: tenths(deadline.saturating_duration_since(*CLOCK)),
            ReadoutTime: i32::try_from(tenths(readout)).unwrap_or(i32::MAX),
            TimeStampBOF: tenths((deadline - readout).saturating_duration_since(*CLOCK)),
            ..FRAME_INFO::default()
        };
        let mut progress = lock(&self.progress);
        progress.completed = nr;
        progress.armed = Armed::Waiting;
        let index = self.index(nr);
        progress.infos[index] = info;
        info
    }
}

/// Tenths of a millisecond, the unit of time stamps.
fn tenths(time: Duration) -> i64 {
    i64::try_from(time.as_micros() / 100).unwrap_or(i64::MAX)
}

/// Lets `stop` return however the camera thread ends.
struct Ended<'a>(&'a Run);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        lock(&self.0.progress).ended = true;
        self.0.end.notify_all();
    }
}
