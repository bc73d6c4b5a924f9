//! What a pool can tell about itself without slowing the fast path.

use crate::sync::{Ordering, Statistic};

/// Describes a pool at one moment: a snapshot, stale as soon as it is read.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// let pool = Pool::new([0_u8; 4]);
/// let loans = [pool.try_acquire(), pool.try_acquire()];
/// drop(loans);
/// let stats = pool.stats();
/// assert_eq!((stats.capacity, stats.available, stats.high_water), (4, 4, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Stats {
    /// Slots in the pool.
    pub capacity: usize,
    /// Slots free at the moment of reading.
    pub available: usize,
    /// Most slots ever on loan at once.
    pub high_water: usize,
}

/// The high-water mark, kept by the claims that raise it: at most `capacity` in a pool's life.
///
/// The lowest free slot is always claimed, so whoever claims slot `i` saw slots `0..i` on loan at
/// that instant: the mark is one more than the highest index ever lent.
#[derive(Debug)]
pub(crate) struct HighWater {
    mark: Statistic,
}

impl HighWater {
    pub(crate) const fn new() -> Self {
        Self { mark: Statistic::new(0) }
    }

    #[inline(always)]
    pub(crate) fn note(&self, index: usize) {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        if index >= self.mark.load(Ordering::Relaxed) {
            self.raise(index + 1);
        }
    }

    #[cold]
    fn raise(&self, mark: usize) {
        // Ordering: Relaxed: a statistic; the maximum alone matters.
        self.mark.fetch_max(mark, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> usize {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        self.mark.load(Ordering::Relaxed)
    }
}
