//! Frames of sequences as they arrive: each is written once, so its buffer is lent as soon as it is complete.

use crate::callback::Target;
use crate::end::{End, Ending};
use crate::error::SdkError;
use crate::handle::Handle;
use crate::seen::{Numbers, Repeated};
use crate::signal::Signal;
use crate::slots::{Run, Slots};
use framepool::{Fault, Frame, FrameMeta, Intake, Outcome, ReadFrame};
use framepool_pvcam_sys::{FRAME_INFO, int16, uns32};
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
    limit: u64,
    slots: Slots,
    running: Option<Sequence>,
    numbers: Numbers,
    /// The frame that was announced last, also of a sequence before.
    last: Stamped,
    /// When the last sequence was complete.
    completed_at: Option<Instant>,
    signal: Arc<Signal>,
    ending: Arc<Ending>,
}

/// A sequence that runs.
#[derive(Debug, Clone, Copy)]
struct Sequence {
    run: Run,
    /// Frames of it that were lent, and the number of the last of them.
    lent: u64,
    number: u64,
    /// The last frame of the sequence before.
    before: Stamped,
}

/// A frame's number, and its time stamp by the SDK's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamped {
    number: u64,
    time: i64,
}

impl<F: ReadFrame + From<Frame>> Filling<F> {
    pub(crate) fn new(
        camera: Arc<Handle>,
        (meta, frame_bytes, frames): (FrameMeta, usize, u16),
        (intake, limit): (Intake<F>, u64),
        signal: Arc<Signal>,
        ending: Arc<Ending>,
    ) -> Self {
        let slots = Slots::new(intake.pool().clone(), frames.into());
        let numbers = Numbers::of_last(frames.into());
        Self {
            camera,
            meta,
            frame_bytes,
            frames: frames.into(),
            intake,
            limit,
            slots,
            running: None,
            numbers,
            last: Stamped { number: 0, time: i64::MIN },
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
        self.running = Some(Sequence { run, lent: 0, number: 0, before: self.last });
        self.numbers.forget();
        self.completed_at.take()
    }

    /// Takes back what a sequence that was stopped has not filled; or leaks it, if the camera may still write it.
    pub(crate) fn stopped(&mut self, may_write: bool) {
        if let Some(Sequence { run, .. }) = self.running.take()
            && may_write
        {
            self.slots.leak(run);
        }
    }

    /// Returns the intake, and the limit.
    pub(crate) fn into_parts(self) -> (Intake<F>, u64) {
        (self.intake, self.limit)
    }

    fn frame_arrived(&mut self, announced: Option<FRAME_INFO>) -> Result<ControlFlow<()>, End> {
        let announced = announced.map(|info| self.checked(&info)).transpose()?;
        let Some(running) = self.running else {
            self.count_again(announced);
            return Ok(ControlFlow::Continue(()));
        };
        // Announced again, or late, when this sequence had begun already.
        let is_before = |it: Stamped| it == running.before || it.time < running.before.time;
        if announced.is_some_and(|it| is_before(it) || it.number <= running.number) {
            self.count_again(announced);
            return Ok(ControlFlow::Continue(()));
        }
        let complete = self.complete().map_err(End::Failed)?;
        let Some(frame) = announced else {
            // The numbers of frames that were not announced follow the last one's.
            let number = running.number + complete.saturating_sub(running.lent);
            return Ok(self.lend(complete, Stamped { number, time: 0 }, false));
        };
        self.numbers.announced(frame.number);
        self.last = frame;
        // The camera has lost no more frames than it must have: there are as many buffers as frames that it has not.
        let lost = running.number - running.lent;
        let position = (frame.number - lost).min(complete);
        let gap = frame.number - lost - position;
        if gap > 0 {
            self.intake.count(Fault::Gap, gap);
        }
        if complete >= position + LATE {
            self.intake.count(Fault::Late, 1);
        }
        Ok(self.lend(position, frame, true))
    }

    /// Checks what the SDK says of a frame.
    fn checked(&mut self, info: &FRAME_INFO) -> Result<Stamped, End> {
        match u64::try_from(info.FrameNr) {
            Ok(number) if number > 0 => Ok(Stamped { number, time: info.TimeStamp }),
            _ => {
                let text = format!("the SDK gave a frame the number {}", info.FrameNr);
                Err(End::Impossible(text))
            }
        }
    }

    /// Counts the announcement of a frame that was lent before.
    fn count_again(&mut self, announced: Option<Stamped>) {
        let Some(frame) = announced else { return };
        let fault = match self.numbers.again(frame.number) {
            Repeated::Announced => Fault::Duplicate,
            Repeated::Recovered => Fault::OutOfOrder,
        };
        self.intake.count(fault, 1);
    }

    /// Asks the SDK how many frames of the sequence are complete.
    fn complete(&self) -> Result<u64, SdkError> {
        let (mut status, mut bytes): (int16, uns32) = (0, 0);
        self.camera.library().call("pl_exp_check_status", |f| {
            let number = self.camera.number();
            // SAFETY: the function writes two numbers of these sizes.
            unsafe { (f.pl_exp_check_status)(number, &raw mut status, &raw mut bytes) }
        })?;
        Ok((bytes as usize / self.frame_bytes) as u64)
    }

    /// Lends the frames up to a position, which is that of `frame`; if it was not announced either, only its number is known.
    fn lend(&mut self, position: u64, frame: Stamped, is_announced: bool) -> ControlFlow<()> {
        let Some(mut running) = self.running else { return ControlFlow::Continue(()) };
        if self.intake.frames_seen() == 0 {
            self.ending.note_first_frame();
        }
        for at in running.lent + 1..=position {
            let mut meta = self.meta;
            let is_last = at == position && is_announced;
            let number = if is_last { frame.number } else { running.number + 1 };
            if is_last {
                // The SDK's clock ticks ten thousand times a second.
                let ticks = u64::try_from(frame.time).unwrap_or_default();
                meta.timestamp_ns = ticks.saturating_mul(100_000);
            } else {
                self.numbers.recovered(number);
                self.intake.count(Fault::Recovered, 1);
            }
            // The SDK's numbers have 31 bits.
            meta.hardware_number = u32::try_from(number).unwrap_or(u32::MAX);
            // Less than the sequence has frames, which have 16 bits.
            let buffer =
                usize::try_from(at - 1).ok().and_then(|at| self.slots.take(running.run, at));
            (running.lent, running.number) = (at, number);
            let outcome = buffer.map(|buffer| self.intake.deliver(meta, self.frame_bytes, buffer));
            let is_over = matches!(outcome, Some(Outcome::Stopped(_)))
                || self.intake.frames_seen() >= self.limit;
            self.running = Some(running);
            if is_over {
                return ControlFlow::Break(());
            }
        }
        if running.lent >= self.frames {
            self.running = None;
            self.completed_at = Some(Instant::now());
            self.signal.complete();
        }
        ControlFlow::Continue(())
    }
}

impl<F: ReadFrame + From<Frame>> Target for Filling<F> {
    fn end_of_frame(&mut self, announced: Option<FRAME_INFO>) -> ControlFlow<()> {
        // Taps and hooks are the user's. A panic must be the end before the callback's lock is released.
        let end = match catch_unwind(AssertUnwindSafe(|| self.frame_arrived(announced))) {
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
