//! Planned faults of single frames: what a client gets of each, exactly.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use common::{Camera, Registered, Ring, Sdk, Status, copy, err, square};
use framepool_pvcam_sim::SimError;
use framepool_pvcam_sim::picture::verify;
use framepool_pvcam_sys::*;

const SIDE: u16 = 32;
const BYTES: usize = SIDE as usize * SIDE as usize * 2;

/// The library with one camera of these faults.
fn with_faults(faults: &str) -> (Sdk, Camera) {
    let sdk = Sdk::of(&format!("[[camera]]\nfaults = [{faults}]"));
    let camera = sdk.open();
    (sdk, camera)
}

/// Starts an acquisition that takes a frame for each trigger.
fn start(camera: Camera, ring: &Ring, circ: i16) {
    camera.set_up(square(SIDE), EXT_TRIG_SOFTWARE_EDGE, 0, circ).unwrap();
    camera.start(ring).unwrap();
}

/// Triggers a frame, as soon as the camera takes a trigger: the one before is complete then.
fn trigger(camera: Camera) {
    while camera.trigger().unwrap() != PL_SW_TRIG_STATUS_TRIGGERED {
        thread::yield_now();
    }
}

fn take(camera: Camera, count: usize) {
    (0..count).for_each(|_| trigger(camera));
}

/// Sends the numbers of the frames that are told.
fn told(camera: Camera) -> (Registered<'static>, Receiver<i32>) {
    let (sender, numbers) = channel();
    let handler = camera.on_frame(move |info| {
        // The receiver may be gone.
        let _ = sender.send(info.FrameNr);
    });
    (handler, numbers)
}

fn next<T>(told: &Receiver<T>, count: usize) -> Vec<T> {
    told.iter().take(count).collect()
}

/// Waits until so many frames are complete in a ring of so many slots.
fn wait_for(camera: Camera, frames: usize, slots: usize) {
    while completed(camera, slots) < frames {
        thread::yield_now();
    }
}

fn completed(camera: Camera, slots: usize) -> usize {
    let Status { bytes, passes, .. } = camera.status();
    passes as usize * slots + bytes as usize / BYTES
}

/// Returns the number in the picture of a slot.
fn shown(ring: &Ring, slot: usize) -> u32 {
    shown_at(ring.pointer().wrapping_add(slot * BYTES))
}

fn shown_at(frame: *const u8) -> u32 {
    verify(&copy(frame, BYTES), SIDE.into(), SIDE.into()).unwrap()
}

#[test]
fn lost_frames_are_counted_and_take_no_slot() {
    let (_sdk, camera) = with_faults("'lost@2:2'");
    let ring = Ring::new(2 * BYTES);
    let start_of_ring = ring.pointer().addr();
    let (sender, found) = channel();
    let _handler = camera.on_frame(move |info| {
        let (frame, latest) = camera.latest().unwrap();
        assert_eq!(latest, *info);
        let _ =
            sender.send((info.FrameNr, shown_at(frame), (frame.addr() - start_of_ring) / BYTES));
    });
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 1);
    assert_eq!(next(&found, 1), [(1, 1, 0)]);
    take(camera, 3);
    assert_eq!(next(&found, 1), [(4, 4, 1)]);
    assert_eq!(completed(camera, 2), 2, "of four");
    take(camera, 1);
    assert_eq!(next(&found, 1), [(5, 5, 0)]);
    assert_eq!(completed(camera, 2), 3);
    // Each acquisition has its faults anew.
    camera.stop().unwrap();
    camera.start(&ring).unwrap();
    take(camera, 4);
    assert_eq!(next(&found, 2), [(1, 1, 0), (4, 4, 1)]);
}

#[test]
fn a_sequence_is_filled_in_spite_of_lost_frames() {
    let (_sdk, camera) = with_faults("'lost@1%3'");
    camera.set(PARAM_METADATA_ENABLED, 1_u16).unwrap();
    let (region, mut bytes) = (square(SIDE), 0);
    let mode = EXT_TRIG_SOFTWARE_EDGE;
    call!(pl_exp_setup_seq(camera.0, 3, 1, &region, mode, 0, &mut bytes)).unwrap();
    let frame_bytes = bytes as usize / 3;
    let buffer = Ring::new(bytes as usize);
    call!(pl_exp_start_seq(camera.0, buffer.pointer().cast())).unwrap();
    let (_handler, numbers) = told(camera);
    take(camera, 5);
    assert_eq!(next(&numbers, 3), [2, 3, 5]);
    let (mut status, mut arrived) = (0, 0);
    call!(pl_exp_check_status(camera.0, &mut status, &mut arrived)).unwrap();
    assert_eq!((status, arrived), (READOUT_COMPLETE, bytes));
    for (slot, expected) in [2, 3, 5].into_iter().enumerate() {
        let frame = copy(buffer.pointer().wrapping_add(slot * frame_bytes), frame_bytes);
        // SAFETY: a frame begins with its header, of plain numbers.
        let header = unsafe { frame.as_ptr().cast::<md_frame_header>().read_unaligned() };
        assert_eq!({ header.frameNr }, expected);
        let pixels = &frame[frame_bytes - BYTES..];
        assert_eq!(verify(pixels, SIDE.into(), SIDE.into()), Ok(expected));
    }
}

#[test]
fn frames_that_are_not_told_are_in_the_ring() {
    let (_sdk, camera) = with_faults("'missing@2:2'");
    let ring = Ring::new(4 * BYTES);
    let (_handler, numbers) = told(camera);
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 4);
    assert_eq!(next(&numbers, 2), [1, 4]);
    assert_eq!(completed(camera, 4), 4);
    assert_eq!([0, 1, 2, 3].map(|slot| shown(&ring, slot)), [1, 2, 3, 4]);
}

#[test]
fn notifications_come_twice_and_in_another_order() {
    for (faults, expected) in [
        ("'duplicate@2'", vec![1, 2, 2, 3, 4, 5]),
        ("'reordered@2'", vec![1, 3, 2, 4, 5]),
        ("'reordered@2', 'reordered@3'", vec![1, 4, 3, 2, 5]),
        ("'reordered@2', 'duplicate@3'", vec![1, 3, 3, 2, 4, 5]),
        ("'reordered@2', 'lost@3'", vec![1, 2, 4, 5]),
        ("'late@2:2', 'duplicate@3', 'missing@4'", vec![1, 2, 3, 3, 5]),
        ("'duplicate@1%2'", vec![1, 1, 2, 3, 3, 4, 5, 5]),
    ] {
        let (_sdk, camera) = with_faults(faults);
        let ring = Ring::new(8 * BYTES);
        let (_handler, numbers) = told(camera);
        start(camera, &ring, CIRC_OVERWRITE);
        take(camera, 5);
        assert_eq!(next(&numbers, expected.len()), expected, "{faults}");
        camera.stop().unwrap();
        assert!(numbers.try_recv().is_err(), "{faults}");
    }
}

/// A handler gets the frame that it was called for, in whatever order it is called.
#[test]
fn a_late_notification_has_its_own_frame() {
    let (_sdk, camera) = with_faults("'late@2:2'");
    let ring = Ring::new(4 * BYTES);
    let (sender, numbers) = channel();
    let _handler = camera.on_frame(move |info| {
        let (frame, latest) = camera.latest().unwrap();
        assert_eq!(latest, *info);
        let _ = sender.send((info.FrameNr, shown_at(frame)));
    });
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 1);
    assert_eq!(next(&numbers, 1), [(1, 1)]);
    take(camera, 2);
    wait_for(camera, 3, 4);
    assert!(numbers.try_recv().is_err());
    take(camera, 1);
    assert_eq!(next(&numbers, 3), [(2, 2), (3, 3), (4, 4)]);
}

#[test]
fn a_burst_waits_for_no_trigger_and_is_told_at_its_end() {
    let (_sdk, camera) = with_faults("'burst@2:5'");
    let ring = Ring::new(2 * BYTES);
    let (sender, numbers) = channel();
    let _handler = camera.on_frame(move |info| {
        let _ = sender.send((info.FrameNr, completed(camera, 2)));
    });
    start(camera, &ring, CIRC_NO_OVERWRITE);
    take(camera, 1);
    assert_eq!(numbers.recv().unwrap().0, 1);
    // All six are complete when the handler is called for the second, which was overwritten long ago.
    let burst = [2, 3, 4, 5, 6].map(|nr| (nr, 6));
    assert_eq!(next(&numbers, 5), burst, "more than the ring has slots");
    assert_eq!(camera.latest().unwrap_err(), SimError::Overrun.code());
    assert_eq!([0, 1].map(|slot| shown(&ring, slot)), [5, 6]);
    take(camera, 1);
    assert_eq!(next(&numbers, 1), [(7, 7)]);
}

#[test]
fn a_burst_of_a_camera_that_runs_freely_loses_nothing() {
    let (_sdk, camera) = with_faults("'burst@3:4%10', 'stall@5:1'");
    let ring = Ring::new(64 * BYTES);
    let (_handler, numbers) = told(camera);
    camera.set_up(square(SIDE), TIMED_MODE, 1, CIRC_OVERWRITE).unwrap();
    camera.start(&ring).unwrap();
    assert_eq!(next(&numbers, 40), (1..=40).collect::<Vec<_>>());
}

#[test]
fn a_stalled_camera_goes_on() {
    let (_sdk, camera) = with_faults("'stall@2:20'");
    let ring = Ring::new(4 * BYTES);
    let (sender, stamps) = channel();
    let _handler = camera.on_frame(move |info| {
        let _ = sender.send(info.TimeStamp);
    });
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 3);
    let stamps = next(&stamps, 3);
    assert!(stamps[1] - stamps[0] >= 200, "tenths of a millisecond: {stamps:?}");
}

#[test]
fn a_clock_jumps_and_stays_wrong() {
    // Eleven days, which no test takes.
    for (jump, is_after) in [(1_000_000_000, true), (-1_000_000_000, false)] {
        let (_sdk, camera) = with_faults(&format!("'clock@2:{jump}'"));
        let ring = Ring::new(4 * BYTES);
        let (sender, stamps) = channel();
        let _handler = camera.on_frame(move |info| {
            let _ = sender.send([info.TimeStampBOF, info.TimeStamp]);
        });
        start(camera, &ring, CIRC_OVERWRITE);
        take(camera, 3);
        let stamps = next(&stamps, 3);
        for of in [0, 1] {
            assert_eq!(stamps[1][of] > stamps[0][of], is_after, "{stamps:?}");
            assert!(stamps[2][of] >= stamps[1][of], "it runs on: {stamps:?}");
        }
    }
}

#[test]
fn addresses_are_wrong_in_every_call() {
    let (_sdk, camera) = with_faults("'null@1', 'misplaced@2', 'misplaced@3:64'");
    let ring = Ring::new(4 * BYTES);
    start(camera, &ring, CIRC_NO_OVERWRITE);
    let slot = |index: usize, beyond| ring.pointer().wrapping_add(index * BYTES + beyond);
    let expected = [null_mut(), slot(1, 2), slot(2, 64), slot(3, 0)];
    for (frames, expected) in (1..).zip(expected) {
        take(camera, 1);
        wait_for(camera, frames, 4);
        let mut plain = null_mut();
        call!(pl_exp_get_latest_frame(camera.0, &mut plain)).unwrap();
        assert_eq!(plain.cast(), expected);
        let (frame, info) = camera.latest().unwrap();
        assert_eq!((frame, info.FrameNr), (expected, i32::try_from(frames).unwrap()));
        call!(pl_exp_get_oldest_frame(camera.0, &mut plain)).unwrap();
        assert_eq!(plain.cast(), expected);
        assert_eq!(camera.oldest().unwrap(), (expected, info));
        camera.unlock().unwrap();
    }
}

#[test]
fn a_frame_has_no_number() {
    let (_sdk, camera) = with_faults("'unnumbered@2'");
    let ring = Ring::new(4 * BYTES);
    let (_handler, numbers) = told(camera);
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 2);
    assert_eq!(next(&numbers, 2), [1, 0]);
    let (frame, info) = camera.latest().unwrap();
    assert_eq!((info.FrameNr, shown_at(frame)), (0, 2));
    take(camera, 1);
    assert_eq!(next(&numbers, 1), [3]);
}

#[test]
fn the_newest_frame_is_refused() {
    let (_sdk, camera) = with_faults("'refused@2'");
    let ring = Ring::new(4 * BYTES);
    let (sender, found) = channel();
    let _handler = camera.on_frame(move |_| {
        let _ = sender.send(camera.latest().map(|(_, info)| info.FrameNr));
    });
    start(camera, &ring, CIRC_OVERWRITE);
    take(camera, 1);
    assert_eq!(next(&found, 1), [Ok(1)]);
    take(camera, 1);
    assert_eq!(next(&found, 1), [err(SimError::NoFrame)]);
    assert_eq!(camera.latest(), err(SimError::NoFrame), "not in a handler alone");
    let mut frame = null_mut();
    call!(pl_exp_get_latest_frame(camera.0, &mut frame)).unwrap();
    assert_eq!(shown_at(frame.cast()), 2);
    take(camera, 1);
    assert_eq!(next(&found, 1), [Ok(3)]);
}
