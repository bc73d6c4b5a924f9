//! The values of parameters in the client's memory, each in the type that it has in C.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use framepool_pvcam_sys::*;

use crate::error::SimError;
use crate::parameter::Answer;

/// Writes an answer to the client's memory.
///
/// # Safety
///
/// - `to` is valid for a write of the answer's type; for a text, of as many bytes as `ATTR_COUNT`
///   states.
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
    }
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
pub(crate) unsafe fn read_number(from: NonNull<c_void>, type_code: u16) -> Result<i64, SimError> {
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
