//! When frames are exposed, and what the camera says of it on its expose-out line.

use framepool_pvcam_sys::{self as sys, int16, int32};
use std::fmt;

/// When frames are exposed. [`Settings::triggers`](crate::Settings::triggers) lists those that a
/// camera has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// By the camera, one after the other, as fast as exposure and readout allow.
    Internal,
    /// One for each call of [`Acquisition::trigger`].
    ///
    /// [`Acquisition::trigger`]: crate::Acquisition::trigger
    Software,
    /// The first call of [`Acquisition::trigger`] begins what then runs as with
    /// [`Internal`](Self::Internal).
    ///
    /// [`Acquisition::trigger`]: crate::Acquisition::trigger
    SoftwareFirst,
    /// The first signal on the trigger line begins what then runs as with
    /// [`Internal`](Self::Internal).
    First,
    /// One for each rising edge on the trigger line.
    EdgeRising,
    /// For as long as the signal on the trigger line lasts, each time; the setup's exposure does
    /// not matter.
    Level,
    /// As [`Level`](Self::Level), where a frame is read out while the next one is exposed.
    LevelOverlap,
    /// From one pulse on the trigger line to the next; the setup's exposure does not matter.
    LevelPulsed,
}

impl Trigger {
    /// All of them, each with the SDK's exposure mode, the legacy mode that means the same, if there
    /// is one, and its name.
    const ALL: [(Self, int16, Option<int16>, &'static str); 8] = [
        (Self::Internal, sys::EXT_TRIG_INTERNAL, Some(sys::TIMED_MODE), "internal"),
        (Self::Software, sys::EXT_TRIG_SOFTWARE_EDGE, None, "software"),
        (Self::SoftwareFirst, sys::EXT_TRIG_SOFTWARE_FIRST, None, "software first"),
        (Self::First, sys::EXT_TRIG_TRIG_FIRST, Some(sys::TRIGGER_FIRST_MODE), "trigger first"),
        (Self::EdgeRising, sys::EXT_TRIG_EDGE_RISING, Some(sys::STROBED_MODE), "rising edge"),
        (Self::Level, sys::EXT_TRIG_LEVEL, Some(sys::BULB_MODE), "level"),
        (Self::LevelOverlap, sys::EXT_TRIG_LEVEL_OVERLAP, None, "overlapping level"),
        (Self::LevelPulsed, sys::EXT_TRIG_LEVEL_PULSED, None, "pulses"),
    ];

    /// Returns the trigger that an exposure mode of the SDK means, if it is one of these.
    pub(crate) fn of_mode(mode: int32) -> Option<Self> {
        let is_mode = |known: int16| int32::from(known) == mode;
        let found = Self::ALL
            .iter()
            .find(|(_, extended, legacy, _)| is_mode(*extended) || legacy.is_some_and(is_mode));
        found.map(|(trigger, ..)| *trigger)
    }

    /// Returns the SDK's exposure mode, and the legacy mode that means the same.
    pub(crate) fn modes(self) -> (int16, Option<int16>) {
        let (_, extended, legacy, _) = self.entry();
        (extended, legacy)
    }

    /// Returns whether the trigger's signal, and not the setup, says how long an exposure takes.
    pub(crate) fn times_exposures(self) -> bool {
        matches!(self, Self::Level | Self::LevelOverlap | Self::LevelPulsed)
    }

    fn entry(self) -> (Self, int16, Option<int16>, &'static str) {
        Self::ALL.into_iter().find(|(trigger, ..)| *trigger == self).unwrap_or(Self::ALL[0])
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.entry().3)
    }
}

/// What the signal on the camera's expose-out line means, where the rows of a sensor are exposed
/// one after the other. [`Settings::expose_outs`](crate::Settings::expose_outs) lists those that a
/// camera has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExposeOut {
    /// The first row is exposed.
    FirstRow,
    /// All rows are exposed.
    AllRows,
    /// Any row is exposed.
    AnyRow,
    /// As the camera's rolling shutter has it: as [`AllRows`](Self::AllRows), with the time to read
    /// out a frame added to the exposure.
    RollingShutter,
    /// A pulse for each row.
    LineTrigger,
    /// All rows are exposed at once.
    GlobalShutter,
}

impl ExposeOut {
    /// All of them, each with the SDK's number and its name.
    const ALL: [(Self, int16, &'static str); 6] = [
        (Self::FirstRow, sys::EXPOSE_OUT_FIRST_ROW, "first row"),
        (Self::AllRows, sys::EXPOSE_OUT_ALL_ROWS, "all rows"),
        (Self::AnyRow, sys::EXPOSE_OUT_ANY_ROW, "any row"),
        (Self::RollingShutter, sys::EXPOSE_OUT_ROLLING_SHUTTER, "rolling shutter"),
        (Self::LineTrigger, sys::EXPOSE_OUT_LINE_TRIGGER, "line trigger"),
        (Self::GlobalShutter, sys::EXPOSE_OUT_GLOBAL_SHUTTER, "global shutter"),
    ];

    /// Returns what a number of the SDK means, if it is one of these.
    pub(crate) fn of_mode(mode: int32) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known, _)| int32::from(*known) == mode);
        found.map(|(expose_out, ..)| *expose_out)
    }

    /// Returns the SDK's number.
    pub(crate) fn mode(self) -> int16 {
        self.entry().1
    }

    fn entry(self) -> (Self, int16, &'static str) {
        Self::ALL.into_iter().find(|(expose_out, ..)| *expose_out == self).unwrap_or(Self::ALL[0])
    }
}

impl fmt::Display for ExposeOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.entry().2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_leads_back_to_its_meaning() {
        for (trigger, extended, legacy, _) in Trigger::ALL {
            assert_eq!(trigger.modes(), (extended, legacy));
            for mode in [Some(extended), legacy].into_iter().flatten() {
                assert_eq!(Trigger::of_mode(mode.into()), Some(trigger));
            }
        }
        assert_eq!(Trigger::of_mode(sys::VARIABLE_TIMED_MODE.into()), None);
        for (expose_out, mode, _) in ExposeOut::ALL {
            assert_eq!(
                (expose_out.mode(), ExposeOut::of_mode(mode.into())),
                (mode, Some(expose_out))
            );
        }
        assert_eq!(ExposeOut::of_mode(99), None);
    }
}
