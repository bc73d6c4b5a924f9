//! Parameters with their types, and the checks that come before each call for one of them.
//!
//! ```text
//!   read   is it there? -> may it be read? -> may it be touched now? -> pl_get_param
//!   set    is it there? -> may it be set? -> may it be touched now? -> is the value one that the
//!          camera has? -> pl_set_param
//! ```
//!
//! The SDK's header forbids to touch a parameter that is not live while the camera is imaging, also
//! to read it, and there are cameras that stop when it is done all the same. Whether the camera is
//! imaging is known from [`Handle::access`](crate::handle::Handle::access), which keeps it so.

use crate::choice::{Choice, Limits};
use crate::error::{ErrorKind, ParameterError, SdkError};
use crate::parameter::Parameters;
use crate::value::Value;
use framepool_pvcam_sys::{self as sys, int16, uns16, uns32};
use std::marker::PhantomData;

/// The right to touch a camera's parameters, while no acquisition starts or ends.
pub(crate) struct Access<'a> {
    pub(crate) parameters: Parameters<'a>,
    pub(crate) is_imaging: bool,
    /// Something was set that changes frames, so the camera has to be set up again.
    pub(crate) is_outdated: bool,
}

/// A parameter with values of type `T`.
pub(crate) struct Parameter<T> {
    id: uns32,
    /// What people call it.
    name: &'static str,
    shapes_frames: bool,
    values: PhantomData<fn() -> T>,
}

impl<T> Parameter<T> {
    pub(crate) const fn new(id: uns32, name: &'static str) -> Self {
        Self { id, name, shapes_frames: false, values: PhantomData }
    }

    /// Marks one that changes what frames are: a setup from before it was set is no longer right.
    pub(crate) const fn shaping_frames(self) -> Self {
        Self { shapes_frames: true, ..self }
    }

    /// Returns the error for a value that the camera does not have.
    pub(crate) fn not_a_choice(&self, value: String, choices: Vec<String>) -> ParameterError {
        ParameterError::NotAChoice { parameter: self.name, value, choices }
    }

    /// Returns the error for a parameter that the camera does not have.
    pub(crate) fn not_available(&self) -> ParameterError {
        ParameterError::NotAvailable { parameter: self.name }
    }

    /// Checks that the camera has the parameter, and that it may be touched now.
    fn check(&self, access: &Access<'_>) -> Result<(), ParameterError> {
        self.check_available(access)?;
        self.check_touchable(access)
    }

    fn check_readable(&self, access: &Access<'_>) -> Result<(), ParameterError> {
        self.check_available(access)?;
        if let sys::ACC_WRITE_ONLY | sys::ACC_EXIST_CHECK_ONLY =
            access.parameters.access(self.id)?
        {
            return Err(ParameterError::Unreadable { parameter: self.name });
        }
        self.check_touchable(access)
    }

    /// Checks that the camera has the parameter and lets it be set, and that it may be touched now.
    pub(crate) fn check_writable(&self, access: &Access<'_>) -> Result<(), ParameterError> {
        self.check_available(access)?;
        let (sys::ACC_READ_WRITE | sys::ACC_WRITE_ONLY) = access.parameters.access(self.id)? else {
            return Err(ParameterError::ReadOnly { parameter: self.name });
        };
        self.check_touchable(access)
    }

    fn check_available(&self, access: &Access<'_>) -> Result<(), ParameterError> {
        if access.parameters.is_available(self.id)? { Ok(()) } else { Err(self.not_available()) }
    }

    fn check_touchable(&self, access: &Access<'_>) -> Result<(), ParameterError> {
        if access.is_imaging && !access.parameters.is_live(self.id) {
            return Err(ParameterError::Imaging { parameter: self.name });
        }
        Ok(())
    }

    /// Says that the parameter cannot have the type that the camera states.
    fn unexpected(&self, type_code: uns16) -> ParameterError {
        ParameterError::UnexpectedType { parameter: self.name, type_code }
    }

    /// Names the parameter in an error of the SDK that means that the camera does not have it.
    fn named(&self, error: SdkError) -> ParameterError {
        match error.kind() {
            ErrorKind::NotAvailable => self.not_available(),
            _ => error.into(),
        }
    }
}

impl<T: Value> Parameter<T> {
    /// Reads the current value.
    pub(crate) fn get(&self, access: &Access<'_>) -> Result<T, ParameterError> {
        self.check_readable(access)?;
        self.attribute(access, sys::ATTR_CURRENT)
    }

    /// Reads the value that the camera has or advises by default.
    pub(crate) fn default(&self, access: &Access<'_>) -> Result<T, ParameterError> {
        self.check(access)?;
        self.attribute(access, sys::ATTR_DEFAULT)
    }

    /// Reads the range.
    pub(crate) fn limits(&self, access: &Access<'_>) -> Result<Limits<T>, ParameterError> {
        self.check(access)?;
        Ok(Limits {
            min: self.attribute(access, sys::ATTR_MIN)?,
            max: self.attribute(access, sys::ATTR_MAX)?,
            increment: self.attribute(access, sys::ATTR_INCREMENT)?,
        })
    }

    /// Lists the values of an enumeration.
    pub(crate) fn choices(&self, access: &Access<'_>) -> Result<Vec<Choice<T>>, ParameterError> {
        self.check(access)?;
        let type_code = access.parameters.type_code(self.id)?;
        if type_code != sys::TYPE_ENUM {
            return Err(self.unexpected(type_code));
        }
        let entries = access.parameters.entries(self.id).map_err(|error| self.named(error))?;
        let choice = |(number, name): (i32, _)| Choice { value: T::of_number(number.into()), name };
        Ok(entries.into_iter().map(choice).collect())
    }

    /// Sets a value that the camera has.
    pub(crate) fn set(&self, access: &mut Access<'_>, value: T) -> Result<(), ParameterError> {
        self.check_writable(access)?;
        let type_code = access.parameters.type_code(self.id)?;
        let number = match type_code {
            sys::TYPE_BOOLEAN => value.number(),
            sys::TYPE_ENUM => Some(self.chosen(access, value)?),
            _ => Some(self.within(access, value)?),
        };
        let number = number.ok_or_else(|| self.unexpected(type_code))?;
        // Also if this fails: then it is not known what the camera has.
        access.is_outdated |= self.shapes_frames;
        match access.parameters.set(self.id, type_code, number) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.unexpected(type_code)),
            Err(error) => Err(self.named(error)),
        }
    }

    /// Returns the SDK's number of a value that is one of the choices.
    fn chosen(&self, access: &Access<'_>, value: T) -> Result<i64, ParameterError> {
        let choices = self.choices(access)?;
        let number = value.number();
        let found = choices.iter().filter_map(|choice| choice.value.number());
        found.into_iter().find(|found| Some(*found) == number).ok_or_else(|| {
            self.not_a_choice(value.to_string(), choices.iter().map(Choice::described).collect())
        })
    }

    /// Returns the SDK's number of a value that is within the range.
    pub(crate) fn within(&self, access: &Access<'_>, value: T) -> Result<i64, ParameterError> {
        let limits = self.limits(access)?;
        let Limits { min, max, increment } = limits;
        let bounds = (min.number(), max.number(), increment.number());
        let (Some(least), Some(most), Some(step)) = bounds else {
            return Err(self.unexpected(access.parameters.type_code(self.id)?));
        };
        let is_step = |number: i64| {
            // 128 bits, which no difference exceeds.
            let steps = i128::from(number) - i128::from(least);
            step <= 0 || steps % i128::from(step) == 0
        };
        let number = value.number().filter(|number| (least..=most).contains(number));
        number.filter(|number| is_step(*number)).ok_or_else(|| ParameterError::OutOfRange {
            parameter: self.name,
            value: value.shown(),
            min: min.shown(),
            max: max.shown(),
            increment: increment.shown(),
        })
    }

    fn attribute(&self, access: &Access<'_>, attribute: int16) -> Result<T, ParameterError> {
        let found = access.parameters.number(self.id, attribute).map_err(|e| self.named(e))?;
        match found {
            Some(number) => Ok(T::of_number(number)),
            None => Err(self.unexpected(access.parameters.type_code(self.id)?)),
        }
    }
}

impl Parameter<String> {
    /// Reads the text.
    pub(crate) fn text(&self, access: &Access<'_>) -> Result<String, ParameterError> {
        self.check_readable(access)?;
        let text = access.parameters.text(self.id).map_err(|error| self.named(error))?;
        text.ok_or_else(|| self.not_available())
    }
}

/// Turns the error for a parameter that the camera does not have into nothing.
pub(crate) fn if_available<T>(
    found: Result<T, ParameterError>,
) -> Result<Option<T>, ParameterError> {
    match found {
        Err(ParameterError::NotAvailable { .. }) => Ok(None),
        found => found.map(Some),
    }
}

#[cfg(test)]
mod tests;
