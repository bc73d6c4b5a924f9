//! A row of the table of parameters, and what its value may depend on.

use std::ffi::CStr;

use crate::error::SimError;
use crate::settings::Settings;
use crate::setup::Setup;

/// A row of the table: one parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) id: u32,
    pub(crate) type_code: u16,
    pub(crate) writable: bool,
    /// Whether it may be read and set while the camera is imaging.
    pub(crate) live: bool,
    /// Parameters that return to their first value when this one is set.
    pub(crate) resets: &'static [u32],
    pub(crate) source: Source,
}

impl Row {
    pub(crate) const fn new(id: u32, type_code: u16, source: Source) -> Self {
        Self { id, type_code, writable: false, live: false, resets: &[], source }
    }

    pub(crate) const fn writable(self) -> Self {
        Self { writable: true, ..self }
    }

    pub(crate) const fn live(self) -> Self {
        Self { live: true, ..self }
    }

    pub(crate) const fn resets(self, others: &'static [u32]) -> Self {
        Self { resets: others, ..self }
    }

    /// Returns the first value of a parameter that the camera keeps.
    pub(crate) fn first_value(&self) -> Option<i64> {
        match self.source {
            Source::Kept(Extent { current: value, .. }) | Source::Choices(_, value) => Some(value),
            _ => None,
        }
    }
}

/// Where a parameter's value comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// Always the same number.
    Fixed(i64),
    /// A number that the camera keeps; `current` is its first value.
    Kept(Extent),
    /// One of a list, kept by the camera; the number is the first value.
    Choices(&'static [Choice], i64),
    /// The value of the parameter with this id: this one is another name for it.
    SameAs(u32),
    /// A number that is computed.
    Computed(fn(&Context<'_>) -> Result<Extent, SimError>),
    /// A string.
    Text(for<'a> fn(&Context<'a>) -> &'a CStr),
}

/// The value of an integer, and the values that it may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) current: i64,
    pub(crate) default: i64,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) step: i64,
}

impl Extent {
    pub(crate) const fn fixed(value: i64) -> Self {
        Self { current: value, default: value, min: value, max: value, step: 0 }
    }

    /// Returns the number of values, 0 if it does not fit 32 bits.
    pub(crate) fn count(&self) -> u32 {
        let steps = (self.max - self.min).checked_div(self.step).unwrap_or(0);
        u32::try_from(steps + 1).unwrap_or(0)
    }

    pub(crate) fn contains(&self, value: i64) -> bool {
        (self.min..=self.max).contains(&value)
            && (value - self.min).checked_rem(self.step).unwrap_or(0) == 0
    }
}

/// One entry of an enumeration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) value: i32,
    pub(crate) label: &'static CStr,
}

/// What a value may depend on: one open camera.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) name: &'a CStr,
    pub(crate) settings: &'a Settings,
    pub(crate) setup: Option<&'a Setup>,
    pub(crate) imaging: bool,
}
