//! What one simulated camera is: its model, with what its configuration changes.

use std::ffi::CString;
use std::sync::Arc;
use std::time::Duration;

use framepool_pvcam_sys::{PARAM_GAIN_INDEX, PARAM_READOUT_PORT, PARAM_SPDTAB_INDEX};

use crate::fault::Plan;
use crate::model::{Gain, Model, Speed};
use crate::scene::Scene;
use crate::settings::Settings;

/// A camera as it is configured.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) model: &'static Model,
    pub(crate) name: CString,
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    /// The readout time of a row at the first speed, if it is not the model's.
    pub(crate) row_time: Option<Duration>,
    pub(crate) interface: i32,
    pub(crate) scene: Arc<Scene>,
    /// The most that a frame is late.
    pub(crate) jitter: Duration,
    pub(crate) seed: u64,
    /// The oldest frame can be had while frames are overwritten, too.
    pub(crate) oldest_always: bool,
    /// Version of the embedded metadata.
    pub(crate) metadata_version: u8,
    pub(crate) faults: Plan,
    /// It overwrites the slots that it will write next as soon as a frame is complete.
    pub(crate) scribbles: bool,
    /// It stops while no frame is unlocked, instead of overwriting one.
    pub(crate) halts: bool,
    /// The most bytes of a ring.
    pub(crate) ring_bytes: Option<u64>,
    /// How many ends of an acquisition fail.
    pub(crate) aborts_fail: u32,
    /// Another process has left it exposing.
    pub(crate) exposing_at_open: bool,
}

impl Kind {
    /// Returns the speeds of the port that is set.
    pub(crate) fn speeds(&self, settings: &Settings) -> &'static [Speed] {
        self.model.speeds(settings.get(PARAM_READOUT_PORT))
    }

    /// Returns the speed that is set.
    pub(crate) fn speed(&self, settings: &Settings) -> &'static Speed {
        let index = usize::try_from(settings.get(PARAM_SPDTAB_INDEX)).unwrap_or(0);
        self.speeds(settings).get(index).unwrap_or_else(|| self.model.first_speed())
    }

    /// Returns the gain that is set; gains count from 1.
    pub(crate) fn gain(&self, settings: &Settings) -> &'static Gain {
        let index = usize::try_from(settings.get(PARAM_GAIN_INDEX) - 1).unwrap_or(0);
        let gains = self.speed(settings).gains;
        gains.get(index).unwrap_or(&gains[0])
    }

    /// Returns the readout time of a row at the speed that is set.
    pub(crate) fn row_time(&self, settings: &Settings) -> Duration {
        let speed = self.speed(settings).row_time;
        let Some(first) = self.row_time else { return speed };
        let faster = speed.as_secs_f64() / self.model.first_speed().row_time.as_secs_f64();
        // Never none at all: frames follow each other at some time.
        first.mul_f64(faster).max(Duration::from_nanos(1))
    }
}
