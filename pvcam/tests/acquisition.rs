//! SDK, cameras and acquisitions, and the order in which they end, with the linked-in simulator.
//!
//! A process has one SDK, so these tests take turns.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use framepool::{Fault, FramePool, OnExhausted, RegionOfInterest, channel};
use framepool_pvcam::{
    Acquisition, Camera, CopyError, CopyTier, End, FrameHandler, Library, OpenError,
    ParameterError, Prepared, RingFrame, Sdk, Setup, SetupError, StartError, Trigger,
};
use framepool_pvcam_sim::picture;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static TURN: Mutex<()> = Mutex::new(());
const LONG: Duration = Duration::from_secs(60);

fn sdk() -> (MutexGuard<'static, ()>, Sdk) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    (turn, Sdk::init(Library::simulated()).unwrap())
}

fn small(camera: &Camera) -> Setup {
    Setup::full_frame(camera, Duration::from_millis(1))
        .with_region(region(8, 16, 64, 32))
        .with_ring_frames(8)
}

fn region(x: u32, y: u32, width: u32, height: u32) -> RegionOfInterest {
    RegionOfInterest::new(x, y, width, height)
}

fn prepared(sdk: &Sdk) -> (Camera, Prepared) {
    let camera = sdk.open_first().unwrap();
    let prepared = camera.prepare(&small(&camera)).unwrap();
    (camera, prepared)
}

/// Calls `each` for every frame, and counts the lost ones.
struct Handler<F> {
    each: F,
    lost: u64,
}

impl<F> Handler<F> {
    fn new(each: F) -> Self {
        Self { each, lost: 0 }
    }
}

impl<F> std::fmt::Debug for Handler<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handler").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl<F: FnMut(&RingFrame<'_>) -> ControlFlow<()> + Send + 'static> FrameHandler for Handler<F> {
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        (self.each)(frame)
    }

    fn on_fault(&mut self, fault: Fault, frames: u64) {
        if matches!(fault, Fault::Gap | Fault::Overrun) {
            self.lost += frames;
        }
    }
}

/// Triggers a frame, as soon as the camera takes the trigger.
fn trigger<H: FrameHandler>(acquisition: &Acquisition<H>) {
    while !acquisition.trigger().unwrap() {
        std::thread::yield_now();
    }
}

#[test]
fn frames_arrive_whole_and_in_order() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open_first().unwrap();
    // Triggered one by one, so that none is lost on a busy machine.
    let prepared = camera.prepare(&small(&camera).with_trigger(Trigger::Software)).unwrap();
    let pool = FramePool::try_new(8, prepared.frame_bytes()).unwrap();
    let (intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
    let acquisition = Acquisition::start(prepared, CopyTier::new(intake)).unwrap();
    for number in 1..=50 {
        trigger(&acquisition);
        let frame = frames.recv_blocking().unwrap();
        let (view, meta) = (frame.view(), *frame.meta());
        assert_eq!(picture::verify(view.bytes(), 64, 32), Ok(number));
        assert_eq!((meta.number, meta.hardware_number), (number.into(), number));
        assert_eq!((meta.width, meta.height, meta.bit_depth), (64, 32, 16));
        assert_eq!((meta.region.x, meta.exposure_ns), (8, 1_000_000));
        assert_eq!(view.rows().len(), 32);
        assert_eq!(view.pixels_u16().unwrap().len(), 64 * 32);
    }
    let tier = acquisition.stop().unwrap();
    assert!(tier.intake().metrics().report().is_conserved());
}

#[test]
fn a_camera_can_be_started_again_and_numbers_begin_anew() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open_first().unwrap();
    for _ in 0..3 {
        let (seen, numbers) = mpsc::channel();
        let each = move |frame: &RingFrame<'_>| {
            let _gone = seen.send(frame.meta().hardware_number);
            ControlFlow::Continue(())
        };
        let prepared = camera.prepare(&small(&camera)).unwrap();
        let acquisition = Acquisition::start(prepared, Handler::new(each)).unwrap();
        assert_eq!(numbers.recv(), Ok(1));
        assert_eq!(numbers.recv(), Ok(2));
        acquisition.stop().unwrap();
    }
}

#[test]
fn a_camera_has_one_setup_and_one_acquisition() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open_first().unwrap();
    let idle = || Handler::new(|_: &RingFrame<'_>| ControlFlow::Continue(()));
    let stale = camera.prepare(&small(&camera)).unwrap();
    let other = small(&camera).with_region(region(0, 0, 512, 512));
    let newest = camera.prepare(&other).unwrap();
    let error = Acquisition::start(stale, idle()).unwrap_err();
    assert!(matches!(error, StartError::Stale), "{error}");

    let unused = camera.prepare(&small(&camera)).unwrap();
    assert!(matches!(Acquisition::start(newest, idle()).unwrap_err(), StartError::Stale));

    let first = camera.prepare(&small(&camera)).unwrap();
    let (seen, numbers) = mpsc::channel();
    let each = move |frame: &RingFrame<'_>| {
        let _gone = seen.send(frame.meta().hardware_number);
        ControlFlow::Continue(())
    };
    let running = Acquisition::start(first, Handler::new(each)).unwrap();
    let error = camera.prepare(&small(&camera)).unwrap_err();
    assert!(matches!(error, SetupError::Running), "{error}");
    let error = Acquisition::start(unused, idle()).unwrap_err();
    assert!(matches!(error, StartError::Running), "{error}");
    // The first acquisition goes on undisturbed.
    let so_far = numbers.try_iter().last().unwrap_or_default();
    assert!(numbers.recv_timeout(LONG).unwrap() > so_far);
    running.stop().unwrap();
    let again = camera.prepare(&small(&camera)).unwrap();
    Acquisition::start(again, idle()).unwrap().stop().unwrap();
}

#[test]
fn a_start_that_fails_leaves_the_camera_free() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open_first().unwrap();
    let idle = || Handler::new(|_: &RingFrame<'_>| ControlFlow::Continue(()));
    let too_large = small(&camera).with_ring_frames(1 << 21);
    let prepared = camera.prepare(&too_large).unwrap();
    assert!(Acquisition::start(prepared, idle()).is_err());
    let prepared = camera.prepare(&small(&camera)).unwrap();
    Acquisition::start(prepared, idle()).unwrap().stop().unwrap();
}

#[test]
fn waiting_for_the_end_does_not_wait_for_the_handler() {
    let (_turn, sdk) = sdk();
    let (_camera, prepared) = prepared(&sdk);
    let (handler, copies, go_on) = held_up();
    let acquisition = Acquisition::start(prepared, handler).unwrap();
    assert_eq!(copies.recv(), Ok(Ok(0)), "held up in frame 1");
    // It would never return if it needed the lock that is held while the handler runs.
    assert_eq!(acquisition.wait(Duration::ZERO), None);
    go_on.send(()).unwrap();
    acquisition.stop().unwrap();
}

#[test]
fn closing_the_pool_ends_the_wait_of_a_handler() {
    let (_turn, sdk) = sdk();
    let (_camera, prepared) = prepared(&sdk);
    let pool = FramePool::try_new(1, prepared.frame_bytes()).unwrap();
    let (intake, mut frames) = channel(pool.clone(), 8, OnExhausted::WaitThenDrop(Duration::MAX));
    let acquisition = Acquisition::start(prepared, CopyTier::new(intake)).unwrap();
    // While this frame keeps the only buffer, the handler waits for one, now or soon, for ever.
    let _kept = frames.recv_blocking().unwrap();
    acquisition.close();
    pool.close();
    let tier = acquisition.stop().unwrap();
    let report = tier.intake().metrics().report();
    assert!(report.is_conserved() && report.dropped.closed <= 1, "{report:?}");
    assert_eq!(report.delivered.pooled, 1);
}

#[test]
fn dropping_in_any_order_ends_everything() {
    let (_turn, sdk) = sdk();
    let (camera, prepared) = prepared(&sdk);
    let each = |_: &RingFrame<'_>| ControlFlow::Continue(());
    let acquisition = Acquisition::start(prepared, Handler::new(each)).unwrap();
    // The acquisition keeps its camera and the SDK alive.
    drop(camera);
    drop(sdk);
    assert!(Sdk::init(Library::simulated()).is_err(), "it is still initialised");
    drop(acquisition);
    let sdk = Sdk::init(Library::simulated()).unwrap();
    assert_eq!(sdk.cameras().unwrap(), ["SimCam00"]);
}

#[test]
fn a_handler_that_breaks_ends_the_acquisition() {
    let (_turn, sdk) = sdk();
    let (_camera, prepared) = prepared(&sdk);
    let mut left = 3;
    let each = move |_: &RingFrame<'_>| {
        left -= 1;
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let acquisition = Acquisition::start(prepared, Handler::new(each)).unwrap();
    assert_eq!(acquisition.wait(LONG), Some(End::HandlerBroke));
    acquisition.stop().unwrap();
}

#[test]
fn a_handler_that_panics_is_reported_and_everything_still_ends() {
    let (_turn, sdk) = sdk();
    let (_camera, prepared) = prepared(&sdk);
    let each = |_: &RingFrame<'_>| panic!("on purpose");
    let acquisition = Acquisition::start(prepared, Handler::new(each)).unwrap();
    assert_eq!(acquisition.wait(LONG), Some(End::HandlerPanicked("on purpose".to_owned())));
    acquisition.stop().unwrap();
    assert!(sdk.open_first().is_err(), "the camera is still open");
}

/// Makes a handler that is held up in its first frame until the test lets it go on.
fn held_up() -> (impl FrameHandler, Receiver<Result<u32, CopyError>>, Sender<()>) {
    let (copied, copies) = mpsc::channel();
    let (go_on, held) = mpsc::channel();
    let mut first = true;
    let each = move |frame: &RingFrame<'_>| {
        let mut buffer = vec![0; frame.frame_bytes()];
        if std::mem::take(&mut first) {
            let _early = copied.send(Ok(0));
            let _gone = held.recv();
        }
        let copy = frame.copy_to(&mut buffer);
        let number = copy.map(|()| picture::verify(&buffer, 64, 32).expect("whole"));
        let _gone = copied.send(number);
        ControlFlow::Continue(())
    };
    (Handler::new(each), copies, go_on)
}

#[test]
fn a_handler_that_is_too_late_gets_an_error_and_never_a_torn_frame() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open_first().unwrap();
    let setup = small(&camera).with_trigger(Trigger::Software);
    let (handler, copies, go_on) = held_up();
    let acquisition = Acquisition::start(camera.prepare(&setup).unwrap(), handler).unwrap();
    trigger(&acquisition);
    assert_eq!(copies.recv(), Ok(Ok(0)), "held up in frame 1");
    // The camera takes a trigger when the last frame is complete: 11 frames are, in a ring of 8.
    for _frame in 2..=12 {
        trigger(&acquisition);
    }
    go_on.send(()).unwrap();
    assert_eq!(copies.recv(), Ok(Err(CopyError::Overrun)));
    // The other copies are whole, which the handler checks, and in order.
    let mut numbers = Vec::new();
    while numbers.len() < 3 {
        match copies.recv_timeout(LONG).unwrap() {
            Ok(number) => numbers.push(number),
            Err(error) => assert_eq!(error, CopyError::Overrun),
        }
    }
    assert!(numbers[0] >= 4 && numbers.is_sorted(), "{numbers:?}");
    acquisition.stop().unwrap();
}

#[test]
fn triggered_frames_come_one_for_each_trigger() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open_first().unwrap();
    let setup = small(&camera).with_trigger(Trigger::Software);
    let (seen, numbers) = mpsc::channel();
    let each = move |frame: &RingFrame<'_>| {
        let _gone = seen.send(frame.meta().hardware_number);
        ControlFlow::Continue(())
    };
    let acquisition =
        Acquisition::start(camera.prepare(&setup).unwrap(), Handler::new(each)).unwrap();
    for number in 1..=3 {
        trigger(&acquisition);
        assert_eq!(numbers.recv_timeout(LONG), Ok(number));
    }
    assert!(numbers.try_recv().is_err(), "no frame without a trigger");
    acquisition.stop().unwrap();
}

#[test]
fn impossible_setups_are_errors() {
    let (_turn, sdk) = sdk();
    assert!(matches!(sdk.open("NoSuchCamera"), Err(OpenError::Unknown { .. })));
    let camera = sdk.open_first().unwrap();
    assert!(matches!(sdk.open("SimCam00"), Err(OpenError::Sdk(_))), "it is open already");
    let setup = small(&camera);
    let prepare = |setup: Setup| camera.prepare(&setup).unwrap_err();

    let error = prepare(setup.clone().with_region(region(2000, 0, 49, 10)));
    assert!(matches!(error, SetupError::RegionOutside { sensor_width: 2048, .. }), "{error}");
    let error = prepare(setup.clone().with_binning(3));
    assert!(error.to_string().contains("1x1"), "which there are: {error}");
    assert!(matches!(error, SetupError::Parameter(ParameterError::NotAChoice { .. })), "{error}");
    let error = prepare(setup.clone().with_region(region(0, 0, 63, 32)).with_binning(2));
    assert!(matches!(error, SetupError::RegionBinning { pixels: 63, binning: 2, .. }), "{error}");
    let error = prepare(setup.clone().with_binning(0));
    assert!(matches!(error, SetupError::BinningZero), "{error}");
    let error = prepare(setup.clone().with_exposure(Duration::ZERO));
    assert!(matches!(error, SetupError::Exposure(_)), "{error}");

    let each = |_: &RingFrame<'_>| ControlFlow::Continue(());
    let prepared = camera.prepare(&setup.with_ring_frames(1 << 21)).unwrap();
    let error = Acquisition::start(prepared, Handler::new(each)).unwrap_err();
    assert!(matches!(error, StartError::RingTooLarge { .. }), "{error}");
}
