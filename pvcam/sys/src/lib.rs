//! The C interface of the PVCAM camera SDK, version 3.10: types, numbers and layouts.
//!
//! There is no logic here, no `extern` block and nothing to link: a program loads the vendor's
//! library, or a simulated one, at run time.
//!
//! ```text
//!   for_each_function!  --+--> Functions::load     (a program looks up each name)
//!    (name, signature)    +--> FUNCTION_NAMES      (a test compares a library's exports)
//!                         +--> Functions { .. }    (the simulator's signatures are checked)
//! ```
//!
//! Names are those of C, so that the vendor's manual can be read beside the code. The calling
//! convention is `extern "system"`: `stdcall` on 32-bit Windows, else that of C.
#![no_std]
#![allow(
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "types keep the names that the vendor's manual uses"
)]

mod constants;
mod errors;
mod functions;
mod params;
mod types;

pub use constants::*;
pub use errors::*;
pub use functions::{FUNCTION_NAMES, Functions};
pub use params::*;
pub use types::*;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
