//! Exposure times in the unit that the camera counts them in.

use crate::error::SetupError;
use crate::parameter::Parameters;
use framepool_pvcam_sys::{self as sys, uns32};
use std::time::Duration;

/// An exposure as the camera counts it, and the time that this is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exposure {
    pub(crate) count: uns32,
    pub(crate) time: Duration,
}

impl Exposure {
    /// Chooses the shortest unit that the camera has, and rounds `time` to it.
    pub(crate) fn choose(time: Duration, parameters: &Parameters<'_>) -> Result<Self, SetupError> {
        Self::rounded(time, unit(parameters)?).ok_or(SetupError::Exposure(time))
    }

    /// Rounds to whole units; `None` if the result is zero or does not fit 32 bits.
    fn rounded(time: Duration, unit: Duration) -> Option<Self> {
        let count = (time.as_nanos() + unit.as_nanos() / 2) / unit.as_nanos();
        let count = uns32::try_from(count).ok().filter(|&count| count > 0)?;
        Some(Self { count, time: unit * count })
    }
}

/// Sets the unit of exposure times to microseconds if the camera has them, and returns the unit.
fn unit(parameters: &Parameters<'_>) -> Result<Duration, SetupError> {
    let (microsecond, millisecond) = (Duration::from_micros(1), Duration::from_millis(1));
    if !parameters.is_available(sys::PARAM_EXP_RES)? {
        return Ok(millisecond);
    }
    let Err(refused) = parameters.set_enum(sys::PARAM_EXP_RES, sys::EXP_RES_ONE_MICROSEC) else {
        return Ok(microsecond);
    };
    // The camera keeps the unit that it has.
    match parameters.integer(sys::PARAM_EXP_RES)? {
        Some(unit) if unit == i64::from(sys::EXP_RES_ONE_MICROSEC) => Ok(microsecond),
        Some(unit) if unit == i64::from(sys::EXP_RES_ONE_MILLISEC) => Ok(millisecond),
        _ => Err(refused.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposures_are_rounded_to_the_cameras_unit() {
        let (us, ms) = (Duration::from_micros, Duration::from_millis);
        let rounded = |time, unit| Exposure::rounded(time, unit).map(|e| (e.count, e.time));
        assert_eq!(rounded(Duration::from_nanos(8_333_333), us(1)), Some((8333, us(8333))));
        assert_eq!(rounded(us(1600), ms(1)), Some((2, ms(2))));
        assert_eq!(rounded(us(400), ms(1)), None);
        assert_eq!(rounded(Duration::from_secs(7200), us(1)), None);
    }
}
