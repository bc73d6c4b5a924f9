//! A bounded channel of frames: any number of senders, which never wait, and one receiver.
//!
//! ```text
//!   sender    push; wake                    no memory is set aside after `new`
//!   receiver  pop | register, pop again     a frame that comes in between is found or wakes
//!             none, and no sender left      the end
//! ```

use crate::stream::frame::Frame;
use atomic_waker::AtomicWaker;
use crossbeam_queue::ArrayQueue;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// More frames than a channel can be meant to hold; a place takes 40 bytes.
const MOST: usize = 1 << 20;

struct Channel {
    frames: ArrayQueue<Frame>,
    receiver: AtomicWaker,
    /// Whether the receiver is gone.
    is_closed: AtomicBool,
    senders: AtomicUsize,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("frames", &self.frames.len())
            .field("places", &self.frames.capacity())
            .finish_non_exhaustive()
    }
}

/// Says why a channel does not take a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has no place now.
    Full,
    /// Its receiver is gone.
    Closed,
}

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
// A word, as what it lies over in a `Result<Frame, _>`, whose moves would be cut into bytes else.
#[repr(usize)]
pub enum RecvError {
    /// There is none now, or none came in time: try again.
    #[error("no frame has arrived yet")]
    Empty,
    /// The stream has ended, and every frame was received: trying again cannot help.
    #[error("the stream has ended")]
    Closed,
}

#[derive(Debug)]
pub(super) struct Sender(Arc<Channel>);

#[derive(Debug)]
pub(super) struct Receiver(Arc<Channel>);

/// Makes a channel of `places` frames, from 1 to [`MOST`].
pub(super) fn channel(places: usize) -> (Sender, Receiver) {
    let channel = Arc::new(Channel {
        frames: ArrayQueue::new(places.clamp(1, MOST)),
        receiver: AtomicWaker::new(),
        is_closed: AtomicBool::new(false),
        senders: AtomicUsize::new(1),
    });
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

impl Sender {
    /// Returns why a frame would be refused now. A place that is free stays so until another sender
    /// takes it.
    #[inline]
    pub(super) fn refusal(&self) -> Option<Refusal> {
        // Ordering: Relaxed: who learns of it late sends a frame that is dropped with the channel.
        if self.0.is_closed.load(Ordering::Relaxed) {
            return Some(Refusal::Closed);
        }
        self.0.frames.is_full().then_some(Refusal::Full)
    }

    /// Sends a frame. Returns it if there is no place.
    #[inline]
    pub(super) fn send(&self, frame: Frame) -> Result<(), Frame> {
        self.0.frames.push(frame)?;
        self.0.receiver.wake();
        Ok(())
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        // Ordering: Relaxed: this sender keeps the count above zero, and publishes nothing new.
        self.0.senders.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // Ordering: Release pairs with the receiver's Acquire: it finds what was sent before it learns
        // of the end.
        if self.0.senders.fetch_sub(1, Ordering::Release) == 1 {
            self.0.receiver.wake();
        }
    }
}

impl Receiver {
    #[inline]
    pub(super) fn try_recv(&mut self) -> Result<Frame, RecvError> {
        match self.0.frames.pop() {
            Some(frame) => Ok(frame),
            None => self.last(),
        }
    }

    /// Tells an empty channel from the end of the stream.
    #[cold]
    fn last(&mut self) -> Result<Frame, RecvError> {
        // Ordering: Acquire pairs with the Release of each sender that went.
        if self.0.senders.load(Ordering::Acquire) != 0 {
            return Err(RecvError::Empty);
        }
        self.0.frames.pop().ok_or(RecvError::Closed)
    }

    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        // A consumer that always finds a frame lets tokio's other tasks run nevertheless.
        #[cfg(feature = "tokio")]
        let budget = std::task::ready!(tokio::task::coop::poll_proceed(cx));
        let mut received = self.try_recv();
        if let Err(RecvError::Empty) = received {
            self.0.receiver.register(cx.waker());
            received = self.try_recv();
        }
        if let Err(RecvError::Empty) = received {
            return Poll::Pending;
        }
        #[cfg(feature = "tokio")]
        budget.made_progress();
        Poll::Ready(received.ok())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Ordering: Relaxed: as where it is read.
        self.0.is_closed.store(true, Ordering::Relaxed);
        while let Some(frame) = self.0.frames.pop() {
            drop(frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::FramePool;
    use crate::waiting::blocking;
    use std::future::poll_fn;
    use std::thread;

    fn frame(pool: &FramePool) -> Frame {
        Frame::new(pool.try_acquire().expect("one is free"), None)
    }

    #[test]
    fn frames_move_in_few_registers() {
        assert_eq!(size_of::<Frame>(), 32);
        assert_eq!(size_of::<Option<Frame>>(), 32);
    }

    #[test]
    fn it_refuses_when_full_and_when_its_receiver_is_gone() {
        let pool = FramePool::try_new(3, 8).expect("there is memory");
        let (sender, mut receiver) = channel(2);
        assert!(sender.send(frame(&pool)).is_ok());
        assert_eq!(sender.refusal(), None);
        assert!(sender.send(frame(&pool)).is_ok());
        assert_eq!(sender.refusal(), Some(Refusal::Full));
        assert!(sender.send(frame(&pool)).is_err());
        drop(receiver.try_recv());
        assert_eq!(sender.refusal(), None);
        drop(receiver);
        assert_eq!(sender.refusal(), Some(Refusal::Closed));
        assert_eq!(pool.available(), 3, "what was not received is dropped");
    }

    #[test]
    fn the_end_comes_after_the_last_frame() {
        let pool = FramePool::try_new(1, 8).expect("there is memory");
        let (sender, mut receiver) = channel(2);
        let other = sender.clone();
        drop(sender);
        assert_eq!(receiver.try_recv().err(), Some(RecvError::Empty));
        assert!(other.send(frame(&pool)).is_ok());
        drop(other);
        assert!(receiver.try_recv().is_ok());
        assert_eq!(receiver.try_recv().err(), Some(RecvError::Closed));
    }

    /// The receiver sleeps again and again, so a lost wake-up hangs.
    #[test]
    fn no_wake_up_is_lost() {
        const FRAMES: usize = 20_000;
        let pool = FramePool::try_new(4, 8).expect("there is memory");
        let (sender, mut receiver) = channel(4);
        let senders: Vec<_> = [sender.clone(), sender]
            .into_iter()
            .map(|sender| {
                let pool = pool.clone();
                thread::spawn(move || {
                    for _ in 0..FRAMES {
                        let buffer = pool.acquire_blocking().expect("it is open");
                        assert!(sender.send(Frame::new(buffer, None)).is_ok(), "as many places");
                    }
                })
            })
            .collect();
        let mut received = 0;
        while let Some(Some(_)) = blocking::wait(poll_fn(|cx| receiver.poll_recv(cx)), None) {
            received += 1;
        }
        assert_eq!(received, 2 * FRAMES);
        senders.into_iter().for_each(|sender| sender.join().expect("no panic"));
    }
}
