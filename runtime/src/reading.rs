//! Reading a frame wherever it is: in memory of ours, or in the place where a device wrote it.

use framepool_core::frame::{FrameMeta, FrameView};
use framepool_core::rescue::Overrun;
use std::fmt;
use std::marker::PhantomData;
use std::slice;

/// Says why a frame could not be copied.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, Frame, ReadError, ReadFrame};
///
/// let buffer = FramePool::try_new(1, 8)?.try_acquire().expect("one is free");
/// let frame = Frame::of(buffer, FrameMeta::new(4, 2, 8), 8);
/// assert_eq!(frame.copy_to(&mut [0; 9]), Err(ReadError::WrongLength { buffer: 9, frame: 8 }));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The device has written over the frame: it is lost.
    #[error("the device has written over the frame")]
    Overrun,
    /// The buffer has another length than the frame: retry with one of the right length.
    #[error("a buffer of {buffer} bytes for a frame of {frame}")]
    WrongLength {
        /// Bytes of the buffer.
        buffer: usize,
        /// Bytes of the frame.
        frame: usize,
    },
}

impl From<Overrun> for ReadError {
    fn from(Overrun: Overrun) -> Self {
        Self::Overrun
    }
}

/// A frame in a consumer's hands, wherever its bytes are. A consumer that reads frames by this works with all
/// of them: [`Frame`](crate::Frame), in memory of ours; [`Lease`](crate::Lease), in the place where a device
/// wrote it; [`AnyFrame`](crate::AnyFrame), either.
///
/// # Examples
/// ```
/// use framepool::{Frame, FrameMeta, FramePool, Overrun, ReadFrame};
///
/// /// Returns the brightest pixel.
/// fn brightest(frame: &impl ReadFrame, row: &mut Vec<u8>) -> Result<u8, Overrun> {
///     frame.read(|reading| {
///         let mut most = 0;
///         reading.rows(row, |row| most = most.max(*row.iter().max().unwrap_or(&0)));
///         most
///     })
/// }
///
/// let mut buffer = FramePool::try_new(1, 8)?.try_acquire().expect("one is free");
/// buffer.copy_from_slice(&[1, 2, 3, 4, 5, 9, 7, 8]);
/// let frame = Frame::of(buffer, FrameMeta::new(4, 2, 8), 8);
/// assert_eq!(brightest(&frame, &mut Vec::new()), Ok(9));
/// # Ok::<(), framepool::PoolError>(())
/// ```
pub trait ReadFrame: fmt::Debug + Send + Sync + Sized + sealed::Sealed + 'static {
    /// Returns what the frame is.
    fn meta(&self) -> &FrameMeta;

    /// Borrows the frame, if its bytes stay as they are: not while a device may write them.
    fn view(&self) -> Option<FrameView<'_>>;

    /// Reads the frame by `read`. What it has seen counts if this returns `Ok`: only then is it certain that the frame was
    /// whole, so `read` must bear bytes of any value, and neither index nor assert by them. It is called a second
    /// time, on a copy, if the device comes round meanwhile and the frame was rescued.
    ///
    /// # Errors
    /// [`Overrun`] if the device has written over the frame.
    fn read<R>(&self, read: impl FnMut(Reading<'_>) -> R) -> Result<R, Overrun>;

    /// Makes another owner of the same frame: copies and allocates nothing.
    #[must_use]
    fn share(&self) -> Self;

    /// Copies the frame's bytes.
    ///
    /// # Errors
    /// [`ReadError`]; the contents of `buffer` are unspecified after [`ReadError::Overrun`].
    fn copy_to(&self, buffer: &mut [u8]) -> Result<(), ReadError> {
        self.read(|reading| reading.copy_to(buffer))?
    }

    /// Checks that the device has not begun to write over the frame: a snapshot, while the device may.
    ///
    /// # Errors
    /// [`Overrun`] if it has, and the frame was not rescued.
    fn validate(&self) -> Result<(), Overrun> {
        self.read(|_| ())
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The bytes of a frame while it is read: to copy, all or row by row, since a device may be about to write them.
///
/// # Examples
/// ```
/// use framepool::{Frame, FrameMeta, FramePool, ReadFrame};
///
/// let mut buffer = FramePool::try_new(1, 8)?.try_acquire().expect("one is free");
/// buffer.copy_from_slice(b"ABCDEFGH");
/// let frame = Frame::of(buffer, FrameMeta::new(4, 2, 8), 8);
/// let mut rows = Vec::new();
/// frame.read(|reading| {
///     rows.clear(); // `read` may be called again
///     reading.rows(&mut Vec::new(), |row| rows.push(row.to_vec()));
/// })?;
/// assert_eq!(rows, [b"ABCD", b"EFGH"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It cannot be kept:
/// ```compile_fail
/// # fn keep(frame: &framepool::Lease) -> Result<(), framepool::Overrun> {
/// # use framepool::ReadFrame;
/// let mut kept = None;
/// frame.read(|reading| kept = Some(reading))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    start: *const u8,
    len: usize,
    row_bytes: usize,
    stays: bool,
    _bytes: PhantomData<&'a ()>,
}

impl<'a> Reading<'a> {
    /// Reads bytes that stay as they are.
    pub(crate) fn of(view: FrameView<'a>) -> Self {
        let (bytes, row_bytes) = (view.bytes(), view.meta().bytes_per_row());
        Self {
            start: bytes.as_ptr(),
            len: bytes.len(),
            row_bytes,
            stays: true,
            _bytes: PhantomData,
        }
    }

    /// Reads bytes that a device may write.
    ///
    /// # Safety
    /// - `len` bytes from `start` are valid for reads during `'a`.
    /// - Until then nothing but a device writes them, and what was read is not used if it has (I10).
    pub(crate) unsafe fn in_place(start: *const u8, len: usize, meta: &FrameMeta) -> Self {
        Self { start, len, row_bytes: meta.bytes_per_row(), stays: false, _bytes: PhantomData }
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there is no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the address of the first byte, to pass to what reads it by itself: the system writing it to a file,
    /// a function in C. It is valid for reads of [`len`](Self::len) bytes until `read` returns, and must be made neither a
    /// slice nor another reference: the device may write them.
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        self.start
    }

    /// Returns the bytes, if they stay as they are.
    #[must_use]
    pub fn bytes(&self) -> Option<&'a [u8]> {
        // SAFETY: made of such a slice, in `of`.
        self.stays.then(|| unsafe { slice::from_raw_parts(self.start, self.len) })
    }

    /// Copies all bytes.
    ///
    /// # Errors
    /// [`ReadError::WrongLength`] if there are not as many in `buffer`.
    pub fn copy_to(&self, buffer: &mut [u8]) -> Result<(), ReadError> {
        if buffer.len() != self.len {
            return Err(ReadError::WrongLength { buffer: buffer.len(), frame: self.len });
        }
        self.copy_from(0, buffer);
        Ok(())
    }

    /// Shows the rows one after the other: in `scratch`, into which each is copied, if they may be written meanwhile. A
    /// `scratch` that is used again and again is enlarged once.
    ///
    /// A frame whose metadata says nothing of rows is one row.
    pub fn rows(&self, scratch: &mut Vec<u8>, mut each: impl FnMut(&[u8])) {
        let row_bytes = if self.row_bytes == 0 { self.len.max(1) } else { self.row_bytes };
        if let Some(bytes) = self.bytes() {
            bytes.chunks(row_bytes).for_each(each);
            return;
        }
        scratch.resize(row_bytes.min(self.len).max(scratch.len()), 0);
        for at in (0..self.len).step_by(row_bytes) {
            let row = &mut scratch[..row_bytes.min(self.len - at)];
            self.copy_from(at, row);
            each(row);
        }
    }

    /// Copies bytes from `at` on, which lie within.
    fn copy_from(&self, at: usize, buffer: &mut [u8]) {
        debug_assert!(at + buffer.len() <= self.len);
        let (from, to) = (self.start.wrapping_add(at), buffer.as_mut_ptr());
        // The reasons are in docs/adr/0006-copying-from-a-ring.md.
        // SAFETY: within the bytes of `of` or `in_place`; the buffer is another's. A device that writes them meanwhile
        // breaks no reference, and the frame is not taken for whole then (I10).
        unsafe { std::ptr::copy_nonoverlapping(from, to, buffer.len()) };
    }
}
