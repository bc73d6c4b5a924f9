//! Strings, types, and the values that parameters and functions take.

use crate::{int16, int32, rs_bool, uns8, uns16, uns32};

/// Failure, and false.
pub const PV_FAIL: rs_bool = 0;
/// Success, and true.
pub const PV_OK: rs_bool = 1;
/// The most cameras that the SDK lists.
pub const MAX_CAM: usize = 16;
/// Bytes of a camera name, its NUL included.
pub const CAM_NAME_LEN: usize = 32;
/// Bytes of an error message, its NUL included.
pub const ERROR_MSG_LEN: usize = 255;
/// Bytes of a sensor name, its NUL included.
pub const CCD_NAME_LEN: usize = 17;
/// Bytes of a serial number, its NUL included.
pub const MAX_ALPHA_SER_NUM_LEN: usize = 32;
/// Bytes of a post-processing name, its NUL included.
pub const MAX_PP_NAME_LEN: usize = 32;
/// Bytes of a system name, its NUL included.
pub const MAX_SYSTEM_NAME_LEN: usize = 32;
/// Bytes of a vendor name, its NUL included.
pub const MAX_VENDOR_NAME_LEN: usize = 32;
/// Bytes of a product name, its NUL included.
pub const MAX_PRODUCT_NAME_LEN: usize = 32;
/// Bytes of a part number, its NUL included.
pub const MAX_CAM_PART_NUM_LEN: usize = 32;
/// Bytes of a gain name, its NUL included.
pub const MAX_GAIN_NAME_LEN: usize = 32;
/// Bytes of a speed name, its NUL included.
pub const MAX_SPDTAB_NAME_LEN: usize = 32;
/// Bytes of a description of all systems, its NUL included.
pub const MAX_CAM_SYSTEMS_INFO_LEN: usize = 1024;
/// Type code of a parameter: `int16`.
pub const TYPE_INT16: uns16 = 1;
/// Type code of a parameter: `int32`.
pub const TYPE_INT32: uns16 = 2;
/// Type code of a parameter: `flt64`.
pub const TYPE_FLT64: uns16 = 4;
/// Type code of a parameter: `uns8`.
pub const TYPE_UNS8: uns16 = 5;
/// Type code of a parameter: `uns16`.
pub const TYPE_UNS16: uns16 = 6;
/// Type code of a parameter: `uns32`.
pub const TYPE_UNS32: uns16 = 7;
/// Type code of a parameter: `uns64`.
pub const TYPE_UNS64: uns16 = 8;
/// Type code of a parameter: `enum`.
pub const TYPE_ENUM: uns16 = 9;
/// Type code of a parameter: `boolean`.
pub const TYPE_BOOLEAN: uns16 = 11;
/// Type code of a parameter: `int8`.
pub const TYPE_INT8: uns16 = 12;
/// Type code of a parameter: `char_ptr`.
pub const TYPE_CHAR_PTR: uns16 = 13;
/// Type code of a parameter: `void_ptr`.
pub const TYPE_VOID_PTR: uns16 = 14;
/// Type code of a parameter: `void_ptr_ptr`.
pub const TYPE_VOID_PTR_PTR: uns16 = 15;
/// Type code of a parameter: `int64`.
pub const TYPE_INT64: uns16 = 16;
/// Type code of a parameter: `smart_stream_type`.
pub const TYPE_SMART_STREAM_TYPE: uns16 = 17;
/// Type code of a parameter: `smart_stream_type_ptr`.
pub const TYPE_SMART_STREAM_TYPE_PTR: uns16 = 18;
/// Type code of a parameter: `flt32`.
pub const TYPE_FLT32: uns16 = 19;
/// Type code of a parameter: `rgn_type`.
pub const TYPE_RGN_TYPE: uns16 = 20;
/// Type code of a parameter: `rgn_type_ptr`.
pub const TYPE_RGN_TYPE_PTR: uns16 = 21;
/// Type code of a parameter: `rgn_list_type`.
pub const TYPE_RGN_LIST_TYPE: uns16 = 22;
/// Type code of a parameter: `rgn_list_type_ptr`.
pub const TYPE_RGN_LIST_TYPE_PTR: uns16 = 23;

/// How to open a camera: exclusive.
pub const OPEN_EXCLUSIVE: int16 = 0;

/// Parameter attribute: the current value.
pub const ATTR_CURRENT: int16 = 0;
/// Parameter attribute: the number of values, or the length of a string.
pub const ATTR_COUNT: int16 = 1;
/// Parameter attribute: the `TYPE_*` code.
pub const ATTR_TYPE: int16 = 2;
/// Parameter attribute: the least value.
pub const ATTR_MIN: int16 = 3;
/// Parameter attribute: the greatest value.
pub const ATTR_MAX: int16 = 4;
/// Parameter attribute: the value at power-up.
pub const ATTR_DEFAULT: int16 = 5;
/// Parameter attribute: the step between values.
pub const ATTR_INCREMENT: int16 = 6;
/// Parameter attribute: the `ACC_*` code.
pub const ATTR_ACCESS: int16 = 7;
/// Parameter attribute: whether the camera has it.
pub const ATTR_AVAIL: int16 = 8;
/// Parameter attribute: whether it may be touched while imaging.
pub const ATTR_LIVE: int16 = 9;

/// Parameter access: read only.
pub const ACC_READ_ONLY: uns16 = 1;
/// Parameter access: read write.
pub const ACC_READ_WRITE: uns16 = 2;
/// Parameter access: only its availability can be checked.
pub const ACC_EXIST_CHECK_ONLY: uns16 = 3;
/// Parameter access: write only.
pub const ACC_WRITE_ONLY: uns16 = 4;

/// Ring mode: no ring, for sequences only. A continuous setup accepts it and the start then fails.
pub const CIRC_NONE: int16 = 0;
/// Ring mode: the oldest frame is overwritten silently.
pub const CIRC_OVERWRITE: int16 = 1;
/// Ring mode: a frame is held until it is unlocked, and an overrun is reported.
pub const CIRC_NO_OVERWRITE: int16 = 2;

/// Callback event: begin of frame.
pub const PL_CALLBACK_BOF: int32 = 0;
/// Callback event: end of frame.
pub const PL_CALLBACK_EOF: int32 = 1;
/// Callback event: the list of cameras has changed.
pub const PL_CALLBACK_CHECK_CAMS: int32 = 2;
/// Callback event: the camera was removed.
pub const PL_CALLBACK_CAM_REMOVED: int32 = 3;
/// Callback event: a camera that was removed is back.
pub const PL_CALLBACK_CAM_RESUMED: int32 = 4;

/// Acquisition status: readout not active.
pub const READOUT_NOT_ACTIVE: int16 = 0;
/// Acquisition status: exposure in progress.
pub const EXPOSURE_IN_PROGRESS: int16 = 1;
/// Acquisition status: readout in progress.
pub const READOUT_IN_PROGRESS: int16 = 2;
/// Acquisition status: readout complete.
pub const READOUT_COMPLETE: int16 = 3;
/// Acquisition status: frame available.
pub const FRAME_AVAILABLE: int16 = 3;
/// Acquisition status: readout failed.
pub const READOUT_FAILED: int16 = 4;
/// Acquisition status: acquisition in progress.
pub const ACQUISITION_IN_PROGRESS: int16 = 5;

/// State of the camera after a stop: not changed.
pub const CCS_NO_CHANGE: int16 = 0;
/// State of the camera after a stop: idle.
pub const CCS_HALT: int16 = 1;
/// State of the camera after a stop: idle, with the shutter closed.
pub const CCS_HALT_CLOSE_SHTR: int16 = 2;
/// State of the camera after a stop: clearing the sensor.
pub const CCS_CLEAR: int16 = 3;
/// State of the camera after a stop: clearing the sensor, with the shutter closed.
pub const CCS_CLEAR_CLOSE_SHTR: int16 = 4;
/// State of the camera after a stop: idle, with the shutter open.
pub const CCS_OPEN_SHTR: int16 = 5;
/// State of the camera after a stop: clearing the sensor, with the shutter open.
pub const CCS_CLEAR_OPEN_SHTR: int16 = 6;

/// Unit of exposure times: millisecond.
pub const EXP_RES_ONE_MILLISEC: int32 = 0;
/// Unit of exposure times: microsecond.
pub const EXP_RES_ONE_MICROSEC: int32 = 1;
/// Unit of exposure times: second.
pub const EXP_RES_ONE_SEC: int32 = 2;

/// Exposure (trigger) mode: timed mode.
pub const TIMED_MODE: int16 = 0;
/// Exposure (trigger) mode: strobed mode.
pub const STROBED_MODE: int16 = 1;
/// Exposure (trigger) mode: bulb mode.
pub const BULB_MODE: int16 = 2;
/// Exposure (trigger) mode: trigger first mode.
pub const TRIGGER_FIRST_MODE: int16 = 3;
/// Exposure (trigger) mode: flash mode.
pub const FLASH_MODE: int16 = 4;
/// Exposure (trigger) mode: variable timed mode.
pub const VARIABLE_TIMED_MODE: int16 = 5;
/// Exposure (trigger) mode: int strobe mode.
pub const INT_STROBE_MODE: int16 = 6;
/// Exposure (trigger) mode: internal.
pub const EXT_TRIG_INTERNAL: int16 = 1792;
/// Exposure (trigger) mode: trig first.
pub const EXT_TRIG_TRIG_FIRST: int16 = 2048;
/// Exposure (trigger) mode: edge rising.
pub const EXT_TRIG_EDGE_RISING: int16 = 2304;
/// Exposure (trigger) mode: level.
pub const EXT_TRIG_LEVEL: int16 = 2560;
/// Exposure (trigger) mode: software first.
pub const EXT_TRIG_SOFTWARE_FIRST: int16 = 2816;
/// Exposure (trigger) mode: software edge.
pub const EXT_TRIG_SOFTWARE_EDGE: int16 = 3072;
/// Exposure (trigger) mode: level overlap.
pub const EXT_TRIG_LEVEL_OVERLAP: int16 = 3328;
/// Exposure (trigger) mode: level pulsed.
pub const EXT_TRIG_LEVEL_PULSED: int16 = 3584;

/// Expose-out mode: first row.
pub const EXPOSE_OUT_FIRST_ROW: int16 = 0;
/// Expose-out mode: all rows.
pub const EXPOSE_OUT_ALL_ROWS: int16 = 1;
/// Expose-out mode: any row.
pub const EXPOSE_OUT_ANY_ROW: int16 = 2;
/// Expose-out mode: rolling shutter.
pub const EXPOSE_OUT_ROLLING_SHUTTER: int16 = 3;
/// Expose-out mode: line trigger.
pub const EXPOSE_OUT_LINE_TRIGGER: int16 = 4;
/// Expose-out mode: global shutter.
pub const EXPOSE_OUT_GLOBAL_SHUTTER: int16 = 5;

/// Clear mode: never.
pub const CLEAR_NEVER: int32 = 0;
/// Clear mode: auto.
pub const CLEAR_AUTO: int32 = 0;
/// Clear mode: before each exposure.
pub const CLEAR_PRE_EXPOSURE: int32 = 1;
/// Clear mode: before each sequence.
pub const CLEAR_PRE_SEQUENCE: int32 = 2;
/// Clear mode: after each sequence.
pub const CLEAR_POST_SEQUENCE: int32 = 3;
/// Clear mode: before and after each sequence.
pub const CLEAR_PRE_POST_SEQUENCE: int32 = 4;
/// Clear mode: before each exposure and after each sequence.
pub const CLEAR_PRE_EXPOSURE_POST_SEQ: int32 = 5;
/// Clear mode: global reset.
pub const CLEAR_GLOBAL_RESET: int32 = 6;

/// Parallel clocking mode: normal.
pub const PMODE_NORMAL: int32 = 0;
/// Parallel clocking mode: frame transfer.
pub const PMODE_FT: int32 = 1;
/// Parallel clocking mode: multi-pinned phase.
pub const PMODE_MPP: int32 = 2;
/// Parallel clocking mode: frame transfer, multi-pinned phase.
pub const PMODE_FT_MPP: int32 = 3;
/// Parallel clocking mode: alternate, normal.
pub const PMODE_ALT_NORMAL: int32 = 4;
/// Parallel clocking mode: alternate, frame transfer.
pub const PMODE_ALT_FT: int32 = 5;
/// Parallel clocking mode: alternate, multi-pinned phase.
pub const PMODE_ALT_MPP: int32 = 6;
/// Parallel clocking mode: alternate, frame transfer, multi-pinned phase.
pub const PMODE_ALT_FT_MPP: int32 = 7;

/// Fan speed: high.
pub const FAN_SPEED_HIGH: int32 = 0;
/// Fan speed: medium.
pub const FAN_SPEED_MEDIUM: int32 = 1;
/// Fan speed: low.
pub const FAN_SPEED_LOW: int32 = 2;
/// Fan speed: off.
pub const FAN_SPEED_OFF: int32 = 3;

/// Readout port: 0.
pub const READOUT_PORT_0: int32 = 0;
/// Readout port: 1.
pub const READOUT_PORT_1: int32 = 1;
/// Readout port: 2.
pub const READOUT_PORT_2: int32 = 2;
/// Readout port: 3.
pub const READOUT_PORT_3: int32 = 3;

/// Answer to a software trigger: the exposure starts.
pub const PL_SW_TRIG_STATUS_TRIGGERED: uns32 = 0;
/// Answer to a software trigger: the camera was busy.
pub const PL_SW_TRIG_STATUS_IGNORED: uns32 = 1;

/// Connection of a camera: unknown.
pub const PL_CAM_IFC_TYPE_UNKNOWN: int32 = 0;
/// Connection of a camera: 1394.
pub const PL_CAM_IFC_TYPE_1394: int32 = 256;
/// Connection of a camera: 1394 a.
pub const PL_CAM_IFC_TYPE_1394_A: int32 = 257;
/// Connection of a camera: 1394 b.
pub const PL_CAM_IFC_TYPE_1394_B: int32 = 258;
/// Connection of a camera: usb.
pub const PL_CAM_IFC_TYPE_USB: int32 = 512;
/// Connection of a camera: usb 1 1.
pub const PL_CAM_IFC_TYPE_USB_1_1: int32 = 513;
/// Connection of a camera: usb 2 0.
pub const PL_CAM_IFC_TYPE_USB_2_0: int32 = 514;
/// Connection of a camera: usb 3 0.
pub const PL_CAM_IFC_TYPE_USB_3_0: int32 = 515;
/// Connection of a camera: usb 3 1.
pub const PL_CAM_IFC_TYPE_USB_3_1: int32 = 516;
/// Connection of a camera: pci.
pub const PL_CAM_IFC_TYPE_PCI: int32 = 1024;
/// Connection of a camera: pci lvds.
pub const PL_CAM_IFC_TYPE_PCI_LVDS: int32 = 1025;
/// Connection of a camera: pcie.
pub const PL_CAM_IFC_TYPE_PCIE: int32 = 2048;
/// Connection of a camera: pcie lvds.
pub const PL_CAM_IFC_TYPE_PCIE_LVDS: int32 = 2049;
/// Connection of a camera: pcie x1.
pub const PL_CAM_IFC_TYPE_PCIE_X1: int32 = 2050;
/// Connection of a camera: pcie x4.
pub const PL_CAM_IFC_TYPE_PCIE_X4: int32 = 2051;
/// Connection of a camera: pcie x8.
pub const PL_CAM_IFC_TYPE_PCIE_X8: int32 = 2052;
/// Connection of a camera: virtual.
pub const PL_CAM_IFC_TYPE_VIRTUAL: int32 = 4096;
/// Connection of a camera: ethernet.
pub const PL_CAM_IFC_TYPE_ETHERNET: int32 = 8192;

/// Signature of a frame with embedded metadata: the bytes `PMQ` and a NUL.
pub const PL_MD_FRAME_SIGNATURE: uns32 = 0x0051_4D50;
/// The most tags of extended metadata.
pub const PL_MD_EXT_TAGS_MAX_SUPPORTED: usize = 255;
/// Flag of a frame: its regions have times.
pub const PL_MD_FRAME_FLAG_ROI_TS_SUPPORTED: uns8 = 1;
/// Flag of a region: it is to be skipped.
pub const PL_MD_ROI_FLAG_INVALID: uns8 = 1;
/// Flag of a region: it has no pixels.
pub const PL_MD_ROI_FLAG_HEADER_ONLY: uns8 = 2;

/// Pixel format: 16 bits, monochrome.
pub const PL_IMAGE_FORMAT_MONO16: int32 = 0;
/// Compression: none.
pub const PL_IMAGE_COMPRESSION_NONE: int32 = 0;
/// Colour filter: none.
pub const COLOR_NONE: int32 = 0;

/// Cooling: normal.
pub const NORMAL_COOL: int32 = 0;

/// Shutter: never opens.
pub const OPEN_NEVER: int32 = 0;
/// Shutter: opens before each exposure.
pub const OPEN_PRE_EXPOSURE: int32 = 1;
/// Shutter: opens before each sequence.
pub const OPEN_PRE_SEQUENCE: int32 = 2;
/// Shutter: opens before each trigger.
pub const OPEN_PRE_TRIGGER: int32 = 3;
/// Shutter: stays as it is.
pub const OPEN_NO_CHANGE: int32 = 4;

/// Rolling shutter: as fast as it can.
pub const PL_SCAN_MODE_AUTO: int32 = 0;

/// Post-processing: despeckling, bright spots in dark surroundings.
pub const PP_FEATURE_DESPECKLE_BRIGHT_LOW: uns16 = 13;
/// Post-processing: denoising.
pub const PP_FEATURE_DENOISING: uns16 = 14;
/// The most parameters of a post-processing feature.
pub const PP_MAX_PARAMETERS_PER_FEATURE: uns16 = 10;
