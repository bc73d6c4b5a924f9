//! Setting a camera up for an acquisition.

use crate::advice;
use crate::camera::Camera;
use crate::clock::TICK;
use crate::description::bit_depth;
use crate::error::{ParameterError, SetupError};
use crate::exposure::Exposure;
use crate::handle::Handle;
use crate::known::{BINNING_ACROSS, BINNING_DOWN, BIT_DEPTH, METADATA, REGIONS, RING, TEMPERATURE};
use crate::metadata::least_bytes;
use crate::mode::sdk_mode;
use crate::setup::Setup;
use crate::typed::{Access, if_available};
use framepool::{FrameMeta, available_memory};
use framepool_pvcam_sys::{self as sys, rgn_type, uns16, uns32};
use std::sync::Arc;
use std::time::Duration;

/// A camera that is set up, with the size of its frames.
///
/// A clone can be started when the acquisition before it has ended, without setting the camera up
/// again, as long as this is the camera's newest setup.
///
/// # Examples
/// ```
/// use framepool::{FramePool, OnExhausted, channel};
/// use framepool_pvcam::{Acquisition, CopyTier, Library, Sdk, Setup};
/// use std::time::Duration;
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let setup = Setup::full_frame(&camera, Duration::from_millis(5)).with_binning(4);
/// let prepared = camera.prepare(&setup)?;
/// for _burst in 0..3 {
///     let pool = FramePool::try_new(4, prepared.frame_bytes())?;
///     let (intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
///     let acquisition = Acquisition::start(prepared.clone(), CopyTier::new(intake))?;
///     let first = frames.recv_blocking().expect("the camera is running");
///     assert_eq!(first.meta().hardware_number, 1);
///     acquisition.stop()?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) handle: Arc<Handle>,
    pub(crate) generation: u64,
    pub(crate) meta: FrameMeta,
    pub(crate) frame_bytes: usize,
    pub(crate) ring_frames: usize,
    /// The camera writes over frames whether they were unlocked or not.
    pub(crate) overwrites: bool,
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

    /// Returns the step of the frames' [`timestamp_ns`](FrameMeta::timestamp_ns), which is a tenth of a millisecond: the SDK
    /// counts in that. The camera's [embedded metadata](Setup::with_metadata) has finer times, of the camera's own clock.
    #[must_use]
    pub fn timestamp_resolution(&self) -> Duration {
        TICK
    }

    /// Returns the number of frames in the ring that the SDK will fill.
    #[must_use]
    pub fn ring_frames(&self) -> usize {
        self.ring_frames
    }
}

/// A camera that is set up for sequences, with the size of its frames.
#[derive(Debug, Clone)]
pub struct PreparedSequences {
    pub(crate) handle: Arc<Handle>,
    pub(crate) generation: u64,
    pub(crate) meta: FrameMeta,
    pub(crate) frame_bytes: usize,
    pub(crate) frames: u16,
}

impl PreparedSequences {
    /// Returns the bytes of one frame, as the SDK counts them.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Returns the metadata that all frames have in common.
    #[must_use]
    pub fn meta(&self) -> &FrameMeta {
        &self.meta
    }

    /// Returns the step of the frames' time stamps: see [`Prepared::timestamp_resolution`].
    #[must_use]
    pub fn timestamp_resolution(&self) -> Duration {
        TICK
    }

    /// Returns the number of frames in a sequence.
    #[must_use]
    pub fn frames(&self) -> u16 {
        self.frames
    }
}

impl Camera {
    /// Sets the camera up for an acquisition, which is then started with the returned value. A
    /// camera has one setup, the newest: older values can no longer be started. Nor can this one
    /// when a setting that changes frames has been changed, such as the gain.
    ///
    /// Unless the setup asks for it, this switches the camera's embedded metadata off, and frames
    /// are bare pixels.
    ///
    /// # Errors
    /// [`SetupError`], also while an acquisition runs.
    pub fn prepare(&self, setup: &Setup) -> Result<Prepared, SetupError> {
        let circ = if setup.overwrite { sys::CIRC_OVERWRITE } else { sys::CIRC_NO_OVERWRITE };
        let ring_frames = |frame_bytes, access: &Access<'_>| match setup.ring_frames {
            Some(frames) => frames.max(Setup::LEAST_RING_FRAMES),
            None => advice::ring_frames(frame_bytes, advised(access), available_memory()),
        };
        let done = set_up(self, setup, Kind::Continuous(circ), ring_frames)?;
        let (generation, (meta, frame_bytes, ring_frames)) = done;
        let (handle, overwrites) = (Arc::clone(self.handle()), setup.overwrite);
        Ok(Prepared { handle, generation, meta, frame_bytes, ring_frames, overwrites })
    }

    /// Sets the camera up for sequences of `frames` frames each, one after the other, which are started with the returned
    /// value. What is said of [`prepare`](Self::prepare) applies; the setup's ring does not.
    ///
    /// # Errors
    /// [`SetupError`], also while an acquisition runs, and for a sequence of no frames.
    pub fn prepare_sequences(
        &self,
        setup: &Setup,
        frames: u16,
    ) -> Result<PreparedSequences, SetupError> {
        if frames == 0 {
            return Err(SetupError::NoFrames);
        }
        let done = set_up(self, setup, Kind::Sequence(frames), |_, _| ())?;
        let (generation, (meta, frame_bytes, ())) = done;
        let handle = Arc::clone(self.handle());
        Ok(PreparedSequences { handle, generation, meta, frame_bytes, frames })
    }
}

/// What is set up: frames into a ring of this mode, or so many.
#[derive(Clone, Copy)]
enum Kind {
    Continuous(sys::int16),
    Sequence(u16),
}

/// Sets a camera up. Returns the generation, the frames' metadata and bytes, and what `then` makes of these.
fn set_up<T>(
    camera: &Camera,
    setup: &Setup,
    kind: Kind,
    then: impl FnOnce(usize, &Access<'_>) -> T,
) -> Result<(u64, (FrameMeta, usize, T)), SetupError> {
    let regions = setup.sdk_regions(camera.description())?;
    let handle = camera.handle();
    handle.set_up(|access| {
        let mode = sdk_mode(setup.trigger, setup.expose_out, access)?;
        set_metadata(setup, access)?;
        check_binning(setup, access)?;
        setup.check_multiples()?;
        let exposure = Exposure::choose(setup.exposure, access)?;
        let frame_bytes = set_up_now(handle, &regions, mode, &exposure, kind)?;
        let meta = frame_meta(setup, &exposure, frame_bytes, access)?;
        let then = then(frame_bytes, access);
        Ok((meta, frame_bytes, then))
    })
}

/// Switches the embedded metadata as the setup asks, and checks that the camera has so many regions.
fn set_metadata(setup: &Setup, access: &mut Access<'_>) -> Result<(), ParameterError> {
    match METADATA.set(access, setup.metadata) {
        // A camera that has none, or is never without, is told so by the size of its frames.
        Err(ParameterError::NotAvailable { .. } | ParameterError::ReadOnly { .. })
            if !setup.metadata => {}
        set => set?,
    }
    let several = Some(setup.regions.len()).filter(|&regions| regions > 1);
    let several = several.map(|regions| i64::try_from(regions).unwrap_or(i64::MAX));
    match several.map(|regions| REGIONS.within(access, regions)) {
        Some(Err(error @ ParameterError::OutOfRange { .. })) => Err(error),
        // A camera that does not say how many it has refuses too many when it is set up.
        _ => Ok(()),
    }
}

/// Checks that the camera lists the binning, if it lists any.
fn check_binning(setup: &Setup, access: &Access<'_>) -> Result<(), ParameterError> {
    let binning = i32::from(setup.binning);
    for listed in [BINNING_ACROSS, BINNING_DOWN] {
        let choices = if_available(listed.choices(access))?.unwrap_or_default();
        if !choices.is_empty() && choices.iter().all(|choice| choice.value != binning) {
            let names = choices.into_iter().map(|choice| choice.name).collect();
            return Err(listed.not_a_choice(binning.to_string(), names));
        }
    }
    Ok(())
}

/// Makes the SDK set the camera up, and returns the bytes of a frame.
fn set_up_now(
    handle: &Handle,
    regions: &[rgn_type],
    mode: sys::int16,
    exposure: &Exposure,
    kind: Kind,
) -> Result<usize, SetupError> {
    // So many that they do not fit are more than any camera has.
    let count = uns16::try_from(regions.len()).unwrap_or(uns16::MAX);
    let (number, regions, exposure) = (handle.number(), regions.as_ptr(), exposure.count);
    let mut bytes: uns32 = 0;
    let to = &raw mut bytes;
    let frames: usize = match kind {
        Kind::Continuous(circ) => {
            handle.library().call("pl_exp_setup_cont", |f| {
                // SAFETY: so many regions, or more, which the SDK copies, and room for a 32-bit number.
                unsafe { (f.pl_exp_setup_cont)(number, count, regions, mode, exposure, to, circ) }
            })?;
            1
        }
        Kind::Sequence(frames) => {
            handle.library().call("pl_exp_setup_seq", |f| {
                // SAFETY: as above.
                unsafe { (f.pl_exp_setup_seq)(number, frames, count, regions, mode, exposure, to) }
            })?;
            usize::from(frames)
        }
    };
    let bytes = bytes as usize;
    if !bytes.is_multiple_of(frames) {
        return Err(SetupError::SequenceSize { bytes, frames });
    }
    Ok(bytes / frames)
}

/// Returns the bytes of the ring that the camera advises for what is set up, if it does.
fn advised(access: &Access<'_>) -> Option<u64> {
    let advised = RING.default(access);
    if let Err(error) = &advised {
        tracing::debug!(%error, "the camera advises no size of the ring");
    }
    u64::try_from(advised.ok()?).ok()
}

/// Returns the metadata that all frames have in common.
fn frame_meta(
    setup: &Setup,
    exposure: &Exposure,
    frame_bytes: usize,
    access: &Access<'_>,
) -> Result<FrameMeta, SetupError> {
    let region = setup.hull();
    let mut meta = if setup.metadata {
        check_room(setup.regions.len(), frame_bytes)?;
        // Not pixels, so a row of bytes. The SDK counted them in 32 bits.
        FrameMeta::new(u32::try_from(frame_bytes).unwrap_or(u32::MAX), 1, 8)
    } else {
        let [width, height] =
            [region.width, region.height].map(|pixels| pixels / u32::from(setup.binning));
        let meta = FrameMeta::new(width, height, bit_depth(if_available(BIT_DEPTH.get(access))?));
        check_frame_bytes(&meta, frame_bytes)?;
        meta
    };
    if !setup.trigger.times_exposures() {
        meta.exposure_ns = u64::try_from(exposure.time.as_nanos()).unwrap_or(u64::MAX);
    }
    meta.region = region;
    meta.binning = (setup.binning, setup.binning);
    meta.temperature = TEMPERATURE.get(access).ok().map(|now| now.0);
    Ok(meta)
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

/// Refuses frames that are too short for the metadata of their regions.
fn check_room(regions: usize, frame_bytes: usize) -> Result<(), SetupError> {
    let least = least_bytes(regions);
    if frame_bytes > least {
        return Ok(());
    }
    Err(SetupError::NoRoomForMetadata { frame_bytes, regions, least })
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

    #[test]
    fn frames_without_room_for_their_metadata_are_refused() {
        let headers = 48 + 2 * 32;
        assert!(check_room(2, headers + 1).is_ok());
        let error = check_room(2, headers).unwrap_err();
        assert!(matches!(error, SetupError::NoRoomForMetadata { least: 112, .. }), "{error}");
    }
}
