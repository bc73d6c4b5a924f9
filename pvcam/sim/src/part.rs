//! The parts of a frame: its regions, and the headers of embedded metadata before them.
//!
//! ```text
//!   with metadata      frame header (48 bytes) | region header (32) | pixels | region header | pixels ..
//!   without            pixels of the one region
//! ```

use framepool_pvcam_sys::{md_frame_header, md_frame_header_v3, md_frame_roi_header, rgn_type};

use crate::picture::PIXEL_BYTES;

/// Bytes of a frame's header, in each version.
pub(crate) const FRAME_HEADER_BYTES: usize = size_of::<md_frame_header>();
/// Bytes of a region's header.
pub(crate) const REGION_HEADER_BYTES: usize = size_of::<md_frame_roi_header>();

const _: () = assert!(size_of::<md_frame_header_v3>() == FRAME_HEADER_BYTES);

/// A region of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) region: rgn_type,
    /// Columns and rows after binning.
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Where in the frame its pixels begin, in bytes.
    pub(crate) at: usize,
}

impl Part {
    /// Returns the bytes of its pixels.
    pub(crate) fn bytes(&self) -> usize {
        usize::from(self.width) * usize::from(self.height) * PIXEL_BYTES
    }
}
