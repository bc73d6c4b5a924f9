//! Every way a frame can go, and the law of conservation after each.

use framepool::{
    Fault, Frame, FrameMeta, FramePool, Frames, Intake, OnExhausted, Outcome, StopReason, Unfilled,
    channel,
};
use std::thread;
use std::time::Duration;

fn stream(slots: usize, places: usize, policy: OnExhausted) -> (Intake, Frames) {
    channel(FramePool::try_new(slots, 8).expect("a small pool"), places, policy)
}

fn take(intake: &mut Intake) -> Outcome {
    intake.take(FrameMeta::default(), 8, |room| room.fill(1))
}

#[test]
fn frames_are_numbered_delivered_and_their_buffers_come_back() {
    let (mut intake, mut frames) = stream(2, 4, OnExhausted::Drop);
    for number in 1..=10 {
        assert_eq!(take(&mut intake), Outcome::Delivered);
        assert_eq!(frames.recv_blocking().unwrap().meta().number, number);
    }
    let report = intake.metrics().report();
    assert_eq!((report.seen, report.delivered.pooled, report.pool_hits), (10, 10, 10));
    assert!(report.is_conserved());
    assert_eq!(intake.pool().stats().available, 2);
    assert_eq!(intake.pool().stats().high_water, Some(1));
    drop(intake);
    assert!(frames.recv_blocking().is_none());
}

#[test]
fn exhausted_heap_keeps_the_data() {
    let (mut intake, mut frames) = stream(1, 4, OnExhausted::Heap);
    assert_eq!(take(&mut intake), Outcome::Delivered);
    assert_eq!(take(&mut intake), Outcome::Delivered);
    let report = intake.metrics().report();
    assert_eq!((report.delivered.pooled, report.delivered.heap), (1, 1));
    assert!((report.hit_rate_percent() - 50.0).abs() < 1e-9);
    let both: Vec<Frame> = (0..2).map(|_| frames.recv_blocking().unwrap()).collect();
    assert!(both.iter().all(|frame| frame.view().bytes() == [1; 8]));
    assert!(report.is_conserved());
}

#[test]
fn exhausted_drop_keeps_the_pace() {
    let (mut intake, _frames) = stream(1, 4, OnExhausted::Drop);
    assert_eq!(take(&mut intake), Outcome::Delivered);
    assert_eq!(take(&mut intake), Outcome::Dropped);
    let report = intake.metrics().report();
    assert_eq!((report.seen, report.dropped.exhausted), (2, 1));
    assert!(report.is_conserved());
}

#[test]
fn exhausted_wait_takes_a_buffer_that_comes_back() {
    let (mut intake, mut frames) =
        stream(1, 4, OnExhausted::WaitThenDrop(Duration::from_secs(600)));
    assert_eq!(take(&mut intake), Outcome::Delivered);
    let first = frames.recv_blocking().unwrap();
    let pool = intake.pool().clone();
    let waiting = thread::spawn(move || {
        let outcome = take(&mut intake);
        (intake, outcome)
    });
    // Nothing can be observed of a waiter but that no other caller is served: give the buffer back
    // whenever; the outcome is the same.
    drop(first);
    let (intake, outcome) = waiting.join().unwrap();
    assert_eq!(outcome, Outcome::Delivered);
    assert_eq!(intake.metrics().report().delivered.pooled, 2);
    assert_eq!(pool.stats().available, 0);
}

#[test]
fn exhausted_wait_ends() {
    let (mut intake, _frames) = stream(1, 4, OnExhausted::WaitThenDrop(Duration::from_millis(1)));
    assert_eq!(take(&mut intake), Outcome::Delivered);
    assert_eq!(take(&mut intake), Outcome::Dropped);
    let report = intake.metrics().report();
    assert_eq!(report.dropped.timeout, 1);
    assert!(report.is_conserved());
}

#[test]
fn a_full_channel_drops_before_copying() {
    let (mut intake, _frames) = stream(4, 1, OnExhausted::Heap);
    assert_eq!(take(&mut intake), Outcome::Delivered);
    let outcome = intake.take(FrameMeta::default(), 8, |_| -> () { panic!("copied for nothing") });
    assert_eq!(outcome, Outcome::Dropped);
    let report = intake.metrics().report();
    assert_eq!(report.dropped.channel_full, 1);
    assert!(report.is_conserved());
}

#[test]
fn a_consumer_that_is_gone_stops_the_stream() {
    let (mut intake, frames) = stream(4, 4, OnExhausted::Heap);
    assert_eq!(take(&mut intake), Outcome::Delivered);
    drop(frames);
    assert_eq!(take(&mut intake), Outcome::Stopped(StopReason::ConsumerGone));
    let report = intake.metrics().report();
    assert_eq!(report.dropped.closed, 1);
    assert!(report.is_conserved());
    assert_eq!(intake.pool().stats().available, 4, "frames in a dead channel come back");
}

#[test]
fn a_closed_pool_stops_the_stream() {
    for policy in [OnExhausted::Heap, OnExhausted::Drop, OnExhausted::WaitThenDrop(Duration::MAX)] {
        let (mut intake, _frames) = stream(1, 4, policy);
        intake.pool().close();
        assert_eq!(take(&mut intake), Outcome::Stopped(StopReason::PoolClosed));
        assert!(intake.metrics().report().is_conserved());
    }
}

#[test]
fn a_frame_that_was_overwritten_is_lost_not_seen() {
    let (mut intake, mut frames) = stream(1, 4, OnExhausted::Drop);
    let outcome = intake.take(FrameMeta::default(), 8, |_| Err(Unfilled));
    assert_eq!(outcome, Outcome::Lost);
    intake.count(Fault::Gap, 2);
    let report = intake.metrics().report();
    assert_eq!((report.seen, report.lost, report.pool_hits), (0, 3, 0));
    assert!(report.is_conserved());
    assert_eq!(take(&mut intake), Outcome::Delivered);
    assert_eq!(frames.recv_blocking().unwrap().meta().number, 1);
}

#[test]
fn a_fill_that_panics_gives_the_buffer_back() {
    let (mut intake, _frames) = stream(1, 4, OnExhausted::Drop);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        intake.take(FrameMeta::default(), 8, |_| -> () { panic!("in the copy") })
    }));
    assert!(panicked.is_err());
    let report = intake.metrics().report();
    assert_eq!((report.seen, report.lost), (0, 1));
    assert_eq!(take(&mut intake), Outcome::Delivered);
}

#[test]
fn a_channel_of_any_length_can_be_asked_for() {
    let (mut intake, mut frames) = stream(1, usize::MAX, OnExhausted::Drop);
    assert_eq!(take(&mut intake), Outcome::Delivered);
    assert!(frames.recv_blocking().is_some());
    let (mut intake, _frames) = stream(1, 0, OnExhausted::Drop);
    assert_eq!(take(&mut intake), Outcome::Delivered);
}

#[test]
fn a_frame_that_is_larger_than_the_buffers_goes_by_the_policy() {
    for (policy, outcome) in [
        (OnExhausted::Heap, Outcome::Delivered),
        (OnExhausted::WaitThenHeap(Duration::MAX), Outcome::Delivered),
        (OnExhausted::Drop, Outcome::Dropped),
        (OnExhausted::WaitThenDrop(Duration::MAX), Outcome::Dropped),
    ] {
        let (mut intake, mut frames) = stream(1, 4, policy);
        assert_eq!(intake.take(FrameMeta::default(), 9, |room| room.fill(1)), outcome);
        let report = intake.metrics().report();
        assert!(report.is_conserved());
        if outcome == Outcome::Delivered {
            assert_eq!(frames.try_recv().unwrap().bytes(), [1; 9]);
            assert_eq!((report.delivered.heap, report.pool_misses), (1, 1));
        } else {
            assert_eq!((report.dropped.too_large, report.dropped.total()), (1, 1));
        }
    }
}
