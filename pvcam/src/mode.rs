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
    // Cameras without expose-out modes have the legacy exposure modes only.
    let expose_outs = if_available(EXPOSE_OUT.choices(access))?;
    let (extended, legacy) = trigger.modes();
    let mode = if modes.is_empty() {
        // A camera that lists no modes has those of its time.
        if expose_outs.is_some() { extended } else { legacy.unwrap_or(extended) }
    } else {
        let is_listed = |mode: &int16| modes.iter().any(|choice| choice.value == (*mode).into());
        let found = [Some(extended), legacy].into_iter().flatten().find(is_listed);
        found.ok_or_else(|| TRIGGER.not_a_choice(trigger.to_string(), names(&modes)))?
    };
    match (expose_outs, expose_out) {
        (Some(listed), expose_out) if mode == extended => Ok(mode | chosen(expose_out, &listed)?),
        (_, None) => Ok(mode),
        (_, Some(_)) => Err(EXPOSE_OUT.not_available()),
    }
}

/// Returns the expose-out mode asked for, or the camera's first one.
fn chosen(expose_out: Option<ExposeOut>, listed: &[Choice<i32>]) -> Result<int16, ParameterError> {
    let is_listed = |mode: int16| listed.iter().any(|choice| choice.value == mode.into());
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
