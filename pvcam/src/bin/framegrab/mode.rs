//! How frames are timed: by the camera, or by software triggers.

use crate::options::Options;
use framepool_pvcam::Trigger;
use std::time::Duration;

/// How frames are timed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mode {
    pub(crate) exposure: Duration,
    pub(crate) trigger: Trigger,
    /// Time from frame to frame; with software triggers, from trigger to trigger.
    pub(crate) period: Duration,
}

impl Mode {
    /// Chooses: free running if the exposure fills the frame period, software triggers if it is
    /// shorter.
    pub(crate) fn of(options: &Options) -> Result<Self, String> {
        Self::new(options.fps, options.exposure)
    }

    /// Returns how exposures begin, in words.
    pub(crate) fn exposure_mode(self) -> &'static str {
        if self.trigger == Trigger::Software { "software trigger" } else { "internal trigger" }
    }

    fn new(fps: Option<f64>, exposure_ms: Option<f64>) -> Result<Self, String> {
        let period = Duration::from_secs_f64(1.0 / fps.unwrap_or(100.0));
        let Some(ms) = exposure_ms else {
            return Ok(Self { exposure: period, trigger: Trigger::Internal, period });
        };
        let exposure = Duration::from_secs_f64(ms / 1e3);
        match fps {
            Some(fps) if exposure > period => {
                Err(format!("an exposure of {ms} ms is too long for {fps} frames a second"))
            }
            Some(_) if exposure < period => {
                Ok(Self { exposure, trigger: Trigger::Software, period })
            }
            _ => Ok(Self { exposure, trigger: Trigger::Internal, period: exposure }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposure_and_rate_choose_the_trigger() {
        let mode = |fps, exposure| Mode::new(fps, exposure).map(|m| (m.exposure, m.trigger));
        let ms = Duration::from_millis;
        assert_eq!(mode(None, None), Ok((ms(10), Trigger::Internal)));
        assert_eq!(mode(Some(50.0), None), Ok((ms(20), Trigger::Internal)));
        assert_eq!(mode(None, Some(5.0)), Ok((ms(5), Trigger::Internal)));
        assert_eq!(mode(Some(50.0), Some(20.0)), Ok((ms(20), Trigger::Internal)));
        assert_eq!(mode(Some(50.0), Some(5.0)), Ok((ms(5), Trigger::Software)));
        assert!(mode(Some(50.0), Some(21.0)).is_err());
    }
}
