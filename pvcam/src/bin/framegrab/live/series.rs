//! What became of the frames over the time of a run, in bounded memory: when it is full, each two points become one.

use framepool::Report;
use std::time::Duration;

/// Points, an even number.
const MOST: usize = 600;

/// The counters at a time, and the most buffers that were seen in use since the point before.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) at: Duration,
    pub(crate) delivered: u64,
    pub(crate) dropped: u64,
    pub(crate) lost: u64,
    pub(crate) most_in_use: usize,
}

/// Points over a run, which are taken as often as is asked at first, and less often as the run goes on.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    points: Vec<Point>,
    /// The looks of which a point is made.
    every: u32,
    /// Of the next point, so far.
    looks: u32,
    most_in_use: usize,
}

impl Series {
    pub(crate) fn new() -> Self {
        let points = Vec::with_capacity(MOST);
        Self { points, every: 1, looks: 0, most_in_use: 0 }
    }

    /// Takes a look at the counters.
    pub(crate) fn look(&mut self, at: Duration, report: &Report) {
        self.most_in_use = self.most_in_use.max(report.pool_in_use);
        self.looks += 1;
        if self.looks >= self.every {
            self.point(at, report);
        }
    }

    /// Takes the last look, which is a point in any case.
    pub(crate) fn finish(&mut self, at: Duration, report: &Report) {
        self.look(at, report);
        if self.looks > 0 {
            self.point(at, report);
        }
    }

    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }

    fn point(&mut self, at: Duration, report: &Report) {
        if self.points.len() == MOST {
            self.halve();
        }
        let (dropped, lost) = (report.dropped.total(), report.lost);
        let delivered = report.delivered.total();
        self.points.push(Point { at, delivered, dropped, lost, most_in_use: self.most_in_use });
        (self.looks, self.most_in_use) = (0, 0);
    }

    fn halve(&mut self) {
        for index in 0..MOST / 2 {
            let (first, second) = (self.points[2 * index], self.points[2 * index + 1]);
            let most_in_use = first.most_in_use.max(second.most_in_use);
            self.points[index] = Point { most_in_use, ..second };
        }
        self.points.truncate(MOST / 2);
        self.every = self.every.saturating_mul(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_has_as_many_points_and_no_peak_is_lost() {
        let mut series = Series::new();
        let memory = series.points.capacity();
        let mut report = Report::default();
        for second in 0..100_000 {
            report.delivered.pooled = second + 1;
            report.pool_in_use = if second == 54_321 { 9 } else { 1 };
            series.look(Duration::from_secs(second), &report);
        }
        series.finish(Duration::from_secs(100_000), &report);
        let points = series.points();
        assert!(points.len() > MOST / 4 && points.len() <= MOST, "{}", points.len());
        assert_eq!(points.iter().map(|point| point.most_in_use).max(), Some(9));
        assert!(points.is_sorted_by(|a, b| a.at < b.at && a.delivered <= b.delivered));
        let last = points[points.len() - 1];
        assert_eq!((last.at, last.delivered), (Duration::from_secs(100_000), 100_000));
        assert_eq!(series.points.capacity(), memory);
    }
}
