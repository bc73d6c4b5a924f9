//! An open camera, what it is, and how it is set up for an acquisition.

use crate::error::{SdkError, SetupError};
use crate::library::Library;
use crate::parameter::Parameters;
use crate::sdk::Initialised;
use framepool::{FrameMeta, RegionOfInterest};
use framepool_pvcam_sys::{self as sys, int16, rgn_type, uns16, uns32};
use std::ffi::CString;
use std::sync::Arc;
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
    /// Frames in the ring that the SDK fills; 32 to 64 are enough where frames are copied out.
    pub ring_frames: usize,
}

impl Setup {
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
}

impl Handle {
    pub(crate) fn library(&self) -> &Library {
        &self.sdk.library
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
        let handle = Arc::new(Handle { sdk, number });
        let description = describe(&handle, name)?;
        Ok(Self { handle, description })
    }

    /// Returns what the camera says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Sets the camera up. The acquisition is then started with what this returns.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn prepare(&self, setup: &Setup) -> Result<Prepared, SetupError> {
        let region = self.region_of(setup)?;
        let exposure = self.exposure_of(setup.exposure)?;
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
            exposure_ns: u64::try_from(setup.exposure.as_nanos()).unwrap_or(u64::MAX),
            region: setup.region,
            binning: (setup.binning, setup.binning),
            temperature: self.description.temperature,
            ..FrameMeta::default()
        };
        Ok(Prepared {
            handle: Arc::clone(&self.handle),
            meta,
            frame_bytes: frame_bytes as usize,
            ring_frames: setup.ring_frames.max(2),
        })
    }

    fn region_of(&self, setup: &Setup) -> Result<rgn_type, SetupError> {
        let Description { sensor_width, sensor_height, .. } = self.description;
        let region = setup.region;
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
    fn exposure_of(&self, exposure: Duration) -> Result<uns32, SetupError> {
        let parameters = parameters(&self.handle);
        let impossible = || SetupError::Exposure(exposure);
        let us = exposure.as_micros();
        let (unit, count) = if parameters.is_available(sys::PARAM_EXP_RES)? {
            (Some(sys::EXP_RES_ONE_MICROSEC), us)
        } else {
            (None, us / 1000)
        };
        let count =
            uns32::try_from(count).ok().filter(|&count| count > 0).ok_or_else(impossible)?;
        if let Some(unit) = unit {
            parameters.set_enum(sys::PARAM_EXP_RES, unit)?;
        }
        Ok(count)
    }
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
        bit_depth: u8::try_from(number(sys::PARAM_BIT_DEPTH)?).unwrap_or(16),
        temperature,
        is_simulated: interface == i64::from(sys::PL_CAM_IFC_TYPE_VIRTUAL),
    })
}

/// A camera that is set up, with the size of its frames.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) handle: Arc<Handle>,
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
