//! Camera parameters, read with the type that the camera states for each.

use crate::error::{ErrorKind, SdkError};
use crate::library::{Library, string_from};
use framepool_pvcam_sys::{
    self as sys, ATTR_ACCESS, ATTR_AVAIL, ATTR_CURRENT, ATTR_TYPE, int16, rs_bool, uns16, uns32,
};
use std::ffi::{c_char, c_void};

/// Bytes of the longest string that the SDK writes, its NUL included.
const LONGEST_STRING: usize = 1024;

/// Room for any value that the SDK writes as an attribute.
#[repr(C, align(8))]
struct Room([u8; LONGEST_STRING]);

/// The parameters of one open camera.
pub(crate) struct Parameters<'a> {
    pub(crate) library: &'a Library,
    pub(crate) handle: int16,
}

impl Parameters<'_> {
    /// Reads an integer of any width; `None` if the camera lacks the parameter, or if it is not an
    /// integer.
    pub(crate) fn integer(&self, id: uns32) -> Result<Option<i64>, SdkError> {
        Ok(self.current(id)?.and_then(|(code, value)| match code {
            sys::TYPE_INT8 => Some(i8::from_ne_bytes(first(&value)).into()),
            sys::TYPE_UNS8 => Some(u8::from_ne_bytes(first(&value)).into()),
            sys::TYPE_INT16 => Some(i16::from_ne_bytes(first(&value)).into()),
            sys::TYPE_UNS16 | sys::TYPE_BOOLEAN => Some(u16::from_ne_bytes(first(&value)).into()),
            sys::TYPE_INT32 | sys::TYPE_ENUM => Some(i32::from_ne_bytes(first(&value)).into()),
            sys::TYPE_UNS32 => Some(u32::from_ne_bytes(first(&value)).into()),
            sys::TYPE_INT64 => Some(i64::from_ne_bytes(first(&value))),
            sys::TYPE_UNS64 => i64::try_from(u64::from_ne_bytes(first(&value))).ok(),
            _ => None,
        }))
    }

    /// Reads a string; `None` if the camera lacks the parameter, or if it is not a string.
    pub(crate) fn text(&self, id: uns32) -> Result<Option<String>, SdkError> {
        Ok(self.current(id)?.and_then(|(code, value)| {
            (code == sys::TYPE_CHAR_PTR).then(|| {
                let chars = value.0.map(|byte| c_char::from_ne_bytes([byte]));
                string_from(&chars)
            })
        }))
    }

    /// Returns whether the camera has the parameter.
    pub(crate) fn is_available(&self, id: uns32) -> Result<bool, SdkError> {
        Ok(rs_bool::from_ne_bytes(first(&self.attribute(id, ATTR_AVAIL)?)) != 0)
    }

    /// Returns whether the camera has the parameter and lets it be set.
    pub(crate) fn is_writable(&self, id: uns32) -> Result<bool, SdkError> {
        if !self.is_available(id)? {
            return Ok(false);
        }
        let access = uns16::from_ne_bytes(first(&self.attribute(id, ATTR_ACCESS)?));
        Ok(matches!(access, sys::ACC_READ_WRITE | sys::ACC_WRITE_ONLY))
    }

    /// Sets a boolean parameter.
    pub(crate) fn set_bool(&self, id: uns32, value: bool) -> Result<(), SdkError> {
        let mut value = rs_bool::from(value);
        let value: *mut c_void = (&raw mut value).cast();
        // SAFETY: a boolean parameter is read from an `rs_bool`, which outlives the call.
        self.library.call("pl_set_param", |f| unsafe { (f.pl_set_param)(self.handle, id, value) })
    }

    /// Sets an enumerated parameter.
    pub(crate) fn set_enum(&self, id: uns32, mut value: i32) -> Result<(), SdkError> {
        let value: *mut c_void = (&raw mut value).cast();
        // SAFETY: an enumerated parameter is read from a 32-bit number, which outlives the call.
        self.library.call("pl_set_param", |f| unsafe { (f.pl_set_param)(self.handle, id, value) })
    }

    fn attribute(&self, id: uns32, attribute: int16) -> Result<Room, SdkError> {
        let mut room = Room([0; LONGEST_STRING]);
        self.library.call("pl_get_param", |f| {
            // SAFETY: no attribute that this module reads is larger than the room, which is aligned
            // for all of them.
            unsafe { (f.pl_get_param)(self.handle, id, attribute, (&raw mut room.0).cast()) }
        })?;
        Ok(room)
    }

    /// Returns a parameter's type code and current value; `None` if the camera lacks it.
    fn current(&self, id: uns32) -> Result<Option<(uns16, Room)>, SdkError> {
        let available = self.attribute(id, ATTR_AVAIL)?;
        if rs_bool::from_ne_bytes(first(&available)) == 0 {
            return Ok(None);
        }
        let code = uns16::from_ne_bytes(first(&self.attribute(id, ATTR_TYPE)?));
        match self.attribute(id, ATTR_CURRENT) {
            Ok(value) => Ok(Some((code, value))),
            Err(error) if error.kind() == ErrorKind::NotAvailable => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Returns the first bytes of the room.
fn first<const N: usize>(room: &Room) -> [u8; N] {
    const { assert!(N <= LONGEST_STRING) };
    std::array::from_fn(|i| room.0[i])
}
