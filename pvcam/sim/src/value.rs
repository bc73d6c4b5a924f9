//! The values of parameters in the client's memory, each in the type that it has in C.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use framepool_pvcam_sys::*;

use crate::blocks;
use crate::error::SimError;
use crate::parameter::{Answer, Value};
use crate::settings::MAX_EXPOSURES;

/// Writes an answer to the client's memory.
///
/// # Safety
///
/// - `to` is valid for a write of the answer's type; for a text, of as many bytes as `ATTR_COUNT`
///   states; a list has room for as many parameters as its `entries` say.
pub(crate) unsafe fn write_answer(to: NonNull<c_void>, answer: Answer<'_>) -> Result<(), SimError> {
    match answer {
        // SAFETY: the caller's duty.
        Answer::Number(type_code, number) => unsafe { write_number(to, type_code, number) },
        Answer::Text(text) => {
            let bytes = text.to_bytes_with_nul();
            // SAFETY: the caller's duty; the text is not the client's memory.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to.as_ptr().cast(), bytes.len()) };
            Ok(())
        }
        Answer::Region(region) => {
            // SAFETY: the caller's duty; alignment is not needed.
            unsafe { to.cast::<rgn_type>().write_unaligned(region) };
            Ok(())
        }
        Answer::Entries(entries) => {
            // SAFETY: the caller's duty; the entries come first. Alignment is not needed.
            unsafe { to.cast::<uns16>().write_unaligned(entries) };
            Ok(())
        }
        // SAFETY: the caller's duty.
        Answer::Exposures(exposures) => unsafe { write_exposures(to.cast(), exposures) },
    }
}

/// Writes a list into one of the client's: as many as it has room for, and how many there are.
///
/// # Safety
///
/// - `to` is valid for reads and writes, and its parameters for writes of as many as its `entries` say.
unsafe fn write_exposures(
    to: NonNull<smart_stream_type>,
    exposures: &[u32],
) -> Result<(), SimError> {
    // SAFETY: the caller's duty; alignment is not needed.
    let mut list = unsafe { to.read_unaligned() };
    let mut entries = exposures.len();
    if !list.params.is_null() {
        // Its entries stay those that it has room for, or fewer: it may be passed again.
        entries = entries.min(room(to, &list).into());
        for (index, exposure) in exposures[..entries].iter().enumerate() {
            // SAFETY: below the client's entries.
            let entry = unsafe { list.params.add(index) };
            // SAFETY: as above; alignment is not needed.
            unsafe { entry.write_unaligned(*exposure) };
        }
    }
    list.entries = u16::try_from(entries).unwrap_or(0);
    // SAFETY: as for the read.
    unsafe { to.write_unaligned(list) };
    Ok(())
}

/// Returns how many parameters a list has room for: what it says, or less if the library has made it.
fn room(at: NonNull<smart_stream_type>, list: &smart_stream_type) -> u16 {
    let made = blocks::stream_room(at.as_ptr()).unwrap_or(list.entries);
    made.min(list.entries)
}

/// Reads a value of the type that `type_code` means.
///
/// # Safety
///
/// - `from` is valid for a read of that type, and a list's parameters are for reads of as many as its `entries` say.
pub(crate) unsafe fn read_value(from: NonNull<c_void>, type_code: u16) -> Result<Value, SimError> {
    if type_code != TYPE_SMART_STREAM_TYPE_PTR {
        // SAFETY: the caller's duty.
        return Ok(Value::Number(unsafe { read_number(from, type_code) }?));
    }
    // SAFETY: the caller's duty; alignment is not needed.
    let list = unsafe { from.cast::<smart_stream_type>().read_unaligned() };
    if list.params.is_null() {
        return Err(SimError::NullPointer);
    }
    if !(1..=MAX_EXPOSURES).contains(&list.entries) || room(from.cast(), &list) < list.entries {
        return Err(SimError::ParamValueInvalid);
    }
    let read = |index| {
        // SAFETY: below the client's entries.
        let entry = unsafe { list.params.add(index) };
        // SAFETY: as above; alignment is not needed.
        unsafe { entry.read_unaligned() }
    };
    Ok(Value::Exposures((0..list.entries.into()).map(read).collect()))
}

/// Evaluates `$work` with `$type` as the integer type that a type code means.
macro_rules! with_integer_type {
    ($code:expr, $type:ident => $work:expr) => {
        match $code {
            TYPE_INT16 => {
                type $type = int16;
                $work
            }
            TYPE_UNS16 | TYPE_BOOLEAN => {
                type $type = uns16;
                $work
            }
            TYPE_ENUM | TYPE_INT32 => {
                type $type = int32;
                $work
            }
            TYPE_UNS32 => {
                type $type = uns32;
                $work
            }
            TYPE_UNS64 => {
                type $type = ulong64;
                $work
            }
            TYPE_INT64 => {
                type $type = long64;
                $work
            }
            _ => Err(SimError::AttributeInvalid),
        }
    };
}

/// Reads an integer of the type that `type_code` means.
///
/// # Safety
///
/// - `from` is valid for a read of that type.
unsafe fn read_number(from: NonNull<c_void>, type_code: u16) -> Result<i64, SimError> {
    with_integer_type!(type_code, T => {
        // SAFETY: the caller's duty; alignment is not needed.
        let number = unsafe { from.cast::<T>().read_unaligned() };
        i64::try_from(i128::from(number)).map_err(|_| SimError::ParamValueInvalid)
    })
}

/// Writes an integer of the type that `type_code` means.
///
/// # Safety
///
/// - `to` is valid for a write of that type.
unsafe fn write_number(to: NonNull<c_void>, type_code: u16, number: i64) -> Result<(), SimError> {
    with_integer_type!(type_code, T => {
        let number = T::try_from(number).map_err(|_| SimError::AttributeInvalid)?;
        // SAFETY: the caller's duty; alignment is not needed.
        unsafe { to.cast::<T>().write_unaligned(number) };
        Ok(())
    })
}
