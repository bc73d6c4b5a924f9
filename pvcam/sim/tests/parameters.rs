//! Every parameter of the SDK, on each model: its type, its width in memory, and each of its attributes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ffi::CStr;

use common::{Camera, Sdk, err, open, square};
use framepool_pvcam_sim::SimError::*;
use framepool_pvcam_sys::*;

/// Parameters of which the number states another type than the SDK answers in: clients have room for this one.
const EXCEPTIONS: [(u32, u16); 5] = [
    (PARAM_READOUT_TIME, TYPE_UNS32),
    (PARAM_PP_FEAT_ID, TYPE_UNS32),
    (PARAM_PP_PARAM_ID, TYPE_UNS32),
    (PARAM_SMART_STREAM_EXP_PARAMS, TYPE_SMART_STREAM_TYPE_PTR),
    (PARAM_SMART_STREAM_DLY_PARAMS, TYPE_SMART_STREAM_TYPE_PTR),
];

/// The attributes that have the parameter's own type.
const VALUES: [i16; 5] = [ATTR_CURRENT, ATTR_DEFAULT, ATTR_MIN, ATTR_MAX, ATTR_INCREMENT];

/// Returns the names and numbers of all parameters.
fn all() -> impl Iterator<Item = (&'static str, u32)> {
    PARAMETERS.iter().map(|parameter| (parameter.name, parameter.id))
}

/// The bytes of a value.
fn width(type_code: u16) -> usize {
    match type_code {
        TYPE_INT8 | TYPE_UNS8 => 1,
        TYPE_INT16 | TYPE_UNS16 | TYPE_BOOLEAN => 2,
        TYPE_INT32 | TYPE_UNS32 | TYPE_ENUM | TYPE_FLT32 => 4,
        TYPE_INT64 | TYPE_UNS64 | TYPE_FLT64 => 8,
        TYPE_RGN_TYPE => 12,
        other => panic!("type {other} has no width of its own"),
    }
}

/// Returns the bytes that an attribute is written in.
fn written(camera: Camera, param: u32, attribute: i16) -> Result<Vec<u8>, i16> {
    let read = |fill: u8| -> Result<[u8; 1100], i16> {
        let mut bytes = [fill; 1100];
        call!(pl_get_param(camera.0, param, attribute, bytes.as_mut_ptr().cast()))?;
        Ok(bytes)
    };
    let (one, other) = (read(0x55)?, read(0xAA)?);
    // The value may have changed between the two, as the temperature does.
    let is_left = |at: &usize| one[*at] == 0x55 && other[*at] == 0xAA;
    let length = (0..one.len()).find(is_left).unwrap();
    assert!((length..one.len()).all(|at| is_left(&at)), "written past byte {length}");
    Ok(one[..length].to_vec())
}

fn number(bytes: &[u8], type_code: u16) -> i64 {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let is_signed = matches!(type_code, TYPE_INT8 | TYPE_INT16 | TYPE_INT32 | TYPE_ENUM);
    if is_signed && bytes.last().is_some_and(|&byte| byte >= 0x80) {
        wide[bytes.len()..].fill(0xFF);
    }
    i64::from_le_bytes(wide)
}

fn set(camera: Camera, param: u32, type_code: u16, value: i64) -> Result<(), i16> {
    // Only as many bytes as the type has are read.
    let mut bytes = value.to_le_bytes();
    bytes[width(type_code)..].fill(0xEE);
    call!(pl_set_param(camera.0, param, bytes.as_mut_ptr().cast()))
}

#[test]
fn every_parameter_is_answered_in_its_type() {
    let _sdk = Sdk::of("[[camera]]\n[[camera]]\nmodel = \"cool\"");
    let mut available = [0; 2];
    for (index, name) in ["SimCam00", "SimCam01"].into_iter().enumerate() {
        let camera = open(name).unwrap();
        camera.set_up(square(64), TIMED_MODE, 10, CIRC_OVERWRITE).unwrap();
        for (name, param) in all() {
            available[index] += usize::from(check(camera, name, param));
        }
    }
    // So that a table without rows would not pass.
    assert!(available[0] >= 65 && available[1] >= 50, "{available:?}");
}

/// Checks one parameter, and returns whether the camera has it.
fn check(camera: Camera, name: &str, param: u32) -> bool {
    let is_there = camera.get::<u16>(param, ATTR_AVAIL).unwrap() != 0;
    assert_eq!(written(camera, param, ATTR_AVAIL).unwrap().len(), 2, "{name}");
    assert_eq!(written(camera, param, ATTR_TYPE).unwrap().len(), 2, "{name}");
    assert_eq!(written(camera, param, ATTR_ACCESS).unwrap().len(), 2, "{name}");
    let type_code = camera.get::<u16>(param, ATTR_TYPE).unwrap();
    let access = camera.get::<u16>(param, ATTR_ACCESS).unwrap();
    if !is_there {
        assert_eq!(access, ACC_EXIST_CHECK_ONLY, "{name}");
        for attribute in VALUES.into_iter().chain([ATTR_COUNT, ATTR_LIVE]) {
            let refused = written(camera, param, attribute);
            assert_eq!(refused, Err(PL_ERR_PARAMETER_NOT_AVAILABLE), "{name}");
        }
        return false;
    }
    let exception = EXCEPTIONS.iter().find(|(id, _)| *id == param);
    let declared = exception.map_or(param >> 24, |(_, type_code)| u32::from(*type_code));
    assert_eq!(u32::from(type_code), declared, "{name}");
    assert!([ACC_READ_ONLY, ACC_READ_WRITE].contains(&access), "{name}");
    assert_eq!(written(camera, param, ATTR_LIVE).unwrap().len(), 2, "{name}");
    match type_code {
        TYPE_CHAR_PTR => check_text(camera, name, param),
        TYPE_ENUM => check_choices(camera, name, param),
        TYPE_SMART_STREAM_TYPE_PTR => {
            assert_eq!(written(camera, param, ATTR_COUNT).unwrap().len(), 4, "{name}");
        }
        TYPE_RGN_TYPE => {
            for attribute in VALUES {
                assert_eq!(written(camera, param, attribute).unwrap().len(), 12, "{name}");
            }
            assert_eq!(written(camera, param, ATTR_COUNT).unwrap().len(), 4, "{name}");
        }
        _ => check_number(camera, name, param, type_code, access),
    }
    true
}

fn check_text(camera: Camera, name: &str, param: u32) {
    let text = written(camera, param, ATTR_CURRENT).unwrap();
    assert_eq!(written(camera, param, ATTR_COUNT).unwrap().len(), 4, "{name}");
    let room = camera.get::<u32>(param, ATTR_COUNT).unwrap() as usize;
    assert!((text.len()..=1024).contains(&room), "{name}: {room}");
    CStr::from_bytes_with_nul(&text).unwrap().to_str().unwrap();
    let limit = match param {
        PARAM_CHIP_NAME => CCD_NAME_LEN,
        PARAM_CAM_SYSTEMS_INFO => MAX_CAM_SYSTEMS_INFO_LEN,
        _ => 32,
    };
    assert!(text.len() <= limit, "{name}: {} bytes", text.len());
}

fn check_choices(camera: Camera, name: &str, param: u32) {
    let count = camera.get::<u32>(param, ATTR_COUNT).unwrap();
    let current = camera.get::<i32>(param, ATTR_CURRENT).unwrap();
    let mut values = Vec::new();
    for index in 0..count {
        let (mut value, mut text, mut length) = (0, [0; 100], 0);
        call!(pl_enum_str_length(camera.0, param, index, &mut length)).unwrap();
        let to = text.as_mut_ptr();
        call!(pl_get_enum_param(camera.0, param, index, &mut value, to, length)).unwrap();
        // SAFETY: the function ends the text with a NUL.
        let text = unsafe { CStr::from_ptr(text.as_ptr()) };
        assert_eq!(text.count_bytes() + 1, length as usize, "{name}");
        assert!(!values.contains(&value), "{name}");
        values.push(value);
    }
    assert!(values.contains(&current), "{name}");
    assert_eq!(camera.get::<i32>(param, ATTR_MIN), Ok(*values.iter().min().unwrap()), "{name}");
    assert_eq!(camera.get::<i32>(param, ATTR_MAX), Ok(*values.iter().max().unwrap()), "{name}");
    if camera.get::<u16>(param, ATTR_ACCESS) == Ok(ACC_READ_WRITE) {
        for &value in &values {
            camera.set(param, value).unwrap();
            assert_eq!(camera.get::<i32>(param, ATTR_CURRENT), Ok(value), "{name}");
        }
        assert_eq!(camera.set(param, 9_999_i32), err(ParamValueInvalid), "{name}");
        camera.set(param, current).unwrap();
    } else {
        assert_eq!(camera.set(param, current), err(ParamReadOnly), "{name}");
    }
}

fn check_number(camera: Camera, name: &str, param: u32, type_code: u16, access: u16) {
    let value = |attribute| {
        let bytes = written(camera, param, attribute).unwrap();
        assert_eq!(bytes.len(), width(type_code), "{name} {attribute}");
        number(&bytes, type_code)
    };
    let [current, default, min, max, step] = VALUES.map(value);
    assert!((min..=max).contains(&current) && (min..=max).contains(&default), "{name}");
    assert_eq!(written(camera, param, ATTR_COUNT).unwrap().len(), 4, "{name}");
    if access != ACC_READ_WRITE {
        assert_eq!(set(camera, param, type_code, current), err(ParamReadOnly), "{name}");
        return;
    }
    if param != PARAM_EXP_RES_INDEX {
        let count = i64::from(camera.get::<u32>(param, ATTR_COUNT).unwrap());
        assert_eq!(count, (max - min) / step + 1, "{name}");
    }
    for value in [min, max, current] {
        set(camera, param, type_code, value).unwrap();
        assert_eq!(
            number(&written(camera, param, ATTR_CURRENT).unwrap(), type_code),
            value,
            "{name}"
        );
    }
    // What does not fit the type cannot be passed.
    let widest = if type_code == TYPE_UNS16 { 65_535 } else { i64::from(i16::MAX) };
    if max < widest {
        assert_eq!(set(camera, param, type_code, max + 1), err(ParamValueInvalid), "{name}");
    }
}

#[test]
fn an_older_camera_has_its_ports_and_legacy_modes() {
    let _sdk = Sdk::of("[[camera]]\nmodel = \"cool\"\nname = \"older\"");
    let camera = open("older").unwrap();
    assert_eq!(camera.get::<u32>(PARAM_READOUT_PORT, ATTR_COUNT), Ok(2));
    assert_eq!(camera.get::<i16>(PARAM_BIT_DEPTH, ATTR_CURRENT), Ok(12));
    camera.set(PARAM_SPDTAB_INDEX, 1_i16).unwrap();
    camera.set(PARAM_GAIN_INDEX, 2_i16).unwrap();
    camera.set(PARAM_READOUT_PORT, READOUT_PORT_1).unwrap();
    assert_eq!(camera.get::<i16>(PARAM_SPDTAB_INDEX, ATTR_CURRENT), Ok(0), "the port resets it");
    assert_eq!(camera.get::<i16>(PARAM_GAIN_INDEX, ATTR_MAX), Ok(1));
    assert_eq!(camera.get::<u16>(PARAM_GAIN_MULT_ENABLE, ATTR_CURRENT), Ok(1));
    // A client that finds the sensor frame-capable sets the mode.
    assert_eq!(camera.get::<u16>(PARAM_FRAME_CAPABLE, ATTR_AVAIL), Ok(1));
    camera.set(PARAM_PMODE, PMODE_FT).unwrap();
    camera.set_up(square(64), STROBED_MODE, 1, CIRC_OVERWRITE).unwrap();
    let mode = camera.get::<i32>(PARAM_EXPOSURE_MODE, ATTR_CURRENT);
    assert_eq!(mode, Ok(i32::from(STROBED_MODE)));
    // What is not in a list is no current value.
    camera.set_up(square(64), FLASH_MODE, 1, CIRC_OVERWRITE).unwrap();
    check_choices(camera, "PARAM_EXPOSURE_MODE", PARAM_EXPOSURE_MODE);
    assert_eq!(call!(pl_pp_reset(camera.0)), Err(PL_ERR_PARAMETER_NOT_AVAILABLE));
    assert_eq!(camera.set_up(square(64), EXT_TRIG_INTERNAL, 1, CIRC_OVERWRITE), err(ModeInvalid));
    assert_eq!(camera.set(PARAM_METADATA_ENABLED, 1_u16), Err(PL_ERR_PARAMETER_NOT_AVAILABLE));
}

#[test]
fn the_region_is_that_of_the_setup() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let region = |attribute| camera.get::<rgn_type>(PARAM_ROI, attribute).unwrap();
    assert_eq!(region(ATTR_CURRENT), square(2048));
    camera.set_up(square(64), TIMED_MODE, 1, CIRC_OVERWRITE).unwrap();
    assert_eq!(region(ATTR_CURRENT), square(64));
    assert_eq!(region(ATTR_MAX), square(2048));
    assert_eq!(written(camera, PARAM_ROI, ATTR_CURRENT).unwrap().len(), 12);
}
