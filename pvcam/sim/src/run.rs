//! One acquisition, continuous or a sequence: its camera thread, and the client's calls.
//!
//! ```text
//!     |---- exposure --|--readout--|
//!                      |-----------|---------|--readout--|
//!                       write slot  publish   write slot  publish, notify
//! ```
//!
//! A slot is overwritten from the begin of the frame's readout, and the frame is reported as complete at its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use framepool_pvcam_sys::{
    EXPOSURE_IN_PROGRESS, FRAME_AVAILABLE, FRAME_INFO, PL_SW_TRIG_STATUS_IGNORED,
    PL_SW_TRIG_STATUS_TRIGGERED, READOUT_COMPLETE, READOUT_FAILED, READOUT_IN_PROGRESS,
};
use parking_lot::{Condvar, Mutex};

use crate::clock::{self, Readout};
use crate::error::SimError;
use crate::fault::What;
use crate::herald::Herald;
use crate::kind::Kind;
use crate::notifier::{Notification, Notifier};
use crate::pace::{Pace, Turn};
use crate::plug::{Plug, Pulled};
use crate::ring::Ring;
use crate::setup::{RingMode, Setup, Trigger};
use crate::slots::{Frame, Slots};
use crate::write;

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
    /// The camera was unplugged.
    failed: bool,
    armed: Armed,
    slots: Slots,
}

/// A frame as a call returns it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) nr: u64,
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

/// What an acquisition belongs to: an open camera.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) hcam: i16,
    pub(crate) kind: Arc<Kind>,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) plug: Arc<Plug>,
}

/// A started acquisition.
#[derive(Debug)]
pub(crate) struct Run {
    id: u64,
    owner: Owner,
    setup: Arc<Setup>,
    ring: Ring,
    start: Instant,
    progress: Mutex<Progress>,
    /// Signalled to the camera thread for a trigger, for a slot that was unlocked, and for the stop.
    wake: Condvar,
    /// Signalled by the camera thread when it ends.
    end: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Run {
    /// Starts the camera thread. All memory that the acquisition needs is allocated here.
    pub(crate) fn start(
        owner: Owner,
        setup: Arc<Setup>,
        ring: Ring,
    ) -> Result<Arc<Self>, SimError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let slots = ring.frames() as usize;
        ring.commit();
        clock::start();
        // Ordering: Relaxed: only uniqueness matters.
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (kind, notifier) = (Arc::clone(&owner.kind), Arc::clone(&owner.notifier));
        let reports = setup.ring_mode == RingMode::NoOverwrite && !kind.halts;
        let armed = Self::armed_for(1, &kind);
        let herald = Herald::new(kind, notifier, id, slots);
        let slots = Slots::new(slots, reports);
        let run = Arc::new(Self {
            id,
            owner,
            setup,
            ring,
            start: Instant::now(),
            progress: Mutex::new(Progress {
                stop: false,
                ended: false,
                failed: false,
                armed,
                slots,
            }),
            wake: Condvar::new(),
            end: Condvar::new(),
            thread: Mutex::new(None),
        });
        let camera = Arc::clone(&run);
        let thread = thread::Builder::new()
            .name("pvcam-camera".into())
            .spawn(move || camera.expose(herald))
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
        self.owner.notifier.discard(self.id);
    }

    /// Triggers the camera, and returns whether it takes the trigger.
    pub(crate) fn trigger(&self) -> Result<u32, SimError> {
        if self.setup.trigger != Trigger::Software {
            return Err(SimError::TriggerUnsupported);
        }
        let mut progress = self.progress.lock();
        if !self.exposes(&progress) {
            return Err(SimError::NotAcquiring);
        }
        if !matches!(progress.armed, Armed::Waiting) || self.is_halted(&progress) {
            return Ok(PL_SW_TRIG_STATUS_IGNORED);
        }
        progress.armed = Armed::Triggered(Instant::now());
        self.wake.notify_all();
        Ok(PL_SW_TRIG_STATUS_TRIGGERED)
    }

    pub(crate) fn status(&self) -> Status {
        let progress = self.progress.lock();
        let completed = progress.slots.completed();
        let status = match self.setup.sequence {
            _ if progress.failed => READOUT_FAILED,
            Some(last) if completed == u64::from(last) => READOUT_COMPLETE,
            None if completed > 0 => FRAME_AVAILABLE,
            _ if progress.slots.is_writing() => READOUT_IN_PROGRESS,
            _ => EXPOSURE_IN_PROGRESS,
        };
        let frames = u64::from(self.ring.frames());
        // A sequence has one pass, at the end of which all of its bytes are there.
        let (in_this_pass, passes) = match self.setup.sequence {
            Some(_) => (completed, 0),
            None => (completed % frames, completed / frames),
        };
        Status {
            status,
            // At most the number of frames, whose bytes fit 32 bits.
            bytes_arrived: u32::try_from(in_this_pass).unwrap_or(0) * self.setup.frame_bytes,
            buffer_count: u32::try_from(passes).unwrap_or(u32::MAX),
        }
    }

    /// Describes the newest complete frame, if there is one.
    pub(crate) fn newest_info(&self) -> Option<FRAME_INFO> {
        self.progress.lock().slots.newest().ok().map(|frame| frame.info)
    }

    /// Returns whether the camera may still expose or write.
    pub(crate) fn is_imaging(&self) -> bool {
        self.exposes(&self.progress.lock())
    }

    fn exposes(&self, progress: &Progress) -> bool {
        let is_complete = self.setup.sequence.map(u64::from) == Some(progress.slots.completed());
        !progress.ended && !progress.failed && !is_complete
    }

    /// Returns the frame of a notification of this acquisition.
    pub(crate) fn notified(&self, notification: &Notification) -> Found {
        self.found(notification.frame)
    }

    /// Returns the newest complete frame.
    pub(crate) fn latest(&self) -> Result<Found, SimError> {
        let newest = self.progress.lock().slots.newest()?;
        Ok(self.found(newest))
    }

    /// Fails, once, if a frame was overwritten before it was unlocked. After that, the oldest frame
    /// is the oldest one that is still whole.
    pub(crate) fn check_overrun(&self) -> Result<(), SimError> {
        self.progress.lock().slots.take_overrun()
    }

    /// Returns the first frame that is not unlocked: the same one until the client unlocks it, or the camera
    /// overwrites it.
    pub(crate) fn oldest(&self) -> Result<Found, SimError> {
        self.check_oldest()?;
        let oldest = self.progress.lock().slots.oldest()?;
        Ok(self.found(oldest))
    }

    pub(crate) fn unlock_oldest(&self) -> Result<(), SimError> {
        self.check_oldest()?;
        self.progress.lock().slots.unlock_oldest()?;
        self.wake.notify_all();
        Ok(())
    }

    fn check_oldest(&self) -> Result<(), SimError> {
        let is_known =
            self.setup.ring_mode == RingMode::NoOverwrite || self.owner.kind.oldest_always;
        if is_known { Ok(()) } else { Err(SimError::OldestUnsupported) }
    }

    fn found(&self, frame: Frame) -> Found {
        let faults = &self.owner.kind.faults;
        let slot = self.ring.slot(frame.position);
        let address = if faults.has(What::Null, frame.nr) {
            std::ptr::null_mut()
        } else {
            slot.wrapping_add(faults.misplaced(frame.nr))
        };
        Found { nr: frame.nr, frame: address, info: frame.info }
    }

    /// Returns whether the camera waits for a frame to be unlocked.
    fn is_halted(&self, progress: &Progress) -> bool {
        let halts = self.owner.kind.halts && self.setup.ring_mode == RingMode::NoOverwrite;
        halts && progress.slots.is_full()
    }

    /// Returns how the camera is armed for a frame; those of a burst take no trigger.
    fn armed_for(nr: u64, kind: &Kind) -> Armed {
        if kind.faults.burst(nr).is_some() { Armed::Exposing } else { Armed::Waiting }
    }

    /// Runs the camera thread.
    fn expose(&self, mut herald: Herald) {
        let _ended = Ended(self);
        let last = self.setup.sequence.map_or(u64::MAX, u64::from);
        let (mut pace, mut position) = (Pace::new(self.start), 1);
        for nr in 1.. {
            let Some(turn) = self.turn(nr, &mut pace) else { return };
            let is_lost = self.owner.kind.faults.has(What::Lost, nr);
            let to = (!is_lost).then_some(position);
            let Some(frame) = self.read_out(nr, to, turn) else { return };
            let pulled = self.complete(nr, frame.as_ref());
            herald.tell(nr, frame.as_ref());
            if let Some(pulled) = pulled {
                return self.owner.notifier.push_removal(pulled.back);
            }
            position += u64::from(!is_lost);
            if position > last {
                return;
            }
        }
    }

    /// Waits until the readout of a frame begins; `None` if the client stopped the acquisition before.
    fn turn(&self, nr: u64, pace: &mut Pace) -> Option<Turn> {
        let (setup, kind) = (&self.setup, &self.owner.kind);
        let is_triggered = setup.trigger == Trigger::Software && kind.faults.burst(nr).is_none();
        if !is_triggered && self.wait_while_halted()? {
            pace.restart(Instant::now());
        }
        let turn = match setup.trigger {
            Trigger::Internal => pace.follow(nr, setup, kind),
            Trigger::Software if is_triggered => {
                pace.triggered(self.wait_for_trigger()?, nr, setup, kind)
            }
            Trigger::Software => pace.untriggered(Instant::now()),
        };
        self.sleep_until(turn.begin_at).then_some(turn)
    }

    /// Reads a frame out, and writes it to a position of the ring unless it is lost; `None` if the client stopped the
    /// acquisition before its end.
    fn read_out(&self, nr: u64, position: Option<u64>, turn: Turn) -> Option<Option<Frame>> {
        let kind = &self.owner.kind;
        let wrong_ms = kind.faults.clock_ms(nr);
        let readout = Readout { end: turn.end, time: self.setup.readout, wrong_ms };
        let Some(position) = position else {
            // It was seen, though, and what is seen next follows it.
            kind.scene.turn();
            return self.sleep_until(turn.end_at).then_some(None);
        };
        self.progress.lock().slots.begin(position);
        let slot = self.ring.slot(position);
        // SAFETY: the slot is one frame within the ring, which is valid until this acquisition has
        // ended; it has not before `_ended` of `expose` is dropped.
        unsafe { write::frame(slot, &self.setup, kind, nr, self.start, readout) };
        if !self.sleep_until(turn.end_at) {
            return None;
        }
        if kind.scribbles {
            self.scribble(position);
        }
        #[allow(clippy::cast_possible_truncation, reason = "the field's 32 bits wrap")]
        let number = if kind.faults.has(What::Unnumbered, nr) { 0 } else { nr as i32 };
        Some(Some(Frame { nr, position, info: readout.info(self.owner.hcam, number) }))
    }

    /// Overwrites the slot after a position that is about to be complete, unless it is the same or a client holds it, and
    /// nothing of a sequence.
    fn scribble(&self, position: u64) {
        let next = position + 1;
        let is_spared = self.setup.sequence.is_some()
            || self.ring.frames() == 1
            || self.owner.kind.halts && !self.progress.lock().slots.is_free(next);
        if !is_spared {
            let slot = self.ring.slot(next);
            // SAFETY: as in `read_out`.
            unsafe { write::noise(slot, self.ring.frame_bytes(), next) };
        }
    }

    /// Publishes that a frame is complete, and the camera unplugged with it if that is planned.
    fn complete(&self, nr: u64, frame: Option<&Frame>) -> Option<Pulled> {
        let kind = &self.owner.kind;
        let mut progress = self.progress.lock();
        if let Some(frame) = frame {
            progress.slots.complete(*frame);
        }
        progress.armed = Self::armed_for(nr + 1, kind);
        let unplugging = kind.faults.unplugging(nr)?;
        let pulled = self.owner.plug.pull(unplugging)?;
        progress.failed = true;
        Some(pulled)
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

    /// Waits while every slot has a frame that was not unlocked, of a camera that then halts. Returns whether it had
    /// to; `None` if the client stopped the acquisition.
    fn wait_while_halted(&self) -> Option<bool> {
        if !self.owner.kind.halts {
            return Some(false);
        }
        let mut progress = self.progress.lock();
        let mut has_waited = false;
        while self.is_halted(&progress) {
            if progress.stop {
                return None;
            }
            self.wake.wait(&mut progress);
            has_waited = true;
        }
        Some(has_waited)
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
}

/// Says that the camera thread has ended, also if it panicked, so that `stop` returns.
struct Ended<'a>(&'a Run);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.progress.lock().ended = true;
        self.0.end.notify_all();
    }
}
