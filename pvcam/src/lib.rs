//! PVCAM cameras for [`framepool`]: from the SDK's C interface to frames in a consumer's channel.
//!
//! ```text
//!   Library      a table of the SDK's functions: the vendor's library, a simulated one, or the
//!      |         simulator that is linked in
//!     Sdk        pl_pvcam_init .. pl_pvcam_uninit
//!      |
//!    Camera      pl_cam_open .. pl_cam_close           each value keeps those above it alive
//!      |
//!   Prepared     the camera is set up: how large are its frames?
//!      |
//!   Standby      ring, handler and registration      start, halt, start, ..
//!      |
//!  Acquisition   end of frame -> FrameHandler -> Intake -> the consumer's channel
//! ```
//!
//! | tier | a frame is | it costs | [`Camera::capture`] by |
//! |---|---|---|---|
//! | [`CopyTier`] | copied out of the SDK's ring into the pool | a copy | [`Tier::Copy`] |
//! | [`PinnedTier`] | lent in the SDK's ring; copied only if it is held until the camera comes near | no copy while consumers keep up | [`Tier::Pinned`] |
//! | [`Sequences`] | written by the SDK into a buffer of the pool, to be changed at will | a gap between sequences | [`Tier::Sequence`] |
//!
//! The library is loaded when the program runs: no SDK is needed to build. The ring that the camera
//! writes is never behind a Rust reference: a frame in it is copied or read, and then checked to
//! have been whole all the time. Apart from all this, [`MetadataFrame`] decodes frames that were recorded with
//! the camera's embedded metadata on.
//!
//! # Examples
//! ```
//! use framepool::{FramePool, OnExhausted, channel};
//! use framepool_pvcam::{Acquisition, CopyTier, Library, Sdk, Setup};
//! use std::time::Duration;
//!
//! let sdk = Sdk::init(Library::simulated())?;
//! let camera = sdk.open("SimCam00")?;
//! let setup = Setup::full_frame(&camera, Duration::from_millis(10));
//! let prepared = camera.prepare(&setup)?;
//!
//! let pool = FramePool::try_new(4, prepared.frame_bytes())?;
//! let (intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
//! let acquisition = Acquisition::start(prepared, CopyTier::new(intake))?;
//! let frame = frames.recv_blocking().expect("the camera is running");
//! assert_eq!(frame.view().rows().len(), 2048);
//! acquisition.stop()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod acquisition;
mod advice;
mod announced;
mod arrival;
mod callback;
mod camera;
mod camera_ring;
mod capture;
mod choice;
mod clock;
mod conserved;
mod copy;
mod description;
mod end;
mod error;
mod exposure;
mod fan;
mod filling;
mod frame;
mod handle;
mod known;
mod library;
mod limit;
mod metadata;
mod mode;
mod named;
mod parameter;
mod pinned;
mod prepare;
mod recovery;
mod registration;
mod ring;
#[cfg(test)]
mod scripted;
mod sdk;
mod seen;
mod sequences;
mod session;
mod settings;
mod setup;
mod signal;
mod slots;
mod standby;
mod trigger;
mod typed;
mod value;

pub use acquisition::Acquisition;
pub use camera::Camera;
pub use camera_ring::CameraRing;
pub use capture::{Capture, CaptureOptions, ReadyCapture, Tier};
pub use choice::{Choice, Limits};
pub use copy::CopyTier;
pub use description::Description;
pub use end::End;
pub use error::{
    CaptureError, CopyError, ErrorKind, LoadError, OpenError, ParameterError, SdkError, SetupError,
    StartError,
};
pub use fan::FanSpeed;
pub use frame::{FrameHandler, RingFrame};
pub use library::Library;
pub use metadata::{MetadataError, MetadataFrame, Region};
pub use named::{
    NamedParameter, NamedParameters, ParameterAccess, ParameterOffer, ParameterType, ParameterValue,
};
pub use pinned::PinnedTier;
pub use prepare::{Prepared, PreparedSequences};
pub use sdk::Sdk;
pub use sequences::{Gaps, SequenceTier, Sequences};
pub use settings::{Gain, Settings, Speed};
pub use setup::Setup;
pub use standby::{Standby, Times};
pub use trigger::{ExposeOut, Trigger};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
