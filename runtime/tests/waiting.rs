//! Waiting with a bound in tasks, and in tasks and threads at once.

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::framepool_core::Pool;
use framepool::{AcquireError, FrameMeta, FramePool, OnExhausted, PoolExt, channel};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const NEVER: Duration = Duration::MAX;

#[tokio::test(start_paused = true)]
async fn tasks_wait_by_the_clock_of_their_runtime() {
    let pool = Pool::new([0_u8; 1]);
    let held = pool.acquire_timeout(Duration::ZERO).await.unwrap();
    let start = tokio::time::Instant::now();
    let bound = Duration::from_secs(75);
    assert_eq!(pool.acquire_timeout(bound).await.err(), Some(AcquireError::TimedOut));
    assert_eq!(start.elapsed().as_secs(), 75);
    let deadline = (start + 2 * bound).into_std();
    assert_eq!(pool.acquire_until(deadline).await.err(), Some(AcquireError::TimedOut));
    assert_eq!(start.elapsed().as_secs(), 150);
    drop(held);
    assert!(pool.acquire_until(deadline).await.is_ok(), "free, if late");
}

#[test]
fn without_a_wait_no_runtime_is_needed() {
    let pool = Pool::new([0_u8; 1]);
    let mut lent = Box::pin(pool.acquire_timeout(Duration::from_secs(1)));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(lent.as_mut().poll(&mut cx).is_ready());
}

/// A task that queued first is served before a thread that came later, and the thread after it.
async fn a_thread_stands_behind_a_task() {
    let pool = FramePool::try_new(1, 8).unwrap();
    let held = pool.acquire().await.unwrap();
    let mut task = Box::pin(pool.acquire_timeout(Duration::from_secs(600)));
    tokio::select! {
        biased;
        _ = &mut task => panic!("served though nothing is free"),
        () = tokio::task::yield_now() => {}
    }
    let (served, thread_is_served) = mpsc::channel();
    let handle = pool.clone();
    let thread = thread::spawn(move || {
        let buffer = handle.acquire_timeout_blocking(Duration::from_secs(600)).unwrap();
        served.send(()).unwrap();
        drop(buffer);
    });
    drop(held);
    let buffer = task.await.unwrap();
    assert!(thread_is_served.try_recv().is_err(), "the task came first");
    drop(buffer);
    thread.join().unwrap();
    assert!(thread_is_served.try_recv().is_ok());
    assert_eq!(pool.available(), 1);
}

#[tokio::test]
async fn one_queue_on_a_current_thread_runtime() {
    a_thread_stands_behind_a_task().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_queue_on_a_multi_thread_runtime() {
    a_thread_stands_behind_a_task().await;
}

/// Two threads and two tasks time out and give up at random moments while others take and give back.
#[test]
fn waits_that_end_early_lose_nothing() {
    const ROUNDS: u32 = 2_000;
    let pool = FramePool::try_new(2, 8).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    let bound = Duration::from_nanos(u64::from(round % 50) * 200);
                    drop(pool.acquire_timeout_blocking(bound));
                }
            });
        }
        runtime.block_on(async {
            for _ in 0..ROUNDS {
                let (one, other) = (pool.acquire(), pool.acquire_timeout(NEVER));
                // The one that is not served is dropped in the queue, or with a buffer at hand.
                tokio::select! {
                    one = one => drop(one.unwrap()),
                    other = other => drop(other.unwrap()),
                }
            }
        });
    });
    assert_eq!(pool.available(), 2);
}

#[tokio::test(start_paused = true)]
async fn timeouts_are_timed_and_lose_nothing() {
    let pool = FramePool::try_new(1, 8).unwrap();
    let held = pool.acquire_timeout(Duration::ZERO).await.unwrap();
    let error = pool.acquire_timeout(Duration::from_secs(75)).await.unwrap_err();
    assert_eq!(error, AcquireError::TimedOut);
    drop(held);
    assert_eq!(pool.stats().available, 1);
    let held = pool.acquire().await.unwrap();
    let waiting = pool.clone();
    let waiting = tokio::spawn(async move { waiting.acquire_timeout(Duration::MAX).await });
    tokio::task::yield_now().await;
    drop(held);
    assert!(waiting.await.unwrap().is_ok());
    pool.close();
    let error = pool.acquire_timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error, AcquireError::Closed);
}

/// Tasks have a budget of ready polls; a thread that blocks has none.
#[tokio::test]
async fn blocking_receives_do_not_run_out_of_turns() {
    const FRAMES: usize = 300;
    let pool = FramePool::try_new(FRAMES, 8).unwrap();
    let (mut intake, mut frames) = channel(pool, FRAMES, OnExhausted::Drop);
    for _ in 0..FRAMES {
        intake.take(FrameMeta::default(), 8, |room| room.fill(1));
    }
    drop(intake);
    let mut received = 0;
    while frames.recv_blocking().is_some() {
        received += 1;
    }
    assert_eq!(received, FRAMES);
}
