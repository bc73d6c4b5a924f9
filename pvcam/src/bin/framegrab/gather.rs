//! How the consumer waits: where frames come fast it lets some gather, so that not each of them wakes it.

use framepool::{Frames, RecvError};
use std::thread;
use std::time::Duration;

/// A file does not mind being written so much later; a thread that is woken less often leaves the processor to others,
/// and the SDK's thread, which would wake it, the time.
const LONGEST: Duration = Duration::from_millis(1);

/// Waits for frames.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gather {
    pause: Duration,
}

impl Gather {
    /// Lets frames gather that come once a `period`, as far as a quarter of what is there for them is full then.
    pub(crate) fn new(period: Duration, room: usize) -> Self {
        let quarter = u32::try_from(room / 4).unwrap_or(u32::MAX);
        let pause = LONGEST.min(period.saturating_mul(quarter));
        // Of one frame or none, a pause would save no wake-up.
        Self { pause: if pause > period { pause } else { Duration::ZERO } }
    }

    /// Takes the next frame; `None` once the stream has ended and every frame was taken.
    pub(crate) fn next<F>(self, frames: &mut Frames<F>) -> Option<F> {
        match frames.try_recv() {
            Err(RecvError::Empty) if !self.pause.is_zero() => thread::sleep(self.pause),
            Err(RecvError::Empty) => {}
            received => return received.ok(),
        }
        frames.recv_blocking()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framepool::{FrameMeta, FramePool, OnExhausted, channel};

    #[test]
    fn only_frames_that_come_fast_gather() {
        let us = Duration::from_micros;
        let pause = |period, room| Gather::new(period, room).pause;
        assert_eq!(pause(us(83), 1000), LONGEST);
        assert_eq!(pause(us(83), 16), us(4 * 83), "a quarter of the room");
        assert_eq!(pause(us(83), 7), Duration::ZERO, "no second frame has room");
        assert_eq!(pause(us(1000), 1000), Duration::ZERO, "a frame a pause");
        assert_eq!(pause(Duration::ZERO, 1000), Duration::ZERO);
    }

    #[test]
    fn every_frame_is_taken_in_order() {
        for period in [Duration::from_micros(10), Duration::from_secs(1)] {
            let pool = FramePool::try_new(64, 8).unwrap();
            let (mut intake, mut frames) = channel(pool, 64, OnExhausted::Drop);
            let gather = Gather::new(period, 64);
            let consumer = thread::spawn(move || {
                let taken = std::iter::from_fn(|| gather.next(&mut frames));
                taken.map(|frame| frame.meta().number).collect::<Vec<_>>()
            });
            for _ in 0..64 {
                intake.take(FrameMeta::default(), 8, |room| room.fill(0));
            }
            drop(intake);
            assert_eq!(consumer.join().unwrap(), (1..=64).collect::<Vec<_>>());
        }
    }
}
