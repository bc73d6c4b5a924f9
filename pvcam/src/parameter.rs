//! Camera parameters by their numbers, read and set with the type that the camera states for each.
//! Nothing is checked here: see `typed`.

use crate::error::{ErrorKind, SdkError};
use crate::library::{Library, string_from};
use framepool_pvcam_sys::{
    self as sys, ATTR_ACCESS, ATTR_AVAIL, ATTR_COUNT, ATTR_CURRENT, ATTR_LIVE, ATTR_TYPE, int16,
    int32, rs_bool, uns16, uns32,
};
use std::ffi::c_char;

/// Bytes of the longest string that the SDK writes, its NUL included.
const LONGEST_STRING: usize = sys::MAX_CAM_SYSTEMS_INFO_LEN;

/// Room for any value that the SDK writes as an attribute.
#[repr(C, align(8))]
struct Room([u8; LONGEST_STRING]);

impl Room {
    const EMPTY: Self = Self([0; LONGEST_STRING]);

    /// Makes room that begins with these bytes.
    fn of(bytes: &[u8]) -> Self {
        let mut room = Self::EMPTY;
        room.0.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        room
    }

    /// Returns the first bytes.
    fn first<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= LONGEST_STRING) };
        std::array::from_fn(|i| self.0[i])
    }

    /// Returns the integer of a type; `None` if that is no integer's. One that does not fit becomes
    /// the largest.
    fn integer(&self, type_code: uns16) -> Option<i64> {
        Some(match type_code {
            sys::TYPE_INT8 => i8::from_ne_bytes(self.first()).into(),
            sys::TYPE_UNS8 => u8::from_ne_bytes(self.first()).into(),
            sys::TYPE_INT16 => i16::from_ne_bytes(self.first()).into(),
            sys::TYPE_UNS16 | sys::TYPE_BOOLEAN => u16::from_ne_bytes(self.first()).into(),
            sys::TYPE_INT32 | sys::TYPE_ENUM => i32::from_ne_bytes(self.first()).into(),
            sys::TYPE_UNS32 => u32::from_ne_bytes(self.first()).into(),
            sys::TYPE_INT64 => i64::from_ne_bytes(self.first()),
            sys::TYPE_UNS64 => i64::try_from(u64::from_ne_bytes(self.first())).unwrap_or(i64::MAX),
            _ => return None,
        })
    }

    /// Returns the floating-point number of a type; `None` if that is another kind.
    fn float(&self, type_code: uns16) -> Option<f64> {
        match type_code {
            sys::TYPE_FLT32 => Some(f32::from_ne_bytes(self.first()).into()),
            sys::TYPE_FLT64 => Some(f64::from_ne_bytes(self.first())),
            _ => None,
        }
    }

    fn text(&self) -> String {
        string_from(&self.0.map(|byte| c_char::from_ne_bytes([byte])))
    }
}

/// Returns the bytes of a number in a type; `None` if it does not fit, or if that is no integer's.
fn bytes_of(number: i64, type_code: uns16) -> Option<Room> {
    Some(match type_code {
        sys::TYPE_INT8 => Room::of(&i8::try_from(number).ok()?.to_ne_bytes()),
        sys::TYPE_UNS8 => Room::of(&u8::try_from(number).ok()?.to_ne_bytes()),
        sys::TYPE_INT16 => Room::of(&i16::try_from(number).ok()?.to_ne_bytes()),
        sys::TYPE_UNS16 | sys::TYPE_BOOLEAN => Room::of(&u16::try_from(number).ok()?.to_ne_bytes()),
        sys::TYPE_INT32 | sys::TYPE_ENUM => Room::of(&i32::try_from(number).ok()?.to_ne_bytes()),
        sys::TYPE_UNS32 => Room::of(&u32::try_from(number).ok()?.to_ne_bytes()),
        sys::TYPE_INT64 => Room::of(&number.to_ne_bytes()),
        sys::TYPE_UNS64 => Room::of(&u64::try_from(number).ok()?.to_ne_bytes()),
        _ => return None,
    })
}

/// Returns the bytes of a floating-point number in a type; `None` if that is another kind.
fn bytes_of_float(number: f64, type_code: uns16) -> Option<Room> {
    Some(match type_code {
        #[expect(clippy::cast_possible_truncation, reason = "the digits that 32 bits have")]
        sys::TYPE_FLT32 => Room::of(&(number as f32).to_ne_bytes()),
        sys::TYPE_FLT64 => Room::of(&number.to_ne_bytes()),
        _ => return None,
    })
}

/// The parameters of one open camera.
pub(crate) struct Parameters<'a> {
    pub(crate) library: &'a Library,
    pub(crate) handle: int16,
}

impl Parameters<'_> {
    /// Reads an integer of any width; `None` if the camera lacks the parameter, or if it is not an
    /// integer.
    pub(crate) fn integer(&self, id: uns32) -> Result<Option<i64>, SdkError> {
        Ok(self.current(id)?.and_then(|(code, value)| value.integer(code)))
    }

    /// Reads a string; `None` if the camera lacks the parameter, or if it is not a string.
    pub(crate) fn text(&self, id: uns32) -> Result<Option<String>, SdkError> {
        let text = |(code, value): (_, Room)| (code == sys::TYPE_CHAR_PTR).then(|| value.text());
        Ok(self.current(id)?.and_then(text))
    }

    /// Reads a string of any parameter; `None` if it is none, or if the camera does not say that it is short enough.
    pub(crate) fn short_text(&self, id: uns32) -> Result<Option<String>, SdkError> {
        // Its NUL included.
        let length = uns32::from_ne_bytes(self.attribute(id, ATTR_COUNT)?.first());
        let fits = usize::try_from(length).is_ok_and(|length| length <= LONGEST_STRING);
        if fits { self.text(id) } else { Ok(None) }
    }

    /// Returns whether the camera has the parameter.
    pub(crate) fn is_available(&self, id: uns32) -> Result<bool, SdkError> {
        Ok(rs_bool::from_ne_bytes(self.attribute(id, ATTR_AVAIL)?.first()) != 0)
    }

    /// Returns the code of what the camera allows.
    pub(crate) fn access(&self, id: uns32) -> Result<uns16, SdkError> {
        Ok(uns16::from_ne_bytes(self.attribute(id, ATTR_ACCESS)?.first()))
    }

    /// Returns whether the parameter may be touched while the camera is imaging. One of which the
    /// camera does not say it may not.
    pub(crate) fn is_live(&self, id: uns32) -> bool {
        let live = self.attribute(id, ATTR_LIVE);
        live.is_ok_and(|live| rs_bool::from_ne_bytes(live.first()) != 0)
    }

    /// Returns the code of the parameter's type.
    pub(crate) fn type_code(&self, id: uns32) -> Result<uns16, SdkError> {
        Ok(uns16::from_ne_bytes(self.attribute(id, ATTR_TYPE)?.first()))
    }

    /// Reads an attribute that has the parameter's type; `None` if that is no integer's.
    pub(crate) fn number(&self, id: uns32, attribute: int16) -> Result<Option<i64>, SdkError> {
        let code = self.type_code(id)?;
        Ok(self.attribute(id, attribute)?.integer(code))
    }

    /// Reads an attribute that has the parameter's type; `None` if that is no floating-point number's.
    pub(crate) fn float(&self, id: uns32, attribute: int16) -> Result<Option<f64>, SdkError> {
        let code = self.type_code(id)?;
        Ok(self.attribute(id, attribute)?.float(code))
    }

    /// Returns the values of an enumerated parameter with their names.
    pub(crate) fn entries(&self, id: uns32) -> Result<Vec<(i32, String)>, SdkError> {
        let count = uns32::from_ne_bytes(self.attribute(id, ATTR_COUNT)?.first());
        (0..count)
            .map(|index| {
                let (mut value, mut room): (int32, _) = (0, Room::EMPTY);
                self.library.call("pl_get_enum_param", |f| {
                    let (text, length) = (
                        (&raw mut room.0).cast(),
                        uns32::try_from(LONGEST_STRING).unwrap_or_default(),
                    );
                    // SAFETY: room for a 32-bit number, and for a text of the length that is given.
                    unsafe {
                        (f.pl_get_enum_param)(self.handle, id, index, &raw mut value, text, length)
                    }
                })?;
                Ok((value, room.text()))
            })
            .collect()
    }

    /// Sets an integer of the parameter's type, whose code is `type_code`; returns whether the
    /// number fits it.
    pub(crate) fn set(&self, id: uns32, type_code: uns16, number: i64) -> Result<bool, SdkError> {
        self.set_bytes(id, bytes_of(number, type_code))
    }

    /// Sets a floating-point number of the parameter's type; returns whether that is one.
    pub(crate) fn set_float(
        &self,
        id: uns32,
        type_code: uns16,
        number: f64,
    ) -> Result<bool, SdkError> {
        self.set_bytes(id, bytes_of_float(number, type_code))
    }

    fn set_bytes(&self, id: uns32, bytes: Option<Room>) -> Result<bool, SdkError> {
        let Some(mut room) = bytes else { return Ok(false) };
        self.library.call("pl_set_param", |f| {
            // SAFETY: the parameter is read from a number of the type that the camera states, which
            // the room begins with.
            unsafe { (f.pl_set_param)(self.handle, id, (&raw mut room.0).cast()) }
        })?;
        Ok(true)
    }

    fn attribute(&self, id: uns32, attribute: int16) -> Result<Room, SdkError> {
        let mut room = Room::EMPTY;
        self.library.call("pl_get_param", |f| {
            // SAFETY: no attribute that this module reads is larger than the room, which is aligned
            // for all of them.
            unsafe { (f.pl_get_param)(self.handle, id, attribute, (&raw mut room.0).cast()) }
        })?;
        Ok(room)
    }

    /// Returns a parameter's type code and current value; `None` if the camera lacks it.
    fn current(&self, id: uns32) -> Result<Option<(uns16, Room)>, SdkError> {
        if !self.is_available(id)? {
            return Ok(None);
        }
        let code = self.type_code(id)?;
        match self.attribute(id, ATTR_CURRENT) {
            Ok(value) => Ok(Some((code, value))),
            Err(error) if error.kind() == ErrorKind::NotAvailable => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_integer_type_is_read_as_it_is_set() {
        let signed =
            [sys::TYPE_INT8, sys::TYPE_INT16, sys::TYPE_INT32, sys::TYPE_ENUM, sys::TYPE_INT64];
        let unsigned = [sys::TYPE_UNS8, sys::TYPE_UNS16, sys::TYPE_UNS32, sys::TYPE_UNS64];
        let there_and_back = |number, code| bytes_of(number, code)?.integer(code);
        for code in signed.into_iter().chain(unsigned).chain([sys::TYPE_BOOLEAN]) {
            assert_eq!(there_and_back(100, code), Some(100), "type {code}");
            let negative = signed.contains(&code).then_some(-100);
            assert_eq!(there_and_back(-100, code), negative, "type {code}");
        }
        for (code, too_large) in [(sys::TYPE_INT8, 128), (sys::TYPE_UNS16, 1 << 16)] {
            assert_eq!(there_and_back(too_large, code), None);
        }
        assert_eq!(there_and_back(1, sys::TYPE_FLT64), None);
        for code in [sys::TYPE_FLT32, sys::TYPE_FLT64] {
            assert_eq!(bytes_of_float(-2.5, code).and_then(|room| room.float(code)), Some(-2.5));
        }
        assert!(bytes_of_float(1.0, sys::TYPE_INT32).is_none());
        let mut largest = Room::EMPTY;
        largest.0[..8].fill(0xff);
        assert_eq!(largest.integer(sys::TYPE_UNS64), Some(i64::MAX));
    }
}
