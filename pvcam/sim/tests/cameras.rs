//! Several cameras. There is one test, since it changes the environment of the process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ffi::c_char;
use std::sync::mpsc::channel;

use common::{Ring, Sdk, error_code, open, square};
use framepool_pvcam_sim::{CAMERAS_VARIABLE, functions};
use framepool_pvcam_sys::*;

fn set(count: &str) {
    // SAFETY: this program has one test, and no other thread reads the environment meanwhile.
    unsafe { std::env::set_var(CAMERAS_VARIABLE, count) };
}

fn total() -> i16 {
    let mut total = -1;
    call!(pl_cam_get_total(&mut total)).unwrap();
    total
}

#[test]
fn the_environment_sets_the_number_of_cameras() {
    for wrong in ["17", "-1", "many", ""] {
        set(wrong);
        // SAFETY: the function takes nothing.
        assert_eq!(unsafe { (functions().pl_pvcam_init)() }, PV_FAIL, "{wrong}");
        assert_eq!(error_code(), PL_ERR_INSTALLATION_CORRUPTED);
    }
    for count in [0, 16] {
        set(&count.to_string());
        let _sdk = Sdk::new();
        assert_eq!(total(), count);
    }
    set("2");
    let _sdk = Sdk::new();
    set("5");
    assert_eq!(total(), 2, "the list is fixed");
    let mut name = [0 as c_char; CAM_NAME_LEN];
    call!(pl_cam_get_name(1, name.as_mut_ptr())).unwrap();
    assert_eq!(name[7] as u8, b'1');
    let cameras = [open("SimCam01").unwrap(), open("SimCam00").unwrap()];
    assert_ne!(cameras[0].0, cameras[1].0);
    let (sender, frames) = channel();
    let rings = [Ring::new(64 * 32), Ring::new(64 * 32)];
    let mut handlers = Vec::new();
    for (camera, ring) in cameras.into_iter().zip(&rings) {
        let sender = sender.clone();
        handlers.push(camera.on_frame(move |info| {
            let _ = sender.send(info.hCam);
        }));
        camera.set_up(square(4), TIMED_MODE, 1, CIRC_OVERWRITE).unwrap();
        camera.start(ring).unwrap();
    }
    for camera in cameras {
        while frames.recv().unwrap() != camera.0 {}
    }
    drop(handlers);
    call!(pl_pvcam_uninit()).unwrap();
}
