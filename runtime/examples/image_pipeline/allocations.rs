//! Counts what is taken from the heap: on whose account, and inside which crate.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The system's allocator, which counts.
pub(crate) struct Counting;

/// What is charged with the allocations of every thread, rayon's own included.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account {
    /// Nothing that is compared.
    Other,
    PooledSetUp,
    PooledWarmUp,
    PooledBatches,
    FreshWarmUp,
    FreshBatches,
}

/// What a thread is in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// Neither of the two below.
    Ours,
    Resizing,
    Encoding,
}

/// Blocks and bytes taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) blocks: u64,
    pub(crate) bytes: u64,
}

struct Counter {
    blocks: AtomicU64,
    bytes: AtomicU64,
}

const PLACES: usize = Place::Encoding as usize + 1;
const ACCOUNTS: usize = Account::FreshBatches as usize + 1;

static COUNTERS: [[Counter; PLACES]; ACCOUNTS] =
    [const { [const { Counter { blocks: AtomicU64::new(0), bytes: AtomicU64::new(0) } }; PLACES] };
        ACCOUNTS];
static ACCOUNT: AtomicUsize = AtomicUsize::new(Account::Other as usize);

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Ours) };
}

/// Charges `account` with what `work` allocates, on all threads.
pub(crate) fn charged<R>(account: Account, work: impl FnOnce() -> R) -> R {
    // Ordering: Relaxed: what starts a thread's share of the work, and ends it, makes this visible.
    let before = ACCOUNT.swap(account as usize, Ordering::Relaxed);
    let result = work();
    // Ordering: Relaxed: as above.
    ACCOUNT.store(before, Ordering::Relaxed);
    result
}

/// Counts what `work` allocates on this thread at `place`.
pub(crate) fn inside<R>(place: Place, work: impl FnOnce() -> R) -> R {
    let before = PLACE.replace(place);
    let result = work();
    PLACE.set(before);
    result
}

/// Returns what an account was charged with at a place.
pub(crate) fn taken(account: Account, place: Place) -> Taken {
    let Counter { blocks, bytes } = &COUNTERS[account as usize][place as usize];
    // Ordering: Relaxed: what ended the threads' work has made their counts visible.
    Taken { blocks: blocks.load(Ordering::Relaxed), bytes: bytes.load(Ordering::Relaxed) }
}

fn count(bytes: usize) {
    let place = PLACE.try_with(Cell::get).unwrap_or(Place::Ours);
    // Ordering: Relaxed: as in `charged`.
    let counter = &COUNTERS[ACCOUNT.load(Ordering::Relaxed)][place as usize];
    // Ordering: Relaxed: a statistic, which publishes nothing.
    counter.blocks.fetch_add(1, Ordering::Relaxed);
    // Ordering: Relaxed: a statistic, which publishes nothing.
    counter.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
}

// SAFETY: every call is passed on to the system's allocator; counting does not allocate or unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller has the same duties.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller has the same duties.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        // SAFETY: the caller has the same duties.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller has the same duties.
        unsafe { System.dealloc(block, layout) }
    }
}
