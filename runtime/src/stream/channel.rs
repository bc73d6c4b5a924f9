//! A bounded channel of frames: any number of senders, which never wait, and one receiver.
//!
//! ```text
//!   sender    push; wake                    no memory is set aside after `new`
//!   receiver  pop | register, pop again     a frame that comes in between is found or wakes
//!             none, and no sender left      the end
//! ```
//!
//! The ring has more cells than the channel has places, so a sender that finds a place finds a cell that
//! the receiver is not still emptying, however slow it is; and no frame is taken back while it empties one.

use atomic_waker::AtomicWaker;
use crossbeam_queue::ArrayQueue;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// More frames than a channel can be meant to hold; a place takes 40 bytes.
const MOST: usize = 1 << 20;

/// Cells that may be in the hands of a receiver that was stopped, or of other senders.
const SPARE: usize = 8;

struct Channel<F> {
    frames: ArrayQueue<F>,
    places: usize,
    receiver: AtomicWaker,
    /// Whether frames are refused: the receiver is gone, or was told of the end.
    is_closed: AtomicBool,
    is_abandoned: AtomicBool,
    /// Whether the receiver is taking a frame out.
    is_receiving: AtomicBool,
    senders: AtomicUsize,
}

impl<F> Channel<F> {
    /// Drops every frame in it, also if a hook panics.
    fn clear(&self) {
        let mut panic = None;
        while let Some(frame) = self.frames.pop() {
            panic = catch_unwind(AssertUnwindSafe(|| drop(frame))).err().or(panic);
        }
        if let (Some(panic), false) = (panic, std::thread::panicking()) {
            resume_unwind(panic);
        }
    }
}

impl<F> fmt::Debug for Channel<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("frames", &self.frames.len())
            .field("places", &self.places)
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
pub(super) struct Sender<F>(Arc<Channel<F>>);

#[derive(Debug)]
pub(super) struct Receiver<F>(Arc<Channel<F>>);

/// Makes a channel of `places` frames, from 1 to [`MOST`].
pub(super) fn channel<F>(places: usize) -> (Sender<F>, Receiver<F>) {
    let places = places.clamp(1, MOST);
    let channel = Arc::new(Channel {
        frames: ArrayQueue::new(places + SPARE),
        places,
        receiver: AtomicWaker::new(),
        is_closed: AtomicBool::new(false),
        is_abandoned: AtomicBool::new(false),
        is_receiving: AtomicBool::new(false),
        senders: AtomicUsize::new(1),
    });
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

impl<F> Sender<F> {
    /// Returns why a frame would be refused now. A place that is free stays so until another sender
    /// takes it.
    #[inline]
    pub(super) fn refusal(&self) -> Option<Refusal> {
        // Ordering: Relaxed: a sender that learns of it late sends a frame too many (`wake`).
        if self.0.is_closed.load(Ordering::Relaxed) {
            return Some(Refusal::Closed);
        }
        (self.0.frames.len() >= self.0.places).then_some(Refusal::Full)
    }

    /// Puts a frame there; [`wake`](Self::wake) comes next. Returns the frame if other senders have taken
    /// the last places, and the spare cells.
    #[inline]
    pub(super) fn push(&self, frame: F) -> Result<(), F> {
        self.0.frames.push(frame)
    }

    /// Wakes the receiver.
    ///
    /// # Panics
    /// If its waker does.
    #[inline]
    pub(super) fn wake(&self) {
        self.0.receiver.wake();
        // Ordering: Relaxed. Waking and taking the waker are read-modify-writes of one atomic, AcqRel:
        // either this one came after the receiver's last, and sees that it is gone, or the receiver's
        // came after this one, and finds the frame.
        if self.0.is_abandoned.load(Ordering::Relaxed) {
            self.0.clear();
        }
    }

    /// Takes the oldest frame back, unless the receiver is taking one.
    pub(super) fn take_back(&self) -> Option<F> {
        // Ordering: Relaxed. If it is stale, the receiver has moved the ring's head meanwhile, by a
        // read-modify-write that the one in `pop` acquires: only one frame a sender is taken past a cell
        // that is being emptied, and there are more spare cells than that.
        if self.0.is_receiving.load(Ordering::Relaxed) {
            return None;
        }
        self.0.frames.pop()
    }

    /// Returns whether no frame is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.frames.is_empty()
    }

    /// Ends the channel for the receiver, whatever senders there are, once it has what was sent.
    pub(super) fn end(&self) {
        // Ordering: Release pairs with the receiver's Acquire.
        self.0.is_closed.store(true, Ordering::Release);
        self.0.receiver.wake();
    }
}

impl<F> Clone for Sender<F> {
    fn clone(&self) -> Self {
        // Ordering: Relaxed: this sender keeps the count above zero, and publishes nothing new.
        self.0.senders.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl<F> Drop for Sender<F> {
    fn drop(&mut self) {
        // Ordering: Release pairs with the receiver's Acquire: it finds what was sent before it learns
        // of the end.
        if self.0.senders.fetch_sub(1, Ordering::Release) == 1 {
            self.0.receiver.wake();
        }
    }
}

impl<F> Receiver<F> {
    #[inline]
    pub(super) fn try_recv(&mut self) -> Result<F, RecvError> {
        // Ordering: Relaxed, both: as in `take_back`.
        self.0.is_receiving.store(true, Ordering::Relaxed);
        let frame = self.0.frames.pop();
        self.0.is_receiving.store(false, Ordering::Relaxed);
        match frame {
            Some(frame) => Ok(frame),
            None => self.last(),
        }
    }

    /// Tells an empty channel from the end of the stream.
    #[cold]
    fn last(&mut self) -> Result<F, RecvError> {
        // Ordering: Acquire, both: pair with the Release of each sender that went, or ended it.
        let is_over =
            self.0.senders.load(Ordering::Acquire) == 0 || self.0.is_closed.load(Ordering::Acquire);
        if !is_over {
            return Err(RecvError::Empty);
        }
        self.0.frames.pop().ok_or(RecvError::Closed)
    }

    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<F>> {
        let mut received = self.try_recv();
        if let Err(RecvError::Empty) = received {
            self.0.receiver.register(cx.waker());
            received = self.try_recv();
        }
        match received {
            Err(RecvError::Empty) => Poll::Pending,
            received => Poll::Ready(received.ok()),
        }
    }

    /// Does the same for a task: one that always finds a frame lets tokio's other tasks run nevertheless.
    pub(super) fn poll_recv_in_turn(&mut self, cx: &mut Context<'_>) -> Poll<Option<F>> {
        #[cfg(feature = "tokio")]
        let turn = std::task::ready!(tokio::task::coop::poll_proceed(cx));
        let received = std::task::ready!(self.poll_recv(cx));
        #[cfg(feature = "tokio")]
        turn.made_progress();
        Poll::Ready(received)
    }
}

impl<F> Drop for Receiver<F> {
    fn drop(&mut self) {
        // Ordering: Relaxed, both: as in `Sender::wake`.
        self.0.is_closed.store(true, Ordering::Relaxed);
        self.0.is_abandoned.store(true, Ordering::Relaxed);
        drop(self.0.receiver.take());
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::FramePool;
    use crate::stream::frame::Frame;
    use crate::waiting::blocking;
    use framepool_core::frame::FrameMeta;
    use std::future::poll_fn;
    use std::thread;

    fn frame(pool: &FramePool) -> Frame {
        Frame::of(pool.try_acquire().expect("one is free"), FrameMeta::default(), 8)
    }

    fn send(sender: &Sender<Frame>, frame: Frame) {
        assert!(sender.push(frame).is_ok(), "there is a place");
        sender.wake();
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
        send(&sender, frame(&pool));
        assert_eq!(sender.refusal(), None);
        send(&sender, frame(&pool));
        assert_eq!(sender.refusal(), Some(Refusal::Full));
        drop(receiver.try_recv());
        assert_eq!(sender.refusal(), None);
        drop(receiver);
        assert_eq!(sender.refusal(), Some(Refusal::Closed));
        assert_eq!(pool.available(), 3, "what was not received is dropped");
    }

    #[test]
    fn a_frame_that_comes_too_late_is_not_kept() {
        let pool = FramePool::try_new(1, 8).expect("there is memory");
        let (sender, receiver) = channel(2);
        assert_eq!(sender.refusal(), None);
        drop(receiver);
        send(&sender, frame(&pool));
        assert_eq!(pool.available(), 1);
    }

    #[test]
    fn it_can_be_ended_though_senders_live() {
        let pool = FramePool::try_new(1, 8).expect("there is memory");
        let (sender, mut receiver) = channel(2);
        send(&sender, frame(&pool));
        sender.end();
        assert_eq!(sender.refusal(), Some(Refusal::Closed));
        assert!(receiver.try_recv().is_ok());
        assert_eq!(receiver.try_recv().err(), Some(RecvError::Closed));
    }

    #[test]
    fn the_end_comes_after_the_last_frame() {
        let pool = FramePool::try_new(1, 8).expect("there is memory");
        let (sender, mut receiver) = channel(2);
        let other = sender.clone();
        drop(sender);
        assert_eq!(receiver.try_recv().err(), Some(RecvError::Empty));
        send(&other, frame(&pool));
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
                        send(&sender, Frame::of(buffer, FrameMeta::default(), 8));
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
