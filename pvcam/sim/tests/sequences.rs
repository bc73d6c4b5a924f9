//! Sequences, through the C functions as clients use them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ptr::null_mut;
use std::sync::mpsc::channel;
use std::thread;

use common::{Camera, Ring, Sdk, copy, err, square};
use framepool_pvcam_sim::SimError;
use framepool_pvcam_sim::picture::verify;
use framepool_pvcam_sys::*;

const SIDE: u16 = 32;
const BYTES: usize = SIDE as usize * SIDE as usize * 2;

fn set_up(camera: Camera, frames: u16, mode: i16) -> Result<u32, i16> {
    let (region, mut bytes) = (square(SIDE), 0);
    call!(pl_exp_setup_seq(camera.0, frames, 1, &region, mode, 0, &mut bytes))?;
    Ok(bytes)
}

fn start(camera: Camera, buffer: &Ring) -> Result<(), i16> {
    call!(pl_exp_start_seq(camera.0, buffer.pointer().cast()))
}

fn status(camera: Camera) -> (i16, u32) {
    let (mut status, mut bytes) = (-1, 0);
    call!(pl_exp_check_status(camera.0, &mut status, &mut bytes)).unwrap();
    (status, bytes)
}

fn finish(camera: Camera) -> Result<(), i16> {
    call!(pl_exp_finish_seq(camera.0, null_mut(), 0))
}

/// Polls, as clients do, until the sequence is complete.
fn wait(camera: Camera) -> u32 {
    loop {
        match status(camera) {
            (READOUT_COMPLETE, bytes) => return bytes,
            (EXPOSURE_IN_PROGRESS | READOUT_IN_PROGRESS, _) => thread::yield_now(),
            other => panic!("{other:?}"),
        }
    }
}

/// Checks that the buffer's frames are those from 1 on.
fn assert_pixels(buffer: &Ring, frames: usize) {
    let side = usize::from(SIDE);
    for frame in 0..frames {
        let pixels = copy(buffer.pointer().wrapping_add(frame * BYTES), BYTES);
        assert_eq!(verify(&pixels, side, side), Ok(u32::try_from(frame).unwrap() + 1));
    }
}

#[test]
fn a_sequence_fills_its_buffer_once_and_is_complete() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let buffer = Ring::new(3 * BYTES);
    assert_eq!(status(camera), (READOUT_NOT_ACTIVE, 0));
    assert_eq!(set_up(camera, 3, TIMED_MODE), Ok(3 * 2048));
    for _ in 0..20 {
        start(camera, &buffer).unwrap();
        assert_eq!(wait(camera), 3 * 2048);
        assert_pixels(&buffer, 3);
        assert_eq!(status(camera).0, READOUT_COMPLETE, "until it is finished");
        // The camera images no more.
        assert!(camera.get::<i16>(PARAM_TEMP, ATTR_CURRENT).is_ok());
    }
    finish(camera).unwrap();
    assert_eq!(status(camera), (READOUT_NOT_ACTIVE, 0));
}

#[test]
fn each_frame_is_told_and_may_wait_for_its_trigger() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let buffer = Ring::new(2 * BYTES);
    let (told, frames) = channel();
    let _handler = camera.on_frame(move |info| {
        let _ = told.send(info.FrameNr);
    });
    set_up(camera, 2, EXT_TRIG_SOFTWARE_EDGE).unwrap();
    start(camera, &buffer).unwrap();
    for number in 1..=2 {
        assert_eq!(status(camera), (EXPOSURE_IN_PROGRESS, (number - 1) * 2048));
        assert_eq!(camera.trigger(), Ok(PL_SW_TRIG_STATUS_TRIGGERED));
        assert_eq!(frames.recv(), Ok(number.cast_signed()));
    }
    assert_eq!(wait(camera), 2 * 2048);
    assert_pixels(&buffer, 2);
    assert_eq!(camera.trigger(), err(SimError::NotAcquiring), "there is nothing to be triggered");
}

#[test]
fn one_that_runs_can_be_ended_and_refuses_others() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let buffer = Ring::new(2 * BYTES);
    finish(camera).unwrap();
    assert_eq!(start(camera, &buffer), err(SimError::SetupRequired));
    set_up(camera, 2, EXT_TRIG_SOFTWARE_EDGE).unwrap();
    start(camera, &buffer).unwrap();
    assert_eq!(start(camera, &buffer), err(SimError::Acquiring));
    assert_eq!(set_up(camera, 2, TIMED_MODE), err(SimError::Acquiring));
    assert_eq!(camera.get::<i16>(PARAM_TEMP, ATTR_CURRENT), err(SimError::ParamNotLive));
    finish(camera).unwrap();
    camera.abort().unwrap();
    assert_eq!(camera.start(&buffer), err(SimError::ConfigurationInvalid));
    camera.set_up(square(SIDE), TIMED_MODE, 0, CIRC_OVERWRITE).unwrap();
    assert_eq!(start(camera, &buffer), err(SimError::ConfigurationInvalid));
    assert_eq!(set_up(camera, 0, TIMED_MODE), err(SimError::SequenceLengthInvalid));
    let (mut bytes, region) = (0, square(2048));
    let setup = call!(pl_exp_setup_seq(camera.0, 512, 1, &region, 0, 0, &mut bytes));
    assert_eq!(setup, err(SimError::SequenceLengthInvalid), "it has 4 GiB");
}

/// As a client of the vendor's does: at the end of a frame, with a wrong pointer, and when idle again.
#[test]
fn it_can_be_finished_by_a_handler() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let buffer = Ring::new(BYTES);
    let (told, finished) = channel();
    let _handler = camera.on_frame(move |_| {
        let _ = told.send(finish(camera));
    });
    set_up(camera, 1, TIMED_MODE).unwrap();
    for _ in 0..10 {
        start(camera, &buffer).unwrap();
        assert_eq!(finished.recv(), Ok(Ok(())));
        assert_eq!(status(camera), (READOUT_NOT_ACTIVE, 0));
        finish(camera).unwrap();
        assert_pixels(&buffer, 1);
    }
}

#[test]
fn null_pointers_are_refused() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let (region, mut bytes, mut status) = (square(SIDE), 0, 0);
    let refused = err(SimError::NullPointer);
    let setup = |regions, bytes| call!(pl_exp_setup_seq(camera.0, 1, 1, regions, 0, 0, bytes));
    assert_eq!(setup(std::ptr::null(), &raw mut bytes), refused);
    assert_eq!(setup(&raw const region, null_mut()), refused);
    assert_eq!(call!(pl_exp_start_seq(camera.0, null_mut())), refused);
    assert_eq!(call!(pl_exp_check_status(camera.0, null_mut(), &mut bytes)), refused);
    assert_eq!(call!(pl_exp_check_status(camera.0, &mut status, null_mut())), refused);
}
