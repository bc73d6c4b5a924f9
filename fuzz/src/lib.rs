//! Fuzz targets: bodies that take bytes, so that a fuzzer, a replay and a plain test share them.
//!
//! ```text
//!   bytes -> Case { capacity, ops } -> run -+-> a pool     Inline | Borrowed | SharedPool
//!                                           `-> the model  a list, a queue, no atomics
//!                                      after each op both must say the same
//! ```
//!
//! A target is a row of [`TARGETS`], a binary in `fuzz_targets/` of the same name, and the folders
//! `corpus/<name>/` (kept inputs) and `regressions/<name>/` (inputs that once failed). Both are
//! replayed by plain tests; `fuzz/run.sh pool_ops 60` fuzzes for a minute on stable, and
//! `cargo +nightly fuzz run --features libfuzzer pool_ops` does it with the address sanitizer.

mod case;
mod model;
mod pool_ops;
mod run;
mod subject;

pub use case::{Case, Op};
pub use pool_ops::pool_ops;

/// Takes a fuzzer's bytes, and panics if it finds a fault.
pub type Body = fn(&[u8]);

/// Every target: its name and its body.
pub const TARGETS: &[(&str, Body)] = &[("pool_ops", pool_ops)];
