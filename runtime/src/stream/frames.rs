//! The receiver's end of a bounded channel of frames: in a task, in a thread, or without waiting.

use crate::stream::channel::{self, Receiver, RecvError, Sender};
use crate::stream::frame::Frame;
use crate::waiting::blocking;
use std::future::poll_fn;
use std::time::{Duration, Instant};

/// The receiver's end of a bounded channel of frames.
///
/// As an iterator it blocks until the next frame, and ends with the stream. With the feature `stream` it
/// is a `futures_core::Stream`.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let (mut intake, mut frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Drop);
/// let consumer = std::thread::spawn(move || {
///     for frame in &mut frames {
///         assert_eq!(frame.bytes(), [1; 8]); // dropped here, so its buffer goes back
///     }
/// });
/// intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// drop(intake);
/// consumer.join().expect("no panic");
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug)]
pub struct Frames<F = Frame> {
    frames: Receiver<F>,
}

impl<F> Frames<F> {
    pub(super) fn channel(places: usize) -> (Sender<F>, Self) {
        let (sender, frames) = channel::channel(places);
        (sender, Self { frames })
    }

    /// Waits for the next frame; `None` once the stream has ended and the channel is empty.
    ///
    /// # Cancel safety
    /// No frame is lost if the future is dropped.
    pub async fn recv(&mut self) -> Option<F> {
        poll_fn(|cx| self.frames.poll_recv_in_turn(cx)).await
    }

    /// Takes the next frame if there is one.
    ///
    /// # Errors
    /// [`RecvError`].
    #[inline]
    pub fn try_recv(&mut self) -> Result<F, RecvError> {
        self.frames.try_recv()
    }

    /// Blocks this thread until there is a frame; `None` as [`recv`](Self::recv). Not where a runtime
    /// must not be blocked.
    pub fn recv_blocking(&mut self) -> Option<F> {
        self.wait(None).flatten()
    }

    /// Blocks this thread until there is a frame, at most `bound` long.
    ///
    /// # Errors
    /// [`RecvError`].
    pub fn recv_timeout(&mut self, bound: Duration) -> Result<F, RecvError> {
        match self.try_recv() {
            Err(RecvError::Empty) => {}
            received => return received,
        }
        match self.wait(blocking::deadline(bound)) {
            None => Err(RecvError::Empty),
            Some(received) => received.ok_or(RecvError::Closed),
        }
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Option<Option<F>> {
        blocking::wait(poll_fn(|cx| self.frames.poll_recv(cx)), deadline)
    }
}

impl<F> Iterator for Frames<F> {
    type Item = F;

    fn next(&mut self) -> Option<F> {
        self.recv_blocking()
    }
}

#[cfg(feature = "stream")]
impl<F> futures_core::Stream for Frames<F> {
    type Item = F;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<F>> {
        self.frames.poll_recv_in_turn(cx)
    }
}
