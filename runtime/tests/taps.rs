//! Taps: what they get, what becomes of those that are slow, full, gone or panic, and that no other
//! consumer is harmed by them.

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::{
    FrameMeta, FramePool, FrameProducer, FrameView, Frames, Intake, Observer, OnExhausted, Outcome,
    RecvError, TapReport,
};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

fn stream(slots: usize) -> (Intake, Frames) {
    let pool = FramePool::try_new(slots, 8).unwrap();
    let (producer, frames) = FrameProducer::options(pool).places(100).build();
    (producer.into_intake(), frames)
}

fn take(intake: &mut Intake, frames: u64) {
    for number in 1..=frames {
        let value = u8::try_from(number).unwrap();
        let outcome = intake.take(FrameMeta::default(), 8, |room| room.fill(value));
        assert_eq!(outcome, Outcome::Delivered);
    }
}

/// Returns the report of the tap of this name, after checking that it and the stream lost nothing.
fn report(intake: &Intake, name: &str) -> TapReport {
    assert!(intake.metrics().report().is_conserved());
    let all = intake.metrics().taps();
    assert!(all.iter().all(TapReport::is_conserved), "{all:?}");
    all.into_iter().find(|tap| tap.name == name).unwrap()
}

#[test]
fn a_full_tap_drops_and_the_primary_consumer_does_not() {
    let (mut intake, mut frames) = stream(10);
    let (_, mut analysis) = intake.taps().named("analysis").channel(2);
    take(&mut intake, 5);
    let tap = report(&intake, "analysis");
    assert_eq!((tap.offered, tap.delivered, tap.dropped, tap.removed), (5, 2, 3, false));
    assert_eq!(tap.to_string(), "analysis: 2 of 5 delivered, 3 dropped");
    let shares: Vec<_> = std::iter::from_fn(|| analysis.try_recv().ok()).collect();
    assert_eq!(shares.iter().map(|share| share.bytes()[0]).collect::<Vec<_>>(), [1, 2]);
    let mut all: Vec<_> = std::iter::from_fn(|| frames.try_recv().ok()).collect();
    assert_eq!(all.iter().map(|frame| frame.meta().number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(all[0].get_mut().is_none() && all[4].get_mut().is_some(), "two are shared");
    assert_eq!(intake.pool().available(), 5, "a share takes no buffer");
    drop((all, shares));
    assert_eq!(intake.pool().available(), 10);
}

#[test]
fn a_tap_whose_receiver_is_gone_is_removed() {
    let (mut intake, _frames) = stream(10);
    let (_, analysis) = intake.taps().named("analysis").channel(4);
    let (_, live) = intake.taps().named("live").newest();
    take(&mut intake, 2);
    drop((analysis, live));
    take(&mut intake, 3);
    for name in ["analysis", "live"] {
        let tap = report(&intake, name);
        assert_eq!((tap.offered, tap.delivered, tap.dropped, tap.removed), (3, 2, 1, true));
    }
}

#[test]
fn an_observer_that_panics_is_removed_and_the_frame_delivered() {
    let (mut intake, mut frames) = stream(4);
    let _tap = intake.taps().named("fragile").observe(|view: FrameView<'_>| {
        if view.bytes()[0] == 2 {
            std::panic::resume_unwind(Box::new("the second frame is too much"));
        }
    });
    take(&mut intake, 3);
    let tap = report(&intake, "fragile");
    assert_eq!((tap.offered, tap.delivered, tap.dropped, tap.panicked), (2, 1, 1, 1));
    assert!(tap.removed);
    assert_eq!(frames.by_ref().take(3).count(), 3);
}

#[test]
fn only_the_newest_frame_is_kept_for_a_live_view() {
    let (mut intake, mut frames) = stream(4);
    let (_, mut live) = intake.taps().named("live").newest();
    assert!(live.take().is_none());
    take(&mut intake, 3);
    assert_eq!(live.take().unwrap().bytes(), [3; 8]);
    assert!(live.take().is_none(), "it was taken");
    take(&mut intake, 1);
    frames.by_ref().take(4).for_each(drop);
    assert_eq!(intake.pool().available(), 3, "the newest is kept");
    assert_eq!(live.recv_timeout(Duration::ZERO).unwrap().meta().number, 4);
    let tap = report(&intake, "live");
    assert_eq!((tap.offered, tap.delivered, tap.skipped), (4, 4, 2));
    drop(intake);
    let ended = live.recv_timeout(Duration::from_secs(600)).unwrap_err();
    assert_eq!(ended, RecvError::Closed);
}

#[test]
fn every_nth_frame_is_offered_and_a_removed_tap_none() {
    let (mut intake, _frames) = stream(30);
    let seen = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&seen);
    let tap = intake.taps().named("slow").every(3).observe(move |view: FrameView<'_>| {
        assert_eq!(view.meta().number % 3, 0);
        count.fetch_add(1, Ordering::Relaxed);
    });
    take(&mut intake, 10);
    tap.remove();
    take(&mut intake, 10);
    assert_eq!((seen.load(Ordering::Relaxed), tap.report().offered), (3, 3));
    assert_eq!(Arc::strong_count(&seen), 1, "a removed observer is dropped");
    assert!(report(&intake, "slow").removed);
}

#[test]
fn the_receivers_of_taps_see_the_end_of_the_stream() {
    let (intake, frames) = stream(2);
    let taps = intake.taps().clone();
    let metrics = intake.metrics().clone();
    let (_, analysis) = taps.named("analysis").channel(4);
    let consumer = thread::spawn(move || analysis.count());
    let mut intake = intake;
    take(&mut intake, 2);
    drop(intake);
    assert_eq!(consumer.join().unwrap(), 2);
    assert_eq!(frames.count(), 2);
    let (_, mut late) = taps.named("late").channel(4);
    assert!(late.recv_blocking().is_none(), "there is no stream any more");
    assert_eq!(metrics.taps().len(), 2);
}

#[test]
fn taps_that_come_and_go_do_not_pile_up() {
    let (mut intake, _frames) = stream(200);
    for _ in 0..50 {
        let (_, viewer) = intake.taps().named("viewer").newest();
        take(&mut intake, 1);
        drop(viewer);
        take(&mut intake, 1);
    }
    let all = intake.metrics().taps();
    assert!(all.len() <= 3, "{}", all.len());
    assert_eq!(all.iter().map(|tap| tap.offered).sum::<u64>(), 100);
}

#[test]
fn several_intakes_feed_one_consumer_and_the_same_taps() {
    const FRAMES: u64 = 200;
    let pool = FramePool::try_new(8, 8).unwrap();
    let (producer, frames) = FrameProducer::options(pool.clone()).places(16).build();
    let seen = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&seen);
    let _tap = producer.taps().named("count").observe(move |_: FrameView<'_>| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let (_, mut live) = producer.taps().named("live").newest();
    let metrics = producer.metrics().clone();
    let drivers: Vec<_> = (0..3)
        .map(|_| {
            let mut intake = producer.intake();
            thread::spawn(move || {
                for _ in 0..FRAMES {
                    intake.take(FrameMeta::default(), 8, |room| room.fill(1));
                }
            })
        })
        .collect();
    drop(producer);
    let mut numbers: Vec<u64> = frames.map(|frame| frame.meta().number).collect();
    drivers.into_iter().for_each(|driver| driver.join().unwrap());
    let report = metrics.report();
    assert_eq!(report.seen, 3 * FRAMES);
    assert!(report.is_conserved(), "{report}");
    assert_eq!(numbers.len() as u64, report.delivered.total());
    // An intake that lost the last place to another has shown its frame to the taps already.
    assert!(seen.load(Ordering::Relaxed) >= report.delivered.total());
    assert!(seen.load(Ordering::Relaxed) <= report.seen);
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len() as u64, report.delivered.total(), "each has a number of its own");
    assert!(metrics.taps().iter().all(TapReport::is_conserved));
    drop(live.take());
    drop(live);
    assert_eq!(pool.available(), 8);
}

#[test]
fn a_tap_that_is_never_read_keeps_no_buffer_from_the_primary_consumer() {
    let pool = FramePool::try_new(4, 8).unwrap();
    let options = FrameProducer::options(pool).on_exhausted(OnExhausted::Drop);
    let (producer, mut frames) = options.build();
    let (tap, _unread) = producer.taps().named("unread").channel(4);
    let mut intake = producer.into_intake();
    for _ in 0..100 {
        take(&mut intake, 1);
        drop(frames.try_recv().unwrap());
    }
    let report = tap.report();
    assert!(report.is_conserved(), "{report}");
    assert!(report.delivered - report.skipped <= 4, "{report}");
}

#[test]
fn what_waits_in_a_tap_is_taken_back_when_the_pool_runs_out() {
    let pool = FramePool::try_new(4, 8).unwrap();
    let options = FrameProducer::options(pool).on_exhausted(OnExhausted::Drop);
    let (producer, mut frames) = options.build();
    let (removed, _unread) = producer.taps().named("removed").channel(2);
    let (_, _unread_too) = producer.taps().named("unread").channel(4);
    let mut intake = producer.into_intake();
    take(&mut intake, 1);
    // The tap's oldest frame is the primary consumer's, too.
    let held = frames.try_recv().unwrap();
    take(&mut intake, 3);
    (0..3).for_each(|_| drop(frames.try_recv().unwrap()));
    removed.remove();
    for _ in 0..20 {
        take(&mut intake, 1);
        drop(frames.try_recv().unwrap());
    }
    drop(held);
    let report = report(&intake, "unread");
    assert!(report.skipped > 10, "{report}");
    let report = intake.metrics().report();
    assert_eq!(
        (report.pool_hits, report.pool_misses),
        (24, 0),
        "a frame that a tap gave back is there"
    );
}

#[test]
fn a_channel_tap_that_is_removed_ends_at_once() {
    let (mut intake, _frames) = stream(4);
    let (tap, mut received) = intake.taps().named("removed").channel(2);
    take(&mut intake, 1);
    tap.remove();
    assert!(received.try_recv().is_ok(), "it was sent before");
    assert_eq!(received.try_recv().unwrap_err(), RecvError::Closed);
}

/// Panics again when what it was thrown as is dropped.
struct Nasty;

impl Drop for Nasty {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn whatever_of_the_users_panics_in_a_tap_breaks_that_tap_alone() {
    let (mut intake, mut frames) = stream(4);
    let observer =
        intake.taps().named("observer").observe(|_: FrameView<'_>| std::panic::panic_any(Nasty));
    let (tap, mut received) = intake.taps().named("waker").channel(2);
    let waker = Waker::from(Arc::new(PanickingWaker));
    let receiving = pin!(received.recv()).poll(&mut Context::from_waker(&waker));
    assert!(receiving.is_pending());
    take(&mut intake, 1);
    take(&mut intake, 1);
    assert_eq!((frames.try_recv().is_ok(), frames.try_recv().is_ok()), (true, true));
    for (report, counts) in [(observer.report(), (1, 0, 1)), (tap.report(), (1, 1, 0))] {
        assert!(report.removed && report.panicked == 1, "{report}");
        assert_eq!((report.offered, report.delivered, report.dropped), counts, "{report}");
    }
    assert!(intake.metrics().report().is_conserved());
}

/// Dropping it panics, as does calling it.
struct Angry;

impl Observer for Angry {
    fn on_frame(&self, _: FrameView<'_>) {
        panic!("called");
    }
}

impl Drop for Angry {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn a_stream_ends_for_every_tap_though_one_panics() {
    let (mut intake, _frames) = stream(4);
    let _first = intake.taps().named("dropped at the end").observe(Angry);
    let second = intake.taps().named("removed").observe(Angry);
    let (_, mut last) = intake.taps().named("last").channel(2);
    second.remove();
    take(&mut intake, 1);
    assert!(intake.metrics().report().is_conserved());
    let metrics = intake.metrics().clone();
    drop(intake);
    assert!(last.recv_blocking().is_some());
    assert!(last.recv_blocking().is_none(), "the end");
    assert!(metrics.taps().iter().all(|tap| tap.removed), "{:?}", metrics.taps());
}

struct PanickingWaker;

impl Wake for PanickingWaker {
    fn wake(self: Arc<Self>) {
        panic!("a waker of the user's");
    }
}
