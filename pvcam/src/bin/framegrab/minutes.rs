//! What a soak says while it lasts, and how its memory grows.

use crate::aside;
use crate::resident::resident;
use framepool::Report;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Memory is steady this long after the first frame.
const SETTLED: Duration = Duration::from_secs(2);

/// How the memory of a run has grown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Soaked {
    /// Bytes in memory when it had settled, `None` if that is not known.
    pub(crate) resident_begin: Option<u64>,
    /// Bytes in memory in the end.
    pub(crate) resident_end: Option<u64>,
    pub(crate) growth_percent: Option<f64>,
}

impl Soaked {
    /// Says that memory has grown too much, or that it is not known, if it is so.
    pub(crate) fn failure(&self) -> Option<String> {
        match self.growth_percent {
            Some(growth) if growth >= 1.0 => {
                Some(format!("memory has grown by {growth:.2} %, not by less than 1 %"))
            }
            // Where the system does not say, it cannot be asked for.
            None if self.resident_end.is_some() => {
                Some("too short to tell whether memory grows: 3 s at least".to_owned())
            }
            _ => None,
        }
    }
}

/// Looks at the memory while frames come, and writes a line a minute if it is to.
#[derive(Debug)]
pub(crate) struct Minutes {
    is_told: bool,
    start: Instant,
    first_frame: Option<Instant>,
    lines: u32,
    soaked: Soaked,
}

impl Minutes {
    pub(crate) fn new(is_told: bool) -> Self {
        let (start, soaked) = (Instant::now(), Soaked::default());
        Self { is_told, start, first_frame: None, lines: 0, soaked }
    }

    /// Looks at what has become of the frames so far.
    pub(crate) fn look(&mut self, report: &Report) {
        if report.seen > 0 && self.first_frame.is_none() {
            self.first_frame = Some(Instant::now());
        }
        let is_settled = self.first_frame.is_some_and(|at| at.elapsed() >= SETTLED);
        if is_settled && self.soaked.resident_begin.is_none() {
            self.soaked.resident_begin = resident();
        }
        if self.is_told && self.start.elapsed() >= Duration::from_secs(60) * (self.lines + 1) {
            self.lines += 1;
            let line = line(self.lines, report, resident());
            aside::line(&format!("framegrab: {line}"));
        }
    }

    /// Looks at the memory for the last time.
    pub(crate) fn finish(mut self) -> Soaked {
        self.soaked.resident_end = resident();
        let Soaked { resident_begin, resident_end, .. } = self.soaked;
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let growth = |(begin, end): (u64, u64)| (end as f64 / begin as f64 - 1.0) * 100.0;
        self.soaked.growth_percent = resident_begin.zip(resident_end).map(growth);
        self.soaked
    }
}

/// As in `3 min: 18000 frames, hit rate 100.0 %, 85.2 MiB resident, 0 lost or dropped`.
fn line(minutes: u32, report: &Report, resident: Option<u64>) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let resident = resident.map_or("unknown".to_owned(), |bytes| {
        format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
    });
    let (seen, hit_rate) = (report.seen, report.hit_rate_percent());
    let discontinuities = report.lost + report.dropped.total() + report.leases.overrun;
    format!(
        "{minutes} min: {seen} frames, hit rate {hit_rate:.1} %, {resident} resident, \
         {discontinuities} lost or dropped"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_judged() {
        let grown = |growth_percent| Soaked { growth_percent, ..Soaked::default() };
        assert_eq!(grown(Some(0.99)).failure(), None);
        assert_eq!(grown(None).failure(), None);
        assert!(grown(Some(1.0)).failure().unwrap().contains("1.00 %"));
        let short = Soaked { resident_end: Some(1), ..Soaked::default() };
        assert!(short.failure().unwrap().contains("too short"));
    }

    #[test]
    fn a_minute_is_a_line() {
        let mut report = Report::default();
        (report.seen, report.pool_hits, report.lost) = (6000, 6000, 2);
        let line = line(1, &report, Some(3 << 19));
        assert_eq!(
            line,
            "1 min: 6000 frames, hit rate 100.0 %, 1.5 MiB resident, 2 lost or dropped"
        );
    }
}
