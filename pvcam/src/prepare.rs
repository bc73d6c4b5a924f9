//! Setting a camera up for an acquisition.

use crate::camera::Camera;
use crate::description::Description;
use crate::error::SetupError;
use crate::exposure::Exposure;
use crate::handle::Handle;
use crate::setup::{Setup, Trigger};
use framepool::FrameMeta;
use framepool_pvcam_sys::{self as sys, uns32};
use std::sync::Arc;

/// A camera that is set up, with the size of its frames.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) handle: Arc<Handle>,
    pub(crate) generation: u64,
    pub(crate) meta: FrameMeta,
    pub(crate) frame_bytes: usize,
    pub(crate) ring_frames: usize,
}

impl Prepared {
    /// Returns the bytes of one frame, as the SDK counts them.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Returns the metadata that all frames of the acquisition have in common.
    #[must_use]
    pub fn meta(&self) -> &FrameMeta {
        &self.meta
    }
}

impl Camera {
    /// Sets the camera up for an acquisition, which is then started with the returned value. A
    /// camera has one setup, the newest: older values can no longer be started.
    ///
    /// Frames must be bare pixels, so this switches the camera's embedded metadata off. Frames that
    /// were recorded with it are for [`MetadataFrame`](crate::MetadataFrame).
    ///
    /// # Errors
    /// [`SetupError`], also while an acquisition runs.
    pub fn prepare(&self, setup: &Setup) -> Result<Prepared, SetupError> {
        let region = setup.sdk_region(self.description())?;
        let handle = self.handle();
        let (generation, (exposure, frame_bytes)) = handle.set_up(|| {
            let parameters = handle.parameters();
            if parameters.is_writable(sys::PARAM_METADATA_ENABLED)? {
                parameters.set_bool(sys::PARAM_METADATA_ENABLED, false)?;
            }
            let exposure = Exposure::choose(setup.exposure, &parameters)?;
            let mode = match setup.trigger {
                // Cameras without expose-out modes have the legacy exposure modes only.
                Trigger::Internal if parameters.is_available(sys::PARAM_EXPOSE_OUT_MODE)? => {
                    sys::EXT_TRIG_INTERNAL
                }
                Trigger::Internal => sys::TIMED_MODE,
                Trigger::Software => sys::EXT_TRIG_SOFTWARE_EDGE,
            };
            let mut frame_bytes: uns32 = 0;
            handle.library().call("pl_exp_setup_cont", |f| {
                let (number, circ) = (handle.number(), sys::CIRC_OVERWRITE);
                let (count, bytes) = (exposure.count, &raw mut frame_bytes);
                // SAFETY: one region, which the SDK copies, and room for a 32-bit number.
                unsafe {
                    (f.pl_exp_setup_cont)(number, 1, &raw const region, mode, count, bytes, circ)
                }
            })?;
            Ok((exposure, frame_bytes as usize))
        })?;
        let meta = frame_meta(setup, self.description(), &exposure);
        check_frame_bytes(&meta, frame_bytes)?;
        Ok(Prepared {
            handle: Arc::clone(handle),
            generation,
            meta,
            frame_bytes,
            ring_frames: setup.ring_frames.max(Setup::LEAST_RING_FRAMES),
        })
    }
}

/// Returns the metadata that all frames have in common.
fn frame_meta(setup: &Setup, camera: &Description, exposure: &Exposure) -> FrameMeta {
    let [width, height] =
        [setup.region.width, setup.region.height].map(|pixels| pixels / u32::from(setup.binning));
    let mut meta = FrameMeta::new(width, height, camera.bit_depth);
    meta.exposure_ns = u64::try_from(exposure.time.as_nanos()).unwrap_or(u64::MAX);
    meta.region = setup.region;
    meta.binning = (setup.binning, setup.binning);
    meta.temperature = camera.temperature;
    meta
}

/// Refuses frames that contain anything beside their pixels.
fn check_frame_bytes(meta: &FrameMeta, frame_bytes: usize) -> Result<(), SetupError> {
    let FrameMeta { width, height, .. } = *meta;
    let expected = u64::from(width) * u64::from(height) * meta.bytes_per_pixel() as u64;
    if frame_bytes as u64 == expected && expected > 0 {
        return Ok(());
    }
    Err(SetupError::FrameSize { frame_bytes, expected, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_with_more_than_pixels_are_refused() {
        let meta = FrameMeta::new(64, 32, 12);
        assert!(check_frame_bytes(&meta, 64 * 32 * 2).is_ok());
        for wrong in [0, 64 * 32, 64 * 32 * 4] {
            let error = check_frame_bytes(&meta, wrong).unwrap_err();
            assert!(matches!(error, SetupError::FrameSize { expected: 4096, .. }), "{error}");
        }
        let nothing = FrameMeta::new(0, 32, 12);
        assert!(check_frame_bytes(&nothing, 0).is_err());
    }
}
