//! Every function before the library is initialised, after its end, without an open camera, and with null pointers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ptr::null_mut;

use common::Sdk;
use common::functions::{Memory, every, needs_nothing, with_memory};
use framepool_pvcam_sim::SimError::{self, *};

fn refused(error: SimError) -> Option<i16> {
    Some(error.code())
}

#[test]
fn without_the_library_every_other_function_says_so() {
    let sdk = Sdk::new();
    call!(pl_pvcam_uninit()).unwrap();
    for (name, function) in every().filter(|(name, _)| !needs_nothing(name)) {
        with_memory(|memory| assert_eq!(function(memory), refused(NotInitialized), "{name}"));
    }
    drop(sdk);
}

#[test]
fn without_an_open_camera_every_function_of_one_says_so() {
    let sdk = Sdk::new();
    let of_all = ["pl_pvcam_uninit", "pl_cam_get_total", "pl_cam_get_name", "pl_cam_open"];
    let of_one = every().filter(|(name, _)| !needs_nothing(name) && !of_all.contains(name));
    let mut count = 0;
    for (name, function) in of_one {
        with_memory(|memory| assert_eq!(function(memory), refused(HandleInvalid), "{name}"));
        count += 1;
    }
    assert!(count >= 27, "{count}");
    drop(sdk);
}

#[test]
fn a_null_pointer_is_refused_by_every_function_that_takes_one() {
    let sdk = Sdk::new();
    sdk.open();
    // What a function does not use may be null: handlers without a context, and the end of a sequence.
    let takes_none = [
        "pl_pvcam_uninit",
        "pl_cam_close",
        "pl_cam_deregister_callback",
        "pl_exp_abort",
        "pl_exp_finish_seq",
        "pl_exp_stop_cont",
        "pl_exp_unlock_oldest_frame",
        "pl_pp_reset",
    ];
    // These look the pointer up in the list of what the library made.
    let looked_up = ["pl_release_frame_info_struct", "pl_md_release_frame_struct"];
    for (name, function) in every().filter(|(name, _)| !takes_none.contains(name)) {
        let failed = function(&Memory(null_mut()));
        if name == "pl_error_message" {
            assert!(failed.is_some(), "{name}");
        } else {
            let expected = if looked_up.contains(&name) { PointerUnknown } else { NullPointer };
            assert_eq!(failed, refused(expected), "{name}");
        }
    }
    drop(sdk);
}

#[test]
fn what_needs_no_library_works_without_it() {
    let sdk = Sdk::new();
    call!(pl_pvcam_uninit()).unwrap();
    let (mut info, mut stream, mut frame) = (null_mut(), null_mut(), null_mut());
    call!(pl_create_frame_info_struct(&mut info)).unwrap();
    call!(pl_create_smart_stream_struct(&mut stream, 3)).unwrap();
    call!(pl_md_create_frame_struct_cont(&mut frame, 3)).unwrap();
    call!(pl_release_frame_info_struct(info)).unwrap();
    call!(pl_release_smart_stream_struct(&mut stream)).unwrap();
    call!(pl_md_release_frame_struct(frame)).unwrap();
    drop(sdk);
}
