//! What a camera writes into a frame beside its pixels, while its embedded metadata is on.
//!
//! A frame is then a string of parts, numbers little-endian and packed:
//!
//! ```text
//!   | frame header 48 | extended | region 32 | extended | pixels | region 32 | ... | not used |
//!          |                          |
//!          |                          `- which part of the sensor, how many bytes follow
//!          `- version, number, times, how many regions
//! ```
//!
//! The layout is that of the vendor's public header `pvcam.h` (`md_frame_header`,
//! `md_frame_header_v3`, `md_frame_roi_header`). Nothing here asks the SDK: frames can be decoded
//! where none is installed, long after they were recorded.

use framepool::RegionOfInterest;
use framepool_pvcam_sys::rgn_type;
use std::time::Duration;

/// The bytes `PMQ` and a NUL.
const SIGNATURE: u32 = 0x0051_4d50;
const FRAME_HEADER_BYTES: usize = 48;
const REGION_HEADER_BYTES: usize = 32;

/// Of a frame: its regions have times.
const REGION_TIMES: u8 = 1;
/// Of a region: it is to be passed over.
const INVALID: u8 = 1;
/// Of a region: it has no pixels.
const HEADER_ONLY: u8 = 2;

/// Says why bytes are no frame with embedded metadata. Retrying does not help: the same bytes
/// always give the same answer.
///
/// # Examples
/// ```
/// use framepool_pvcam::{MetadataError, MetadataFrame};
///
/// let cut_off = MetadataFrame::decode(b"PMQ\0\x03");
/// assert_eq!(cut_off, Err(MetadataError::TooShort { needed: 48, got: 5 }));
/// let bare_pixels = MetadataFrame::decode(&[7; 64]);
/// assert_eq!(bare_pixels, Err(MetadataError::Signature { found: 0x0707_0707 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The frame was cut off, or states wrong lengths.
    #[error("at least {needed} bytes are stated, but there are {got}")]
    TooShort {
        /// Bytes to the end of the first part that is not all there.
        needed: usize,
        /// Bytes that there are.
        got: usize,
    },
    /// It does not begin as such a frame: its camera's metadata was off, or it is none.
    #[error("the frame begins with {found:#010x} and not with the signature of embedded metadata")]
    Signature {
        /// The first four bytes as a number.
        found: u32,
    },
    /// Its layout is not known here: versions 1 to 3 are.
    #[error("version {version} of embedded metadata is not known")]
    Version {
        /// The version that the frame states.
        version: u8,
    },
    /// It states no region; each frame has one at least.
    #[error("the frame states no region")]
    NoRegions,
    /// No pixel has that many bits.
    #[error("the frame states a depth of {bit_depth} bits")]
    BitDepth {
        /// Bits per pixel that the frame states.
        bit_depth: u8,
    },
    /// A region ends before it begins.
    #[error(
        "region {region} reaches from column {} to {} and from row {} to {}",
        columns.0, columns.1, rows.0, rows.1
    )]
    RegionImpossible {
        /// Number of the region.
        region: u16,
        /// First and last column that it states.
        columns: (u16, u16),
        /// First and last row that it states.
        rows: (u16, u16),
    },
    /// No pixel is binned from zero pixels.
    #[error("region {region} states a binning by 0")]
    BinningZero {
        /// Number of the region.
        region: u16,
    },
}

/// A frame with embedded metadata, decoded. Everything that it states was checked: its regions
/// lie within the bytes that it was decoded from, and reading them cannot fail.
///
/// Times are on the camera's clock, and whole nanoseconds: of the picoseconds that version 3 has,
/// fractions of a nanosecond are cut off.
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
    /// The regions' parts, as many as the header states; each was decoded once.
    regions: &'a [u8],
}

/// One region of a frame with embedded metadata: which part of the sensor, and its pixels.
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

impl<'a> MetadataFrame<'a> {
    /// Decodes a frame. Bytes after its last region are left alone: a ring's frames may be longer
    /// than what the camera has to say.
    ///
    /// # Errors
    /// [`MetadataError`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, MetadataError> {
        let mut parts = Reader::new(bytes);
        let header = Header::decode(parts.take(FRAME_HEADER_BYTES)?)?;
        let extended = parts.take(header.extended_bytes.into())?;
        let after = parts.rest;
        for _ in 0..header.regions {
            header.region(&mut parts)?;
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

    /// Returns the colours before the pixels, as the SDK's `PL_COLOR_MODES`: 0 none, 2 RGGB,
    /// 3 GRBG, 4 GBRG, 5 BGGR.
    #[must_use]
    pub const fn color_mask(&self) -> u8 {
        self.header.color_mask
    }

    /// Returns the format of the pixels, as the SDK's `PL_IMAGE_FORMATS`: 0 is 16-bit monochrome,
    /// 2 is 8-bit. `None` in version 1, which has one or two bytes per pixel by its depth.
    #[must_use]
    pub const fn image_format(&self) -> Option<u8> {
        if self.header.version >= 2 { Some(self.header.image_format) } else { None }
    }

    /// Returns how the pixels are compressed, as the SDK's `PL_IMAGE_COMPRESSIONS`: 0 is not at
    /// all. `None` in version 1, which knows no compression.
    #[must_use]
    pub const fn image_compression(&self) -> Option<u8> {
        if self.header.version >= 2 { Some(self.header.image_compression) } else { None }
    }

    /// Returns the extended metadata of the whole frame, as the camera wrote it; mostly empty.
    #[must_use]
    pub const fn extended(&self) -> &'a [u8] {
        self.extended
    }

    /// Returns the regions in the order in which they lie in the frame. Those that the camera
    /// marks as invalid are left out, so there may be none.
    pub fn regions(&self) -> impl Iterator<Item = Region<'a>> + Clone + use<'a> {
        let (header, mut parts) = (self.header, Reader::new(self.regions));
        // No error is left out: `decode` has been here.
        (0..header.regions).map_while(move |_| header.region(&mut parts).ok()).flatten()
    }

    /// Returns the bytes from the frame's start to the end of its last region.
    #[must_use]
    pub const fn encoded_bytes(&self) -> usize {
        FRAME_HEADER_BYTES + self.extended.len() + self.regions.len()
    }
}

impl<'a> Region<'a> {
    /// Returns the number of the region, from 1 in each frame.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// Returns the part of the sensor, in unbinned pixels. It is not empty, but whether a sensor
    /// is that large is not known here.
    #[must_use]
    pub fn roi(&self) -> RegionOfInterest {
        let ((x, width), (y, height)) = (self.place.columns, self.place.rows);
        RegionOfInterest { x: x.into(), y: y.into(), width, height }
    }

    /// Returns the sensor pixels per frame pixel, across and down; never 0.
    #[must_use]
    pub const fn binning(&self) -> (u16, u16) {
        self.place.binning
    }

    /// Returns the columns and rows after binning. A rest that fills no pixel is not counted.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.place.size()
    }

    /// Returns when reading the region out began and ended; `None` if the camera does not say, and
    /// in version 3, which states no unit.
    #[must_use]
    pub const fn times(&self) -> Option<(Duration, Duration)> {
        self.times
    }

    /// Returns the region's extended metadata, as the camera wrote it.
    #[must_use]
    pub const fn extended(&self) -> &'a [u8] {
        self.extended
    }

    /// Returns the pixels, row by row; `None` if the region only marks a place.
    ///
    /// From version 2 on there are as many bytes as the camera states: of pixels in the frame's
    /// [format](MetadataFrame::image_format), or [compressed](MetadataFrame::image_compression).
    #[must_use]
    pub const fn pixels(&self) -> Option<&'a [u8]> {
        self.pixels
    }
}

/// A frame's header, without what only says how to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    version: u8,
    number: u32,
    regions: u16,
    begin: Duration,
    end: Duration,
    exposure: Duration,
    /// Nanoseconds of one unit of the regions' times, if these count.
    region_unit: Option<u32>,
    bit_depth: u8,
    color_mask: u8,
    extended_bytes: u16,
    image_format: u8,
    image_compression: u8,
}

impl Header {
    fn decode(bytes: &[u8]) -> Result<Self, MetadataError> {
        let mut fields = Reader::new(bytes);
        let found = fields.u32()?;
        if found != SIGNATURE {
            return Err(MetadataError::Signature { found });
        }
        let (version, number, regions) = (fields.u8()?, fields.u32()?, fields.u16()?);
        let (begin, end, exposure, region_unit) = match version {
            1 | 2 => {
                let (begin, end, unit) = (fields.u32()?, fields.u32()?, fields.u32()?);
                let exposure = ticks(fields.u32()?, fields.u32()?);
                (ticks(begin, unit), ticks(end, unit), exposure, Some(fields.u32()?))
            }
            3 => {
                let mut time = || Ok(Duration::from_nanos(fields.u64()? / 1000));
                (time()?, time()?, time()?, None)
            }
            _ => return Err(MetadataError::Version { version }),
        };
        let (bit_depth, color_mask, flags) = (fields.u8()?, fields.u8()?, fields.u8()?);
        let extended_bytes = fields.u16()?;
        let (image_format, image_compression) = (fields.u8()?, fields.u8()?);
        if regions == 0 {
            return Err(MetadataError::NoRegions);
        }
        // Version 1 has pixels of two bytes at most.
        if bit_depth == 0 || version == 1 && bit_depth > 16 {
            return Err(MetadataError::BitDepth { bit_depth });
        }
        Ok(Self {
            version,
            number,
            regions,
            begin,
            end,
            exposure,
            region_unit: region_unit.filter(|_| flags & REGION_TIMES != 0),
            bit_depth,
            color_mask,
            extended_bytes,
            image_format,
            image_compression,
        })
    }

    /// Reads the next region with all that follows it; `None` if it is invalid.
    fn region<'a>(&self, parts: &mut Reader<'a>) -> Result<Option<Region<'a>>, MetadataError> {
        let mut fields = Reader::new(parts.take(REGION_HEADER_BYTES)?);
        let number = fields.u16()?;
        let (begin, end) = (fields.u32()?, fields.u32()?);
        let (s1, s2, sbin) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (p1, p2, pbin) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (flags, extended_bytes, pixel_bytes) = (fields.u8()?, fields.u16()?, fields.u32()?);
        let place = Place::new(number, rgn_type { s1, s2, sbin, p1, p2, pbin });

        let (is_valid, has_pixels) = (flags & INVALID == 0, flags & HEADER_ONLY == 0);
        let pixel_bytes = match self.version {
            // A size that it states all the same is that of the place.
            _ if !has_pixels => 0,
            1 => place?.bytes(self.bit_depth),
            _ => pixel_bytes.into(),
        };
        // Where an invalid one lies is of no interest.
        let place = if is_valid { Some(place?) } else { None };
        let extended = parts.take(extended_bytes.into())?;
        // More than can be counted is more than there is.
        let pixels = parts.take(usize::try_from(pixel_bytes).unwrap_or(usize::MAX))?;
        Ok(place.map(|place| Region {
            number,
            times: self.region_unit.map(|unit| (ticks(begin, unit), ticks(end, unit))),
            place,
            extended,
            pixels: has_pixels.then_some(pixels),
        }))
    }
}

/// Makes a time of a count of units, each of so many nanoseconds.
fn ticks(count: u32, unit: u32) -> Duration {
    Duration::from_nanos(u64::from(count) * u64::from(unit))
}

/// A region of a sensor that is not empty, and a binning that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The first, and how many.
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

/// Takes parts off the front of some bytes.
#[derive(Debug, Clone)]
struct Reader<'a> {
    rest: &'a [u8],
    all: usize,
}

impl<'a> Reader<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, all: bytes.len() }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], MetadataError> {
        let parts = self.rest.split_at_checked(length);
        let (taken, rest) = parts.ok_or_else(|| self.too_short(length))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MetadataError> {
        let parts = self.rest.split_first_chunk();
        let (taken, rest) = parts.ok_or_else(|| self.too_short(N))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn too_short(&self, length: usize) -> MetadataError {
        let taken = self.all - self.rest.len();
        MetadataError::TooShort { needed: taken.saturating_add(length), got: self.all }
    }

    fn u8(&mut self) -> Result<u8, MetadataError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn u16(&mut self) -> Result<u16, MetadataError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, MetadataError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, MetadataError> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}

#[cfg(test)]
mod tests;
