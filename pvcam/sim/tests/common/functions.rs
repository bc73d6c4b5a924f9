//! Every function of the SDK, to be called by its name.

use std::ffi::c_void;

use framepool_pvcam_sim::functions;
use framepool_pvcam_sys::*;

use crate::common::error_code;

/// Memory that is large enough for everything that a function reads or writes, and holds nothing but zeros.
pub struct Memory(pub *mut c_void);

/// An argument: a number, or a pointer into that memory.
pub trait Argument {
    fn of(memory: &Memory) -> Self;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Argument for $type {
            fn of(_: &Memory) -> Self {
                0
            }
        }
    )*};
}
numbers!(int16, uns16, int32, uns32);

impl<T> Argument for *mut T {
    fn of(memory: &Memory) -> Self {
        memory.0.cast()
    }
}

impl<T> Argument for *const T {
    fn of(memory: &Memory) -> Self {
        memory.0.cast()
    }
}

/// A function by its name: called, it returns the error code, or none for a call that succeeded.
pub type Named = (&'static str, fn(&Memory) -> Option<i16>);

fn pair(name: &'static str, function: fn(&Memory) -> Option<i16>) -> Named {
    (name, function)
}

macro_rules! named {
    ($($(#[$_doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $ret:ty;)*) => {
        [$(pair(stringify!($name), |memory| {
            let _ = memory;
            // SAFETY: numbers, and pointers into the memory or null.
            let result = unsafe { (functions().$name)($(<$type as Argument>::of(memory)),*) };
            (i64::from(result) == i64::from(PV_FAIL)).then(error_code)
        }),)*]
    };
}

/// Every function but those that a test calls itself.
pub fn every() -> impl Iterator<Item = Named> {
    let named: [Named; FUNCTION_NAMES.len()] = for_each_function!(named);
    let not_here = ["pl_pvcam_init", "pl_error_code"];
    named.into_iter().filter(move |(name, _)| !not_here.contains(name))
}

/// Functions that need no library: they work before it is initialised and after its end.
pub fn needs_nothing(name: &str) -> bool {
    name.starts_with("pl_md_")
        || name.ends_with("_struct")
        || ["pl_pvcam_get_ver", "pl_error_message"].contains(&name)
}

pub fn with_memory(work: impl FnOnce(&Memory)) {
    let mut memory = vec![0_u64; 2048];
    work(&Memory(memory.as_mut_ptr().cast()));
}
