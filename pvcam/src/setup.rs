//! What to acquire: a part of the sensor, its binning, exposure and trigger.

use crate::camera::Camera;
use crate::description::Description;
use crate::error::SetupError;
use framepool::RegionOfInterest;
use framepool_pvcam_sys::{rgn_type, uns16};
use std::time::Duration;

/// What to acquire.
///
/// Made by [`Setup::full_frame`] and changed by the methods that begin with `with_`. Nothing is
/// checked before [`Camera::prepare`].
///
/// # Examples
/// ```
/// use framepool::RegionOfInterest;
/// use framepool_pvcam::{Library, Sdk, Setup, Trigger};
/// use std::time::Duration;
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let centre = RegionOfInterest::new(512, 512, 1024, 1024);
/// let setup = Setup::full_frame(&camera, Duration::from_millis(5))
///     .with_region(centre)
///     .with_binning(2)
///     .with_trigger(Trigger::Software)
///     .with_ring_frames(64);
/// let prepared = camera.prepare(&setup)?;
/// assert_eq!((prepared.meta().width, prepared.meta().height), (512, 512));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Setup {
    /// The part of the sensor, in sensor pixels.
    pub region: RegionOfInterest,
    /// Sensor pixels per frame pixel, across and down.
    pub binning: u16,
    /// Exposure. It is rounded to microseconds, or to milliseconds on cameras that have no shorter
    /// unit.
    pub exposure: Duration,
    /// When frames are exposed.
    pub trigger: Trigger,
    /// Frames in the ring that the SDK fills. Fewer than [`Setup::LEAST_RING_FRAMES`] count as
    /// that many; 32 to 64 are enough where frames are copied out.
    pub ring_frames: usize,
}

/// When frames are exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// By the camera, one after the other, as fast as exposure and readout allow.
    Internal,
    /// One for each call of [`Acquisition::trigger`].
    ///
    /// [`Acquisition::trigger`]: crate::Acquisition::trigger
    Software,
}

impl Setup {
    /// The smallest ring: a frame in it can be read until the second one after it is complete.
    pub const LEAST_RING_FRAMES: usize = 4;

    /// Acquires the whole sensor without binning, frame after frame, into a ring of 32 frames.
    #[must_use]
    pub fn full_frame(camera: &Camera, exposure: Duration) -> Self {
        let Description { sensor_width: width, sensor_height: height, .. } = *camera.description();
        Self {
            region: RegionOfInterest::new(0, 0, width, height),
            binning: 1,
            exposure,
            trigger: Trigger::Internal,
            ring_frames: 32,
        }
    }

    /// Acquires this part of the sensor, in sensor pixels.
    #[must_use]
    pub fn with_region(self, region: RegionOfInterest) -> Self {
        Self { region, ..self }
    }

    /// Combines `binning` x `binning` sensor pixels into a frame pixel.
    #[must_use]
    pub fn with_binning(self, binning: u16) -> Self {
        Self { binning, ..self }
    }

    /// Exposes each frame for this long.
    #[must_use]
    pub fn with_exposure(self, exposure: Duration) -> Self {
        Self { exposure, ..self }
    }

    /// Chooses when frames are exposed.
    #[must_use]
    pub fn with_trigger(self, trigger: Trigger) -> Self {
        Self { trigger, ..self }
    }

    /// Sets the number of frames in the ring that the SDK fills.
    #[must_use]
    pub fn with_ring_frames(self, ring_frames: usize) -> Self {
        Self { ring_frames, ..self }
    }

    /// Returns region and binning as the SDK takes them, if a sensor has such a region.
    pub(crate) fn sdk_region(&self, sensor: &Description) -> Result<rgn_type, SetupError> {
        let Description { sensor_width, sensor_height, .. } = *sensor;
        let Self { region, binning, .. } = *self;
        if binning == 0 {
            return Err(SetupError::BinningZero);
        }
        // The SDK's bounds are inclusive.
        let bounds = |start: u32, length: u32, limit: u32| {
            let end = start.checked_add(length).filter(|&end| length > 0 && end <= limit)?;
            Some((uns16::try_from(start).ok()?, uns16::try_from(end - 1).ok()?))
        };
        let columns = bounds(region.x, region.width, sensor_width);
        let rows = bounds(region.y, region.height, sensor_height);
        match (columns, rows) {
            (Some((s1, s2)), Some((p1, p2))) => {
                Ok(rgn_type { s1, s2, sbin: binning, p1, p2, pbin: binning })
            }
            _ => Err(SetupError::RegionOutside { region, sensor_width, sensor_height }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::Ring;

    #[test]
    fn the_smallest_ring_has_a_frame_to_read() {
        let (base, frames) = (std::ptr::null_mut(), Setup::LEAST_RING_FRAMES);
        let ring = Ring { base, frame_bytes: 1, frames };
        // Frame 5 when frame 6 is complete, and no smaller ring.
        assert!(ring.is_whole(5, 6));
        assert!(!Ring { frames: frames - 1, ..ring }.is_whole(5, 6));
    }
}
