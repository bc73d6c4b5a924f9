//! Buffers under core's pool: their hook, and loans of them.

use crate::buffer::Buffer;
use crate::memory::Piece;
use framepool_core::recycle::{Recycle, Recycled};
use framepool_core::storage::{Boxed, HeapBytes};
use framepool_core::{BoxedPool, BuildError, Loan, SharedPool};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Buffers in placed memory.
pub(crate) type Buffers = SharedPool<Recycled<Boxed<Buffer>, Hook>>;

/// What happens to a buffer on its way back; nothing if there is no hook.
pub(crate) struct Hook(Option<Box<dyn Recycle<[u8]> + Send + Sync>>);

impl Hook {
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn new(hook: impl Recycle<[u8]> + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(hook)))
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "a hook" } else { "no hook" })
    }
}

impl Recycle<Buffer> for Hook {
    #[inline(always)]
    fn recycle(&self, index: usize, buffer: &mut Buffer) {
        // Apart, so that a pool without a hook pays for a look alone.
        #[inline(never)]
        fn call(hook: &dyn Recycle<[u8]>, index: usize, buffer: &mut [u8]) {
            hook.recycle(index, buffer);
        }
        if let Some(hook) = &self.0 {
            call(&**hook, index, buffer.bytes_mut());
        }
    }

    fn lent(&self) -> Option<u64> {
        self.0.as_ref()?.lent()
    }
}

/// Makes a pool of these bytes.
pub(crate) fn pool_of(
    pieces: Vec<Piece>,
    is_pooled: bool,
    hook: Hook,
) -> Result<Buffers, BuildError> {
    let (slots, mut pieces) = (pieces.len(), pieces.into_iter());
    let next = || Buffer::new(pieces.next().expect("one for each slot"), is_pooled);
    Ok(SharedPool::new(BoxedPool::from_fn(slots, next)?.recycled_by(hook)))
}

/// Takes a buffer of at least `len` bytes from the heap: the only one of a pool that goes with it.
pub(crate) fn from_heap(len: usize) -> Result<PooledBuffer, BuildError> {
    let len = len.max(1);
    let pieces = Piece::cut(HeapBytes::zeroed(len, align_of::<u64>())?, 1, len, len)?;
    let pool = pool_of(pieces, false, Hook::NONE)?;
    Ok(PooledBuffer(pool.try_acquire().expect("nothing else knows of it")))
}

/// A buffer on loan from a [`FramePool`](crate::FramePool): its bytes, all of them, to read and to write.
/// Dropping it gives it back, also after the pool is gone.
///
/// To share it, make it a frame: [`Frame::of`](crate::Frame::of).
///
/// # Panics
/// Dropping it panics as dropping a [`Loan`] does.
///
/// # Examples
/// ```
/// use framepool::{FramePool, PooledBuffer};
///
/// fn blacken(buffer: &mut PooledBuffer) {
///     buffer.fill(0);
/// }
///
/// let pool = FramePool::try_new(2, 4096)?;
/// let mut buffer = pool.try_acquire().expect("two are free");
/// blacken(&mut buffer);
/// assert_eq!(buffer[..], [0; 4096]);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[must_use = "a loan that is not kept gives its buffer back at once"]
pub struct PooledBuffer(Loan<Buffers>);

impl PooledBuffer {
    #[inline(always)]
    pub(crate) fn new(loan: Loan<Buffers>) -> Self {
        Self(loan)
    }

    /// Returns the buffer's number in its pool.
    #[must_use]
    pub fn index(&self) -> usize {
        self.0.index()
    }

    pub(crate) fn loan(&self) -> &Loan<Buffers> {
        &self.0
    }

    /// Returns the loan, from which more than the bytes can be changed.
    #[inline(always)]
    pub(crate) fn into_loan(self) -> Loan<Buffers> {
        self.0
    }
}

impl Deref for PooledBuffer {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl DerefMut for PooledBuffer {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.bytes_mut()
    }
}

impl AsRef<[u8]> for PooledBuffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for PooledBuffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl fmt::Debug for PooledBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledBuffer")
            .field("index", &self.index())
            .field("bytes", &self.len())
            .finish_non_exhaustive()
    }
}
