//! Camera parameters that the command line names, and the values that they are to have.

use clap::Args;
use framepool_pvcam::{Camera, NamedParameters, ParameterError};

/// The parameters that are set before a camera is set up.
#[derive(Debug, Args)]
pub(crate) struct Assignments {
    /// Set a parameter of the camera before the acquisition is set up, which chooses exposure, trigger, region and
    /// binning itself. May be repeated; set in this order. `framegrab params` lists names and values
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment, help_heading = "Camera parameters")]
    set: Vec<Assignment>,
}

/// A parameter with the value that it is to have, as the user has written them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Assignments {
    pub(crate) fn apply(&self, camera: &Camera) -> Result<(), ParameterError> {
        let parameters = camera.parameters();
        self.set.iter().try_for_each(|Assignment { name, value }| parameters.set(name, value))
    }
}

fn assignment(text: &str) -> Result<Assignment, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok(Assignment { name: known(name)?, value: value.to_owned() })
}

/// Returns the name if there is a parameter of that name.
pub(crate) fn known(name: &str) -> Result<String, String> {
    if NamedParameters::is_known(name) {
        return Ok(name.to_owned());
    }
    let unknown = ParameterError::UnknownName { name: name.to_owned() };
    Err(match closest(name) {
        Some(other) => format!("{unknown}: did you mean {other}?"),
        None => format!("{unknown}: `framegrab params` lists them"),
    })
}

/// Finds the name that a user may have meant.
fn closest(name: &str) -> Option<&'static str> {
    /// From 0, nothing in common, to 1.
    const CLOSE: f64 = 0.8;
    let wanted = name.to_ascii_uppercase().replace('-', "_");
    let wanted = wanted.strip_prefix("PARAM_").unwrap_or(&wanted);
    let closeness = |other| strsim::jaro_winkler(wanted, other);
    let all = NamedParameters::names().map(|other| (closeness(other), other));
    let (closeness, closest) = all.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (closeness >= CLOSE).then_some(closest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_meant_is_found() {
        for (written, meant) in [
            ("EXP_REST", "EXP_RES"),
            ("param_gain_indx", "GAIN_INDEX"),
            ("fan-speed", "FAN_SPEED_SETPOINT"),
            ("temperature", "TEMP"),
        ] {
            assert_eq!(closest(written), Some(meant), "{written}");
            assert!(known(written).unwrap_err().contains(meant));
        }
        assert_eq!(closest("xyzzy"), None);
        assert_eq!(known("exp-res"), Ok("exp-res".to_owned()));
    }

    #[test]
    fn a_value_may_have_an_equals_sign_and_a_name_not() {
        let parts = |text| assignment(text).map(|Assignment { name, value }| (name, value));
        assert_eq!(parts("TEMP=a=b"), Ok(("TEMP".to_owned(), "a=b".to_owned())));
        assert_eq!(parts("TEMP="), Ok(("TEMP".to_owned(), String::new())));
        assert!(parts("TEMP").is_err() && parts("=1").is_err());
    }
}
