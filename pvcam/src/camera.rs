//! An open camera, what it is, and how it is set up for an acquisition.

use crate::callback::Cell;
use crate::error::{SdkError, SetupError, StartError};
use crate::library::Library;
use crate::parameter::Parameters;
use crate::sdk::Initialised;
use framepool::{FrameMeta, RegionOfInterest};
use framepool_pvcam_sys::{self as sys, int16, rgn_type, uns16, uns32};
use std::ffi::CString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a camera says of itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// The name that it was opened by.
    pub name: String,
    /// The product's name, empty if the camera has none.
    pub product: String,
    /// Columns of the sensor, pixels.
    pub sensor_width: u32,
    /// Rows of the sensor, pixels.
    pub sensor_height: u32,
    /// Bits per pixel that carry signal.
    pub bit_depth: u8,
    /// Sensor temperature when it was opened, degrees Celsius.
    pub temperature: Option<f32>,
    /// No real camera: its interface says that it is virtual.
    pub is_simulated: bool,
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

/// What to acquire.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The part of the sensor, in sensor pixels.
    pub region: RegionOfInterest,
    /// Sensor pixels per frame pixel, across and down.
    pub binning: u16,
    /// Exposure, to the microsecond (to the millisecond on cameras that know no shorter unit).
    pub exposure: Duration,
    /// When frames are exposed.
    pub trigger: Trigger,
    /// Frames in the ring that the SDK fills, at least [`Setup::LEAST_RING_FRAMES`] (less counts
    /// as that many); 32 to 64 are enough where frames are copied out.
    pub ring_frames: usize,
}

impl Setup {
    /// The smallest ring: a frame in it can be read until the second one after it is complete.
    pub const LEAST_RING_FRAMES: usize = 4;

    /// Asks for the whole sensor, unbinned, free running.
    #[must_use]
    pub fn full_frame(camera: &Camera, exposure: Duration) -> Self {
        let Description { sensor_width: width, sensor_height: height, .. } = camera.description;
        Self {
            region: RegionOfInterest { x: 0, y: 0, width, height },
            binning: 1,
            exposure,
            trigger: Trigger::Internal,
            ring_frames: 32,
        }
    }
}

/// An open camera. Dropping it closes it.
#[derive(Debug)]
pub struct Camera {
    handle: Arc<Handle>,
    description: Description,
}

/// The camera's handle, shared with the acquisition that runs on it.
#[derive(Debug)]
pub(crate) struct Handle {
    sdk: Arc<Initialised>,
    pub(crate) number: int16,
    /// What the SDK's callbacks reach, as long as the process lives.
    pub(crate) callback: &'static Cell,
    state: Mutex<State>,
}

/// The SDK has one setup and one acquisition a camera; this says whose they are.
#[derive(Debug, Default)]
struct State {
    /// Counts the setups; an older one is not in the camera any more.
    generation: u64,
    running: bool,
}

/// The right to run an acquisition on a camera; there is one.
#[derive(Debug)]
pub(crate) struct Running(Arc<Handle>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.state().running = false;
    }
}

impl Handle {
    pub(crate) fn library(&self) -> &Library {
        &self.sdk.library
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims the camera for the setup of `generation`.
    pub(crate) fn run(self: &Arc<Self>, generation: u64) -> Result<Running, StartError> {
        let mut state = self.state();
        if state.running {
            return Err(StartError::Running);
        }
        if state.generation != generation {
            return Err(StartError::Stale);
        }
        state.running = true;
        Ok(Running(Arc::clone(self)))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and no acquisition runs, since it would hold this.
        let closed =
            self.library().call("pl_cam_close", |f| unsafe { (f.pl_cam_close)(self.number) });
        if let Err(error) = closed {
            tracing::warn!(%error, "the camera was not closed cleanly");
        }
    }
}

impl Camera {
    pub(crate) fn open(sdk: Arc<Initialised>, name: &str) -> Result<Self, SdkError> {
        let mut number: int16 = -1;
        // Names come from the SDK, as C strings: there is no NUL within.
        let c_name = CString::new(name).unwrap_or_default().into_raw();
        let opened = sdk.library.call("pl_cam_open", |f| {
            // SAFETY: a NUL-terminated name, which the SDK does not keep, and room for a handle.
            unsafe { (f.pl_cam_open)(c_name, &raw mut number, sys::OPEN_EXCLUSIVE) }
        });
        // SAFETY: came from `into_raw`, and is taken back once.
        drop(unsafe { CString::from_raw(c_name) });
        opened?;
        let callback = Cell::leaked();
        let handle = Arc::new(Handle { sdk, number, callback, state: Mutex::default() });
        let description = describe(&handle, name)?;
        Ok(Self { handle, description })
    }

    /// Returns what the camera says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Sets the camera up. The acquisition is then started with what this returns, unless the
    /// camera is set up again first: it has one setup, the newest.
    ///
    /// Frames are to be bare pixels, so the camera's embedded metadata is switched off. Frames that
    /// were recorded with it are for [`MetadataFrame`](crate::MetadataFrame).
    ///
    /// # Errors
    /// [`SetupError`], also while an acquisition runs.
    pub fn prepare(&self, setup: &Setup) -> Result<Prepared, SetupError> {
        let region = self.region_of(setup)?;
        // Held to the end: one setup at a time.
        let mut state = self.handle.state();
        if state.running {
            return Err(SetupError::Running);
        }
        // A setup that fails half-way leaves none of the older ones in the camera either.
        state.generation += 1;
        let parameters = parameters(&self.handle);
        if parameters.is_writable(sys::PARAM_METADATA_ENABLED)? {
            parameters.set_bool(sys::PARAM_METADATA_ENABLED, false)?;
        }
        let Exposure { count: exposure, time } = self.exposure_of(setup.exposure)?;
        let mode = match setup.trigger {
            Trigger::Internal => sys::EXT_TRIG_INTERNAL,
            Trigger::Software => sys::EXT_TRIG_SOFTWARE_EDGE,
        };
        let mut frame_bytes: uns32 = 0;
        self.handle.library().call("pl_exp_setup_cont", |f| {
            let (number, circ) = (self.handle.number, sys::CIRC_OVERWRITE);
            let bytes = &raw mut frame_bytes;
            // SAFETY: one region, which the SDK copies, and room for a 32-bit number.
            unsafe {
                (f.pl_exp_setup_cont)(number, 1, &raw const region, mode, exposure, bytes, circ)
            }
        })?;
        let meta = FrameMeta {
            width: setup.region.width / u32::from(setup.binning),
            height: setup.region.height / u32::from(setup.binning),
            bit_depth: self.description.bit_depth,
            exposure_ns: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
            region: setup.region,
            binning: (setup.binning, setup.binning),
            temperature: self.description.temperature,
            ..FrameMeta::default()
        };
        let frame_bytes = frame_bytes as usize;
        check_frame_bytes(&meta, frame_bytes)?;
        Ok(Prepared {
            handle: Arc::clone(&self.handle),
            generation: state.generation,
            meta,
            frame_bytes,
            ring_frames: setup.ring_frames.max(Setup::LEAST_RING_FRAMES),
        })
    }

    fn region_of(&self, setup: &Setup) -> Result<rgn_type, SetupError> {
        let Description { sensor_width, sensor_height, .. } = self.description;
        let region = setup.region;
        if setup.binning == 0 {
            return Err(SetupError::BinningZero);
        }
        let outside = SetupError::RegionOutside { region, sensor_width, sensor_height };
        let last = |start: u32, length: u32, limit: u32| {
            let end = start.checked_add(length).filter(|&end| length > 0 && end <= limit)?;
            Some((uns16::try_from(start).ok()?, uns16::try_from(end - 1).ok()?))
        };
        match (
            last(region.x, region.width, sensor_width),
            last(region.y, region.height, sensor_height),
        ) {
            (Some((s1, s2)), Some((p1, p2))) => {
                Ok(rgn_type { s1, s2, sbin: setup.binning, p1, p2, pbin: setup.binning })
            }
            _ => Err(outside),
        }
    }

    /// Chooses the unit of exposure times, and returns the exposure in it.
    fn exposure_of(&self, exposure: Duration) -> Result<Exposure, SetupError> {
        let parameters = parameters(&self.handle);
        let unit = if parameters.is_available(sys::PARAM_EXP_RES)? {
            match parameters.set_enum(sys::PARAM_EXP_RES, sys::EXP_RES_ONE_MICROSEC) {
                Ok(()) => Duration::from_micros(1),
                // It stays with the unit that it has.
                Err(refused) => match parameters.integer(sys::PARAM_EXP_RES)? {
                    Some(unit) if unit == i64::from(sys::EXP_RES_ONE_MICROSEC) => {
                        Duration::from_micros(1)
                    }
                    Some(unit) if unit == i64::from(sys::EXP_RES_ONE_MILLISEC) => {
                        Duration::from_millis(1)
                    }
                    _ => return Err(refused.into()),
                },
            }
        } else {
            Duration::from_millis(1)
        };
        Exposure::rounded(exposure, unit).ok_or(SetupError::Exposure(exposure))
    }
}

/// An exposure as the SDK takes it, and the time that this is.
#[derive(Debug, PartialEq, Eq)]
struct Exposure {
    count: uns32,
    time: Duration,
}

impl Exposure {
    /// Rounds to whole units; `None` if that is none, or more than 32 bits count.
    fn rounded(exposure: Duration, unit: Duration) -> Option<Self> {
        let count = (exposure.as_nanos() + unit.as_nanos() / 2) / unit.as_nanos();
        let count = uns32::try_from(count).ok().filter(|&count| count > 0)?;
        Some(Self { count, time: unit * count })
    }
}

/// Refuses frames that hold anything beside their pixels.
fn check_frame_bytes(meta: &FrameMeta, frame_bytes: usize) -> Result<(), SetupError> {
    let FrameMeta { width, height, .. } = *meta;
    let expected = u64::from(width) * u64::from(height) * meta.bytes_per_pixel() as u64;
    if frame_bytes as u64 == expected && expected > 0 {
        return Ok(());
    }
    Err(SetupError::FrameSize { frame_bytes, expected, width, height })
}

fn parameters(handle: &Handle) -> Parameters<'_> {
    Parameters { library: handle.library(), handle: handle.number }
}

fn describe(handle: &Handle, name: &str) -> Result<Description, SdkError> {
    let parameters = parameters(handle);
    let number = |id| Ok::<_, SdkError>(parameters.integer(id)?.unwrap_or_default());
    #[expect(clippy::cast_precision_loss, reason = "hundredths of a degree in a 16-bit parameter")]
    let temperature = parameters.integer(sys::PARAM_TEMP)?.map(|t| t as f32 / 100.0);
    let interface = number(sys::PARAM_CAM_INTERFACE_TYPE)?;
    Ok(Description {
        name: name.to_owned(),
        product: parameters.text(sys::PARAM_PRODUCT_NAME)?.unwrap_or_default(),
        sensor_width: u32::try_from(number(sys::PARAM_SER_SIZE)?).unwrap_or_default(),
        sensor_height: u32::try_from(number(sys::PARAM_PAR_SIZE)?).unwrap_or_default(),
        bit_depth: bit_depth(parameters.integer(sys::PARAM_BIT_DEPTH)?),
        temperature,
        is_simulated: interface == i64::from(sys::PL_CAM_IFC_TYPE_VIRTUAL),
    })
}

/// Returns the bits of a pixel; 16, which no camera exceeds, if the camera does not say.
fn bit_depth(said: Option<i64>) -> u8 {
    said.and_then(|bits| u8::try_from(bits).ok()).filter(|&bits| bits > 0).unwrap_or(16)
}

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

    /// Returns what all frames of the acquisition have in common.
    #[must_use]
    pub fn meta(&self) -> &FrameMeta {
        &self.meta
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposures_are_rounded_to_what_the_camera_can_count() {
        let (us, ms) = (Duration::from_micros, Duration::from_millis);
        let rounded = |time, unit| Exposure::rounded(time, unit).map(|e| (e.count, e.time));
        assert_eq!(rounded(Duration::from_nanos(8_333_333), us(1)), Some((8333, us(8333))));
        assert_eq!(rounded(us(1600), ms(1)), Some((2, ms(2))));
        assert_eq!(rounded(us(400), ms(1)), None);
        assert_eq!(rounded(Duration::from_secs(7200), us(1)), None);
    }

    #[test]
    fn frames_with_more_than_pixels_are_refused() {
        let meta = FrameMeta { width: 64, height: 32, bit_depth: 12, ..FrameMeta::default() };
        assert!(check_frame_bytes(&meta, 64 * 32 * 2).is_ok());
        for wrong in [0, 64 * 32, 64 * 32 * 4] {
            let error = check_frame_bytes(&meta, wrong).unwrap_err();
            assert!(matches!(error, SetupError::FrameSize { expected: 4096, .. }), "{error}");
        }
        let nothing = FrameMeta { width: 0, ..meta };
        assert!(check_frame_bytes(&nothing, 0).is_err());
    }

    #[test]
    fn a_missing_bit_depth_is_16() {
        assert_eq!([None, Some(0), Some(-1), Some(12)].map(bit_depth), [16, 16, 16, 12]);
    }
}
