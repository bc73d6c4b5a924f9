//! The crate `framepool`: bounds on waiting where there is no need to wait, beside a semaphore with a
//! timeout; and a small frame through a stream, beside a bare channel of loans.

use super::{SLOTS, lasting};
use crate::measure::{Comparison, Subject};
use crossbeam_queue::ArrayQueue;
use framepool::{FrameMeta, FramePool, FrameProducer, Frames, Intake, PoolExt};
use framepool_core::storage::HeapBytes;
use framepool_core::{LargeBufferPool, Loan, SharedPool};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::sync::{Semaphore, mpsc};

const BYTES: usize = 64;
const BOUND: Duration = Duration::from_secs(1);

/// Returns what a future answers at once. It is polled where it is, as by `.await`.
#[inline(always)]
fn at_once<F: Future>(future: Pin<&mut F>) -> F::Output {
    let Poll::Ready(output) = future.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it need not wait");
    };
    output
}

fn shared() -> &'static SharedPool {
    let memory = HeapBytes::zeroed(SLOTS * BYTES, BYTES).expect("there is memory");
    let pool = LargeBufferPool::new(memory, BYTES, BYTES).expect("there is memory");
    lasting(SharedPool::new(pool))
}

/// A bound on waiting, where a buffer is free.
fn bounds() -> Comparison {
    let (pool, frames) =
        (shared(), lasting(FramePool::try_new(SLOTS, BYTES).expect("there is memory")));
    Comparison {
        name: "a bound on waiting, a buffer is free".to_owned(),
        threads: 1,
        subjects: vec![
            Subject::new("framepool: SharedPool::try_acquire", || drop(pool.try_acquire())),
            Subject::new("framepool: PoolExt::acquire_timeout", || {
                drop(at_once(pin!(pool.acquire_timeout(BOUND))));
            }),
            Subject::new("framepool: PoolExt::acquire_timeout_blocking", || {
                drop(pool.acquire_timeout_blocking(BOUND));
            }),
            Subject::new("framepool: FramePool::try_acquire", || drop(frames.try_acquire())),
            Subject::new("framepool: FramePool::acquire_timeout", || {
                drop(at_once(pin!(frames.acquire_timeout(BOUND))));
            }),
            timed_semaphore(),
        ],
    }
}

/// What is written where there is no such pool: a permit in time, and then a buffer from a queue.
fn timed_semaphore() -> Subject {
    let permits = Arc::new(Semaphore::new(SLOTS));
    let buffers = ArrayQueue::new(SLOTS);
    (0..SLOTS).for_each(|_| assert!(buffers.push(Box::new([0_u8; BYTES])).is_ok()));
    let enter = || -> EnterGuard<'static> {
        let runtime = Builder::new_current_thread().enable_time().build();
        lasting(runtime.expect("a runtime")).enter()
    };
    Subject::with_state("tokio: timeout(Semaphore) + queue", enter, move |_| {
        let permit = tokio::time::timeout(BOUND, Arc::clone(&permits).acquire_owned());
        let permit = at_once(pin!(permit));
        let permit = permit.expect("in time").expect("open");
        let buffer = buffers.pop().expect("a permit is a buffer");
        assert!(buffers.push(buffer).is_ok());
        drop(permit);
    })
}

/// A task that has to wait, until it has what was given back: by tokio's waker, on its runtime.
fn wake_ups() -> Comparison {
    let permits: &'static Arc<Semaphore> = lasting(Arc::new(Semaphore::new(1)));
    let frames = lasting(FramePool::try_new(1, BYTES).expect("there is memory"));
    let permit = || Arc::clone(permits).try_acquire_owned().expect("one is free");
    let buffer = || frames.try_acquire().expect("one is free");
    Comparison {
        name: "one wait of a task, and its wake-up".to_owned(),
        threads: 1,
        subjects: vec![
            woken("tokio: Semaphore::acquire_owned", permit, || {
                Arc::clone(permits).acquire_owned()
            }),
            woken("framepool: FramePool::acquire", buffer, || frames.acquire()),
            woken("tokio: timeout(Semaphore::acquire_owned)", permit, || {
                tokio::time::timeout(BOUND, Arc::clone(permits).acquire_owned())
            }),
            woken("framepool: FramePool::acquire_until", buffer, || {
                frames.acquire_until(Instant::now() + BOUND)
            }),
        ],
    }
}

fn woken<H, F: Future>(
    name: &str,
    take: impl Fn() -> H + Sync + 'static,
    wait: impl Fn() -> F + Sync + 'static,
) -> Subject {
    let runtime = || Builder::new_current_thread().enable_time().build().expect("a runtime");
    Subject::with_state(name, runtime, move |runtime: &mut Runtime| {
        runtime.block_on(async {
            let held = take();
            let mut waiting = pin!(wait());
            poll_fn(|cx| {
                assert!(waiting.as_mut().poll(cx).is_pending(), "nothing is free");
                Poll::Ready(())
            })
            .await;
            drop(held);
            drop(waiting.await);
        });
    })
}

/// A stream, and the ends of its taps.
struct Through {
    intake: Intake,
    frames: Frames,
    tap: Option<Frames>,
}

impl Through {
    fn new(observers: usize, has_channel: bool) -> Self {
        let pool = FramePool::try_new(SLOTS, BYTES).expect("there is memory");
        let (producer, frames) = FrameProducer::options(pool).places(SLOTS).use_pool(true).build();
        for number in 0..observers {
            let name = format!("observer {number}");
            producer.taps().named(name).observe(|_: framepool::FrameView<'_>| ());
        }
        let tap = has_channel.then(|| producer.taps().named("channel").channel(SLOTS).1);
        Self { intake: producer.into_intake(), frames, tap }
    }

    fn one(&mut self) {
        self.intake.take(FrameMeta::default(), BYTES, |room| room.fill(1));
        if let Some(tap) = &mut self.tap {
            drop(tap.try_recv().expect("it was offered"));
        }
        drop(self.frames.try_recv().expect("it was delivered"));
    }
}

fn through(name: &str, observers: usize, has_channel: bool) -> Subject {
    Subject::with_state(name, move || Through::new(observers, has_channel), Through::one)
}

/// A channel of loans and nothing else.
fn bare_channel() -> Subject {
    let pool = shared();
    let make = || mpsc::channel::<Loan<SharedPool>>(SLOTS);
    Subject::with_state("tokio: channel of loans", make, |(sender, receiver)| {
        let mut loan = pool.try_acquire().expect("one is free");
        loan.fill(1);
        sender.try_send(loan).expect("there is a place");
        drop(receiver.try_recv().expect("it was sent"));
    })
}

/// What one consumer more cannot do without: a share, and a channel to send it through.
fn share_and_send() -> Subject {
    let pool = shared();
    let make = || mpsc::channel(SLOTS);
    Subject::with_state("framepool: freeze, clone, send the clone", make, |(sender, receiver)| {
        let share = pool.try_acquire().expect("one is free").freeze();
        sender.try_send(share.clone()).expect("there is a place");
        drop(receiver.try_recv().expect("it was sent"));
    })
}

/// A frame through a stream.
fn streams() -> Comparison {
    Comparison {
        name: "a frame of 64 bytes to its consumer".to_owned(),
        threads: 1,
        subjects: vec![
            bare_channel(),
            through("framepool: Intake, no tap", 0, false),
            through("framepool: Intake, three idle observers", 3, false),
            through("framepool: Intake, one tap channel", 0, true),
            share_and_send(),
        ],
    }
}

pub(crate) fn comparisons() -> [Comparison; 3] {
    [bounds(), wake_ups(), streams()]
}
