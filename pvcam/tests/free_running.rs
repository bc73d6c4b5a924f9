//! Cameras that run freely, with every fault at once, and a consumer that is sometimes slow: however busy the machine is, each
//! frame is delivered whole or counted, once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::rig::{FRAME_BYTES, stream, triggered, verified};
use common::tier::{Tier, in_both_tiers};
use common::{LONG, bounded, sdk_of};
use framepool::{AnyFrame, Fault, OnExhausted, PoolError, ReadError, ReadFrame};
use framepool_pvcam::{CameraRing, FrameHandler, RingFrame, Standby, Trigger};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

in_both_tiers! {
    frames_are_whole_and_all_are_accounted_for
    a_camera_that_keeps_frames_is_no_different
}

const FRAMES: u32 = 3000;

const CAMERA: &str = r#"
    scribble = true
    faults = [
        "lost@20%200", "missing@40:2%200", "duplicate@60%200", "reordered@80%200", "late@100:9%200", "burst@120:12%200",
        "lost@140:9%200", "late@150:9%200", "stall@190:1%200"
    ]
"#;

/// A tier, and the number of the last frame that it was shown.
#[derive(Debug)]
struct Shown<T> {
    tier: T,
    last: u32,
}

impl<T: FrameHandler> FrameHandler for Shown<T> {
    fn on_start(&mut self, ring: &Arc<CameraRing>) -> Result<(), PoolError> {
        self.tier.on_start(ring)
    }

    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let number = frame.meta().hardware_number;
        assert!(number > self.last, "{number} after {}", self.last);
        self.last = number;
        self.tier.on_frame(frame)
    }

    fn on_fault(&mut self, fault: Fault, frames: u64) {
        self.tier.on_fault(fault, frames);
    }

    fn on_stop(&mut self) {
        self.tier.on_stop();
    }
}

/// Reads a frame, if it is still there, and checks that it is the one with its number.
fn check(frame: &AnyFrame, copy: &mut [u8]) {
    match frame.copy_to(copy) {
        Ok(()) => assert_eq!(verified(copy), frame.meta().hardware_number),
        Err(error) => assert_eq!(error, ReadError::Overrun),
    }
}

fn run<T: Tier>(camera: &str, overwrite: bool) {
    let (_turn, sdk) = sdk_of(camera);
    let camera = sdk.open_first().unwrap();
    let setup = triggered(&camera)
        .with_trigger(Trigger::Internal)
        .with_exposure(Duration::from_micros(20))
        .with_ring_frames(16)
        .with_overwrite(overwrite);
    let prepared = camera.prepare(&setup).unwrap();
    let (tier, mut consumer, pool) = stream::<AnyFrame, T>(6, OnExhausted::Drop);
    let metrics = tier.intake().metrics().clone();
    let acquisition = Standby::new(prepared, Shown { tier, last: 0 }).unwrap().start().unwrap();

    let most = if T::LENDS { 8 } else { 4 };
    let (mut copy, mut held, mut last) = (vec![0; FRAME_BYTES], Vec::new(), (0, 0));
    while last.1 < FRAMES {
        let frame = consumer.frames.recv_timeout(LONG);
        let frame = frame.unwrap_or_else(|error| {
            panic!(
                "{error} after {last:?}: {:?}, {}",
                acquisition.wait(LONG / 60),
                metrics.report()
            )
        });
        let numbers = (frame.meta().number, frame.meta().hardware_number);
        assert!(numbers.0 > last.0 && numbers.1 > last.1, "{numbers:?} after {last:?}");
        last = numbers;
        check(&frame, &mut copy);
        // Some are held until the camera has come round: more than there are buffers, if they are lent.
        if numbers.1.is_multiple_of(7) {
            held.push(frame);
        }
        if held.len() == most {
            held.drain(..).for_each(|frame| check(&frame, &mut copy));
        }
    }
    let standby = bounded(move || acquisition.halt()).unwrap();
    held.drain(..).for_each(|frame| check(&frame, &mut copy));
    while let Ok(frame) = consumer.frames.try_recv() {
        check(&frame, &mut copy);
    }
    let report = metrics.report();
    assert!(report.is_conserved(), "{report}");
    let shown = u64::from(standby.into_handler().last);
    assert_eq!(report.seen + report.lost, shown, "{report}, {}", report.faults);
    assert_eq!(report.faults.impossible, 0, "{}", report.faults);
    assert!(report.faults.gaps > 0 && shown >= u64::from(FRAMES), "{report}");
    assert_eq!(pool.stats().available, pool.capacity());
}

fn frames_are_whole_and_all_are_accounted_for<T: Tier>() {
    run::<T>(CAMERA, true);
}

fn a_camera_that_keeps_frames_is_no_different<T: Tier>() {
    run::<T>(&format!("{CAMERA}\nno_overwrite = 'overwrites'"), false);
}
