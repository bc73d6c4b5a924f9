//! When the readout of each frame begins and ends.
//!
//! ```text
//!   start                deadline 1            deadline 2
//!     |---- exposure --|--readout--|
//!                      |-----------|---------|--readout--|
//! ```
//!
//! Deadlines are absolute, so a late frame does not delay the next ones: a camera thread that is late writes frames one
//! after the other until it is on time again.

use std::time::{Duration, Instant};

use crate::fault::Burst;
use crate::kind::Kind;
use crate::scene::mixed;
use crate::setup::Setup;

/// The pace of one acquisition.
#[derive(Debug)]
pub(crate) struct Pace {
    start: Instant,
    deadline: Instant,
    last_end: Instant,
}

/// When the camera thread reads a frame out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// When the readout ends, as the frame's time stamp says.
    pub(crate) end: Instant,
    /// Until when the thread waits before it begins to write the frame, and before it says that it is complete.
    pub(crate) begin_at: Instant,
    pub(crate) end_at: Instant,
}

impl Pace {
    pub(crate) fn new(start: Instant) -> Self {
        Self { start, deadline: start, last_end: start }
    }

    /// Begins anew: the camera had stopped exposing until now.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.deadline = now;
    }

    /// Returns the turn of the next frame of a camera that exposes one after the other.
    pub(crate) fn follow(&mut self, nr: u64, setup: &Setup, kind: &Kind) -> Turn {
        self.deadline += period(nr, setup, kind);
        let turn = self.turn(nr, setup, kind);
        match kind.faults.burst(nr) {
            None => turn,
            // The camera is held up until the last frame's time, and then late with each of them.
            Some(Burst { before: 0, after }) => {
                let later = (nr + 1..=nr + after).map(|nr| period(nr, setup, kind));
                let begin_at = turn.begin_at + later.sum::<Duration>();
                Turn { begin_at, end_at: self.start, ..turn }
            }
            Some(_) => Turn { begin_at: self.start, end_at: self.start, ..turn },
        }
    }

    /// Returns the turn of a frame that was triggered at a time.
    pub(crate) fn triggered(&mut self, at: Instant, nr: u64, setup: &Setup, kind: &Kind) -> Turn {
        self.deadline = at + setup.exposure(nr) + setup.readout + kind.faults.stall(nr);
        self.turn(nr, setup, kind)
    }

    /// Returns the turn of a frame that waits for nothing.
    pub(crate) fn untriggered(&mut self, now: Instant) -> Turn {
        (self.deadline, self.last_end) = (now, now);
        Turn { end: now, begin_at: now, end_at: now }
    }

    fn turn(&mut self, nr: u64, setup: &Setup, kind: &Kind) -> Turn {
        // A frame that is late delays another only if that would overtake it.
        let end = (self.deadline + lateness(nr, kind)).max(self.last_end + setup.readout);
        self.last_end = end;
        Turn { end, begin_at: end - setup.readout, end_at: end }
    }
}

/// Returns the time from the frame before to this one.
fn period(nr: u64, setup: &Setup, kind: &Kind) -> Duration {
    setup.period(nr) + kind.faults.stall(nr)
}

/// Returns how late a frame is.
fn lateness(nr: u64, kind: &Kind) -> Duration {
    let most = u64::try_from(kind.jitter.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(mixed(kind.seed ^ nr.rotate_left(32)) % most.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use framepool_pvcam_sys::{CIRC_OVERWRITE, PARAM_GAIN_INDEX, TIMED_MODE};

    use super::*;
    use crate::fault::Plan;
    use crate::settings::Settings;
    use crate::setup::{Frames, Request, whole};

    /// Returns when turns begin, end, and are waited for, in milliseconds; frames are exposed for 10, and read out in
    /// 8.192.
    fn turns(faults: &[&str]) -> Vec<[f64; 3]> {
        let texts: Vec<_> = faults.iter().map(|&text| text.to_owned()).collect();
        let kind = Kind { faults: Plan::parse(&texts).unwrap(), ..Kind::default() };
        let frames = Frames::Ring(CIRC_OVERWRITE);
        let request = Request { regions: &[whole(&kind)], mode: TIMED_MODE, exposure: 10, frames };
        let settings = Settings::new([(PARAM_GAIN_INDEX, 1)].into_iter());
        let setup = Setup::new(request, &kind, &settings).unwrap();
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let ms = |time: Instant| (time - start).as_secs_f64() * 1000.0;
        let turns = (1..=6).map(|nr| pace.follow(nr, &setup, &kind));
        turns.map(|turn| [turn.end, turn.begin_at, turn.end_at].map(ms)).collect()
    }

    fn ends(faults: &[&str]) -> Vec<f64> {
        turns(faults).into_iter().map(|[end, ..]| end.round()).collect()
    }

    #[test]
    fn frames_follow_each_other_at_deadlines() {
        assert_eq!(ends(&[]), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        assert_eq!(turns(&[])[1].map(f64::round), [20.0, 12.0, 20.0]);
    }

    #[test]
    fn a_stall_shifts_all_deadlines_that_follow() {
        assert_eq!(ends(&["stall@3:25"]), [10.0, 20.0, 55.0, 65.0, 75.0, 85.0]);
    }

    /// Time stamps are those of the sensor, and the frames come when the last of them is due.
    #[test]
    fn a_burst_is_held_up_until_its_last_frame_is_due() {
        let turns = turns(&["burst@2:3"]);
        let ends: Vec<_> = turns.iter().map(|[end, ..]| end.round()).collect();
        assert_eq!(ends, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        let waits: Vec<_> =
            turns.iter().map(|[_, begin, end]| (begin.round(), end.round())).collect();
        assert_eq!(waits[1..5], [(32.0, 0.0), (0.0, 0.0), (0.0, 0.0), (42.0, 50.0)]);
    }
}
