//! A thousand starts and stops leave nothing behind: no thread, no file, no memory.
//!
//! One test, alone in its process, since it counts what the process has.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::counts::Counts;
use common::rig::{Consumer, FRAME_BYTES, RING, stream, triggered, verified};
use common::tier::Tier;
use common::{LONG, sdk_of, trigger};
use framepool::{AnyFrame, OnExhausted, ReadFrame};
use framepool_pvcam::{Acquisition, Camera, CopyTier, PinnedTier, Setup, Standby, Trigger};
use std::fs;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

const ROUNDS: u64 = 1000;

/// What a process has of what does not go away by itself.
#[derive(Debug, PartialEq, Eq)]
struct Has {
    threads: usize,
    files: usize,
}

fn has() -> Has {
    let entries = |folder| fs::read_dir(folder).unwrap().count();
    Has { threads: entries("/proc/self/task"), files: entries("/proc/self/fd") }
}

/// Returns the bytes of memory that the process has mapped.
fn mapped() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096
}

/// Runs `round` often, and checks that it leaves nothing.
fn leaves_nothing(what: &str, mut round: impl FnMut()) {
    // What is allocated once is there then, and what threads leave for the next ones.
    (0..50).for_each(|_| round());
    let (before, bytes) = (has(), mapped());
    (0..ROUNDS).for_each(|_| round());
    assert_eq!(has(), before, "{what}");
    // The system's allocator grows by what it likes, but not by a tenth of what is mapped in each round.
    let grown = mapped().saturating_sub(bytes);
    assert!(grown < ROUNDS * (RING * FRAME_BYTES) as u64 / 10, "{what}: {grown} bytes more");
}

fn setup(camera: &Camera, kind: Trigger) -> Setup {
    triggered(camera).with_trigger(kind).with_exposure(Duration::from_micros(20))
}

/// Lets two triggered frames come, or what comes of those that the camera takes by itself.
fn frames<T: Tier>(acquisition: &Acquisition<T>, consumer: &mut Consumer<AnyFrame>, kind: Trigger) {
    if kind == Trigger::Software {
        for number in 1..=2 {
            trigger(acquisition);
            consumer.receive(number);
        }
    } else {
        let frame = consumer.frames.recv_timeout(LONG).unwrap();
        let mut copy = vec![0; FRAME_BYTES];
        // On a busy machine it may be gone already.
        if frame.copy_to(&mut copy).is_ok() {
            assert_eq!(verified(&copy), frame.meta().hardware_number);
        }
    }
}

/// Starts and stops one that is ready.
fn standby<T: Tier>(camera: &Camera, kind: Trigger) {
    let prepared = camera.prepare(&setup(camera, kind)).unwrap();
    let (tier, mut consumer, pool) = stream::<AnyFrame, T>(4, OnExhausted::Drop);
    let mut ready = Some(Standby::new(prepared, tier).unwrap());
    leaves_nothing("standby", || {
        let acquisition = ready.take().unwrap().start().unwrap();
        frames(&acquisition, &mut consumer, kind);
        ready = Some(acquisition.halt().unwrap());
        while consumer.frames.try_recv().is_ok() {}
    });
    let report = ready.unwrap().into_handler().intake().metrics().report();
    if kind == Trigger::Software {
        assert_eq!(Counts::of(&report, T::LENDS), Counts::delivered(2 * (ROUNDS + 50)));
    }
    assert!(report.is_conserved() && report.delivered.total() >= ROUNDS + 50, "{report}");
    assert_eq!(pool.stats().available, pool.capacity());
}

/// Starts and stops clones of what was prepared once.
fn clones<T: Tier>(camera: &Camera, kind: Trigger) {
    let prepared = camera.prepare(&setup(camera, kind)).unwrap();
    leaves_nothing("clones", || {
        let (tier, mut consumer, _pool) = stream::<AnyFrame, T>(4, OnExhausted::Drop);
        let acquisition = Acquisition::start(prepared.clone(), tier).unwrap();
        frames(&acquisition, &mut consumer, kind);
        let tier = acquisition.stop().unwrap();
        let report = tier.intake().metrics().report();
        if kind == Trigger::Software {
            assert_eq!(Counts::of(&report, T::LENDS), Counts::delivered(2));
        }
        assert!(report.is_conserved() && report.delivered.total() > 0, "{report}");
    });
}

/// Ends the process if the test hangs: until what this returns is dropped.
fn watched() -> Sender<()> {
    let (sender, over) = mpsc::channel();
    thread::spawn(move || {
        if over.recv_timeout(10 * LONG) == Err(RecvTimeoutError::Timeout) {
            std::process::abort();
        }
    });
    sender
}

#[test]
fn a_thousand_starts_and_stops_leave_nothing() {
    let (_turn, sdk) = sdk_of("");
    let _watched = watched();
    let camera = sdk.open_first().unwrap();
    standby::<CopyTier<AnyFrame>>(&camera, Trigger::Software);
    standby::<PinnedTier<AnyFrame>>(&camera, Trigger::Internal);
    clones::<PinnedTier<AnyFrame>>(&camera, Trigger::Software);
    clones::<CopyTier<AnyFrame>>(&camera, Trigger::Internal);
}
