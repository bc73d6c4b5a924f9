//! Times of a thread: on the wall, and on a core.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// How much of a stint a thread must have had a core for, in percent.
const ON_CORE: u32 = 95;

/// Returns how long the calling thread has run.
pub(crate) fn on_core() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stint {
    pub(crate) wall: Duration,
    pub(crate) on_core: Duration,
}

impl Stint {
    /// Does not count.
    pub(crate) const NONE: Self = Self { wall: Duration::MAX, on_core: Duration::ZERO };

    /// Measures `work`, by the thread's own clock outside of the other: reading it takes longer.
    pub(crate) fn of<R>(work: impl FnOnce() -> R) -> (Self, R) {
        let (before, start) = (on_core(), Instant::now());
        let result = work();
        let wall = start.elapsed();
        (Self { wall, on_core: on_core().saturating_sub(before) }, result)
    }

    /// Returns whether the thread had a core all the time, nearly.
    pub(crate) fn counts(self) -> bool {
        self.on_core.saturating_mul(100) >= self.wall.saturating_mul(ON_CORE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_without_a_core_spoils_its_stint() {
        let ms = Duration::from_millis;
        assert!(Stint { wall: ms(100), on_core: ms(95) }.counts());
        assert!(!Stint { wall: ms(100), on_core: ms(94) }.counts());
        assert!(!Stint::NONE.counts());
        let (stint, result) = Stint::of(|| std::thread::sleep(ms(20)));
        assert!(!stint.counts(), "{stint:?}, {result:?}");
    }
}
