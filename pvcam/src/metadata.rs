//! Frames with embedded metadata, which a camera writes if that is switched on.
//!
//! Such a frame is a sequence of parts. Numbers are little-endian, and fields are packed:
//!
//! ```text
//!   | frame header 48 | extended | region 32 | extended | pixels | region 32 | ... | not used |
//!          |                          |
//!          |                          `- which part of the sensor, how many bytes follow
//!          `- version, number, times, how many regions
//! ```
//!
//! The layout is that of the vendor's public header `pvcam.h` (`md_frame_header`,
//! `md_frame_header_v3`, `md_frame_roi_header`). Decoding does not call the SDK: frames can be
//! decoded where none is installed, long after they were recorded.

mod error;
mod header;
mod reader;
mod region;

pub use crate::metadata::error::MetadataError;
pub use crate::metadata::region::Region;

use crate::metadata::header::{FRAME_HEADER_BYTES, Header};
use crate::metadata::reader::Reader;
use crate::metadata::region::REGION_HEADER_BYTES;
use std::time::Duration;

/// A decoded frame with embedded metadata. All lengths in it were checked: its regions are within
/// the bytes that it was decoded from, and reading them cannot fail.
///
/// Times are on the camera's clock, in whole nanoseconds; version 3 states picoseconds, which are
/// rounded down.
///
/// # Examples
/// ```
/// use framepool_pvcam::MetadataFrame;
/// use std::time::Duration;
///
/// // Frame 7, of one region.
/// let mut bytes = b"PMQ\0\x03\x07\0\0\0\x01\0".to_vec();
/// for picoseconds in [5_000_000_u64, 9_000_000, 2_000_000] {
///     bytes.extend(picoseconds.to_le_bytes());
/// }
/// bytes.extend([12, 0, 0, 0, 0, 0, 0]); // 12 bits, monochrome
/// bytes.resize(48, 0);
/// // Region 1: columns 4 to 7 binned by 2, row 3.
/// for number in [1_u16, 0, 0, 0, 0, 4, 7, 2, 3, 3, 1] {
///     bytes.extend(number.to_le_bytes());
/// }
/// bytes.extend([0, 0, 0, 4, 0, 0, 0, 0, 0, 0]); // 4 bytes of pixels
/// bytes.extend([0x34, 0x02, 0x78, 0x05]);
///
/// let frame = MetadataFrame::decode(&bytes)?;
/// assert_eq!((frame.version(), frame.number(), frame.bit_depth()), (3, 7, 12));
/// assert_eq!(frame.end() - frame.begin(), Duration::from_micros(4));
/// let region = frame.regions().next().expect("there is one");
/// assert_eq!((region.roi().x, region.roi().y, region.size()), (4, 3, (2, 1)));
/// assert_eq!(region.pixels(), Some(&[0x34, 0x02, 0x78, 0x05][..]));
/// # Ok::<(), framepool_pvcam::MetadataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetadataFrame<'a> {
    header: Header,
    extended: &'a [u8],
    /// The parts of all regions. `decode` has decoded each once, so decoding them again succeeds.
    regions: &'a [u8],
}

impl<'a> MetadataFrame<'a> {
    /// Decodes a frame. Bytes after its last region are ignored: a frame in a ring may be longer
    /// than what the camera has written.
    ///
    /// # Errors
    /// [`MetadataError`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, MetadataError> {
        let mut parts = Reader::new(bytes);
        let header = Header::decode(parts.take(FRAME_HEADER_BYTES)?)?;
        let extended = parts.take(header.extended_bytes.into())?;
        let after = parts.rest;
        for _ in 0..header.regions {
            Region::decode(&header, &mut parts)?;
        }
        let regions = after.get(..after.len() - parts.rest.len()).unwrap_or(after);
        Ok(Self { header, extended, regions })
    }

    /// Returns the version of the layout, 1 to 3.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.header.version
    }

    /// Returns the camera's number of the frame, from 1 in each acquisition.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.header.number
    }

    /// Returns when the frame began.
    #[must_use]
    pub const fn begin(&self) -> Duration {
        self.header.begin
    }

    /// Returns when the frame ended.
    #[must_use]
    pub const fn end(&self) -> Duration {
        self.header.end
    }

    /// Returns how long the frame was exposed.
    #[must_use]
    pub const fn exposure(&self) -> Duration {
        self.header.exposure
    }

    /// Returns the bits per pixel that carry signal: never 0, up to 16 in version 1.
    #[must_use]
    pub const fn bit_depth(&self) -> u8 {
        self.header.bit_depth
    }

    /// Returns the colour filter of the sensor, as the SDK's `PL_COLOR_MODES`: 0 none, 2 RGGB,
    /// 3 GRBG, 4 GBRG, 5 BGGR.
    #[must_use]
    pub const fn color_mask(&self) -> u8 {
        self.header.color_mask
    }

    /// Returns the format of the pixels, as the SDK's `PL_IMAGE_FORMATS`: 0 is 16-bit monochrome,
    /// 2 is 8-bit. `None` in version 1, where the bit depth decides between one and two bytes per
    /// pixel.
    #[must_use]
    pub const fn image_format(&self) -> Option<u8> {
        if self.header.version >= 2 { Some(self.header.image_format) } else { None }
    }

    /// Returns how the pixels are compressed, as the SDK's `PL_IMAGE_COMPRESSIONS`: 0 is none.
    /// `None` in version 1, which has no compression.
    #[must_use]
    pub const fn image_compression(&self) -> Option<u8> {
        if self.header.version >= 2 { Some(self.header.image_compression) } else { None }
    }

    /// Returns the extended metadata of the whole frame, as the camera wrote it; usually empty.
    #[must_use]
    pub const fn extended(&self) -> &'a [u8] {
        self.extended
    }

    /// Returns the regions in their order in the frame. Those that the camera marks as invalid are
    /// left out, so there may be none.
    pub fn regions(&self) -> impl Iterator<Item = Region<'a>> + Clone + use<'a> {
        let (header, mut parts) = (self.header, Reader::new(self.regions));
        // No error is ignored here: `decode` has decoded the same bytes.
        (0..header.regions).map_while(move |_| Region::decode(&header, &mut parts).ok()).flatten()
    }

    /// Returns the number of bytes from the start of the frame to the end of its last region.
    #[must_use]
    pub const fn encoded_bytes(&self) -> usize {
        FRAME_HEADER_BYTES + self.extended.len() + self.regions.len()
    }
}

/// Returns the bytes that the metadata of so many regions takes, without their pixels.
pub(crate) fn least_bytes(regions: usize) -> usize {
    FRAME_HEADER_BYTES.saturating_add(regions.saturating_mul(REGION_HEADER_BYTES))
}

#[cfg(test)]
mod tests;
