//! Exposure times in the unit that the camera counts them in.

use crate::error::{ParameterError, SetupError};
use crate::known::{EXPOSURE, EXPOSURE_UNIT};
use crate::typed::{Access, if_available};
use framepool_pvcam_sys::{self as sys, uns32};
use std::ops::RangeInclusive;
use std::time::Duration;

/// An exposure as the camera counts it, and the time that this is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exposure {
    pub(crate) count: uns32,
    pub(crate) time: Duration,
}

impl Exposure {
    /// Chooses the shortest unit that the camera has, and rounds `time` to it.
    pub(crate) fn choose(time: Duration, access: &mut Access<'_>) -> Result<Self, SetupError> {
        let unit = unit(access)?;
        let exposure = Self::rounded(time, unit).ok_or(SetupError::Exposure(time))?;
        // A range that is not told, or empty, says nothing.
        let range = range_in(unit, access).ok().filter(|range| !range.is_empty());
        match range.map(RangeInclusive::into_inner) {
            Some((min, max)) if !(min..=max).contains(&exposure.time) && !max.is_zero() => {
                Err(SetupError::ExposureOutOfRange { exposure: time, min, max })
            }
            _ => Ok(exposure),
        }
    }

    /// Returns the exposures that the camera has, in the unit that [`choose`](Self::choose) chooses.
    pub(crate) fn range(
        access: &mut Access<'_>,
    ) -> Result<RangeInclusive<Duration>, ParameterError> {
        let unit = unit(access)?;
        range_in(unit, access)
    }

    /// Rounds to whole units; `None` if the result is zero or does not fit 32 bits.
    fn rounded(time: Duration, unit: Duration) -> Option<Self> {
        let count = (time.as_nanos() + unit.as_nanos() / 2) / unit.as_nanos();
        let count = uns32::try_from(count).ok().filter(|&count| count > 0)?;
        Some(Self { count, time: unit * count })
    }
}

/// Sets the unit of exposure times to microseconds if the camera has them, and returns the unit.
fn unit(access: &mut Access<'_>) -> Result<Duration, ParameterError> {
    let (microsecond, millisecond) = (Duration::from_micros(1), Duration::from_millis(1));
    match if_available(EXPOSURE_UNIT.get(access))? {
        None => Ok(millisecond),
        Some(sys::EXP_RES_ONE_MICROSEC) => Ok(microsecond),
        Some(now) => match EXPOSURE_UNIT.set(access, sys::EXP_RES_ONE_MICROSEC) {
            Ok(()) => Ok(microsecond),
            // The camera keeps the unit that it has.
            Err(_) if now == sys::EXP_RES_ONE_MILLISEC => Ok(millisecond),
            Err(refused) => Err(refused),
        },
    }
}

/// Reads the range of exposures, which the camera counts in `unit` now.
fn range_in(
    unit: Duration,
    access: &Access<'_>,
) -> Result<RangeInclusive<Duration>, ParameterError> {
    let limits = EXPOSURE.limits(access)?;
    let time = |count: i64| {
        let unit = u64::try_from(unit.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(u64::try_from(count).unwrap_or_default().saturating_mul(unit))
    };
    Ok(time(limits.min)..=time(limits.max))
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
