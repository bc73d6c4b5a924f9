//! What a recording says of itself, whatever its format. What a file does not say is not known: older files say less.

use crate::record::about::Camera;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::rc::Rc;

/// A recording as a whole; the fields' names are keys of the JSON beside a raw file, and of what is printed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct About {
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
    pub(crate) bytes_per_pixel: Option<u8>,
    /// `little` or `big`.
    pub(crate) byte_order: Option<String>,
    pub(crate) bit_depth: Option<u8>,
    /// Column, row, width and height on the sensor.
    pub(crate) region: Option<[u32; 4]>,
    /// Across and down.
    pub(crate) binning: Option<[u16; 2]>,
    pub(crate) exposure_ns: Option<u64>,
    pub(crate) exposure_mode: Option<String>,
    pub(crate) timestamp_resolution_ns: Option<u64>,
    pub(crate) started: Option<String>,
    pub(crate) camera: Option<Camera>,
    pub(crate) library: Option<String>,
    /// Frames that the run has recorded, as it says at its end.
    #[serde(rename(serialize = "frames_recorded", deserialize = "frames"))]
    pub(crate) recorded: Option<u64>,
    /// Whether the run has ended in order and no frame is missing, as it says at its end.
    pub(crate) complete: Option<bool>,
    /// Frames that were lost, dropped or not saved, as the run says at its end.
    pub(crate) missing: Option<u64>,
}

/// What a file says of one frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) hardware_frame: Option<u64>,
    pub(crate) timestamp_ns: Option<u64>,
}

impl Row {
    /// Makes the row of a frame. A time of 0 is not known: the SDK did not announce the frame.
    pub(crate) fn of(hardware_frame: Option<u64>, timestamp_ns: Option<u64>) -> Self {
        Self { hardware_frame, timestamp_ns: timestamp_ns.filter(|&time| time > 0) }
    }
}

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) at: u64,
    pub(crate) bytes: u64,
}

/// A part of one of a recording's files.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) file: Rc<File>,
    pub(crate) extent: Extent,
}

/// A frame of a recording.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) row: Row,
    /// `None` if they are not there.
    pub(crate) pixels: Option<Place>,
}

/// What is done with each frame, and with what is known of the recording.
pub(crate) type Each<'e> = dyn FnMut(&Frame, &About) -> Result<(), String> + 'e;

/// What was found in a recording, beside its frames.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) format: &'static str,
    /// Of the files with the pixels.
    pub(crate) bytes: u64,
    pub(crate) about: About,
    /// Frames whose pixels are in the file.
    pub(crate) frames: u64,
    /// Why the file is not whole, as far as its frames' order and pixels do not say it.
    pub(crate) problems: Vec<String>,
}

/// As many problems of a kind as a person wants to read.
pub(crate) const FEW: usize = 5;

impl About {
    /// Returns the bytes of a frame; `None` if they are not known, or more than a camera can send.
    pub(crate) fn frame_bytes(&self) -> Option<u64> {
        /// The SDK counts a frame's bytes in 32 bits.
        const MOST: u64 = u32::MAX as u64;
        let pixels = u64::from(self.width?).checked_mul(self.height?.into())?;
        let bytes = pixels.checked_mul(self.bytes_per_pixel?.into())?;
        (1..=MOST).contains(&bytes).then_some(bytes)
    }

    /// Returns whether the pixels are in this machine's byte order.
    pub(crate) fn is_native(&self) -> bool {
        let native = if cfg!(target_endian = "little") { "little" } else { "big" };
        self.byte_order.as_deref().is_none_or(|order| order == native)
    }
}

impl Extent {
    /// Returns whether it lies within a file of this length.
    pub(crate) fn is_within(&self, length: u64) -> bool {
        self.at.checked_add(self.bytes).is_some_and(|end| end <= length)
    }
}
