//! Reading and setting parameters: what a row of the table answers, and which values it takes.

use std::ffi::CStr;

use framepool_pvcam_sys::{
    ACC_EXIST_CHECK_ONLY, ACC_READ_ONLY, ACC_READ_WRITE, ATTR_ACCESS, ATTR_AVAIL, ATTR_COUNT,
    ATTR_CURRENT, ATTR_DEFAULT, ATTR_INCREMENT, ATTR_LIVE, ATTR_MAX, ATTR_MIN, ATTR_TYPE,
    TYPE_BOOLEAN, TYPE_UNS16, TYPE_UNS32, rgn_type,
};

use crate::choice::{Choice, Extent};
use crate::error::SimError;
use crate::kind::Kind;
use crate::post_processing;
use crate::row::{Context, Row, Source};
use crate::settings::{FIRST_EXPOSURES, MAX_EXPOSURES, Settings};
use crate::table::TABLE;

/// An answer of `pl_get_param`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer<'a> {
    /// A number, and the type it has in C.
    Number(u16, i64),
    Text(&'a CStr),
    Region(rgn_type),
    /// A list of exposures.
    Exposures(&'a [u32]),
    /// The length of such a list, which has no entries then.
    Entries(u16),
}

/// A value for `pl_set_param`.
#[derive(Debug)]
pub(crate) enum Value {
    Number(i64),
    Exposures(Vec<u32>),
}

/// Returns the settings of a camera that was just opened.
pub(crate) fn first_settings(kind: &Kind) -> Settings {
    let settings = Settings::default();
    let context =
        Context { kind, settings: &settings, setup: None, temperature: 0, imaging: false };
    let rows = TABLE.iter().filter(|row| (row.has)(kind.model));
    Settings::new(
        rows.filter_map(|row| row.first_value(&context)).chain(post_processing::first_values()),
    )
}

/// Returns an attribute of a parameter.
///
/// Availability, type and access can be read of any parameter at any time.
pub(crate) fn get<'a>(id: u32, attr: i16, context: &Context<'a>) -> Result<Answer<'a>, SimError> {
    let found = find(id, context.kind);
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
        Source::Text(room, text) => text_attribute(text(context), room, attr),
        Source::Region(region) => region_attribute(region(context), attr, context.kind),
        Source::Exposures => exposures_attribute(context.settings, attr),
        _ => number_attribute(row, context, attr),
    }
}

/// Returns the type that `pl_set_param` reads for a parameter, if it may be set now.
pub(crate) fn settable_type(id: u32, context: &Context<'_>) -> Result<u16, SimError> {
    let row = find(id, context.kind)?;
    if !row.writable {
        return Err(SimError::ParamReadOnly);
    }
    find_touchable(id, context).map(|row| row.type_code)
}

/// Checks that a parameter may be set to a value.
pub(crate) fn check(id: u32, value: &Value, context: &Context<'_>) -> Result<(), SimError> {
    let row = find(id, context.kind)?;
    let allowed = match value {
        Value::Exposures(_) => true,
        Value::Number(value) => match choices(row, context.kind) {
            Some(choices) => choices.iter().any(|choice| i64::from(choice.value) == *value),
            None => extent(row, context)?.contains(*value),
        },
    };
    if allowed { Ok(()) } else { Err(SimError::ParamValueInvalid) }
}

/// Keeps a value that was checked, and resets the parameters that depend on it.
pub(crate) fn store(id: u32, value: Value, kind: &Kind, settings: &mut Settings) {
    let Ok(row) = find(id, kind) else { return };
    let value = match value {
        Value::Number(value) => value,
        Value::Exposures(exposures) => return settings.set_exposures(exposures),
    };
    settings.set(key(row, kind, settings), value);
    for &other in row.resets {
        let context = Context { kind, settings, setup: None, temperature: 0, imaging: false };
        let first = find(other, kind).ok().and_then(|row| row.first_value(&context));
        if let Some((key, first)) = first {
            settings.set(key, first);
        }
    }
}

/// Returns the number under which a parameter that can be set is kept.
fn key(row: &Row, kind: &Kind, settings: &Settings) -> u32 {
    match row.source {
        Source::SameAs(other) => other,
        Source::Bounded(bound) => {
            bound(&Context { kind, settings, setup: None, temperature: 0, imaging: false }).0
        }
        _ => row.id,
    }
}

/// Returns one entry of an enumeration.
pub(crate) fn choice(id: u32, index: u32, context: &Context<'_>) -> Result<Choice, SimError> {
    let Source::Choices(choices, _) = find_touchable(id, context)?.source else {
        return Err(SimError::ParamNotEnum);
    };
    choices(context.kind).get(index as usize).copied().ok_or(SimError::EnumIndexInvalid)
}

/// Returns the bytes of a text, its NUL included.
pub(crate) fn text_length(text: &CStr) -> u32 {
    to_u32(text.count_bytes() + 1)
}

fn find(id: u32, kind: &Kind) -> Result<&'static Row, SimError> {
    let found = TABLE.iter().find(|row| row.id == id && (row.has)(kind.model));
    found.ok_or(SimError::ParamNotAvailable)
}

/// Finds a row for an access that the camera refuses while it is imaging, unless the row is live.
fn find_touchable(id: u32, context: &Context<'_>) -> Result<&'static Row, SimError> {
    let row = find(id, context.kind)?;
    if context.imaging && !row.live {
        return Err(SimError::ParamNotLive);
    }
    Ok(row)
}

/// A text's count is the room that the longest one needs: it may change after a client has asked.
fn text_attribute(text: &CStr, room: usize, attr: i16) -> Result<Answer<'_>, SimError> {
    match attr {
        ATTR_CURRENT | ATTR_DEFAULT => Ok(Answer::Text(text)),
        ATTR_COUNT => Ok(Answer::Number(TYPE_UNS32, to_u32(room).into())),
        _ => Err(SimError::AttributeInvalid),
    }
}

/// A region is at least a pixel, and by default the sensor.
fn region_attribute(
    current: rgn_type,
    attr: i16,
    kind: &Kind,
) -> Result<Answer<'static>, SimError> {
    let pixel = rgn_type { s1: 0, s2: 0, sbin: 1, p1: 0, p2: 0, pbin: 1 };
    let sensor = rgn_type { s2: kind.columns - 1, p2: kind.rows - 1, ..pixel };
    match attr {
        ATTR_CURRENT => Ok(Answer::Region(current)),
        ATTR_MIN | ATTR_INCREMENT => Ok(Answer::Region(pixel)),
        ATTR_DEFAULT | ATTR_MAX => Ok(Answer::Region(sensor)),
        ATTR_COUNT => Ok(Answer::Number(TYPE_UNS32, 1)),
        _ => Err(SimError::AttributeInvalid),
    }
}

/// Each attribute of a list is a list; where it is a limit, the length alone is written, whatever room there is.
fn exposures_attribute(settings: &Settings, attr: i16) -> Result<Answer<'_>, SimError> {
    match attr {
        ATTR_CURRENT => Ok(Answer::Exposures(settings.exposures())),
        ATTR_DEFAULT => Ok(Answer::Exposures(&FIRST_EXPOSURES)),
        // Some clients read a list there, others a number of 32 bits: it is both.
        ATTR_COUNT => Ok(Answer::Number(TYPE_UNS32, MAX_EXPOSURES.into())),
        ATTR_MAX => Ok(Answer::Entries(MAX_EXPOSURES)),
        ATTR_MIN | ATTR_INCREMENT => Ok(Answer::Entries(1)),
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
            let choices = choices(row, context.kind);
            let count = choices.map_or(extent.count(), |choices| to_u32(choices.len()));
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
        Source::Bounded(bound) => {
            let (key, extent) = bound(context);
            Ok(Extent { current: context.settings.get(key), ..extent })
        }
        Source::Choices(choices, _) => {
            let values = || choices(context.kind).iter().map(|choice| i64::from(choice.value));
            let (_, first) = row.first_value(context).unwrap_or_default();
            Ok(Extent {
                current: context.settings.get(row.id),
                default: first,
                min: values().min().unwrap_or(first),
                max: values().max().unwrap_or(first),
                step: 1,
            })
        }
        Source::SameAs(id) => extent(find(id, context.kind)?, context),
        Source::Computed(compute) => compute(context),
        Source::Text(..) | Source::Region(_) | Source::Exposures => Err(SimError::AttributeInvalid),
    }
}

/// Returns the entries of a parameter that has some, whether or not its type is an enumeration.
fn choices(row: &Row, kind: &Kind) -> Option<&'static [Choice]> {
    match row.source {
        Source::Choices(choices, _) => Some(choices(kind)),
        Source::SameAs(id) => choices(find(id, kind).ok()?, kind),
        _ => None,
    }
}

fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
