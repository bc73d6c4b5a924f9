//! Buffers of a pool that are free for sequences: gathered until those of a whole run are there, then filled, one after the
//! other, and lent.
//!
//! ```text
//!   index   0  1  2 | 3  4  5          runs of 3
//!           x  x  x | .  x  .          here: those of run 0 are there, of run 1 two are still lent
//! ```

use framepool::{FramePool, PooledBuffer};
use std::fmt;
use std::ptr::NonNull;

/// The buffers of a pool, by index, as far as they are here.
pub(crate) struct Slots {
    pool: FramePool,
    here: Box<[Option<PooledBuffer>]>,
    /// Buffers of a run.
    frames: usize,
    /// The run that is looked at first.
    next: usize,
}

/// A run whose buffers are all here: the index of the first, and its address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    first: usize,
    pub(crate) start: NonNull<u8>,
}

// SAFETY: an index and an address. The code that gives the memory away says why it may (I10).
unsafe impl Send for Run {}

impl Slots {
    /// Takes runs of so many buffers out of a pool, whose buffers are adjacent.
    pub(crate) fn new(pool: FramePool, frames: usize) -> Self {
        let mut here = Vec::new();
        here.resize_with(pool.capacity(), || None);
        Self { pool, here: here.into_boxed_slice(), frames: frames.max(1), next: 0 }
    }

    /// Takes a buffer of the pool, which has come back.
    pub(crate) fn put(&mut self, buffer: PooledBuffer) {
        let index = buffer.index();
        self.here[index] = Some(buffer);
    }

    /// Takes all free buffers of the pool, and returns a run that is whole then, if there is one. Allocates nothing.
    pub(crate) fn whole_run(&mut self) -> Option<Run> {
        while let Some(buffer) = self.pool.try_acquire() {
            self.put(buffer);
        }
        let runs = self.here.len() / self.frames;
        let run = (0..runs).map(|run| (self.next + run) % runs).find(|run| {
            let first = run * self.frames;
            self.here[first..first + self.frames].iter().all(Option::is_some)
        })?;
        self.next = run + 1;
        let first = run * self.frames;
        let mut start = None;
        for buffer in self.here[first..first + self.frames].iter_mut().flatten() {
            let address = buffer.as_mut_ptr().expose_provenance();
            start = start.or(Some(address));
        }
        // What fills the run reaches the whole of it from its start.
        let start = NonNull::new(std::ptr::with_exposed_provenance_mut(start?))?;
        Some(Run { first, start })
    }

    /// Takes out one of a run's buffers, by its number in the run.
    pub(crate) fn take(&mut self, run: Run, number: usize) -> Option<PooledBuffer> {
        self.here.get_mut(run.first + number).filter(|_| number < self.frames)?.take()
    }

    /// Forgets what is left of a run: a device may go on writing it for ever.
    pub(crate) fn leak(&mut self, run: Run) {
        for buffer in self.here[run.first..].iter_mut().take(self.frames) {
            std::mem::forget(buffer.take());
        }
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the buffers: to show one is to look at it, and a device may be writing it.
        f.debug_struct("Slots")
            .field("buffers", &self.here.len())
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_whole_when_all_its_buffers_are_back() {
        let pool = FramePool::options(7, 8).adjacent().build().expect("a small pool");
        let mut slots = Slots::new(pool.clone(), 3);
        let first = slots.whole_run().expect("all are free");
        let lent: Vec<_> = (0..3).filter_map(|number| slots.take(first, number)).collect();
        assert_eq!(lent.iter().map(PooledBuffer::index).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(lent[0].as_ptr(), first.start.as_ptr().cast_const());
        let second = slots.whole_run().expect("of the other three");
        assert_eq!(second.start.addr().get() - first.start.addr().get(), 3 * 8);
        let other = slots.take(second, 0);
        assert!(
            slots.whole_run().is_none() && slots.take(second, 3).is_none(),
            "no run has so many"
        );
        drop(other);
        assert!(slots.whole_run().is_some_and(|run| run.first == 3));
        drop(lent);
        assert!(slots.whole_run().is_some_and(|run| run.first == 0));
        slots.leak(first);
        drop(slots);
        assert_eq!(pool.available(), 7 - 3, "those of a run are leaked");
    }
}
