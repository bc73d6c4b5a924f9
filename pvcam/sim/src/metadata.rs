//! Embedded metadata: writing it into frames, decoding it, and putting regions into one picture.
//! No extended metadata is written; what others have written is skipped.

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::time::Duration;

use framepool_pvcam_sys::{
    PL_MD_FRAME_FLAG_ROI_TS_SUPPORTED, PL_MD_FRAME_SIGNATURE, PL_MD_ROI_FLAG_HEADER_ONLY,
    PL_MD_ROI_FLAG_INVALID, md_frame_header, md_frame_header_v3, md_frame_roi, md_frame_roi_header,
    rgn_type,
};

use crate::error::SimError;
use crate::part::REGION_HEADER_BYTES;
use crate::picture::PIXEL_BYTES;
use crate::setup::Setup;

/// Nanoseconds of a unit of the times in versions 1 and 2.
const UNIT_NS: u32 = 1_000;

/// When a frame was exposed and read out, since the acquisition began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) begin: Duration,
    pub(crate) end: Duration,
    pub(crate) exposure: Duration,
}

/// Writes the headers of frame `nr`.
///
/// # Safety
///
/// - `frame` is valid for writes of a frame of this setup.
pub(crate) unsafe fn write(frame: *mut u8, setup: &Setup, version: u8, nr: u32, times: Times) {
    // SAFETY: the caller's duty; the header is the frame's first part.
    unsafe { write_header(frame, setup, version, nr, times) };
    for (number, part) in (1..).zip(&setup.parts) {
        let header = md_frame_roi_header {
            roiNr: number,
            timestampBOR: units(times.begin),
            timestampEOR: units(times.end),
            roi: part.region,
            roiDataSize: if version >= 2 { u32::try_from(part.bytes()).unwrap_or(0) } else { 0 },
            ..md_frame_roi_header::default()
        };
        // SAFETY: a region's pixels follow its header, which the setup left room for.
        let to = unsafe { frame.add(part.at - REGION_HEADER_BYTES) };
        // SAFETY: as above; alignment is not needed.
        unsafe { to.cast::<md_frame_roi_header>().write_unaligned(header) };
    }
}

/// Writes the frame's header.
///
/// # Safety
///
/// - `to` is valid for writes of it.
unsafe fn write_header(to: *mut u8, setup: &Setup, version: u8, nr: u32, times: Times) {
    let regions = u16::try_from(setup.parts.len()).unwrap_or(0);
    if version == 3 {
        let ps = |time: Duration| u64::try_from(time.as_nanos() * 1000).unwrap_or(u64::MAX);
        let header = md_frame_header_v3 {
            signature: PL_MD_FRAME_SIGNATURE,
            version,
            frameNr: nr,
            roiCount: regions,
            timestampBOF: ps(times.begin),
            timestampEOF: ps(times.end),
            exposureTime: ps(times.exposure),
            bitDepth: setup.bit_depth,
            ..md_frame_header_v3::default()
        };
        // SAFETY: the caller's duty; alignment is not needed.
        return unsafe { to.cast::<md_frame_header_v3>().write_unaligned(header) };
    }
    let header = md_frame_header {
        signature: PL_MD_FRAME_SIGNATURE,
        version,
        frameNr: nr,
        roiCount: regions,
        timestampBOF: units(times.begin),
        timestampEOF: units(times.end),
        timestampResNs: UNIT_NS,
        exposureTime: units(times.exposure),
        exposureTimeResNs: UNIT_NS,
        roiTimestampResNs: UNIT_NS,
        bitDepth: setup.bit_depth,
        flags: PL_MD_FRAME_FLAG_ROI_TS_SUPPORTED,
        ..md_frame_header::default()
    };
    // SAFETY: the caller's duty; alignment is not needed.
    unsafe { to.cast::<md_frame_header>().write_unaligned(header) };
}

/// Returns a time in the units of versions 1 and 2; after 71 minutes it begins anew.
#[allow(clippy::cast_possible_truncation, reason = "the field's 32 bits wrap")]
fn units(time: Duration) -> u32 {
    (time.as_nanos() / u128::from(UNIT_NS)) as u32
}

/// The bytes of a client's frame that have not been decoded yet.
struct Bytes {
    next: *mut u8,
    left: usize,
}

impl Bytes {
    /// Takes so many bytes, and returns where they begin.
    fn take(&mut self, bytes: usize) -> Result<*mut u8, SimError> {
        self.left = self.left.checked_sub(bytes).ok_or(SimError::MetadataInvalid)?;
        let taken = self.next;
        self.next = taken.wrapping_add(bytes);
        Ok(taken)
    }

    /// Takes a header.
    ///
    /// # Safety
    ///
    /// - The bytes are valid for reads, and any are a `T`.
    unsafe fn header<T: Copy>(&mut self) -> Result<(*mut T, T), SimError> {
        let at = self.take(size_of::<T>())?.cast::<T>();
        // SAFETY: the caller's duty; alignment is not needed.
        Ok((at, unsafe { at.read_unaligned() }))
    }
}

/// Returns the number of regions of a frame.
///
/// # Safety
///
/// - `source` is valid for reads of `size` bytes, which do not change meanwhile.
pub(crate) unsafe fn region_count(source: NonNull<u8>, size: u32) -> Result<u16, SimError> {
    let mut bytes = Bytes { next: source.as_ptr(), left: size as usize };
    // SAFETY: the caller's duty.
    let (_, header) = unsafe { frame_header(&mut bytes) }?;
    Ok(header.roiCount)
}

/// Takes the header of a frame. What it says about times is not looked at, so one type does for all versions.
///
/// # Safety
///
/// - As for [`region_count`].
unsafe fn frame_header(
    bytes: &mut Bytes,
) -> Result<(*mut md_frame_header, md_frame_header), SimError> {
    // SAFETY: the caller's duty; numbers only.
    let (at, header) = unsafe { bytes.header::<md_frame_header>() }?;
    let is_known = header.signature == PL_MD_FRAME_SIGNATURE && (1..=3).contains(&header.version);
    if is_known && header.roiCount > 0 { Ok((at, header)) } else { Err(SimError::MetadataInvalid) }
}

/// What a frame says of itself, with pointers into it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) header: *mut md_frame_header,
    pub(crate) extended: *mut c_void,
    pub(crate) extended_bytes: u16,
    /// The smallest region that holds all that are valid.
    pub(crate) implied: rgn_type,
    pub(crate) regions: u16,
}

/// Decodes a frame, and writes its regions, with pointers into it.
///
/// # Safety
///
/// - `source` is valid for reads of `size` bytes, which do not change meanwhile.
/// - `regions` is valid for writes of `capacity` regions.
pub(crate) unsafe fn decode(
    regions: *mut md_frame_roi,
    capacity: u16,
    source: NonNull<u8>,
    size: u32,
) -> Result<Found, SimError> {
    let mut bytes = Bytes { next: source.as_ptr(), left: size as usize };
    // SAFETY: the caller's duty.
    let (header_at, header) = unsafe { frame_header(&mut bytes) }?;
    if header.roiCount > capacity {
        return Err(SimError::RegionsTooMany);
    }
    let extended = bytes.take(header.extendedMdSize.into())?;
    let mut implied: Option<rgn_type> = None;
    for index in 0..header.roiCount {
        // SAFETY: the caller's duty; numbers only.
        let (at, region) = unsafe { bytes.header::<md_frame_roi_header>() }?;
        let region_extended = bytes.take(region.extendedMdSize.into())?;
        let pixels = if region.flags & PL_MD_ROI_FLAG_HEADER_ONLY != 0 {
            0
        } else if header.version == 1 {
            pixel_bytes(region.roi, header.bitDepth)?
        } else {
            region.roiDataSize
        };
        let data = bytes.take(pixels as usize)?;
        if region.flags & PL_MD_ROI_FLAG_INVALID == 0 {
            implied = Some(implied.map_or(region.roi, |implied| around(implied, region.roi)));
        }
        let decoded = md_frame_roi {
            header: at,
            data: data.cast(),
            dataSize: pixels,
            extMdData: if_any(region_extended, region.extendedMdSize),
            extMdDataSize: region.extendedMdSize,
        };
        // SAFETY: below the capacity.
        let to = unsafe { regions.add(index.into()) };
        // SAFETY: as above.
        unsafe { to.write(decoded) };
    }
    Ok(Found {
        header: header_at,
        extended: if_any(extended, header.extendedMdSize),
        extended_bytes: header.extendedMdSize,
        implied: implied.unwrap_or_default(),
        regions: header.roiCount,
    })
}

/// Returns a pointer to so many bytes, null if there are none.
fn if_any<T>(at: *mut u8, bytes: u16) -> *mut T {
    if bytes == 0 { null_mut() } else { at.cast() }
}

/// Returns the smallest region that holds both.
fn around(one: rgn_type, other: rgn_type) -> rgn_type {
    rgn_type {
        s1: one.s1.min(other.s1),
        s2: one.s2.max(other.s2),
        p1: one.p1.min(other.p1),
        p2: one.p2.max(other.p2),
        ..one
    }
}

/// Returns the bytes of a region's pixels, which version 1 does not state.
fn pixel_bytes(region: rgn_type, bit_depth: u8) -> Result<u32, SimError> {
    let (width, height) = shape(region)?;
    let pixels = u64::from(width) * u64::from(height);
    u32::try_from(pixels * if bit_depth <= 8 { 1 } else { 2 })
        .map_err(|_| SimError::MetadataInvalid)
}

/// Returns the columns and rows of a region after binning.
fn shape(region: rgn_type) -> Result<(u32, u32), SimError> {
    let length = |first: u16, last: u16, binning: u16| {
        (u32::from(last.checked_sub(first)?) + 1).checked_div(binning.into())
    };
    let width = length(region.s1, region.s2, region.sbin);
    let height = length(region.p1, region.p2, region.pbin);
    width.zip(height).ok_or(SimError::MetadataInvalid)
}

/// A picture that is put together from regions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture {
    /// Where in it the smallest region that holds all of them begins.
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// Copies the regions of a decoded frame to where they are in a picture of 16-bit pixels. What is outside of it is
/// left out.
///
/// # Safety
///
/// - `to` is valid for writes of the picture's pixels.
/// - `regions` is valid for reads of `count` regions, whose pointers are as [`decode`] left them, into memory that has
///   not been freed or changed since.
pub(crate) unsafe fn recompose(
    to: NonNull<u8>,
    picture: Picture,
    implied: rgn_type,
    regions: *const md_frame_roi,
    count: u16,
) -> Result<(), SimError> {
    for index in 0..count {
        // SAFETY: below `count`.
        let region = unsafe { regions.add(index.into()) };
        // SAFETY: as above.
        let region = unsafe { region.read() };
        // SAFETY: the caller's duty; alignment is not needed.
        let header = unsafe { region.header.read_unaligned() };
        if header.flags & (PL_MD_ROI_FLAG_INVALID | PL_MD_ROI_FLAG_HEADER_ONLY) != 0 {
            continue;
        }
        let (width, height) = shape(header.roi)?;
        if u64::from(region.dataSize) != u64::from(width) * u64::from(height) * PIXEL_BYTES as u64 {
            return Err(SimError::Unsupported);
        }
        // A region is not before the one that holds all, and both have at most 65536 columns and rows.
        let place = |first: u16, binning: u16, implied: u16, offset: u16| {
            usize::from((first - implied) / binning) + usize::from(offset)
        };
        let (roi, width) = (header.roi, width as usize);
        if roi.s1 < implied.s1 || roi.p1 < implied.p1 {
            return Err(SimError::MetadataInvalid);
        }
        let x = place(roi.s1, roi.sbin, implied.s1, picture.x);
        let y = place(roi.p1, roi.pbin, implied.p1, picture.y);
        let columns = width.min(usize::from(picture.width).saturating_sub(x));
        let rows = (height as usize).min(usize::from(picture.height).saturating_sub(y));
        for row in 0..rows {
            let source = region.data.cast::<u8>().wrapping_add(row * width * PIXEL_BYTES);
            let at = ((y + row) * usize::from(picture.width) + x) * PIXEL_BYTES;
            let target = to.as_ptr().wrapping_add(at);
            // SAFETY: `columns` pixels of the region's row, and of the picture's. A client may let them overlap.
            unsafe { std::ptr::copy(source, target, columns * PIXEL_BYTES) };
        }
    }
    Ok(())
}
