//! PVCAM cameras onto [`framepool`]: from the SDK's C interface to frames on loan.
//!
//! ```text
//!   Library --- one table of functions: the vendor's library, the simulated one, or the
//!      |        simulator that is linked in
//!     Sdk  ---- init .. uninit
//!      |
//!    Camera --- open .. close                          owners, each dropped before the one above
//!      |
//!  Acquisition  ring + handler: start .. abort, deregister, free
//!      |
//!      `- end of frame -> FrameHandler -> CopyTier -> Intake -> the consumer's channel
//! ```
//!
//! The library is loaded when the program runs: no SDK is needed to build. Memory that the SDK may
//! write is never behind a Rust reference while it may (I10 of ARCHITECTURE.md). Apart from all
//! this, [`MetadataFrame`] decodes frames that were recorded with the camera's embedded metadata.
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
mod callback;
mod camera;
mod copy;
mod error;
mod handler;
mod library;
mod metadata;
mod parameter;
mod sdk;

pub use acquisition::{Acquisition, End};
pub use camera::{Camera, Description, Prepared, Setup, Trigger};
pub use copy::CopyTier;
pub use error::{ErrorKind, LoadError, SdkError, SetupError, StartError};
pub use handler::{CopyError, FrameHandler, RingFrame};
pub use library::Library;
pub use metadata::{MetadataError, MetadataFrame, Region};
pub use sdk::{OpenError, Sdk};
