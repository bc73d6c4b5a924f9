//! Continuous acquisition, through the C functions as a client uses them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use common::{Camera, Ring, Sdk, Status, copy, err, square};
use framepool_pvcam_sim::SimError;
use framepool_pvcam_sim::picture::verify;
use framepool_pvcam_sys::*;

const SIDE: u16 = 32;
const BYTES: usize = SIDE as usize * SIDE as usize * 2;

/// A frame each 128 microseconds, from the camera's own clock.
fn free_running(camera: Camera, ring: &Ring) {
    camera.set_up(square(SIDE), TIMED_MODE, 0, CIRC_OVERWRITE).unwrap();
    camera.start(ring).unwrap();
}

/// A frame for each trigger.
fn triggered(camera: Camera, ring: &Ring, circ: i16) {
    camera.set_up(square(SIDE), EXT_TRIG_SOFTWARE_EDGE, 0, circ).unwrap();
    camera.start(ring).unwrap();
}

/// Triggers `count` frames, and waits for each.
fn take(camera: Camera, count: usize, frames: &Receiver<i32>) {
    for _ in 0..count {
        assert_eq!(camera.trigger(), Ok(PL_SW_TRIG_STATUS_TRIGGERED));
        frames.recv().unwrap();
    }
}

fn frame_number(camera: Camera, found: (*mut u8, FRAME_INFO)) -> i32 {
    let (frame, info) = found;
    let side = usize::from(SIDE);
    assert_eq!(verify(&copy(frame, BYTES), side, side), Ok(info.FrameNr.cast_unsigned()));
    assert_eq!(info.hCam, camera.0);
    info.FrameNr
}

fn send_numbers(sender: Sender<i32>) -> impl FnMut(&FRAME_INFO) + Send {
    // The receiver may be gone.
    move |info| {
        let _ = sender.send(info.FrameNr);
    }
}

/// The ring is so long that the handler does not fall behind by all of it, even on a busy machine.
#[test]
fn every_frame_is_reported_whole_and_in_order() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let slots = 16_384;
    let ring = Ring::new(slots * BYTES);
    let start = ring.pointer().addr();
    let (sender, frames) = channel();
    let _handler = camera.on_frame(move |info| {
        // Fails if the acquisition was stopped after this was called.
        let Ok(found) = camera.latest() else { return };
        assert_eq!(found.1, *info);
        let slot = (found.0.addr() - start) / BYTES;
        let _ = sender.send((frame_number(camera, found), slot, *info));
    });
    free_running(camera, &ring);
    let mut before = FRAME_INFO::default();
    for expected in 1..=5000 {
        let (nr, slot, info) = frames.recv().unwrap();
        assert_eq!(nr, expected);
        assert_eq!(slot, usize::try_from(nr - 1).unwrap() % slots);
        assert!(info.TimeStamp >= before.TimeStamp);
        assert!(info.TimeStamp >= info.TimeStampBOF);
        before = info;
    }
    camera.stop().unwrap();
}

#[test]
fn numbers_start_again_with_each_acquisition() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(64 * BYTES);
    for _ in 0..20 {
        let (sender, frames) = channel();
        let handler = camera.on_frame(send_numbers(sender));
        free_running(camera, &ring);
        assert_eq!((frames.recv(), frames.recv()), (Ok(1), Ok(2)));
        camera.stop().unwrap();
        drop(handler);
    }
}

#[test]
fn the_ring_wraps() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(3 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(send_numbers(sender));
    triggered(camera, &ring, CIRC_OVERWRITE);
    let idle = Status { status: EXPOSURE_IN_PROGRESS, bytes: 0, passes: 0 };
    assert_eq!(camera.status(), idle);
    assert_eq!(camera.latest().unwrap_err(), SimError::NoFrame.code());
    for nr in 1..=8_u32 {
        take(camera, 1, &frames);
        let found = camera.latest().unwrap();
        let slot = (found.0.addr() - ring.pointer().addr()) / BYTES;
        assert_eq!(slot, (nr as usize - 1) % 3);
        assert_eq!(frame_number(camera, found), nr.cast_signed());
        let bytes = nr % 3 * u32::try_from(BYTES).unwrap();
        assert_eq!(camera.status(), Status { status: FRAME_AVAILABLE, bytes, passes: nr / 3 });
    }
    camera.stop().unwrap();
    let idle = Status { status: READOUT_NOT_ACTIVE, bytes: 0, passes: 0 };
    let bytes = 8 % 3 * u32::try_from(BYTES).unwrap();
    assert_eq!(camera.status(), Status { bytes, passes: 2, ..idle }, "how far it had come");
    assert_eq!(camera.latest().unwrap_err(), SimError::NotAcquiring.code());
    camera.set_up(square(SIDE), EXT_TRIG_SOFTWARE_EDGE, 0, CIRC_OVERWRITE).unwrap();
    assert_eq!(camera.status(), idle);
}

#[test]
fn a_trigger_during_an_exposure_is_ignored() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(BYTES);
    camera.set_up(square(SIDE), EXT_TRIG_SOFTWARE_EDGE, 10_000, CIRC_OVERWRITE).unwrap();
    assert_eq!(camera.trigger(), err(SimError::NotAcquiring));
    camera.start(&ring).unwrap();
    assert_eq!(camera.trigger(), Ok(PL_SW_TRIG_STATUS_TRIGGERED));
    assert_eq!(camera.trigger(), Ok(PL_SW_TRIG_STATUS_IGNORED));
    camera.abort().unwrap();
    camera.set_up(square(SIDE), EXT_TRIG_INTERNAL, 10_000, CIRC_OVERWRITE).unwrap();
    camera.start(&ring).unwrap();
    assert_eq!(camera.trigger(), err(SimError::TriggerUnsupported));
}

#[test]
fn a_slow_handler_sees_a_gap_and_its_own_frames() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let (sender, frames) = channel();
    let (entered, inside) = channel();
    let (go, wait) = channel::<()>();
    let _handler = camera.on_frame(move |info| {
        let _ = entered.send(());
        // The first call waits until `go` is dropped, the later ones do not wait.
        let _ = wait.recv();
        let _ = sender.send((info.FrameNr, camera.latest().unwrap().1.FrameNr));
    });
    triggered(camera, &ring, CIRC_OVERWRITE);
    camera.trigger().unwrap();
    inside.recv().unwrap();
    for nr in 2..=11 {
        camera.trigger().unwrap();
        while completed(camera, 4) < nr {
            thread::yield_now();
        }
    }
    assert_eq!(camera.latest().unwrap().1.FrameNr, 11);
    drop(go);
    // The frame that was being handled, and those in the queue, all of which were overwritten.
    for nr in 1..=5 {
        assert_eq!(frames.recv(), Ok((nr, nr)));
    }
    camera.trigger().unwrap();
    assert_eq!(frames.recv(), Ok((12, 12)));
}

/// Returns how many frames are complete, from the status.
fn completed(camera: Camera, slots: u32) -> u32 {
    let Status { bytes, passes, .. } = camera.status();
    passes * slots + bytes / u32::try_from(BYTES).unwrap()
}

#[test]
fn a_handler_may_stop_and_start_again() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    // Long enough that no notification is lost.
    let ring = Ring::new(8192 * BYTES);
    let (sender, frames) = channel();
    let mut runs = 0;
    let handler = camera.on_frame(|info| {
        sender.send(info.FrameNr).unwrap();
        if info.FrameNr == 5 {
            camera.stop().unwrap();
            assert_eq!(camera.latest().unwrap_err(), SimError::NotAcquiring.code());
            runs += 1;
            if runs < 3 {
                camera.start(&ring).unwrap();
            }
        }
    });
    free_running(camera, &ring);
    for expected in [1, 2, 3, 4, 5].repeat(3) {
        assert_eq!(frames.recv(), Ok(expected));
    }
    drop(handler);
    assert!(frames.try_recv().is_err(), "a stopped camera reports nothing");
}

#[test]
fn a_handler_may_remove_itself_close_and_end_the_library() {
    for end in [
        |camera: Camera| camera.deregister(),
        |camera: Camera| call!(pl_cam_close(camera.0)),
        |_| call!(pl_pvcam_uninit()),
    ] {
        let sdk = Sdk::new();
        let camera = sdk.open();
        let ring = Ring::new(64 * BYTES);
        let (sender, ended) = channel();
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        let registered = camera.on_frame(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            let _ = sender.send(end(camera));
        });
        free_running(camera, &ring);
        assert_eq!(ended.recv(), Ok(Ok(())));
        // A call in the handler cannot wait for the handler, so this does.
        while call!(pl_cam_close(camera.0)).is_ok() {}
        assert!(ended.try_recv().is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        // The handler may not have returned yet, so its captures are never freed.
        std::mem::forget(registered);
    }
}

#[test]
fn removing_a_handler_waits_for_it() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let done = &AtomicBool::new(true);
    let (entered, inside) = channel();
    let (go, wait) = channel::<()>();
    thread::scope(|scope| {
        let handler = camera.on_frame(move |_| {
            done.store(false, Ordering::Relaxed);
            let _ = entered.send(());
            let _ = wait.recv();
            done.store(true, Ordering::Relaxed);
        });
        free_running(camera, &ring);
        inside.recv().unwrap();
        // Ending the acquisition does not wait for the handler: it is still inside.
        camera.stop().unwrap();
        assert!(!done.load(Ordering::Relaxed));
        scope.spawn(move || drop(go));
        camera.deregister().unwrap();
        assert!(done.load(Ordering::Relaxed));
        drop(handler);
    });
}

#[test]
fn a_stopped_camera_writes_no_more() {
    for stop in [
        |camera: Camera| camera.stop(),
        |camera: Camera| camera.abort(),
        |camera: Camera| call!(pl_cam_close(camera.0)),
        |_| call!(pl_pvcam_uninit()),
    ] {
        let sdk = Sdk::new();
        let camera = sdk.open();
        let ring = Ring::new(64 * BYTES);
        free_running(camera, &ring);
        while camera.status().passes == 0 {
            thread::yield_now();
        }
        stop(camera).unwrap();
        // SAFETY: the camera has stopped, and no other thread has the ring.
        unsafe { ring.pointer().write_bytes(0xCD, ring.size) };
        let _ = call!(pl_pvcam_uninit());
        assert!(copy(ring.pointer(), ring.size).iter().all(|&byte| byte == 0xCD));
    }
}

#[test]
fn threads_that_stop_at_once_all_wait() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(64 * BYTES);
    for _ in 0..50 {
        free_running(camera, &ring);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| camera.stop().unwrap());
            }
        });
        assert_eq!(camera.status().status, READOUT_NOT_ACTIVE);
    }
}

#[test]
fn the_oldest_frame_is_first_in_first_out() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(3 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(send_numbers(sender));
    triggered(camera, &ring, CIRC_NO_OVERWRITE);
    assert_eq!(camera.oldest().unwrap_err(), SimError::NoFrame.code());
    assert_eq!(camera.unlock(), err(SimError::NothingToUnlock));
    take(camera, 2, &frames);
    for nr in [1, 1] {
        assert_eq!(frame_number(camera, camera.oldest().unwrap()), nr);
    }
    camera.unlock().unwrap();
    assert_eq!(camera.unlock(), err(SimError::NothingToUnlock));
    assert_eq!(frame_number(camera, camera.oldest().unwrap()), 2);
    camera.unlock().unwrap();
    assert_eq!(camera.oldest().unwrap_err(), SimError::NoFrame.code());
    take(camera, 3, &frames);
    assert_eq!(frame_number(camera, camera.oldest().unwrap()), 3);
    assert_eq!(frame_number(camera, camera.latest().unwrap()), 5);
}

#[test]
fn an_overrun_is_reported_once_and_skipped() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(3 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(send_numbers(sender));
    triggered(camera, &ring, CIRC_NO_OVERWRITE);
    take(camera, 5, &frames);
    assert_eq!(camera.oldest().unwrap_err(), SimError::Overrun.code());
    assert_eq!(frame_number(camera, camera.oldest().unwrap()), 3);
    // The client holds frame 3, which is overwritten.
    take(camera, 2, &frames);
    assert_eq!(camera.latest().unwrap_err(), SimError::Overrun.code());
    assert_eq!(frame_number(camera, camera.latest().unwrap()), 7);
    camera.unlock().unwrap();
    assert_eq!(frame_number(camera, camera.oldest().unwrap()), 5);
}

#[test]
fn overwriting_is_silent_and_has_no_oldest() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(3 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(send_numbers(sender));
    triggered(camera, &ring, CIRC_OVERWRITE);
    take(camera, 5, &frames);
    assert_eq!(frame_number(camera, camera.latest().unwrap()), 5);
    assert_eq!(camera.oldest().unwrap_err(), SimError::OldestUnsupported.code());
    assert_eq!(camera.unlock(), err(SimError::OldestUnsupported));
}

#[test]
fn a_camera_may_find_the_oldest_while_it_overwrites() {
    let _sdk = Sdk::of("[[camera]]\noldest_frame = \"always\"");
    let camera = common::open("SimCam00").unwrap();
    let ring = Ring::new(3 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(send_numbers(sender));
    triggered(camera, &ring, CIRC_OVERWRITE);
    take(camera, 2, &frames);
    for expected in [1, 1] {
        assert_eq!(frame_number(camera, camera.oldest().unwrap()), expected);
    }
    camera.unlock().unwrap();
    take(camera, 5, &frames);
    for expected in 5..=7 {
        assert_eq!(frame_number(camera, camera.oldest().unwrap()), expected);
        camera.unlock().unwrap();
    }
    assert_eq!(camera.oldest().unwrap_err(), SimError::NoFrame.code());
}

/// A handler that did not unlock in time: the frame that it holds is gone, and the next is one that is whole.
#[test]
fn a_frame_that_is_held_may_be_overwritten() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(3 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(send_numbers(sender));
    triggered(camera, &ring, CIRC_NO_OVERWRITE);
    take(camera, 1, &frames);
    assert_eq!(frame_number(camera, camera.oldest().unwrap()), 1);
    take(camera, 3, &frames);
    assert_eq!(camera.oldest().unwrap_err(), SimError::Overrun.code());
    for _ in 0..2 {
        assert_eq!(frame_number(camera, camera.oldest().unwrap()), 2);
    }
}

/// Each of two handlers removes the other: neither waits.
#[test]
fn handlers_may_remove_each_other() {
    let _sdk = Sdk::of("[[camera]]\n[[camera]]");
    let cameras = ["SimCam00", "SimCam01"].map(|name| common::open(name).unwrap());
    let rings = [(); 2].map(|()| Ring::new(8 * BYTES));
    let (sender, done) = channel();
    let both = std::sync::Barrier::new(2);
    let _handlers = [0, 1].map(|own| {
        let (sender, both) = (sender.clone(), &both);
        let mut is_first = true;
        cameras[own].on_frame(move |_| {
            if std::mem::take(&mut is_first) {
                both.wait();
                let _ = sender.send(cameras[1 - own].deregister());
            }
        })
    });
    for (camera, ring) in cameras.into_iter().zip(&rings) {
        free_running(camera, ring);
    }
    let limit = std::time::Duration::from_secs(20);
    for _ in 0..2 {
        assert_eq!(done.recv_timeout(limit), Ok(Ok(())), "they wait for each other");
    }
}

#[test]
fn jitter_of_more_than_a_period_keeps_the_order() {
    let _sdk = Sdk::of("[[camera]]\njitter_us = 20000");
    let camera = common::open("SimCam00").unwrap();
    let ring = Ring::new(32 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(move |info| {
        let _ = sender.send(info.TimeStamp);
    });
    camera.set_up(square(SIDE), TIMED_MODE, 2, CIRC_OVERWRITE).unwrap();
    camera.start(&ring).unwrap();
    let times: Vec<i64> = frames.iter().take(20).collect();
    assert!(times.is_sorted_by(|one, other| one < other), "{times:?}");
}

#[test]
fn jitter_delays_frames_and_loses_none() {
    let _sdk = Sdk::of("[[camera]]\njitter_us = 8000\nseed = 3");
    let camera = common::open("SimCam00").unwrap();
    let ring = Ring::new(32 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(move |info| {
        let _ = sender.send((info.FrameNr, info.TimeStamp));
    });
    camera.set_up(square(SIDE), TIMED_MODE, 10, CIRC_OVERWRITE).unwrap();
    camera.start(&ring).unwrap();
    let seen: Vec<(i32, i64)> = frames.iter().take(20).collect();
    camera.stop().unwrap();
    let (first, start) = seen[0];
    // Each is up to 8 ms after its time, which is 10 ms after the one before: in tenths of a millisecond.
    let late = seen.iter().map(|(nr, time)| time - start - i64::from(nr - first) * 100);
    let late: Vec<i64> = late.collect();
    let spread = late.iter().max().unwrap() - late.iter().min().unwrap();
    assert!((20..=81).contains(&spread), "{late:?}");
    assert!(seen.iter().zip(1..).all(|((nr, _), expected)| *nr == expected), "{seen:?}");
}

#[test]
fn the_full_sensor_is_written_whole() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let bytes = camera.set_up(square(2048), EXT_TRIG_SOFTWARE_EDGE, 0, CIRC_OVERWRITE).unwrap();
    assert_eq!(bytes, 8 << 20);
    // An odd address: the ring needs no alignment.
    let ring = Ring::new(bytes as usize + 1);
    let start = ring.pointer().wrapping_add(1);
    call!(pl_exp_start_cont(camera.0, start.cast(), bytes)).unwrap();
    let (sender, frames) = channel();
    let _handler = camera.on_frame(send_numbers(sender));
    take(camera, 2, &frames);
    let (frame, info) = camera.latest().unwrap();
    assert_eq!(verify(&copy(frame, bytes as usize), 2048, 2048), Ok(2));
    assert_eq!(info.ReadoutTime, 81);
    camera.stop().unwrap();
}

/// How often each kind of handler was called, and what with.
static LEGACY: AtomicU32 = AtomicU32::new(0);
static EX2: AtomicU32 = AtomicU32::new(0);

unsafe extern "system" fn legacy() {
    LEGACY.fetch_add(1, Ordering::SeqCst);
}

unsafe extern "system" fn ex(context: *mut c_void) {
    // SAFETY: the test registers a counter that outlives the camera.
    unsafe { &*context.cast::<AtomicU32>() }.fetch_add(1, Ordering::SeqCst);
}

unsafe extern "system" fn ex2(info: *const FRAME_INFO) {
    // SAFETY: the library gives a description that lives as long as the call.
    EX2.fetch_add(unsafe { (*info).FrameNr }.cast_unsigned(), Ordering::SeqCst);
}

#[test]
fn handlers_of_every_kind_are_called() {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let context = (&raw const COUNTER).cast_mut().cast();
    let one_frame = |counter: &AtomicU32| {
        triggered(camera, &ring, CIRC_OVERWRITE);
        camera.trigger().unwrap();
        while counter.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        camera.stop().unwrap();
        assert_eq!(counter.load(Ordering::SeqCst), 1);
    };
    let eof = PL_CALLBACK_EOF;
    call!(pl_cam_register_callback(camera.0, eof, legacy as *mut c_void)).unwrap();
    one_frame(&LEGACY);
    call!(pl_cam_register_callback_ex(camera.0, eof, ex as *mut c_void, context)).unwrap();
    one_frame(&COUNTER);
    call!(pl_cam_register_callback_ex2(camera.0, eof, ex2 as *mut c_void)).unwrap();
    one_frame(&EX2);
    camera.deregister().unwrap();
    let refused = err(SimError::NullPointer);
    assert_eq!(call!(pl_cam_register_callback(camera.0, eof, null_mut())), refused);
    assert_eq!(call!(pl_cam_register_callback_ex(camera.0, eof, null_mut(), context)), refused);
    assert_eq!(call!(pl_cam_register_callback_ex2(camera.0, eof, null_mut())), refused);
}

#[test]
fn the_status_describes_the_newest_frame() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    let ring = Ring::new(4 * BYTES);
    let (sender, frames) = channel();
    let _handler = camera.on_frame(send_numbers(sender));
    let status = || {
        let (mut status, mut bytes, mut passes) = (-1, 0, 0);
        let mut info = FRAME_INFO { FrameNr: -1, ..FRAME_INFO::default() };
        let i = &mut info;
        call!(pl_exp_check_cont_status_ex(camera.0, &mut status, &mut bytes, &mut passes, i))
            .unwrap();
        (status, bytes, passes, info.FrameNr)
    };
    assert_eq!(status(), (READOUT_NOT_ACTIVE, 0, 0, 0));
    triggered(camera, &ring, CIRC_OVERWRITE);
    assert_eq!(status(), (EXPOSURE_IN_PROGRESS, 0, 0, 0));
    take(camera, 5, &frames);
    assert_eq!(status(), (FRAME_AVAILABLE, 2048, 1, 5));
    camera.stop().unwrap();
    assert_eq!(status(), (READOUT_NOT_ACTIVE, 2048, 1, 5));
}
