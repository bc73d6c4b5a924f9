//! A simulated PVCAM library: the C functions of the camera SDK, with cameras made of threads.
//!
//! A program that takes pictures through PVCAM can be developed and tested without a camera, and
//! without the SDK: it loads this shared library in place of `libpvcam.so.2`, or links the crate
//! and takes [`functions`]. Either way it goes through the same C interface as with a camera.
//!
//! ```text
//!   client   pl_exp_start_cont(ring)     handler: pl_exp_get_latest_frame_ex, copy
//!     |            |                        ^
//!   abi -> sdk -> camera -> run ---------> notifier thread
//!                            |  (queue as long as the ring; full: dropped)
//!                            v
//!                       camera thread: writes picture n to slot (n - 1) % frames of the ring
//! ```
//!
//! # The camera
//!
//! 2048 x 2048 pixels of 16 bits, binned 1x1, 2x2 or 4x4. A row takes 4 microseconds to read out,
//! so a full frame takes 8.192 ms; frames follow each other at the longer of exposure and readout.
//! [`picture`] says what a frame shows and checks that one is whole.
//!
//! The environment variable [`CAMERAS_VARIABLE`] sets how many cameras there are, 0 to 16.
//!
//! # Where a choice was made
//!
//! - Parameters are refused while imaging unless they are live; only those of the driver are.
//! - In `CIRC_OVERWRITE`, asking for the oldest frame fails, as it does on some cameras.
//! - In `CIRC_NO_OVERWRITE`, a frame that was not unlocked in time is overwritten all the same, and
//!   the next `pl_exp_get_oldest_frame` (`_ex`) or `pl_exp_get_latest_frame_ex` fails once with
//!   [`SimError::Overrun`]. The order then goes on with the oldest whole frame. A client that never
//!   unlocks is told of an overrun again and again.
//! - Ending an acquisition drops the notifications still queued, and does not wait for a handler
//!   that is running. Removing the handler does, except in the handler itself.
//! - A slot is overwritten from the begin of a frame's readout until its end, when it is reported.
//!   Whoever reads the slot meanwhile sees parts of two frames, as with a camera; in terms of Rust
//!   that read is a race, so a reader of the ring must keep away from that slot.
//! - Error codes whose numbers are not public are [`SimError`]'s own.

mod abi;
mod camera;
mod error;
mod notifier;
mod out;
mod parameter;
pub mod picture;
mod ring;
mod run;
mod sdk;
mod setup;
mod sync;
mod table;

pub use abi::functions;
pub use error::SimError;
pub use sdk::CAMERAS_VARIABLE;
