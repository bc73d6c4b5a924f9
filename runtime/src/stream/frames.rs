//! The receiver's end of a bounded channel of frames: in a task, in a thread, or without waiting.

use crate::stream::frame::{Body, Frame};
use crate::waiting::blocking;
use framepool_core::frame::FrameMeta;
use framepool_core::storage::HeapBytes;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, error::TryRecvError as Tokio};

/// Says why there is no frame.
///
/// # Examples
/// ```
/// use framepool::{FramePool, OnExhausted, RecvError, channel};
///
/// let (intake, mut frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Drop);
/// assert_eq!(frames.try_recv().unwrap_err(), RecvError::Empty);
/// drop(intake);
/// assert_eq!(frames.try_recv().unwrap_err(), RecvError::Closed);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RecvError {
    /// There is none now, or none came in time: try again.
    #[error("no frame has arrived yet")]
    Empty,
    /// The stream has ended, and every frame was received: trying again cannot help.
    #[error("the stream has ended")]
    Closed,
}

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
pub struct Frames {
    frames: mpsc::Receiver<Frame>,
}

impl Frames {
    /// Makes a channel of `places` frames, at least one, and at most what tokio's channels can count (a
    /// number that memory runs out before).
    pub(super) fn channel(places: usize) -> (mpsc::Sender<Frame>, Self) {
        let (sender, mut receiver) = mpsc::channel(places.clamp(1, Semaphore::MAX_PERMITS));
        warm_up(&sender, &mut receiver);
        (sender, Self { frames: receiver })
    }

    /// Waits for the next frame; `None` once the stream has ended and the channel is empty.
    ///
    /// # Cancel safety
    /// No frame is lost if the future is dropped.
    pub async fn recv(&mut self) -> Option<Frame> {
        self.frames.recv().await
    }

    /// Takes the next frame if there is one.
    ///
    /// # Errors
    /// [`RecvError`].
    pub fn try_recv(&mut self) -> Result<Frame, RecvError> {
        self.frames.try_recv().map_err(|error| match error {
            Tokio::Empty => RecvError::Empty,
            Tokio::Disconnected => RecvError::Closed,
        })
    }

    /// Blocks this thread until there is a frame; `None` as [`recv`](Self::recv). Not where a runtime
    /// must not be blocked.
    pub fn recv_blocking(&mut self) -> Option<Frame> {
        self.wait(None).flatten()
    }

    /// Blocks this thread until there is a frame, at most `bound` long.
    ///
    /// # Errors
    /// [`RecvError`].
    pub fn recv_timeout(&mut self, bound: Duration) -> Result<Frame, RecvError> {
        match self.try_recv() {
            Err(RecvError::Empty) => {}
            received => return received,
        }
        match self.wait(blocking::deadline(bound)) {
            None => Err(RecvError::Empty),
            Some(received) => received.ok_or(RecvError::Closed),
        }
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Option<Option<Frame>> {
        blocking::wait(self.frames.recv(), deadline)
    }
}

impl Iterator for Frames {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        self.recv_blocking()
    }
}

#[cfg(feature = "stream")]
impl futures_core::Stream for Frames {
    type Item = Frame;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Frame>> {
        self.frames.poll_recv(cx)
    }
}

/// Walks through the channel's blocks until it has as many as it will go round in, so that no
/// frame has to wait for one to be allocated.
fn warm_up(sender: &mpsc::Sender<Frame>, receiver: &mut mpsc::Receiver<Frame>) {
    // tokio's channels grow by blocks of 32.
    const THREE_BLOCKS: usize = 3 * 32;
    for _ in 0..THREE_BLOCKS {
        let Ok(nothing) = HeapBytes::zeroed(1, 1) else { return };
        let Ok(place) = sender.try_reserve() else { return };
        place.send(Frame::new(FrameMeta::default(), 0, Body::Heap(Arc::new(nothing))));
        drop(receiver.try_recv());
    }
}
