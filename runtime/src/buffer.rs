//! One buffer: its bytes, and which frame is in them.

use crate::memory::Piece;
use framepool_core::frame::{FrameMeta, FrameView};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Instant;

/// The bytes that a [`FramePool`](crate::FramePool) lends, all of them.
///
/// # Examples
/// ```
/// use framepool::{Buffer, FramePool};
///
/// fn blacken(buffer: &mut Buffer) {
///     buffer.fill(0);
/// }
///
/// let pool = FramePool::try_new(2, 4096)?;
/// let mut buffer = pool.try_acquire().expect("two are free");
/// blacken(&mut buffer);
/// assert_eq!(buffer[..], [0; 4096]);
/// # Ok::<(), framepool::PoolError>(())
/// ```
// On cache lines of its own: another thread may hold the neighbour.
#[repr(align(128))]
pub struct Buffer {
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

    /// Says which frame is in it.
    #[inline(always)]
    pub(crate) fn describe(
        &mut self,
        meta: FrameMeta,
        number: u64,
        len: usize,
        since: Option<Instant>,
    ) {
        self.frame = Described { meta, len, since };
        self.frame.meta.number = number;
    }

    pub(crate) fn frame(&self) -> &Described {
        &self.frame
    }

    /// Returns the bytes of the frame in it.
    pub(crate) fn frame_bytes(&self) -> &[u8] {
        self.get(..self.frame.len).unwrap_or(self)
    }

    /// Returns the bytes of the frame in it, for writing.
    pub(crate) fn frame_bytes_mut(&mut self) -> &mut [u8] {
        let len = self.frame.len.min(self.len());
        &mut self[..len]
    }

    pub(crate) fn view(&self) -> FrameView<'_> {
        FrameView::new(&self.frame.meta, self.frame_bytes())
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        self.bytes.bytes()
    }
}

impl DerefMut for Buffer {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.bytes.bytes_mut()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("bytes", &self.len()).finish_non_exhaustive()
    }
}
