//! The sequence tier: the camera writes into the pool, and each frame is a writable loan when it is complete.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{LONG, sdk_of, small};
use framepool::{FramePool, FrameProducer, Frames, Report};
use framepool_pvcam::{Camera, End, Sdk, SequenceTier, Sequences, SetupError, StartError, Trigger};
use framepool_pvcam_sim::picture;
use std::time::Duration;

const FRAMES: u16 = 3;
const RUNS: usize = 2;

struct Rig {
    camera: Camera,
    pool: FramePool,
    frames: Frames,
    sequences: Sequences<framepool::Frame>,
}

/// Starts sequences of three frames into two runs, triggered by the test.
fn rig(sdk: &Sdk, limit: u64) -> Rig {
    let camera = sdk.open_first().unwrap();
    let setup = small(&camera).with_trigger(Trigger::Software);
    let prepared = camera.prepare_sequences(&setup, FRAMES).unwrap();
    let slots = RUNS * usize::from(FRAMES);
    let pool = FramePool::options(slots, prepared.frame_bytes()).adjacent().build().unwrap();
    let (producer, frames) = FrameProducer::options(pool.clone()).places(64).build();
    let tier = SequenceTier::new(producer.into_intake()).with_frame_limit(limit);
    let sequences = Sequences::start(prepared, tier).unwrap();
    Rig { camera, pool, frames, sequences }
}

impl Rig {
    /// Triggers one frame, once a sequence waits for it.
    fn trigger(&self) {
        while !self.sequences.trigger().unwrap_or(false) {
            std::thread::yield_now();
        }
    }

    /// Receives a frame, which is to have this number and be whole.
    fn receive(&mut self, number: u32) -> framepool::Frame {
        let frame = self.frames.recv_timeout(LONG).unwrap();
        assert_eq!(frame.meta().hardware_number, number);
        assert_eq!(picture::verify(frame.bytes(), 64, 32), Ok(number));
        frame
    }

    fn stop(self) -> (Report, FramePool) {
        let Self { camera: _camera, pool, frames, sequences } = self;
        drop(frames);
        let report = sequences.stop().unwrap().intake().metrics().report();
        assert!(report.is_conserved());
        assert_eq!(pool.available(), pool.capacity(), "no buffer is lost");
        (report, pool)
    }
}

#[test]
fn each_frame_is_a_writable_loan_of_the_buffer_that_the_camera_wrote() {
    let (_turn, sdk) = sdk_of("");
    let mut rig = rig(&sdk, u64::MAX);
    for sequence in 0..5 {
        for number in 1..=FRAMES {
            rig.trigger();
            let mut frame = rig.receive(number.into());
            assert!(frame.is_pooled(), "sequence {sequence}");
            frame.get_mut().expect("the only share").fill(0);
        }
    }
    let gaps = rig.sequences.gaps();
    assert!(gaps.count >= 4 && gaps.microseconds.median > 0.0 && gaps.frames > 0.0, "{gaps:?}");
    let (report, _) = rig.stop();
    assert_eq!((report.seen, report.delivered.pooled, report.lost), (15, 15, 0));
    assert_eq!(report.faults, framepool::Faults::default());
}

#[test]
fn the_next_sequence_starts_while_frames_of_the_last_are_held() {
    let (_turn, sdk) = sdk_of("");
    let mut rig = rig(&sdk, u64::MAX);
    let mut held = Vec::new();
    for _ in 0..RUNS {
        for number in 1..=FRAMES {
            rig.trigger();
            held.push(rig.receive(number.into()));
        }
    }
    // Every run has a frame that is held: nothing is started until one is whole again.
    assert!(rig.sequences.trigger().is_err() || !rig.sequences.trigger().unwrap_or(false));
    let last = held.split_off(FRAMES.into());
    held.truncate(1);
    assert!(!rig.sequences.trigger().unwrap_or(false));
    drop(held);
    rig.trigger();
    drop(rig.receive(1));
    for (frame, number) in last.iter().zip(1..) {
        assert_eq!(picture::verify(frame.bytes(), 64, 32), Ok(number), "it was not written again");
    }
    drop(last);
    rig.stop();
}

#[test]
fn frames_are_held_after_the_end() {
    let (_turn, sdk) = sdk_of("");
    let mut rig = rig(&sdk, 4);
    for _ in 0..4 {
        rig.trigger();
    }
    let held = [1, 2, 3, 1].map(|number| rig.receive(number));
    assert_eq!(rig.sequences.wait(LONG), Some(End::HandlerBroke));
    let Rig { camera, pool, frames, sequences } = rig;
    let tier = sequences.stop().unwrap();
    assert_eq!(tier.intake().frames_seen(), 4);
    drop((camera, frames, tier, sdk));
    assert_eq!(pool.available(), 2);
    assert_eq!(picture::verify(held[3].bytes(), 64, 32), Ok(1));
}

#[test]
fn what_the_sdk_does_not_announce_is_found() {
    let (_turn, sdk) = sdk_of("faults = ['missing@2', 'missing@3']");
    let mut rig = rig(&sdk, u64::MAX);
    for _ in 0..FRAMES {
        rig.trigger();
    }
    // The last one is found after a while, as nothing comes any more.
    (1..=FRAMES).for_each(|number| drop(rig.receive(number.into())));
    let (report, _) = rig.stop();
    assert_eq!((report.seen, report.faults.missed, report.lost), (3, 2, 0));
}

#[test]
fn announcements_that_are_wrong_are_told_apart() {
    let (_turn, sdk) = sdk_of("faults = ['duplicate@1', 'duplicate@3']");
    let mut rig = rig(&sdk, u64::MAX);
    for _ in 0..2 {
        for number in 1..=FRAMES {
            rig.trigger();
            drop(rig.receive(number.into()));
        }
    }
    // The duplicate of a sequence's last frame comes when there is none, or another one.
    rig.trigger();
    drop(rig.receive(1));
    rig.trigger();
    drop(rig.receive(2));
    let (report, _) = rig.stop();
    assert_eq!((report.seen, report.faults.duplicates, report.lost), (8, 5, 0));
}

#[test]
fn frames_that_the_camera_loses_leave_a_gap() {
    let (_turn, sdk) = sdk_of("faults = ['lost@2']");
    let mut rig = rig(&sdk, u64::MAX);
    for number in [1, 3, 4] {
        rig.trigger();
        if number == 3 {
            rig.trigger();
        }
        drop(rig.receive(number));
    }
    let (report, _) = rig.stop();
    assert_eq!((report.seen, report.faults.gaps, report.lost), (3, 1, 1));
}

#[test]
fn no_frame_has_another_ones_number() {
    let faults = [
        "'lost@2', 'late@3:1'",
        "'lost@2', 'missing@3'",
        "'lost@1:2', 'reordered@3'",
        "'late@1:2'",
        "'clock@2:100000'",
        "'clock@2:-100000'",
        "'duplicate@3', 'missing@2'",
    ];
    for faults in faults {
        let (_turn, sdk) = sdk_of(&format!("faults = [{faults}]"));
        let mut rig = rig(&sdk, u64::MAX);
        let mut received = 0;
        while received < 9 {
            // Those that a burst does not need, or a lost frame has used up, do no harm.
            let _taken = rig.sequences.trigger().unwrap();
            let Ok(frame) = rig.frames.recv_timeout(Duration::from_millis(1)) else { continue };
            let shown = picture::verify(frame.bytes(), 64, 32).expect("whole");
            let number = frame.meta().hardware_number;
            assert!(number == shown || number == 0, "{faults}: {number} shows {shown}");
            received += 1;
        }
        let (report, _) = rig.stop();
        assert!(report.seen >= 9, "{faults}: {report}");
    }
}

#[test]
fn a_frame_that_is_announced_late_is_counted() {
    let (_turn, sdk) = sdk_of("faults = ['late@1:2']");
    let mut rig = rig(&sdk, u64::MAX);
    (0..FRAMES).for_each(|_| rig.trigger());
    (1..=FRAMES).for_each(|number| drop(rig.receive(number.into())));
    let (report, _) = rig.stop();
    assert_eq!((report.seen, report.faults.late, report.lost), (3, 1, 0));
}

#[test]
fn a_clock_that_jumps_changes_nothing_but_time_stamps() {
    let (_turn, sdk) = sdk_of("faults = ['clock@2:-100000']");
    let mut rig = rig(&sdk, u64::MAX);
    for _ in 0..3 {
        for number in 1..=FRAMES {
            rig.trigger();
            drop(rig.receive(number.into()));
        }
    }
    let (report, _) = rig.stop();
    assert_eq!((report.seen, report.faults), (9, framepool::Faults::default()));
}

#[test]
fn a_pool_that_is_closed_ends_it() {
    let (_turn, sdk) = sdk_of("");
    let rig = rig(&sdk, u64::MAX);
    rig.pool.close();
    (0..FRAMES).for_each(|_| rig.trigger());
    let end = rig.sequences.wait(LONG);
    assert!(matches!(end, Some(End::PoolClosed | End::HandlerBroke)), "{end:?}");
    assert_eq!(rig.sequences.stop().unwrap().intake().metrics().report().delivered.total(), 0);
}

#[test]
fn a_pool_that_does_not_fit_is_refused() {
    let (_turn, sdk) = sdk_of("");
    let camera = sdk.open_first().unwrap();
    let none = camera.prepare_sequences(&small(&camera), 0).unwrap_err();
    assert!(matches!(none, SetupError::NoFrames), "{none}");
    let prepared = camera.prepare_sequences(&small(&camera), FRAMES).unwrap();
    let bytes = prepared.frame_bytes();
    let sizes = [(2, bytes, true), (3, bytes + 1, true), (3, bytes - 2, false)];
    for (slots, slot_bytes, is_adjacent) in sizes {
        let options = FramePool::options(slots, slot_bytes);
        let pool = if is_adjacent { options.adjacent() } else { options }.build().unwrap();
        let (producer, _frames) = FrameProducer::options(pool).build();
        let tier = SequenceTier::new(producer.into_intake());
        let error = Sequences::start(prepared.clone(), tier).unwrap_err();
        assert!(matches!(error, StartError::PoolUnfit { frames: 3, .. }), "{error}");
    }
    // The camera is free after that.
    let pool = FramePool::options(3, bytes).adjacent().build().unwrap();
    let (producer, mut frames) = FrameProducer::options(pool).build();
    let tier = SequenceTier::new(producer.into_intake());
    let sequences = Sequences::start(prepared, tier).unwrap();
    assert!(frames.recv_blocking().is_some());
    sequences.stop().unwrap();
}

#[test]
fn buffers_are_leaked_if_the_camera_does_not_stop() {
    let (_turn, sdk) = sdk_of("aborts_fail = 1");
    let mut rig = rig(&sdk, u64::MAX);
    rig.trigger();
    drop(rig.receive(1));
    let Rig { camera, pool, frames, sequences } = rig;
    let error = sequences.stop().unwrap_err();
    assert_eq!(error.function, "pl_exp_abort");
    drop(frames);
    assert_eq!(pool.capacity() - pool.available(), 2, "of the sequence that runs");
    drop(camera);
    drop(sdk.open_first().unwrap());
}
