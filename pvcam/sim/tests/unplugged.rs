//! A camera that is unplugged, for ever or for a while.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use common::functions::{every, needs_nothing, with_memory};
use common::{Camera, Registered, Ring, Sdk, Status, err, open, square};
use framepool_pvcam_sim::SimError::{CameraInUse, CameraRemoved, NotAcquiring};
use framepool_pvcam_sys::*;

const SIDE: u16 = 32;
const BYTES: usize = SIDE as usize * SIDE as usize * 2;

/// What handlers of one camera are called for: the number of the event, and of the frame.
fn events(camera: Camera) -> (Vec<Registered<'static>>, Receiver<(i32, i32)>) {
    let (sender, events) = channel();
    let all =
        [PL_CALLBACK_EOF, PL_CALLBACK_CHECK_CAMS, PL_CALLBACK_CAM_REMOVED, PL_CALLBACK_CAM_RESUMED];
    let registered = all.map(|event| {
        let sender = sender.clone();
        camera.on(event, move |info| {
            assert_eq!(info.hCam, camera.0);
            let _ = sender.send((event, info.FrameNr));
        })
    });
    (registered.into(), events)
}

fn start(camera: Camera, ring: &Ring) {
    camera.set_up(square(SIDE), EXT_TRIG_SOFTWARE_EDGE, 0, CIRC_OVERWRITE).unwrap();
    camera.start(ring).unwrap();
}

fn trigger(camera: Camera) {
    while camera.trigger().unwrap() != PL_SW_TRIG_STATUS_TRIGGERED {
        thread::yield_now();
    }
}

fn next<T>(told: &Receiver<T>, count: usize) -> Vec<T> {
    told.iter().take(count).collect()
}

#[test]
fn nothing_is_to_be_had_of_a_camera_that_is_gone() {
    let sdk = Sdk::of("[[camera]]\nfaults = ['unplugged@2']");
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let (handlers, events) = events(camera);
    start(camera, &ring);
    trigger(camera);
    trigger(camera);
    let expected = [
        (PL_CALLBACK_EOF, 1),
        (PL_CALLBACK_EOF, 2),
        (PL_CALLBACK_CAM_REMOVED, 0),
        (PL_CALLBACK_CHECK_CAMS, 0),
    ];
    assert_eq!(next(&events, 4), expected);
    let of_others = ["pl_pvcam_uninit", "pl_cam_get_total", "pl_cam_get_name", "pl_cam_open"];
    let to_end = [
        "pl_cam_close",
        "pl_cam_deregister_callback",
        "pl_exp_abort",
        "pl_exp_stop_cont",
        "pl_exp_finish_seq",
    ];
    let mut count = 0;
    for (name, function) in every() {
        if needs_nothing(name) || of_others.contains(&name) || to_end.contains(&name) {
            continue;
        }
        let removed = Some(CameraRemoved.code());
        with_memory(|memory| assert_eq!(function(memory), removed, "{name}"));
        count += 1;
    }
    assert!(count >= 22, "{count}");
    let mut total = 0;
    call!(pl_cam_get_total(&mut total)).unwrap();
    assert_eq!(total, 1, "the list is fixed");
    assert_eq!(open("SimCam00").unwrap_err(), CameraRemoved.code());
    camera.stop().unwrap();
    camera.abort().unwrap();
    call!(pl_exp_finish_seq(camera.0, null_mut(), 0)).unwrap();
    camera.deregister().unwrap();
    call!(pl_cam_close(camera.0)).unwrap();
    assert_eq!(open("SimCam00").unwrap_err(), CameraRemoved.code());
    assert!(events.try_recv().is_err());
    drop(handlers);
}

/// A handler may end everything when it hears of it.
#[test]
fn a_handler_may_close_a_camera_that_is_gone() {
    let sdk = Sdk::of("[[camera]]\nfaults = ['unplugged@1']");
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let (sender, ended) = channel();
    let handler = camera.on(PL_CALLBACK_CAM_REMOVED, move |_| {
        let _ = sender.send((camera.abort(), call!(pl_cam_close(camera.0))));
    });
    start(camera, &ring);
    trigger(camera);
    assert_eq!(ended.recv(), Ok((Ok(()), Ok(()))));
    // The handler may not have returned yet, so its captures are never freed.
    std::mem::forget(handler);
}

#[test]
fn it_comes_back_and_can_be_started_again() {
    let sdk = Sdk::of("[[camera]]\nfaults = ['unplugged@2:1']");
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let (_handlers, events) = events(camera);
    start(camera, &ring);
    trigger(camera);
    trigger(camera);
    let expected =
        [PL_CALLBACK_EOF, PL_CALLBACK_EOF, PL_CALLBACK_CAM_REMOVED, PL_CALLBACK_CHECK_CAMS];
    let heard: Vec<_> = next(&events, 4).into_iter().map(|(event, _)| event).collect();
    assert_eq!(heard, expected);
    assert_eq!(events.recv(), Ok((PL_CALLBACK_CAM_RESUMED, 0)));
    let failed = Status { status: READOUT_FAILED, bytes: 2 * 2048, passes: 0 };
    assert_eq!(camera.status(), failed);
    assert_eq!(camera.trigger(), err(NotAcquiring));
    assert_eq!(open("SimCam00").unwrap_err(), CameraInUse.code());
    assert_eq!(camera.latest().unwrap().1.FrameNr, 2);
    camera.abort().unwrap();
    assert_eq!(camera.status(), Status { status: READOUT_NOT_ACTIVE, ..failed });
    // It happens once.
    start(camera, &ring);
    for nr in 1..=3 {
        trigger(camera);
        assert_eq!(events.recv(), Ok((PL_CALLBACK_EOF, nr)));
    }
    assert_eq!(camera.status(), Status { status: FRAME_AVAILABLE, bytes: 3 * 2048, passes: 0 });
}

/// The acquisition has ended, so another can be set up without ending it first.
#[test]
fn a_failed_acquisition_stands_in_no_way() {
    let sdk = Sdk::of("[[camera]]\nfaults = ['unplugged@1:0', 'unplugged@2:0']");
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let (_handlers, events) = events(camera);
    for frames in 1..=2 {
        start(camera, &ring);
        (0..frames).for_each(|_| trigger(camera));
        while events.recv().unwrap().0 != PL_CALLBACK_CAM_RESUMED {}
        assert_eq!(camera.status().status, READOUT_FAILED);
    }
    start(camera, &ring);
    (0..3).for_each(|_| trigger(camera));
    assert_eq!(next(&events, 3), [1, 2, 3].map(|nr| (PL_CALLBACK_EOF, nr)));
}
