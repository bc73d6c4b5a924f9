//! Eight threads that call every function at once, for the same camera, while handlers run. Which calls succeed is
//! chance; each ends, with a code of the library's, and nothing is written or read that is not the call's. Natively
//! this shows little; the thread sanitizer sees the rest.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use common::{Camera, Sdk, square};
use framepool_pvcam_sys::*;

const THREADS: usize = 8;
const ROUNDS: usize = 300;

/// Memory that cameras write until the test is over, which no thread reads meanwhile.
struct Buffer(*mut [u8]);

// SAFETY: used as an address only.
unsafe impl Sync for Buffer {}

/// Calls number `turn` of a thread: each of them is a way through the library that others are on, too.
fn turn(camera: Camera, turn: usize, buffer: &Buffer) {
    let (hcam, to) = (camera.0, buffer.0.cast());
    match turn % 16 {
        0 | 1 => {
            let _ = camera.set_up(square(32), TIMED_MODE, 0, CIRC_NO_OVERWRITE);
            let _ = call!(pl_exp_start_cont(hcam, to, 16 * 32 * 32 * 2));
        }
        2 => {
            let (region, mut bytes) = (square(32), 0);
            let _ = call!(pl_exp_setup_seq(hcam, 4, 1, &region, TIMED_MODE, 1, &mut bytes));
            // Another thread may have set something up since: nothing larger than the buffer.
            let _ = call!(pl_exp_start_seq(hcam, to));
        }
        3 => {
            let _ = camera.latest();
        }
        4 => {
            let _ = camera.oldest();
            let _ = camera.unlock();
        }
        // Now and then, so that frames come between.
        5 if turn.is_multiple_of(5) => {
            let _ = camera.stop();
        }
        6 if turn % 5 == 1 => {
            let _ = camera.abort();
        }
        7 => {
            let _ = camera.deregister();
        }
        8 => {
            let _ = camera.get::<i16>(PARAM_TEMP, ATTR_CURRENT);
            let _ = camera.set(PARAM_TEMP_SETPOINT, -500_i16);
        }
        9 => {
            let _ = camera.set(PARAM_METADATA_ENABLED, u16::from(turn % 32 == 9));
            let _ = camera.text(PARAM_GAIN_NAME);
        }
        10 => {
            let (mut status, mut bytes, mut passes) = (0, 0, 0);
            let _ = call!(pl_exp_check_cont_status(hcam, &mut status, &mut bytes, &mut passes));
            thread::sleep(Duration::from_millis(1));
        }
        11 => {
            let mut info = null_mut();
            call!(pl_create_frame_info_struct(&mut info)).unwrap();
            call!(pl_release_frame_info_struct(info)).unwrap();
        }
        12 => {
            let mut text = [0; ERROR_MSG_LEN];
            call!(pl_error_message(common::error_code(), text.as_mut_ptr())).unwrap();
        }
        13 => {
            let _ = camera.trigger();
        }
        14 if turn.is_multiple_of(7) => {
            let _ = call!(pl_cam_close(hcam));
            let _ = common::open("SimCam00");
        }
        // The library ends under all the others, and begins again.
        15 if turn % 7 == 1 => {
            let _ = call!(pl_pvcam_uninit());
            let _ = call!(pl_pvcam_init());
            let _ = common::open("SimCam00");
        }
        _ => thread::sleep(Duration::from_micros(300)),
    }
}

/// What may go wrong meanwhile.
const FAULTS: [(&str, &str); 4] = [
    ("FRAMEPOOL_SIM_FAULTS", "unplugged@20:2, unplugged@60:1, late@3:5%11, lost@2%7, burst@9:6%13"),
    ("FRAMEPOOL_SIM_NO_OVERWRITE", "halts"),
    ("FRAMEPOOL_SIM_SCRIBBLE", "true"),
    ("FRAMEPOOL_SIM_ABORTS_FAIL", "3"),
];

#[test]
fn eight_threads_call_everything_at_once() {
    all_at_once();
    for (name, value) in FAULTS {
        // SAFETY: this program has one test, whose threads have ended.
        unsafe { std::env::set_var(name, value) };
    }
    all_at_once();
}

fn all_at_once() {
    static CALLED: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "system" fn count(_: *const FRAME_INFO, _: *mut std::ffi::c_void) {
        // Ordering: Relaxed: a count.
        CALLED.fetch_add(1, Ordering::Relaxed);
    }
    // Ordering: Relaxed: a count.
    CALLED.store(0, Ordering::Relaxed);
    let sdk = Sdk::new();
    let camera = sdk.open();
    let buffer = Buffer(Box::into_raw(vec![0; 16 * (32 * 32 * 2 + 80)].into_boxed_slice()));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let buffer = &buffer;
        let workers: Vec<_> = (0..THREADS)
            .map(|number| {
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        turn(camera, number * 5 + round * 7, buffer);
                    }
                })
            })
            .collect();
        // Meanwhile one more registers a handler again and again, so that there are calls of it.
        let over = &over;
        let registering = scope.spawn(move || {
            // Ordering: Relaxed: it ends a little later.
            while !over.load(Ordering::Relaxed) {
                let function = count as *mut std::ffi::c_void;
                let event = PL_CALLBACK_EOF;
                let _ = call!(pl_cam_register_callback_ex3(camera.0, event, function, null_mut()));
                thread::sleep(Duration::from_millis(1));
            }
        });
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        // Ordering: Relaxed: as above.
        over.store(true, Ordering::Relaxed);
        registering.join().unwrap();
    });
    drop(sdk);
    // SAFETY: made by `Box::into_raw`, and the library's end has ended every acquisition.
    drop(unsafe { Box::from_raw(buffer.0) });
    // Ordering: Relaxed: a count.
    assert!(CALLED.load(Ordering::Relaxed) > 0, "no frame came");
}
