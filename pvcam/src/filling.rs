//! Frames of sequences as they arrive: each is written once, so its buffer is lent as soon as it is complete and its number
//! is certain.
//!
//! The SDK says how many frames of a sequence are complete, and announces their numbers. A frame that it does not announce,
//! and one that the camera has lost, look alike at first: what comes after waits until as many frames were announced as
//! are there, or until nothing was announced for long.

use crate::announced::{Announced, Stamped};
use crate::callback::{Occasion, Target};
use crate::clock::{now_ns, timestamp_ns};
use crate::conserved::check_conserved;
use crate::end::{End, Ending};
use crate::error::SdkError;
use crate::handle::Handle;
use crate::limit::Limit;
use crate::signal::Signal;
use crate::slots::{Run, Slots};
use framepool::{Fault, Frame, FrameMeta, Intake, Outcome, ReadFrame};
use framepool_pvcam_sys::{FRAME_INFO, int16, uns32};
use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// A frame counts as late if, when it is announced, so many later ones are complete.
const LATE: u64 = 2;

/// The target of the callbacks of sequences.
#[derive(Debug)]
pub(crate) struct Filling<F: ReadFrame> {
    camera: Arc<Handle>,
    meta: FrameMeta,
    frame_bytes: usize,
    /// Frames of a sequence.
    frames: u64,
    intake: Intake<F>,
    limit: Limit,
    slots: Slots,
    running: Option<Sequence>,
    announced: Announced,
    /// A frame was lent since the start.
    has_lent: bool,
    /// When the last sequence was complete.
    completed_at: Option<Instant>,
    signal: Arc<Signal>,
    ending: Arc<Ending>,
}

/// A sequence that runs.
#[derive(Debug, Clone, Copy)]
struct Sequence {
    run: Run,
    /// The SDK has started it: what it says is about this one.
    is_started: bool,
    /// Frames of it that were lent.
    lent: u64,
    /// The number of the last of them, if it is known.
    number: Option<u64>,
}

impl Sequence {
    /// Returns whether a frame is announced when so many later ones are complete that it is late. Frames that the camera has
    /// lost make it seem earlier than it is, by as many.
    fn is_late(self, number: u64, complete: u64) -> bool {
        let after = self.number.and_then(|before| number.checked_sub(before));
        after.is_some_and(|after| complete >= self.lent + after + LATE)
    }
}

impl<F: ReadFrame + From<Frame>> Filling<F> {
    pub(crate) fn new(
        camera: Arc<Handle>,
        (meta, frame_bytes, frames): (FrameMeta, usize, u16),
        (intake, mut limit): (Intake<F>, Limit),
        signal: Arc<Signal>,
        ending: Arc<Ending>,
    ) -> Self {
        let slots = Slots::new(intake.pool().clone(), frames.into());
        limit.begin(intake.frames_seen());
        Self {
            camera,
            meta,
            frame_bytes,
            frames: frames.into(),
            intake,
            limit,
            slots,
            running: None,
            announced: Announced::of(frames.into()),
            has_lent: false,
            completed_at: None,
            signal,
            ending,
        }
    }

    pub(crate) fn slots(&mut self) -> &mut Slots {
        &mut self.slots
    }

    /// Expects a sequence in this run. Returns when the one before was complete.
    pub(crate) fn expect(&mut self, run: Run) -> Option<Instant> {
        self.running = Some(Sequence { run, is_started: false, lent: 0, number: Some(0) });
        self.announced.begin();
        self.completed_at.take()
    }

    /// Says that the SDK has started it. Returns whether anything was announced before.
    pub(crate) fn started(&mut self) -> bool {
        let Some(running) = &mut self.running else { return false };
        running.is_started = true;
        self.announced.waiting() > 0
    }

    /// Takes back what a sequence that was stopped has not filled; or leaks it, if the camera may still write it.
    pub(crate) fn stopped(&mut self, may_write: bool) {
        if let Some(Sequence { run, .. }) = self.running.take()
            && may_write
        {
            self.slots.leak(run);
        }
    }

    /// Says that no frame comes any more.
    pub(crate) fn end(&self) {
        check_conserved(&self.intake);
    }

    /// Returns the intake, and the limit.
    pub(crate) fn into_parts(self) -> (Intake<F>, Limit) {
        (self.intake, self.limit)
    }

    fn frame_arrived(&mut self, occasion: Occasion) -> Result<ControlFlow<()>, End> {
        let new = match occasion {
            Occasion::Announced(Some(info)) => self.hear(&info)?,
            _ => None,
        };
        let Some(running) = self.running.filter(|running| running.is_started) else {
            return Ok(ControlFlow::Continue(()));
        };
        let complete = self.complete().map_err(End::Failed)?;
        if new.is_some_and(|number| running.is_late(number, complete)) {
            self.intake.count(Fault::Late, 1);
        }
        Ok(self.lend(complete, matches!(occasion, Occasion::Look)))
    }

    /// Hears an announcement. Returns the number of the frame, if it is new.
    fn hear(&mut self, info: &FRAME_INFO) -> Result<Option<u64>, End> {
        match u64::try_from(info.FrameNr) {
            Ok(number) if number > 0 => {
                let (time, arrival_ns) = (info.TimeStamp, now_ns());
                let fault = self.announced.hear(Stamped { number, time, arrival_ns });
                if let Some(fault) = fault {
                    self.intake.count(fault, 1);
                }
                Ok(fault.is_none().then_some(number))
            }
            _ => {
                self.intake.count(Fault::Impossible, 1);
                let text = format!("the SDK gave a frame the number {}", info.FrameNr);
                Err(End::Impossible(text))
            }
        }
    }

    /// Asks the SDK how many frames of the sequence are complete.
    fn complete(&self) -> Result<u64, SdkError> {
        let (mut status, mut bytes): (int16, uns32) = (0, 0);
        self.camera.library().call("pl_exp_check_status", |f| {
            let number = self.camera.number();
            // SAFETY: the function writes two numbers of these sizes.
            unsafe { (f.pl_exp_check_status)(number, &raw mut status, &raw mut bytes) }
        })?;
        Ok(((bytes as usize / self.frame_bytes) as u64).min(self.frames))
    }

    /// Lends the frames that are complete and whose numbers are certain; all of them, if it `is_quiet`: the SDK has announced
    /// nothing for long.
    fn lend(&mut self, complete: u64, is_quiet: bool) -> ControlFlow<()> {
        while let Some(running) = self.running.filter(|running| running.lent < complete) {
            let there = complete - running.lent;
            let next = running.number.map(|number| number + 1);
            let first = self.announced.first();
            let frame = match (first, next) {
                // It follows the one before.
                (Some(first), Some(next)) if first.number == next => self.announced.take(next),
                // All that are there were announced.
                (Some(first), _) if there <= self.announced.waiting() => {
                    self.count_gap(running, first.number);
                    self.announced.take(first.number)
                }
                _ if !is_quiet => return ControlFlow::Continue(()),
                // Not announced, and nothing was lost: as many are there as numbers.
                (last, Some(next)) if last.is_none() || self.last_number() + 1 == next + there => {
                    self.announced.lent_unannounced(next);
                    self.intake.count(Fault::Recovered, 1);
                    Some(Stamped { number: next, ..Stamped::default() })
                }
                // Some were lost and some not announced: which is which is not known.
                _ => {
                    self.announced.forget_waiting();
                    self.intake.count(Fault::Recovered, 1);
                    None
                }
            };
            if self.lend_one(running, frame).is_break() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn last_number(&self) -> u64 {
        self.announced.last().map_or(0, |last| last.number)
    }

    /// Counts the numbers between the frame lent last, if its number is known, and the next one.
    fn count_gap(&mut self, running: Sequence, number: u64) {
        let gap = running.number.map_or(0, |before| number.saturating_sub(before + 1));
        if gap > 0 {
            self.intake.count(Fault::Gap, gap);
        }
    }

    /// Lends the next frame, which is this one if that is known.
    fn lend_one(&mut self, running: Sequence, frame: Option<Stamped>) -> ControlFlow<()> {
        if !mem::replace(&mut self.has_lent, true) {
            self.ending.note_first_frame();
        }
        let Stamped { number, time, arrival_ns } = frame.unwrap_or_default();
        let mut meta = self.meta;
        meta.timestamp_ns = timestamp_ns(time);
        // One that was not announced is seen now.
        meta.arrival_ns = if arrival_ns > 0 { arrival_ns } else { now_ns() };
        // The SDK's numbers have 31 bits.
        meta.hardware_number = u32::try_from(number).unwrap_or(u32::MAX);
        // Less than the sequence has frames, which have 16 bits.
        let at = usize::try_from(running.lent).unwrap_or(usize::MAX);
        let buffer = self.slots.take(running.run, at);
        let lent = running.lent + 1;
        self.running = Some(Sequence { lent, number: frame.map(|frame| frame.number), ..running });
        if lent >= self.frames {
            self.running = None;
            self.completed_at = Some(Instant::now());
        }
        let outcome = buffer.map(|buffer| self.intake.deliver(meta, self.frame_bytes, buffer));
        let is_over = matches!(outcome, Some(Outcome::Stopped(_)))
            || self.limit.is_reached(self.intake.frames_seen());
        if is_over {
            return ControlFlow::Break(());
        }
        if self.running.is_none() {
            self.signal.complete();
        }
        ControlFlow::Continue(())
    }
}

impl<F: ReadFrame + From<Frame>> Target for Filling<F> {
    fn end_of_frame(&mut self, occasion: Occasion) -> ControlFlow<()> {
        // Taps and hooks are the user's. A panic must be the end before the callback's lock is released.
        let end = match catch_unwind(AssertUnwindSafe(|| self.frame_arrived(occasion))) {
            Ok(Ok(ControlFlow::Continue(()))) => return ControlFlow::Continue(()),
            Ok(Ok(ControlFlow::Break(()))) => End::HandlerBroke,
            Ok(Err(end)) => end,
            Err(panic) => End::panicked(panic),
        };
        self.ending.set(end);
        self.signal.finish();
        ControlFlow::Break(())
    }
}
