//! The simulated cameras, and how they are set up.

use crate::plan::Size;
use framepool_pvcam::{Camera, Library, Sdk, Setup};
use std::error::Error;

/// Why nothing could be measured.
pub(crate) type Failure = Box<dyn Error>;

/// The initialised SDK, with a few cameras that are alike.
#[derive(Debug)]
pub(crate) struct Cameras(Sdk);

/// The cameras' names.
pub(crate) const NAMES: [&str; 3] = ["SimCam00", "SimCam01", "SimCam02"];

/// So large that every size is a part of it. The readout, in which the slot is written, takes a microsecond for each row:
/// a fraction of the frames' periods.
const CONFIGURATION: [(&str, &str); 3] = [
    (framepool_pvcam_sim::CAMERAS_VARIABLE, "3"),
    ("FRAMEPOOL_SIM_SENSOR", "[4096, 4096]"),
    ("FRAMEPOOL_SIM_FRAMES_PER_SECOND", "244.0"),
];

impl Cameras {
    pub(crate) fn simulated() -> Result<Self, Failure> {
        for (name, value) in CONFIGURATION {
            // SAFETY: the program has no other thread yet, or in tests none but the harness's, which reads the environment
            // through the standard library's lock only.
            unsafe { std::env::set_var(name, value) };
        }
        Ok(Self(Sdk::init(Library::simulated())?))
    }

    pub(crate) fn open(&self, name: &str) -> Result<Camera, Failure> {
        Ok(self.0.open(name)?)
    }
}

/// Sets frames of a size up, one after the other.
pub(crate) fn setup(camera: &Camera, size: Size, ring: usize) -> Setup {
    Setup::full_frame(camera, size.period).with_region(size.region()).with_ring_frames(ring)
}
