//! What runs at each end of frame, and the frame that it sees.

use crate::camera::Handle;
use crate::error::SdkError;
use framepool::FrameMeta;
use framepool_pvcam_sys::{int16, uns32};
use std::cell::OnceCell;
use std::ops::ControlFlow;

/// Handles frames as they arrive, on the SDK's thread.
///
/// The SDK waits for it: as long as it runs, notifications queue up, as many as the ring has
/// frames; then frames are lost. It must neither stop nor drop the acquisition that calls it, which
/// would wait for itself: [`Acquisition`](crate::Acquisition).
pub trait FrameHandler: Send + 'static {
    /// Sees one frame, which stays in the ring only until the camera comes round again.
    /// Breaking ends the acquisition.
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()>;

    /// Hears of `frames` that were gone before they were seen: a gap in the camera's numbers.
    fn on_lost(&mut self, frames: u64);
}

/// Where the frames of a ring lie. The memory belongs to the camera while it runs: no Rust
/// reference to it is ever made (I10).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ring {
    pub(crate) base: *mut u8,
    pub(crate) frame_bytes: usize,
    pub(crate) frames: usize,
}

// SAFETY: a pointer and two lengths; who may touch the memory is said where it is touched (I10).
unsafe impl Send for Ring {}
// SAFETY: as for `Send`.
unsafe impl Sync for Ring {}

impl Ring {
    /// Returns whether `frame` is the start of one of the ring's frames.
    pub(crate) fn contains(&self, frame: *const u8) -> bool {
        let offset = frame.addr().wrapping_sub(self.base.addr());
        offset.is_multiple_of(self.frame_bytes) && offset / self.frame_bytes < self.frames
    }
}

/// Says why a frame could not be copied out of the ring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The camera came round again before the copy was over: what was copied may be torn.
    #[error("the camera overwrote the frame while it was copied")]
    Overrun,
    /// The buffer has another length than the frame.
    #[error("a buffer of {buffer} bytes for a frame of {frame}")]
    WrongLength {
        /// Bytes of the buffer.
        buffer: usize,
        /// Bytes of the frame.
        frame: usize,
    },
    /// The SDK would not say how far the camera is.
    #[error(transparent)]
    Sdk(#[from] SdkError),
}

/// A frame in the SDK's ring, for as long as the handler runs. There is no slice of it: the
/// camera may overwrite it at any time.
#[derive(Debug)]
pub struct RingFrame<'a> {
    pub(crate) meta: FrameMeta,
    pub(crate) start: *const u8,
    pub(crate) ring: Ring,
    pub(crate) handle: &'a Handle,
    /// The first call to the SDK that failed for this frame; ends the acquisition.
    pub(crate) failed: OnceCell<SdkError>,
}

impl RingFrame<'_> {
    /// Returns what the frame is.
    #[must_use]
    pub fn meta(&self) -> &FrameMeta {
        &self.meta
    }

    /// Returns the bytes of the frame.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.ring.frame_bytes
    }

    /// Copies the frame out, and then makes sure that it was whole all the time. What that relies
    /// on is in `docs/adr/0006-copying-from-a-ring.md`.
    ///
    /// # Errors
    /// [`CopyError`]; what `buffer` holds then is no frame. After [`CopyError::Sdk`] the
    /// acquisition ends as [`End::Failed`](crate::End::Failed), whatever the handler returns.
    pub fn copy_to(&self, buffer: &mut [u8]) -> Result<(), CopyError> {
        let frame = self.ring.frame_bytes;
        if buffer.len() != frame {
            return Err(CopyError::WrongLength { buffer: buffer.len(), frame });
        }
        // Late already: copying it would read what the camera is writing.
        self.is_whole()?;
        // SAFETY: `start` is a frame of the ring, which lives while the handler runs; `buffer` is
        // ours. The camera keeps away from this frame until it comes round, which `is_whole`
        // tells afterwards (I10).
        unsafe { std::ptr::copy_nonoverlapping(self.start, buffer.as_mut_ptr(), frame) };
        self.is_whole()
    }

    /// Checks that the camera has not started to overwrite the frame: a snapshot.
    ///
    /// # Errors
    /// [`CopyError::Overrun`] if it has, or may have; [`CopyError::Sdk`] as in
    /// [`copy_to`](Self::copy_to).
    pub fn is_whole(&self) -> Result<(), CopyError> {
        let complete = self.completed().inspect_err(|error| {
            // Only the first is kept.
            let _kept = self.failed.set(error.clone());
        })?;
        if is_untouched(self.meta.hardware_number, complete, self.ring.frames) {
            Ok(())
        } else {
            Err(CopyError::Overrun)
        }
    }

    /// Returns how many frames the camera has completed.
    fn completed(&self) -> Result<u64, SdkError> {
        let (mut status, mut bytes, mut passes): (int16, uns32, uns32) = (0, 0, 0);
        self.handle.library().call("pl_exp_check_cont_status", |f| {
            let number = self.handle.number;
            // SAFETY: writes three numbers of these sizes.
            unsafe {
                (f.pl_exp_check_cont_status)(
                    number,
                    &raw mut status,
                    &raw mut bytes,
                    &raw mut passes,
                )
            }
        })?;
        let in_this_pass = bytes as usize / self.ring.frame_bytes;
        Ok(u64::from(passes) * self.ring.frames as u64 + in_this_pass as u64)
    }
}

/// Frames between the camera and the oldest one that may be read. Frame `n` shares its place with
/// frame `n + ring`, which is being written as soon as `n + ring - 1` is complete: that is one. The
/// other is for a camera that is further than its counters say.
const MARGIN: u64 = 2;

/// Returns whether frame `number` is still whole, given how many the camera has completed.
fn is_untouched(number: u32, complete: u64, ring_frames: usize) -> bool {
    complete + MARGIN < u64::from(number) + ring_frames as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_left_alone_two_frames_before_the_camera_comes_round() {
        assert!(is_untouched(1, 1, 8) && is_untouched(1, 6, 8));
        assert!(!is_untouched(1, 7, 8) && !is_untouched(1, 8, 8) && !is_untouched(1, 100, 8));
        // The smallest ring still has a frame to read.
        assert!(is_untouched(5, 6, crate::Setup::LEAST_RING_FRAMES));
    }
}
