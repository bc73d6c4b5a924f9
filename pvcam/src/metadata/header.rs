//! The header of a frame.

use crate::metadata::error::MetadataError;
use crate::metadata::reader::Reader;
use std::time::Duration;

/// Bytes of the header.
pub(crate) const FRAME_HEADER_BYTES: usize = 48;

/// The bytes `PMQ` and a NUL.
const SIGNATURE: u32 = 0x0051_4d50;

/// Flag: the frame's regions have times.
pub(crate) const REGION_TIMES: u8 = 1;

/// A frame's header, without the fields that are needed only to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) version: u8,
    pub(crate) number: u32,
    pub(crate) regions: u16,
    pub(crate) begin: Duration,
    pub(crate) end: Duration,
    pub(crate) exposure: Duration,
    /// Nanoseconds of one unit of the regions' times; `None` if regions have no times.
    pub(crate) region_unit: Option<u32>,
    pub(crate) bit_depth: u8,
    pub(crate) color_mask: u8,
    pub(crate) extended_bytes: u16,
    pub(crate) image_format: u8,
    pub(crate) image_compression: u8,
}

impl Header {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, MetadataError> {
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
}

/// Returns a time that is `count` units, of `unit` nanoseconds each.
pub(crate) fn ticks(count: u32, unit: u32) -> Duration {
    Duration::from_nanos(u64::from(count) * u64::from(unit))
}
