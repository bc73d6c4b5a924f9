//! A running camera allocates nothing. There is one test, since it counts the allocations of the
//! whole process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};

use common::{Ring, Sdk, square};
use framepool_pvcam_sys::*;

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

// SAFETY: passes on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's duty is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's duty is the same.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Faults that hold notifications back, and those that every frame is asked for.
const FAULTS: &str =
    "'late@5:9%20', 'burst@40:8%60', 'duplicate@3%7', 'reordered@4%9', 'lost@9%11', 'missing@8%9'";

#[test]
fn a_running_camera_allocates_nothing() {
    allocates_nothing("");
    allocates_nothing(FAULTS);
}

fn allocates_nothing(faults: &str) {
    let sdk = Sdk::of(&format!("[[camera]]\nfaults = [{faults}]"));
    let camera = sdk.open();
    let ring = Ring::new(16 * 2048);
    let counts = Mutex::new([0, 0]);
    let done = Condvar::new();
    let handler = camera.on_frame(|info| {
        let _ = camera.latest();
        let count = COUNT.load(Ordering::Relaxed);
        if info.FrameNr < 100 {
            counts.lock().unwrap()[0] = count;
        } else if info.FrameNr >= 1000 {
            let mut counts = counts.lock().unwrap();
            if counts[1] == 0 {
                counts[1] = count;
                done.notify_all();
            }
        }
    });
    camera.set_up(square(32), TIMED_MODE, 0, CIRC_OVERWRITE).unwrap();
    camera.start(&ring).unwrap();
    let counts = done.wait_while(counts.lock().unwrap(), |counts| counts[1] == 0).unwrap();
    assert_eq!(counts[0], counts[1], "{faults}");
    drop(counts);
    camera.stop().unwrap();
    drop(handler);
}
