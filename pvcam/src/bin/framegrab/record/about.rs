//! What a recording says besides its frames: the camera, the settings, and the beginning.

use framepool::FrameMeta;
use framepool_pvcam::{Description, Settings};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The keys are those of the JSON beside a raw file and in a Zarr group.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct About {
    pub(crate) format: &'static str,
    pub(crate) version: u32,
    pub(crate) software: &'static str,
    /// Before the first frame, UTC, by RFC 3339.
    pub(crate) started: String,
    pub(crate) byte_order: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes_per_pixel: usize,
    /// Bits that carry signal.
    pub(crate) bit_depth: u8,
    /// Column, row, width and height on the sensor, sensor pixels.
    pub(crate) region: [u32; 4],
    /// Sensor pixels per frame pixel, across and down.
    pub(crate) binning: [u16; 2],
    pub(crate) exposure_ns: u64,
    pub(crate) exposure_mode: &'static str,
    /// The time from frame to frame that was asked for.
    pub(crate) period_ns: u64,
    /// Of the run's first frame, on the camera's clock; 0 if it is not known.
    pub(crate) first_timestamp_ns: u64,
    /// The step of the frames' time stamps.
    pub(crate) timestamp_resolution_ns: u64,
    pub(crate) readout: Readout,
    pub(crate) camera: Camera,
    pub(crate) library: String,
}

/// How the sensor is read; `None` where the camera does not tell.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Readout {
    pub(crate) port: Option<i32>,
    pub(crate) speed: Option<String>,
    pub(crate) gain: Option<String>,
    /// Of the sensor, degrees Celsius, before the first frame.
    pub(crate) temperature: Option<f32>,
}

/// The camera that was recorded; what a file does not say is not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Camera {
    pub(crate) name: String,
    pub(crate) product: String,
    pub(crate) serial: String,
    pub(crate) firmware: String,
    /// Columns and rows of the sensor.
    pub(crate) sensor: Option<[u32; 2]>,
    /// Width and height of a sensor pixel, nanometres.
    pub(crate) pixel_nm: Option<[u32; 2]>,
    pub(crate) simulated: bool,
}

/// How a recording has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// No frame is missing, and the run did not fail.
    pub(crate) complete: bool,
    /// Frames that were lost, dropped or not saved.
    pub(crate) missing: u64,
}

impl About {
    /// Describes a recording that begins now, of frames like this one.
    pub(crate) fn of(
        frame: &FrameMeta,
        camera: Camera,
        library: &str,
        exposure_mode: &'static str,
        period: Duration,
        timestamp_resolution: Duration,
    ) -> Self {
        let FrameMeta { region, binning, .. } = *frame;
        Self {
            format: "framegrab",
            version: 1,
            software: SOFTWARE,
            started: jiff::Timestamp::now().to_string(),
            byte_order: if cfg!(target_endian = "little") { "little" } else { "big" },
            width: frame.width,
            height: frame.height,
            bytes_per_pixel: frame.bytes_per_pixel(),
            bit_depth: frame.bit_depth,
            region: [region.x, region.y, region.width, region.height],
            binning: [binning.0, binning.1],
            exposure_ns: frame.exposure_ns,
            exposure_mode,
            period_ns: nanoseconds(period),
            first_timestamp_ns: 0,
            timestamp_resolution_ns: nanoseconds(timestamp_resolution),
            readout: Readout::default(),
            camera,
            library: library.to_owned(),
        }
    }

    /// Returns the width and height of a pixel of the frames, micrometres on the sensor.
    pub(crate) fn pixel_um(&self) -> Option<[f64; 2]> {
        let [width, height] = self.camera.pixel_nm?.map(f64::from);
        let [across, down] = self.binning.map(f64::from);
        Some([width * across / 1e3, height * down / 1e3])
    }
}

impl Readout {
    /// Reads how a camera is set now.
    pub(crate) fn of(settings: Settings<'_>) -> Self {
        Self {
            port: settings.port().ok(),
            speed: settings.speed().ok().map(|speed| speed.name),
            gain: settings.gain().ok().map(|gain| gain.name),
            temperature: settings.temperature().ok(),
        }
    }
}

impl From<&Description> for Camera {
    fn from(camera: &Description) -> Self {
        Self {
            name: camera.name.clone(),
            product: camera.product.clone(),
            serial: camera.serial.clone(),
            firmware: camera.firmware.clone(),
            sensor: Some([camera.sensor_width, camera.sensor_height]),
            pixel_nm: camera.pixel_nm.map(<[u32; 2]>::from),
            simulated: camera.is_simulated,
        }
    }
}

/// The program, as files name it.
pub(crate) const SOFTWARE: &str = concat!("framegrab ", env!("CARGO_PKG_VERSION"));

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
impl About {
    /// Describes a recording of frames of 4 x 2 pixels for tests.
    pub(crate) fn of_tests() -> Self {
        let mut camera = Camera {
            name: "a<b".to_owned(),
            product: "B & W".to_owned(),
            serial: "7".to_owned(),
            firmware: "1.2".to_owned(),
            sensor: Some([8, 8]),
            pixel_nm: Some([6500, 4000]),
            simulated: true,
        };
        camera.name.push('\u{1}');
        Self {
            format: "framegrab",
            version: 1,
            software: SOFTWARE,
            started: "2026-01-02T03:04:05Z".to_owned(),
            byte_order: "little",
            width: 4,
            height: 2,
            bytes_per_pixel: 2,
            bit_depth: 12,
            region: [0, 4, 8, 4],
            binning: [2, 2],
            exposure_ns: 2_000_000,
            exposure_mode: "internal trigger",
            period_ns: 10_000_000,
            first_timestamp_ns: 0,
            timestamp_resolution_ns: 100_000,
            readout: Readout { gain: Some("high".to_owned()), ..Readout::default() },
            camera,
            library: "a library".to_owned(),
        }
    }
}
