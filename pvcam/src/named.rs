//! All parameters of a camera by the SDK's names, for programs that list them, or that let a user name one.
//!
//! What is checked before a parameter is read or set is in `typed`; here its type is the camera's to state.

mod parameter;

pub use crate::named::parameter::{
    NamedParameter, ParameterAccess, ParameterOffer, ParameterType, ParameterValue,
};

use crate::camera::Camera;
use crate::choice::{Choice, Limits};
use crate::error::{ParameterError, SdkError};
use crate::handle::Handle;
use crate::typed::{Access, Parameter};
use framepool_pvcam_sys::{self as sys, ParameterEntry, int16, uns16};

/// The parameters of a camera, by the SDK's names.
///
/// A name is the SDK's without `PARAM_`, such as `EXP_RES`; it is also taken with that, in lower case, and with hyphens.
/// What a program knows when it is compiled has types of its own in [`Settings`](crate::Settings); this is for all the
/// rest, in the SDK's units (temperatures are hundredths of a degree).
///
/// Everything is checked before the SDK is asked to change anything, as [`Settings`](crate::Settings) says. Since a
/// parameter may change what frames are, a [`Prepared`](crate::Prepared) from before one was set can no longer be
/// started. A setup chooses the unit of exposures, trigger, region, binning and metadata itself, whatever was set here.
///
/// # Examples
/// ```
/// use framepool_pvcam::{Library, ParameterValue, Sdk};
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let parameters = camera.parameters();
/// for parameter in parameters.list()? {
///     println!("{}: {}", parameter.name, parameter.about);
/// }
/// parameters.set("FAN_SPEED_SETPOINT", "low")?;
/// let fan = parameters.get("fan-speed-setpoint")?;
/// assert!(matches!(fan.value, Some(ParameterValue::Choice(fan)) if fan.name == "Low"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct NamedParameters<'a> {
    handle: &'a Handle,
}

impl Camera {
    /// Returns the camera's parameters by their names.
    #[must_use]
    pub fn parameters(&self) -> NamedParameters<'_> {
        NamedParameters { handle: self.handle() }
    }
}

impl NamedParameters<'_> {
    /// Returns the names of the parameters that this crate knows, whether a camera has them or not.
    pub fn names() -> impl Iterator<Item = &'static str> {
        sys::PARAMETERS.iter().map(short)
    }

    /// Returns whether this is the name of a parameter that this crate knows.
    #[must_use]
    pub fn is_known(name: &str) -> bool {
        find(name).is_ok()
    }

    /// Describes each parameter that the camera has. What cannot be read while it is imaging has no value then.
    ///
    /// # Errors
    /// [`ParameterError::Sdk`].
    pub fn list(&self) -> Result<Vec<NamedParameter>, ParameterError> {
        let mut listed = Vec::new();
        self.handle.access(|access| {
            for (index, entry) in sys::PARAMETERS.iter().enumerate() {
                let is_again = sys::PARAMETERS[..index].iter().any(|before| before.id == entry.id);
                if !is_again && access.parameters.is_available(entry.id)? {
                    listed.push(described(entry, access)?);
                }
            }
            Ok(listed)
        })
    }

    /// Describes a parameter.
    ///
    /// # Errors
    /// [`ParameterError::UnknownName`], [`ParameterError::NotAvailable`] or [`ParameterError::Sdk`].
    pub fn get(&self, name: &str) -> Result<NamedParameter, ParameterError> {
        let entry = find(name)?;
        self.handle.access(|access| {
            if !access.parameters.is_available(entry.id)? {
                return Err(ParameterError::NotAvailable { parameter: short(entry) });
            }
            Ok(described(entry, access)?)
        })
    }

    /// Sets a parameter to a value as a user writes it: a number, a choice's number or name, on or off. In names of
    /// choices, case and what is neither a letter nor a digit do not matter.
    ///
    /// # Errors
    /// [`ParameterError`].
    pub fn set(&self, name: &str, value: &str) -> Result<(), ParameterError> {
        let entry = find(name)?;
        self.handle.access(|access| set(entry, access, value))
    }
}

/// Returns a parameter's name, without what all have in common.
fn short(entry: &'static ParameterEntry) -> &'static str {
    entry.name.strip_prefix(PREFIX).unwrap_or(entry.name)
}

const PREFIX: &str = "PARAM_";

fn find(name: &str) -> Result<&'static ParameterEntry, ParameterError> {
    let upper = name.trim().to_ascii_uppercase().replace('-', "_");
    let wanted = upper.strip_prefix(PREFIX).unwrap_or(&upper);
    let found = sys::PARAMETERS.iter().find(|entry| short(entry) == wanted);
    found.ok_or_else(|| ParameterError::UnknownName { name: name.to_owned() })
}

fn described(
    entry: &'static ParameterEntry,
    access: &Access<'_>,
) -> Result<NamedParameter, SdkError> {
    let kind = ParameterType::of_code(access.parameters.type_code(entry.id)?);
    let allowed = ParameterAccess::of_code(access.parameters.access(entry.id)?);
    let is_live = access.parameters.is_live(entry.id);
    let of = Described { entry, kind, access };
    let may_be_read = allowed.can_be_read() && (is_live || !access.is_imaging);
    Ok(NamedParameter {
        name: short(entry),
        about: entry.about.trim(),
        kind,
        access: allowed,
        is_live,
        value: if may_be_read { of.value(sys::ATTR_CURRENT) } else { None },
        offer: if may_be_read { of.offer() } else { ParameterOffer::Unstated },
    })
}

/// A parameter that may be read. What fails to be read all the same is left out: some are there only after a setup.
struct Described<'a> {
    entry: &'static ParameterEntry,
    kind: ParameterType,
    access: &'a Access<'a>,
}

impl Described<'_> {
    fn value(&self, attribute: int16) -> Option<ParameterValue> {
        let parameters = &self.access.parameters;
        let number = || parameters.number(self.entry.id, attribute).ok().flatten();
        Some(match self.kind {
            ParameterType::Signed(_) | ParameterType::Unsigned(_) => {
                ParameterValue::Integer(number()?)
            }
            ParameterType::Float(_) => {
                ParameterValue::Float(parameters.float(self.entry.id, attribute).ok()??)
            }
            ParameterType::Boolean => ParameterValue::Boolean(number()? != 0),
            ParameterType::Enumerated => {
                let value = i32::try_from(number()?).ok()?;
                let listed = self.choices().into_iter().find(|choice| choice.value == value);
                let unnamed = || Choice { value, name: String::new() };
                ParameterValue::Choice(listed.unwrap_or_else(unnamed))
            }
            ParameterType::Text => {
                ParameterValue::Text(parameters.short_text(self.entry.id).ok()??)
            }
            ParameterType::Other(_) => return None,
        })
    }

    fn offer(&self) -> ParameterOffer {
        let limits = || {
            Some(Limits {
                min: self.value(sys::ATTR_MIN)?,
                max: self.value(sys::ATTR_MAX)?,
                increment: self.value(sys::ATTR_INCREMENT)?,
            })
        };
        match self.kind {
            ParameterType::Enumerated => ParameterOffer::Choices(self.choices()),
            ParameterType::Signed(_) | ParameterType::Unsigned(_) | ParameterType::Float(_) => {
                limits().map_or(ParameterOffer::Unstated, ParameterOffer::Range)
            }
            _ => ParameterOffer::Unstated,
        }
    }

    fn choices(&self) -> Vec<Choice<i32>> {
        let entries = self.access.parameters.entries(self.entry.id).unwrap_or_default();
        entries.into_iter().map(|(value, name)| Choice { value, name }).collect()
    }
}

fn set(
    entry: &'static ParameterEntry,
    access: &mut Access<'_>,
    text: &str,
) -> Result<(), ParameterError> {
    let parameter = short(entry);
    // Any of them may change what frames are.
    let number = Parameter::<i64>::new(entry.id, parameter).shaping_frames();
    number.check_writable(access)?;
    let type_code = access.parameters.type_code(entry.id)?;
    let wrong = |expected: String| ParameterError::NotAValue {
        parameter,
        value: text.to_owned(),
        expected,
    };
    match ParameterType::of_code(type_code) {
        ParameterType::Boolean => {
            let value = boolean(text).ok_or_else(|| wrong("on or off".to_owned()))?;
            Parameter::<bool>::new(entry.id, parameter).shaping_frames().set(access, value)
        }
        ParameterType::Enumerated => {
            let choices = number.choices(access)?;
            let plain = |text: &str| {
                let letters = text.chars().filter(|c| c.is_alphanumeric());
                letters.collect::<String>().to_lowercase()
            };
            let by_name = choices.iter().find(|choice| plain(&choice.name) == plain(text));
            match text.trim().parse().ok().or(by_name.map(|choice| choice.value)) {
                Some(value) => number.set(access, value),
                None => Err(number.not_a_choice(
                    text.to_owned(),
                    choices.iter().map(Choice::described).collect(),
                )),
            }
        }
        ParameterType::Signed(_) | ParameterType::Unsigned(_) => match text.trim().parse() {
            Ok(value) => number.set(access, value),
            Err(_) => {
                let Limits { min, max, .. } = number.limits(access)?;
                Err(wrong(format!("a whole number from {min} to {max}")))
            }
        },
        ParameterType::Float(_) => {
            let value = text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
            let value = value.ok_or_else(|| wrong("a number".to_owned()))?;
            set_float(entry, access, type_code, value)
        }
        ParameterType::Text | ParameterType::Other(_) => {
            Err(ParameterError::UnexpectedType { parameter, type_code })
        }
    }
}

/// Sets a floating-point number that is within the range, if the camera states one.
fn set_float(
    entry: &'static ParameterEntry,
    access: &mut Access<'_>,
    type_code: uns16,
    value: f64,
) -> Result<(), ParameterError> {
    let parameter = short(entry);
    let bound = |attribute| access.parameters.float(entry.id, attribute).ok().flatten();
    if let (Some(min), Some(max)) = (bound(sys::ATTR_MIN), bound(sys::ATTR_MAX))
        && !(min..=max).contains(&value)
    {
        let increment = bound(sys::ATTR_INCREMENT).unwrap_or_default();
        return Err(ParameterError::OutOfRange { parameter, value, min, max, increment });
    }
    access.is_outdated = true;
    if access.parameters.set_float(entry.id, type_code, value)? {
        Ok(())
    } else {
        Err(ParameterError::UnexpectedType { parameter, type_code })
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}
