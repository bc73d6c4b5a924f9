//! One wait and hand-over, while other tasks wait for something else.
//!
//! ```text
//!   own    [ 1 slot, held ]   polled: pending | slot dropped | polled: ready | dropped     a turn
//!   other  [ 1 slot, held ]   <- task <- task <- task ..                                  meanwhile
//! ```
//! Pools may keep their waiters together by some rule that is theirs. So `own` is, of many, the pool that
//! waiters of `other` hinder most; it is the same for each number of waiters.

use super::lasting;
use crate::measure::{Comparison, Subject};
use framepool_core::{Closed, Loan, Pool};
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// One slot, or one permit, that can be waited for.
trait One: Sync + 'static {
    const NAME: &'static str;
    type Held: 'static;
    type Refused: fmt::Debug;

    fn new() -> Self;
    fn take(&'static self) -> Option<Self::Held>;
    fn wait(&'static self) -> impl Future<Output = Result<Self::Held, Self::Refused>> + 'static;
}

impl One for Pool<u64, 1> {
    const NAME: &'static str = "framepool: Pool<u64, 1>";
    type Held = Loan<&'static Self>;
    type Refused = Closed;

    fn new() -> Self {
        Pool::new([0])
    }

    fn take(&'static self) -> Option<Self::Held> {
        self.try_acquire()
    }

    fn wait(&'static self) -> impl Future<Output = Result<Self::Held, Self::Refused>> + 'static {
        self.acquire()
    }
}

impl One for Semaphore {
    const NAME: &'static str = "tokio: Semaphore(1)";
    type Held = SemaphorePermit<'static>;
    type Refused = AcquireError;

    fn new() -> Self {
        Semaphore::new(1)
    }

    fn take(&'static self) -> Option<Self::Held> {
        self.try_acquire().ok()
    }

    fn wait(&'static self) -> impl Future<Output = Result<Self::Held, Self::Refused>> + 'static {
        self.acquire()
    }
}

/// Waits once, and is handed the slot.
fn wait_once<O: One>(own: &'static O) {
    let mut cx = Context::from_waker(Waker::noop());
    let held = own.take().expect("this thread alone acquires");
    let mut waiting = pin!(own.wait());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    drop(held);
    let Poll::Ready(handed) = waiting.poll(&mut cx) else { panic!("the slot is the waiter's") };
    drop(handed.expect("it is open"));
}

/// What others wait for: held for ever.
fn taken<O: One>() -> &'static O {
    let one = lasting(O::new());
    std::mem::forget(one.take());
    one
}

/// A task that waits until it is dropped.
type Waiting<O> =
    Pin<Box<dyn Future<Output = Result<<O as One>::Held, <O as One>::Refused>> + 'static>>;

fn waiting<O: One>(other: &'static O) -> Waiting<O> {
    let mut waiting: Waiting<O> = Box::pin(other.wait());
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    waiting
}

/// Two of a kind, of which the second one's waiters hinder the first as much as they can.
fn pair<O: One>() -> (&'static O, &'static O) {
    const CANDIDATES: usize = 64;
    let other = taken::<O>();
    let _strangers: Vec<_> = (0..1000).map(|_| waiting(other)).collect();
    let time = |own: &'static O| {
        let time = || {
            let start = Instant::now();
            wait_once(own);
            start.elapsed()
        };
        (0..5).map(|_| time()).min().unwrap_or(Duration::ZERO)
    };
    let candidates = (0..CANDIDATES).map(|_| lasting(O::new()));
    let slowest = candidates.max_by_key(|&own| time(own));
    (slowest.expect("there are candidates"), other)
}

fn subjects<O: One>() -> Vec<Subject> {
    let (own, other) = pair::<O>();
    let subject = |strangers: usize| {
        Subject::with_state(
            format!("{}, {strangers} wait elsewhere", O::NAME),
            move || (0..strangers).map(|_| waiting(other)).collect::<Vec<_>>(),
            |_| wait_once(own),
        )
    };
    let others: &'static [&'static O] = (0..1000).map(|_| taken()).collect::<Vec<_>>().leak();
    let one_each = Subject::with_state(
        format!("{}, one waits for each of {} others", O::NAME, others.len()),
        || others.iter().map(|other| waiting(*other)).collect::<Vec<_>>(),
        |_| wait_once(own),
    );
    vec![subject(0), subject(100), subject(10_000), one_each]
}

pub(crate) fn comparisons() -> Vec<Comparison> {
    let compare = |name: &str, subjects| Comparison { name: name.to_owned(), threads: 1, subjects };
    let mut ours = subjects::<Pool<u64, 1>>();
    let tokios = subjects::<Semaphore>();
    ours.push(alone::<Semaphore>());
    vec![
        compare("one wait + hand-over, strangers wait too", ours),
        compare("one wait + hand-over, strangers wait too, tokio", tokios),
    ]
}

/// With no strangers at all.
fn alone<O: One>() -> Subject {
    let own = lasting(O::new());
    Subject::new(O::NAME, || wait_once::<O>(own))
}
