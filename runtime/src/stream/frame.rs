//! A frame as consumers get it: a share of a buffer, and of the metadata that is in it.
//!
//! ```text
//!   intake  loan --freeze--> Frame          one owner: get_mut
//!                              |  share()     no copy, no allocation
//!                            Frame  Frame     read by all; the last one gives the buffer back,
//!                                             or may write again
//! ```

use crate::buffer::Described;
use crate::pooled::{Buffers, PooledBuffer};
use crate::reading::{ReadFrame, Reading, sealed};
use crate::stream::timing::Holds;
use framepool_core::Frozen;
use framepool_core::frame::{FrameMeta, FrameView};
use framepool_core::rescue::Overrun;
use std::fmt;

/// A frame with its metadata. Dropping it gives its buffer back.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let pool = FramePool::try_new(2, 6)?;
/// let (mut intake, mut frames) = channel(pool, 4, OnExhausted::Drop);
/// intake.take(FrameMeta::new(3, 2, 8), 6, |room| room.fill(7));
///
/// let mut frame = frames.try_recv()?;
/// frame.get_mut().expect("the only one")[0] = 1;
/// let share = frame.share();
/// assert_eq!(share.bytes(), [1, 7, 7, 7, 7, 7]);
/// assert!(frame.get_mut().is_none(), "shared");
/// drop(share);
/// assert!(frame.get_mut().is_some(), "the only one again");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Frame {
    buffer: Frozen<Buffers>,
    /// Where the time until it is dropped is recorded.
    holds: Option<Holds>,
}

impl Frame {
    /// Makes a frame of the first `len` bytes of a buffer that was acquired, all of them if there are
    /// fewer.
    ///
    /// # Examples
    /// ```
    /// use framepool::{Frame, FrameMeta, FramePool};
    ///
    /// let pool = FramePool::try_new(2, 4096)?;
    /// let mut buffer = pool.try_acquire().expect("two are free");
    /// buffer[..6].copy_from_slice(b"pixels");
    /// let frame = Frame::of(buffer, FrameMeta::new(3, 2, 8), 6);
    /// assert_eq!(frame.share().bytes(), b"pixels");
    /// # Ok::<(), framepool::PoolError>(())
    /// ```
    #[must_use]
    pub fn of(buffer: PooledBuffer, meta: FrameMeta, len: usize) -> Self {
        Self::taken(buffer, Described { meta, len, since: None }, meta.number, None)
    }

    /// Makes the frame of this number; the time until it is dropped is recorded in `holds`.
    #[inline(always)]
    pub(super) fn taken(
        buffer: PooledBuffer,
        frame: Described,
        number: u64,
        holds: Option<Holds>,
    ) -> Self {
        let mut loan = buffer.into_loan();
        loan.describe(frame, number);
        Self { buffer: loan.freeze(), holds }
    }

    /// Returns what the frame is.
    #[must_use]
    pub fn meta(&self) -> &FrameMeta {
        &self.buffer.frame().meta
    }

    /// Returns the frame's bytes, row by row.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.buffer.frame_bytes()
    }

    /// Borrows the frame.
    #[must_use]
    pub fn view(&self) -> FrameView<'_> {
        self.buffer.view()
    }

    /// Returns whether its bytes are in a buffer of the pool, and not on the heap.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.buffer.is_pooled()
    }

    /// Makes another owner of the same frame: copies and allocates nothing.
    ///
    /// # Panics
    /// If there are 2^31 shares of one frame, as [`Frozen`].
    #[must_use]
    pub fn share(&self) -> Self {
        Self { buffer: self.buffer.clone(), holds: None }
    }

    /// Returns the frame's bytes for writing, if there is no other share of them.
    #[must_use]
    pub fn get_mut(&mut self) -> Option<&mut [u8]> {
        Some(self.buffer.get_mut()?.frame_bytes_mut())
    }

    /// Makes it a [`bytes::Bytes`] without copying: one small box is allocated, since that is how
    /// `Bytes` owns what is not its own.
    #[cfg(feature = "bytes")]
    #[must_use]
    pub fn into_bytes(self) -> bytes::Bytes {
        bytes::Bytes::from_owner(self)
    }
}

impl sealed::Sealed for Frame {}

impl ReadFrame for Frame {
    fn meta(&self) -> &FrameMeta {
        self.meta()
    }

    fn view(&self) -> Option<FrameView<'_>> {
        Some(self.view())
    }

    fn read<R>(&self, mut read: impl FnMut(Reading<'_>) -> R) -> Result<R, Overrun> {
        Ok(read(Reading::of(self.view())))
    }

    fn share(&self) -> Self {
        self.share()
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        if let Some(holds) = &self.holds {
            holds.record(self.buffer.frame().since);
        }
    }
}

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

#[cfg(feature = "bytes")]
impl From<Frame> for bytes::Bytes {
    fn from(frame: Frame) -> Self {
        frame.into_bytes()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("meta", self.meta())
            .field("len", &self.bytes().len())
            .field("is_pooled", &self.is_pooled())
            .finish_non_exhaustive()
    }
}
