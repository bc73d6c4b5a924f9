//! Each way in which a stream can fail, brought about through the public interface: what is answered,
//! logged and counted, and that no frame is unaccounted for.
//!
//! The eighth, a free list that disagrees with its permits, cannot be brought about: they are one word
//! (I2), and a loan cannot be given back twice (I8; `core/tests/ui` shows that it does not compile, and
//! the models of I8 what the layer below does).

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::{
    AcquireError, FrameMeta, FramePool, FrameProducer, Frames, Intake, OnExhausted, Outcome,
    PoolError, StopReason, StreamOptions, TapReport, WhenFull,
};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

/// What was logged while a closure ran, as lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

fn logged(level: tracing::Level, run: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Asserts that there is one event, of this level, in which each of these texts stands.
fn assert_event(log: &[String], level: &str, texts: &[&str]) {
    let [event] = log else { panic!("{} events: {log:#?}", log.len()) };
    assert!(event.trim_start().starts_with(level), "{event}");
    for text in texts {
        assert!(event.contains(text), "no {text} in: {event}");
    }
}

fn stream(slots: usize, set: impl FnOnce(StreamOptions) -> StreamOptions) -> (Intake, Frames) {
    let pool = FramePool::try_new(slots, 8).unwrap();
    let options = FrameProducer::options(pool).places(8).consumer("recorder").use_pool(true);
    let (producer, frames) = set(options).build();
    (producer.into_intake(), frames)
}

fn take(intake: &mut Intake) -> Outcome {
    let outcome = intake.take(FrameMeta::default(), 8, |room| room.fill(1));
    let metrics = intake.metrics();
    assert!(metrics.report().is_conserved(), "{}", metrics.report());
    assert!(metrics.taps().iter().all(TapReport::is_conserved));
    outcome
}

/// Row 1: the pool cannot be made.
#[test]
fn a_pool_that_cannot_be_made_says_what_it_needs() {
    let error = FramePool::try_new(1 << 20, 1 << 40).unwrap_err();
    let PoolError::InsufficientMemory { requested, available } = error else { panic!("{error}") };
    let text = error.to_string();
    assert!(text.contains(&requested.to_string()) && text.contains(&available.to_string()));
}

/// Row 2: no buffer is free.
#[test]
fn an_exhausted_pool_falls_back_or_drops() {
    let log = logged(tracing::Level::WARN, || {
        let (mut intake, _frames) = stream(1, |it| it.on_exhausted(OnExhausted::Heap));
        let outcomes = [(); 3].map(|()| take(&mut intake));
        assert_eq!(outcomes, [Outcome::Delivered; 3]);
        let report = intake.metrics().report();
        assert_eq!((report.delivered.pooled, report.delivered.heap), (1, 2));
        assert_eq!((report.pool_hits, report.pool_misses), (1, 2));
    });
    let fields =
        ["no free buffer", "pool_misses=1", "pool_available=0", "pool_capacity=1", "advice="];
    assert_event(&log, "WARN", &fields);
    let log = logged(tracing::Level::WARN, || {
        let (mut intake, _frames) = stream(1, |it| it.on_exhausted(OnExhausted::Drop));
        assert_eq!([(); 2].map(|()| take(&mut intake)), [Outcome::Delivered, Outcome::Dropped]);
        assert_eq!(intake.metrics().report().dropped.exhausted, 1);
    });
    assert_event(&log, "WARN", &["no free buffer", "policy=Drop"]);
}

/// Row 3: no buffer comes back in time.
#[test]
fn a_wait_that_times_out_falls_back_or_drops() {
    let bound = Duration::from_millis(3);
    for (policy, outcome) in [
        (OnExhausted::WaitThenHeap(bound), Outcome::Delivered),
        (OnExhausted::WaitThenDrop(bound), Outcome::Dropped),
    ] {
        let log = logged(tracing::Level::WARN, || {
            let (mut intake, _frames) = stream(1, |it| it.on_exhausted(policy));
            assert_eq!([(); 2].map(|()| take(&mut intake)), [Outcome::Delivered, outcome]);
            let report = intake.metrics().report();
            let dropped = u64::from(outcome == Outcome::Dropped);
            assert_eq!((report.dropped.timeout, report.delivered.heap), (dropped, 1 - dropped));
            assert_eq!(report.pool_misses, 1);
        });
        assert!(log[0].contains("no free buffer"), "{log:?}");
        let fields = ["not given back in time", "timeout_ms=3", "pool_available=0", "advice="];
        let fields = fields.map(|field| field.replace("not given", "no buffer was given"));
        assert_event(&log[1..], "WARN", &fields.each_ref().map(String::as_str));
    }
}

/// Row 4: the primary consumer's channel is full.
#[test]
fn a_full_channel_drops_or_stops() {
    let log = logged(tracing::Level::WARN, || {
        let (mut intake, mut frames) = stream(4, |it| it.places(1));
        let outcomes = [(); 3].map(|()| take(&mut intake));
        assert_eq!(outcomes, [Outcome::Delivered, Outcome::Dropped, Outcome::Dropped]);
        assert_eq!(intake.metrics().report().dropped.channel_full, 2);
        drop(frames.try_recv().unwrap());
        assert_eq!(take(&mut intake), Outcome::Delivered, "there is a place again");
    });
    assert_event(
        &log,
        "WARN",
        &["channel is full", "dropped=1", "consumer=\"recorder\"", "advice="],
    );
    let log = logged(tracing::Level::WARN, || {
        let (mut intake, mut frames) = stream(4, |it| it.places(1).when_full(WhenFull::Stop));
        let stopped = Outcome::Stopped(StopReason::ConsumerFull);
        assert_eq!([(); 2].map(|()| take(&mut intake)), [Outcome::Delivered, stopped]);
        drop(frames.try_recv().unwrap());
        assert_eq!(take(&mut intake), stopped, "for good: a recording has no gaps");
        let report = intake.metrics().report();
        assert_eq!((report.dropped.channel_full, report.dropped.closed), (1, 1));
        assert_eq!(intake.metrics().stop_reason(), Some(StopReason::ConsumerFull));
    });
    assert_event(
        &log,
        "ERROR",
        &["the stream stops", "recorder", "the consumer's channel is full"],
    );
}

/// Row 5: the primary consumer is gone.
#[test]
fn a_consumer_that_is_gone_stops_the_stream() {
    let log = logged(tracing::Level::WARN, || {
        let (mut intake, frames) = stream(4, |it| it);
        assert_eq!(take(&mut intake), Outcome::Delivered);
        drop(frames);
        let stopped = Outcome::Stopped(StopReason::ConsumerGone);
        assert_eq!([(); 2].map(|()| take(&mut intake)), [stopped; 2]);
        assert_eq!(intake.metrics().report().dropped.closed, 2);
        assert_eq!(intake.pool().available(), 4, "frames in a dead channel come back");
    });
    assert_event(&log, "ERROR", &["the stream stops", "consumer=\"recorder\"", "consumer is gone"]);
}

/// Row 6: a tap is full.
#[test]
fn a_full_tap_drops_in_silence() {
    let log = logged(tracing::Level::DEBUG, || {
        let (mut intake, _frames) = stream(4, |it| it);
        let (tap, _preview) = intake.taps().named("preview").channel(1);
        assert_eq!([(); 3].map(|()| take(&mut intake)), [Outcome::Delivered; 3]);
        let report = tap.report();
        assert_eq!((report.offered, report.delivered, report.dropped), (3, 1, 2));
    });
    assert_eq!(log, [""; 0], "best effort");
}

/// Row 7: the pool goes while its buffers are out, or closes while a frame waits for one.
#[test]
fn a_pool_that_goes_or_closes_strands_nothing() {
    let pool = FramePool::try_new(1, 8).unwrap();
    let mut held = pool.try_acquire().unwrap();
    drop(pool);
    held.fill(1);
    assert_eq!(held[..], [1; 8], "a loan keeps its memory");

    let log = logged(tracing::Level::ERROR, || {
        let (mut intake, _frames) =
            stream(1, |it| it.on_exhausted(OnExhausted::WaitThenDrop(Duration::MAX)));
        assert_eq!(take(&mut intake), Outcome::Delivered);
        let pool = intake.pool().clone();
        let closes = std::thread::spawn(move || {
            pool.close();
            pool.acquire_blocking().unwrap_err()
        });
        assert_eq!(take(&mut intake), Outcome::Stopped(StopReason::PoolClosed));
        assert_eq!(closes.join().unwrap(), AcquireError::Closed);
        assert_eq!(intake.metrics().report().dropped.closed, 1);
    });
    assert_event(&log, "ERROR", &["the stream stops", "the pool is closed"]);
}

/// The pool switched off: every frame comes from the heap, and the trace and the counters say so.
#[test]
fn without_the_pool_every_frame_is_a_miss() {
    let log = logged(tracing::Level::TRACE, || {
        let (mut intake, _frames) = stream(4, |it| it.use_pool(false));
        assert_eq!([(); 2].map(|()| take(&mut intake)), [Outcome::Delivered; 2]);
        let report = intake.metrics().report();
        assert_eq!((report.delivered.pooled, report.delivered.heap), (0, 2));
        assert!(report.hit_rate_percent() < 0.001);
        intake.pool().close();
        assert_eq!(take(&mut intake), Outcome::Stopped(StopReason::PoolClosed));
    });
    assert_eq!(log.iter().filter(|event| event.contains("used_pool=false")).count(), 2);
}
