//! The main thread while the camera runs: progress, limits, interrupts, and cameras that are stuck.

use crate::live::Live;
use crate::minutes::Minutes;
use crate::mode::Mode;
use crate::options::Options;
use crate::pace;
use crate::progress::{Limits, Progress};
use crate::stop::Stop;
use framepool::Metrics;
use framepool_pvcam::{Capture, End, Trigger};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// If no frame arrives for this long, and for ten frame periods, the camera is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

/// A run that is more than an acquisition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Smoke,
    Soak,
}

/// Watches a running acquisition from the main thread.
pub(crate) struct Watch<'a> {
    pub(crate) options: &'a Options,
    /// A line a minute is written, and no other progress.
    pub(crate) is_soak: bool,
    pub(crate) mode: Mode,
    pub(crate) stop: &'a Stop,
    /// Set when saving has failed or enough is saved, and the run is to stop for that.
    pub(crate) is_over: &'a AtomicBool,
    pub(crate) metrics: &'a Metrics,
    /// Where frames are saved, if they are.
    pub(crate) folder: Option<PathBuf>,
}

impl Watch<'_> {
    /// Returns when a limit is reached, the user interrupts or the acquisition fails; then, why it
    /// failed.
    pub(crate) fn until_over(
        &self,
        capture: &Capture,
        live: &mut Live,
        minutes: &mut Minutes,
    ) -> Option<String> {
        let (stop_pacing, pacing) = mpsc::channel();
        thread::scope(|scope| {
            let pacer = (self.mode.trigger == Trigger::Software)
                .then(|| scope.spawn(move || pace::run(capture, self.mode.period, &pacing)));
            let has_ended = || pacer.as_ref().is_some_and(ScopedJoinHandle::is_finished);
            let failure = self.watch(capture, live, minutes, &has_ended);
            drop(stop_pacing);
            let paced = pacer.map(|pacer| match pacer.join() {
                Ok(paced) => paced.err().map(|error| error.to_string()),
                Err(_) => Some("the pacer panicked".to_owned()),
            });
            failure.or(paced.flatten())
        })
    }

    /// Does the same, also if the pacer has ended: by itself it ends only if triggering fails.
    fn watch(
        &self,
        capture: &Capture,
        live: &mut Live,
        minutes: &mut Minutes,
        pacer_has_ended: &dyn Fn() -> bool,
    ) -> Option<String> {
        let start = Instant::now();
        let time_limit = self.options.seconds.map(Duration::from_secs_f64);
        let patience = PATIENCE.max(self.mode.period * 10);
        let mut progress = Progress::new(self.limits(capture), self.is_soak);
        let mut newest = Newest { seen: 0, lost: 0, at: start };
        let failure = loop {
            let tick = Duration::from_millis(50);
            let left = time_limit.map(|limit| limit.saturating_sub(start.elapsed()));
            let end = capture.wait(left.map_or(tick, |left| left.min(tick)));
            let report = self.metrics.report();
            progress.show(&report, &live.look());
            minutes.look(&report);
            match end {
                Some(End::HandlerBroke) => {
                    break self.metrics.stop_reason().map(|reason| format!("stopped: {reason}"));
                }
                Some(End::HandlerPanicked(message)) => {
                    break Some(format!("the frame handler panicked: {message}"));
                }
                Some(End::Failed(error)) => break Some(error.to_string()),
                Some(End::Impossible(what)) => break Some(what),
                Some(End::PoolClosed) => break Some("the pool is closed".to_owned()),
                Some(other) => break Some(format!("the acquisition ended: {other:?}")),
                None => {}
            }
            // Ordering: Relaxed: a flag that publishes nothing.
            let is_over = self.is_over.load(Ordering::Relaxed);
            if is_over
                || self.stop.is_asked()
                || left.is_some_and(|left| left.is_zero())
                || pacer_has_ended()
            {
                break None;
            }
            // Frames that are lost, all of them, do not count as frames that arrive.
            if report.seen != newest.seen {
                newest = Newest { seen: report.seen, lost: report.lost, at: Instant::now() };
            } else if newest.at.elapsed() > patience {
                let lost = report.lost - newest.lost;
                let held = if report.pool_in_use == report.pool_capacity {
                    "; the pool has no free buffer, so the consumer may be what it waits for"
                } else {
                    ""
                };
                break Some(format!(
                    "no frame has come for {} s, {lost} were lost meanwhile{held}",
                    patience.as_secs()
                ));
            }
        };
        progress.finish();
        failure
    }

    fn limits(&self, capture: &Capture) -> Limits {
        Limits {
            frames: self.options.frame_limit(),
            time: self.options.seconds.map(Duration::from_secs_f64),
            folder: self.folder.clone(),
            frame_bytes: capture.frame_bytes(),
        }
    }
}

/// The newest frame that was seen, and the counters then.
struct Newest {
    seen: u64,
    lost: u64,
    at: Instant,
}
