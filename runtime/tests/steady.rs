//! What a frame of 8 MiB costs once the stream runs: no heap block and no page fault on the threads that frames pass,
//! with two taps, and a scraper ten times a second.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

use allocation_counter::{AllocationInfo, measure};
use framepool::{
    Frame, FrameMeta, FramePool, FrameProducer, OnExhausted, OpenMetrics, Outcome, WhenFull,
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const BYTES: usize = 2048 * 2048 * 2;
const WARM_UP: u64 = 20;
const FRAMES: u64 = 2_000;

/// Returns the page faults of this thread so far: fields 10 and 12 of what the kernel says.
fn page_faults() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    let field = |n: usize| after_name.split_whitespace().nth(n - 3).unwrap().parse::<u64>();
    field(10).unwrap() + field(12).unwrap()
}

/// Tells the scraper that the test is over, also when it fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What this thread's frames cost after the first ones, until there are no more.
fn cost(mut frame: impl FnMut() -> bool) -> (AllocationInfo, u64) {
    assert!((0..WARM_UP).all(|_| frame()));
    // The first wait of a thread makes its waker, if there was none yet.
    let pool = FramePool::try_new(1, 1).unwrap();
    let held = pool.try_acquire();
    assert!(pool.acquire_timeout_blocking(Duration::from_micros(1)).is_err());
    drop(held);
    // This call has pages of its own.
    page_faults();
    let before = page_faults();
    let allocations = measure(|| while frame() {});
    (allocations, page_faults() - before)
}

fn is_filled(frame: Frame) -> bool {
    assert_eq!(frame.bytes()[0], 7);
    true
}

#[test]
fn frames_cost_no_heap_block_and_no_page_fault() {
    let pool = FramePool::try_new(8, BYTES).unwrap();
    let (producer, mut frames) = FrameProducer::options(pool)
        .on_exhausted(OnExhausted::WaitThenDrop(Duration::from_secs(60)))
        .when_full(WhenFull::Stop)
        .timings(true)
        .build();
    let (_, mut analysis) = producer.taps().named("analysis").channel(8);
    let (_, mut live) = producer.taps().named("live").newest();
    let metrics = producer.metrics().clone();
    let mut registry = Registry::default();
    registry.register_collector(Box::new(OpenMetrics::new(metrics.clone())));

    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let over = Over(&is_over);
        let scraper = scope.spawn(|| {
            let mut scrapes = 0;
            while !is_over.load(Ordering::Relaxed) {
                let mut text = String::new();
                encode(&mut text, &registry).unwrap();
                scrapes += 1;
                thread::sleep(Duration::from_millis(100));
            }
            scrapes
        });
        // Each consumer reads a byte of every frame.
        let consumer = scope.spawn(move || cost(|| frames.next().is_some_and(is_filled)));
        let tap = scope.spawn(move || cost(|| analysis.next().is_some_and(is_filled)));
        scope.spawn(move || while live.recv_blocking().is_some() {});
        let mut intake = producer.into_intake();
        let mut left = WARM_UP + FRAMES;
        let (allocations, faults) = cost(|| {
            let is_one = left > 0;
            if is_one {
                let meta = FrameMeta::new(2048, 2048, 16);
                let outcome = intake.take(meta, BYTES, |room| room.fill(7));
                assert_eq!(outcome, Outcome::Delivered);
                left -= 1;
            }
            is_one
        });
        drop(intake);
        drop(over);
        assert_eq!((allocations.count_total, faults), (0, 0), "the camera's thread");
        for (thread, name) in [(consumer, "the consumer's thread"), (tap, "the tap's")] {
            let (allocations, faults) = thread.join().unwrap();
            assert_eq!((allocations.count_total, faults), (0, 0), "{name}");
        }
        assert!(scraper.join().unwrap() >= 3, "no scrape between the first frame and the last");
    });
    let report = metrics.report();
    assert_eq!((report.seen, report.delivered.pooled), (WARM_UP + FRAMES, WARM_UP + FRAMES));
}
