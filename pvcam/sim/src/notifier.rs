//! The thread that calls the client's end-of-frame handler.
//!
//! ```text
//!   camera thread --push--> | bounded queue | --pop--> notifier thread --> handler
//!                 (full: dropped)                       (no lock held)
//! ```
//!
//! The queue has as many places as the ring has frames. If the handler falls behind by more frames,
//! notifications are dropped, and the frame numbers that it sees have a gap.
//!
//! A handler may call any function. [`Notifier::remove_handler`] and [`Notifier::close`] wait for
//! the handler, except on a handler's thread, where this might never end.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use framepool_pvcam_sys::{
    FRAME_INFO, PL_CALLBACK_SIG_EX, PL_CALLBACK_SIG_EX2, PL_CALLBACK_SIG_EX3,
    PL_CALLBACK_SIG_LEGACY,
};
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::error::SimError;

/// The client's handler and the context that it is called with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    function: Signature,
    context: *mut c_void,
}

/// A client's function, with what it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signature {
    Legacy(PL_CALLBACK_SIG_LEGACY),
    Ex(PL_CALLBACK_SIG_EX),
    Ex2(PL_CALLBACK_SIG_EX2),
    Ex3(PL_CALLBACK_SIG_EX3),
}

// SAFETY: `context` is only passed to `function`, which by `new` may be called on another thread.
unsafe impl Send for Handler {}

impl Handler {
    /// Makes a handler.
    ///
    /// # Safety
    ///
    /// - `function` may be called with `context` and a frame's description, on another thread, one
    ///   call at a time, until it is removed and no call is running.
    pub(crate) unsafe fn new(function: Signature, context: *mut c_void) -> Self {
        Self { function, context }
    }

    /// Calls the function.
    ///
    /// # Safety
    ///
    /// - The function was not removed, or the thread that removes it waits for this call.
    unsafe fn call(self, info: &FRAME_INFO) {
        let Self { function, context } = self;
        match function {
            // SAFETY: by `new`, and as the caller promises.
            Signature::Legacy(function) => unsafe { function() },
            // SAFETY: as above.
            Signature::Ex(function) => unsafe { function(context) },
            // SAFETY: as above.
            Signature::Ex2(function) => unsafe { function(info) },
            // SAFETY: as above.
            Signature::Ex3(function) => unsafe { function(info, context) },
        }
    }
}

/// The notification of one frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notification {
    /// The number of the acquisition.
    pub(crate) run: u64,
    /// The number of the frame in the acquisition.
    pub(crate) nr: u64,
    pub(crate) info: FRAME_INFO,
}

thread_local! {
    /// The notification, on a notifier's thread while its handler runs.
    static CURRENT: Cell<Option<Notification>> = const { Cell::new(None) };
}

/// Returns the notification that the calling handler was called for; `None` outside of handlers.
pub(crate) fn current() -> Option<Notification> {
    CURRENT.get()
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Notification>,
    limit: usize,
    handler: Option<Handler>,
    /// Whether a call of the handler is running, and how many calls have begun.
    calling: bool,
    calls: u64,
    closing: bool,
}

/// The notifier of one camera, from opening to closing it.
#[derive(Debug)]
pub(crate) struct Notifier {
    state: Mutex<State>,
    /// Signalled when a notification is queued, or when the thread is to end.
    work: Condvar,
    /// Signalled when a call has ended.
    idle: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Notifier {
    pub(crate) fn start() -> Result<Arc<Self>, SimError> {
        let notifier = Arc::new(Self {
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
        *notifier.thread.lock() = Some(thread);
        Ok(notifier)
    }

    /// Makes room for `limit` notifications of a new acquisition, which then allocates nothing.
    pub(crate) fn prepare(&self, limit: usize) {
        let touched = Notification { run: 0, nr: u64::MAX, info: FRAME_INFO::default() };
        let mut state = self.state.lock();
        // Those of a sequence that is complete are still to come.
        let pending = state.queue.len();
        state.limit = pending + limit;
        // Written once, so that the system has mapped its pages.
        state.queue.resize(pending + limit, touched);
        state.queue.truncate(pending);
    }

    /// Queues a notification, or drops it if the queue is full or there is no handler.
    pub(crate) fn push(&self, notification: Notification) {
        let mut state = self.state.lock();
        if state.handler.is_some() && state.queue.len() < state.limit {
            state.queue.push_back(notification);
            drop(state);
            self.work.notify_one();
        }
    }

    /// Drops the queued notifications of an acquisition.
    pub(crate) fn discard(&self, run: u64) {
        self.state.lock().queue.retain(|notification| notification.run != run);
    }

    /// Sets the handler, in place of the one before, and waits for that one as if it were removed.
    pub(crate) fn set_handler(&self, handler: Handler) {
        let mut state = self.state.lock();
        if state.handler.replace(handler).is_some() {
            self.wait_for_call(state);
        }
    }

    /// Removes the handler and waits until it has returned, unless a handler calls this.
    pub(crate) fn remove_handler(&self) {
        let mut state = self.state.lock();
        state.handler = None;
        state.queue.clear();
        self.wait_for_call(state);
    }

    /// Waits until the call that is running has returned; not in a handler, of this camera or another: two of them
    /// would wait for each other.
    fn wait_for_call(&self, mut state: MutexGuard<'_, State>) {
        if current().is_some() {
            return;
        }
        // A later call is one of a handler that was registered meanwhile.
        let call = state.calls;
        while state.calling && state.calls == call {
            self.idle.wait(&mut state);
        }
    }

    /// Ends the thread, and waits until it has ended, unless a handler calls this.
    pub(crate) fn close(&self) {
        {
            let mut state = self.state.lock();
            state.closing = true;
            state.handler = None;
            state.queue.clear();
        }
        self.work.notify_one();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread
            && current().is_none()
        {
            // The thread's own code does not panic, and a handler cannot unwind into it.
            let _ = thread.join();
        }
    }

    fn work(&self) {
        let mut state = self.state.lock();
        while !state.closing {
            let Some(notification) = state.queue.pop_front() else {
                self.work.wait(&mut state);
                continue;
            };
            let Some(handler) = state.handler else { continue };
            state.calling = true;
            state.calls += 1;
            drop(state);
            CURRENT.set(Some(notification));
            // SAFETY: it was registered when `calling` was set, and a thread that removes it, but for a handler, waits
            // while `calling` is set.
            unsafe { handler.call(&notification.info) };
            CURRENT.set(None);
            state = self.state.lock();
            state.calling = false;
            self.idle.notify_all();
        }
    }
}
