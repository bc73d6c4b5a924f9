//! The progress: a bar on a terminal, else a line each second.

use crate::aside;
use crate::record::room::{Size, free_bytes};
use framepool::{Rates, Report};
use indicatif::{FormattedDuration, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const BAR: &str = "{bar:24} {pos} of {len} frames  {msg}";
const SPINNER: &str = "{spinner} {pos} frames  {msg}";

/// Between two lines, and between two looks at the disk.
const SECOND: Duration = Duration::from_secs(1);

/// What may end a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    pub(crate) frames: Option<u64>,
    pub(crate) time: Option<Duration>,
    /// Where frames are saved, if they are.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) frame_bytes: usize,
}

/// Shows how far a run is.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: Shown,
    limits: Limits,
    begun: Instant,
    /// When something that is shown once a second was looked at last.
    last: Instant,
    /// Bytes that the disk has room for.
    free: Option<u64>,
}

#[derive(Debug)]
enum Shown {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

impl Progress {
    /// Shows how far a run with these limits is, if it `is_silent` nothing.
    pub(crate) fn new(limits: Limits, is_silent: bool) -> Self {
        let shown = match limits.frames {
            _ if is_silent => Shown::Nothing,
            _ if !std::io::stderr().is_terminal() => Shown::Lines,
            Some(frames) => bar(ProgressBar::new(frames), BAR),
            None => bar(ProgressBar::new_spinner(), SPINNER),
        };
        let now = Instant::now();
        let free = limits.folder.as_deref().and_then(free_bytes);
        Self { shown, limits, begun: now, last: now, free }
    }

    pub(crate) fn show(&mut self, report: &Report, rates: &Rates) {
        let is_due = self.last.elapsed() >= SECOND;
        if is_due {
            self.last = Instant::now();
        }
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                if is_due {
                    self.free = self.limits.folder.as_deref().and_then(free_bytes);
                }
                bar.set_position(report.seen);
                let elapsed = self.begun.elapsed();
                bar.set_message(self.limits.message(report, rates, elapsed, self.free));
            }
            Shown::Lines => {
                if is_due {
                    let line = self.limits.line(report);
                    aside::line(&format!("framegrab: {line}"));
                }
            }
        }
    }

    pub(crate) fn finish(self) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(bar: ProgressBar, template: &str) -> Shown {
    // The templates are constants; the default style serves if one is wrong.
    Shown::Bar(match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    })
}

impl Limits {
    /// As in `61 of 200 frames, 3 lost or dropped`.
    fn line(&self, report: &Report) -> String {
        let of = self.frames.map(|limit| format!(" of {limit}")).unwrap_or_default();
        match report.lost + report.dropped.total() {
            0 => format!("{}{of} frames", report.seen),
            gone => format!("{}{of} frames, {gone} lost or dropped", report.seen),
        }
    }

    /// As in `100.0/s  pool 3/16  0 lost or dropped  58.2 GB free  00:01:12 left`.
    fn message(
        &self,
        report: &Report,
        rates: &Rates,
        elapsed: Duration,
        free: Option<u64>,
    ) -> String {
        let rate = rates.seen_per_second;
        let gone = report.lost + report.dropped.total();
        let (used, all) = (report.pool_in_use, report.pool_capacity);
        let mut text = format!("{rate:.1}/s  pool {used}/{all}  {gone} lost or dropped");
        if let Some(free) = free {
            text.push_str(&format!("  {} free", Size(free)));
        }
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let after = |frames: u64| {
            let seconds = frames as f64 / rate;
            Duration::try_from_secs_f64(seconds).ok().filter(|_| rate > 0.0)
        };
        let frames = self.frames.and_then(|limit| after(limit.saturating_sub(report.seen)));
        let time = self.time.map(|limit| limit.saturating_sub(elapsed));
        let left = frames.into_iter().chain(time).min();
        let full = free.and_then(|free| after(free / (self.frame_bytes.max(1) as u64)));
        match (left, full) {
            (Some(left), Some(full)) if full < left => {
                text.push_str(&format!("  DISK FULL in {}", FormattedDuration(full)));
            }
            (Some(left), _) => text.push_str(&format!("  {} left", FormattedDuration(left))),
            (None, Some(full)) => {
                text.push_str(&format!("  disk full in {}", FormattedDuration(full)));
            }
            (None, None) => {}
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(per_second: f64) -> Rates {
        let mut rates = Rates::default();
        rates.seen_per_second = per_second;
        rates
    }

    fn report(seen: u64, lost: u64) -> Report {
        let mut report = Report::default();
        (report.seen, report.lost, report.pool_in_use, report.pool_capacity) = (seen, lost, 3, 16);
        report
    }

    #[test]
    fn a_line_tells_of_losses_if_there_are_any() {
        let limits = Limits { frames: Some(200), ..Limits::default() };
        assert_eq!(limits.line(&report(61, 0)), "61 of 200 frames");
        assert_eq!(Limits::default().line(&report(61, 3)), "61 frames, 3 lost or dropped");
    }

    #[test]
    fn what_ends_first_is_told() {
        let limits = Limits { frame_bytes: 1_000_000, ..Limits::default() };
        let after = |limits: &Limits, free| {
            limits.message(&report(100, 2), &rates(100.0), Duration::from_secs(60), free)
        };
        let so_far = "100.0/s  pool 3/16  2 lost or dropped";
        assert_eq!(after(&limits, None), so_far);
        let gigabytes = Some(12_000_000_000);
        let disk = after(&limits, gigabytes);
        assert_eq!(disk, format!("{so_far}  12.0 GB free  disk full in 00:02:00"));
        let frames = Limits { frames: Some(10_100), ..limits.clone() };
        assert_eq!(after(&frames, None), format!("{so_far}  00:01:40 left"));
        assert!(after(&frames, gigabytes).ends_with("12.0 GB free  00:01:40 left"));
        let both = Limits { time: Some(Duration::from_secs(70)), ..frames.clone() };
        assert!(after(&both, gigabytes).ends_with("00:00:10 left"));
        let long = Limits { frames: Some(100_100), ..limits };
        assert!(after(&long, gigabytes).ends_with("DISK FULL in 00:02:00"));
    }

    #[test]
    fn without_a_rate_only_a_time_is_left() {
        let limits = Limits { frames: Some(9), time: Some(SECOND), ..Limits::default() };
        let text = limits.message(&report(0, 0), &rates(0.0), Duration::ZERO, Some(5));
        assert_eq!(text, "0.0/s  pool 3/16  0 lost or dropped  0.0 kB free  00:00:01 left");
    }
}
