//! Parameters: how a row of the table answers for itself.

use std::ffi::CStr;

use framepool_pvcam_sys::{
    ACC_EXIST_CHECK_ONLY, ACC_READ_ONLY, ACC_READ_WRITE, ATTR_ACCESS, ATTR_AVAIL, ATTR_COUNT,
    ATTR_CURRENT, ATTR_DEFAULT, ATTR_INCREMENT, ATTR_LIVE, ATTR_MAX, ATTR_MIN, ATTR_TYPE,
    TYPE_BOOLEAN, TYPE_UNS16, TYPE_UNS32,
};

use crate::error::SimError;
use crate::setup::Setup;
use crate::table::TABLE;

/// One entry of an enumeration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) value: i32,
    pub(crate) label: &'static CStr,
}

/// Values that an integer has and may have.
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

    /// The number of values, 0 if it does not fit.
    fn count(&self) -> u32 {
        let steps = (self.max - self.min).checked_div(self.step).unwrap_or(0);
        u32::try_from(steps + 1).unwrap_or(0)
    }

    fn contains(&self, value: i64) -> bool {
        (self.min..=self.max).contains(&value)
            && (value - self.min).checked_rem(self.step).unwrap_or(0) == 0
    }
}

/// Where a parameter's value comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// Always the same number.
    Fixed(i64),
    /// A number that a camera keeps; `current` is its first value.
    Kept(Extent),
    /// One of a list, kept by the camera; the number is the first value.
    Choices(&'static [Choice], i64),
    /// Another name of the parameter with this id.
    SameAs(u32),
    /// A number worked out.
    Computed(fn(&Context<'_>) -> Result<Extent, SimError>),
    /// A floating-point number worked out.
    Real(fn(&Context<'_>) -> f64),
    /// A string.
    Text(for<'a> fn(&Context<'a>) -> &'a CStr),
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) id: u32,
    pub(crate) type_code: u16,
    pub(crate) writable: bool,
    /// Whether it may be touched while imaging.
    pub(crate) live: bool,
    /// Parameters that return to their first value when this one is set.
    pub(crate) resets: &'static [u32],
    pub(crate) source: Source,
}

impl Parameter {
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
}

/// What a value may depend on: one open camera.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) name: &'a CStr,
    pub(crate) settings: &'a Settings,
    pub(crate) setup: Option<&'a Setup>,
    pub(crate) imaging: bool,
}

/// The numbers that a camera keeps, one place per row of the table.
#[derive(Debug)]
pub(crate) struct Settings(Vec<i64>);

impl Settings {
    pub(crate) fn new() -> Self {
        Self(TABLE.iter().map(|row| first_value(row.source)).collect())
    }

    /// The value of a kept parameter; 0 for any other.
    pub(crate) fn get(&self, id: u32) -> i64 {
        row_index(id).map_or(0, |index| self.0[index])
    }

    fn set(&mut self, id: u32, value: i64) {
        if let Some(index) = row_index(id) {
            self.0[index] = value;
        }
    }
}

fn first_value(source: Source) -> i64 {
    match source {
        Source::Kept(Extent { current: value, .. }) | Source::Choices(_, value) => value,
        _ => 0,
    }
}

/// An answer of `pl_get_param`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer<'a> {
    /// A number, and the type it has in C.
    Number(u16, i64),
    Real(f64),
    Text(&'a CStr),
}

fn row_index(id: u32) -> Option<usize> {
    TABLE.iter().position(|row| row.id == id)
}

fn find(id: u32) -> Result<&'static Parameter, SimError> {
    TABLE.iter().find(|row| row.id == id).ok_or(SimError::ParamNotAvailable)
}

/// Finds a row for an access that the camera may refuse because it is imaging.
fn find_touchable(id: u32, context: &Context<'_>) -> Result<&'static Parameter, SimError> {
    let row = find(id)?;
    if context.imaging && !row.live {
        return Err(SimError::ParamNotLive);
    }
    Ok(row)
}

/// Answers an attribute.
///
/// Availability, type and access are told of any parameter at any time.
pub(crate) fn get<'a>(id: u32, attr: i16, context: &Context<'a>) -> Result<Answer<'a>, SimError> {
    let found = find(id);
    match attr {
        ATTR_AVAIL => return Ok(Answer::Number(TYPE_BOOLEAN, found.is_ok().into())),
        ATTR_TYPE => {
            // The type in the number is a hint; for what the camera does not have, the best one.
            let type_code = found.map_or(i64::from(id >> 24), |row| row.type_code.into());
            return Ok(Answer::Number(TYPE_UNS16, type_code));
        }
        ATTR_ACCESS => {
            let access = match found {
                Ok(row) if row.writable => ACC_READ_WRITE,
                Ok(_) => ACC_READ_ONLY,
                Err(_) => ACC_EXIST_CHECK_ONLY,
            };
            return Ok(Answer::Number(TYPE_UNS16, access.into()));
        }
        ATTR_LIVE => return Ok(Answer::Number(TYPE_BOOLEAN, found?.live.into())),
        _ => {}
    }
    let row = find_touchable(id, context)?;
    match row.source {
        Source::Text(text) => text_attribute(text(context), attr),
        Source::Real(real) => real_attribute(real(context), attr),
        _ => number_attribute(row, context, attr),
    }
}

fn text_attribute(text: &CStr, attr: i16) -> Result<Answer<'_>, SimError> {
    match attr {
        ATTR_CURRENT | ATTR_DEFAULT => Ok(Answer::Text(text)),
        ATTR_COUNT => Ok(Answer::Number(TYPE_UNS32, text_length(text).into())),
        _ => Err(SimError::AttributeInvalid),
    }
}

fn real_attribute(value: f64, attr: i16) -> Result<Answer<'static>, SimError> {
    match attr {
        ATTR_CURRENT | ATTR_DEFAULT | ATTR_MIN | ATTR_MAX => Ok(Answer::Real(value)),
        ATTR_INCREMENT => Ok(Answer::Real(0.0)),
        ATTR_COUNT => Ok(Answer::Number(TYPE_UNS32, 1)),
        _ => Err(SimError::AttributeInvalid),
    }
}

fn number_attribute(
    row: &Parameter,
    context: &Context<'_>,
    attr: i16,
) -> Result<Answer<'static>, SimError> {
    let extent = extent(row, context)?;
    let number = match attr {
        ATTR_CURRENT => extent.current,
        ATTR_DEFAULT => extent.default,
        ATTR_MIN => extent.min,
        ATTR_MAX => extent.max,
        ATTR_INCREMENT => extent.step,
        ATTR_COUNT => {
            let count = choices(row).map_or(extent.count(), |choices| to_u32(choices.len()));
            return Ok(Answer::Number(TYPE_UNS32, count.into()));
        }
        _ => return Err(SimError::AttributeInvalid),
    };
    Ok(Answer::Number(row.type_code, number))
}

fn extent(row: &Parameter, context: &Context<'_>) -> Result<Extent, SimError> {
    match row.source {
        Source::Fixed(value) => Ok(Extent::fixed(value)),
        Source::Kept(extent) => Ok(Extent { current: context.settings.get(row.id), ..extent }),
        Source::Choices(choices, first) => {
            let values = || choices.iter().map(|choice| i64::from(choice.value));
            Ok(Extent {
                current: context.settings.get(row.id),
                default: first,
                min: values().min().unwrap_or(first),
                max: values().max().unwrap_or(first),
                step: 1,
            })
        }
        Source::SameAs(id) => extent(find(id)?, context),
        Source::Computed(compute) => compute(context),
        Source::Real(_) | Source::Text(_) => Err(SimError::AttributeInvalid),
    }
}

/// The entries of a parameter that has some, whether or not its type says so.
fn choices(row: &Parameter) -> Option<&'static [Choice]> {
    match row.source {
        Source::Choices(choices, _) => Some(choices),
        Source::SameAs(id) => choices(find(id).ok()?),
        _ => None,
    }
}

/// The type of what `pl_set_param` reads for a parameter, once it is known that it may be set.
pub(crate) fn settable_type(id: u32, context: &Context<'_>) -> Result<u16, SimError> {
    let row = find(id)?;
    if !row.writable {
        return Err(SimError::ParamReadOnly);
    }
    find_touchable(id, context).map(|row| row.type_code)
}

/// Checks a value for a parameter and returns what `store` then needs.
pub(crate) fn check(id: u32, value: i64, context: &Context<'_>) -> Result<(), SimError> {
    let row = find(id)?;
    let allowed = match choices(row) {
        Some(choices) => choices.iter().any(|choice| i64::from(choice.value) == value),
        None => extent(row, context)?.contains(value),
    };
    if allowed { Ok(()) } else { Err(SimError::ParamValueInvalid) }
}

/// Keeps a value that was checked, and resets what depends on it.
pub(crate) fn store(id: u32, value: i64, settings: &mut Settings) {
    let Ok(row) = find(id) else { return };
    let kept = if let Source::SameAs(other) = row.source { other } else { id };
    settings.set(kept, value);
    for &other in row.resets {
        if let Ok(other) = find(other) {
            settings.set(other.id, first_value(other.source));
        }
    }
}

/// Answers one entry of an enumeration.
pub(crate) fn choice(id: u32, index: u32, context: &Context<'_>) -> Result<Choice, SimError> {
    let Source::Choices(choices, _) = find_touchable(id, context)?.source else {
        return Err(SimError::ParamNotEnum);
    };
    choices.get(index as usize).copied().ok_or(SimError::EnumIndexInvalid)
}

/// Bytes of a text, its NUL included.
pub(crate) fn text_length(text: &CStr) -> u32 {
    to_u32(text.count_bytes() + 1)
}

fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
