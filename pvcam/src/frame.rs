//! The handler that runs at each end of frame, and the frame that it is shown.

use crate::error::{CopyError, SdkError};
use crate::handle::Handle;
use crate::ring::Ring;
use framepool::FrameMeta;
use framepool_pvcam_sys::{int16, uns32};
use std::cell::OnceCell;
use std::ops::ControlFlow;

/// Handles frames as they arrive, on the SDK's thread.
///
/// The SDK calls it for one frame after the other. While it handles one, the SDK queues the next
/// ones, as many as the ring has frames; then frames are lost. It must neither stop nor drop the
/// acquisition that calls it: [`Acquisition`](crate::Acquisition) says why.
pub trait FrameHandler: Send + 'static {
    /// Handles one frame, which stays in the ring until the camera overwrites it. Breaking ends the
    /// acquisition.
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()>;

    /// Counts `frames` frames that cannot be handled: the camera's numbers have a gap, or the SDK
    /// announced an impossible frame.
    fn on_lost(&mut self, frames: u64);
}

/// A frame in the camera's ring, for as long as the handler runs. It can only be copied, not
/// borrowed, since the camera may overwrite it at any time.
#[derive(Debug)]
pub struct RingFrame<'a> {
    meta: FrameMeta,
    start: *const u8,
    ring: Ring,
    handle: &'a Handle,
    /// The error of the first call to the SDK that failed for this frame; it ends the acquisition.
    failed: OnceCell<SdkError>,
}

impl<'a> RingFrame<'a> {
    /// Returns the frame's metadata. Its `number` is 0: the intake sets it.
    #[must_use]
    pub fn meta(&self) -> &FrameMeta {
        &self.meta
    }

    /// Returns the number of bytes of the frame.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.ring.frame_bytes
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
        let complete = self.completed().inspect_err(|error| {
            // Only the first error is kept.
            let _kept = self.failed.set(error.clone());
        })?;
        if self.ring.is_whole(self.meta.hardware_number, complete) {
            Ok(())
        } else {
            Err(CopyError::Overrun)
        }
    }

    /// Makes the frame that starts at `start`.
    ///
    /// # Safety
    ///
    /// - `start` is the start of one of the frames of `ring`.
    /// - The memory of `ring` is valid for reads as long as the value lives.
    pub(crate) unsafe fn new(
        meta: FrameMeta,
        start: *const u8,
        ring: Ring,
        handle: &'a Handle,
    ) -> Self {
        Self { meta, start, ring, handle, failed: OnceCell::new() }
    }

    /// Returns the first error of the SDK, if there was one.
    pub(crate) fn into_failure(self) -> Option<SdkError> {
        self.failed.into_inner()
    }

    /// Copies without the check before the copy: for a caller that has just called
    /// [`is_whole`](Self::is_whole), and has waited for nothing since.
    pub(crate) fn copy_now(&self, buffer: &mut [u8]) -> Result<(), CopyError> {
        self.check_length(buffer)?;
        let (from, to) = (self.start, buffer.as_mut_ptr());
        // The reasons are in docs/adr/0006-copying-from-a-ring.md.
        // SAFETY: by `new` a frame can be read from `start`, and `buffer` has its length and is not
        // part of the ring. The camera did not write this frame when the caller checked, and if it
        // has begun since, no reference exists that this breaks (I10), and the check below fails.
        unsafe { std::ptr::copy_nonoverlapping(from, to, self.ring.frame_bytes) };
        self.is_whole()
    }

    fn check_length(&self, buffer: &[u8]) -> Result<(), CopyError> {
        let (buffer, frame) = (buffer.len(), self.ring.frame_bytes);
        if buffer == frame { Ok(()) } else { Err(CopyError::WrongLength { buffer, frame }) }
    }

    /// Returns how many frames the camera has completed.
    fn completed(&self) -> Result<u64, SdkError> {
        let (mut status, mut bytes, mut passes): (int16, uns32, uns32) = (0, 0, 0);
        self.handle.library().call("pl_exp_check_cont_status", |f| {
            let number = self.handle.number();
            // SAFETY: the function writes three numbers of these sizes.
            unsafe {
                (f.pl_exp_check_cont_status)(
                    number,
                    &raw mut status,
                    &raw mut bytes,
                    &raw mut passes,
                )
            }
        })?;
        Ok(self.ring.complete(bytes, passes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{FRAME_BYTES, FRAMES, Scripted};

    /// The camera is this far, of a ring of 8, when frame 3 may be read no more.
    const OVERRUN: u32 = 3 + FRAMES - 2;

    fn frame_3(sdk: &Scripted) -> RingFrame<'_> {
        // SAFETY: a place of the ring, which lives as long as the SDK.
        unsafe { RingFrame::new(Scripted::meta(3), sdk.place(3), sdk.ring(), &sdk.handle) }
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
        assert_eq!(error.function, "pl_exp_check_cont_status");
        assert!(matches!(frame.is_whole(), Err(CopyError::Sdk(_))));
        assert_eq!(frame.into_failure(), Some(error));
        assert_eq!(frame_3(&sdk).into_failure(), None);
    }
}
