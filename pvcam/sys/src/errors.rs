//! The error codes whose numbers are publicly known. There is no public table of all of them.

use crate::int16;

/// The camera does not have the parameter.
pub const PL_ERR_PARAMETER_NOT_AVAILABLE: int16 = 25;
/// Something that the SDK's installer sets up is missing, such as an environment variable.
pub const PL_ERR_INSTALLATION_CORRUPTED: int16 = 151;
/// A call came before `pl_pvcam_init`, or after `pl_pvcam_uninit`.
pub const PL_ERR_LIBRARY_NOT_INITIALIZED: int16 = 157;
/// A region is empty, reversed or outside the sensor.
pub const PL_ERR_REGION_INVALID: int16 = 181;
/// The camera does not support the binning.
pub const PL_ERR_BINNING_INVALID: int16 = 182;
/// Settings contradict each other, such as a continuous start after a setup without a ring.
pub const PL_ERR_CONFIGURATION_INVALID: int16 = 185;
/// A start came before a setup.
pub const PL_ERR_ACQUISITION_SETUP_REQUIRED: int16 = 188;
/// The device driver refused a request, such as a ring too large to lock.
pub const PL_ERR_DDI_DEVICE_IOCTL_FAILED: int16 = 199;
