//! C types and layouts.

use core::ffi::{c_char, c_void};
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

/// The header of a frame with embedded metadata, of versions 1 and 2.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(non_snake_case, reason = "fields keep the names that the vendor's manual uses")]
pub struct md_frame_header {
    /// [`PL_MD_FRAME_SIGNATURE`](crate::PL_MD_FRAME_SIGNATURE).
    pub signature: uns32,
    /// Version of the layout.
    pub version: uns8,
    /// Number of the frame, from 1 in each acquisition.
    pub frameNr: uns32,
    /// Number of regions.
    pub roiCount: uns16,
    /// Begin of the frame, in units of `timestampResNs`.
    pub timestampBOF: uns32,
    /// End of the frame, in units of `timestampResNs`.
    pub timestampEOF: uns32,
    /// Nanoseconds of a unit of the frame's times.
    pub timestampResNs: uns32,
    /// Exposure time, in units of `exposureTimeResNs`.
    pub exposureTime: uns32,
    /// Nanoseconds of a unit of the exposure time.
    pub exposureTimeResNs: uns32,
    /// Nanoseconds of a unit of the regions' times.
    pub roiTimestampResNs: uns32,
    /// Significant bits of a pixel.
    pub bitDepth: uns8,
    /// Colour filter, as in `PL_COLOR_MODES`.
    pub colorMask: uns8,
    /// `PL_MD_FRAME_FLAGS`.
    pub flags: uns8,
    /// Bytes of extended metadata after this header.
    pub extendedMdSize: uns16,
    /// Pixel format, from version 2 on.
    pub imageFormat: uns8,
    /// Compression, from version 2 on.
    pub imageCompression: uns8,
    /// 0.
    pub _reserved: [uns8; 6],
}

/// The header of a frame with embedded metadata, of version 3. Times are picoseconds.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(non_snake_case, reason = "fields keep the names that the vendor's manual uses")]
pub struct md_frame_header_v3 {
    /// [`PL_MD_FRAME_SIGNATURE`](crate::PL_MD_FRAME_SIGNATURE).
    pub signature: uns32,
    /// Version of the layout.
    pub version: uns8,
    /// Number of the frame, from 1 in each acquisition.
    pub frameNr: uns32,
    /// Number of regions.
    pub roiCount: uns16,
    /// Begin of the frame.
    pub timestampBOF: ulong64,
    /// End of the frame.
    pub timestampEOF: ulong64,
    /// Exposure time.
    pub exposureTime: ulong64,
    /// Significant bits of a pixel.
    pub bitDepth: uns8,
    /// Colour filter, as in `PL_COLOR_MODES`.
    pub colorMask: uns8,
    /// `PL_MD_FRAME_FLAGS`.
    pub flags: uns8,
    /// Bytes of extended metadata after this header.
    pub extendedMdSize: uns16,
    /// Pixel format.
    pub imageFormat: uns8,
    /// Compression.
    pub imageCompression: uns8,
    /// 0.
    pub _reserved: [uns8; 6],
}

/// The header of a region in a frame with embedded metadata.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(non_snake_case, reason = "fields keep the names that the vendor's manual uses")]
pub struct md_frame_roi_header {
    /// Number of the region, from 1.
    pub roiNr: uns16,
    /// Begin of the region's readout.
    pub timestampBOR: uns32,
    /// End of the region's readout.
    pub timestampEOR: uns32,
    /// The region.
    pub roi: rgn_type,
    /// `PL_MD_ROI_FLAGS`.
    pub flags: uns8,
    /// Bytes of extended metadata after this header.
    pub extendedMdSize: uns16,
    /// Bytes of the pixels, from version 2 on.
    pub roiDataSize: uns32,
    /// 0.
    pub _reserved: [uns8; 3],
}

/// What a tag of extended metadata means.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct md_ext_item_info {
    /// The tag.
    pub tag: uns32,
    /// Type of its value.
    pub r#type: uns16,
    /// Bytes of its value.
    pub size: uns16,
    /// Its name.
    pub name: *const c_char,
}

/// A value of extended metadata.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_snake_case, reason = "fields keep the names that the vendor's manual uses")]
pub struct md_ext_item {
    /// What it means.
    pub tagInfo: *const md_ext_item_info,
    /// The value, within the frame.
    pub value: *mut c_void,
}

/// Values of extended metadata, in their order and by their tags.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct md_ext_item_collection {
    /// The values.
    pub list: [md_ext_item; crate::PL_MD_EXT_TAGS_MAX_SUPPORTED],
    /// For each tag its entry in `list`, or null.
    pub map: [*mut md_ext_item; crate::PL_MD_EXT_TAGS_MAX_SUPPORTED],
    /// Entries of `list`.
    pub count: uns16,
}

/// One region of a decoded frame.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_snake_case, reason = "fields keep the names that the vendor's manual uses")]
pub struct md_frame_roi {
    /// The region's header, within the frame.
    pub header: *mut md_frame_roi_header,
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
    pub header: *mut md_frame_header,
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

    assert!(size_of::<md_frame_header>() == 48);
    assert!(offset_of!(md_frame_header, timestampBOF) == 11);
    assert!(offset_of!(md_frame_header, roiTimestampResNs) == 31);
    assert!(offset_of!(md_frame_header, bitDepth) == 35);
    assert!(offset_of!(md_frame_header, extendedMdSize) == 38);
    assert!(offset_of!(md_frame_header, _reserved) == 42);

    assert!(size_of::<md_frame_header_v3>() == 48);
    assert!(offset_of!(md_frame_header_v3, timestampBOF) == 11);
    assert!(offset_of!(md_frame_header_v3, exposureTime) == 27);
    assert!(offset_of!(md_frame_header_v3, bitDepth) == 35);
    assert!(offset_of!(md_frame_header_v3, _reserved) == 42);

    assert!(size_of::<md_frame_roi_header>() == 32);
    assert!(offset_of!(md_frame_roi_header, roi) == 10);
    assert!(offset_of!(md_frame_roi_header, flags) == 22);
    assert!(offset_of!(md_frame_roi_header, roiDataSize) == 25);
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

    assert!(size_of::<md_ext_item_info>() == 16);
    assert!(offset_of!(md_ext_item_info, name) == 8);

    assert!(size_of::<md_ext_item>() == 16);

    assert!(size_of::<md_ext_item_collection>() == 6128);
    assert!(offset_of!(md_ext_item_collection, map) == 4080);
    assert!(offset_of!(md_ext_item_collection, count) == 6120);

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
