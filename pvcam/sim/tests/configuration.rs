//! The configuration's file and variables. There is one test, since it changes the environment of the process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ffi::CStr;
use std::fs;

use common::{Ring, Sdk, error_code, open, square};
use framepool_pvcam_sim::{CONFIG_VARIABLE, picture};
use framepool_pvcam_sys::*;

fn message() -> String {
    let mut text = [0x7F; ERROR_MSG_LEN];
    call!(pl_error_message(error_code(), text.as_mut_ptr())).unwrap();
    // SAFETY: the function ends the text with a NUL.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap().to_owned()
}

fn set(name: &str, value: &str) {
    // SAFETY: this program has one test, and no other thread reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) };
}

#[test]
fn a_file_and_variables_describe_the_cameras() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cameras.toml");
    set(CONFIG_VARIABLE, file.to_str().unwrap());

    // What is wrong is in the message: the place, and what would be right.
    for (text, named) in [
        ("", "cameras.toml: No such file"),
        (
            "[[camera]]\nmodel = \"prime\"\nshutter = 1",
            "cameras.toml line 3: unknown field `shutter`",
        ),
        (
            "[[camera]]\n[[camera]]\nmodel = \"retiga\"",
            "camera 1: model: \"retiga\" is not one of prime, cool",
        ),
        (
            "[[camera]]\nname = \"a\"\n[[camera]]\nname = \"a\"",
            "camera 1: another one has the name",
        ),
        ("[[camera]]\nfolder = \"none\"", "none: No such file"),
    ] {
        if !text.is_empty() {
            fs::write(&file, text).unwrap();
        }
        assert_eq!(call!(pl_pvcam_init()), Err(PL_ERR_INSTALLATION_CORRUPTED), "{text}");
        let message = message();
        assert!(message.contains(named), "{text}: {message}");
        assert!(message.ends_with("(PL_ERR_INSTALLATION_CORRUPTED)"), "{message}");
    }

    // A folder of pictures, relative to the file; each row keeps its stamp.
    fs::create_dir(folder.path().join("film")).unwrap();
    for nr in [1_u16, 2] {
        let file = fs::File::create(folder.path().join(format!("film/{nr}.tif"))).unwrap();
        let mut tiff = tiff::encoder::TiffEncoder::new(file).unwrap();
        let pixels = vec![nr * 100; 64];
        tiff.write_image::<tiff::encoder::colortype::Gray16>(8, 8, &pixels).unwrap();
    }
    let text = "[[camera]]\nname = \"cinema\"\nfolder = \"film\"\n[[camera]]\nmodel = \"cool\"\nsensor = [64, 32]";
    fs::write(&file, text).unwrap();
    set("FRAMEPOOL_SIM_SENSOR", "[128, 96]");
    set("FRAMEPOOL_SIM_JITTER_US", "100");
    let _sdk = Sdk::new();
    let mut text = [0; ERROR_MSG_LEN];
    call!(pl_error_message(PL_ERR_INSTALLATION_CORRUPTED, text.as_mut_ptr())).unwrap();
    // SAFETY: the function ends the text with a NUL.
    let general = unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap();
    assert!(general.starts_with("the simulated library is configured"), "no more: {general}");
    let (cinema, cool) = (open("cinema").unwrap(), open("SimCam01").unwrap());
    let side = |camera: common::Camera, param| camera.get::<u16>(param, ATTR_CURRENT).unwrap();
    assert_eq!((side(cinema, PARAM_SER_SIZE), side(cinema, PARAM_PAR_SIZE)), (128, 96));
    assert_eq!((side(cool, PARAM_SER_SIZE), side(cool, PARAM_PAR_SIZE)), (64, 32));
    let ring = Ring::new(4 * 32 * 32 * 2);
    cinema.set_up(square(32), TIMED_MODE, 1, CIRC_OVERWRITE).unwrap();
    cinema.start(&ring).unwrap();
    while cinema.status().bytes < 3 * 32 * 32 * 2 {}
    cinema.stop().unwrap();
    let frame = common::copy(ring.pointer(), 32 * 32 * 2);
    let nr = picture::frame_number(&frame, 32, 32).unwrap();
    let pixel = u16::from_ne_bytes([frame[10], frame[11]]);
    assert_eq!(u32::from(pixel), if nr % 2 == 1 { 100 } else { 200 }, "frame {nr}");
}
