//! Whether frames follow each other: by the camera's numbers, and in time.

use crate::commands::recording::{FEW, Row};
use serde::Serialize;

/// The frames of a file, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Series {
    frames: u64,
    first: Option<u64>,
    newest: Option<Numbered>,
    gaps: Vec<Gap>,
    gap_count: u64,
    missing: u64,
    repeats: Vec<u64>,
    repeat_count: u64,
    unnumbered: u64,
    /// From frame to frame of an acquisition, nanoseconds.
    steps: Vec<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Numbered {
    number: u64,
    time: Option<u64>,
}

/// A place where frames are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Gap {
    /// The place in the file of the first frame after it, from 0.
    pub(crate) before: u64,
    /// The number of the first frame that is missing.
    pub(crate) hardware_frame: u64,
    pub(crate) missing: u64,
}

/// What was found; the fields' names are keys of the JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Order {
    /// The camera's number of the first frame.
    pub(crate) first_hardware_frame: Option<u64>,
    pub(crate) gaps: u64,
    /// Frames that are missing in all gaps.
    pub(crate) missing_in_gaps: u64,
    /// The first few.
    pub(crate) first_gaps: Vec<Gap>,
    /// Frames with the number of the frame before.
    pub(crate) repeats: u64,
    /// The places in the file of the first few.
    pub(crate) first_repeats: Vec<u64>,
    /// Frames that the file says no number of.
    pub(crate) unnumbered: u64,
    /// `None` if the file says too few times.
    pub(crate) time: Option<Times>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Times {
    /// From the first frame to the last, less what lies between acquisitions.
    pub(crate) seconds: f64,
    pub(crate) frames_per_second: Option<f64>,
    pub(crate) step_median_ns: i64,
    pub(crate) step_min_ns: i64,
    pub(crate) step_max_ns: i64,
    /// Frames that are not later than the one before, by the camera's clock.
    pub(crate) steps_not_positive: u64,
    #[serde(skip)]
    pub(crate) steps_negative: u64,
}

impl Series {
    /// Notes the next frame. Numbers begin at 1 again with each acquisition or sequence; those of a file may begin anywhere,
    /// as in the parts of a recording that is split.
    pub(crate) fn note(&mut self, row: &Row) {
        let place = self.frames;
        self.frames += 1;
        let Some(number) = row.hardware_frame else {
            self.unnumbered += 1;
            return;
        };
        let now = Numbered { number, time: row.timestamp_ns };
        self.first.get_or_insert(number);
        let before = self.newest.replace(now);
        let is_first = before.is_none();
        // Sequences of one frame each are not repeats.
        let is_repeat = before.is_some_and(|before| {
            before.number == number && (number > 1 || now.time.is_some() && before == now)
        });
        if is_repeat {
            self.repeat_count += 1;
            if self.repeats.len() < FEW {
                self.repeats.push(place);
            }
        }
        let before = before.filter(|before| before.number < number || is_repeat);
        let last = before.map_or(0, |before| before.number);
        let missing = if is_first { 0 } else { number.saturating_sub(last.saturating_add(1)) };
        if missing > 0 {
            self.gap_count += 1;
            self.missing = self.missing.saturating_add(missing);
            if self.gaps.len() < FEW {
                self.gaps.push(Gap { before: place, hardware_frame: last + 1, missing });
            }
        }
        if let (Some(then), Some(now)) = (before.and_then(|before| before.time), now.time) {
            let step = i128::from(now) - i128::from(then);
            let end = if step < 0 { i64::MIN } else { i64::MAX };
            self.steps.push(i64::try_from(step).unwrap_or(end));
        }
    }

    pub(crate) fn finish(self) -> Order {
        Order {
            first_hardware_frame: self.first,
            time: times(self.steps),
            gaps: self.gap_count,
            missing_in_gaps: self.missing,
            first_gaps: self.gaps,
            repeats: self.repeat_count,
            first_repeats: self.repeats,
            unnumbered: self.unnumbered,
        }
    }
}

fn times(mut steps: Vec<i64>) -> Option<Times> {
    let total: i128 = steps.iter().map(|&step| i128::from(step)).sum();
    let count = steps.len();
    steps.sort_unstable();
    let (min, max) = (*steps.first()?, *steps.last()?);
    let below = |bound: i64| steps.partition_point(|&step| step < bound) as u64;
    #[expect(clippy::cast_precision_loss, reason = "a time for people")]
    let (seconds, count_f64) = (total as f64 / 1e9, count as f64);
    Some(Times {
        seconds,
        frames_per_second: (total > 0).then(|| count_f64 / seconds),
        step_median_ns: steps[count / 2],
        step_min_ns: min,
        step_max_ns: max,
        steps_not_positive: below(1),
        steps_negative: below(0),
    })
}

impl Order {
    /// Says what is wrong with the order of the frames, whose times have this resolution.
    pub(crate) fn problems(&self, resolution_ns: Option<u64>) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(Gap { before, hardware_frame, .. }) = self.first_gaps.first() {
            let missing = self.missing_in_gaps;
            problems.push(format!(
                "{missing} frames are missing, the first is the camera's frame {hardware_frame}, before frame {before} \
                 of the file"
            ));
        }
        if let Some(first) = self.first_repeats.first() {
            let repeats = self.repeats;
            problems.push(format!("{repeats} frames are there again, the first at frame {first}"));
        }
        if self.unnumbered > 0 {
            problems.push(format!("{} frames have no number of the camera", self.unnumbered));
        }
        if let Some(time) = &self.time {
            // The SDK's clock has steps of 100 microseconds: frames may come faster.
            let resolution = resolution_ns.unwrap_or(100_000).saturating_mul(2);
            let is_slow = u64::try_from(time.step_median_ns).is_ok_and(|step| step >= resolution);
            let wrong = if is_slow { time.steps_not_positive } else { time.steps_negative };
            if wrong > 0 {
                problems.push(format!(
                    "{wrong} frames are not later than the one before, by the camera's clock"
                ));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(frames: &[(u64, u64)]) -> Order {
        let mut series = Series::default();
        for &(number, time) in frames {
            let row = Row { hardware_frame: Some(number), timestamp_ns: Some(time) };
            series.note(&row);
        }
        series.finish()
    }

    #[test]
    fn frames_that_follow_each_other_have_a_rate_and_no_problem() {
        let ms = 1_000_000;
        // A second acquisition begins.
        let found = order(&[(1, 0), (2, 10 * ms), (3, 30 * ms), (1, 5 * ms), (2, 15 * ms)]);
        assert_eq!(found.problems(None), [""; 0]);
        let time = found.time.unwrap();
        assert_eq!((time.seconds, time.frames_per_second), (0.04, Some(75.0)));
        assert_eq!((time.step_median_ns, time.step_max_ns), (10 * ms as i64, 20 * ms as i64));
        assert_eq!(order(&[(1, 7)]).time, None);
        assert_eq!(order(&[]).problems(None), [""; 0]);
    }

    #[test]
    fn gaps_repeats_and_clocks_that_go_back_are_found() {
        let found = order(&[(2, 10), (5, 20), (5, 20), (6, 15), (9, 30), (3, 40), (4, 50)]);
        let gap = |before, hardware_frame, missing| Gap { before, hardware_frame, missing };
        assert_eq!(found.first_gaps, [gap(1, 3, 2), gap(4, 7, 2), gap(5, 1, 2)]);
        assert_eq!((found.gaps, found.missing_in_gaps), (3, 6));
        assert_eq!(found.first_hardware_frame, Some(2), "no gap: there may be a part before");
        assert_eq!((found.repeats, found.first_repeats.clone()), (1, vec![2]));
        let time = found.time.clone().unwrap();
        assert_eq!((time.steps_not_positive, time.steps_negative), (2, 1));
        assert_eq!(found.problems(Some(1)).len(), 3);
        assert!(found.problems(Some(1))[2].starts_with("2 frames"));
        assert!(found.problems(None)[2].starts_with("1 frames"), "faster than the clock");
    }

    #[test]
    fn sequences_of_one_frame_are_no_repeats() {
        let found = order(&[(1, 10), (1, 20), (1, 15)]);
        assert_eq!((found.problems(None), found.time), (vec![], None));
        assert_eq!(order(&[(1, 10), (1, 10)]).repeats, 1);
    }

    #[test]
    fn the_largest_numbers_are_no_trouble() {
        let found = order(&[(u64::MAX, 0), (u64::MAX, u64::MAX), (1, 0), (u64::MAX, u64::MAX)]);
        assert_eq!((found.gaps, found.missing_in_gaps), (1, u64::MAX - 2));
        assert_eq!(found.time.unwrap().step_max_ns, i64::MAX);
    }
}
