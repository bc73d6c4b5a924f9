//! What the thread that starts sequences waits for: the last one's end, or the end of all.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the thread that starts sequences waits for.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// A sequence runs.
    is_busy: bool,
    is_over: bool,
}

impl Signal {
    /// Says that a sequence runs from now on.
    pub(crate) fn begin(&self) {
        self.lock().is_busy = true;
    }

    /// Says that the sequence is complete.
    pub(crate) fn complete(&self) {
        self.lock().is_busy = false;
        self.changed.notify_all();
    }

    /// Says that no other sequence is to be started.
    pub(crate) fn finish(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Waits until the sequence is complete, or no other is to be started, at most `bound` long. Returns whether it is.
    pub(crate) fn wait(&self, bound: Duration) -> bool {
        let goes_on = |state: &mut State| state.is_busy && !state.is_over;
        let waited = self.changed.wait_timeout_while(self.lock(), bound, goes_on);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.is_busy || state.is_over
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
