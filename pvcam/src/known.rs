//! The parameters that this crate uses, each defined once.

use crate::fan::FanSpeed;
use crate::typed::Parameter;
use crate::value::Celsius;
use framepool_pvcam_sys as sys;

pub(crate) const PORT: Parameter<i32> =
    Parameter::new(sys::PARAM_READOUT_PORT, "readout port").shaping_frames();
pub(crate) const SPEED: Parameter<i16> =
    Parameter::new(sys::PARAM_SPDTAB_INDEX, "readout speed").shaping_frames();
pub(crate) const SPEED_NAME: Parameter<String> =
    Parameter::new(sys::PARAM_SPDTAB_NAME, "name of the readout speed");
/// Nanoseconds.
pub(crate) const PIXEL_TIME: Parameter<i64> =
    Parameter::new(sys::PARAM_PIX_TIME, "time of a pixel's readout");
pub(crate) const GAIN: Parameter<i16> =
    Parameter::new(sys::PARAM_GAIN_INDEX, "gain").shaping_frames();
pub(crate) const GAIN_NAME: Parameter<String> =
    Parameter::new(sys::PARAM_GAIN_NAME, "name of the gain");
pub(crate) const BIT_DEPTH: Parameter<i64> = Parameter::new(sys::PARAM_BIT_DEPTH, "bit depth");

pub(crate) const TEMPERATURE: Parameter<Celsius> =
    Parameter::new(sys::PARAM_TEMP, "temperature of the sensor");
pub(crate) const SET_POINT: Parameter<Celsius> =
    Parameter::new(sys::PARAM_TEMP_SETPOINT, "temperature set point");
pub(crate) const FAN_SPEED: Parameter<FanSpeed> =
    Parameter::new(sys::PARAM_FAN_SPEED_SETPOINT, "fan speed");

/// What the setup is given as a number is listed by a parameter that cannot be set.
pub(crate) const TRIGGER: Parameter<i32> = Parameter::new(sys::PARAM_EXPOSURE_MODE, "trigger");
pub(crate) const EXPOSE_OUT: Parameter<i32> =
    Parameter::new(sys::PARAM_EXPOSE_OUT_MODE, "expose-out mode");
pub(crate) const EXPOSURE_UNIT: Parameter<i32> =
    Parameter::new(sys::PARAM_EXP_RES, "unit of exposures").shaping_frames();
/// In that unit.
pub(crate) const EXPOSURE: Parameter<i64> = Parameter::new(sys::PARAM_EXPOSURE_TIME, "exposure");

pub(crate) const BINNING_ACROSS: Parameter<i32> = Parameter::new(sys::PARAM_BINNING_SER, "binning");
pub(crate) const BINNING_DOWN: Parameter<i32> = Parameter::new(sys::PARAM_BINNING_PAR, "binning");
pub(crate) const METADATA: Parameter<bool> =
    Parameter::new(sys::PARAM_METADATA_ENABLED, "embedded metadata").shaping_frames();
pub(crate) const REGIONS: Parameter<i64> =
    Parameter::new(sys::PARAM_ROI_COUNT, "number of regions");
/// Bytes.
pub(crate) const RING: Parameter<i64> =
    Parameter::new(sys::PARAM_FRAME_BUFFER_SIZE, "size of the ring");
