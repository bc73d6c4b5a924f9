//! How an acquisition ends by itself, and waiting for that.

use crate::error::SdkError;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    /// The SDK announced an impossible frame: one without a number, or outside the ring.
    Impossible(String),
}

/// The end of an acquisition, once it has ended by itself. Its lock is apart from the one that is
/// held while the handler runs, so that waiting for the end never waits for the handler.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    end: Mutex<Option<End>>,
    ended: Condvar,
}

impl Ending {
    /// Sets the end, and wakes the threads that wait for it.
    pub(crate) fn set(&self, end: End) {
        *self.lock() = Some(end);
        self.ended.notify_all();
    }

    /// Waits for the end, at most `bound` long.
    pub(crate) fn wait(&self, bound: Duration) -> Option<End> {
        let waited = self.ended.wait_timeout_while(self.lock(), bound, |end| end.is_none());
        let (end, _) = waited.unwrap_or_else(PoisonError::into_inner);
        end.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
