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
//!                       camera thread: writes picture n to slot (n - 1) % frames of the ring, if it has lost none
//! ```
//!
//! # The cameras
//!
//! There is one of the model `prime` unless something else is configured: 2048 x 2048 pixels of 16 bits, binned 1x1,
//! 2x2 or 4x4, with embedded metadata of up to 15 regions. A row takes 4 microseconds to read out, so
//! a full frame takes 8.192 ms, and half of that at its second speed; frames follow each other at the longer of exposure and readout. The model `cool`
//! is an older CCD camera of 1392 x 1040 pixels with two readout ports, and without what the SDK came to offer later.
//! Pixels have 16 bits whatever depth the gain has. [`picture`] defines what a frame shows, and checks that a frame is
//! whole. The sensor's temperature falls from 20 degrees towards its set point, two thirds of the way in 2 s.
//!
//! # Configuring them
//!
//! The environment variable [`CONFIG_VARIABLE`] names a TOML file with a table for each camera, 0 to 16:
//!
//! ```toml
//! [[camera]]                  # every key may be left out; these are the first values
//! model = "prime"             # or "cool"
//! name = "SimCam00"           # with the camera's index
//! sensor = [2048, 2048]       # the model's; columns and rows, 16 to 16384
//! frames_per_second = 122.07  # the model's; of the whole sensor at the first speed
//! interface = "virtual"       # or "usb2", "usb3", "pcie", "ethernet"
//! picture = "pattern"         # or "noise", "points", "tiff"
//! # folder = "film"           # its TIFF pictures (grey, 8 or 16 bits) in a loop; relative to this file
//! stamp = true                # each row begins with four pixels: the number of its frame, and a check of it
//! jitter_us = 0               # the most that a frame is late
//! seed = 0                    # the camera's index; of noise, points and jitter: the same again for the same seed
//! oldest_frame = "no-overwrite"  # or "always": in CIRC_OVERWRITE, too
//! metadata_version = 2        # or 1, 3
//! faults = []                 # what goes wrong with single frames: see below
//! scribble = false            # writes ahead: see below, as for all that follow
//! no_overwrite = "overwrites" # or "halts"
//! # ring_mb = 64.0            # the largest ring
//! aborts_fail = 0             # how many ends of an acquisition fail
//! exposing_at_open = false    # another process has left it exposing
//! ```
//!
//! Where there is no file, [`CAMERAS_VARIABLE`] is the number of cameras. What neither says a variable for all cameras
//! may: `FRAMEPOOL_SIM_MODEL`, `_SENSOR`, `_FRAMES_PER_SECOND`, `_INTERFACE`, `_PICTURE`, `_FOLDER`, `_STAMP`,
//! `_JITTER_US`, `_SEED`, `_OLDEST_FRAME`, `_METADATA_VERSION`, `_FAULTS`, `_SCRIBBLE`, `_NO_OVERWRITE`, `_RING_MB`,
//! `_ABORTS_FAIL`, `_EXPOSING_AT_OPEN`, with values as in the file, where a list of texts may be one text with commas.
//! If anything is wrong, `pl_pvcam_init` fails with code 151, and `pl_error_message` of that code says what and where.
//!
//! Pictures of a film follow each other in the order of their files' names, all pages of each, from one acquisition to
//! the next; 1 GiB of them at most. Small ones repeat over the sensor, large ones are cut off; 8 bits stay 8 bits. Points
//! drift over the sensor, of which a region shows its part; the pattern and the noise begin anew in each region. Binning
//! leaves pixels out and adds none up, and the exposure changes no brightness. A rate that the machine cannot write is
//! not reached: frames then follow each other as fast as they are written.
//!
//! # What goes wrong
//!
//! Nothing, unless it is configured: then the same frames have the same fault each time. `faults` is a list of texts
//! `KIND@FRAME`, `KIND@FRAME:VALUE`, and either with `%EVERY` at its end: `"lost@5:2%100"` loses frames 5, 6, 105, 106 ..
//! `FRAME` is a frame's number, from 1 in each acquisition, which has all its faults anew. Faults may meet in a frame.
//!
//! | kind | what happens |
//! |---|---|
//! | `lost@N:K` | K frames (1 if it is not said), from N on, never reach the ring: their numbers are counted, and one that was triggered used its trigger up, but the next frame takes the slot. A sequence goes on until its buffer is full. |
//! | `missing@N:K` | K frames (1) are in the ring, and not told. |
//! | `duplicate@N` | Frame N is told twice in a row. |
//! | `reordered@N` | Frame N is told right after frame N + 1. |
//! | `late@N:K` | Frames from N on are not told until frame N + K is complete; then all are, in order. |
//! | `burst@N:K` | K frames from N on are written one after the other, and told when the last is complete. In free running the camera is held up until the last one is due. With software triggers none of them waits for a trigger, frame N neither: they follow frame N - 1 at once. |
//! | `stall@N:MS` | The camera waits MS milliseconds before frame N, and all that follow are as late. |
//! | `clock@N:MS` | The time stamps of frame N and all that follow are wrong by MS, which may be negative; those of metadata end at 0. |
//! | `null@N` | The address of frame N, as a call returns it, is null. |
//! | `misplaced@N:BYTES` | It is so many bytes (2) beyond the frame's begin. |
//! | `unnumbered@N` | The description of frame N has the number 0; the picture and its metadata have N. |
//! | `refused@N` | `pl_exp_get_latest_frame_ex` fails for frame N with [`SimError::NoFrame`]. |
//! | `unplugged@N:MS` | The camera is unplugged as frame N becomes complete, for MS milliseconds (for ever). Once while the library is initialised, whatever acquisition it is. |
//!
//! More is told than the ring has slots if it was held back. What is still held back when an acquisition ends is never
//! told. `%EVERY` must leave a fault time to end, and `unplugged` has none.
//!
//! A camera that is unplugged writes no more. Frame N is told, and then handlers of `PL_CALLBACK_CAM_REMOVED` and
//! `PL_CALLBACK_CHECK_CAMS` are called. Every call with its handle fails with [`SimError::CameraRemoved`], a handler's
//! for frame N, too, and so does opening it; but handlers can be removed, what runs can be ended, and the camera be
//! closed. When it is plugged in again, a handler of `PL_CALLBACK_CAM_RESUMED` is called if the camera was not closed,
//! and the handle works again. The acquisition has ended: its status is `READOUT_FAILED` until it is aborted, or
//! another is set up and started.
//!
//! The other keys are about the camera and its driver, whatever the frame:
//!
//! - `scribble`: when a frame is reported as complete, the camera has overwritten the next slot with noise, as one
//!   does that is a frame ahead of its counters. It spares the frame itself in a ring of one, frames that it must not
//!   overwrite, and sequences.
//! - `no_overwrite = "halts"`: in `CIRC_NO_OVERWRITE` the camera exposes no more, and ignores triggers, while every slot
//!   has a frame that was not unlocked. It goes on when one is, without a gap in the numbers. There is no overrun.
//! - `ring_mb`: of a ring with more MiB, `pl_exp_start_cont` fails with [`SimError::DriverRefused`].
//! - `aborts_fail`: the first calls of `pl_exp_abort`, `pl_exp_stop_cont` and `pl_exp_finish_seq`, while something runs,
//!   fail with [`SimError::AbortFailed`], and the camera goes on writing. They count while the library is initialised.
//!   Closing the camera ends everything all the same.
//! - `exposing_at_open`: a camera that is opened for the first time is exposing. Nothing can be set up or started, and
//!   no parameter be touched that is not live, until `pl_exp_abort`.
//!
//! # Where the manual leaves a choice
//!
//! - While the camera is imaging, a parameter is refused unless it is live. Only those of the
//!   driver are live.
//! - In `CIRC_OVERWRITE`, asking for the oldest frame fails, as it does on some cameras, unless configured.
//! - In `CIRC_NO_OVERWRITE`, a frame that was not unlocked in time is overwritten all the same, and
//!   the next `pl_exp_get_oldest_frame` (`_ex`) or `pl_exp_get_latest_frame_ex` fails once with
//!   [`SimError::Overrun`]. After that, the oldest frame is the oldest one that is still whole. A
//!   client that never unlocks gets the error again and again. (A camera may halt instead: `no_overwrite`.)
//! - The line for external triggers fires as soon as the camera can take it: frames of the external modes, the
//!   legacy ones too, follow each other as in free running.
//! - A sequence that is complete is no acquisition any more: another may be set up or started at once.
//! - After its end, until the next setup, `pl_exp_check_cont_status` (`_ex`) still says how far an acquisition had come,
//!   with the status `READOUT_NOT_ACTIVE`. A client that has aborted it learns there which frames the ring holds.
//! - Ending an acquisition drops the notifications that are still queued, and does not wait for a
//!   handler that is running. Removing a handler waits until it has returned, unless the handler
//!   itself removes it.
//! - A slot of the ring is overwritten from the begin of a frame's readout until its end, when the
//!   frame is reported. A client that reads the slot during this time sees parts of two frames, as
//!   with a camera. In Rust such a read is a data race, so a client must not read that slot.
//! - Several regions need embedded metadata, which says where each of them is; without it a setup has one.
//! - Post-processing, converter offset, clearing, shutter and fan keep what they are set to, and change no picture.
//! - What is set up, and then refused to be set up anew, is set up no more.
//! - `pl_md_frame_decode` and `pl_md_frame_recompose` work with structures that the library has made, and no others.
//! - When the process ends, all cameras stop before the client's own destructors run.
//! - Error codes whose numbers are not public are the simulator's own: [`SimError`].

mod abi;
mod blocks;
mod camera;
mod choice;
mod clock;
mod config;
mod cooler;
mod error;
mod fault;
mod film;
mod herald;
mod kind;
mod metadata;
mod model;
mod notifier;
mod out;
mod pace;
mod parameter;
mod part;
pub mod picture;
mod plug;
mod post_processing;
mod ring;
mod row;
mod run;
mod scene;
mod sdk;
mod settings;
mod setup;
mod slots;
mod table;
mod value;
mod write;

pub use abi::functions;
pub use config::{CAMERAS_VARIABLE, CONFIG_VARIABLE};
pub use error::SimError;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
