//! Waiting for a future on a plain thread, with a bound.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    // One waker a thread, so that waiting allocates once in a thread's life.
    static WAKER: Waker = Waker::from(Arc::new(Unpark(thread::current())));
}

/// Returns the instant that is `bound` from now; none if that is beyond the clock's range.
pub(crate) fn deadline(bound: Duration) -> Option<Instant> {
    Instant::now().checked_add(bound)
}

/// Runs `future` to its end on this thread; `None` if it has not ended at the deadline, if there is one.
pub(crate) fn wait<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    let mut future = pin!(future);
    WAKER.with(|waker| {
        let mut cx = Context::from_waker(waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return Some(output);
            }
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return None,
                Some(left) => thread::park_timeout(left),
                None => thread::park(),
            }
        }
    })
}
