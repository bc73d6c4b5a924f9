//! The table of the simulated cameras' parameters: one row each. They have no others.

use std::ffi::CStr;
use std::time::Duration;

use framepool_pvcam_sys::*;

use crate::choice::{Choice, Extent, entry};
use crate::cooler;
use crate::error::SimError;
use crate::kind::Kind;
use crate::post_processing;
use crate::row::Source::{
    Bounded, Choices, Computed, Exposures, Fixed, Kept, Region, SameAs, Text,
};
use crate::row::{Context, Row, Source};
use crate::setup::{max_exposure, whole};

/// Makes a row. (Short, so that a row of the table fits a line.)
const fn row(id: u32, type_code: u16, source: Source) -> Row {
    Row::new(id, type_code, source)
}

/// Makes the source of a number that the camera keeps.
const fn kept(min: i64, max: i64, step: i64, first: i64) -> Source {
    Kept(extent(min, max, step, first))
}

const fn extent(min: i64, max: i64, step: i64, first: i64) -> Extent {
    Extent { current: first, default: first, min, max, step }
}

/// Makes the source of a number that is the same whatever is set, but not for all cameras.
macro_rules! of {
    ($context:ident => $value:expr) => {
        Computed(|$context| Ok(Extent::fixed(i64::from($value))))
    };
}

// Only the parameters of the driver (class 0) are live, since reading them does not access the
// camera.
#[rustfmt::skip] // one row per line
pub(crate) static TABLE: &[Row] = &[
    // The host's driver.
    row(PARAM_DD_VERSION, TYPE_UNS16, Fixed(0x0100)).live(),
    row(PARAM_DD_INFO, TYPE_CHAR_PTR, Text(DRIVER.count_bytes() + 1, |_| DRIVER)).live(),
    row(PARAM_DD_INFO_LENGTH, TYPE_INT16, Fixed(DRIVER.count_bytes() as i64 + 1)).live(),
    row(PARAM_DD_RETRIES, TYPE_UNS16, kept(0, 65_535, 1, 0)).writable().live(),
    row(PARAM_DD_TIMEOUT, TYPE_UNS16, kept(0, 65_535, 1, 2_000)).writable().live(),
    row(PARAM_CAM_INTERFACE_TYPE, TYPE_ENUM, Choices(interface, None)).live(),

    // Names.
    row(PARAM_CHIP_NAME, TYPE_CHAR_PTR, Text(CCD_NAME_LEN, |camera| camera.kind.model.chip)),
    row(PARAM_PRODUCT_NAME, TYPE_CHAR_PTR, Text(MAX_PRODUCT_NAME_LEN, |camera| camera.kind.model.product)),
    row(PARAM_VENDOR_NAME, TYPE_CHAR_PTR, Text(MAX_VENDOR_NAME_LEN, |_| c"framepool")),
    row(PARAM_SYSTEM_NAME, TYPE_CHAR_PTR, Text(MAX_SYSTEM_NAME_LEN, |_| c"framepool camera simulator")),
    row(PARAM_CAMERA_PART_NUMBER, TYPE_CHAR_PTR, Text(MAX_CAM_PART_NUM_LEN, |camera| camera.kind.model.part)),
    row(PARAM_HEAD_SER_NUM_ALPHA, TYPE_CHAR_PTR, Text(MAX_ALPHA_SER_NUM_LEN, |camera| &camera.kind.name)),
    row(PARAM_CAM_SYSTEMS_INFO, TYPE_CHAR_PTR, Text(MAX_CAM_SYSTEMS_INFO_LEN, |_| c"simulated: one sensor, no other parts")),
    row(PARAM_CAM_FW_VERSION, TYPE_UNS16, Fixed(0x0001)),

    // The sensor.
    row(PARAM_SER_SIZE, TYPE_UNS16, of!(camera => camera.kind.columns)),
    row(PARAM_PAR_SIZE, TYPE_UNS16, of!(camera => camera.kind.rows)),
    row(PARAM_PIX_SER_SIZE, TYPE_UNS16, of!(camera => camera.kind.model.pixel_nm)),
    row(PARAM_PIX_PAR_SIZE, TYPE_UNS16, of!(camera => camera.kind.model.pixel_nm)),
    row(PARAM_PIX_SER_DIST, TYPE_UNS16, of!(camera => camera.kind.model.pixel_nm)),
    row(PARAM_PIX_PAR_DIST, TYPE_UNS16, of!(camera => camera.kind.model.pixel_nm)),
    row(PARAM_PREMASK, TYPE_UNS16, Fixed(0)),
    row(PARAM_PRESCAN, TYPE_UNS16, Fixed(0)),
    row(PARAM_POSTMASK, TYPE_UNS16, Fixed(0)),
    row(PARAM_POSTSCAN, TYPE_UNS16, Fixed(0)),
    row(PARAM_COLOR_MODE, TYPE_ENUM, Choices(|_| &COLORS, None)).recent(),
    row(PARAM_FRAME_CAPABLE, TYPE_BOOLEAN, Fixed(1)).older(),
    row(PARAM_SUMMING_WELL, TYPE_BOOLEAN, Fixed(1)).older(),
    row(PARAM_PMODE, TYPE_ENUM, Choices(clocking, None)).writable(),
    row(PARAM_CLEAR_MODE, TYPE_ENUM, Choices(|_| &CLEARING, Some(CLEAR_PRE_SEQUENCE))).writable(),
    row(PARAM_CLEAR_CYCLES, TYPE_UNS16, kept(0, 16, 1, 2)).writable().older(),
    row(PARAM_SHTR_OPEN_MODE, TYPE_ENUM, Choices(|_| &SHUTTERS, Some(OPEN_PRE_EXPOSURE))).writable().older(),
    row(PARAM_SHTR_OPEN_DELAY, TYPE_UNS16, kept(0, 65_535, 1, 15)).writable().older(),
    row(PARAM_SHTR_CLOSE_DELAY, TYPE_UNS16, kept(0, 65_535, 1, 30)).writable().older(),

    // Temperature, in hundredths of a degree: it moves towards the set point.
    row(PARAM_TEMP, TYPE_INT16, Computed(temperature)),
    row(PARAM_TEMP_SETPOINT, TYPE_INT16, Bounded(set_point)).writable(),
    row(PARAM_COOLING_MODE, TYPE_ENUM, Choices(|_| &COOLING, None)),
    row(PARAM_FAN_SPEED_SETPOINT, TYPE_ENUM, Choices(|_| &FANS, None)).writable().recent(),

    // Readout. Setting the port resets speed and gain; setting the speed resets the gain.
    row(PARAM_READOUT_PORT, TYPE_ENUM, Choices(|kind| kind.model.ports, None)).writable()
        .resets(&[PARAM_SPDTAB_INDEX, PARAM_GAIN_INDEX]),
    row(PARAM_SPDTAB_INDEX, TYPE_INT16, Bounded(speed_index)).writable().resets(&[PARAM_GAIN_INDEX]),
    row(PARAM_SPDTAB_NAME, TYPE_CHAR_PTR, Text(MAX_SPDTAB_NAME_LEN, |camera| camera.kind.speed(camera.settings).name)),
    row(PARAM_PIX_TIME, TYPE_UNS16, of!(camera => camera.kind.speed(camera.settings).pixel_time)),
    row(PARAM_GAIN_INDEX, TYPE_INT16, Bounded(gain_index)).writable(),
    row(PARAM_GAIN_NAME, TYPE_CHAR_PTR, Text(MAX_GAIN_NAME_LEN, |camera| camera.kind.gain(camera.settings).name)),
    row(PARAM_BIT_DEPTH, TYPE_INT16, of!(camera => camera.kind.gain(camera.settings).bit_depth)),
    row(PARAM_BIT_DEPTH_HOST, TYPE_INT16, of!(camera => camera.kind.gain(camera.settings).bit_depth)).recent(),
    row(PARAM_FWELL_CAPACITY, TYPE_UNS32, of!(camera => camera.kind.gain(camera.settings).full_well)),
    row(PARAM_ACTUAL_GAIN, TYPE_UNS16, of!(camera => camera.kind.gain(camera.settings).conversion)),
    row(PARAM_READ_NOISE, TYPE_UNS16, of!(camera => camera.kind.gain(camera.settings).read_noise)),
    row(PARAM_GAIN_MULT_ENABLE, TYPE_BOOLEAN, of!(camera => camera.settings.get(PARAM_READOUT_PORT) == 1)).older(),
    row(PARAM_GAIN_MULT_FACTOR, TYPE_UNS16, kept(0, 4_095, 1, 0)).writable().older(),
    row(PARAM_IMAGE_FORMAT, TYPE_ENUM, Choices(|_| &FORMATS, None)).recent(),
    row(PARAM_IMAGE_FORMAT_HOST, TYPE_ENUM, Choices(|_| &FORMATS, None)).recent(),
    row(PARAM_IMAGE_COMPRESSION, TYPE_ENUM, Choices(|_| &COMPRESSIONS, None)).recent(),
    row(PARAM_IMAGE_COMPRESSION_HOST, TYPE_ENUM, Choices(|_| &COMPRESSIONS, None)).recent(),
    row(PARAM_SCAN_MODE, TYPE_ENUM, Choices(|_| &SCANS, None)).writable().recent(),
    row(PARAM_SCAN_LINE_TIME, TYPE_INT64, Computed(line_time)).recent(),
    // Kept, and no more: the picture's pixels are what they are.
    row(PARAM_ADC_OFFSET, TYPE_INT16, kept(-1000, 1000, 1, 100)).writable(),

    // Post-processing: a feature is selected, then a parameter of it.
    row(PARAM_PP_INDEX, TYPE_INT16, kept(0, post_processing::FEATURES.len() as i64 - 1, 1, 0)).writable()
        .resets(&[PARAM_PP_PARAM_INDEX]).recent(),
    row(PARAM_PP_FEAT_NAME, TYPE_CHAR_PTR, Text(MAX_PP_NAME_LEN, |camera| post_processing::feature(camera.settings).name)).recent(),
    row(PARAM_PP_FEAT_ID, TYPE_UNS32, of!(camera => post_processing::feature(camera.settings).id)).recent(),
    row(PARAM_PP_PARAM_INDEX, TYPE_INT16, Bounded(pp_param_index)).writable().recent(),
    row(PARAM_PP_PARAM_NAME, TYPE_CHAR_PTR, Text(MAX_PP_NAME_LEN, |camera| post_processing::param_of(camera.settings).name)).recent(),
    row(PARAM_PP_PARAM_ID, TYPE_UNS32, of!(camera => post_processing::param_of(camera.settings).id)).recent(),
    row(PARAM_PP_PARAM, TYPE_UNS32, Bounded(pp_param)).writable().recent(),

    // Exposure. The setup gets mode and time as arguments; these parameters cannot be set, and say what the last
    // setup was given.
    row(PARAM_EXPOSURE_MODE, TYPE_ENUM, Choices(exposure_modes, None)),
    row(PARAM_EXPOSE_OUT_MODE, TYPE_ENUM, Choices(|_| &EXPOSE_OUT_MODES, None)).recent(),
    row(PARAM_EXP_RES, TYPE_ENUM, Choices(|_| &UNITS, None)).writable(),
    row(PARAM_EXP_RES_INDEX, TYPE_UNS16, SameAs(PARAM_EXP_RES)).writable(),
    row(PARAM_EXP_TIME, TYPE_UNS16, kept(0, 65_535, 1, 10)).writable(),
    row(PARAM_EXPOSURE_TIME, TYPE_UNS64, Computed(exposure_time)),
    row(PARAM_SMART_STREAM_MODE_ENABLED, TYPE_BOOLEAN, kept(0, 1, 1, 0)).writable().recent(),
    row(PARAM_SMART_STREAM_MODE, TYPE_UNS16, kept(0, 0, 1, 0)).writable().recent(),
    row(PARAM_SMART_STREAM_EXP_PARAMS, TYPE_SMART_STREAM_TYPE_PTR, Exposures).writable().recent(),

    // Regions and frames.
    row(PARAM_ROI, TYPE_RGN_TYPE, Region(region)).recent(),
    row(PARAM_ROI_COUNT, TYPE_UNS16, Computed(region_count)),
    row(PARAM_BINNING_SER, TYPE_ENUM, Choices(|kind| kind.model.binnings, None)),
    row(PARAM_BINNING_PAR, TYPE_ENUM, Choices(|kind| kind.model.binnings, None)),
    row(PARAM_METADATA_ENABLED, TYPE_BOOLEAN, kept(0, 1, 1, 0)).writable().recent(),
    row(PARAM_CIRC_BUFFER, TYPE_BOOLEAN, Fixed(1)),
    row(PARAM_FRAME_BUFFER_SIZE, TYPE_UNS64, Computed(frame_buffer_size)),
    // In microseconds. Its number hints at a float, but the SDK answers as ATTR_TYPE says, and clients rely on it.
    row(PARAM_READOUT_TIME, TYPE_UNS32, Computed(readout_time)),
    row(PARAM_CLEARING_TIME, TYPE_INT64, Fixed(0)).recent(),
    row(PARAM_PRE_TRIGGER_DELAY, TYPE_INT64, Fixed(0)).recent(),
    row(PARAM_POST_TRIGGER_DELAY, TYPE_INT64, Fixed(0)).recent(),
];

const DRIVER: &CStr = c"framepool simulated driver";

/// The connections that a camera can be configured to have, each a list of its own.
pub(crate) static INTERFACES: [(&str, Choice); 5] = [
    ("virtual", entry(PL_CAM_IFC_TYPE_VIRTUAL, c"Virtual")),
    ("usb2", entry(PL_CAM_IFC_TYPE_USB_2_0, c"USB 2.0")),
    ("usb3", entry(PL_CAM_IFC_TYPE_USB_3_1, c"USB 3.1")),
    ("pcie", entry(PL_CAM_IFC_TYPE_PCIE_X4, c"PCIe x4")),
    ("ethernet", entry(PL_CAM_IFC_TYPE_ETHERNET, c"Ethernet")),
];
static COLORS: [Choice; 1] = [entry(COLOR_NONE, c"None")];
static NORMAL: [Choice; 1] = [entry(PMODE_NORMAL, c"Normal")];
static CLOCKING: [Choice; 2] = [entry(PMODE_NORMAL, c"Normal"), entry(PMODE_FT, c"Frame Transfer")];
static CLEARING: [Choice; 7] = [
    entry(CLEAR_NEVER, c"Never"),
    entry(CLEAR_PRE_EXPOSURE, c"Pre-Exposure"),
    entry(CLEAR_PRE_SEQUENCE, c"Pre-Sequence"),
    entry(CLEAR_POST_SEQUENCE, c"Post-Sequence"),
    entry(CLEAR_PRE_POST_SEQUENCE, c"Pre- and Post-Sequence"),
    entry(CLEAR_PRE_EXPOSURE_POST_SEQ, c"Pre-Exposure and Post-Sequence"),
    entry(CLEAR_GLOBAL_RESET, c"Global Reset"),
];
static SHUTTERS: [Choice; 5] = [
    entry(OPEN_NEVER, c"Never"),
    entry(OPEN_PRE_EXPOSURE, c"Pre-Exposure"),
    entry(OPEN_PRE_SEQUENCE, c"Pre-Sequence"),
    entry(OPEN_PRE_TRIGGER, c"Pre-Trigger"),
    entry(OPEN_NO_CHANGE, c"No Change"),
];
static COOLING: [Choice; 1] = [entry(NORMAL_COOL, c"Normal")];
static FANS: [Choice; 4] = [
    entry(FAN_SPEED_HIGH, c"High"),
    entry(FAN_SPEED_MEDIUM, c"Medium"),
    entry(FAN_SPEED_LOW, c"Low"),
    entry(FAN_SPEED_OFF, c"Off"),
];
static FORMATS: [Choice; 1] = [entry(PL_IMAGE_FORMAT_MONO16, c"Mono 16")];
static COMPRESSIONS: [Choice; 1] = [entry(PL_IMAGE_COMPRESSION_NONE, c"None")];
static SCANS: [Choice; 1] = [entry(PL_SCAN_MODE_AUTO, c"Auto")];
static EXPOSURE_MODES: [Choice; 5] = [
    entry(EXT_TRIG_INTERNAL as i32, c"Internal Trigger"),
    entry(EXT_TRIG_SOFTWARE_EDGE as i32, c"Software Edge"),
    entry(EXT_TRIG_TRIG_FIRST as i32, c"Trigger first"),
    entry(EXT_TRIG_EDGE_RISING as i32, c"Edge Trigger"),
    entry(EXT_TRIG_LEVEL as i32, c"Level Trigger"),
];
static LEGACY_MODES: [Choice; 6] = [
    entry(TIMED_MODE as i32, c"Timed"),
    entry(STROBED_MODE as i32, c"Strobed"),
    entry(BULB_MODE as i32, c"Bulb"),
    entry(TRIGGER_FIRST_MODE as i32, c"Trigger first"),
    entry(FLASH_MODE as i32, c"Flash"),
    entry(VARIABLE_TIMED_MODE as i32, c"Variable timed"),
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

fn interface(kind: &Kind) -> &'static [Choice] {
    let found = INTERFACES.iter().find(|(_, choice)| choice.value == kind.interface);
    found.map_or(&[], |(_, choice)| std::slice::from_ref(choice))
}

fn clocking(kind: &Kind) -> &'static [Choice] {
    if kind.model.is_recent { &NORMAL } else { &CLOCKING }
}

fn exposure_modes(kind: &Kind) -> &'static [Choice] {
    if kind.model.is_recent { &EXPOSURE_MODES } else { &LEGACY_MODES }
}

fn temperature(camera: &Context<'_>) -> Result<Extent, SimError> {
    let (lowest, highest, first) = camera.kind.model.cooling;
    let highest = highest.max(cooler::AMBIENT);
    Ok(Extent { current: camera.temperature, ..extent(lowest, highest, 1, first) })
}

fn set_point(camera: &Context<'_>) -> (u32, Extent) {
    let (lowest, highest, first) = camera.kind.model.cooling;
    (PARAM_TEMP_SETPOINT, extent(lowest, highest, 1, first))
}

fn speed_index(camera: &Context<'_>) -> (u32, Extent) {
    let speeds = camera.kind.speeds(camera.settings).len();
    (PARAM_SPDTAB_INDEX, extent(0, count(speeds) - 1, 1, 0))
}

fn gain_index(camera: &Context<'_>) -> (u32, Extent) {
    let gains = camera.kind.speed(camera.settings).gains.len();
    (PARAM_GAIN_INDEX, extent(1, count(gains), 1, 1))
}

fn pp_param_index(camera: &Context<'_>) -> (u32, Extent) {
    let params = post_processing::feature(camera.settings).params.len();
    (PARAM_PP_PARAM_INDEX, extent(0, count(params) - 1, 1, 0))
}

fn pp_param(camera: &Context<'_>) -> (u32, Extent) {
    let param = post_processing::param_of(camera.settings);
    (param.key(), param.extent)
}

fn line_time(camera: &Context<'_>) -> Result<Extent, SimError> {
    Ok(Extent::fixed(number(camera.kind.row_time(camera.settings).as_nanos())))
}

fn exposure_time(camera: &Context<'_>) -> Result<Extent, SimError> {
    let max = max_exposure(camera.settings.get(PARAM_EXP_RES));
    let current = camera.setup.map_or(0, |setup| setup.exposure_value);
    Ok(Extent { current: current.into(), ..extent(0, max.into(), 1, 0) })
}

fn region(camera: &Context<'_>) -> rgn_type {
    let first = camera.setup.and_then(|setup| setup.parts.first());
    first.map_or_else(|| whole(camera.kind), |part| part.region)
}

fn region_count(camera: &Context<'_>) -> Result<Extent, SimError> {
    let current = camera.setup.map_or(1, |setup| count(setup.parts.len()));
    Ok(Extent { current, ..extent(1, camera.kind.model.regions.into(), 1, 1) })
}

fn frame_buffer_size(camera: &Context<'_>) -> Result<Extent, SimError> {
    let setup = camera.setup.ok_or(SimError::SetupRequired)?;
    let frame = i64::from(setup.frame_bytes);
    let advised = frame * i64::from(setup.advised_ring_frames());
    Ok(extent(frame, frame * i64::from(setup.max_ring_frames()), frame, advised))
}

fn readout_time(camera: &Context<'_>) -> Result<Extent, SimError> {
    let whole: Duration = camera.kind.row_time(camera.settings) * u32::from(camera.kind.rows);
    let time = camera.setup.map_or(whole, |setup| setup.readout);
    Ok(Extent::fixed(number(time.as_micros())))
}

fn count(length: usize) -> i64 {
    number(length as u128)
}

fn number(number: u128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
