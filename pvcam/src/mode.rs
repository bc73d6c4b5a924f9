//! Which mode of the SDK a camera has for a trigger and what the expose-out line says.

use crate::choice::Choice;
use crate::error::ParameterError;
use crate::known::{EXPOSE_OUT, TRIGGER};
use crate::trigger::{ExposeOut, Trigger};
use crate::typed::{Access, if_available};
use framepool_pvcam_sys::{self as sys, int16};

/// Returns the mode that a setup is given: an exposure mode with an expose-out mode in it, or a
/// legacy mode.
pub(crate) fn sdk_mode(
    trigger: Trigger,
    expose_out: Option<ExposeOut>,
    access: &Access<'_>,
) -> Result<int16, ParameterError> {
    let modes = if_available(TRIGGER.choices(access))?.unwrap_or_default();
    let expose_outs = if_available(EXPOSE_OUT.choices(access))?;
    mode(trigger, expose_out, &modes, expose_outs.as_deref())
}

/// Chooses among the exposure modes and the expose-out modes that a camera lists.
fn mode(
    trigger: Trigger,
    expose_out: Option<ExposeOut>,
    modes: &[Choice<i32>],
    expose_outs: Option<&[Choice<i32>]>,
) -> Result<int16, ParameterError> {
    let (extended, legacy) = trigger.modes();
    let mode = if modes.is_empty() {
        // Cameras without expose-out modes have the legacy exposure modes only.
        if expose_outs.is_some() { extended } else { legacy.unwrap_or(extended) }
    } else {
        let is_listed = |mode: &int16| modes.iter().any(|choice| choice.value == i32::from(*mode));
        let found = [Some(extended), legacy].into_iter().flatten().find(is_listed);
        found.ok_or_else(|| TRIGGER.not_a_choice(trigger.to_string(), names(modes)))?
    };
    match (expose_outs, expose_out) {
        (Some(listed), expose_out) if mode == extended => Ok(mode | chosen(expose_out, listed)?),
        (_, None) => Ok(mode),
        // A legacy mode has none in it.
        (_, Some(_)) => Err(EXPOSE_OUT.not_available()),
    }
}

/// Returns the expose-out mode asked for, or the camera's first one.
fn chosen(expose_out: Option<ExposeOut>, listed: &[Choice<i32>]) -> Result<int16, ParameterError> {
    let is_listed = |mode: int16| listed.iter().any(|choice| choice.value == i32::from(mode));
    match expose_out {
        Some(asked) if is_listed(asked.mode()) => Ok(asked.mode()),
        Some(asked) => Err(EXPOSE_OUT.not_a_choice(asked.to_string(), names(listed))),
        None if is_listed(sys::EXPOSE_OUT_FIRST_ROW) => Ok(sys::EXPOSE_OUT_FIRST_ROW),
        None => {
            let first = listed.first().and_then(|choice| int16::try_from(choice.value).ok());
            Ok(first.unwrap_or(sys::EXPOSE_OUT_FIRST_ROW))
        }
    }
}

fn names(choices: &[Choice<i32>]) -> Vec<String> {
    choices.iter().map(|choice| choice.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use framepool_pvcam_sys::{BULB_MODE, EXT_TRIG_INTERNAL, EXT_TRIG_LEVEL, TIMED_MODE};

    fn listed(modes: &[int16]) -> Vec<Choice<i32>> {
        modes
            .iter()
            .map(|&mode| Choice { value: mode.into(), name: format!("mode {mode}") })
            .collect()
    }

    /// Returns the mode for a camera that lists these.
    fn of(
        wanted: (Trigger, Option<ExposeOut>),
        modes: &[int16],
        expose_outs: Option<&[int16]>,
    ) -> Result<int16, ParameterError> {
        let expose_outs = expose_outs.map(listed);
        mode(wanted.0, wanted.1, &listed(modes), expose_outs.as_deref())
    }

    #[test]
    fn a_mode_that_the_camera_lists_is_chosen() {
        let (internal, level) = ((Trigger::Internal, None), (Trigger::Level, None));
        let both = [TIMED_MODE, BULB_MODE, EXT_TRIG_LEVEL];
        assert_eq!(of(internal, &both, Some(&[0])), Ok(TIMED_MODE));
        assert_eq!(of(level, &both, Some(&[0])), Ok(EXT_TRIG_LEVEL));
        assert_eq!(of(level, &both[..2], None), Ok(BULB_MODE));
        let error = of((Trigger::LevelPulsed, None), &both[..1], None).unwrap_err();
        assert_eq!(error.to_string(), "pulses is no trigger of this camera; it has: mode 0");
    }

    #[test]
    fn a_camera_that_lists_no_modes_has_those_of_its_time() {
        let internal = (Trigger::Internal, None);
        assert_eq!(of(internal, &[], Some(&[0])), Ok(EXT_TRIG_INTERNAL));
        assert_eq!(of(internal, &[], None), Ok(TIMED_MODE));
        assert_eq!(of((Trigger::Software, None), &[], None), Ok(sys::EXT_TRIG_SOFTWARE_EDGE));
    }

    #[test]
    fn the_expose_out_mode_is_the_one_asked_for_or_one_that_the_camera_has() {
        let wanted = |expose_out| (Trigger::Internal, expose_out);
        let (modes, all) = ([EXT_TRIG_INTERNAL], Some(ExposeOut::AllRows));
        let chosen = |expose_out, expose_outs: &[int16]| {
            of(wanted(expose_out), &modes, Some(expose_outs)).map(|mode| mode - EXT_TRIG_INTERNAL)
        };
        assert_eq!(chosen(None, &[2, 0, 1]), Ok(0));
        assert_eq!(chosen(None, &[3, 4]), Ok(3), "it has no first row");
        assert_eq!(chosen(None, &[]), Ok(0));
        assert_eq!(chosen(all, &[0, 1]), Ok(1));
        let error = chosen(all, &[0, 3]).unwrap_err().to_string();
        assert_eq!(error, "all rows is no expose-out mode of this camera; it has: mode 0, mode 3");
        let error = of(wanted(all), &modes, None).unwrap_err();
        assert_eq!(error.to_string(), "this camera has no expose-out mode");
    }
}
