//! One buffer: its bytes, and which frame is in them.

use crate::memory::Piece;
use framepool_core::frame::{FrameMeta, FrameView};
use std::fmt;
use std::time::Instant;

/// A slot of a pool of frames. Users get its bytes alone: whole, two of them could be swapped.
// On cache lines of its own: another thread may hold the neighbour.
#[repr(align(128))]
pub(crate) struct Buffer {
    bytes: Piece,
    is_pooled: bool,
    frame: Described,
}

/// What the stream says of the frame in a buffer.
pub(crate) struct Described {
    pub(crate) meta: FrameMeta,
    /// The frame's bytes are the buffer's first.
    pub(crate) len: usize,
    /// When it was taken in, if that is measured.
    pub(crate) since: Option<Instant>,
}

impl Buffer {
    /// Makes a buffer of these bytes: of a pool's, or on the heap for one frame.
    pub(crate) fn new(bytes: Piece, is_pooled: bool) -> Self {
        let frame = Described { meta: FrameMeta::default(), len: 0, since: None };
        Self { bytes, is_pooled, frame }
    }

    pub(crate) fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    /// Says which frame is in it, and its number: apart, since a copy of words of which one was just written
    /// stalls.
    #[inline(always)]
    pub(crate) fn describe(&mut self, frame: Described, number: u64) {
        self.frame = frame;
        self.frame.meta.number = number;
    }

    pub(crate) fn frame(&self) -> &Described {
        &self.frame
    }

    #[inline(always)]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }

    #[inline(always)]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.bytes_mut()
    }

    /// Returns the bytes of the frame in it.
    pub(crate) fn frame_bytes(&self) -> &[u8] {
        let bytes = self.bytes();
        bytes.get(..self.frame.len).unwrap_or(bytes)
    }

    /// Returns the bytes of the frame in it, for writing.
    pub(crate) fn frame_bytes_mut(&mut self) -> &mut [u8] {
        let len = self.frame.len.min(self.bytes().len());
        &mut self.bytes_mut()[..len]
    }

    pub(crate) fn view(&self) -> FrameView<'_> {
        FrameView::new(&self.frame.meta, self.frame_bytes())
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("bytes", &self.bytes().len()).finish_non_exhaustive()
    }
}
