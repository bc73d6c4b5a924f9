//! The simulator's error codes.

use std::ffi::CStr;

use framepool_pvcam_sys as sys;

macro_rules! errors {
    ($($(#[$meta:meta])* $variant:ident = $code:expr, $name:literal, $text:literal;)*) => {
        /// Says why a call failed.
        ///
        /// Codes below 20 000 are those of the SDK that are publicly known. For the other errors the
        /// simulator has codes of its own, on which a client must not depend.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum SimError {
            $($(#[$meta])* #[doc = concat!("Code `", $name, "`: ", $text, ".")] $variant,)*
        }

        impl SimError {
            /// Every error.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the code that `pl_error_code` returns.
            #[must_use]
            pub const fn code(self) -> i16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// Returns the message of `pl_error_message`, with the code's name in parentheses.
            #[must_use]
            pub const fn message(self) -> &'static CStr {
                match self { $(Self::$variant => {
                    const { text(concat!($text, " (", $name, ")\0")) }
                })* }
            }
        }
    };
}

/// Turns a string literal that ends in NUL into a C string, at compile time.
const fn text(literal: &'static str) -> &'static CStr {
    assert!(literal.len() <= sys::ERROR_MSG_LEN, "the SDK's clients offer this many bytes");
    match CStr::from_bytes_with_nul(literal.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a message is one C string"),
    }
}

errors! {
    // Publicly known.
    ParamNotAvailable = sys::PL_ERR_PARAMETER_NOT_AVAILABLE, "PL_ERR_PARAMETER_NOT_AVAILABLE", "the camera does not have this parameter";
    InstallationCorrupted = sys::PL_ERR_INSTALLATION_CORRUPTED, "PL_ERR_INSTALLATION_CORRUPTED", "the simulated library is configured wrongly";
    NotInitialized = sys::PL_ERR_LIBRARY_NOT_INITIALIZED, "PL_ERR_LIBRARY_NOT_INITIALIZED", "the library is not initialised";
    RegionInvalid = sys::PL_ERR_REGION_INVALID, "PL_ERR_REGION_INVALID", "a region is empty, reversed or outside the sensor, there is none, or there are more than one without PARAM_METADATA_ENABLED, or than the camera has";
    BinningInvalid = sys::PL_ERR_BINNING_INVALID, "PL_ERR_BINNING_INVALID", "the binning is not one of the camera's, does not divide the region, or is not the same in all regions";
    ConfigurationInvalid = sys::PL_ERR_CONFIGURATION_INVALID, "PL_ERR_CONFIGURATION_INVALID", "the setup was for another kind of acquisition";
    SetupRequired = sys::PL_ERR_ACQUISITION_SETUP_REQUIRED, "PL_ERR_ACQUISITION_SETUP_REQUIRED", "nothing has been set up";
    DriverRefused = sys::PL_ERR_DDI_DEVICE_IOCTL_FAILED, "PL_ERR_DDI_DEVICE_IOCTL_FAILED", "the driver cannot lock a ring of so many bytes, or of more than 65535 frames";

    // The simulator's own choice.
    AlreadyInitialized = 20_001, "PL_ERR_LIBRARY_ALREADY_INITIALIZED", "the library is already initialised";
    NullPointer = 20_002, "PL_ERR_NULL_POINTER", "a pointer is null";
    CameraUnknown = 20_003, "PL_ERR_CAMERA_NOT_FOUND", "there is no camera of this name or index";
    CameraInUse = 20_004, "PL_ERR_CAMERA_ALREADY_OPEN", "the camera is open already";
    OpenModeInvalid = 20_005, "PL_ERR_OPEN_MODE_INVALID", "a camera opens in exclusive mode only";
    HandleInvalid = 20_006, "PL_ERR_INVALID_HANDLE", "no open camera has this handle";
    EventInvalid = 20_007, "PL_ERR_CALLBACK_EVENT_INVALID", "the camera does not report this event";
    AttributeInvalid = 20_008, "PL_ERR_PARAMETER_ATTRIBUTE_INVALID", "the parameter has no such attribute";
    ParamReadOnly = 20_009, "PL_ERR_PARAMETER_READ_ONLY", "the parameter cannot be set";
    ParamValueInvalid = 20_010, "PL_ERR_PARAMETER_VALUE_INVALID", "the parameter cannot have this value";
    ParamNotLive = 20_011, "PL_ERR_PARAMETER_NOT_LIVE", "the parameter must not be touched while the camera is imaging";
    ParamNotEnum = 20_012, "PL_ERR_PARAMETER_NOT_ENUM", "the parameter is not an enumeration";
    EnumIndexInvalid = 20_013, "PL_ERR_ENUM_INDEX_INVALID", "the enumeration has fewer entries, or there is no room for its text";
    Acquiring = 20_014, "PL_ERR_ACQUISITION_ACTIVE", "the camera is imaging";
    NotAcquiring = 20_015, "PL_ERR_ACQUISITION_NOT_ACTIVE", "the camera is not imaging";
    ModeInvalid = 20_016, "PL_ERR_EXPOSURE_MODE_INVALID", "the camera does not have this exposure or expose-out mode";
    ExposureInvalid = 20_017, "PL_ERR_EXPOSURE_TIME_INVALID", "the exposure is longer than the camera allows";
    RingModeInvalid = 20_018, "PL_ERR_CIRC_MODE_INVALID", "there is no such ring mode";
    RingSizeInvalid = 20_019, "PL_ERR_BUFFER_SIZE_INVALID", "the ring is not a whole number of frames";
    StopModeInvalid = 20_020, "PL_ERR_CCS_MODE_INVALID", "there is no such state to stop in";
    NoFrame = 20_021, "PL_ERR_NO_FRAME_AVAILABLE", "no frame is ready";
    OldestUnsupported = 20_022, "PL_ERR_OLDEST_FRAME_NOT_SUPPORTED", "this camera finds the oldest frame only in mode CIRC_NO_OVERWRITE";
    NothingToUnlock = 20_023, "PL_ERR_NO_FRAME_LOCKED", "no frame was taken as the oldest";
    Overrun = 20_024, "PL_ERR_CIRC_BUFFER_OVERRUN", "a frame was overwritten before it was unlocked";
    TriggerUnsupported = 20_025, "PL_ERR_SW_TRIGGER_NOT_SUPPORTED", "the acquisition does not wait for software triggers";
    SequenceLengthInvalid = 20_027, "PL_ERR_SEQUENCE_LENGTH_INVALID", "a sequence has from 1 to 65535 frames, of fewer than 2^32 bytes";
    PointerUnknown = 20_028, "PL_ERR_POINTER_UNKNOWN", "the library did not make this structure, or has released it";
    Unsupported = 20_029, "PL_ERR_NOT_SUPPORTED", "the simulated library does not know this kind of metadata or pixels";
    MetadataInvalid = 20_030, "PL_ERR_METADATA_INVALID", "the bytes are not a whole frame with embedded metadata";
    RegionsTooMany = 20_031, "PL_ERR_METADATA_CAPACITY", "the frame has more regions than the structure has room for";
    FrameTooLarge = 20_032, "PL_ERR_FRAME_SIZE_INVALID", "a frame of these regions would have 2^32 bytes or more";
    CameraRemoved = 20_033, "PL_ERR_CAMERA_REMOVED", "the camera is unplugged";
    AbortFailed = 20_034, "PL_ERR_ABORT_FAILED", "the camera did not end the acquisition, and goes on";
    OutOfThreads = 20_026, "PL_ERR_OS_THREAD_FAILED", "the system refused a thread";
}

/// Returns the message of any code.
pub(crate) fn message(code: i16) -> &'static CStr {
    match SimError::ALL.iter().find(|error| error.code() == code) {
        Some(error) => error.message(),
        None if code == 0 => c"no error (PL_ERR_NONE)",
        None => c"unknown error (PL_ERR_UNKNOWN)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_messages_name_them() {
        for (i, error) in SimError::ALL.iter().enumerate() {
            assert_ne!(error.code(), 0);
            assert!(SimError::ALL[i + 1..].iter().all(|other| other.code() != error.code()));
            let message = message(error.code()).to_str().unwrap();
            assert!(message.contains("(PL_ERR_") && message.ends_with(')'), "{message}");
        }
    }
}
