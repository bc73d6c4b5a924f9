//! The two clocks of a frame: the SDK's, which stamps it, and the host's, which says when it arrived.

use std::time::Duration;

/// One tick of the SDK's clock, which stamps frames.
pub(crate) const TICK: Duration = Duration::from_micros(100);

/// Returns a time of the SDK's clock in nanoseconds.
pub(crate) fn timestamp_ns(ticks: i64) -> u64 {
    u64::try_from(ticks).unwrap_or_default().saturating_mul(100_000)
}

/// Returns the time of the host's monotonic clock in nanoseconds: of `CLOCK_MONOTONIC`, which other programs can read
/// too. Never 0.
#[cfg(unix)]
pub(crate) fn now_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let [seconds, nanoseconds] =
        [now.tv_sec, now.tv_nsec].map(|part| u64::try_from(part).unwrap_or_default());
    (seconds * 1_000_000_000 + nanoseconds).max(1)
}

/// Returns the nanoseconds since this was first asked, at least 1: the system has no clock that all programs share.
#[cfg(not(unix))]
pub(crate) fn now_ns() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;

    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGIN.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_what_a_time_stamp_counts() {
        assert_eq!(u128::from(timestamp_ns(1)), TICK.as_nanos());
        assert_eq!((timestamp_ns(-1), timestamp_ns(i64::MAX)), (0, u64::MAX));
    }

    #[test]
    fn the_hosts_clock_does_not_run_backwards() {
        let (first, second) = (now_ns(), now_ns());
        assert!(0 < first && first <= second);
    }
}
