//! What a thread's frames cost: heap allocations and page faults.

use crate::expense::Expense;
use std::thread::{self, ThreadId};

/// Allocations and page faults of one thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) frames: u64,
    pub(crate) allocations: u64,
    /// `None` on systems that do not count them for each thread.
    pub(crate) page_faults: Option<u64>,
}

/// Returns the number of frames after which everything has been used once, such as buffers that are
/// made lazily and pages of code; at most half of a short run.
pub(crate) fn warm_up(limit: Option<u64>) -> u64 {
    limit.map_or(20, |frames| (frames / 2).clamp(1, 20))
}

/// Measures the thread that calls it, frame by frame.
#[derive(Debug)]
pub(crate) struct Probe {
    warm_up: u64,
    frames: u64,
    at_warm_up: Cost,
    newest: Cost,
    thread: Option<ThreadId>,
}

impl Probe {
    /// Makes a probe that does not count the first `warm_up` frames, at least one.
    pub(crate) fn new(warm_up: u64) -> Self {
        let (at_warm_up, newest) = (Cost::default(), Cost::default());
        Self { warm_up, frames: 0, at_warm_up, newest, thread: None }
    }

    /// Counts a frame that the calling thread has finished. If another thread did before, the measurement begins with
    /// this frame.
    pub(crate) fn frame_done(&mut self) {
        self.frames += 1;
        if self.frames < self.warm_up {
            return;
        }
        let Expense { blocks, faults } = Expense::so_far();
        let now = Cost { frames: self.frames, allocations: blocks, page_faults: faults };
        let is_other = self.thread.replace(thread::current().id()) != Some(thread::current().id());
        if self.frames == self.warm_up || is_other {
            self.at_warm_up = now;
        }
        self.newest = now;
    }

    /// Returns the cost of the frames after the warm-up.
    pub(crate) fn cost(&self) -> Cost {
        let (then, now) = (self.at_warm_up, self.newest);
        Cost {
            frames: now.frames - then.frames,
            allocations: now.allocations - then.allocations,
            page_faults: now.page_faults.zip(then.page_faults).map(|(now, then)| now - then),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_are_measured_too() {
        let warm_ups = [None, Some(200), Some(30), Some(1)].map(warm_up);
        assert_eq!(warm_ups, [20, 20, 15, 1]);
    }

    #[test]
    fn only_what_comes_after_the_warm_up_counts() {
        let mut probe = Probe::new(20);
        for frame in 0..30 {
            if frame % 2 == 0 {
                drop(std::hint::black_box(Box::new(frame)));
            }
            probe.frame_done();
        }
        let cost = probe.cost();
        assert_eq!((cost.frames, cost.allocations), (10, 5));
    }

    #[test]
    fn a_frame_on_another_thread_begins_anew() {
        let mut probe = Probe::new(1);
        drop(std::hint::black_box(vec![0; 64]));
        probe.frame_done();
        thread::scope(|scope| {
            scope.spawn(|| {
                probe.frame_done();
                drop(std::hint::black_box(Box::new(1)));
                probe.frame_done();
            });
        });
        assert_eq!((probe.cost().frames, probe.cost().allocations), (1, 1));
    }
}
