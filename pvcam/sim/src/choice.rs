//! The values that a parameter may have: a range of numbers, or a list.

use std::ffi::CStr;

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

/// Makes an entry of an enumeration.
pub(crate) const fn entry(value: i32, label: &'static CStr) -> Choice {
    Choice { value, label }
}
