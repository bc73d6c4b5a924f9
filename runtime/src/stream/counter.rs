//! A counter with one writer and any number of readers.

use std::sync::atomic::{AtomicU64, Ordering};

/// A counter that one thread advances and others read.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, n: u64) {
        // Ordering: Relaxed: a statistic, which publishes nothing. One writer, so no
        // read-modify-write is needed.
        self.0.store(self.get() + n, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        self.0.load(Ordering::Relaxed)
    }
}
