//! One contest between a thread that releases and an ordinary thread that it preempts.
//!
//! ```text
//!   high       sleeps . . . . . . . [release]  sleeps . . . . [release]
//!   middle                                   [burst]                  [burst]    if there is one
//!   ordinary   poll cancel poll can|                 cel poll c|
//!                                  preempted anywhere, also under a lock of the waiters
//! ```
//!
//! Each round has a pool of its own, whose slot the high thread holds and for which a task waits: so the
//! release has a waiter to serve. The pools were waited for one after the other, which spreads them
//! over whatever the waiters of a program share.

use crate::realtime::{CpuClock, Rank};
use framepool_core::{Acquire, Loan, Pool};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

type OneSlot = Pool<u8, 1>;

/// A contest ends early once the releases that have missed the bar have taken so long together.
const ENOUGH: Duration = Duration::from_millis(500);

/// How long the middle thread keeps the core in each round. Together with the sleeps that leaves more
/// than the twentieth of the time that the kernel keeps for ordinary threads.
const BURST: Duration = Duration::from_millis(2);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Contest {
    pub(crate) name: &'static str,
    /// Whether the ordinary thread polls the pool that the next release is to, or another.
    pub(crate) same_pool: bool,
    /// Whether there is a middle thread, which is woken just before each release: if a release gives up
    /// the core to wait for the ordinary thread, it waits for that burst, too.
    pub(crate) middle: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) rounds: usize,
    /// The bar: a release takes less.
    pub(crate) bar: Duration,
    /// When a contest that has not ended is given up.
    pub(crate) limit: Duration,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Release {
    pub(crate) time: Duration,
    /// Whether the ordinary thread ran meanwhile, although the high one was there to run: it was waited
    /// for. Without that, what took the time is the release itself, an interrupt, or a machine on which
    /// this one is a guest.
    pub(crate) waited: bool,
}

#[derive(Debug)]
pub(crate) struct Outcome {
    /// In order.
    pub(crate) releases: Vec<Release>,
    /// Waiters that have a slot afterwards, and waiters that were woken: one for each release.
    pub(crate) served: usize,
    pub(crate) woken: usize,
}

#[derive(Debug)]
pub(crate) enum Failure {
    /// The limit came during a release, after so many rounds.
    Stuck(usize),
    /// The limit came, after so many rounds, but not during a release.
    Late(usize),
    Refused(io::Error),
}

/// What the threads share.
struct Ring {
    own: Vec<OneSlot>,
    unrelated: OneSlot,
    /// The round that is next, and whose pool that is.
    round: AtomicUsize,
    /// How often the ordinary thread has polled.
    polls: AtomicUsize,
    releasing: AtomicBool,
    over: AtomicBool,
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Relaxed, as all here that is read after the threads have been joined.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Holds a contest. `take` gives the calling thread its rank.
///
/// What the threads share is never freed: a thread that is stuck cannot be joined.
pub(crate) fn hold(
    contest: Contest,
    bounds: Bounds,
    take: fn(Rank) -> io::Result<()>,
) -> Result<Outcome, Failure> {
    let ring: &'static Ring = Box::leak(Box::new(Ring {
        own: (0..bounds.rounds).map(|_| Pool::new([0])).collect(),
        unrelated: Pool::new([0]),
        round: AtomicUsize::new(0),
        polls: AtomicUsize::new(0),
        releasing: AtomicBool::new(false),
        over: AtomicBool::new(false),
    }));
    let loans: Vec<_> = ring.own.iter().filter_map(Pool::try_acquire).collect();
    let woken = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    let mut waiters: Vec<Pin<Box<Acquire<'_, _>>>> = Vec::with_capacity(bounds.rounds);
    for pool in &ring.own {
        let mut waiter = Box::pin(pool.acquire());
        assert!(waiter.as_mut().poll(&mut cx).is_pending(), "its slot is on loan");
        waiters.push(waiter);
    }
    // Those that are left after a failure: to cancel them could get stuck, too.
    let waiters = waiters.leak();

    let (sender, its_clock) = mpsc::channel();
    let ordinary = thread::spawn(move || {
        // Received, unless the clock was refused.
        let _ = sender.send(CpuClock::of_this_thread());
        poll_and_cancel(ring, contest.same_pool);
    });
    let clock = its_clock
        .recv()
        .map_err(io::Error::other)
        .and_then(|clock| clock)
        .map_err(Failure::Refused)?;
    let middle = contest.middle.then(|| thread::spawn(move || keep_the_core(ring, take)));
    let (sender, receiver) = mpsc::channel();
    let to_wake = middle.as_ref().map(|middle| middle.thread().clone());
    let high = thread::spawn(move || {
        let answer = take(Rank::High)
            .and_then(|()| release(ring, loans, bounds.bar, to_wake.as_ref(), &clock));
        // Received, unless the limit has come.
        let _ = sender.send(answer);
    });
    let releases = match receiver.recv_timeout(bounds.limit) {
        Ok(answer) => answer.map_err(Failure::Refused)?,
        Err(RecvTimeoutError::Timeout) => {
            let round = ring.round.load(Ordering::Relaxed);
            let stuck = ring.releasing.load(Ordering::Relaxed);
            return Err(if stuck { Failure::Stuck(round) } else { Failure::Late(round) });
        }
        Err(RecvTimeoutError::Disconnected) => {
            return Err(Failure::Refused(io::Error::other(
                "the thread that releases has panicked",
            )));
        }
    };
    ring.over.store(true, Ordering::Relaxed);
    if let Some(middle) = &middle {
        middle.thread().unpark();
    }
    for thread in [Some(high), Some(ordinary), middle].into_iter().flatten() {
        thread.join().map_err(|_| Failure::Refused(io::Error::other("a thread has panicked")))?;
    }
    let served = waiters.iter_mut().map(|waiter| waiter.as_mut().poll(&mut cx));
    let served = served.filter(|answer| matches!(answer, Poll::Ready(Ok(_)))).count();
    Ok(Outcome { releases, served, woken: woken.0.load(Ordering::Relaxed) })
}

/// The ordinary thread.
fn poll_and_cancel(ring: &Ring, same_pool: bool) {
    let _held = ring.unrelated.try_acquire();
    let mut cx = Context::from_waker(Waker::noop());
    while !ring.over.load(Ordering::Relaxed) {
        let next = same_pool.then(|| ring.own.get(ring.round.load(Ordering::Relaxed))).flatten();
        let mut acquire = pin!(next.unwrap_or(&ring.unrelated).acquire());
        assert!(acquire.as_mut().poll(&mut cx).is_pending(), "on loan, or due to the waiter");
        ring.polls.fetch_add(1, Ordering::Relaxed);
    }
}

/// The middle thread.
fn keep_the_core(ring: &Ring, take: fn(Rank) -> io::Result<()>) {
    take(Rank::Middle).expect("the watchdog was not refused a higher one");
    while !ring.over.load(Ordering::Relaxed) {
        thread::park();
        let start = Instant::now();
        while start.elapsed() < BURST && !ring.over.load(Ordering::Relaxed) {}
    }
}

/// The high thread. It does nothing else that could wait for another thread.
fn release(
    ring: &Ring,
    loans: Vec<Loan<&OneSlot>>,
    bar: Duration,
    middle: Option<&Thread>,
    ordinary: &CpuClock,
) -> io::Result<Vec<Release>> {
    let mut releases = Vec::with_capacity(loans.len());
    let mut missed = Duration::ZERO;
    let mut polls = ring.polls.load(Ordering::Relaxed);
    let mut loans = loans.into_iter();
    while let Some(loan) = loans.next() {
        let mut turn = releases.len();
        loop {
            // Some 10 to 1000 us: the ordinary thread is preempted now here, now there.
            let pause = Duration::from_micros(10 + (turn as u64 * 619) % 991);
            thread::sleep(if middle.is_some() { BURST + pause } else { pause });
            let now = ring.polls.load(Ordering::Relaxed);
            // Otherwise other programs had the core.
            if std::mem::replace(&mut polls, now) != now {
                break;
            }
            turn += 1;
        }
        if let Some(middle) = middle {
            middle.unpark();
        }
        let ran = ordinary.read()?;
        ring.releasing.store(true, Ordering::Relaxed);
        let start = Instant::now();
        drop(loan);
        let time = start.elapsed();
        ring.releasing.store(false, Ordering::Relaxed);
        ring.round.fetch_add(1, Ordering::Relaxed);
        let waited = ordinary.read()? != ran;
        releases.push(Release { time, waited });
        if waited && time >= bar {
            missed += time;
            if missed >= ENOUGH {
                // To give them back could take as long.
                loans.for_each(std::mem::forget);
                break;
            }
        }
    }
    Ok(releases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(not(target_os = "linux"), ignore = "needs Linux")]
    fn every_release_serves_and_wakes_its_waiter() {
        let bounds = Bounds { rounds: 50, bar: Duration::MAX, limit: Duration::from_secs(600) };
        for (same_pool, middle) in [(false, false), (true, false), (false, true), (true, true)] {
            let contest = Contest { name: "of ordinary threads", same_pool, middle };
            let outcome = hold(contest, bounds, |_| Ok(())).unwrap();
            assert_eq!(outcome.releases.len(), bounds.rounds);
            assert_eq!((outcome.served, outcome.woken), (bounds.rounds, bounds.rounds));
        }
    }
}
