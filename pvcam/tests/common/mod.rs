//! The linked-in simulator with a camera of each model, for tests that take turns.
#![allow(dead_code, unused_imports, unused_macros, reason = "each test program uses a part of it")]
#![allow(unreachable_pub, reason = "a module of several programs")]

pub mod counts;
pub mod rig;
pub mod tier;

use framepool::{Fault, RegionOfInterest};
use framepool_pvcam::{Acquisition, Camera, FrameHandler, Library, RingFrame, Sdk, Setup};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

static TURN: Mutex<()> = Mutex::new(());
pub const LONG: Duration = Duration::from_secs(60);

/// A recent camera, with all that the SDK offers.
pub const PRIME: &str = "Prime";
/// One that has the legacy exposure modes only, and no embedded metadata.
pub const COOL: &str = "Cool";

const CAMERAS: &str = r#"
[[camera]]
model = "prime"
name = "Prime"

[[camera]]
model = "cool"
name = "Cool"
"#;

/// Initialises the SDK with both cameras; one test at a time has it.
pub fn sdk() -> (MutexGuard<'static, ()>, Sdk) {
    configured(CAMERAS)
}

/// Initialises the SDK with one camera, of which this is said.
pub fn sdk_of(camera: &str) -> (MutexGuard<'static, ()>, Sdk) {
    configured(&format!("[[camera]]\n{camera}\n"))
}

/// Initialises the SDK with the cameras that a configuration describes; one test at a time has it.
pub fn configured(cameras: &str) -> (MutexGuard<'static, ()>, Sdk) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    (turn, init(cameras))
}

/// Initialises the SDK in the turn of a test.
pub fn init(cameras: &str) -> Sdk {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, cameras.as_bytes()).unwrap();
    // SAFETY: the tests of a program that uses this read the environment in their turns only.
    unsafe { std::env::set_var(framepool_pvcam_sim::CONFIG_VARIABLE, file.path()) };
    Sdk::init(Library::simulated()).unwrap()
}

pub fn region(x: u32, y: u32, width: u32, height: u32) -> RegionOfInterest {
    RegionOfInterest::new(x, y, width, height)
}

/// A setup of small frames.
pub fn small(camera: &Camera) -> Setup {
    Setup::full_frame(camera, Duration::from_millis(1)).with_region(region(8, 16, 64, 32))
}

/// Sends the hardware's numbers of frames.
#[derive(Debug)]
pub struct Numbers(Sender<u32>);

impl FrameHandler for Numbers {
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let _gone = self.0.send(frame.meta().hardware_number);
        ControlFlow::Continue(())
    }

    fn on_fault(&mut self, _fault: Fault, _frames: u64) {}
}

/// Makes a handler, and what it sends to.
pub fn numbers() -> (Numbers, Receiver<u32>) {
    let (sender, receiver) = mpsc::channel();
    (Numbers(sender), receiver)
}

/// Triggers a frame, as soon as the camera takes the trigger.
pub fn trigger<H: FrameHandler>(acquisition: &Acquisition<H>) {
    until("the camera takes a trigger", || acquisition.trigger().unwrap());
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONG, "in vain until {what}");
        std::thread::yield_now();
    }
}

/// Runs `work` on a thread of its own, which must come to an end.
pub fn bounded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || sender.send(work()));
    match receiver.recv_timeout(LONG) {
        Ok(done) => done,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().unwrap_err())
        }
    }
}
