//! What to do with a frame that finds no buffer, or no place.

use std::time::Duration;

/// What to do with a frame when the pool has no buffer for it: none is free, also after those were taken
/// back that wait in taps; or none is large enough, where waiting is of no use.
///
/// A bound on waiting relates to the time that the camera's own ring holds: a ring of 20 frames at 100
/// frames per second is overwritten after 200 ms, and while an intake waits nothing is taken out of it.
/// A quarter to a half of that time leaves the rest to catch up; a longer wait loses frames in the
/// ring.
///
/// # Examples
/// ```
/// use framepool::{FrameProducer, FramePool, OnExhausted};
///
/// let policy = OnExhausted::WaitThenHeap(std::time::Duration::from_millis(75));
/// let (producer, frames) = FrameProducer::options(FramePool::try_new(2, 8)?).on_exhausted(policy).build();
/// # drop((producer, frames));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnExhausted {
    /// Take memory from the heap: keeps the data, at the price of page faults.
    Heap,
    /// Drop the frame: keeps the pace. For previews.
    Drop,
    /// Wait this long for a buffer to come back, then drop the frame.
    WaitThenDrop(Duration),
    /// Wait this long for a buffer to come back, then take memory from the heap: for data that must not be
    /// lost.
    WaitThenHeap(Duration),
}

impl OnExhausted {
    pub(crate) fn ends_in_the_heap(self) -> bool {
        matches!(self, Self::Heap | Self::WaitThenHeap(_))
    }
}

/// What to do with a frame when the primary consumer's channel has no place for it.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, FrameProducer, Outcome, StopReason, WhenFull};
///
/// let options = FrameProducer::options(FramePool::try_new(2, 8)?).places(1);
/// let (producer, _frames) = options.when_full(WhenFull::Stop).build();
/// let mut intake = producer.into_intake();
/// let outcomes = [(); 2].map(|()| intake.take(FrameMeta::default(), 8, |room| room.fill(1)));
/// assert_eq!(outcomes, [Outcome::Delivered, Outcome::Stopped(StopReason::ConsumerFull)]);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// Drop it, count it, and warn.
    #[default]
    Drop,
    /// Stop the stream, and say why: for recordings that must not have gaps. Of several intakes, another
    /// one's frame may still be delivered in that moment; frames have numbers.
    Stop,
}
