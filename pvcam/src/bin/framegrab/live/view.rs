//! The newest frame, for people at a page: copied and made a picture when it is asked for, and once more in the end.
//!
//! ```text
//!   SDK's thread --newest-only tap--> thread "view" --copy, picture--> all that have asked
//! ```
//!
//! The thread holds a frame while it copies it, and never longer. One picture is for all that ask for it, and the next
//! is made a tenth of a second later at the earliest.

use crate::live::picture::Picture;
use framepool::{AnyFrame, FrameMeta, Newest, ReadFrame, Taps};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Between two pictures.
const APART: Duration = Duration::from_millis(100);
/// How long a client waits for a picture: then it gets the last one.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at frames that are to be kept.
const KEPT: Duration = Duration::from_secs(1);
/// Pixels of the longer side of a picture.
const LONGEST: u32 = 1024;

/// A frame, copied.
pub(crate) type Copied = (FrameMeta, Vec<u8>);

/// A thread that looks at the newest frame, until the end of the run.
pub(crate) struct View {
    looks: Looks,
    thread: Option<JoinHandle<Option<Copied>>>,
}

/// What clients ask for pictures.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looks(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// A client waits for a newer picture.
    is_asked: bool,
    /// The run has ended: what there is now is the last.
    is_over: bool,
    /// When the thread has looked last.
    looked: Option<Instant>,
    picture: Option<Arc<Picture>>,
}

impl View {
    /// Looks at the frames of a stream by a tap; if it `keeps` the last one, also when no client asks, as that may be taken
    /// back if the pool runs out.
    pub(crate) fn of(taps: &Taps<AnyFrame>, keeps: bool) -> io::Result<Self> {
        let looks = Looks::default();
        let (_tap, newest) = taps.named("live view").newest();
        let looks_too = looks.clone();
        let viewer =
            Viewer { looks: looks_too, newest, keeps, bytes: Vec::new(), meta: None, shown: 0 };
        let thread = thread::Builder::new().name("view".to_owned()).spawn(move || viewer.run())?;
        Ok(Self { looks, thread: Some(thread) })
    }

    pub(crate) fn looks(&self) -> Looks {
        self.looks.clone()
    }

    /// Looks for the last time, and returns the last frame. None is held afterwards.
    pub(crate) fn end(mut self) -> Option<Copied> {
        self.join()
    }

    fn join(&mut self) -> Option<Copied> {
        self.looks.state().is_over = true;
        self.looks.0.changed.notify_all();
        self.thread.take().and_then(|thread| thread.join().ok().flatten())
    }
}

impl Drop for View {
    fn drop(&mut self) {
        drop(self.join());
    }
}

impl Looks {
    /// Returns a picture of the newest frame, or of one that was the newest a moment ago; `None` if no frame has come.
    pub(crate) fn picture(&self) -> Option<Arc<Picture>> {
        let mut state = self.state();
        let is_fresh = state.looked.is_some_and(|looked| looked.elapsed() < APART);
        if !is_fresh && !state.is_over {
            state.is_asked = true;
            self.0.changed.notify_all();
            let wait = |state: &mut State| state.is_asked && !state.is_over;
            let woken = self.0.changed.wait_timeout_while(state, PATIENCE, wait);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.picture.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's own.
struct Viewer {
    looks: Looks,
    newest: Newest<AnyFrame>,
    keeps: bool,
    /// Of the frame that was taken last: memory that is used again.
    bytes: Vec<u8>,
    /// What these are, if they are a whole frame.
    meta: Option<FrameMeta>,
    /// The frame of the last picture.
    shown: u64,
}

impl Viewer {
    /// Looks until the run is over; then returns the last frame.
    fn run(mut self) -> Option<Copied> {
        let mut is_over = false;
        while !is_over {
            let is_asked;
            (is_asked, is_over) = self.wait();
            self.copy();
            let picture = if is_asked || is_over { self.picture() } else { None };
            let mut state = self.looks.state();
            state.picture = picture.map(Arc::new).or(state.picture.take());
            if is_asked {
                (state.looked, state.is_asked) = (Some(Instant::now()), false);
            }
            drop(state);
            self.looks.0.changed.notify_all();
        }
        Some((self.meta?, self.bytes))
    }

    /// Waits until a client asks, or the run is over; or for a while.
    fn wait(&self) -> (bool, bool) {
        let wait = |state: &mut State| !state.is_asked && !state.is_over;
        let bound = if self.keeps { KEPT } else { Duration::MAX };
        let (state, changed) = (self.looks.state(), &self.looks.0.changed);
        let woken = changed.wait_timeout_while(state, bound, wait);
        let state = woken.unwrap_or_else(PoisonError::into_inner).0;
        (state.is_asked, state.is_over)
    }

    /// Copies the newest frame, if it was not copied before.
    fn copy(&mut self) {
        let Some(frame) = self.newest.take() else { return };
        let meta = *frame.meta();
        let len = meta.bytes_per_row() * usize::try_from(meta.height).unwrap_or_default();
        self.bytes.resize(len, 0);
        let copied = frame.copy_to(&mut self.bytes);
        let copied = copied.inspect_err(|error| tracing::debug!(%error, meta.number, "not shown"));
        self.meta = copied.ok().map(|()| meta);
    }

    /// Makes a picture of the copy; `None` if that was done before.
    fn picture(&mut self) -> Option<Picture> {
        let meta = self.meta.filter(|meta| meta.number != self.shown)?;
        self.shown = meta.number;
        let made = Picture::of(&meta, &self.bytes, LONGEST);
        made.inspect_err(|error| tracing::debug!(%error, meta.number, "no picture")).ok()
    }
}
