//! Why bytes are not a frame with embedded metadata.

/// Says why bytes are not a frame with embedded metadata. Retrying does not help: the same bytes
/// always give the same error.
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
        /// Bytes to the end of the first part that is not complete.
        needed: usize,
        /// Bytes that were given.
        got: usize,
    },
    /// The first bytes are not the signature: the camera's metadata was off, or this is no frame.
    #[error("the frame begins with {found:#010x} and not with the signature of embedded metadata")]
    Signature {
        /// The first four bytes as a number.
        found: u32,
    },
    /// The frame has another version than 1 to 3, whose layout is not known.
    #[error("version {version} of embedded metadata is not known")]
    Version {
        /// The version that the frame states.
        version: u8,
    },
    /// The frame states that it has no regions; a frame has at least one.
    #[error("the frame states no region")]
    NoRegions,
    /// The frame states an impossible number of bits per pixel.
    #[error("the frame states a depth of {bit_depth} bits")]
    BitDepth {
        /// Bits per pixel that the frame states.
        bit_depth: u8,
    },
    /// A region's last column or row is before its first.
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
    /// A region's binning is 0.
    #[error("region {region} states a binning by 0")]
    BinningZero {
        /// Number of the region.
        region: u16,
    },
}
