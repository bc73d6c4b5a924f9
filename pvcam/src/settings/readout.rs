//! Readout speeds and gains. A camera tells their names and what they do only of those that it has.

use crate::choice::Limits;
use crate::description::bit_depth;
use crate::error::ParameterError;
use crate::known::{BIT_DEPTH, GAIN, GAIN_NAME, PIXEL_TIME, SET_POINT, SPEED, SPEED_NAME};
use crate::typed::{Access, Parameter, if_available};
use std::time::Duration;

/// A readout speed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Speed {
    /// The camera's number for it, from 0 on each port.
    pub index: i16,
    /// The camera's name for it, empty if it has none.
    pub name: String,
    /// The time in which a pixel is read out, `None` if the camera does not say.
    pub pixel_time: Option<Duration>,
}

impl Speed {
    /// Reads the speed that the camera has.
    pub(crate) fn now(access: &Access<'_>) -> Result<Self, ParameterError> {
        let nanoseconds = if_available(PIXEL_TIME.get(access))?;
        let nanoseconds = nanoseconds.and_then(|time| u64::try_from(time).ok());
        Ok(Self {
            index: SPEED.get(access)?,
            name: if_available(SPEED_NAME.text(access))?.unwrap_or_default(),
            pixel_time: nanoseconds.filter(|&time| time > 0).map(Duration::from_nanos),
        })
    }
}

/// A gain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gain {
    /// The camera's number for it, from 1 at each speed.
    pub index: i16,
    /// The camera's name for it, empty if it has none.
    pub name: String,
    /// Bits per pixel that carry signal, `None` if the camera does not say.
    pub bit_depth: Option<u8>,
}

impl Gain {
    /// Reads the gain that the camera has.
    pub(crate) fn now(access: &Access<'_>) -> Result<Self, ParameterError> {
        let bits = if_available(BIT_DEPTH.get(access))?;
        Ok(Self {
            index: GAIN.get(access)?,
            name: if_available(GAIN_NAME.text(access))?.unwrap_or_default(),
            bit_depth: bits.map(|bits| bit_depth(Some(bits))),
        })
    }
}

/// Lists the speeds, and sets what this has changed as it was.
pub(crate) fn speeds(access: &mut Access<'_>) -> Result<Vec<Speed>, ParameterError> {
    let speed = SPEED.get(access)?;
    let gain = if_available(GAIN.get(access))?;
    let set_point = if_available(SET_POINT.get(access))?;
    listed(&SPEED, Speed::now, access, |access| {
        SPEED.set(access, speed)?;
        if let Some(gain) = gain {
            GAIN.set(access, gain)?;
        }
        match set_point {
            Some(set_point) if SET_POINT.get(access)? != set_point => {
                SET_POINT.set(access, set_point)
            }
            _ => Ok(()),
        }
    })
}

/// Lists the gains, and sets the one that there was.
pub(crate) fn gains(access: &mut Access<'_>) -> Result<Vec<Gain>, ParameterError> {
    let gain = GAIN.get(access)?;
    listed(&GAIN, Gain::now, access, |access| GAIN.set(access, gain))
}

/// Reads what there is to know of each value of an index. If it has several, each is set, and then
/// what there was is restored, also if anything has failed.
fn listed<T>(
    index: &Parameter<i16>,
    read: fn(&Access<'_>) -> Result<T, ParameterError>,
    access: &mut Access<'_>,
    restore: impl FnOnce(&mut Access<'_>) -> Result<(), ParameterError>,
) -> Result<Vec<T>, ParameterError> {
    let Limits { min, max, increment } = index.limits(access)?;
    if min >= max {
        return Ok(vec![read(access)?]);
    }
    let step = usize::try_from(increment).unwrap_or_default().max(1);
    let mut set_and_read = |value| index.set(access, value).and_then(|()| read(access));
    let found: Result<Vec<T>, _> = (min..=max).step_by(step).map(&mut set_and_read).collect();
    let restored = restore(access);
    let found = found?;
    restored.map(|()| found)
}
