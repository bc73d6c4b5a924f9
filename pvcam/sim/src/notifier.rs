//! The thread that calls the client's end-of-frame handler.
//!
//! ```text
//!   camera thread --push--> | bounded queue | --pop--> notifier thread --> handler
//!                 (full: dropped)                       (no lock held)
//! ```
//!
//! The queue is as long as the ring. A handler that falls behind by more loses notifications, and
//! sees it as a gap in the frame numbers. It is called again as soon as it returns.
//!
//! A handler may call any function. On its own thread, waiting for it would never end, so
//! [`Notifier::remove_handler`] and [`Notifier::close`] do not wait there.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use framepool_pvcam_sys::{FRAME_INFO, PL_CALLBACK_SIG_EX3};

use crate::error::SimError;
use crate::sync::{lock, wait};

/// The client's handler and what it wants to be given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    function: PL_CALLBACK_SIG_EX3,
    context: *mut c_void,
}

// SAFETY: `context` is only handed to `function`; `Handler::new`'s caller vouches for the thread.
unsafe impl Send for Handler {}

impl Handler {
    /// # Safety
    ///
    /// - `function` may be called with `context` and a frame's description, on another thread, one
    ///   call at a time, until it is removed and no call is running.
    pub(crate) unsafe fn new(function: PL_CALLBACK_SIG_EX3, context: *mut c_void) -> Self {
        Self { function, context }
    }
}

/// One frame that the handler is to be told of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notification {
    /// The acquisition.
    pub(crate) run: u64,
    /// The frame's number in it.
    pub(crate) nr: u64,
    pub(crate) info: FRAME_INFO,
}

thread_local! {
    /// On a notifier's thread while its handler runs: the notifier and the notification.
    static CURRENT: Cell<Option<(u64, Notification)>> = const { Cell::new(None) };
}

/// The notification that the calling thread's handler runs for, if it is in a handler.
pub(crate) fn current() -> Option<Notification> {
    CURRENT.get().map(|(_, notification)| notification)
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Notification>,
    limit: usize,
    handler: Option<Handler>,
    /// Whether a call is running, and how many have begun.
    calling: bool,
    calls: u64,
    closing: bool,
}

/// One camera's notifier, from its opening to its closing.
#[derive(Debug)]
pub(crate) struct Notifier {
    id: u64,
    state: Mutex<State>,
    /// Signalled when there is something to do.
    work: Condvar,
    /// Signalled when a call has ended.
    idle: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Notifier {
    pub(crate) fn start() -> Result<Arc<Self>, SimError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let notifier = Arc::new(Self {
            // Ordering: Relaxed; only uniqueness matters.
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            state: Mutex::new(State {
                queue: VecDeque::new(),
                limit: 0,
                handler: None,
                calling: false,
                calls: 0,
                closing: false,
            }),
            work: Condvar::new(),
            idle: Condvar::new(),
            thread: Mutex::new(None),
        });
        let worker = Arc::clone(&notifier);
        let thread = thread::Builder::new()
            .name("pvcam-notifier".into())
            .spawn(move || worker.work())
            .map_err(|_| SimError::OutOfThreads)?;
        *lock(&notifier.thread) = Some(thread);
        Ok(notifier)
    }

    /// Makes the queue `limit` long for a new acquisition; nothing is allocated until the next.
    pub(crate) fn prepare(&self, limit: usize) {
        let touched = Notification { run: 0, nr: u64::MAX, info: FRAME_INFO::default() };
        let mut state = lock(&self.state);
        state.limit = limit;
        // Written once so that its pages exist.
        state.queue.resize(limit, touched);
        state.queue.clear();
    }

    /// Queues a notification, or drops it if the queue is full or nobody listens.
    pub(crate) fn push(&self, notification: Notification) {
        let mut state = lock(&self.state);
        if state.handler.is_some() && state.queue.len() < state.limit {
            state.queue.push_back(notification);
            drop(state);
            self.work.notify_one();
        }
    }

    /// Forgets what is queued of an acquisition: no handler is called for it any more.
    pub(crate) fn discard(&self, run: u64) {
        lock(&self.state).queue.retain(|notification| notification.run != run);
    }

    /// Sets the handler, in place of the one before.
    pub(crate) fn set_handler(&self, handler: Handler) {
        lock(&self.state).handler = Some(handler);
    }

    /// Removes the handler and waits until it has returned, unless the handler itself calls this.
    pub(crate) fn remove_handler(&self) {
        let mut state = lock(&self.state);
        state.handler = None;
        state.queue.clear();
        if self.is_current_thread() {
            return;
        }
        // A later call is that of a handler registered meanwhile.
        let call = state.calls;
        while state.calling && state.calls == call {
            state = wait(&self.idle, state);
        }
    }

    /// Ends the thread, and waits for that unless a handler calls this.
    pub(crate) fn close(&self) {
        {
            let mut state = lock(&self.state);
            state.closing = true;
            state.handler = None;
            state.queue.clear();
        }
        self.work.notify_one();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread
            && !self.is_current_thread()
        {
            // The thread's own code does not panic, and a handler cannot unwind into it.
            let _ = thread.join();
        }
    }

    fn is_current_thread(&self) -> bool {
        CURRENT.get().is_some_and(|(id, _)| id == self.id)
    }

    fn work(&self) {
        let mut state = lock(&self.state);
        while !state.closing {
            let Some(notification) = state.queue.pop_front() else {
                state = wait(&self.work, state);
                continue;
            };
            let Some(Handler { function, context }) = state.handler else { continue };
            state.calling = true;
            state.calls += 1;
            drop(state);
            CURRENT.set(Some((self.id, notification)));
            // SAFETY: by `Handler::new` this may be called until it is removed and not running;
            // it was registered when `calling` was set, and whoever removes it waits for that.
            unsafe { function(&notification.info, context) };
            CURRENT.set(None);
            state = lock(&self.state);
            state.calling = false;
            self.idle.notify_all();
        }
    }
}
