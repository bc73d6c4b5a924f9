//! The thread that calls the client's handlers, of frames and of what happens to the camera.
//!
//! ```text
//!   camera thread --push--> | bounded queue | --pop--> notifier thread --> handler
//!                 (full: dropped)                       (no lock held)
//! ```
//!
//! The queue has as many places as the ring has frames. If the handler falls behind by more frames,
//! notifications are dropped, and the frame numbers that it sees have a gap. Notifications that were held back find
//! places of their own.
//!
//! A handler may call any function. [`Notifier::remove_handler`] and [`Notifier::close`] wait for
//! the handler, except on a handler's thread, where this might never end.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use framepool_pvcam_sys::{
    FRAME_INFO, PL_CALLBACK_CAM_REMOVED, PL_CALLBACK_CAM_RESUMED, PL_CALLBACK_CHECK_CAMS,
    PL_CALLBACK_EOF, PL_CALLBACK_SIG_EX, PL_CALLBACK_SIG_EX2, PL_CALLBACK_SIG_EX3,
    PL_CALLBACK_SIG_LEGACY,
};
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::error::SimError;
use crate::slots::Frame;

/// What a handler is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The end of a frame.
    Frame,
    /// The list of cameras is to be looked at.
    Cameras,
    /// The camera was unplugged, or plugged in again.
    Removed,
    Resumed,
}

impl Event {
    const COUNT: usize = 4;

    /// Returns the event of a number of the SDK's. There is no begin of a frame.
    pub(crate) fn of(number: i32) -> Result<Self, SimError> {
        match number {
            PL_CALLBACK_EOF => Ok(Self::Frame),
            PL_CALLBACK_CHECK_CAMS => Ok(Self::Cameras),
            PL_CALLBACK_CAM_REMOVED => Ok(Self::Removed),
            PL_CALLBACK_CAM_RESUMED => Ok(Self::Resumed),
            _ => Err(SimError::EventInvalid),
        }
    }
}

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

/// One call that a handler is to get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notification {
    pub(crate) event: Event,
    /// The number of the acquisition, and its frame; 0 and none for events of the camera.
    pub(crate) run: u64,
    pub(crate) frame: Frame,
}

impl Notification {
    /// Makes the notification of a frame.
    pub(crate) fn of_frame(run: u64, frame: Frame) -> Self {
        Self { event: Event::Frame, run, frame }
    }

    fn of_camera(event: Event, hcam: i16) -> Self {
        let info = FRAME_INFO { hCam: hcam, ..FRAME_INFO::default() };
        Self { event, run: 0, frame: Frame { nr: 0, position: 0, info } }
    }
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
    /// The most notifications of frames; and with those that were held back.
    limit: usize,
    limit_held: usize,
    /// By event.
    handlers: [Option<Handler>; Event::COUNT],
    /// When the camera is plugged in again.
    back: Option<Instant>,
    /// The event of the call that is running, and how many calls have begun.
    calling: Option<Event>,
    calls: u64,
    closing: bool,
}

impl State {
    fn handler(&mut self, event: Event) -> &mut Option<Handler> {
        &mut self.handlers[event as usize]
    }

    /// Queues the event that the camera is plugged in again, if it is time.
    fn resume(&mut self, hcam: i16) {
        if self.back.take_if(|back| Instant::now() >= *back).is_some() {
            self.queue.push_back(Notification::of_camera(Event::Resumed, hcam));
        }
    }
}

/// The notifier of one camera, from opening to closing it.
#[derive(Debug)]
pub(crate) struct Notifier {
    hcam: i16,
    state: Mutex<State>,
    /// Signalled when a notification is queued, or when the thread is to end.
    work: Condvar,
    /// Signalled when a call has ended.
    idle: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Notifier {
    pub(crate) fn start(hcam: i16) -> Result<Arc<Self>, SimError> {
        let notifier = Arc::new(Self {
            hcam,
            state: Mutex::new(State {
                queue: VecDeque::new(),
                limit: 0,
                limit_held: 0,
                handlers: [None; Event::COUNT],
                back: None,
                calling: None,
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

    /// Makes room for `limit` notifications of a new acquisition, and for `held` that are held back; it then allocates
    /// nothing.
    pub(crate) fn prepare(&self, limit: usize, held: usize) {
        let touched = Notification::of_camera(Event::Frame, -1);
        let mut state = self.state.lock();
        // Those of a sequence that is complete are still to come.
        let pending = state.queue.len();
        state.limit = pending + limit;
        state.limit_held = state.limit + held;
        // Written once, so that the system has mapped its pages.
        let most = state.limit_held;
        state.queue.resize(most, touched);
        state.queue.truncate(pending);
    }

    /// Queues the notification of a frame, or drops it if the queue is full or there is no handler.
    pub(crate) fn push(&self, notification: Notification) {
        let mut state = self.state.lock();
        if state.handler(Event::Frame).is_some() && state.queue.len() < state.limit {
            state.queue.push_back(notification);
            drop(state);
            self.work.notify_one();
        }
    }

    /// Queues notifications of frames that were held back, of which none is handled before all are queued.
    pub(crate) fn push_held(&self, held: impl Iterator<Item = Notification>) {
        let mut state = self.state.lock();
        let room = state.limit_held.saturating_sub(state.queue.len());
        if state.handler(Event::Frame).is_some() {
            state.queue.extend(held.take(room));
        }
        drop(state);
        self.work.notify_one();
    }

    /// Queues what is told of a camera that was just unplugged, and will be told when it is plugged in again.
    pub(crate) fn push_removal(&self, back: Option<Instant>) {
        let mut state = self.state.lock();
        // It may have been back for a moment only.
        state.resume(self.hcam);
        for event in [Event::Removed, Event::Cameras] {
            state.queue.push_back(Notification::of_camera(event, self.hcam));
        }
        state.back = back;
        drop(state);
        self.work.notify_one();
    }

    /// Drops the queued notifications of an acquisition.
    pub(crate) fn discard(&self, run: u64) {
        self.state.lock().queue.retain(|notification| notification.run != run);
    }

    /// Sets the handler of an event, in place of the one before, and waits for that one as if it were removed.
    pub(crate) fn set_handler(&self, event: Event, handler: Handler) {
        let mut state = self.state.lock();
        if state.handler(event).replace(handler).is_some() {
            self.wait_for_call(state, Some(event));
        }
    }

    /// Removes the handler of an event and waits until it has returned, unless a handler calls this.
    pub(crate) fn remove_handler(&self, event: Event) {
        let mut state = self.state.lock();
        *state.handler(event) = None;
        state.queue.retain(|notification| notification.event != event);
        self.wait_for_call(state, Some(event));
    }

    /// Removes all handlers, and waits in the same way.
    pub(crate) fn remove_handlers(&self) {
        let mut state = self.state.lock();
        state.handlers = [None; Event::COUNT];
        state.queue.clear();
        self.wait_for_call(state, None);
    }

    /// Waits until the call that is running has returned, if it is one of an event, or of any; not in a handler, of
    /// this camera or another: two of them would wait for each other.
    fn wait_for_call(&self, mut state: MutexGuard<'_, State>, event: Option<Event>) {
        if current().is_some() {
            return;
        }
        // A later call is one of a handler that was registered meanwhile.
        let call = state.calls;
        let is_it = |calling: Event| event.is_none_or(|event| event == calling);
        while state.calling.is_some_and(is_it) && state.calls == call {
            self.idle.wait(&mut state);
        }
    }

    /// Ends the thread, and waits until it has ended, unless a handler calls this.
    pub(crate) fn close(&self) {
        {
            let mut state = self.state.lock();
            state.closing = true;
            state.handlers = [None; Event::COUNT];
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
            state.resume(self.hcam);
            let Some(notification) = state.queue.pop_front() else {
                match state.back {
                    Some(back) => drop(self.work.wait_until(&mut state, back)),
                    None => self.work.wait(&mut state),
                }
                continue;
            };
            let Some(handler) = *state.handler(notification.event) else { continue };
            state.calling = Some(notification.event);
            state.calls += 1;
            drop(state);
            CURRENT.set(Some(notification));
            // SAFETY: it was registered when `calling` was set, and a thread that removes it, but for a handler, waits
            // while `calling` is set.
            unsafe { handler.call(&notification.frame.info) };
            CURRENT.set(None);
            state = self.state.lock();
            state.calling = None;
            self.idle.notify_all();
        }
    }
}
