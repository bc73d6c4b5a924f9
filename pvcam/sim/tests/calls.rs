//! Calls that are refused, and parameters.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};

use common::{Ring, Sdk, err, error_code, open, square};
use framepool_pvcam_sim::SimError::{self, *};
use framepool_pvcam_sys::*;

fn message(code: i16) -> String {
    let mut text = [0x7F; ERROR_MSG_LEN];
    call!(pl_error_message(code, text.as_mut_ptr())).unwrap();
    // SAFETY: the function ends the text with a NUL.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap().to_owned()
}

#[test]
fn nothing_works_before_the_library_is_initialised() {
    drop(Sdk::new());
    let sdk = Sdk::new();
    call!(pl_pvcam_uninit()).unwrap();
    let mut total = 0;
    assert_eq!(call!(pl_cam_get_total(&mut total)), err(NotInitialized));
    assert_eq!(call!(pl_pvcam_uninit()), err(NotInitialized));
    assert_eq!(open("SimCam00").unwrap_err(), NotInitialized.code());
    assert_eq!(call!(pl_cam_close(0)), err(NotInitialized));
    let mut version = 0;
    call!(pl_pvcam_get_ver(&mut version)).unwrap();
    assert_eq!(version, 0x03A2);
    assert!(message(188).ends_with("(PL_ERR_ACQUISITION_SETUP_REQUIRED)"));
    drop(sdk);
}

#[test]
fn the_error_stays_until_the_next_call() {
    let _sdk = Sdk::new();
    assert_eq!(call!(pl_pvcam_init()), err(AlreadyInitialized));
    assert_eq!(error_code(), AlreadyInitialized.code());
    assert!(message(error_code()).contains("(PL_ERR_LIBRARY_ALREADY_INITIALIZED)"));
    assert!(message(-5).contains("PL_ERR_UNKNOWN"));
    assert!(call!(pl_error_message(1, null_mut())).is_err());
    assert_eq!(error_code(), AlreadyInitialized.code());
    let mut total = -1;
    call!(pl_cam_get_total(&mut total)).unwrap();
    assert_eq!((total, error_code()), (1, 0));
}

#[test]
fn cameras_are_opened_once() {
    let sdk = Sdk::new();
    let mut name = [0x7F as c_char; CAM_NAME_LEN];
    call!(pl_cam_get_name(0, name.as_mut_ptr())).unwrap();
    assert_eq!(
        &name[..9],
        c"SimCam00".to_bytes_with_nul().iter().map(|&b| b as c_char).collect::<Vec<_>>()
    );
    assert_eq!(call!(pl_cam_get_name(1, name.as_mut_ptr())), err(CameraUnknown));
    assert_eq!(call!(pl_cam_get_name(-1, name.as_mut_ptr())), err(CameraUnknown));
    assert_eq!(open("SimCam01").unwrap_err(), CameraUnknown.code());
    let camera = sdk.open();
    assert_eq!(open("SimCam00").unwrap_err(), CameraInUse.code());
    call!(pl_cam_close(camera.0)).unwrap();
    assert_eq!(call!(pl_cam_close(camera.0)), err(HandleInvalid));
    assert_eq!(camera.get::<u16>(PARAM_SER_SIZE, ATTR_CURRENT), err(HandleInvalid));
    let mut hcam = 0;
    let wrong = call!(pl_cam_open(c"SimCam00".as_ptr().cast_mut(), &mut hcam, 1));
    assert_eq!(wrong, err(OpenModeInvalid));
    sdk.open();
}

#[test]
fn unknown_handles_are_refused() {
    let _sdk = Sdk::new();
    for hcam in [-1, 0, 1, 99] {
        let camera = common::Camera(hcam);
        let refused = err(HandleInvalid);
        assert_eq!(camera.set_up(square(4), 0, 0, 1).map(drop), refused);
        assert_eq!(camera.start(&Ring::new(32)), refused);
        assert_eq!(camera.stop(), refused);
        assert_eq!(camera.abort(), refused);
        assert_eq!(camera.trigger().map(drop), refused);
        assert_eq!(camera.latest().map(drop), refused);
        assert_eq!(camera.oldest().map(drop), refused);
        assert_eq!(camera.unlock(), refused);
        assert_eq!(camera.deregister(), refused);
        assert_eq!(camera.get::<u16>(PARAM_SER_SIZE, ATTR_AVAIL).map(drop), refused);
        assert_eq!(camera.set(PARAM_GAIN_INDEX, 1_i16), refused);
    }
}

#[test]
fn null_pointers_are_refused() {
    let sdk = Sdk::new();
    let hcam = sdk.open().0;
    let (mut frame, mut number, mut status, mut count) = (null_mut(), 0_u32, 0_i16, 0_i32);
    let mut text: c_char = 0;
    let region = square(4);
    let refused = err(NullPointer);
    assert_eq!(call!(pl_pvcam_get_ver(null_mut())), refused);
    assert_eq!(call!(pl_cam_get_total(null_mut())), refused);
    assert_eq!(call!(pl_cam_get_name(0, null_mut())), refused);
    assert_eq!(call!(pl_cam_open(null_mut(), &mut status, 0)), refused);
    assert_eq!(call!(pl_cam_open(c"SimCam00".as_ptr().cast_mut(), null_mut(), 0)), refused);
    assert_eq!(call!(pl_cam_register_callback_ex3(hcam, 1, null_mut(), null_mut())), refused);
    assert_eq!(call!(pl_get_param(hcam, PARAM_TEMP, ATTR_CURRENT, null_mut())), refused);
    assert_eq!(call!(pl_set_param(hcam, PARAM_GAIN_INDEX, null_mut())), refused);
    assert_eq!(call!(pl_get_enum_param(hcam, PARAM_EXP_RES, 0, null_mut(), &mut text, 1)), refused);
    assert_eq!(
        call!(pl_get_enum_param(hcam, PARAM_EXP_RES, 0, &mut count, null_mut(), 1)),
        refused
    );
    assert_eq!(call!(pl_enum_str_length(hcam, PARAM_EXP_RES, 0, null_mut())), refused);
    assert_eq!(call!(pl_exp_setup_cont(hcam, 1, null(), 0, 0, &mut number, 1)), refused);
    assert_eq!(call!(pl_exp_setup_cont(hcam, 1, &region, 0, 0, null_mut(), 1)), refused);
    assert_eq!(call!(pl_exp_start_cont(hcam, null_mut(), 32)), refused);
    assert_eq!(call!(pl_exp_trigger(hcam, null_mut(), 0)), refused);
    let check = |a, b, c| call!(pl_exp_check_cont_status(hcam, a, b, c));
    let mut other = 0_u32;
    assert_eq!(check(null_mut(), &mut number, &mut other), refused);
    assert_eq!(check(&mut status, null_mut(), &mut other), refused);
    assert_eq!(check(&mut status, &mut number, null_mut()), refused);
    assert_eq!(call!(pl_exp_get_latest_frame(hcam, null_mut())), refused);
    assert_eq!(call!(pl_exp_get_oldest_frame(hcam, null_mut())), refused);
    let mut info = FRAME_INFO::default();
    assert_eq!(call!(pl_exp_get_latest_frame_ex(hcam, &mut frame, null_mut())), refused);
    assert_eq!(call!(pl_exp_get_oldest_frame_ex(hcam, null_mut(), &mut info)), refused);
}

#[test]
fn setups_are_checked() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let set_up = |region, mode, exposure, circ| camera.set_up(region, mode, exposure, circ);
    let region = square(64);
    assert_eq!(set_up(region, TIMED_MODE, 10, CIRC_OVERWRITE), Ok(64 * 64 * 2));
    assert_eq!(set_up(square(2049), 0, 0, 1), Err(PL_ERR_REGION_INVALID));
    assert_eq!(
        set_up(rgn_type { sbin: 3, pbin: 3, ..region }, 0, 0, 1),
        Err(PL_ERR_BINNING_INVALID)
    );
    assert_eq!(set_up(region, INT_STROBE_MODE, 0, 1), err(ModeInvalid));
    assert_eq!(set_up(region, 0, 0, 3), err(RingModeInvalid));
    assert_eq!(set_up(region, 0, 10_001, 1), err(ExposureInvalid));
    camera.set(PARAM_EXP_RES, EXP_RES_ONE_MICROSEC).unwrap();
    assert_eq!(set_up(region, 0, 10_001, 1), Ok(64 * 64 * 2));
    let mut bytes = 0;
    let none = call!(pl_exp_setup_cont(camera.0, 0, &region, 0, 0, &mut bytes, 1));
    assert_eq!(none, Err(PL_ERR_REGION_INVALID));
}

#[test]
fn starts_are_checked() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(4 * 32);
    assert_eq!(camera.start(&ring), Err(PL_ERR_ACQUISITION_SETUP_REQUIRED));
    assert_eq!(camera.set_up(square(4), 0, 0, CIRC_NONE), Ok(32));
    assert_eq!(camera.start(&ring), Err(PL_ERR_CONFIGURATION_INVALID));
    camera.set_up(square(4), 0, 10_000, CIRC_OVERWRITE).unwrap();
    assert_eq!(camera.start(&Ring::new(33)), err(RingSizeInvalid));
    assert_eq!(camera.start(&Ring::new(0)), err(RingSizeInvalid));
    assert_eq!(camera.start(&Ring::new(65_536 * 32)), Err(PL_ERR_DDI_DEVICE_IOCTL_FAILED));
    assert_eq!(camera.latest().map(drop), err(NotAcquiring));
    camera.stop().unwrap();
    camera.start(&ring).unwrap();
    assert_eq!(camera.start(&ring), err(Acquiring));
    assert_eq!(camera.set_up(square(4), 0, 0, 1), err(Acquiring));
    assert_eq!(call!(pl_exp_stop_cont(camera.0, 7)), err(StopModeInvalid));
    camera.stop().unwrap();
    // The setup is still there.
    camera.start(&ring).unwrap();
    camera.stop().unwrap();
}

#[test]
fn events_are_checked() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    unsafe extern "system" fn handler(_: *const FRAME_INFO, _: *mut std::ffi::c_void) {}
    let register =
        |event| call!(pl_cam_register_callback_ex3(camera.0, event, handler as *mut _, null_mut()));
    assert_eq!(register(PL_CALLBACK_BOF), err(EventInvalid));
    assert_eq!(register(5), err(EventInvalid));
    for event in [PL_CALLBACK_EOF, PL_CALLBACK_CHECK_CAMS, PL_CALLBACK_CAM_REMOVED] {
        register(event).unwrap();
        call!(pl_cam_deregister_callback(camera.0, event)).unwrap();
    }
}

#[test]
fn unavailable_parameters_say_so() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    // Of a sensor that is frame-capable, clients set modes that this one does not have.
    for param in [PARAM_CENTROIDS_ENABLED, PARAM_TRIGTAB_SIGNAL, PARAM_FRAME_CAPABLE, 0, u32::MAX] {
        assert_eq!(camera.get::<u16>(param, ATTR_AVAIL), Ok(PV_FAIL));
        assert_eq!(camera.get::<u16>(param, ATTR_TYPE), Ok(u16::try_from(param >> 24).unwrap()));
        assert_eq!(camera.get::<u16>(param, ATTR_ACCESS), Ok(ACC_EXIST_CHECK_ONLY));
        for attribute in [ATTR_CURRENT, ATTR_COUNT, ATTR_DEFAULT, ATTR_LIVE] {
            let refused = camera.get::<u64>(param, attribute);
            assert_eq!(refused, Err(PL_ERR_PARAMETER_NOT_AVAILABLE));
        }
        assert_eq!(camera.set(param, 0_u64), Err(PL_ERR_PARAMETER_NOT_AVAILABLE));
        let mut length = 0;
        let refused = call!(pl_enum_str_length(camera.0, param, 0, &mut length));
        assert_eq!(refused, Err(PL_ERR_PARAMETER_NOT_AVAILABLE));
    }
}

#[test]
fn numbers_have_limits() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let gain = |attribute| camera.get::<i16>(PARAM_GAIN_INDEX, attribute).unwrap();
    assert_eq!([ATTR_CURRENT, ATTR_MIN, ATTR_MAX, ATTR_INCREMENT].map(gain), [1, 1, 2, 1]);
    assert_eq!(camera.get::<u32>(PARAM_GAIN_INDEX, ATTR_COUNT), Ok(2));
    assert_eq!(camera.get::<u16>(PARAM_GAIN_INDEX, ATTR_ACCESS), Ok(ACC_READ_WRITE));
    assert_eq!(camera.text(PARAM_GAIN_NAME).unwrap(), "HDR");
    camera.set(PARAM_GAIN_INDEX, 2_i16).unwrap();
    assert_eq!(gain(ATTR_CURRENT), 2);
    assert_eq!(camera.text(PARAM_GAIN_NAME).unwrap(), "CMS");
    assert_eq!(camera.set(PARAM_GAIN_INDEX, 3_i16), err(ParamValueInvalid));
    assert_eq!(camera.set(PARAM_GAIN_INDEX, 0_i16), err(ParamValueInvalid));
    camera.set(PARAM_READOUT_PORT, 0_i32).unwrap();
    assert_eq!(gain(ATTR_CURRENT), 1, "the port resets the gain");
    assert_eq!(camera.set(PARAM_SER_SIZE, 1_u16), err(ParamReadOnly));
    assert_eq!(camera.get::<u16>(PARAM_SER_SIZE, 10), err(AttributeInvalid));
    camera.set(PARAM_ADC_OFFSET, -5_i16).unwrap();
    assert_eq!(camera.get::<i16>(PARAM_ADC_OFFSET, ATTR_CURRENT), Ok(-5));
    camera.set(PARAM_TEMP_SETPOINT, -2000_i16).unwrap();
    assert_eq!(camera.get::<i16>(PARAM_TEMP_SETPOINT, ATTR_CURRENT), Ok(-2000));
    let temperature = || camera.get::<i16>(PARAM_TEMP, ATTR_CURRENT).unwrap();
    let first = temperature();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(temperature() < first, "it moves towards its set point");
    camera.set(PARAM_EXP_RES_INDEX, 1_u16).unwrap();
    assert_eq!(camera.get::<i32>(PARAM_EXP_RES, ATTR_CURRENT), Ok(EXP_RES_ONE_MICROSEC));
    assert_eq!(camera.get::<u64>(PARAM_EXPOSURE_TIME, ATTR_MAX), Ok(10_000_000));
    // As its type says: clients have room for that much.
    assert_eq!(camera.get::<u16>(PARAM_READOUT_TIME, ATTR_TYPE), Ok(TYPE_UNS32));
    assert_eq!(camera.get::<u32>(PARAM_READOUT_TIME, ATTR_CURRENT), Ok(8192));
    let size = |attribute| camera.get::<u64>(PARAM_FRAME_BUFFER_SIZE, attribute);
    assert_eq!(size(ATTR_DEFAULT), Err(PL_ERR_ACQUISITION_SETUP_REQUIRED));
    camera.set_up(square(2048), 0, 0, CIRC_OVERWRITE).unwrap();
    assert_eq!(size(ATTR_DEFAULT), Ok(61 << 23));
    assert_eq!(size(ATTR_MAX), Ok(511 << 23));
}

#[test]
fn enumerations_have_texts() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    for (index, expected) in [(0, (1, "1x1")), (1, (2, "2x2")), (2, (4, "4x4"))] {
        let mut length = 0;
        call!(pl_enum_str_length(camera.0, PARAM_BINNING_SER, index, &mut length)).unwrap();
        assert_eq!(length, 4);
        let (mut value, mut text) = (0, [0x7F as c_char; 4]);
        let to = text.as_mut_ptr();
        call!(pl_get_enum_param(camera.0, PARAM_BINNING_SER, index, &mut value, to, length))
            .unwrap();
        // SAFETY: the function ends the text with a NUL.
        let text = unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap();
        assert_eq!((value, text), expected);
    }
    let (mut value, mut text) = (0, [0x7F as c_char; 3]);
    let to = text.as_mut_ptr();
    let entry = |param, index, to, length| {
        call!(pl_get_enum_param(camera.0, param, index, &raw mut value, to, length))
    };
    let mut entry = entry;
    assert_eq!(entry(PARAM_EXPOSURE_MODE, 1, to, 3), Ok(()));
    assert_eq!(entry(PARAM_EXPOSURE_MODE, 5, to, 3), err(EnumIndexInvalid));
    assert_eq!(entry(PARAM_EXPOSURE_MODE, 0, to, 0), err(EnumIndexInvalid));
    assert_eq!(entry(PARAM_SER_SIZE, 0, to, 3), err(ParamNotEnum));
    assert_eq!(entry(PARAM_EXPOSURE_MODE, 1, null_mut(), 0), Ok(()), "the value alone");
    assert_eq!(entry(PARAM_EXPOSURE_MODE, 1, null_mut(), 3), err(NullPointer));
    assert_eq!(value, i32::from(EXT_TRIG_SOFTWARE_EDGE));
    assert_eq!(text.map(|c| c as u8), *b"So\0", "cut to what fits");
}

#[test]
fn every_clear_mode_can_be_set() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    for mode in CLEAR_NEVER..=CLEAR_GLOBAL_RESET {
        camera.set(PARAM_CLEAR_MODE, mode).unwrap();
        assert_eq!(camera.get::<i32>(PARAM_CLEAR_MODE, ATTR_CURRENT), Ok(mode));
    }
    assert_eq!(camera.set(PARAM_CLEAR_MODE, 7_i32), err(ParamValueInvalid));
}

#[test]
fn the_modes_are_those_of_the_last_setup() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let modes = || {
        let mode = |param| camera.get::<i32>(param, ATTR_CURRENT).unwrap();
        [PARAM_EXPOSURE_MODE, PARAM_EXPOSE_OUT_MODE].map(mode)
    };
    let internal = [EXT_TRIG_INTERNAL, EXPOSE_OUT_FIRST_ROW].map(i32::from);
    let software = [EXT_TRIG_SOFTWARE_EDGE, EXPOSE_OUT_ANY_ROW].map(i32::from);
    let set_up = |mode| camera.set_up(square(64), mode, 1, CIRC_OVERWRITE);
    assert_eq!(modes(), internal);
    set_up(EXT_TRIG_SOFTWARE_EDGE | EXPOSE_OUT_ANY_ROW).unwrap();
    assert_eq!(modes(), software);
    assert_eq!(set_up(EXT_TRIG_LEVEL_PULSED).unwrap_err(), err::<()>(ModeInvalid).unwrap_err());
    assert_eq!(modes(), software, "a setup that is refused leaves the parameters");
    let ring = Ring::new(4 * 64 * 64 * 2);
    assert_eq!(camera.start(&ring), Err(PL_ERR_ACQUISITION_SETUP_REQUIRED), "and no setup");
    set_up(TIMED_MODE).unwrap();
    assert_eq!(modes(), internal, "a legacy mode is the extended one");
}

#[test]
fn every_name_fits_the_smallest_buffer() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    for param in [
        PARAM_CHIP_NAME,
        PARAM_PRODUCT_NAME,
        PARAM_VENDOR_NAME,
        PARAM_SYSTEM_NAME,
        PARAM_CAMERA_PART_NUMBER,
        PARAM_HEAD_SER_NUM_ALPHA,
        PARAM_SPDTAB_NAME,
        PARAM_GAIN_NAME,
    ] {
        let length = camera.get::<u32>(param, ATTR_COUNT).unwrap() as usize;
        let limit = if param == PARAM_CHIP_NAME { CCD_NAME_LEN } else { 32 };
        assert_eq!(length, limit, "the longest that it may be");
        assert!(camera.text(param).unwrap().len() < length);
    }
    assert!(camera.text(PARAM_PRODUCT_NAME).unwrap().contains("simulated"));
}

#[test]
fn only_live_parameters_are_touched_while_imaging() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(4 * 32);
    camera.set_up(square(4), 0, 10_000, CIRC_OVERWRITE).unwrap();
    camera.start(&ring).unwrap();
    for attribute in [ATTR_CURRENT, ATTR_MIN, ATTR_MAX, ATTR_DEFAULT, ATTR_COUNT] {
        assert_eq!(camera.get::<u32>(PARAM_TEMP, attribute), err(ParamNotLive));
    }
    for attribute in [ATTR_AVAIL, ATTR_TYPE, ATTR_ACCESS, ATTR_LIVE] {
        camera.get::<u16>(PARAM_TEMP, attribute).unwrap();
    }
    assert_eq!(camera.set(PARAM_GAIN_INDEX, 1_i16), err(SimError::ParamNotLive));
    assert_eq!(camera.get::<u16>(PARAM_DD_VERSION, ATTR_LIVE), Ok(PV_OK));
    let interface = camera.get::<i32>(PARAM_CAM_INTERFACE_TYPE, ATTR_CURRENT);
    assert_eq!(interface, Ok(PL_CAM_IFC_TYPE_VIRTUAL));
    assert_eq!(call!(pl_pp_reset(camera.0)), err(ParamNotLive));
    camera.stop().unwrap();
    camera.get::<i16>(PARAM_TEMP, ATTR_CURRENT).unwrap();
}

#[test]
fn descriptions_are_released_once_and_after_the_end_too() {
    let sdk = Sdk::new();
    let make = || {
        let mut info = null_mut();
        call!(pl_create_frame_info_struct(&mut info)).unwrap();
        info
    };
    let release = |info| call!(pl_release_frame_info_struct(info));
    let (first, second) = (make(), make());
    // SAFETY: just made, and this thread's alone.
    assert_eq!(unsafe { *first }, FRAME_INFO::default());
    assert_eq!(release(first), Ok(()));
    assert_eq!(release(first), err(PointerUnknown));
    assert_eq!(release(null_mut()), err(PointerUnknown));
    let mut foreign = FRAME_INFO::default();
    assert_eq!(release(&raw mut foreign), err(PointerUnknown));
    assert_eq!(call!(pl_create_frame_info_struct(null_mut())), err(NullPointer));
    drop(sdk);
    assert_eq!(release(second), Ok(()));
}

#[test]
fn post_processing_is_selected_changed_and_reset() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let value = || camera.get::<u32>(PARAM_PP_PARAM, ATTR_CURRENT).unwrap();
    camera.set(PARAM_PP_INDEX, 1_i16).unwrap();
    assert_eq!(camera.text(PARAM_PP_FEAT_NAME).unwrap(), "DENOISING");
    assert_eq!(camera.get::<u32>(PARAM_PP_FEAT_ID, ATTR_CURRENT), Ok(14));
    assert_eq!(camera.get::<u32>(PARAM_PP_PARAM_INDEX, ATTR_COUNT), Ok(5));
    camera.set(PARAM_PP_PARAM_INDEX, 1_i16).unwrap();
    assert_eq!(camera.text(PARAM_PP_PARAM_NAME).unwrap(), "NO OF ITERATIONS");
    assert_eq!(camera.get::<u32>(PARAM_PP_PARAM_ID, ATTR_CURRENT), Ok(141));
    assert_eq!(value(), 3);
    camera.set(PARAM_PP_PARAM, 7_u32).unwrap();
    assert_eq!(camera.set(PARAM_PP_PARAM, 11_u32), err(ParamValueInvalid));
    camera.set(PARAM_PP_INDEX, 0_i16).unwrap();
    assert_eq!(camera.get::<i16>(PARAM_PP_PARAM_INDEX, ATTR_CURRENT), Ok(0));
    assert_eq!(camera.text(PARAM_PP_PARAM_NAME).unwrap(), "ENABLED");
    camera.set(PARAM_PP_INDEX, 1_i16).unwrap();
    camera.set(PARAM_PP_PARAM_INDEX, 1_i16).unwrap();
    assert_eq!(value(), 7, "it was kept");
    assert_eq!(call!(pl_pp_reset(camera.0)), Ok(()));
    assert_eq!(value(), 3);
    assert_eq!(call!(pl_pp_reset(7)), err(HandleInvalid));
}

#[test]
fn a_speed_has_its_own_gains() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    assert_eq!(camera.get::<u32>(PARAM_SPDTAB_INDEX, ATTR_COUNT), Ok(2));
    camera.set(PARAM_GAIN_INDEX, 2_i16).unwrap();
    assert_eq!(camera.get::<i16>(PARAM_BIT_DEPTH, ATTR_CURRENT), Ok(12));
    camera.set(PARAM_SPDTAB_INDEX, 1_i16).unwrap();
    assert_eq!(camera.get::<i16>(PARAM_GAIN_INDEX, ATTR_CURRENT), Ok(1), "it is reset");
    assert_eq!(camera.get::<u32>(PARAM_GAIN_INDEX, ATTR_COUNT), Ok(3));
    assert_eq!(camera.text(PARAM_SPDTAB_NAME).unwrap(), "200 MHz");
    assert_eq!(camera.text(PARAM_GAIN_NAME).unwrap(), "Full well");
    assert_eq!(camera.get::<i16>(PARAM_BIT_DEPTH, ATTR_CURRENT), Ok(11));
    assert_eq!(camera.get::<u32>(PARAM_READOUT_TIME, ATTR_CURRENT), Ok(4096));
    assert_eq!(camera.set(PARAM_SPDTAB_INDEX, 2_i16), err(ParamValueInvalid));
}

#[test]
fn a_list_of_exposures_is_kept_and_used() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let param = PARAM_SMART_STREAM_EXP_PARAMS;
    assert_eq!(camera.get::<u16>(param, ATTR_TYPE), Ok(TYPE_SMART_STREAM_TYPE_PTR));
    let set = |entries, params: *mut u32| {
        let mut list = smart_stream_type { entries, params };
        call!(pl_set_param(camera.0, param, (&raw mut list).cast()))
    };
    let get = |attribute, room, params: *mut u32| {
        let mut list = smart_stream_type { entries: room, params };
        call!(pl_get_param(camera.0, param, attribute, (&raw mut list).cast())).unwrap();
        list.entries
    };
    let mut params = [5_u32, 50, 500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    set(2, params.as_mut_ptr()).unwrap();
    params.fill(0);
    assert_eq!(get(ATTR_CURRENT, 1, params.as_mut_ptr()), 1, "it has room for one, then as before");
    assert_eq!(params[..3], [5, 0, 0], "no more than there is room for");
    assert_eq!(get(ATTR_CURRENT, 0, null_mut()), 2, "the length alone");
    assert_eq!(camera.get::<u32>(param, ATTR_COUNT), Ok(12));
    // One that the library made has the room that it was made with, whatever it says.
    let mut made = null_mut();
    call!(pl_create_smart_stream_struct(&mut made, 1)).unwrap();
    for attribute in [ATTR_MAX, ATTR_CURRENT, ATTR_CURRENT] {
        call!(pl_get_param(camera.0, param, attribute, made.cast())).unwrap();
    }
    // SAFETY: made by the library, and not released yet.
    assert_eq!(unsafe { (*made).entries }, 1);
    // SAFETY: as above.
    unsafe { (*made).entries = 2 };
    assert_eq!(call!(pl_set_param(camera.0, param, made.cast())), err(ParamValueInvalid));
    call!(pl_release_smart_stream_struct(&mut made)).unwrap();
    assert_eq!(get(ATTR_CURRENT, 13, params.as_mut_ptr()), 2);
    assert_eq!(params[..3], [5, 50, 0]);
    assert_eq!(get(ATTR_MAX, 13, params.as_mut_ptr()), 12);
    assert_eq!(set(13, params.as_mut_ptr()), err(ParamValueInvalid));
    assert_eq!(set(0, params.as_mut_ptr()), err(ParamValueInvalid));
    assert_eq!(set(1, null_mut()), err(NullPointer));
    // An exposure of the list that is too long is refused by the setup.
    camera.set(PARAM_SMART_STREAM_MODE_ENABLED, PV_OK).unwrap();
    camera.set_up(square(4), 0, 0, CIRC_OVERWRITE).unwrap();
    params[0] = 10_001;
    set(1, params.as_mut_ptr()).unwrap();
    assert_eq!(camera.set_up(square(4), 0, 0, CIRC_OVERWRITE), err(ExposureInvalid));
}

#[test]
fn structures_are_made_and_released_once() {
    let sdk = Sdk::new();
    let (mut stream, mut frame) = (null_mut(), null_mut());
    call!(pl_create_smart_stream_struct(&mut stream, 3)).unwrap();
    // SAFETY: just made, and this thread's alone.
    let smart_stream_type { entries, params } = unsafe { *stream };
    // SAFETY: so many parameters.
    assert_eq!(unsafe { std::slice::from_raw_parts(params, entries.into()) }, [0; 3]);
    let mut again = stream;
    assert_eq!(call!(pl_release_smart_stream_struct(&mut stream)), Ok(()));
    assert!(stream.is_null());
    assert_eq!(call!(pl_release_smart_stream_struct(&mut stream)), err(PointerUnknown));
    assert_eq!(call!(pl_release_smart_stream_struct(&mut again)), err(PointerUnknown));
    assert_eq!(call!(pl_release_smart_stream_struct(null_mut())), err(NullPointer));

    call!(pl_md_create_frame_struct_cont(&mut frame, 2)).unwrap();
    // SAFETY: just made, and this thread's alone.
    let md_frame { roiArray: regions, roiCapacity: room, roiCount: count, .. } = unsafe { *frame };
    assert_eq!((room, count), (2, 0));
    // SAFETY: there is room for so many.
    let regions = unsafe { std::slice::from_raw_parts(regions, room.into()) };
    assert!(regions.iter().all(|region| region.data.is_null() && region.dataSize == 0));
    drop(sdk);
    assert_eq!(call!(pl_md_release_frame_struct(frame)), Ok(()), "after the end, too");
    assert_eq!(call!(pl_md_release_frame_struct(frame)), err(PointerUnknown));
}
