//! Cameras and drivers that behave otherwise than clients expect, whatever the frame.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ptr::null_mut;
use std::sync::mpsc::channel;
use std::thread;

use common::{Camera, Ring, Sdk, Status, copy, err, open, square};
use framepool_pvcam_sim::SimError::{self, *};
use framepool_pvcam_sim::picture::{PictureError, verify};
use framepool_pvcam_sys::*;

const SIDE: u16 = 32;
const BYTES: usize = SIDE as usize * SIDE as usize * 2;

fn start(camera: Camera, ring: &Ring, circ: i16) {
    camera.set_up(square(SIDE), EXT_TRIG_SOFTWARE_EDGE, 0, circ).unwrap();
    camera.start(ring).unwrap();
}

/// Takes frames, and waits until the last of them is complete.
fn take(camera: Camera, count: u32, slots: u32) {
    for _ in 0..count {
        let before = completed(camera, slots);
        assert_eq!(camera.trigger(), Ok(PL_SW_TRIG_STATUS_TRIGGERED));
        while completed(camera, slots) == before {
            thread::yield_now();
        }
    }
}

fn completed(camera: Camera, slots: u32) -> u32 {
    let Status { bytes, passes, .. } = camera.status();
    passes * slots + bytes / u32::try_from(BYTES).unwrap()
}

fn shown(ring: &Ring, slot: usize) -> Result<u32, PictureError> {
    let frame = copy(ring.pointer().wrapping_add(slot * BYTES), BYTES);
    verify(&frame, SIDE.into(), SIDE.into())
}

fn is_untouched(ring: &Ring, slot: usize) -> bool {
    copy(ring.pointer().wrapping_add(slot * BYTES), BYTES).iter().all(|&byte| byte == 0xAB)
}

#[test]
fn a_camera_scribbles_over_the_slot_that_comes_next() {
    let sdk = Sdk::of("[[camera]]\nscribble = true");
    let camera = sdk.open();
    let noise = Err(PictureError::Corrupt { row: 0 });
    let ring = Ring::new(4 * BYTES);
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 1, 4);
    assert_eq!([0, 1].map(|slot| shown(&ring, slot)), [Ok(1), noise]);
    assert!(!is_untouched(&ring, 1) && is_untouched(&ring, 2) && is_untouched(&ring, 3));
    take(camera, 3, 4);
    assert_eq!([0, 1, 2, 3].map(|slot| shown(&ring, slot)), [noise, Ok(2), Ok(3), Ok(4)]);
    camera.stop().unwrap();
    // In a ring of one the frame itself is spared.
    let ring = Ring::new(BYTES);
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 1, 1);
    assert_eq!(shown(&ring, 0), Ok(1));
    camera.stop().unwrap();
    // Nor is a sequence harmed.
    let (region, mut bytes) = (square(SIDE), 0);
    let buffer = Ring::new(3 * BYTES);
    let mode = EXT_TRIG_SOFTWARE_EDGE;
    call!(pl_exp_setup_seq(camera.0, 3, 1, &region, mode, 0, &mut bytes)).unwrap();
    call!(pl_exp_start_seq(camera.0, buffer.pointer().cast())).unwrap();
    take(camera, 1, 3);
    assert!(shown(&buffer, 0) == Ok(1) && is_untouched(&buffer, 1) && is_untouched(&buffer, 2));
}

#[test]
fn a_camera_halts_until_a_frame_is_unlocked() {
    let sdk = Sdk::of("[[camera]]\nno_overwrite = 'halts'\nscribble = true");
    let camera = sdk.open();
    let ring = Ring::new(3 * BYTES);
    start(camera, &ring, CIRC_NO_OVERWRITE);
    take(camera, 3, 3);
    for expected in 4..=8 {
        assert_eq!(camera.trigger(), Ok(PL_SW_TRIG_STATUS_IGNORED));
        // What is not unlocked is whole, and none of it is reported as overwritten.
        let (frame, info) = camera.oldest().unwrap();
        assert_eq!(info.FrameNr, expected - 3);
        let shown = verify(&copy(frame, BYTES), SIDE.into(), SIDE.into());
        assert_eq!(shown, Ok(info.FrameNr.cast_unsigned()));
        camera.unlock().unwrap();
        take(camera, 1, 3);
        assert_eq!(camera.latest().unwrap().1.FrameNr, expected);
    }
    camera.stop().unwrap();
    // Where frames are overwritten silently, there is nothing to wait for.
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 5, 3);
}

#[test]
fn a_camera_that_runs_freely_halts_too() {
    let sdk = Sdk::of("[[camera]]\nno_overwrite = 'halts'\nfaults = ['burst@5:2']");
    let camera = sdk.open();
    let ring = Ring::new(3 * BYTES);
    let (sender, numbers) = channel();
    let _handler = camera.on_frame(move |info| {
        let _ = sender.send(info.FrameNr);
    });
    camera.set_up(square(SIDE), TIMED_MODE, 0, CIRC_NO_OVERWRITE).unwrap();
    camera.start(&ring).unwrap();
    assert_eq!(numbers.iter().take(3).collect::<Vec<_>>(), [1, 2, 3]);
    // All frames in the ring are unlocked, one after the other; the camera comes after.
    for expected in 1..=3 {
        assert_eq!(camera.oldest().unwrap().1.FrameNr, expected);
        camera.unlock().unwrap();
    }
    assert_eq!(numbers.iter().take(3).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(camera.oldest().unwrap().1.FrameNr, 4);
    camera.stop().unwrap();
    assert_eq!(completed(camera, 3), 6);
}

#[test]
fn a_driver_locks_no_larger_ring() {
    let sdk = Sdk::of("[[camera]]\nring_mb = 0.01");
    let camera = sdk.open();
    // 10485 bytes.
    let rings = [5, 6].map(|slots| Ring::new(slots * BYTES));
    camera.set_up(square(SIDE), EXT_TRIG_SOFTWARE_EDGE, 0, CIRC_OVERWRITE).unwrap();
    assert_eq!(camera.start(&rings[1]), err(DriverRefused));
    assert_eq!(DriverRefused.code(), 199);
    camera.start(&rings[0]).unwrap();
    take(camera, 1, 5);
}

#[test]
fn ends_fail_so_many_times_and_the_camera_goes_on() {
    let sdk = Sdk::of("[[camera]]\naborts_fail = 4");
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    // There is nothing to end.
    camera.abort().unwrap();
    start(camera, &ring, CIRC_OVERWRITE);
    let finish = |camera: Camera| call!(pl_exp_finish_seq(camera.0, null_mut(), 0));
    for end in [Camera::abort, Camera::stop, finish] {
        assert_eq!(end(camera), err(AbortFailed));
        take(camera, 1, 4);
    }
    assert_eq!(camera.set_up(square(SIDE), TIMED_MODE, 0, CIRC_OVERWRITE), err(Acquiring));
    // It counts for the camera, and closing it ends everything.
    call!(pl_cam_close(camera.0)).unwrap();
    let camera = sdk.open();
    start(camera, &ring, CIRC_OVERWRITE);
    assert_eq!(camera.stop(), err(AbortFailed));
    camera.stop().unwrap();
    assert_eq!(camera.status().status, READOUT_NOT_ACTIVE);
}

#[test]
fn a_camera_still_exposes_for_another_process() {
    let sdk = Sdk::of("[[camera]]\nexposing_at_open = true");
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let exposing = Status { status: EXPOSURE_IN_PROGRESS, bytes: 0, passes: 0 };
    let (region, mut bytes, mut status) = (square(SIDE), 0, -1);
    camera.stop().unwrap();
    call!(pl_exp_finish_seq(camera.0, null_mut(), 0)).unwrap();
    assert_eq!(camera.status(), exposing, "nothing but abort ends it");
    call!(pl_exp_check_status(camera.0, &mut status, &mut bytes)).unwrap();
    assert_eq!((status, bytes), (EXPOSURE_IN_PROGRESS, 0));
    let refused = err(Acquiring);
    assert_eq!(camera.set_up(region, TIMED_MODE, 0, CIRC_OVERWRITE).map(drop), refused);
    let sequence = call!(pl_exp_setup_seq(camera.0, 1, 1, &region, TIMED_MODE, 0, &mut bytes));
    assert_eq!(sequence, refused);
    assert_eq!(camera.start(&ring), refused);
    assert_eq!(call!(pl_exp_start_seq(camera.0, ring.pointer().cast())), refused);
    assert_eq!(camera.get::<i16>(PARAM_TEMP, ATTR_CURRENT), err(ParamNotLive));
    assert_eq!(camera.set(PARAM_GAIN_INDEX, 1_i16), err(ParamNotLive));
    assert!(camera.get::<u16>(PARAM_DD_VERSION, ATTR_CURRENT).is_ok(), "a live one");
    assert_eq!(camera.latest().map(drop), err(NotAcquiring));
    camera.abort().unwrap();
    assert_eq!(camera.status(), Status { status: READOUT_NOT_ACTIVE, ..exposing });
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 1, 4);
    // Only when it is opened for the first time.
    call!(pl_cam_close(camera.0)).unwrap();
    let camera = open("SimCam00").unwrap();
    assert_eq!(camera.status().status, READOUT_NOT_ACTIVE);
}

#[test]
fn a_ring_needs_a_mode_of_one() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    camera.set_up(square(SIDE), TIMED_MODE, 0, CIRC_NONE).unwrap();
    assert_eq!(camera.start(&ring), err(ConfigurationInvalid));
    assert_eq!(SimError::ConfigurationInvalid.code(), 185);
}
