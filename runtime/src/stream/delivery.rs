//! From a driver's thread to one consumer: every frame is delivered, or dropped for a counted
//! reason.

use super::metrics::{Counter, Metrics};
use super::timing::Timing;
use super::warning::RateLimit;
use crate::error::AcquireError;
use crate::pool::{Buffers, FramePool, PooledBuffer};
use framepool_core::Acquirer;
use framepool_core::frame::{FrameData, FrameMeta};
use framepool_core::storage::HeapBytes;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, error::TrySendError};

/// What to do with a frame when the pool has no buffer for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnExhausted {
    /// Take memory from the heap: keeps the data, at the price of page faults.
    Heap,
    /// Drop the frame: keeps the pace.
    Drop,
    /// Wait this long for a buffer to come back, then drop the frame. Well under the time that
    /// the camera's own ring holds, or frames are lost there instead.
    Wait(Duration),
}

/// Where a delivered frame's bytes are.
#[derive(Debug)]
#[non_exhaustive]
pub enum Buffer {
    /// In a slot of the pool.
    Pooled(PooledBuffer),
    /// On the heap.
    Heap(HeapBytes),
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Pooled(loan) => loan,
            Self::Heap(bytes) => bytes.as_ref(),
        }
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Pooled(loan) => loan,
            Self::Heap(bytes) => bytes.as_mut(),
        }
    }
}

/// A frame on its way to, or at, the consumer. Dropping it gives its buffer back.
pub type Frame = FrameData<Buffer>;

/// Says that a frame's bytes were gone before they could be copied: it counts as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the frame was overwritten before it was copied")]
pub struct Unfilled;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is in the consumer's channel.
    Delivered,
    /// It was dropped, and counted by its cause; the next one may fare better.
    Dropped,
    /// Its bytes were gone ([`Unfilled`]); counted as lost.
    Lost,
    /// It was dropped, and so will be every later one: the consumer or the pool is gone. Stop.
    Closed,
}

/// The driver's end: takes frames in.
#[derive(Debug)]
pub struct Intake {
    pool: FramePool,
    buffers: Acquirer<Buffers>,
    frames: mpsc::Sender<Frame>,
    on_exhausted: OnExhausted,
    metrics: Arc<Metrics>,
    acquire: Timing,
    fill: Timing,
    exhausted_warnings: RateLimit,
    full_warnings: RateLimit,
}

/// The consumer's end: a bounded channel of frames.
#[derive(Debug)]
pub struct Frames {
    frames: mpsc::Receiver<Frame>,
    metrics: Arc<Metrics>,
}

/// Connects a driver with its primary consumer by a channel of `places` frames, at least one, and
/// at most what tokio's channels can count (a number that memory runs out before).
///
/// With more places than the pool has buffers the pool is what runs out first; with fewer, a slow
/// consumer shows as a full channel.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, Outcome, channel};
///
/// let pool = FramePool::try_new(4, 64)?;
/// let (mut intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
///
/// // In the driver's callback:
/// let outcome = intake.take(FrameMeta::default(), 64, |slot| {
///     slot.fill(7);
///     Ok(())
/// });
/// assert_eq!(outcome, Outcome::Delivered);
///
/// // In the consumer:
/// let frame = frames.recv_blocking().expect("one was sent");
/// assert_eq!(frame.view().bytes(), [7; 64]);
/// assert!(intake.metrics().report().is_conserved());
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[must_use]
pub fn channel(pool: FramePool, places: usize, on_exhausted: OnExhausted) -> (Intake, Frames) {
    let (sender, mut receiver) = mpsc::channel(places.clamp(1, Semaphore::MAX_PERMITS));
    warm_up(&sender, &mut receiver);
    let metrics = Arc::new(Metrics::default());
    let intake = Intake {
        buffers: pool.acquirer(),
        pool,
        frames: sender,
        on_exhausted,
        metrics: Arc::clone(&metrics),
        acquire: Timing::new(),
        fill: Timing::new(),
        exhausted_warnings: RateLimit::default(),
        full_warnings: RateLimit::default(),
    };
    (intake, Frames { frames: receiver, metrics })
}

/// Walks through the channel's blocks until it has as many as it will go round in, so that no
/// frame has to wait for one to be allocated.
fn warm_up(sender: &mpsc::Sender<Frame>, receiver: &mut mpsc::Receiver<Frame>) {
    // tokio's channels grow by blocks of 32.
    const THREE_BLOCKS: usize = 3 * 32;
    for _ in 0..THREE_BLOCKS {
        let Ok(nothing) = HeapBytes::zeroed(1, 1) else { return };
        let Ok(place) = sender.try_reserve() else { return };
        place.send(FrameData::new(Buffer::Heap(nothing)));
        drop(receiver.try_recv());
    }
}

impl Intake {
    /// Takes in one frame of `len` bytes, which `fill` writes into the buffer that it is given.
    ///
    /// Blocks only under [`OnExhausted::Wait`]. `meta.number` is set here: frames seen, from 1.
    /// A frame that has no place to go is dropped before it is copied. A `fill` that panics has
    /// lost its frame.
    pub fn take(
        &mut self,
        mut meta: FrameMeta,
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), Unfilled>,
    ) -> Outcome {
        let metrics = Arc::clone(&self.metrics);
        // A place first: a frame that the channel refuses is not worth the copy.
        let place = match self.frames.try_reserve() {
            Ok(place) => place,
            Err(TrySendError::Full(())) => {
                if let Some(dropped) = self.full_warnings.count(Instant::now()) {
                    tracing::warn!(dropped, "the consumer's channel is full, frames are dropped");
                }
                return drop_frame(&metrics, &metrics.channel_full);
            }
            Err(TrySendError::Closed(())) => {
                tracing::error!("the consumer is gone, the stream stops");
                drop_frame(&metrics, &metrics.closed);
                return Outcome::Closed;
            }
        };

        let start = Instant::now();
        let pooled = self.buffers.try_acquire();
        self.acquire.record(start.elapsed());
        let (buffer, delivered, hit) = match pooled {
            Some(loan) => (Buffer::Pooled(loan), &metrics.pooled, true),
            None if self.pool.is_closed() => {
                drop_frame(&metrics, &metrics.closed);
                return Outcome::Closed;
            }
            None => {
                metrics.misses.add(1);
                if let Some(misses) = self.exhausted_warnings.count(Instant::now()) {
                    let (policy, stats) = (self.on_exhausted, self.pool.stats());
                    tracing::warn!(misses, ?policy, capacity = stats.capacity, "no free buffer");
                }
                match replacement(&self.pool, self.on_exhausted, len, &metrics) {
                    Ok((buffer, delivered)) => (buffer, delivered, false),
                    Err(outcome) => return outcome,
                }
            }
        };

        let mut frame = FrameData::new(buffer);
        let Ok(room) = frame.room(len) else {
            // The camera's frames have outgrown the pool's buffers: nothing of it can be shown.
            tracing::error!(len, "a frame is larger than the pool's buffers");
            return drop_frame(&metrics, &metrics.exhausted);
        };
        let start = Instant::now();
        let unless_filled = Lost(&metrics);
        if fill(room).is_err() {
            return Outcome::Lost;
        }
        std::mem::forget(unless_filled);
        self.fill.record(start.elapsed());
        metrics.seen.add(1);
        if hit {
            metrics.hits.add(1);
        }
        delivered.add(1);
        meta.number = metrics.seen.get();
        frame.meta = meta;
        place.send(frame);
        Outcome::Delivered
    }

    /// Counts frames that were gone before they were seen.
    pub fn count_lost(&mut self, frames: u64) {
        self.metrics.lost.add(frames);
    }

    /// Returns the counters, which live on when the intake is gone.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Returns how long asking the pool for a buffer took, frame by frame.
    #[must_use]
    pub fn acquire_timing(&self) -> &Timing {
        &self.acquire
    }

    /// Returns how long filling a buffer took, frame by frame.
    #[must_use]
    pub fn fill_timing(&self) -> &Timing {
        &self.fill
    }

    /// Returns the pool.
    #[must_use]
    pub fn pool(&self) -> &FramePool {
        &self.pool
    }
}

/// Counts a frame as lost when it is dropped, also while `fill` unwinds.
struct Lost<'m>(&'m Metrics);

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        self.0.lost.add(1);
    }
}

fn drop_frame(metrics: &Metrics, cause: &Counter) -> Outcome {
    metrics.seen.add(1);
    cause.add(1);
    Outcome::Dropped
}

/// Finds a buffer elsewhere, as the policy says, and the counter of its kind.
fn replacement<'m>(
    pool: &FramePool,
    policy: OnExhausted,
    len: usize,
    metrics: &'m Metrics,
) -> Result<(Buffer, &'m Counter), Outcome> {
    match policy {
        OnExhausted::Heap => match HeapBytes::zeroed(len, size_of::<u64>()) {
            Ok(bytes) => Ok((Buffer::Heap(bytes), &metrics.heap)),
            Err(_no_memory) => Err(drop_frame(metrics, &metrics.exhausted)),
        },
        OnExhausted::Drop => Err(drop_frame(metrics, &metrics.exhausted)),
        OnExhausted::Wait(bound) => match pool.acquire_timeout_blocking(bound) {
            Ok(loan) => Ok((Buffer::Pooled(loan), &metrics.pooled)),
            Err(AcquireError::TimedOut) => Err(drop_frame(metrics, &metrics.timeout)),
            Err(AcquireError::Closed) => {
                drop_frame(metrics, &metrics.closed);
                Err(Outcome::Closed)
            }
        },
    }
}

impl Frames {
    /// Waits for the next frame; `None` once the intake is gone and the channel empty.
    ///
    /// # Cancel safety
    /// No frame is lost if the future is dropped.
    pub async fn recv(&mut self) -> Option<Frame> {
        self.frames.recv().await
    }

    /// Blocks this thread until there is a frame; `None` as [`recv`](Self::recv).
    ///
    /// # Panics
    /// Within a tokio runtime, which must not be blocked.
    pub fn recv_blocking(&mut self) -> Option<Frame> {
        self.frames.blocking_recv()
    }

    /// Returns the counters, which live on when both ends are gone.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }
}
