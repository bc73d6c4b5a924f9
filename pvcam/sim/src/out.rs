//! The client's pointers: checked for null, then written without assuming alignment.

use std::ffi::{CStr, c_char};
use std::ptr::{self, NonNull};

use crate::error::SimError;

/// The client's memory for one value that a function returns.
#[derive(Debug)]
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// Checks the client's pointer.
    ///
    /// # Safety
    ///
    /// - `to` is null, or valid for the write of a `T` for as long as the value lives.
    pub(crate) unsafe fn new(to: *mut T) -> Result<Self, SimError> {
        NonNull::new(to).map(Self).ok_or(SimError::NullPointer)
    }

    pub(crate) fn set(self, value: T) {
        // SAFETY: not null, and by `new` valid for this write; alignment is not needed.
        unsafe { self.0.write_unaligned(value) };
    }
}

/// The client's memory for a string that a function returns.
#[derive(Debug)]
pub(crate) struct OutText {
    to: NonNull<c_char>,
    capacity: usize,
}

impl OutText {
    /// Checks the client's pointer.
    ///
    /// # Safety
    ///
    /// - `to` is null, or valid for the write of `capacity` bytes for as long as the value lives.
    pub(crate) unsafe fn new(to: *mut c_char, capacity: usize) -> Result<Self, SimError> {
        let to = NonNull::new(to).ok_or(SimError::NullPointer)?;
        Ok(Self { to, capacity })
    }

    /// Writes as much of the text as fits, and a NUL. Returns `false` if not even the NUL fits.
    pub(crate) fn set(self, text: &CStr) -> bool {
        let Some(room) = self.capacity.checked_sub(1) else { return false };
        let length = text.count_bytes().min(room);
        // SAFETY: by `new` this many bytes may be written; the text is not the client's memory.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), self.to.as_ptr(), length) };
        // SAFETY: `length < capacity`, so this is in bounds.
        let end = unsafe { self.to.add(length) };
        // SAFETY: as above.
        unsafe { end.write(0) };
        true
    }
}
