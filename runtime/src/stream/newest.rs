//! The newest frame: a place for one, where a later frame replaces one that was not taken.

use crate::reading::ReadFrame;
use crate::stream::channel::RecvError;
use crate::stream::frame::Frame;
use crate::waiting::blocking;
use atomic_waker::AtomicWaker;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// The intakes' end.
pub(super) struct Slot<F> {
    place: Mutex<Place<F>>,
    receiver: AtomicWaker,
}

struct Place<F> {
    frame: Option<F>,
    /// The receiver, or every sender, is gone.
    is_closed: bool,
}

impl<F> Slot<F> {
    fn place(&self) -> MutexGuard<'_, Place<F>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a share of this frame there; [`wake`](Self::wake) comes next. Returns the one that it replaces;
    /// `None` if the receiver is gone.
    pub(super) fn put(&self, frame: &F) -> Option<Option<F>>
    where
        F: ReadFrame,
    {
        let mut place = self.place();
        let share = (!place.is_closed).then(|| frame.share())?;
        // To be dropped without the lock, which the receiver may want.
        Some(place.frame.replace(share))
    }

    /// Wakes the receiver.
    pub(super) fn wake(&self) {
        self.receiver.wake();
    }

    pub(super) fn take(&self) -> Option<F> {
        self.place().frame.take()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.place().frame.is_none()
    }

    pub(super) fn close(&self) {
        self.place().is_closed = true;
        self.receiver.wake();
    }
}

/// The receiver's end of a tap that keeps the newest frame only. Dropping it removes the tap.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(4, 8)?, 4, OnExhausted::Drop);
/// let (_, mut live) = intake.taps().named("live view").newest();
/// for value in 1..=3 {
///     intake.take(FrameMeta::default(), 8, |room| room.fill(value));
/// }
/// assert_eq!(live.take().expect("there is one").bytes(), [3; 8]);
/// assert!(live.take().is_none(), "none is newer");
/// # Ok::<(), framepool::PoolError>(())
/// ```
pub struct Newest<F = Frame> {
    slot: Arc<Slot<F>>,
}

impl<F> Newest<F> {
    pub(super) fn new() -> (Arc<Slot<F>>, Self) {
        let place = Mutex::new(Place { frame: None, is_closed: false });
        let slot = Arc::new(Slot { place, receiver: AtomicWaker::new() });
        (Arc::clone(&slot), Self { slot })
    }

    /// Takes the newest frame, if none was taken since it came.
    pub fn take(&mut self) -> Option<F> {
        self.slot.take()
    }

    /// Waits for a frame that is newer than the one taken last; `None` once the tap is removed and its
    /// last frame taken.
    ///
    /// # Cancel safety
    /// No frame is lost if the future is dropped.
    pub async fn recv(&mut self) -> Option<F> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<F>> {
        // Before the look, so that a frame which comes after it wakes.
        self.slot.receiver.register(cx.waker());
        let mut place = self.slot.place();
        if place.frame.is_some() || place.is_closed {
            return Poll::Ready(place.frame.take());
        }
        Poll::Pending
    }

    /// Blocks this thread until there is a newer frame; `None` as [`recv`](Self::recv).
    pub fn recv_blocking(&mut self) -> Option<F> {
        blocking::wait(self.recv(), None).flatten()
    }

    /// Blocks this thread until there is a newer frame, at most `bound` long.
    ///
    /// # Errors
    /// [`RecvError`].
    pub fn recv_timeout(&mut self, bound: Duration) -> Result<F, RecvError> {
        match blocking::wait(self.recv(), blocking::deadline(bound)) {
            None => Err(RecvError::Empty),
            Some(received) => received.ok_or(RecvError::Closed),
        }
    }
}

impl<F> Drop for Newest<F> {
    fn drop(&mut self) {
        let mut place = self.slot.place();
        place.is_closed = true;
        let frame = place.frame.take();
        drop(place);
        drop(self.slot.receiver.take());
        drop(frame);
    }
}

impl<F> fmt::Debug for Newest<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_a_frame = self.slot.place().frame.is_some();
        f.debug_struct("Newest").field("has_a_frame", &has_a_frame).finish()
    }
}
