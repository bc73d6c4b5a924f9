//! The table of the simulated camera's parameters: one row each. It has no others.

use std::ffi::CStr;

use framepool_pvcam_sys::*;

use crate::error::SimError;
use crate::row::Source::{Choices, Computed, Fixed, Kept, SameAs, Text};
use crate::row::{Choice, Context, Extent, Row, Source};
use crate::setup::{self, SENSOR_COLUMNS, SENSOR_ROWS, Setup, max_exposure, readout};

/// Makes a row. (Short, so that a row of the table fits a line.)
const fn row(id: u32, type_code: u16, source: Source) -> Row {
    Row::new(id, type_code, source)
}

/// Makes an entry of an enumeration.
const fn entry(value: i32, label: &'static CStr) -> Choice {
    Choice { value, label }
}

/// Makes the source of a number that the camera keeps.
const fn kept(min: i64, max: i64, step: i64, first: i64) -> Source {
    Kept(Extent { current: first, default: first, min, max, step })
}

// Only the parameters of the driver (class 0) are live, since reading them does not access the
// camera.
#[rustfmt::skip] // one row per line
pub(crate) static TABLE: &[Row] = &[
    // The host's driver.
    row(PARAM_DD_VERSION, TYPE_UNS16, Fixed(0x0100)).live(),
    row(PARAM_CAM_INTERFACE_TYPE, TYPE_ENUM, Choices(&INTERFACES, PL_CAM_IFC_TYPE_VIRTUAL as i64)).live(),

    // Names.
    row(PARAM_CHIP_NAME, TYPE_CHAR_PTR, Text(|_| c"SimSensor2048")),
    row(PARAM_PRODUCT_NAME, TYPE_CHAR_PTR, Text(|_| c"framepool simulated camera")),
    row(PARAM_VENDOR_NAME, TYPE_CHAR_PTR, Text(|_| c"framepool")),
    row(PARAM_SYSTEM_NAME, TYPE_CHAR_PTR, Text(|_| c"framepool camera simulator")),
    row(PARAM_CAMERA_PART_NUMBER, TYPE_CHAR_PTR, Text(|_| c"SIMULATED-2048")),
    row(PARAM_HEAD_SER_NUM_ALPHA, TYPE_CHAR_PTR, Text(|context| context.name)),
    row(PARAM_CAM_FW_VERSION, TYPE_UNS16, Fixed(0x0001)),

    // The sensor.
    row(PARAM_SER_SIZE, TYPE_UNS16, Fixed(SENSOR_COLUMNS as i64)),
    row(PARAM_PAR_SIZE, TYPE_UNS16, Fixed(SENSOR_ROWS as i64)),
    row(PARAM_PIX_SER_SIZE, TYPE_UNS16, Fixed(6500)),
    row(PARAM_PIX_PAR_SIZE, TYPE_UNS16, Fixed(6500)),
    row(PARAM_BIT_DEPTH, TYPE_INT16, Fixed(16)),
    row(PARAM_PMODE, TYPE_ENUM, Choices(&CLOCKING, PMODE_NORMAL as i64)).writable(),
    row(PARAM_CLEAR_MODE, TYPE_ENUM, Choices(&CLEARING, CLEAR_PRE_SEQUENCE as i64)).writable(),

    // Temperature, in hundredths of a degree. The sensor always has the temperature that is set.
    row(PARAM_TEMP, TYPE_INT16, Computed(temperature)),
    row(PARAM_TEMP_SETPOINT, TYPE_INT16, kept(-2500, 2500, 1, -1000)).writable(),
    row(PARAM_FAN_SPEED_SETPOINT, TYPE_ENUM, Choices(&FANS, FAN_SPEED_HIGH as i64)).writable(),

    // Readout. Setting the port resets speed and gain; setting the speed resets the gain.
    row(PARAM_READOUT_PORT, TYPE_ENUM, Choices(&PORTS, READOUT_PORT_0 as i64)).writable()
        .resets(&[PARAM_SPDTAB_INDEX, PARAM_GAIN_INDEX]),
    row(PARAM_SPDTAB_INDEX, TYPE_INT16, kept(0, 0, 1, 0)).writable().resets(&[PARAM_GAIN_INDEX]),
    row(PARAM_SPDTAB_NAME, TYPE_CHAR_PTR, Text(|_| c"Simulated speed")),
    row(PARAM_GAIN_INDEX, TYPE_INT16, kept(1, 2, 1, 1)).writable(),
    row(PARAM_GAIN_NAME, TYPE_CHAR_PTR, Text(gain_name)),
    row(PARAM_PIX_TIME, TYPE_UNS16, Fixed(2)),
    // Kept, and no more: the picture's pixels are what they are.
    row(PARAM_ADC_OFFSET, TYPE_INT16, kept(-1000, 1000, 1, 100)).writable(),

    // Exposure. The setup gets mode and time as arguments; these parameters cannot be set, and say what the last
    // setup was given.
    row(PARAM_EXPOSURE_MODE, TYPE_ENUM, Choices(&EXPOSURE_MODES, EXT_TRIG_INTERNAL as i64)),
    row(PARAM_EXPOSE_OUT_MODE, TYPE_ENUM, Choices(&EXPOSE_OUT_MODES, EXPOSE_OUT_FIRST_ROW as i64)),
    row(PARAM_EXP_RES, TYPE_ENUM, Choices(&UNITS, EXP_RES_ONE_MILLISEC as i64)).writable(),
    row(PARAM_EXP_RES_INDEX, TYPE_UNS16, SameAs(PARAM_EXP_RES)).writable(),
    row(PARAM_EXP_TIME, TYPE_UNS16, kept(0, 65_535, 1, 10)).writable(),
    row(PARAM_EXPOSURE_TIME, TYPE_UNS64, Computed(exposure_time)),

    // Regions and frames.
    row(PARAM_ROI_COUNT, TYPE_UNS16, Fixed(1)),
    row(PARAM_BINNING_SER, TYPE_ENUM, Choices(&BINNINGS, 1)),
    row(PARAM_BINNING_PAR, TYPE_ENUM, Choices(&BINNINGS, 1)),
    row(PARAM_CIRC_BUFFER, TYPE_BOOLEAN, Fixed(1)),
    row(PARAM_FRAME_BUFFER_SIZE, TYPE_UNS64, Computed(frame_buffer_size)),
    // In microseconds. Its number hints at a float, but the SDK answers as ATTR_TYPE says, and clients rely on it.
    row(PARAM_READOUT_TIME, TYPE_UNS32, Computed(readout_time)),
];

static INTERFACES: [Choice; 1] = [entry(PL_CAM_IFC_TYPE_VIRTUAL, c"Virtual")];
static CLOCKING: [Choice; 1] = [entry(PMODE_NORMAL, c"Normal")];
static CLEARING: [Choice; 7] = [
    entry(CLEAR_NEVER, c"Never"),
    entry(CLEAR_PRE_EXPOSURE, c"Pre-Exposure"),
    entry(CLEAR_PRE_SEQUENCE, c"Pre-Sequence"),
    entry(CLEAR_POST_SEQUENCE, c"Post-Sequence"),
    entry(CLEAR_PRE_POST_SEQUENCE, c"Pre- and Post-Sequence"),
    entry(CLEAR_PRE_EXPOSURE_POST_SEQ, c"Pre-Exposure and Post-Sequence"),
    entry(CLEAR_GLOBAL_RESET, c"Global Reset"),
];
static FANS: [Choice; 4] = [
    entry(FAN_SPEED_HIGH, c"High"),
    entry(FAN_SPEED_MEDIUM, c"Medium"),
    entry(FAN_SPEED_LOW, c"Low"),
    entry(FAN_SPEED_OFF, c"Off"),
];
static PORTS: [Choice; 1] = [entry(READOUT_PORT_0, c"Simulated port")];
static EXPOSURE_MODES: [Choice; 5] = [
    entry(EXT_TRIG_INTERNAL as i32, c"Internal Trigger"),
    entry(EXT_TRIG_SOFTWARE_EDGE as i32, c"Software Edge"),
    entry(EXT_TRIG_TRIG_FIRST as i32, c"Trigger first"),
    entry(EXT_TRIG_EDGE_RISING as i32, c"Edge Trigger"),
    entry(EXT_TRIG_LEVEL as i32, c"Level Trigger"),
];
static EXPOSE_OUT_MODES: [Choice; 3] = [
    entry(EXPOSE_OUT_FIRST_ROW as i32, c"First Row"),
    entry(EXPOSE_OUT_ALL_ROWS as i32, c"All Rows"),
    entry(EXPOSE_OUT_ANY_ROW as i32, c"Any Row"),
];
static UNITS: [Choice; 2] = [
    entry(EXP_RES_ONE_MILLISEC, c"One Millisecond"),
    entry(EXP_RES_ONE_MICROSEC, c"One Microsecond"),
];
// Existing clients parse these labels.
static BINNINGS: [Choice; 3] = [
    entry(setup::BINNINGS[0] as i32, c"1x1"),
    entry(setup::BINNINGS[1] as i32, c"2x2"),
    entry(setup::BINNINGS[2] as i32, c"4x4"),
];

fn temperature(context: &Context<'_>) -> Result<Extent, SimError> {
    let now = context.settings.get(PARAM_TEMP_SETPOINT);
    Ok(Extent { current: now, default: now, min: -2500, max: 2500, step: 1 })
}

fn gain_name<'a>(context: &Context<'a>) -> &'a CStr {
    match context.settings.get(PARAM_GAIN_INDEX) {
        1 => c"Full well",
        _ => c"Sensitivity",
    }
}

fn exposure_time(context: &Context<'_>) -> Result<Extent, SimError> {
    let max = max_exposure(context.settings.get(PARAM_EXP_RES));
    let current = context.setup.map_or(0, |setup| setup.exposure_value);
    Ok(Extent { current: current.into(), default: 0, min: 0, max: max.into(), step: 1 })
}

fn frame_buffer_size(context: &Context<'_>) -> Result<Extent, SimError> {
    let setup = context.setup.ok_or(SimError::SetupRequired)?;
    let frame = i64::from(setup.frame_bytes());
    let advised = frame * i64::from(setup.advised_ring_frames());
    let max = frame * i64::from(setup.max_ring_frames());
    Ok(Extent { current: advised, default: advised, min: frame, max, step: frame })
}

fn readout_time(context: &Context<'_>) -> Result<Extent, SimError> {
    let time = context.setup.map_or_else(|| readout(SENSOR_ROWS), Setup::readout);
    let us = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    Ok(Extent { current: us, default: us, min: us, max: us, step: 0 })
}
