//! One acquisition, continuous or a sequence: its camera thread, and the client's calls.
//!
//! ```text
//!   start                deadline 1            deadline 2
//!     |---- exposure --|--readout--|
//!                      |-----------|---------|--readout--|
//!                       write slot  publish   write slot  publish, notify
//! ```
//!
//! Deadlines are absolute, so a late frame does not delay the next ones: a camera thread that is
//! late writes frames one after the other until it is on time again. A slot is overwritten from the
//! begin of the frame's readout, and the frame is reported as complete at its deadline.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use framepool_pvcam_sys::{
    EXPOSURE_IN_PROGRESS, FRAME_AVAILABLE, FRAME_INFO, PL_SW_TRIG_STATUS_IGNORED,
    PL_SW_TRIG_STATUS_TRIGGERED, READOUT_COMPLETE, READOUT_IN_PROGRESS,
};
use parking_lot::{Condvar, Mutex};

use crate::error::SimError;
use crate::kind::Kind;
use crate::metadata::{self, Times};
use crate::notifier::{Notification, Notifier};
use crate::ring::Ring;
use crate::scene::mixed;
use crate::setup::{RingMode, Setup, Trigger};

/// The origin of the time stamps.
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
    /// The camera thread has ended, and writes no more.
    ended: bool,
    /// The number of the newest frame whose writing has begun; the old frame in its slot is lost.
    begun: u64,
    /// The number of the newest complete frame.
    completed: u64,
    armed: Armed,
    /// The number of the first frame that is not unlocked yet, and that of the frame that the client has taken as
    /// the oldest.
    oldest: u64,
    held: Option<u64>,
    /// A frame that was not unlocked was overwritten, and this was not reported yet.
    overrun: bool,
    /// The descriptions of the frames in the slots.
    infos: Box<[FRAME_INFO]>,
}

/// A frame as a call returns it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) frame: *mut u8,
    pub(crate) info: FRAME_INFO,
}

/// The results of `pl_exp_check_cont_status` and, but for the last, of `pl_exp_check_status`.
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
    kind: Arc<Kind>,
    setup: Arc<Setup>,
    ring: Ring,
    notifier: Arc<Notifier>,
    start: Instant,
    progress: Mutex<Progress>,
    /// Signalled to the camera thread for a trigger, and for the stop.
    wake: Condvar,
    /// Signalled by the camera thread when it ends.
    end: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Run {
    /// Starts the camera thread. All memory that the acquisition needs is allocated here.
    pub(crate) fn start(
        hcam: i16,
        kind: Arc<Kind>,
        setup: Arc<Setup>,
        ring: Ring,
        notifier: Arc<Notifier>,
    ) -> Result<Arc<Self>, SimError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let slots = ring.frames() as usize;
        // Not all zeros, so that every element is written, and the system maps the pages now.
        let blank = FRAME_INFO { hCam: hcam, FrameNr: -1, ..FRAME_INFO::default() };
        ring.commit();
        notifier.prepare(slots);
        LazyLock::force(&CLOCK);
        let run = Arc::new(Self {
            // Ordering: Relaxed: only uniqueness matters.
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            hcam,
            kind,
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
                held: None,
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
        *run.thread.lock() = Some(thread);
        Ok(run)
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Stops the camera thread. When this returns, the thread writes the ring no more, and no
    /// notification of this acquisition is queued. Handlers and several threads may call this.
    pub(crate) fn stop(&self) {
        {
            let mut progress = self.progress.lock();
            progress.stop = true;
            self.wake.notify_all();
            while !progress.ended {
                self.end.wait(&mut progress);
            }
        }
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // The thread is at its end, and waits for no other.
            let _ = thread.join();
        }
        self.notifier.discard(self.id);
    }

    /// Triggers the camera, and returns whether it takes the trigger.
    pub(crate) fn trigger(&self) -> Result<u32, SimError> {
        if self.setup.trigger != Trigger::Software {
            return Err(SimError::TriggerUnsupported);
        }
        let mut progress = self.progress.lock();
        if !matches!(progress.armed, Armed::Waiting) {
            return Ok(PL_SW_TRIG_STATUS_IGNORED);
        }
        progress.armed = Armed::Triggered(Instant::now());
        self.wake.notify_all();
        Ok(PL_SW_TRIG_STATUS_TRIGGERED)
    }

    pub(crate) fn status(&self) -> Status {
        let progress = self.progress.lock();
        let frames = u64::from(self.ring.frames());
        if let Some(last) = self.setup.sequence {
            return self.sequence_status(&progress, last.into());
        }
        let status = if progress.completed > 0 {
            FRAME_AVAILABLE
        } else if progress.begun > 0 {
            READOUT_IN_PROGRESS
        } else {
            EXPOSURE_IN_PROGRESS
        };
        // The remainder is less than the number of frames, whose bytes fit 32 bits.
        let in_this_pass = u32::try_from(progress.completed % frames).unwrap_or(0);
        Status {
            status,
            bytes_arrived: in_this_pass * self.setup.frame_bytes,
            buffer_count: u32::try_from(progress.completed / frames).unwrap_or(u32::MAX),
        }
    }

    /// Describes the newest complete frame, if there is one.
    pub(crate) fn newest_info(&self) -> Option<FRAME_INFO> {
        let progress = self.progress.lock();
        self.found(&progress, progress.completed).ok().map(|found| found.info)
    }

    /// Says "complete" once all frames are.
    fn sequence_status(&self, progress: &Progress, last: u64) -> Status {
        let status = if progress.completed == last {
            READOUT_COMPLETE
        } else if progress.begun > progress.completed {
            READOUT_IN_PROGRESS
        } else {
            EXPOSURE_IN_PROGRESS
        };
        // Not more than the setup returned.
        let completed = u32::try_from(progress.completed).unwrap_or(0);
        let bytes_arrived = completed * self.setup.frame_bytes;
        Status { status, bytes_arrived, buffer_count: 0 }
    }

    /// Returns whether the camera may still expose or write.
    pub(crate) fn is_imaging(&self) -> bool {
        let progress = self.progress.lock();
        !progress.ended && self.setup.sequence.map(u64::from) != Some(progress.completed)
    }

    /// Returns the frame of a notification of this acquisition.
    pub(crate) fn notified(&self, notification: &Notification) -> Found {
        Found { frame: self.ring.slot(notification.nr), info: notification.info }
    }

    /// Returns the newest complete frame.
    pub(crate) fn latest(&self) -> Result<Found, SimError> {
        let progress = self.progress.lock();
        self.found(&progress, progress.completed)
    }

    /// Fails, once, if a frame was overwritten before it was unlocked. After that, the oldest frame
    /// is the oldest one that is still whole.
    pub(crate) fn check_overrun(&self) -> Result<(), SimError> {
        Self::take_overrun(&mut self.progress.lock())
    }

    fn take_overrun(progress: &mut Progress) -> Result<(), SimError> {
        if std::mem::take(&mut progress.overrun) { Err(SimError::Overrun) } else { Ok(()) }
    }

    /// Returns the first frame that is not unlocked: the same one until the client unlocks it, or the camera
    /// overwrites it.
    pub(crate) fn oldest(&self) -> Result<Found, SimError> {
        self.check_oldest()?;
        let mut progress = self.progress.lock();
        Self::take_overrun(&mut progress)?;
        progress.oldest = progress.oldest.max(self.first_whole(&progress));
        let found = self.found(&progress, progress.oldest)?;
        progress.held = Some(progress.oldest);
        Ok(found)
    }

    pub(crate) fn unlock_oldest(&self) -> Result<(), SimError> {
        self.check_oldest()?;
        let mut progress = self.progress.lock();
        let held = progress.held.take().ok_or(SimError::NothingToUnlock)?;
        progress.oldest = progress.oldest.max(held + 1);
        Ok(())
    }

    fn check_oldest(&self) -> Result<(), SimError> {
        let is_known = self.setup.ring_mode == RingMode::NoOverwrite || self.kind.oldest_always;
        if is_known { Ok(()) } else { Err(SimError::OldestUnsupported) }
    }

    /// Returns the number of the oldest frame that the camera has not begun to overwrite.
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

    /// Runs the camera thread.
    fn expose(&self) {
        let _ended = Ended(self);
        let readout = self.setup.readout;
        let (mut deadline, mut last_end) = (self.start, self.start);
        for nr in 1..=self.setup.sequence.map_or(u64::MAX, u64::from) {
            match self.setup.trigger {
                Trigger::Internal => deadline += self.setup.period(nr),
                Trigger::Software => match self.wait_for_trigger() {
                    Some(triggered) => deadline = triggered + self.setup.exposure(nr) + readout,
                    None => return,
                },
            }
            // A frame that is late delays another only if that would overtake it.
            let end = (deadline + self.lateness(nr)).max(last_end + readout);
            last_end = end;
            if !self.sleep_until(end - readout) {
                return;
            }
            self.begin(nr);
            // SAFETY: the slot is one frame within the ring, which is valid until this acquisition
            // has ended; it has not before `_ended` is dropped.
            unsafe { self.write(nr, end) };
            if !self.sleep_until(end) {
                return;
            }
            let info = self.complete(nr, end, readout);
            self.notifier.push(Notification { run: self.id, nr, info });
        }
    }

    /// Returns how late a frame is.
    fn lateness(&self, nr: u64) -> Duration {
        let most = u64::try_from(self.kind.jitter.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(mixed(self.kind.seed ^ nr.rotate_left(32)) % most.saturating_add(1))
    }

    /// Writes a frame that ends at a time into its slot.
    ///
    /// # Safety
    ///
    /// - The ring is valid for writes.
    unsafe fn write(&self, nr: u64, end: Instant) {
        let slot = self.ring.slot(nr);
        // The number in the picture has 32 bits, and starts again after 2^32 frames.
        #[allow(clippy::cast_possible_truncation, reason = "the low bits are meant")]
        let stamp = nr as u32;
        if let Some(version) = self.setup.metadata {
            let end = end.saturating_duration_since(self.start);
            let begin = end.saturating_sub(self.setup.readout);
            let times = Times { begin, end, exposure: self.setup.exposure(nr) };
            // SAFETY: the slot is one frame of this setup.
            unsafe { metadata::write(slot, &self.setup, version, stamp, times) };
        }
        let turn = self.kind.scene.turn();
        for part in &self.setup.parts {
            // SAFETY: the part is within the frame.
            let pixels = unsafe { slot.add(part.at) };
            // SAFETY: the part's pixels begin there.
            unsafe { self.kind.scene.draw(pixels, part, stamp, turn) };
        }
    }

    /// Waits for a trigger and returns its time; `None` if the client stopped the acquisition.
    fn wait_for_trigger(&self) -> Option<Instant> {
        let mut progress = self.progress.lock();
        while !progress.stop {
            if let Armed::Triggered(at) = progress.armed {
                progress.armed = Armed::Exposing;
                return Some(at);
            }
            self.wake.wait(&mut progress);
        }
        None
    }

    /// Waits until a time; returns `false` if the client stopped the acquisition before.
    fn sleep_until(&self, time: Instant) -> bool {
        let mut progress = self.progress.lock();
        while !progress.stop {
            if Instant::now() >= time {
                return true;
            }
            self.wake.wait_until(&mut progress, time);
        }
        false
    }

    fn begin(&self, nr: u64) {
        let mut progress = self.progress.lock();
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
        let mut progress = self.progress.lock();
        progress.completed = nr;
        progress.armed = Armed::Waiting;
        let index = self.index(nr);
        progress.infos[index] = info;
        info
    }
}

/// Converts to tenths of a millisecond, the unit of time stamps.
fn tenths(time: Duration) -> i64 {
    i64::try_from(time.as_micros() / 100).unwrap_or(i64::MAX)
}

/// Says that the camera thread has ended, also if it panicked, so that `stop` returns.
struct Ended<'a>(&'a Run);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.progress.lock().ended = true;
        self.0.end.notify_all();
    }
}
