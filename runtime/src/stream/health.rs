//! Whether a stream is well.
//!
//! | state | when | what to do |
//! |---|---|---|
//! | healthy | of the frames of the last ten seconds, 95 % or more went well | nothing |
//! | transient backpressure | it is under 95 % | keep the data by the heap, and watch |
//! | sustained backpressure | it is under 80 % | a larger pool, fewer or smaller frames, a faster consumer |
//! | consumer failed | the primary consumer is gone, or its full channel stopped the stream | start anew |
//!
//! Frames go well that find a free buffer at once; those that are lost, or dropped as the channel is full, do
//! not. Without the latter it is the hit rate. Where the pool is switched off, frames go well that are delivered.

use crate::stream::metrics::{Metrics, Report, Snapshot, percent};
use crate::stream::outcome::StopReason;
use serde::Serialize;
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// Whether a stream is well, by the share of its frames that found a free buffer at once, and a place.
///
/// # Examples
/// ```
/// use framepool::Health;
///
/// for health in Health::ALL {
///     println!("{health}: {}", health.advice());
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Health {
    /// Nearly every frame went well.
    #[default]
    Healthy,
    /// Under 95 % did, over ten seconds.
    Transient,
    /// Under 80 % did, over ten seconds.
    Sustained,
    /// The primary consumer is gone, or its full channel has stopped the stream.
    ConsumerFailed,
}

impl Health {
    /// Every state, from the best to the worst.
    pub const ALL: [Self; 4] =
        [Self::Healthy, Self::Transient, Self::Sustained, Self::ConsumerFailed];

    /// Returns what to do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Healthy => "nothing is to be done",
            Self::Transient => {
                "let exhausted pools fall back to the heap, and watch the hit rate: the consumer stalls \
                 now and then"
            }
            Self::Sustained => {
                "make the pool larger if memory permits, lower the frame rate or the region, find what the \
                 consumer waits for, or give previews every Nth frame only"
            }
            Self::ConsumerFailed => {
                "stop the acquisition, find out from the log why the consumer ended or fell behind, and start both anew"
            }
        }
    }

    /// Returns its name: `healthy`, `transient`, `sustained` or `consumer_failed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Transient => "transient",
            Self::Sustained => "sustained",
            Self::ConsumerFailed => "consumer_failed",
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Transient => "transient backpressure",
            Self::Sustained => "sustained backpressure",
            Self::ConsumerFailed => "the consumer has failed",
        })
    }
}

/// Judges a stream's health, as often as it is asked: once a second is often enough.
///
/// A change is one event of `tracing`, with the advice.
///
/// # Examples
/// ```
/// use framepool::{FramePool, Health, HealthCheck, OnExhausted, channel};
///
/// let (intake, frames) = channel(FramePool::try_new(4, 8)?, 4, OnExhausted::Heap);
/// let mut check = HealthCheck::new(intake.metrics().clone());
/// assert_eq!(check.check(), Health::Healthy);
/// # drop(frames);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug)]
pub struct HealthCheck {
    metrics: Metrics,
    /// From the newest that is as old as the window on, at least half a second apart.
    before: VecDeque<Snapshot>,
    last: Health,
}

impl HealthCheck {
    /// The time over which the hit rate is taken.
    pub const WINDOW: Duration = Duration::from_secs(10);

    const APART: Duration = Duration::from_millis(500);

    /// Begins to watch a stream.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        let before = VecDeque::from([metrics.snapshot()]);
        Self { metrics, before, last: Health::Healthy }
    }

    /// Judges the stream by what happened since the checks that are ten seconds old. Until the first is,
    /// it is healthy unless its consumer has failed.
    pub fn check(&mut self) -> Health {
        let (now, stopped) = (self.metrics.snapshot(), self.metrics.stop_reason());
        self.judge(now, stopped)
    }

    fn judge(&mut self, now: Snapshot, stopped: Option<StopReason>) -> Health {
        let age = |then: &Snapshot| now.at.saturating_duration_since(then.at);
        while self.before.get(1).is_some_and(|next| age(next) >= Self::WINDOW) {
            self.before.pop_front();
        }
        let rate = match self.before.front() {
            Some(then) if age(then) >= Self::WINDOW => {
                well_percent(&then.report, &now.report, self.metrics.uses_pool())
            }
            _ => 100.0,
        };
        let health = match stopped {
            Some(StopReason::ConsumerGone | StopReason::ConsumerFull) => Health::ConsumerFailed,
            _ if rate < 80.0 => Health::Sustained,
            _ if rate < 95.0 => Health::Transient,
            _ => Health::Healthy,
        };
        if self.before.back().is_none_or(|last| age(last) >= Self::APART) {
            self.before.push_back(now);
        }
        let from = std::mem::replace(&mut self.last, health);
        if from != health {
            let (well_percent, advice) = (rate, health.advice());
            if health == Health::Healthy {
                tracing::info!(%from, to = %health, well_percent, "the stream's health changed");
            } else {
                tracing::warn!(
                    %from, to = %health, well_percent, advice, "the stream's health changed"
                );
            }
        }
        health
    }
}

/// Returns the percentage of the frames in between that went well; 100 if there were none.
fn well_percent(then: &Report, now: &Report, uses_pool: bool) -> f64 {
    let well = |report: &Report| match uses_pool {
        true => report.pool_hits,
        false => report.delivered.total(),
    };
    let all = |report: &Report| report.seen + report.lost;
    let (well, all) = (well(now) - well(then), all(now).saturating_sub(all(then)));
    percent(well, all.saturating_sub(well))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::FramePool;
    use crate::stream::frame::Frame;
    use crate::stream::taps::Taps;
    use std::sync::Arc;

    fn metrics() -> Metrics {
        let pool = FramePool::try_new(1, 8).expect("a small pool");
        Metrics::new(pool, true, Arc::new(Taps::<Frame>::default()), None)
    }

    /// Checks once a second; each number is the hits of that second's 100 frames.
    fn judged(hits: impl IntoIterator<Item = u64>) -> Vec<Health> {
        let mut check = HealthCheck::new(metrics());
        let mut now = check.before[0];
        let judge = |hits| {
            now.at += Duration::from_secs(1);
            now.report.seen += 100;
            now.report.pool_hits += hits;
            now.report.pool_misses += 100 - hits;
            check.judge(now, None)
        };
        hits.into_iter().map(judge).collect()
    }

    #[test]
    fn one_bad_second_in_ten_is_none() {
        let good_and_bad = [100, 100, 60, 100, 100, 100, 100, 100, 100, 100, 100, 100];
        assert_eq!(judged(good_and_bad), [Health::Healthy; 12]);
    }

    #[test]
    fn backpressure_is_judged_over_ten_seconds_and_so_is_its_end() {
        let bad = judged(std::iter::repeat_n(90, 12));
        assert_eq!(bad[..9], [Health::Healthy; 9], "not sustained for ten seconds yet");
        assert_eq!(bad[9..], [Health::Transient; 3]);
        let worse = judged(std::iter::repeat_n(79, 12));
        assert_eq!(worse[9..], [Health::Sustained; 3]);
        let over = judged([50; 12].into_iter().chain([100; 12]));
        assert_eq!(over[23], Health::Healthy);
        assert!(over[12..].is_sorted_by(|a, b| *a as u8 >= *b as u8), "{over:?}");
    }

    #[test]
    fn frames_that_are_lost_or_find_no_place_count_too() {
        let then = Report::default();
        let mut now = Report { seen: 90, pool_hits: 90, lost: 10, ..then };
        assert!((well_percent(&then, &now, true) - 90.0).abs() < 1e-9);
        (now.seen, now.lost, now.dropped.channel_full) = (100, 0, 10);
        assert!((well_percent(&then, &now, true) - 90.0).abs() < 1e-9);
        (now.pool_hits, now.delivered.heap) = (0, 90);
        assert!((well_percent(&then, &now, false) - 90.0).abs() < 1e-9);
        assert!((well_percent(&now, &now, true) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_consumer_that_is_gone_has_failed() {
        let metrics = metrics();
        let mut check = HealthCheck::new(metrics.clone());
        assert_eq!(check.check(), Health::Healthy);
        assert!(metrics.stop().set(StopReason::ConsumerGone));
        assert_eq!(check.check(), Health::ConsumerFailed);
    }
}
