//! What the slots of the ring hold: which frames are complete, and which of them the client has unlocked.
//!
//! Slots count positions: 1 is the first frame that reached the ring. That is the frame's number as long as the camera
//! has lost none.
//!
//! ```text
//!        oldest            completed   begun
//!   .. | 5, not unlocked | 6         | 7, being written over 5 - of a ring of two
//! ```

use framepool_pvcam_sys::FRAME_INFO;

use crate::error::SimError;

/// A frame that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its number in the acquisition, and its place in the order of those that reached the ring; both from 1 on.
    pub(crate) nr: u64,
    pub(crate) position: u64,
    pub(crate) info: FRAME_INFO,
}

/// The slots of one acquisition.
#[derive(Debug)]
pub(crate) struct Slots {
    /// The newest position whose writing has begun; the old frame in its slot is lost.
    begun: u64,
    /// The newest position that is complete.
    completed: u64,
    /// The first position that is not unlocked yet, and that of the frame that the client has taken as the oldest.
    oldest: u64,
    held: Option<u64>,
    /// Whether overwriting a frame that was not unlocked is an overrun; and there was one that was not reported yet.
    reports: bool,
    overrun: bool,
    /// What is in the slots.
    frames: Box<[Frame]>,
}

impl Slots {
    /// Makes slots without frames.
    pub(crate) fn new(count: usize, reports: bool) -> Self {
        // Not all zeros, so that every element is written, and the system maps the pages now.
        let info = FRAME_INFO { FrameNr: -1, ..FRAME_INFO::default() };
        let frames = vec![Frame { nr: u64::MAX, position: u64::MAX, info }; count];
        let frames = frames.into_boxed_slice();
        Self { begun: 0, completed: 0, oldest: 1, held: None, reports, overrun: false, frames }
    }

    pub(crate) fn begin(&mut self, position: u64) {
        self.begun = position;
        if self.reports && position >= self.oldest + self.count() {
            self.overrun = true;
        }
    }

    pub(crate) fn complete(&mut self, frame: Frame) {
        self.completed = frame.position;
        let index = self.index(frame.position);
        self.frames[index] = frame;
    }

    /// Returns how many frames are complete.
    pub(crate) fn completed(&self) -> u64 {
        self.completed
    }

    /// Returns whether a frame is being written.
    pub(crate) fn is_writing(&self) -> bool {
        self.begun > self.completed
    }

    /// Returns whether the next frame would overwrite one that was not unlocked.
    pub(crate) fn is_full(&self) -> bool {
        !self.is_free(self.completed + 1)
    }

    /// Returns whether the slot of a position has no frame that was not unlocked.
    pub(crate) fn is_free(&self, position: u64) -> bool {
        position < self.oldest + self.count()
    }

    /// Returns the newest complete frame.
    pub(crate) fn newest(&self) -> Result<Frame, SimError> {
        self.frame(self.completed)
    }

    /// Returns the first frame that is not unlocked: the same one until the client unlocks it, or the camera
    /// overwrites it.
    pub(crate) fn oldest(&mut self) -> Result<Frame, SimError> {
        self.take_overrun()?;
        self.oldest = self.oldest.max(self.first_whole());
        let frame = self.frame(self.oldest)?;
        self.held = Some(self.oldest);
        Ok(frame)
    }

    pub(crate) fn unlock_oldest(&mut self) -> Result<(), SimError> {
        let held = self.held.take().ok_or(SimError::NothingToUnlock)?;
        self.oldest = self.oldest.max(held + 1);
        Ok(())
    }

    /// Fails, once, if a frame was overwritten before it was unlocked. After that, the oldest frame is the oldest one
    /// that is still whole.
    pub(crate) fn take_overrun(&mut self) -> Result<(), SimError> {
        if std::mem::take(&mut self.overrun) { Err(SimError::Overrun) } else { Ok(()) }
    }

    /// Returns the position of the oldest frame that the camera has not begun to overwrite.
    fn first_whole(&self) -> u64 {
        (self.begun + 1).saturating_sub(self.count()).max(1)
    }

    fn frame(&self, position: u64) -> Result<Frame, SimError> {
        if position == 0 || position > self.completed {
            return Err(SimError::NoFrame);
        }
        Ok(self.frames[self.index(position)])
    }

    fn index(&self, position: u64) -> usize {
        usize::try_from((position - 1) % self.count()).unwrap_or(0)
    }

    fn count(&self) -> u64 {
        self.frames.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the next frame; the camera has lost ten before the first.
    fn write(slots: &mut Slots) {
        let position = slots.completed() + 1;
        slots.begin(position);
        assert!(slots.is_writing());
        slots.complete(Frame { nr: position + 10, position, info: FRAME_INFO::default() });
    }

    #[test]
    fn frames_are_unlocked_in_order() {
        let mut slots = Slots::new(2, true);
        assert_eq!(slots.newest(), Err(SimError::NoFrame));
        write(&mut slots);
        write(&mut slots);
        assert!(slots.is_full() && !slots.is_free(3));
        assert_eq!(slots.oldest().map(|frame| frame.nr), Ok(11));
        slots.unlock_oldest().unwrap();
        assert!(!slots.is_full() && slots.is_free(3) && !slots.is_free(4));
        assert_eq!(slots.unlock_oldest(), Err(SimError::NothingToUnlock));
        write(&mut slots);
        assert_eq!(slots.oldest().map(|frame| frame.nr), Ok(12));
        assert_eq!(slots.newest().map(|frame| (frame.nr, frame.position)), Ok((13, 3)));
    }

    #[test]
    fn an_overrun_is_reported_where_it_is_one() {
        for reports in [true, false] {
            let mut slots = Slots::new(2, reports);
            (0..3).for_each(|_| write(&mut slots));
            let expected = if reports { Err(SimError::Overrun) } else { Ok(()) };
            assert_eq!(slots.take_overrun(), expected);
            assert_eq!(slots.oldest().map(|frame| frame.nr), Ok(12));
        }
    }
}
