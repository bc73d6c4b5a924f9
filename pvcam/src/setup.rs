//! What to acquire: parts of the sensor, their binning, exposure and trigger.

use crate::camera::Camera;
use crate::description::Description;
use crate::error::SetupError;
use crate::trigger::{ExposeOut, Trigger};
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
/// use framepool_pvcam::{ExposeOut, Library, Sdk, Setup, Trigger};
/// use std::time::Duration;
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let centre = RegionOfInterest::new(512, 512, 1024, 1024);
/// let setup = Setup::full_frame(&camera, Duration::from_millis(5))
///     .with_region(centre)
///     .with_binning(2)
///     .with_trigger(Trigger::Software)
///     .with_expose_out(ExposeOut::AllRows)
///     .with_ring_frames(64);
/// let prepared = camera.prepare(&setup)?;
/// assert_eq!((prepared.meta().width, prepared.meta().height), (512, 512));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Setup {
    /// The parts of the sensor, in sensor pixels: one, or with `metadata` several.
    pub regions: Vec<RegionOfInterest>,
    /// Sensor pixels per frame pixel, across and down.
    pub binning: u16,
    /// Exposure. It is rounded to microseconds, or to milliseconds on cameras that have no shorter
    /// unit.
    pub exposure: Duration,
    /// When frames are exposed.
    pub trigger: Trigger,
    /// What the expose-out line says; `None` for the first row's exposure, or if the camera does not
    /// have that, for what it lists first.
    pub expose_out: Option<ExposeOut>,
    /// Whether frames carry the camera's embedded metadata, and are not bare pixels.
    pub metadata: bool,
    /// Frames in the ring that the SDK fills. Fewer than [`Setup::LEAST_RING_FRAMES`] count as
    /// that many; `None` for as many as the camera advises: 255 at most, and no more than take a
    /// quarter of the memory that is available.
    pub ring_frames: Option<usize>,
    /// Whether the camera writes over frames silently (`CIRC_OVERWRITE`), or only over those that were unlocked
    /// (`CIRC_NO_OVERWRITE`).
    pub overwrite: bool,
}

impl Setup {
    /// The smallest ring: a frame in it can be read until the second one after it is complete.
    pub const LEAST_RING_FRAMES: usize = 4;

    /// Acquires the whole sensor without binning, frame after frame: bare pixels, into a ring of as
    /// many frames as the camera advises.
    #[must_use]
    pub fn full_frame(camera: &Camera, exposure: Duration) -> Self {
        let Description { sensor_width: width, sensor_height: height, .. } = *camera.description();
        Self {
            regions: vec![RegionOfInterest::new(0, 0, width, height)],
            binning: 1,
            exposure,
            trigger: Trigger::Internal,
            expose_out: None,
            metadata: false,
            ring_frames: None,
            overwrite: true,
        }
    }

    /// Acquires this part of the sensor, in sensor pixels.
    #[must_use]
    pub fn with_region(self, region: RegionOfInterest) -> Self {
        self.with_regions(&[region])
    }

    /// Acquires these parts of the sensor, in sensor pixels. Several need the camera's
    /// [embedded metadata](Self::with_metadata), which says where in a frame each of them is.
    #[must_use]
    pub fn with_regions(self, regions: &[RegionOfInterest]) -> Self {
        Self { regions: regions.to_vec(), ..self }
    }

    /// Switches the camera's embedded metadata on or off. It is off by default, also where another
    /// program has left it on.
    ///
    /// With it, a frame is not bare pixels, and its [`FrameMeta`](framepool::FrameMeta) does not say
    /// that it is: there it is one row of bytes, as many as the frame has, of 8 bits, and shows the
    /// smallest region that all regions lie in. What is in these bytes
    /// [`MetadataFrame`](crate::MetadataFrame) says.
    ///
    /// # Examples
    /// ```
    /// use framepool::{FramePool, OnExhausted, RegionOfInterest, channel};
    /// use framepool_pvcam::{Acquisition, CopyTier, Library, MetadataFrame, Sdk, Setup};
    /// use std::time::Duration;
    ///
    /// let camera = Sdk::init(Library::simulated())?.open_first()?;
    /// let two = [RegionOfInterest::new(0, 0, 64, 32), RegionOfInterest::new(512, 512, 100, 10)];
    /// let setup = Setup::full_frame(&camera, Duration::from_millis(5))
    ///     .with_regions(&two)
    ///     .with_metadata(true);
    /// let prepared = camera.prepare(&setup)?;
    ///
    /// let pool = FramePool::try_new(4, prepared.frame_bytes())?;
    /// let (intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
    /// let acquisition = Acquisition::start(prepared, CopyTier::new(intake))?;
    /// let frame = frames.recv_blocking().expect("the camera is running");
    /// let decoded = MetadataFrame::decode(frame.view().bytes())?;
    /// assert!(decoded.regions().map(|region| region.roi()).eq(two));
    /// acquisition.stop()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_metadata(self, metadata: bool) -> Self {
        Self { metadata, ..self }
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

    /// Chooses what the expose-out line says.
    #[must_use]
    pub fn with_expose_out(self, expose_out: ExposeOut) -> Self {
        Self { expose_out: Some(expose_out), ..self }
    }

    /// Sets the number of frames in the ring that the SDK fills. Where frames are copied out, 32 to
    /// 64 are enough.
    #[must_use]
    pub fn with_ring_frames(self, ring_frames: usize) -> Self {
        Self { ring_frames: Some(ring_frames), ..self }
    }

    /// Chooses whether the camera writes over frames that it was not told to unlock; it does by default.
    ///
    /// [`PinnedTier`](crate::PinnedTier) tells it so for each frame that was returned or rescued, and
    /// [`CopyTier`](crate::CopyTier) for each that was copied; another handler cannot. What a camera
    /// does when it meets one that was not depends on it: some stop until it is unlocked, some write over it and
    /// report that. Frames are checked either way.
    #[must_use]
    pub fn with_overwrite(self, overwrite: bool) -> Self {
        Self { overwrite, ..self }
    }

    /// Returns the regions and the binning as the SDK takes them, if a sensor has such regions.
    pub(crate) fn sdk_regions(&self, sensor: &Description) -> Result<Vec<rgn_type>, SetupError> {
        if self.binning == 0 {
            return Err(SetupError::BinningZero);
        }
        match self.regions.len() {
            0 => return Err(SetupError::NoRegion),
            regions @ 2.. if !self.metadata => {
                return Err(SetupError::RegionsNeedMetadata { regions });
            }
            _ => {}
        }
        self.regions.iter().map(|region| self.sdk_region(*region, sensor)).collect()
    }

    fn sdk_region(
        &self,
        region: RegionOfInterest,
        sensor: &Description,
    ) -> Result<rgn_type, SetupError> {
        let Description { sensor_width, sensor_height, .. } = *sensor;
        let binning = self.binning;
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

    /// Checks that the binning divides each region.
    pub(crate) fn check_multiples(&self) -> Result<(), SetupError> {
        let binning = self.binning;
        let sides = self.regions.iter().flat_map(|r| [("columns", r.width), ("rows", r.height)]);
        for (axis, pixels) in sides {
            if !pixels.is_multiple_of(u32::from(binning)) {
                return Err(SetupError::RegionBinning { axis, pixels, binning });
            }
        }
        Ok(())
    }

    /// Returns the smallest region that all regions, which lie within a sensor, lie in.
    pub(crate) fn hull(&self) -> RegionOfInterest {
        let span = |start: fn(&RegionOfInterest) -> u32, length: fn(&RegionOfInterest) -> u32| {
            let first = self.regions.iter().map(start).min().unwrap_or_default();
            let end = self.regions.iter().map(|r| start(r).saturating_add(length(r))).max();
            (first, end.unwrap_or_default() - first)
        };
        let ((x, width), (y, height)) = (span(|r| r.x, |r| r.width), span(|r| r.y, |r| r.height));
        RegionOfInterest::new(x, y, width, height)
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
