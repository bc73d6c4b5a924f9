//! C types and layouts.

use core::ffi::c_void;
use core::mem::{align_of, offset_of, size_of};

/// A boolean, and the result of almost every function: 1 on success, 0 on failure.
pub type rs_bool = u16;
/// Signed, 8 bits.
pub type int8 = i8;
/// Unsigned, 8 bits.
pub type uns8 = u8;
/// Signed, 16 bits.
pub type int16 = i16;
/// Unsigned, 16 bits.
pub type uns16 = u16;
/// Signed, 32 bits.
pub type int32 = i32;
/// Unsigned, 32 bits.
pub type uns32 = u32;
/// Signed, 64 bits.
pub type long64 = i64;
/// Unsigned, 64 bits.
pub type ulong64 = u64;
/// Floating point, 32 bits.
pub type flt32 = f32;
/// Floating point, 64 bits.
pub type flt64 = f64;

/// The type of the handler that `pl_cam_register_callback` takes as an untyped pointer.
pub type PL_CALLBACK_SIG_LEGACY = unsafe extern "system" fn();

/// The type of the handler that `pl_cam_register_callback_ex` takes as an untyped pointer.
pub type PL_CALLBACK_SIG_EX = unsafe extern "system" fn(context: *mut c_void);

/// The type of the handler that `pl_cam_register_callback_ex2` takes as an untyped pointer.
pub type PL_CALLBACK_SIG_EX2 = unsafe extern "system" fn(frame_info: *const FRAME_INFO);

/// The type of the handler that `pl_cam_register_callback_ex3` takes as an untyped pointer.
pub type PL_CALLBACK_SIG_EX3 =
    unsafe extern "system" fn(frame_info: *const FRAME_INFO, context: *mut c_void);

/// A 128-bit identifier of a frame-info structure.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PVCAM_FRAME_INFO_GUID {
    /// First part.
    pub f1: uns32,
    /// Second part.
    pub f2: uns16,
    /// Third part.
    pub f3: uns16,
    /// Last part.
    pub f4: [uns8; 8],
}

/// The SDK's description of a frame.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(non_snake_case, reason = "fields keep the names that the vendor's manual uses")]
pub struct FRAME_INFO {
    /// Identifier of this structure's version.
    pub FrameInfoGUID: PVCAM_FRAME_INFO_GUID,
    /// Handle of the camera.
    pub hCam: int16,
    /// Number of the frame, from 1 in each acquisition.
    pub FrameNr: int32,
    /// End of the frame in tenths of a millisecond, by the host driver's clock.
    pub TimeStamp: long64,
    /// Readout time of the frame.
    pub ReadoutTime: int32,
    /// Begin of the frame in tenths of a millisecond, by the host driver's clock.
    pub TimeStampBOF: long64,
}

/// A region of the sensor. Bounds are inclusive and count unbinned pixels from 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct rgn_type {
    /// First column.
    pub s1: uns16,
    /// Last column.
    pub s2: uns16,
    /// Binning of columns.
    pub sbin: uns16,
    /// First row.
    pub p1: uns16,
    /// Last row.
    pub p2: uns16,
    /// Binning of rows.
    pub pbin: uns16,
}

/// One region of a decoded frame.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_snake_case, reason = "fields keep the names that the vendor's manual uses")]
pub struct md_frame_roi {
    /// The region's header, within the frame.
    pub header: *mut c_void,
    /// The region's pixels, within the frame.
    pub data: *mut c_void,
    /// Bytes of the pixels.
    pub dataSize: uns32,
    /// The region's extended metadata, within the frame.
    pub extMdData: *mut c_void,
    /// Bytes of the extended metadata.
    pub extMdDataSize: uns16,
}

/// A decoded frame.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_snake_case, reason = "fields keep the names that the vendor's manual uses")]
pub struct md_frame {
    /// The frame's header, within the frame.
    pub header: *mut c_void,
    /// The frame's extended metadata, within the frame.
    pub extMdData: *mut c_void,
    /// Bytes of the extended metadata.
    pub extMdDataSize: uns16,
    /// The smallest region that holds all regions.
    pub impliedRoi: rgn_type,
    /// The regions.
    pub roiArray: *mut md_frame_roi,
    /// Regions that there is room for.
    pub roiCapacity: uns16,
    /// Regions that the frame has.
    pub roiCount: uns16,
}

/// Exposures, or delays, of smart streaming.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct smart_stream_type {
    /// The number of parameters.
    pub entries: uns16,
    /// The parameters.
    pub params: *mut uns32,
}

const _: () = {
    assert!(size_of::<PVCAM_FRAME_INFO_GUID>() == 16);
    assert!(align_of::<PVCAM_FRAME_INFO_GUID>() == 4);
    assert!(offset_of!(PVCAM_FRAME_INFO_GUID, f1) == 0);
    assert!(offset_of!(PVCAM_FRAME_INFO_GUID, f2) == 4);
    assert!(offset_of!(PVCAM_FRAME_INFO_GUID, f3) == 6);
    assert!(offset_of!(PVCAM_FRAME_INFO_GUID, f4) == 8);

    assert!(size_of::<rgn_type>() == 12);
    assert!(align_of::<rgn_type>() == 2);
    assert!(offset_of!(rgn_type, s1) == 0);
    assert!(offset_of!(rgn_type, s2) == 2);
    assert!(offset_of!(rgn_type, sbin) == 4);
    assert!(offset_of!(rgn_type, p1) == 6);
    assert!(offset_of!(rgn_type, p2) == 8);
    assert!(offset_of!(rgn_type, pbin) == 10);
};

// Compared with a C compiler for 64-bit targets; one for 32-bit targets may align `long64` to 4.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<md_frame_roi>() == 40);
    assert!(offset_of!(md_frame_roi, dataSize) == 16);
    assert!(offset_of!(md_frame_roi, extMdData) == 24);
    assert!(offset_of!(md_frame_roi, extMdDataSize) == 32);

    assert!(size_of::<md_frame>() == 48);
    assert!(offset_of!(md_frame, extMdDataSize) == 16);
    assert!(offset_of!(md_frame, impliedRoi) == 18);
    assert!(offset_of!(md_frame, roiArray) == 32);
    assert!(offset_of!(md_frame, roiCapacity) == 40);
    assert!(offset_of!(md_frame, roiCount) == 42);

    assert!(size_of::<smart_stream_type>() == 16);
    assert!(offset_of!(smart_stream_type, params) == 8);

    assert!(size_of::<FRAME_INFO>() == 48);
    assert!(align_of::<FRAME_INFO>() == 8);
    assert!(offset_of!(FRAME_INFO, FrameInfoGUID) == 0);
    assert!(offset_of!(FRAME_INFO, hCam) == 16);
    assert!(offset_of!(FRAME_INFO, FrameNr) == 20);
    assert!(offset_of!(FRAME_INFO, TimeStamp) == 24);
    assert!(offset_of!(FRAME_INFO, ReadoutTime) == 32);
    assert!(offset_of!(FRAME_INFO, TimeStampBOF) == 40);
};
