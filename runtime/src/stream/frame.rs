//! A frame as consumers get it: one owner until it is shared, then as many as want it.
//!
//! ```text
//!   intake   Pooled(loan)  or  Heap     one owner: get_mut
//!              |  share()                 no copy, no allocation
//!            Shared(frozen) Shared(frozen)    read by all; the last one gives the buffer back,
//!                                             or may write again
//! ```

use crate::pool::{Buffers, PooledBuffer};
use crate::stream::timing::Hold;
use framepool_core::Frozen;
use framepool_core::frame::{FrameMeta, FrameView};
use framepool_core::storage::HeapBytes;
use std::fmt;
use std::sync::Arc;

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
    /// What the frame is.
    pub meta: FrameMeta,
    len: usize,
    body: Body,
    hold: Option<Hold>,
}

/// Where a frame's bytes are.
pub(super) enum Body {
    Pooled(PooledBuffer),
    Shared(Frozen<Buffers>),
    /// The count is there from the start, so that sharing allocates nothing.
    Heap(Arc<HeapBytes>),
    /// While the buffer is changed from one to another of the above: it has no bytes.
    Moving,
}

impl Body {
    /// Returns the first `len` bytes to be written; `None` if there are fewer, or it is shared.
    pub(super) fn room(&mut self, len: usize) -> Option<&mut [u8]> {
        let bytes = match self {
            Self::Pooled(buffer) => &mut **buffer,
            Self::Heap(buffer) => Arc::get_mut(buffer)?.as_mut(),
            Self::Shared(_) | Self::Moving => return None,
        };
        bytes.get_mut(..len)
    }

    pub(super) fn is_pooled(&self) -> bool {
        matches!(self, Self::Pooled(_) | Self::Shared(_))
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Pooled(buffer) => buffer,
            Self::Shared(buffer) => buffer,
            Self::Heap(buffer) => (**buffer).as_ref(),
            Self::Moving => &[],
        }
    }
}

impl Frame {
    /// Makes a frame of the first `len` bytes there.
    pub(super) fn new(meta: FrameMeta, len: usize, body: Body) -> Self {
        Self { meta, len, body, hold: None }
    }

    /// From now on the time until this frame is dropped is measured.
    pub(super) fn hold(&mut self, hold: Hold) {
        self.hold = Some(hold);
    }

    /// Returns the frame's bytes, row by row.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let bytes = self.body.bytes();
        bytes.get(..self.len).unwrap_or(bytes)
    }

    /// Borrows the frame.
    #[must_use]
    pub fn view(&self) -> FrameView<'_> {
        FrameView::new(&self.meta, self.bytes())
    }

    /// Returns whether its bytes are in a buffer of the pool, and not on the heap.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.body.is_pooled()
    }

    /// Makes another owner of the same bytes, with a copy of the metadata: copies and allocates nothing
    /// else.
    ///
    /// # Panics
    /// If there are 2^31 shares of one buffer, as [`Frozen`].
    #[must_use]
    pub fn share(&mut self) -> Self {
        self.body = match std::mem::replace(&mut self.body, Body::Moving) {
            Body::Pooled(loan) => Body::Shared(loan.freeze()),
            other => other,
        };
        let body = match &self.body {
            Body::Shared(frozen) => Body::Shared(frozen.clone()),
            Body::Heap(bytes) => Body::Heap(Arc::clone(bytes)),
            Body::Pooled(_) | Body::Moving => Body::Moving,
        };
        Self { meta: self.meta, len: self.len, body, hold: None }
    }

    /// Returns the frame's bytes for writing, if there is no other share of them.
    #[must_use]
    pub fn get_mut(&mut self) -> Option<&mut [u8]> {
        self.body = match std::mem::replace(&mut self.body, Body::Moving) {
            Body::Shared(frozen) => match frozen.thaw() {
                Ok(loan) => Body::Pooled(loan),
                Err(frozen) => Body::Shared(frozen),
            },
            other => other,
        };
        self.body.room(self.len)
    }

    /// Makes it a [`bytes::Bytes`] without copying: one small box is allocated, since that is how
    /// `Bytes` owns what is not its own.
    #[cfg(feature = "bytes")]
    #[must_use]
    pub fn into_bytes(self) -> bytes::Bytes {
        bytes::Bytes::from_owner(self)
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
            .field("meta", &self.meta)
            .field("len", &self.len)
            .field("is_pooled", &self.is_pooled())
            .finish_non_exhaustive()
    }
}
