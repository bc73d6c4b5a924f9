//! What a thread has used up: blocks of the heap, and page faults.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

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

/// Blocks and page faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Expense {
    pub(crate) blocks: u64,
    /// `None` on systems that do not count them for each thread.
    pub(crate) faults: Option<u64>,
}

impl Expense {
    /// Returns what the calling thread has used up so far.
    pub(crate) fn so_far() -> Self {
        Self { blocks: ALLOCATIONS.get(), faults: page_faults() }
    }
}

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
    fn a_block_and_fresh_pages_show() {
        let before = Expense::so_far();
        // So large that the allocator maps new pages.
        let mut fresh = vec![0_u8; 64 << 20];
        for page in fresh.chunks_mut(4096) {
            page[0] = 1;
        }
        std::hint::black_box(&fresh);
        let after = Expense::so_far();
        assert_eq!(after.blocks - before.blocks, 1);
        if let Some((after, before)) = after.faults.zip(before.faults) {
            assert!(after - before >= 16, "pages of 4 MB at the most");
        }
    }
}
