//! A simulated PVCAM library: the C functions of the camera SDK, with cameras that are threads.
//!
//! A program that acquires frames through PVCAM can be developed and tested without a camera, and
//! without the SDK: it loads this shared library in place of `libpvcam.so.2`, or links the crate
//! and calls the table of [`functions`]. Either way it uses the same C interface as with a camera.
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
//! [`picture`] defines what a frame shows, and checks that a frame is whole.
//!
//! The environment variable [`CAMERAS_VARIABLE`] sets how many cameras there are, 0 to 16.
//!
//! # Where the manual leaves a choice
//!
//! - While the camera is imaging, a parameter is refused unless it is live. Only those of the
//!   driver are live.
//! - In `CIRC_OVERWRITE`, asking for the oldest frame fails, as it does on some cameras.
//! - In `CIRC_NO_OVERWRITE`, a frame that was not unlocked in time is overwritten all the same, and
//!   the next `pl_exp_get_oldest_frame` (`_ex`) or `pl_exp_get_latest_frame_ex` fails once with
//!   [`SimError::Overrun`]. After that, the oldest frame is the oldest one that is still whole. A
//!   client that never unlocks gets the error again and again.
//! - The line for external triggers fires as soon as the camera can take it: frames of the external modes, the
//!   legacy ones too, follow each other as in free running.
//! - A sequence that is complete is no acquisition any more: another may be set up or started at once.
//! - Ending an acquisition drops the notifications that are still queued, and does not wait for a
//!   handler that is running. Removing a handler waits until it has returned, unless the handler
//!   itself removes it.
//! - A slot of the ring is overwritten from the begin of a frame's readout until its end, when the
//!   frame is reported. A client that reads the slot during this time sees parts of two frames, as
//!   with a camera. In Rust such a read is a data race, so a client must not read that slot.
//! - Error codes whose numbers are not public are the simulator's own: [`SimError`].

mod abi;
mod blocks;
mod camera;
mod error;
mod notifier;
mod out;
mod parameter;
pub mod picture;
mod ring;
mod row;
mod run;
mod sdk;
mod settings;
mod setup;
mod sync;
mod table;
mod value;

pub use abi::functions;
pub use error::SimError;
pub use sdk::CAMERAS_VARIABLE;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
