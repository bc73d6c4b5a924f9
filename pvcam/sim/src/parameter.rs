//! Reading and setting parameters: what a row of the table answers, and which values it takes.

use std::ffi::CStr;

use framepool_pvcam_sys::{
    ACC_EXIST_CHECK_ONLY, ACC_READ_ONLY, ACC_READ_WRITE, ATTR_ACCESS, ATTR_AVAIL, ATTR_COUNT,
    ATTR_CURRENT, ATTR_DEFAULT, ATTR_INCREMENT, ATTR_LIVE, ATTR_MAX, ATTR_MIN, ATTR_TYPE,
    TYPE_BOOLEAN, TYPE_UNS16, TYPE_UNS32,
};

use crate::error::SimError;
use crate::row::{Choice, Context, Extent, Row, Source};
use crate::settings::Settings;
use crate::table::TABLE;

/// An answer of `pl_get_param`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer<'a> {
    /// A number, and the type it has in C.
    Number(u16, i64),
    Text(&'a CStr),
}

/// Returns the settings of a camera that was just opened.
pub(crate) fn first_settings() -> Settings {
    Settings::new(TABLE.iter().filter_map(|row| Some((row.id, row.first_value()?))))
}

/// Returns an attribute of a parameter.
///
/// Availability, type and access can be read of any parameter at any time.
pub(crate) fn get<'a>(id: u32, attr: i16, context: &Context<'a>) -> Result<Answer<'a>, SimError> {
    let found = find(id);
    match attr {
        ATTR_AVAIL => return Ok(Answer::Number(TYPE_BOOLEAN, found.is_ok().into())),
        ATTR_TYPE => {
            // For a parameter that the camera does not have, the hint in the number.
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
        _ => number_attribute(row, context, attr),
    }
}

/// Returns the type that `pl_set_param` reads for a parameter, if it may be set now.
pub(crate) fn settable_type(id: u32, context: &Context<'_>) -> Result<u16, SimError> {
    let row = find(id)?;
    if !row.writable {
        return Err(SimError::ParamReadOnly);
    }
    find_touchable(id, context).map(|row| row.type_code)
}

/// Checks that a parameter may be set to a value.
pub(crate) fn check(id: u32, value: i64, context: &Context<'_>) -> Result<(), SimError> {
    let row = find(id)?;
    let allowed = match choices(row) {
        Some(choices) => choices.iter().any(|choice| i64::from(choice.value) == value),
        None => extent(row, context)?.contains(value),
    };
    if allowed { Ok(()) } else { Err(SimError::ParamValueInvalid) }
}

/// Keeps a value that was checked, and resets the parameters that depend on it.
pub(crate) fn store(id: u32, value: i64, settings: &mut Settings) {
    let Ok(row) = find(id) else { return };
    let kept = if let Source::SameAs(other) = row.source { other } else { id };
    settings.set(kept, value);
    for &other in row.resets {
        if let Some(first) = find(other).ok().and_then(Row::first_value) {
            settings.set(other, first);
        }
    }
}

/// Returns one entry of an enumeration.
pub(crate) fn choice(id: u32, index: u32, context: &Context<'_>) -> Result<Choice, SimError> {
    let Source::Choices(choices, _) = find_touchable(id, context)?.source else {
        return Err(SimError::ParamNotEnum);
    };
    choices.get(index as usize).copied().ok_or(SimError::EnumIndexInvalid)
}

/// Returns the bytes of a text, its NUL included.
pub(crate) fn text_length(text: &CStr) -> u32 {
    to_u32(text.count_bytes() + 1)
}

fn find(id: u32) -> Result<&'static Row, SimError> {
    TABLE.iter().find(|row| row.id == id).ok_or(SimError::ParamNotAvailable)
}

/// Finds a row for an access that the camera refuses while it is imaging, unless the row is live.
fn find_touchable(id: u32, context: &Context<'_>) -> Result<&'static Row, SimError> {
    let row = find(id)?;
    if context.imaging && !row.live {
        return Err(SimError::ParamNotLive);
    }
    Ok(row)
}

fn text_attribute(text: &CStr, attr: i16) -> Result<Answer<'_>, SimError> {
    match attr {
        ATTR_CURRENT | ATTR_DEFAULT => Ok(Answer::Text(text)),
        ATTR_COUNT => Ok(Answer::Number(TYPE_UNS32, text_length(text).into())),
        _ => Err(SimError::AttributeInvalid),
    }
}

fn number_attribute(
    row: &Row,
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

fn extent(row: &Row, context: &Context<'_>) -> Result<Extent, SimError> {
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
        Source::Text(_) => Err(SimError::AttributeInvalid),
    }
}

/// Returns the entries of a parameter that has some, whether or not its type is an enumeration.
fn choices(row: &Row) -> Option<&'static [Choice]> {
    match row.source {
        Source::Choices(choices, _) => Some(choices),
        Source::SameAs(id) => choices(find(id).ok()?),
        _ => None,
    }
}

fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
