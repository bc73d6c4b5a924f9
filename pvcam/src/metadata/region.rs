//! A region of a frame: its header and its pixels.

use crate::metadata::error::MetadataError;
use crate::metadata::header::{Header, ticks};
use crate::metadata::reader::Reader;
use framepool::RegionOfInterest;
use framepool_pvcam_sys::rgn_type;
use std::time::Duration;

/// Bytes of a region's header.
pub(crate) const REGION_HEADER_BYTES: usize = 32;

/// Flag: the region is to be skipped.
pub(crate) const INVALID: u8 = 1;
/// Flag: the region has no pixels.
pub(crate) const HEADER_ONLY: u8 = 2;

/// One region of a frame with embedded metadata: a part of the sensor, and its pixels.
///
/// # Examples
/// ```
/// use framepool_pvcam::{MetadataFrame, Region};
///
/// /// Finds the part of the sensor that has a pixel.
/// fn of_pixel(frame: &MetadataFrame<'_>, x: u32, y: u32) -> Option<u16> {
///     let shows = |region: &Region<'_>| {
///         let roi = region.roi();
///         (roi.x..roi.x + roi.width).contains(&x) && (roi.y..roi.y + roi.height).contains(&y)
///     };
///     frame.regions().find(shows).map(|region| region.number())
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region<'a> {
    number: u16,
    times: Option<(Duration, Duration)>,
    place: Place,
    extended: &'a [u8],
    pixels: Option<&'a [u8]>,
}

impl<'a> Region<'a> {
    /// Decodes the next region and what belongs to it; `None` if it is marked as invalid.
    pub(crate) fn decode(
        header: &Header,
        parts: &mut Reader<'a>,
    ) -> Result<Option<Self>, MetadataError> {
        let mut fields = Reader::new(parts.take(REGION_HEADER_BYTES)?);
        let number = fields.u16()?;
        let (begin, end) = (fields.u32()?, fields.u32()?);
        let (s1, s2, sbin) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (p1, p2, pbin) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (flags, extended_bytes, pixel_bytes) = (fields.u8()?, fields.u16()?, fields.u32()?);
        let place = Place::new(number, rgn_type { s1, s2, sbin, p1, p2, pbin });

        let (is_valid, has_pixels) = (flags & INVALID == 0, flags & HEADER_ONLY == 0);
        let pixel_bytes = match header.version {
            // Such a region may state the size that its pixels would have.
            _ if !has_pixels => 0,
            1 => place?.bytes(header.bit_depth),
            _ => pixel_bytes.into(),
        };
        // The place of an invalid region does not matter.
        let place = if is_valid { Some(place?) } else { None };
        let extended = parts.take(extended_bytes.into())?;
        // A length that does not fit an address is longer than the bytes.
        let pixels = parts.take(usize::try_from(pixel_bytes).unwrap_or(usize::MAX))?;
        Ok(place.map(|place| Self {
            number,
            times: header.region_unit.map(|unit| (ticks(begin, unit), ticks(end, unit))),
            place,
            extended,
            pixels: has_pixels.then_some(pixels),
        }))
    }

    /// Returns the number of the region, from 1 in each frame.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// Returns the part of the sensor, in unbinned pixels. It is not empty, but may be outside of
    /// the sensor, whose size the frame does not state.
    #[must_use]
    pub fn roi(&self) -> RegionOfInterest {
        let ((x, width), (y, height)) = (self.place.columns, self.place.rows);
        RegionOfInterest::new(x.into(), y.into(), width, height)
    }

    /// Returns the sensor pixels per frame pixel, across and down; never 0.
    #[must_use]
    pub const fn binning(&self) -> (u16, u16) {
        self.place.binning
    }

    /// Returns the columns and rows after binning, rounded down.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.place.size()
    }

    /// Returns when the readout of the region began and ended; `None` if the camera does not state
    /// it, and in version 3, which states no unit.
    #[must_use]
    pub const fn times(&self) -> Option<(Duration, Duration)> {
        self.times
    }

    /// Returns the region's extended metadata, as the camera wrote it.
    #[must_use]
    pub const fn extended(&self) -> &'a [u8] {
        self.extended
    }

    /// Returns the pixels, row by row; `None` if the region has none and only marks a place.
    ///
    /// From version 2 on there are as many bytes as the camera states: pixels in the frame's
    /// [format], or [compressed].
    ///
    /// [format]: crate::MetadataFrame::image_format
    /// [compressed]: crate::MetadataFrame::image_compression
    #[must_use]
    pub const fn pixels(&self) -> Option<&'a [u8]> {
        self.pixels
    }
}

/// The place of a region on the sensor, which is not empty, and its binning, which is not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The first one, and their number.
    columns: (u16, u32),
    rows: (u16, u32),
    binning: (u16, u16),
}

impl Place {
    fn new(region: u16, rgn: rgn_type) -> Result<Self, MetadataError> {
        let rgn_type { s1, s2, sbin, p1, p2, pbin } = rgn;
        // Bounds are inclusive.
        let length = |first, last: u16| Some(u32::from(last.checked_sub(first)?) + 1);
        let (Some(width), Some(height)) = (length(s1, s2), length(p1, p2)) else {
            let (columns, rows) = ((s1, s2), (p1, p2));
            return Err(MetadataError::RegionImpossible { region, columns, rows });
        };
        if sbin == 0 || pbin == 0 {
            return Err(MetadataError::BinningZero { region });
        }
        Ok(Self { columns: (s1, width), rows: (p1, height), binning: (sbin, pbin) })
    }

    fn size(&self) -> (u32, u32) {
        (self.columns.1 / u32::from(self.binning.0), self.rows.1 / u32::from(self.binning.1))
    }

    fn bytes(&self, bit_depth: u8) -> u64 {
        let (width, height) = self.size();
        u64::from(width) * u64::from(height) * if bit_depth <= 8 { 1 } else { 2 }
    }
}
