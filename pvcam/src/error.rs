//! What the SDK and its library can answer, as values.

use framepool::{PoolError, RegionOfInterest};
use framepool_pvcam_sys as sys;
use std::path::PathBuf;

/// Groups the SDK's error codes by what a caller can do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The camera does not have this parameter: do without.
    NotAvailable,
    /// The installation is damaged, or its environment is not set up.
    InstallationCorrupted,
    /// The region is not within the sensor: choose another.
    RegionInvalid,
    /// The camera cannot bin like this, or not this region: choose another.
    BinningInvalid,
    /// Mode, buffer or settings do not fit together: change the setup.
    ConfigurationInvalid,
    /// Started before it was set up: a bug of the caller.
    SetupRequired,
    /// The driver refused, most often a ring that is too large: retry with a smaller one.
    DriverRefused,
    /// A code that is not known here; see the SDK's message.
    Other,
}

/// A call to the SDK that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{function} failed: {}", described(message, *code))]
pub struct SdkError {
    /// The function that was called.
    pub function: &'static str,
    /// The SDK's code.
    pub code: i16,
    /// The SDK's text for it.
    pub message: String,
}

/// Joins the SDK's text, which may end in the code's name in brackets, with the number.
fn described(message: &str, code: i16) -> String {
    match message.strip_suffix(')') {
        Some(named) if named.contains('(') => format!("{named}, error {code})"),
        _ => format!("{message} (error {code})"),
    }
}

impl SdkError {
    /// Returns what can be done about it.
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
    /// There is no such library, or the system cannot load it.
    #[error("cannot load the library {}: {reason}", path.display())]
    Unloadable {
        /// The library asked for.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// It is a library, but not this one, or too old.
    #[error("the library {} lacks the function {function}", path.display())]
    MissingFunction {
        /// The library asked for.
        path: PathBuf,
        /// The first function that it does not have.
        function: String,
    },
}

/// Says why an acquisition cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The region is empty or reaches beyond the sensor.
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
    /// The exposure does not fit the SDK's 32-bit count of its unit, or is zero in it.
    #[error(
        "the exposure {0:?} cannot be set: from 1 microsecond (1 millisecond where the camera \
         knows no shorter unit) to about an hour can"
    )]
    Exposure(std::time::Duration),
    /// No pixel is binned from zero pixels.
    #[error("binning by 0 is impossible: use 1 for none")]
    BinningZero,
    /// An acquisition runs on this camera: stop it first.
    #[error("an acquisition is running on this camera: stop it before setting up another")]
    Running,
    /// The camera's frames are not bare pixels, so what lies where in them is not known.
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
    /// The SDK refused.
    #[error(transparent)]
    Sdk(#[from] SdkError),
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
    /// Another acquisition runs on this camera, and goes on: stop it first, then set up anew.
    #[error("another acquisition is running on this camera: stop it first")]
    Running,
    /// The camera was set up again since: start with what that returned.
    #[error("the camera has been set up again since this was prepared: start the newer one")]
    Stale,
    /// There is no memory for the ring.
    #[error("no memory for the ring: {0}")]
    Memory(#[from] PoolError),
    /// The SDK refused.
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
