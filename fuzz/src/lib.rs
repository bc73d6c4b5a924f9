//! Fuzz targets: bodies that take bytes, so that a fuzzer, a replay and a plain test share them.
//!
//! ```text
//!   bytes -> head, operations -> run -+-> pools        of every kind, and reserves of them
//!                                     `-> the model    lists and a queue, no atomics
//!                               after each operation both must say the same
//! ```
//!
//! A target is a row of [`TARGETS`], a binary in `fuzz_targets/` of the same name, and the folders
//! `corpus/<name>/` (kept inputs) and `regressions/<name>/` (inputs that once failed). Both are
//! replayed by plain tests; `fuzz/run.sh pool_ops 60` fuzzes for a minute on stable, and
//! `cargo +nightly fuzz run --features libfuzzer pool_ops` does it with the address sanitizer.

mod async_ops;
mod buffer_ops;
mod case;
mod lease_ops;
mod library;
mod metadata;
mod mixed_ops;
mod model;
mod multi_pool;
mod pool_ops;
mod sdk_calls;
mod sdk_frames;
mod slots;
mod source;
mod step;
mod world;

pub use async_ops::async_ops;
pub use buffer_ops::buffer_ops;
pub use case::{Case, Op};
pub use lease_ops::lease_ops;
pub use mixed_ops::mixed_ops;
pub use multi_pool::multi_pool;
pub use pool_ops::pool_ops;
pub use sdk_calls::sdk_calls;
pub use sdk_frames::sdk_frames;

/// A function that takes a fuzzer's bytes, and panics if it finds a fault.
pub type Body = fn(&[u8]);

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its binary and of its folders.
    pub name: &'static str,
    /// What it runs.
    pub body: Body,
    /// Bytes before the first operation.
    pub head_bytes: usize,
    /// Bytes of one operation.
    pub op_bytes: usize,
}

impl Target {
    const fn new(name: &'static str, body: Body, head_bytes: usize) -> Self {
        Self { name, body, head_bytes, op_bytes: case::OP_BYTES }
    }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target::new("pool_ops", pool_ops, case::HEAD_BYTES),
    Target::new("buffer_ops", buffer_ops, buffer_ops::HEAD_BYTES),
    Target::new("multi_pool", multi_pool, case::HEAD_BYTES),
    Target::new("async_ops", async_ops, async_ops::HEAD_BYTES),
    Target::new("lease_ops", lease_ops, lease_ops::HEAD_BYTES),
    Target::new("mixed_ops", mixed_ops, mixed_ops::HEAD_BYTES),
    Target { name: "sdk_calls", body: sdk_calls, head_bytes: 0, op_bytes: sdk_calls::OP_BYTES },
    Target { name: "sdk_frames", body: sdk_frames, head_bytes: 0, op_bytes: sdk_frames::OP_BYTES },
];
