//! The camera's clock: what descriptions and metadata say of the times of a frame.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use framepool_pvcam_sys::FRAME_INFO;

use crate::metadata::Times;

/// The origin of the descriptions' time stamps.
static CLOCK: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The readout of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readout {
    pub(crate) end: Instant,
    pub(crate) time: Duration,
    /// The milliseconds by which the camera's clock is wrong.
    pub(crate) wrong_ms: i64,
}

/// Starts the clock, unless it runs.
pub(crate) fn start() {
    LazyLock::force(&CLOCK);
}

impl Readout {
    /// Describes a frame.
    pub(crate) fn info(self, hcam: i16, nr: i32) -> FRAME_INFO {
        FRAME_INFO {
            hCam: hcam,
            FrameNr: nr,
            TimeStamp: self.stamp(self.end),
            ReadoutTime: i32::try_from(tenths(self.time)).unwrap_or(i32::MAX),
            TimeStampBOF: self.stamp(self.end - self.time),
            ..FRAME_INFO::default()
        }
    }

    /// Returns the times of the frame's metadata, which count from the acquisition's begin, and never below 0.
    pub(crate) fn times(self, begin: Instant, exposure: Duration) -> Times {
        let end = self.end.saturating_duration_since(begin);
        let wrong = Duration::from_millis(self.wrong_ms.unsigned_abs());
        let shown = |time: Duration| {
            if self.wrong_ms < 0 { time.saturating_sub(wrong) } else { time.saturating_add(wrong) }
        };
        Times { begin: shown(end.saturating_sub(self.time)), end: shown(end), exposure }
    }

    fn stamp(self, time: Instant) -> i64 {
        let wrong = self.wrong_ms.saturating_mul(10);
        tenths(time.saturating_duration_since(*CLOCK)).saturating_add(wrong)
    }
}

/// Converts to tenths of a millisecond, the unit of time stamps.
fn tenths(time: Duration) -> i64 {
    // In 64 bits, since this is done for every frame.
    let tenths = time.as_secs().saturating_mul(10_000) + u64::from(time.subsec_micros() / 100);
    i64::try_from(tenths).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_wrong_everywhere() {
        start();
        let begin = *CLOCK + Duration::from_secs(1);
        let readout = |wrong_ms| Readout {
            end: begin + Duration::from_millis(300),
            time: Duration::from_millis(100),
            wrong_ms,
        };
        let info = readout(-250).info(3, 7);
        assert_eq!((info.hCam, info.FrameNr, info.ReadoutTime), (3, 7, 1_000));
        assert_eq!((info.TimeStampBOF, info.TimeStamp), (9_500, 10_500));
        let times = |wrong_ms| {
            let times = readout(wrong_ms).times(begin, Duration::ZERO);
            (times.begin.as_millis(), times.end.as_millis())
        };
        assert_eq!([0, 50, -250].map(times), [(200, 300), (250, 350), (0, 50)]);
    }
}
