//! The models of cameras that there are, and the tree of readout ports, speeds and gains that each has.
//!
//! Both are invented, after kinds of cameras that the SDK drives: `prime` is a scientific CMOS camera with all
//! that the SDK has come to offer, `cool` a CCD camera from before most of it.

use std::ffi::CStr;
use std::time::Duration;

use framepool_pvcam_sys::{READOUT_PORT_0, READOUT_PORT_1};

use crate::choice::{Choice, entry};

/// A model of cameras.
#[derive(Debug)]
pub(crate) struct Model {
    /// What a configuration calls it.
    pub(crate) key: &'static str,
    pub(crate) chip: &'static CStr,
    pub(crate) product: &'static CStr,
    pub(crate) part: &'static CStr,
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    /// Side of a pixel in nanometres.
    pub(crate) pixel_nm: u16,
    /// The readout ports, and the speeds of each.
    pub(crate) ports: &'static [Choice],
    pub(crate) speeds: &'static [&'static [Speed]],
    /// Columns and rows have the same one.
    pub(crate) binnings: &'static [Choice],
    /// The most regions of a setup with embedded metadata.
    pub(crate) regions: u16,
    /// It has what the SDK came to offer with CMOS cameras: embedded metadata, expose-out modes, exposure lists,
    /// post-processing.
    pub(crate) is_recent: bool,
    /// The lowest and the highest set point of the sensor's temperature, in hundredths of a degree, and the first.
    pub(crate) cooling: (i64, i64, i64),
}

/// A readout speed.
#[derive(Debug)]
pub(crate) struct Speed {
    pub(crate) name: &'static CStr,
    /// Nanoseconds per pixel.
    pub(crate) pixel_time: u16,
    /// Readout time of one row, binned or not.
    pub(crate) row_time: Duration,
    pub(crate) gains: &'static [Gain],
}

/// A gain: what a count is worth.
#[derive(Debug)]
pub(crate) struct Gain {
    pub(crate) name: &'static CStr,
    pub(crate) bit_depth: u8,
    /// Electrons that fill a pixel.
    pub(crate) full_well: u32,
    /// Hundredths of an electron per count.
    pub(crate) conversion: u16,
    /// Read noise in hundredths of an electron.
    pub(crate) read_noise: u16,
}

impl Model {
    /// The models; the first is the one that a camera is if nothing else is said.
    pub(crate) const ALL: [&'static Self; 2] = [&PRIME, &COOL];

    /// Returns the speeds of a port, by the port's value.
    pub(crate) fn speeds(&self, port: i64) -> &'static [Speed] {
        let found = self.ports.iter().position(|choice| i64::from(choice.value) == port);
        self.speeds[found.unwrap_or(0)]
    }

    /// Returns the speed that a camera has when it is opened.
    pub(crate) fn first_speed(&self) -> &'static Speed {
        &self.speeds[0][0]
    }
}

/// Makes a gain.
const fn gain(
    name: &'static CStr,
    bit_depth: u8,
    full_well: u32,
    conversion: u16,
    read_noise: u16,
) -> Gain {
    Gain { name, bit_depth, full_well, conversion, read_noise }
}

static PRIME: Model = Model {
    key: "prime",
    chip: c"SimSensor2048",
    product: c"framepool simulated camera",
    part: c"SIMULATED-2048",
    columns: 2048,
    rows: 2048,
    pixel_nm: 6500,
    ports: &[entry(READOUT_PORT_0, c"CMOS")],
    speeds: &[&[
        Speed {
            name: c"100 MHz",
            pixel_time: 10,
            row_time: Duration::from_micros(4),
            gains: &[gain(c"HDR", 16, 45_000, 70, 160), gain(c"CMS", 12, 1_000, 24, 100)],
        },
        Speed {
            name: c"200 MHz",
            pixel_time: 5,
            row_time: Duration::from_micros(2),
            gains: &[
                gain(c"Full well", 11, 10_000, 480, 300),
                gain(c"Balanced", 11, 5_000, 240, 200),
                gain(c"Sensitivity", 11, 2_500, 120, 160),
            ],
        },
    ]],
    // Existing clients parse these labels.
    binnings: &[entry(1, c"1x1"), entry(2, c"2x2"), entry(4, c"4x4")],
    regions: 15,
    is_recent: true,
    cooling: (-2500, 2500, -1000),
};

static COOL: Model = Model {
    key: "cool",
    chip: c"SimSensor1392",
    product: c"framepool simulated CCD camera",
    part: c"SIMULATED-1392",
    columns: 1392,
    rows: 1040,
    pixel_nm: 6450,
    ports: &[entry(READOUT_PORT_0, c"Normal"), entry(READOUT_PORT_1, c"Multiplication gain")],
    speeds: &[
        &[
            Speed {
                name: c"20 MHz",
                pixel_time: 50,
                row_time: Duration::from_micros(70),
                gains: &[
                    gain(c"1x", 12, 18_000, 440, 900),
                    gain(c"2x", 12, 9_000, 220, 800),
                    gain(c"4x", 12, 4_500, 110, 700),
                ],
            },
            Speed {
                name: c"10 MHz",
                pixel_time: 100,
                row_time: Duration::from_micros(140),
                gains: &[gain(c"1x", 14, 18_000, 110, 600), gain(c"2x", 14, 9_000, 55, 500)],
            },
        ],
        &[Speed {
            name: c"10 MHz",
            pixel_time: 100,
            row_time: Duration::from_micros(140),
            gains: &[gain(c"1x", 14, 18_000, 110, 1_500)],
        }],
    ],
    binnings: &[entry(1, c"1x1"), entry(2, c"2x2"), entry(4, c"4x4"), entry(8, c"8x8")],
    regions: 1,
    is_recent: false,
    cooling: (-3000, 0, -2500),
};
