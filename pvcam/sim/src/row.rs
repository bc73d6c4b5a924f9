//! A row of the table of parameters, and what its value may depend on.

use std::ffi::CStr;

use crate::choice::{Choice, Extent};
use crate::error::SimError;
use crate::kind::Kind;
use crate::model::Model;
use crate::settings::Settings;
use crate::setup::Setup;

use framepool_pvcam_sys::rgn_type;

/// A row of the table: one parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) id: u32,
    pub(crate) type_code: u16,
    /// Which models have it.
    pub(crate) has: fn(&Model) -> bool,
    pub(crate) writable: bool,
    /// Whether it may be read and set while the camera is imaging.
    pub(crate) live: bool,
    /// Parameters that return to their first value when this one is set.
    pub(crate) resets: &'static [u32],
    pub(crate) source: Source,
}

impl Row {
    pub(crate) const fn new(id: u32, type_code: u16, source: Source) -> Self {
        Self { id, type_code, has: |_| true, writable: false, live: false, resets: &[], source }
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

    /// Of recent models only.
    pub(crate) const fn recent(self) -> Self {
        Self { has: |model| model.is_recent, ..self }
    }

    /// Of older models only.
    pub(crate) const fn older(self) -> Self {
        Self { has: |model| !model.is_recent, ..self }
    }

    /// Returns the first value of a parameter that the camera keeps, and under which number it does.
    pub(crate) fn first_value(&self, context: &Context<'_>) -> Option<(u32, i64)> {
        match self.source {
            Source::Kept(extent) => Some((self.id, extent.default)),
            Source::Bounded(bound) => {
                let (key, extent) = bound(context);
                Some((key, extent.default))
            }
            Source::Choices(choices, first) => {
                let first = first.or_else(|| Some(choices(context.kind).first()?.value));
                Some((self.id, first?.into()))
            }
            _ => None,
        }
    }
}

/// Where a parameter's value comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// Always the same number.
    Fixed(i64),
    /// A number that the camera keeps, from the default on.
    Kept(Extent),
    /// The same, where the values that it may have depend on others; and the number under which it is kept.
    Bounded(fn(&Context<'_>) -> (u32, Extent)),
    /// One of a list, kept by the camera; and the first value, if it is not the first of the list.
    Choices(fn(&Kind) -> &'static [Choice], Option<i32>),
    /// The value of the parameter with this id: this one is another name for it.
    SameAs(u32),
    /// A number that is computed.
    Computed(fn(&Context<'_>) -> Result<Extent, SimError>),
    /// A string, and the bytes of the longest that it may be, its NUL included.
    Text(usize, for<'a> fn(&Context<'a>) -> &'a CStr),
    /// A region of the sensor: that of the last setup, or all of it.
    Region(fn(&Context<'_>) -> rgn_type),
    /// The list of exposures, kept by the camera.
    Exposures,
}

/// What a value may depend on: one open camera.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) kind: &'a Kind,
    pub(crate) settings: &'a Settings,
    pub(crate) setup: Option<&'a Setup>,
    /// The sensor's, in hundredths of a degree.
    pub(crate) temperature: i64,
    pub(crate) imaging: bool,
}
