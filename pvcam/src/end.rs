//! How an acquisition ends by itself, and waiting for that.

use crate::error::SdkError;
use std::any::Any;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Says how an acquisition ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The handler broke.
    HandlerBroke,
    /// The handler panicked, with this message.
    HandlerPanicked(String),
    /// A call to the SDK failed: it did not return a frame that it had announced, or did not say
    /// how many frames are complete.
    Failed(SdkError),
    /// The pool that sequences are written into was closed.
    PoolClosed,
    /// The SDK announced an impossible frame: one without a number, or outside the ring.
    Impossible(String),
}

impl End {
    /// Makes it of what a handler has panicked with.
    pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let end = Self::HandlerPanicked(text.unwrap_or("no message").to_owned());
        // Leaked, once in an acquisition: dropping the user's payload could panic again.
        mem::forget(panic);
        end
    }
}

/// The end of an acquisition, once it has ended by itself. Its lock is apart from the one that is
/// held while the handler runs, so that waiting for the end never waits for the handler.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    end: Option<End>,
    begun: Option<Instant>,
    first_frame: Option<Duration>,
}

impl Ending {
    /// Begins a run, which has not ended.
    pub(crate) fn begin(&self) {
        *self.lock() = State { begun: Some(Instant::now()), ..State::default() };
    }

    /// Notes when the first frame came.
    pub(crate) fn note_first_frame(&self) {
        let mut state = self.lock();
        state.first_frame = state.begun.map(|begun| begun.elapsed());
    }

    /// Returns how long after the begin the first frame came.
    pub(crate) fn first_frame(&self) -> Option<Duration> {
        self.lock().first_frame
    }

    /// Sets the end, unless there is one, and wakes the threads that wait for it.
    pub(crate) fn set(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.ended.notify_all();
    }

    /// Waits for the end, at most `bound` long.
    pub(crate) fn wait(&self, bound: Duration) -> Option<End> {
        let goes_on = |state: &mut State| state.end.is_none();
        let waited = self.ended.wait_timeout_while(self.lock(), bound, goes_on);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.end.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
