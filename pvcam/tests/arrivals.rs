//! When frames arrived, by a clock that other programs read too.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{LONG, sdk_of, small, until};
use framepool::{AnyFrame, Frames, ReadFrame};
use framepool_pvcam::{Capture, Tier, Trigger};
use rustix::time::{ClockId, clock_gettime};

fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec * 1_000_000_000 + now.tv_nsec).unwrap()
}

fn trigger(capture: &Capture) {
    until("the camera takes a trigger", || capture.trigger().unwrap_or(false));
}

fn receive(frames: &mut Frames<AnyFrame>, number: u32) -> AnyFrame {
    let frame = frames.recv_timeout(LONG).unwrap();
    assert_eq!(frame.meta().hardware_number, number);
    frame
}

/// Captures triggered frames in each tier, from a camera of which this is said.
fn in_each_tier(camera: &str, mut look: impl FnMut(Tier, &Capture, Frames<AnyFrame>)) {
    for tier in [Tier::Copy, Tier::Pinned, Tier::Sequence(4)] {
        let (_turn, sdk) = sdk_of(camera);
        let camera = sdk.open_first().unwrap();
        let setup = small(&camera).with_trigger(Trigger::Software);
        let (capture, frames) = camera.capture(setup).tier(tier).start().unwrap();
        look(tier, &capture, frames);
        capture.stop().unwrap();
    }
}

#[test]
fn a_frame_arrives_between_its_trigger_and_its_consumer() {
    in_each_tier("", |tier, capture, mut frames| {
        for number in 1..=4 {
            let before = now_ns();
            trigger(capture);
            let arrival = receive(&mut frames, number).meta().arrival_ns;
            assert!((before..=now_ns()).contains(&arrival), "{tier:?}: {arrival} from {before} on");
        }
        assert_eq!(capture.meta().arrival_ns, 0, "no frame, no arrival");
    });
}

/// Their time stamps are unknown, but when the program saw them is not.
#[test]
fn frames_that_were_not_announced_arrive_as_they_are_found() {
    in_each_tier("faults = ['missing@2', 'missing@3']", |tier, capture, mut frames| {
        let before = now_ns();
        (0..4).for_each(|_| trigger(capture));
        let metas = (1..=4).map(|number| *receive(&mut frames, number).meta());
        let (stamps, arrivals): (Vec<_>, Vec<_>) =
            metas.map(|meta| (meta.timestamp_ns, meta.arrival_ns)).unzip();
        assert!(stamps[1..3] == [0, 0] && stamps[3] > 0, "{tier:?}: {stamps:?}");
        let is_of_now = |arrival| (before..=now_ns()).contains(arrival);
        assert!(arrivals.iter().all(is_of_now), "{tier:?}: {arrivals:?} from {before} on");
    });
}
