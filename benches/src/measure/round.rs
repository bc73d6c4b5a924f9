//! When a round counts.
//!
//! ```text
//!   thread 1      |==========================|
//!   thread 2           |===========================|
//!                      |<---- overlap ------>|             at least OVERLAP of the whole
//!                 |<----------- span ------------->|
//! ```
//! Each thread must also have had a core for its own run: time on a core, as the system counts it, at
//! least ON_CORE of the time on the wall. What a hypervisor takes away is in both, and is not seen.

use rustix::time::{ClockId, Timespec, clock_gettime};
use std::time::{Duration, Instant};

/// How much of its run a thread must have had a core for, in percent.
const ON_CORE: u32 = 95;

/// How much of the time from the first start to the last end all threads must have run, in percent.
const OVERLAP: u32 = 60;

/// One thread's turns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    /// Time that the thread had a core.
    pub(crate) on_core: Duration,
}

/// Reads both clocks, the thread's own outside of the other: reading it takes longer.
#[derive(Debug)]
pub(crate) struct Started {
    start: Instant,
    on_core: Timespec,
}

impl Started {
    #[inline(never)]
    pub(crate) fn now() -> Self {
        let on_core = clock_gettime(ClockId::ThreadCPUTime);
        Self { on_core, start: Instant::now() }
    }

    #[inline(never)]
    pub(crate) fn end(self) -> Run {
        let end = Instant::now();
        let on_core = clock_gettime(ClockId::ThreadCPUTime) - self.on_core;
        let on_core = on_core.try_into().unwrap_or(Duration::ZERO);
        Run { start: self.start, end, on_core }
    }
}

/// Returns the time from the first start to the last end.
pub(crate) fn span(runs: &[Run]) -> Duration {
    let start = runs.iter().map(|run| run.start).min();
    let end = runs.iter().map(|run| run.end).max();
    start.zip(end).map_or(Duration::ZERO, |(start, end)| end - start)
}

/// Returns the time during which all of them ran.
fn overlap(runs: &[Run]) -> Duration {
    let start = runs.iter().map(|run| run.start).max();
    let end = runs.iter().map(|run| run.end).min();
    start.zip(end).map_or(Duration::ZERO, |(start, end)| end.saturating_duration_since(start))
}

/// Returns whether each thread had a core, and all of them ran at the same time.
pub(crate) fn counts(runs: &[Run]) -> bool {
    let had_a_core =
        |run: &Run| run.on_core * 100 >= run.end.saturating_duration_since(run.start) * ON_CORE;
    runs.iter().all(had_a_core) && overlap(runs) * 100 >= span(runs) * OVERLAP
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs from and to these milliseconds, with this much time on a core.
    fn runs<const N: usize>(runs: [(u64, u64, u64); N]) -> [Run; N] {
        let zero = Instant::now();
        runs.map(|(start, end, on_core)| Run {
            start: zero + Duration::from_millis(start),
            end: zero + Duration::from_millis(end),
            on_core: Duration::from_millis(on_core),
        })
    }

    #[test]
    fn a_thread_without_a_core_spoils_the_round() {
        assert!(counts(&runs([(0, 100, 95)])));
        assert!(!counts(&runs([(0, 100, 94)])));
        assert!(counts(&runs([(0, 100, 95), (0, 100, 100)])));
        assert!(!counts(&runs([(0, 100, 100), (0, 100, 94)])), "whichever thread it is");
        assert!(!counts(&runs([(0, 100, 94), (0, 100, 100)])));
    }

    #[test]
    fn runs_one_after_the_other_are_not_contended() {
        assert!(counts(&runs([(0, 80, 80), (20, 100, 80)])), "60 of 100 at the same time");
        assert!(!counts(&runs([(0, 80, 80), (21, 100, 79)])));
        assert!(!counts(&runs([(0, 50, 50), (50, 100, 50)])));
        assert!(!counts(&runs([(0, 10, 10), (90, 100, 10)])));
        assert!(!counts(&runs([(0, 100, 100), (30, 80, 50)])), "the one within the other");
        assert!(counts(&runs([(0, 100, 100), (20, 80, 60)])));
    }

    #[test]
    fn the_span_is_from_the_first_start_to_the_last_end() {
        assert_eq!(span(&runs([(5, 80, 0), (20, 100, 0), (1, 2, 0)])), Duration::from_millis(99));
        assert_eq!(span(&[]), Duration::ZERO);
    }

    #[test]
    fn a_thread_that_sleeps_has_no_core() {
        let started = Started::now();
        std::thread::sleep(Duration::from_millis(20));
        let run = started.end();
        assert!(!counts(&[run]), "{run:?}");
    }
}
