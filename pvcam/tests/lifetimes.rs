//! How acquisitions end that are not simply stopped: several cameras at once, a cable that is pulled, consumers and handlers
//! that fail, and values that are dropped in any order. Nothing waits for ever, and the camera can be used again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::counts::Counts;
use common::rig::{Rig, check, stream, triggered};
use common::tier::{Tier, in_both_tiers};
use common::{LONG, bounded, configured, init, sdk_of, trigger, until};
use framepool::{AnyFrame, Fault, Metrics, OnExhausted, Overrun, PoolError, ReadFrame, RecvError};
use framepool_pvcam::{
    Acquisition, Camera, CameraRing, CopyTier, End, FrameHandler, OpenError, PinnedTier, Prepared,
    RingFrame, SdkError, SetupError, Standby, StartError,
};
use framepool_pvcam_sim::SimError;
use std::any::Any;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

in_both_tiers! {
    a_camera_that_is_gone_for_ever_is_an_error
    a_camera_that_is_back_acquires_again
    a_camera_that_is_back_can_be_opened_again
    a_standby_outlives_an_unplugged_camera
    a_consumer_that_panics_ends_the_acquisition
    a_consumer_that_drops_its_receiver_ends_the_acquisition
    a_handler_that_panics_can_be_started_again
    an_observer_that_panics_ends_nothing
    values_may_be_dropped_in_any_order
    a_standby_may_be_the_last_that_is_left
    one_of_several_threads_gets_the_camera
}

type Copied = CopyTier<AnyFrame>;
type Pinned = PinnedTier<AnyFrame>;

/// Runs a camera until so many frames came, but for one that is lost.
fn run<T: Tier>(camera: Camera, frames: u32, lost: u32) -> Counts {
    let prepared = camera.prepare(&triggered(&camera)).unwrap();
    let (tier, mut consumer, _pool) = stream::<AnyFrame, T>(16, OnExhausted::Drop);
    let acquisition = Acquisition::start(prepared, tier).unwrap();
    let mut held = None;
    for number in 1..=frames {
        trigger(&acquisition);
        if number != lost {
            let frame = consumer.receive(number);
            // Every tenth is held until the next.
            if number.is_multiple_of(10) {
                held = Some((number, frame));
            }
        }
        if let Some((number, frame)) = &held {
            check(frame, *number);
        }
    }
    drop(held);
    Counts::of(&acquisition.stop().unwrap().intake().metrics().report(), T::LENDS)
}

#[test]
fn cameras_in_different_tiers_do_not_disturb_each_other() {
    let (_turn, sdk) = configured(
        r#"
        [[camera]]
        name = "Left"
        faults = ["lost@5", "duplicate@8%10"]

        [[camera]]
        name = "Right"
        model = "prime"
        scribble = true
        faults = ["lost@7", "clock@9:-5"]

        [[camera]]
        name = "Middle"
        faults = ["lost@3"]
        "#,
    );
    let [left, right, middle] = ["Left", "Right", "Middle"].map(|name| sdk.open(name).unwrap());
    let left = thread::spawn(move || run::<Copied>(left, 200, 5));
    let middle = thread::spawn(move || run::<Pinned>(middle, 100, 3));
    let right = bounded(move || run::<Pinned>(right, 200, 7));
    // Every tenth frame is held until the tenth after it: all but the last are copied.
    let one_lost = Counts { gaps: 1, ..Counts::default() };
    assert_eq!(right, Counts { delivered: 199, rescued: 19, ..one_lost });
    assert_eq!(middle.join().unwrap(), Counts { delivered: 99, rescued: 9, ..one_lost });
    // Frames 8, 18 .. 198.
    assert_eq!(left.join().unwrap(), Counts { delivered: 199, duplicates: 20, ..one_lost });
}

/// Checks the error of a camera that is unplugged.
fn check_removed(error: &SdkError) {
    assert_eq!(error.code, SimError::CameraRemoved.code(), "{error}");
    assert!(error.to_string().contains("the camera is unplugged"), "{error}");
}

/// Runs until the camera is unplugged with frame 3, and checks that this is said.
fn unplugged<T: Tier>(camera: &'static str) -> Rig<T> {
    let mut rig = Rig::<T>::new(camera);
    rig.run(1..=2);
    rig.trigger(1);
    match rig.end() {
        End::Failed(error) => check_removed(&error),
        end => panic!("{end:?}"),
    }
    rig
}

fn a_camera_that_is_gone_for_ever_is_an_error<T: Tier>() {
    let mut rig = unplugged::<T>("faults = ['unplugged@3']");
    check_removed(&rig.acquisition().trigger().unwrap_err());
    assert_eq!(rig.stop(), Counts::delivered(2));
    let SetupError::Sdk(error) = rig.camera.prepare(&triggered(&rig.camera)).unwrap_err() else {
        panic!("another error")
    };
    check_removed(&error);
    let Rig { camera, sdk, .. } = rig;
    drop((camera, rig.prepared));
    let OpenError::Sdk(error) = bounded(move || sdk.open_first()).unwrap_err() else {
        panic!("another error")
    };
    check_removed(&error);
}

/// Runs a camera that was set up again.
fn run_again<T: Tier>(prepared: Prepared) {
    let (tier, mut consumer, _pool) = stream::<AnyFrame, T>(4, OnExhausted::Drop);
    let acquisition = Acquisition::start(prepared, tier).unwrap();
    for number in 1..=20 {
        trigger(&acquisition);
        consumer.receive(number);
    }
    let report = acquisition.stop().unwrap().intake().metrics().report();
    assert_eq!(Counts::of(&report, T::LENDS), Counts::delivered(20));
}

/// Long enough that it is gone when the handler is called, on any machine.
const FOR_A_WHILE: &str = "faults = ['unplugged@3:1000']";

fn a_camera_that_is_back_acquires_again<T: Tier>() {
    let mut rig = unplugged::<T>(FOR_A_WHILE);
    assert_eq!(rig.stop(), Counts::delivered(2));
    let mut prepared = None;
    until("the camera is back", || {
        prepared = rig.camera.prepare(&triggered(&rig.camera)).ok();
        prepared.is_some()
    });
    let prepared = prepared.unwrap();
    run_again::<T>(prepared.clone());
    run_again::<T>(prepared);
}

fn a_camera_that_is_back_can_be_opened_again<T: Tier>() {
    let rig = unplugged::<T>(FOR_A_WHILE);
    // Without a stop.
    let (_turn, sdk, ..) = rig.into_parts();
    let mut camera = None;
    until("the camera is back", || {
        camera = sdk.open_first().ok();
        camera.is_some()
    });
    let camera = camera.unwrap();
    run_again::<T>(camera.prepare(&triggered(&camera)).unwrap());
}

fn a_standby_outlives_an_unplugged_camera<T: Tier>() {
    let mut rig = unplugged::<T>(FOR_A_WHILE);
    // The camera is back, and does not go on by itself.
    let not_acquiring = SimError::NotAcquiring.code();
    until("the camera is back", || rig.acquisition().trigger().unwrap_err().code == not_acquiring);
    let standby = rig.try_halt().unwrap();
    let acquisition = standby.start().unwrap();
    for number in 1..=20 {
        trigger(&acquisition);
        rig.consumer.receive(number);
    }
    acquisition.stop().unwrap();
    assert_eq!(rig.counts(), Counts::delivered(22));
}

/// How far the camera was is not to be had, so nothing in the ring counts as whole.
#[test]
fn what_is_lent_of_a_camera_that_is_gone_is_lost_and_copies_are_not() {
    let mut rig = Rig::<Pinned>::new("faults = ['unplugged@9']");
    let copied = rig.next(1);
    rig.run(2..=7);
    let lent = rig.next(8);
    rig.trigger(1);
    assert!(matches!(rig.end(), End::Failed(_)));
    assert_eq!(lent.validate(), Err(Overrun));
    check(&copied, 1);
    assert_eq!(rig.stop(), Counts { rescued: 1, overtaken: 1, ..Counts::delivered(8) });
    assert_eq!(lent.validate(), Err(Overrun));
    check(&copied, 1);
}

#[test]
fn a_start_while_the_camera_is_gone_is_an_error() {
    let mut rig = unplugged::<Copied>("faults = ['unplugged@3']");
    let standby = rig.try_halt().unwrap();
    let StartError::Sdk(error) = standby.start().unwrap_err() else { panic!("another error") };
    check_removed(&error);
    // The handler is gone, and with it the stream.
    assert!(matches!(rig.consumer.frames.recv_timeout(LONG), Err(RecvError::Closed)));
    let (tier, ..) = stream::<AnyFrame, Copied>(4, OnExhausted::Drop);
    let StartError::Sdk(error) = Acquisition::start(rig.prepared.clone(), tier).unwrap_err() else {
        panic!("another error")
    };
    check_removed(&error);
}

/// Runs until the consumer has gone after three frames, and one more; twice.
fn without_a_consumer<T: Tier>(metrics: &Metrics, mut acquisition: Acquisition<T>) {
    for closed in 1..=2 {
        trigger(&acquisition);
        assert_eq!(acquisition.wait(LONG), Some(End::HandlerBroke));
        let counts = Counts::of(&metrics.report(), T::LENDS);
        assert_eq!(counts, Counts { closed, ..Counts::delivered(3) });
        acquisition = bounded(move || acquisition.halt().unwrap().start().unwrap());
    }
    bounded(move || acquisition.stop()).unwrap();
}

fn a_consumer_that_panics_ends_the_acquisition<T: Tier>() {
    let (_turn, _sdk, acquisition, mut consumer, metrics) = Rig::<T>::new("").into_parts();
    let (received, next) = std::sync::mpsc::channel();
    let consumer = thread::spawn(move || {
        for number in 1..=3 {
            let _held = consumer.receive(number);
            received.send(number).unwrap();
            assert_ne!(number, 3, "on purpose, with a frame in its hands");
        }
    });
    for number in 1..=3 {
        trigger(&acquisition);
        assert_eq!(next.recv_timeout(LONG), Ok(number));
    }
    assert!(consumer.join().is_err());
    without_a_consumer(&metrics, acquisition);
}

fn a_consumer_that_drops_its_receiver_ends_the_acquisition<T: Tier>() {
    let (_turn, _sdk, acquisition, mut consumer, metrics) = Rig::<T>::new("").into_parts();
    let held: Vec<_> = (1..=3)
        .map(|number| {
            trigger(&acquisition);
            consumer.receive(number)
        })
        .collect();
    drop(consumer);
    without_a_consumer(&metrics, acquisition);
    // What it holds lives on.
    for (frame, number) in held.iter().zip(1..) {
        check(frame, number);
    }
}

/// A handler that panics when it has handled some frame.
#[derive(Debug)]
struct Panics<T> {
    tier: T,
    at: u32,
}

impl<T: FrameHandler> FrameHandler for Panics<T> {
    fn on_start(&mut self, ring: &Arc<CameraRing>) -> Result<(), PoolError> {
        self.tier.on_start(ring)
    }

    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let flow = self.tier.on_frame(frame);
        assert_ne!(frame.meta().hardware_number, self.at, "on purpose");
        flow
    }

    fn on_fault(&mut self, fault: Fault, frames: u64) {
        self.tier.on_fault(fault, frames);
    }

    fn on_stop(&mut self) {
        self.tier.on_stop();
    }
}

fn a_handler_that_panics_can_be_started_again<T: Tier>() {
    let (_turn, sdk) = sdk_of("");
    let camera = sdk.open_first().unwrap();
    let prepared = camera.prepare(&triggered(&camera)).unwrap();
    let (tier, mut consumer, pool) = stream::<AnyFrame, T>(4, OnExhausted::Drop);
    let mut standby = Standby::new(prepared, Panics { tier, at: 11 }).unwrap();
    for _time in 0..3 {
        let acquisition = standby.start().unwrap();
        let held = (1..=11).map(|number| {
            trigger(&acquisition);
            (number, consumer.receive(number))
        });
        let (_, last) = held.last().unwrap();
        let end = acquisition.wait(LONG);
        assert!(matches!(&end, Some(End::HandlerPanicked(text)) if text.contains("on purpose")));
        // It is not called again.
        trigger(&acquisition);
        standby = bounded(move || acquisition.halt()).unwrap();
        check(&last, 11);
    }
    let report = standby.into_handler().tier.intake().metrics().report();
    assert_eq!(Counts::of(&report, T::LENDS), Counts::delivered(33));
    assert_eq!(pool.stats().available, pool.capacity());
}

fn an_observer_that_panics_ends_nothing<T: Tier>() {
    let mut rig = Rig::<T>::new("");
    let tap = rig.taps.named("panics").each(|frame: &AnyFrame| {
        assert_ne!(frame.meta().hardware_number, 3, "on purpose");
    });
    rig.run(1..=20);
    assert_eq!(rig.stop(), Counts::delivered(20));
    let report = tap.report();
    assert_eq!((report.offered, report.panicked), (3, 1), "{report:?}");
}

/// Returns the orders of so many.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(|at| insert(order, at))).collect()
}

/// Reads a frame when it is dropped.
struct ReadLast(AnyFrame, u32);

impl Drop for ReadLast {
    fn drop(&mut self) {
        check(&self.0, self.1);
    }
}

fn values_may_be_dropped_in_any_order<T: Tier>() {
    let (_turn, sdk) = sdk_of("");
    drop(sdk);
    let orders = orders(6);
    assert_eq!(orders.len(), 720);
    bounded(move || {
        for order in orders {
            let sdk = init("[[camera]]");
            let camera = sdk.open_first().unwrap();
            let prepared = camera.prepare(&triggered(&camera)).unwrap();
            let (tier, mut consumer, pool) = stream::<AnyFrame, T>(4, OnExhausted::Drop);
            let acquisition = Acquisition::start(prepared.clone(), tier).unwrap();
            trigger(&acquisition);
            let held = ReadLast(consumer.receive(1), 1);
            // It is under way, and comes or not.
            trigger(&acquisition);
            let mut values: [Option<Box<dyn Any>>; 6] = [
                Some(Box::new(sdk)),
                Some(Box::new(camera)),
                Some(Box::new(prepared)),
                Some(Box::new(consumer)),
                Some(Box::new(acquisition)),
                Some(Box::new(held)),
            ];
            for index in order {
                drop(values[index].take());
            }
            assert_eq!(pool.stats().available, pool.capacity());
        }
    });
}

fn a_standby_may_be_the_last_that_is_left<T: Tier>() {
    let mut rig = Rig::<T>::new("");
    rig.run(1..=20);
    let pool = rig.pool.clone();
    let (_turn, sdk, acquisition, mut consumer, _) = rig.into_parts();
    let standby = acquisition.halt().unwrap();
    drop(sdk);
    bounded(move || {
        // The camera is open as long as it.
        let acquisition = standby.start().unwrap();
        trigger(&acquisition);
        let held = consumer.receive(1);
        drop(consumer);
        trigger(&acquisition);
        assert_eq!(acquisition.wait(LONG), Some(End::HandlerBroke));
        drop(acquisition);
        check(&held, 1);
    });
    assert_eq!(pool.stats().available, pool.capacity());
    drop(init(""));
}

fn one_of_several_threads_gets_the_camera<T: Tier>() {
    let (_turn, sdk) = sdk_of("");
    let camera = sdk.open_first().unwrap();
    let prepared = camera.prepare(&triggered(&camera)).unwrap();
    let started = Arc::new(AtomicU64::new(0));
    let threads = [(); 3].map(|()| {
        let (prepared, started) = (prepared.clone(), Arc::clone(&started));
        move || {
            // Ordering: Relaxed, both: a count, which publishes nothing.
            while started.load(Ordering::Relaxed) < 300 {
                let (tier, mut consumer, _pool) = stream::<AnyFrame, T>(2, OnExhausted::Drop);
                match Acquisition::start(prepared.clone(), tier) {
                    Ok(acquisition) => {
                        trigger(&acquisition);
                        consumer.receive(1);
                        let tier = acquisition.stop().unwrap();
                        let report = tier.intake().metrics().report();
                        assert_eq!(Counts::of(&report, T::LENDS), Counts::delivered(1));
                        started.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(StartError::Running) => thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
            }
        }
    });
    let [first, second, third] = threads;
    let others = [thread::spawn(first), thread::spawn(second)];
    bounded(third);
    others.into_iter().for_each(|other| other.join().unwrap());
}
