//! The handler that runs at each end of frame, and the frame that it is shown.

use crate::camera_ring::{CameraRing, Progress};
use crate::error::{CopyError, SdkError};
use crate::handle::Handle;
use framepool::{Fault, FrameMeta, PoolError};
use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Handles frames as they arrive, on the SDK's thread.
///
/// The SDK calls it for one frame after the other. While it handles one, the SDK queues the next
/// ones, as many as the ring has frames; then frames are lost. It must neither stop nor drop the
/// acquisition that calls it: [`Acquisition`](crate::Acquisition) says why.
pub trait FrameHandler: Send + 'static {
    /// Prepares for frames in this ring: called before each start, on the thread that starts. Frames' positions begin at 1
    /// again.
    ///
    /// # Errors
    /// [`PoolError`]; the acquisition does not start then.
    fn on_start(&mut self, ring: &Arc<CameraRing>) -> Result<(), PoolError> {
        let _ring = ring;
        Ok(())
    }

    /// Handles one frame, which stays in the ring until the camera overwrites it. Breaking ends the
    /// acquisition.
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()>;

    /// Counts what went wrong before frames could be handled.
    fn on_fault(&mut self, fault: Fault, frames: u64);

    /// Lets go of the ring, which the camera no longer writes: called after each stop, on the thread that stops. The next
    /// start uses the same ring if nothing has a share of it then, else a new one.
    fn on_stop(&mut self) {}
}

/// A frame in the camera's ring, for as long as the handler runs. It can only be copied, not
/// borrowed, since the camera may overwrite it at any time.
#[derive(Debug)]
pub struct RingFrame<'a> {
    meta: FrameMeta,
    position: u64,
    /// How far the camera was when the frame was looked at.
    complete: u64,
    ring: &'a CameraRing,
    camera: &'a Handle,
    /// The error of the first call to the SDK that failed for this frame; it ends the acquisition.
    failed: OnceCell<SdkError>,
}

impl<'a> RingFrame<'a> {
    /// Makes the frame at a position of the ring, when so many are complete.
    pub(crate) fn new(
        meta: FrameMeta,
        position: u64,
        complete: u64,
        ring: &'a CameraRing,
        camera: &'a Handle,
    ) -> Self {
        Self { meta, position, complete, ring, camera, failed: OnceCell::new() }
    }

    /// Returns the frame's metadata. Its `number` is 0: the intake sets it. So is its time stamp if the SDK did not announce the
    /// frame ([`Fault::Recovered`]). Its arrival is when the SDK's callback was called, or found it: by `CLOCK_MONOTONIC`,
    /// as other programs read it (`time.monotonic_ns()` in Python); on Windows since the first frame.
    #[must_use]
    pub fn meta(&self) -> &FrameMeta {
        &self.meta
    }

    /// Returns the number of bytes of the frame.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.ring.ring().frame_bytes
    }

    /// Returns which of the frames that the camera has put into the ring it is, from 1: the frame's number, less those that
    /// the camera has lost.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns how many frames the camera had put into the ring when this one was looked at.
    #[must_use]
    pub fn complete(&self) -> u64 {
        self.complete
    }

    /// Returns whether the frame was whole when it was looked at, right before the handler was called.
    #[must_use]
    pub fn was_whole(&self) -> bool {
        self.ring.ring().is_whole(self.position, self.complete)
    }

    /// Copies the frame into `buffer`, and checks before and after the copy that the camera has not
    /// begun to overwrite the frame: if this succeeds, the copy is whole.
    ///
    /// # Errors
    /// [`CopyError`]; the contents of `buffer` are unspecified then. After [`CopyError::Sdk`] the
    /// acquisition ends as [`End::Failed`](crate::End::Failed), whatever the handler returns.
    pub fn copy_to(&self, buffer: &mut [u8]) -> Result<(), CopyError> {
        self.check_length(buffer)?;
        // A copy of a frame that is gone would read what the camera is writing.
        self.is_whole()?;
        self.copy_now(buffer)
    }

    /// Checks that the camera has not begun to overwrite the frame: a snapshot.
    ///
    /// # Errors
    /// [`CopyError::Overrun`] if it has, or may have; [`CopyError::Sdk`] as in
    /// [`copy_to`](Self::copy_to).
    pub fn is_whole(&self) -> Result<(), CopyError> {
        let Progress { complete, .. } = self.ring.progress(self.camera).inspect_err(|error| {
            // Only the first error is kept.
            let _kept = self.failed.set(error.clone());
        })?;
        if self.ring.ring().is_whole(self.position, complete) {
            Ok(())
        } else {
            Err(CopyError::Overrun)
        }
    }

    /// Returns the first error of the SDK, if there was one.
    pub(crate) fn into_failure(self) -> Option<SdkError> {
        self.failed.into_inner()
    }

    /// Returns whether the camera keeps frames until they are unlocked.
    pub(crate) fn keeps_frames(&self) -> bool {
        self.ring.keeps_frames()
    }

    /// Unlocks frames, as [`CameraRing::unlock`].
    pub(crate) fn unlock(&self, locked: u64, below: u64) -> u64 {
        self.ring.unlock(self.camera, locked, below)
    }

    /// Copies without the check before the copy: for a caller that has just seen
    /// [`was_whole`](Self::was_whole), and has waited for nothing since.
    pub(crate) fn copy_now(&self, buffer: &mut [u8]) -> Result<(), CopyError> {
        self.check_length(buffer)?;
        let (from, to) = (self.ring.ring().start(self.position), buffer.as_mut_ptr());
        // The reasons are in docs/adr/0006-copying-from-a-ring.md.
        // SAFETY: a frame of the ring, which lives as long as this borrow of it; `buffer` has its length and is not
        // part of the ring. The camera did not write this frame when the caller checked, and if it
        // has begun since, no reference exists that this breaks (I10), and the check below fails.
        unsafe { std::ptr::copy_nonoverlapping(from, to, self.frame_bytes()) };
        self.is_whole()
    }

    fn check_length(&self, buffer: &[u8]) -> Result<(), CopyError> {
        let (buffer, frame) = (buffer.len(), self.frame_bytes());
        if buffer == frame { Ok(()) } else { Err(CopyError::WrongLength { buffer, frame }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{FRAME_BYTES, FRAMES, Scripted};

    /// The camera is this far, of a ring of 8, when frame 3 may be read no more.
    const OVERRUN: u32 = 3 + FRAMES - 2;

    fn frame_3(sdk: &Scripted) -> RingFrame<'_> {
        RingFrame::new(Scripted::meta(3), 3, 3, sdk.ring(), &sdk.handle)
    }

    /// Copies frame 3 while so many frames are complete, and returns the buffer and the number of
    /// questions to the SDK as well.
    fn copied(complete: &[Option<u32>]) -> (Result<(), CopyError>, [u8; FRAME_BYTES], usize) {
        let sdk = Scripted::new();
        sdk.completes(complete.iter().copied());
        let mut buffer = [0; FRAME_BYTES];
        let result = frame_3(&sdk).copy_to(&mut buffer);
        (result, buffer, sdk.asked())
    }

    #[test]
    fn a_frame_that_stays_whole_is_copied() {
        let whole = [Some(3), Some(OVERRUN - 1)];
        assert_eq!(copied(&whole), (Ok(()), Scripted::pixels(3), 2));
    }

    #[test]
    fn a_frame_that_is_overwritten_already_is_not_read() {
        assert_eq!(copied(&[Some(OVERRUN)]), (Err(CopyError::Overrun), [0; FRAME_BYTES], 1));
    }

    #[test]
    fn a_frame_that_is_overwritten_meanwhile_is_an_overrun() {
        let (result, _, asked) = copied(&[Some(OVERRUN - 1), Some(OVERRUN)]);
        assert_eq!((result, asked), (Err(CopyError::Overrun), 2));
    }

    #[test]
    fn a_buffer_of_another_length_is_refused_before_anything_else() {
        let (sdk, mut buffer) = (Scripted::new(), [0; FRAME_BYTES + 1]);
        let wrong = CopyError::WrongLength { buffer: FRAME_BYTES + 1, frame: FRAME_BYTES };
        assert_eq!(frame_3(&sdk).copy_to(&mut buffer), Err(wrong));
        assert_eq!(sdk.asked(), 0);
    }

    #[test]
    fn the_first_error_of_the_sdk_is_kept() {
        let sdk = Scripted::new();
        sdk.completes([Some(3), None, None]);
        let frame = frame_3(&sdk);
        let Err(CopyError::Sdk(error)) = frame.copy_to(&mut [0; FRAME_BYTES]) else {
            panic!("the SDK failed")
        };
        assert_eq!(error.function, "pl_exp_check_cont_status_ex");
        assert!(matches!(frame.is_whole(), Err(CopyError::Sdk(_))));
        assert_eq!(frame.into_failure(), Some(error));
        assert_eq!(frame_3(&sdk).into_failure(), None);
    }
}
