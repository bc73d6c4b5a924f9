//! The errors: one enum for each operation, and the SDK's own error in most of them.

use framepool::{PoolError, RegionOfInterest};
use framepool_pvcam_sys as sys;
use std::path::PathBuf;
use std::time::Duration;

/// Groups the SDK's error codes by what a caller can do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The camera does not have this parameter: do without it.
    NotAvailable,
    /// The installation is damaged, or its environment is not set up.
    InstallationCorrupted,
    /// The region is not within the sensor: choose another one.
    RegionInvalid,
    /// The camera does not have this binning, or not for this region: choose another one.
    BinningInvalid,
    /// Mode, buffer and settings contradict each other: change the setup.
    ConfigurationInvalid,
    /// The acquisition was started before it was set up: a bug of the caller.
    SetupRequired,
    /// The device driver refused, most often because the ring is too large: retry with a smaller
    /// one.
    DriverRefused,
    /// Any other code, whose meaning only the SDK's message tells.
    Other,
}

/// A call to the SDK that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{function} failed: {}", described(message, *code))]
#[non_exhaustive]
pub struct SdkError {
    /// The name of the function.
    pub function: &'static str,
    /// The SDK's error code.
    pub code: i16,
    /// The SDK's message for the code.
    pub message: String,
}

/// Adds the code to the SDK's message, within the brackets in which that names the code, if it
/// does.
fn described(message: &str, code: i16) -> String {
    match message.strip_suffix(')') {
        Some(named) if named.contains('(') => format!("{named}, error {code})"),
        _ => format!("{message} (error {code})"),
    }
}

impl SdkError {
    /// Returns the group of the code, which says what a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self.code {
            sys::PL_ERR_PARAMETER_NOT_AVAILABLE => ErrorKind::NotAvailable,
            sys::PL_ERR_INSTALLATION_CORRUPTED => ErrorKind::InstallationCorrupted,
            sys::PL_ERR_REGION_INVALID => ErrorKind::RegionInvalid,
            sys::PL_ERR_BINNING_INVALID => ErrorKind::BinningInvalid,
            sys::PL_ERR_CONFIGURATION_INVALID => ErrorKind::ConfigurationInvalid,
            sys::PL_ERR_ACQUISITION_SETUP_REQUIRED => ErrorKind::SetupRequired,
            sys::PL_ERR_DDI_DEVICE_IOCTL_FAILED => ErrorKind::DriverRefused,
            _ => ErrorKind::Other,
        }
    }
}

/// Says why a library cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is no such library, or the system cannot load it: try another path.
    #[error("cannot load the library {}: {reason}", path.display())]
    Unloadable {
        /// The library asked for.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The library is not the SDK's, or too old: try another one.
    #[error("the library {} lacks the function {function}", path.display())]
    MissingFunction {
        /// The library asked for.
        path: PathBuf,
        /// The first function that it does not have.
        function: String,
    },
}

/// Says why no camera could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The SDK found no camera when it was initialised: check cable and power, then initialise it
    /// again.
    #[error("no camera was found")]
    NoCamera,
    /// No camera has this name: choose one of those found.
    #[error("there is no camera named {name:?}; found: {}", found.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names of the cameras that were found.
        found: Vec<String>,
    },
    /// The SDK refused.
    #[error(transparent)]
    Sdk(#[from] SdkError),
}

/// Says why an acquisition cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The region is empty or reaches beyond the sensor: choose another one.
    #[error(
        "the region {},{},{},{} does not lie within the sensor of {sensor_width} x \
         {sensor_height} pixels", region.x, region.y, region.width, region.height
    )]
    RegionOutside {
        /// The region asked for.
        region: RegionOfInterest,
        /// The sensor's columns.
        sensor_width: u32,
        /// The sensor's rows.
        sensor_height: u32,
    },
    /// The binning does not divide a region: choose a region of a multiple of it, or another binning.
    #[error(
        "the region has {pixels} {axis}, which is not a multiple of the binning of {binning}: use {} of them, or another \
         binning", nearest_multiple(*pixels, *binning)
    )]
    RegionBinning {
        /// `columns` or `rows`.
        axis: &'static str,
        /// How many of them the region has.
        pixels: u32,
        /// The binning.
        binning: u16,
    },
    /// The exposure, in the camera's unit, is zero or does not fit 32 bits: choose another one.
    #[error(
        "the exposure {0:?} is not possible: use from 1 microsecond (1 millisecond on cameras \
         without a shorter unit) to about an hour"
    )]
    Exposure(Duration),
    /// The binning is 0: use 1 for none.
    #[error("binning by 0 is impossible: use 1 for none")]
    BinningZero,
    /// The frames of a sequence have different sizes, or it has more than frames: use the other tiers.
    #[error("the camera announces {bytes} bytes for {frames} frames, which they cannot be all of")]
    SequenceSize {
        /// Bytes of the sequence.
        bytes: usize,
        /// Frames of the sequence.
        frames: usize,
    },
    /// A sequence of no frames: use one at least.
    #[error("a sequence has one frame at least")]
    NoFrames,
    /// An acquisition runs on this camera: stop it first.
    #[error("an acquisition is running on this camera: stop it before setting up another")]
    Running,
    /// The camera's frames are not bare pixels, so it is not known where in them the pixels are:
    /// change the camera's settings, or the region.
    #[error(
        "the camera announces frames of {frame_bytes} bytes, but {width} x {height} pixels are \
         {expected} bytes: frames with anything beside bare pixels cannot be read"
    )]
    FrameSize {
        /// Bytes of a frame, as the SDK counts them.
        frame_bytes: usize,
        /// Bytes of the pixels.
        expected: u64,
        /// Columns of a frame.
        width: u32,
        /// Rows of a frame.
        height: u32,
    },
    /// There is no region in the setup: choose one.
    #[error("the setup has no region")]
    NoRegion,
    /// Frames of several regions need the embedded metadata, which says where each region is: switch
    /// it on by [`Setup::with_metadata`](crate::Setup::with_metadata).
    #[error(
        "{regions} regions need the embedded metadata, which says where in a frame each of them is: \
         switch it on in the setup, or choose one region"
    )]
    RegionsNeedMetadata {
        /// Regions asked for.
        regions: usize,
    },
    /// The camera exposes neither so short nor so long: choose another exposure.
    #[error("the exposure {exposure:?} is out of range: use from {min:?} to {max:?}")]
    ExposureOutOfRange {
        /// The exposure asked for.
        exposure: Duration,
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// Frames that the camera announces have no room for embedded metadata: switch it off.
    #[error(
        "the camera announces frames of {frame_bytes} bytes, but embedded metadata of {regions} \
         regions takes {least} alone"
    )]
    NoRoomForMetadata {
        /// Bytes of a frame, as the SDK counts them.
        frame_bytes: usize,
        /// Regions of a frame.
        regions: usize,
        /// Bytes of the metadata.
        least: usize,
    },
    /// The camera lacks what the setup asks for: a trigger, an expose-out mode, embedded metadata or
    /// so many regions.
    #[error(transparent)]
    Parameter(ParameterError),
    /// The SDK refused.
    #[error(transparent)]
    Sdk(#[from] SdkError),
}

/// Returns the largest multiple that is not more, but at least one.
fn nearest_multiple(pixels: u32, binning: u16) -> u32 {
    let binning = u32::from(binning.max(1));
    (pixels - pixels % binning).max(binning)
}

impl From<ParameterError> for SetupError {
    fn from(error: ParameterError) -> Self {
        match error {
            ParameterError::Sdk(error) => Self::Sdk(error),
            error => Self::Parameter(error),
        }
    }
}

/// Says why a setting of a camera cannot be read or changed. But for [`Sdk`](Self::Sdk) the SDK was
/// not asked to change anything.
///
/// # Examples
/// ```
/// use framepool_pvcam::{Library, ParameterError, Sdk};
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let too_warm = camera.settings().set_temperature_set_point(60.0).unwrap_err();
/// assert!(matches!(too_warm, ParameterError::OutOfRange { max: 25.0, .. }));
/// assert_eq!(
///     too_warm.to_string(),
///     "60 is out of the range of the temperature set point: use from -25 to 25 in steps of 0.01",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// The camera does not have it: do without it.
    #[error("this camera has no {parameter}")]
    NotAvailable {
        /// What was to be read or changed.
        parameter: &'static str,
    },
    /// The camera does not let it be changed.
    #[error("the {parameter} of this camera can be read, but not changed")]
    ReadOnly {
        /// What was to be changed.
        parameter: &'static str,
    },
    /// The camera does not let it be read.
    #[error("the {parameter} of this camera cannot be read")]
    Unreadable {
        /// What was to be read.
        parameter: &'static str,
    },
    /// The value is out of the camera's range, or between its steps: choose another one.
    #[error(
        "{value} is out of the range of the {parameter}: use from {min} to {max}{}",
        in_steps(*increment)
    )]
    OutOfRange {
        /// What was to be changed.
        parameter: &'static str,
        /// The value asked for.
        value: f64,
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
        /// The step from value to value, beginning at the least; 0 if there is none.
        increment: f64,
    },
    /// The camera does not have this choice: choose another one.
    #[error("{value} is no {parameter} of this camera; it has: {}", choices.join(", "))]
    NotAChoice {
        /// What was to be changed.
        parameter: &'static str,
        /// The value asked for.
        value: String,
        /// The camera's choices.
        choices: Vec<String>,
    },
    /// The SDK has no parameter of this name: see [`NamedParameters::names`](crate::NamedParameters::names).
    #[error("there is no parameter named {name}")]
    UnknownName {
        /// The name asked for.
        name: String,
    },
    /// The text is no value of the parameter: use what is expected.
    #[error("{value:?} is no value of {parameter}: use {expected}")]
    NotAValue {
        /// What was to be changed.
        parameter: &'static str,
        /// The text.
        value: String,
        /// What would be a value.
        expected: String,
    },
    /// The camera is imaging, and the SDK forbids to touch this meanwhile: stop the acquisition
    /// first.
    #[error(
        "the {parameter} may not be touched while the camera is imaging: stop the acquisition first"
    )]
    Imaging {
        /// What was to be read or changed.
        parameter: &'static str,
    },
    /// The camera states a type that this cannot have, so its values mean nothing.
    #[error("the camera states type {type_code} for its {parameter}, which cannot have that")]
    UnexpectedType {
        /// What was to be read or changed.
        parameter: &'static str,
        /// The SDK's code of the type.
        type_code: u16,
    },
    /// The SDK refused.
    #[error(transparent)]
    Sdk(#[from] SdkError),
}

/// Describes the steps of a range; nothing if there are none, or if whole numbers go without saying.
fn in_steps(increment: f64) -> String {
    if increment == 0.0 || increment == 1.0 {
        String::new()
    } else {
        format!(" in steps of {increment}")
    }
}

/// Says why an acquisition cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The ring is larger than the SDK can count: use a smaller region or fewer frames.
    #[error(
        "a ring of {frames} frames of {frame_bytes} bytes is over the 4 GiB that the SDK can \
         count: use fewer frames in the ring, a smaller region or more binning"
    )]
    RingTooLarge {
        /// Frames in the ring.
        frames: usize,
        /// Bytes of a frame.
        frame_bytes: usize,
    },
    /// Another acquisition runs on this camera, and is not disturbed: stop it, then set the camera
    /// up again.
    #[error("another acquisition is running on this camera: stop it first")]
    Running,
    /// The camera was set up again after this setup: start the newer one.
    #[error("the camera has been set up again since this was prepared: start the newer one")]
    Stale,
    /// Frames of a sequence are written side by side: use a pool of so many buffers of this size, made with
    /// [`PoolOptions::adjacent`](framepool::PoolOptions::adjacent).
    #[error(
        "a sequence needs a pool of {frames} or more adjacent buffers of {frame_bytes} bytes, twice as many for \
         one sequence after the other; this one has {capacity} of {slot_bytes}{}",
        if *is_adjacent { "" } else { ", with gaps" }
    )]
    PoolUnfit {
        /// Frames of a sequence.
        frames: usize,
        /// Bytes of a frame.
        frame_bytes: usize,
        /// Buffers of the pool.
        capacity: usize,
        /// Bytes of a buffer.
        slot_bytes: usize,
        /// Whether they are side by side.
        is_adjacent: bool,
    },
    /// The system refused a thread.
    #[error("no thread to start sequences: {0}")]
    Thread(#[from] std::io::Error),
    /// There is not enough memory for the ring: use fewer frames in it, or a smaller region.
    #[error("no memory for the ring: {0}")]
    Memory(#[from] PoolError),
    /// The SDK refused.
    #[error(transparent)]
    Sdk(#[from] SdkError),
}

/// Says why a capture cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The camera cannot be set up so.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// There is no memory for the pool.
    #[error(transparent)]
    Memory(#[from] PoolError),
    /// The camera cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Says why a frame could not be copied out of the ring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The camera began to overwrite the frame before the copy was complete, so the copy may hold
    /// parts of two frames. The frame is lost; later ones can still be copied.
    #[error("the camera overwrote the frame while it was copied")]
    Overrun,
    /// The buffer has another length than the frame: retry with one of the right length.
    #[error("a buffer of {buffer} bytes for a frame of {frame}")]
    WrongLength {
        /// Bytes of the buffer.
        buffer: usize,
        /// Bytes of the frame.
        frame: usize,
    },
    /// The SDK failed when it was asked how many frames are complete; the acquisition ends.
    #[error(transparent)]
    Sdk(#[from] SdkError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_one_bracket() {
        let text = |message: &str| {
            SdkError { function: "pl_x", code: 182, message: message.to_owned() }.to_string()
        };
        assert_eq!(text("Refused (PL_ERR_X)"), "pl_x failed: Refused (PL_ERR_X, error 182)");
        assert_eq!(text("Refused"), "pl_x failed: Refused (error 182)");
        assert_eq!(text("odd)"), "pl_x failed: odd) (error 182)");
    }
}
