//! What a thread's frames cost: heap allocations and page faults.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread::{self, ThreadId};

/// The system's allocator, with a count of allocations for each thread.
pub(crate) struct CountingAllocator;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // Allocations of a thread that is ending are not counted.
    let _ending = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: every call is passed on to the system's allocator; counting does not allocate or unwind.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller has the same duties.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller has the same duties.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller has the same duties.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller has the same duties.
        unsafe { System.dealloc(block, layout) }
    }
}

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
        let now = Cost {
            frames: self.frames,
            allocations: ALLOCATIONS.get(),
            page_faults: page_faults(),
        };
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

/// Returns the page faults of this thread so far.
#[cfg(target_os = "linux")]
fn page_faults() -> Option<u64> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: room for the structure that the call writes.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
    // SAFETY: zeros are a valid `rusage`, and the call wrote one.
    let usage = unsafe { usage.assume_init() };
    (answer == 0).then(|| u64::try_from(usage.ru_minflt + usage.ru_majflt).unwrap_or_default())
}

#[cfg(not(target_os = "linux"))]
fn page_faults() -> Option<u64> {
    None
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

    #[test]
    #[cfg(target_os = "linux")]
    fn touching_fresh_pages_shows() {
        let mut probe = Probe::new(1);
        probe.frame_done();
        // So large that the allocator maps new pages.
        let mut fresh = vec![0_u8; 64 << 20];
        for page in fresh.chunks_mut(4096) {
            page[0] = 1;
        }
        std::hint::black_box(&fresh);
        probe.frame_done();
        assert!(probe.cost().page_faults.unwrap() >= 16, "pages of 4 MB at the most");
    }
}
