//! The speeds of a camera's fan.

use crate::value::Value;
use framepool_pvcam_sys as sys;
use std::fmt;

/// The speed of the camera's fan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FanSpeed {
    /// As fast as it can.
    High,
    /// Less fast.
    Medium,
    /// Slow.
    Low,
    /// Off: the camera is cooled by a liquid.
    Off,
    /// One that this crate does not know, by the camera's number for it.
    Other(i32),
}

impl Value for FanSpeed {
    fn of_number(number: i64) -> Self {
        let known = [Self::High, Self::Medium, Self::Low, Self::Off];
        let found = known.into_iter().find(|speed| speed.number() == Some(number));
        found.unwrap_or_else(|| Self::Other(i32::of_number(number)))
    }

    fn number(self) -> Option<i64> {
        let number = match self {
            Self::High => sys::FAN_SPEED_HIGH,
            Self::Medium => sys::FAN_SPEED_MEDIUM,
            Self::Low => sys::FAN_SPEED_LOW,
            Self::Off => sys::FAN_SPEED_OFF,
            Self::Other(number) => number,
        };
        Some(number.into())
    }

    fn shown(self) -> f64 {
        self.number().map_or(f64::NAN, i64::shown)
    }
}

impl fmt::Display for FanSpeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::High => f.pad("high"),
            Self::Medium => f.pad("medium"),
            Self::Low => f.pad("low"),
            Self::Off => f.pad("off"),
            Self::Other(number) => write!(f, "speed {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_that_is_not_known_keeps_its_number() {
        for number in 0..6 {
            assert_eq!(FanSpeed::of_number(number).number(), Some(number));
        }
        assert_eq!(FanSpeed::of_number(2), FanSpeed::Low);
        assert_eq!(FanSpeed::of_number(4), FanSpeed::Other(4));
        assert_eq!(
            (FanSpeed::Off.to_string(), FanSpeed::Other(9).to_string()),
            ("off".into(), "speed 9".into())
        );
    }
}
