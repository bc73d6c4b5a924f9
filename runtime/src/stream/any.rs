//! A frame wherever its bytes are, for streams that are made either way.

use crate::reading::{ReadFrame, Reading, sealed};
use crate::stream::frame::Frame;
use crate::stream::lease::Lease;
use framepool_core::frame::{FrameMeta, FrameView};
use framepool_core::rescue::Overrun;

/// A frame in memory of ours, or lent in the place where a device wrote it.
///
/// # Examples
/// ```
/// use framepool::{AnyFrame, Frame, FrameMeta, FramePool, ReadFrame};
///
/// let buffer = FramePool::try_new(1, 8)?.try_acquire().expect("one is free");
/// let frame = AnyFrame::from(Frame::of(buffer, FrameMeta::new(4, 2, 8), 8));
/// assert_eq!(frame.view().expect("in memory of ours").rows().len(), 2);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug)]
pub enum AnyFrame {
    /// In memory of ours.
    Frame(Frame),
    /// In its place.
    Lease(Lease),
}

impl From<Frame> for AnyFrame {
    #[inline]
    fn from(frame: Frame) -> Self {
        Self::Frame(frame)
    }
}

impl From<Lease> for AnyFrame {
    #[inline]
    fn from(lease: Lease) -> Self {
        Self::Lease(lease)
    }
}

impl sealed::Sealed for AnyFrame {}

impl ReadFrame for AnyFrame {
    fn meta(&self) -> &FrameMeta {
        match self {
            Self::Frame(frame) => frame.meta(),
            Self::Lease(lease) => lease.meta(),
        }
    }

    fn view(&self) -> Option<FrameView<'_>> {
        match self {
            Self::Frame(frame) => Some(frame.view()),
            Self::Lease(lease) => lease.view(),
        }
    }

    fn read<R>(&self, read: impl FnMut(Reading<'_>) -> R) -> Result<R, Overrun> {
        match self {
            Self::Frame(frame) => frame.read(read),
            Self::Lease(lease) => lease.read(read),
        }
    }

    fn share(&self) -> Self {
        match self {
            Self::Frame(frame) => Self::Frame(frame.share()),
            Self::Lease(lease) => Self::Lease(lease.share()),
        }
    }
}
