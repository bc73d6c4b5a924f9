//! The newest frame, for people at a page: copied and made a picture when it is asked for, and once more in the end.
//!
//! ```text
//!   SDK's thread --newest-only tap--> thread "view" --copy, picture--> everyone who has asked
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
/// Pixels of the longer side of a picture.
const LONGEST: u32 = 1024;

/// A thread that looks at the newest frame, until the end of the run.
pub(crate) struct View {
    looks: Looks,
    thread: Option<JoinHandle<()>>,
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
    /// Looks at the frames of a stream by a tap.
    pub(crate) fn of(taps: &Taps<AnyFrame>) -> io::Result<Self> {
        let looks = Looks::default();
        let (_tap, newest) = taps.named("live view").newest();
        let viewer = Viewer { looks: looks.clone(), newest, copy: None };
        let thread = thread::Builder::new().name("view".to_owned()).spawn(move || viewer.run())?;
        Ok(Self { looks, thread: Some(thread) })
    }

    pub(crate) fn looks(&self) -> Looks {
        self.looks.clone()
    }
}

/// Looks for the last time: no frame is held afterwards.
impl Drop for View {
    fn drop(&mut self) {
        self.looks.state().is_over = true;
        self.looks.0.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
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
    /// Of the frame that was taken last: memory that is used again.
    copy: Option<(FrameMeta, Vec<u8>)>,
}

impl Viewer {
    fn run(mut self) {
        let mut is_over = false;
        while !is_over {
            let wait = |state: &mut State| !state.is_asked && !state.is_over;
            let state = self.looks.0.changed.wait_while(self.looks.state(), wait);
            is_over = state.unwrap_or_else(PoisonError::into_inner).is_over;
            let picture = self.look();
            let mut state = self.looks.state();
            state.picture = picture.map(Arc::new).or(state.picture.take());
            (state.looked, state.is_asked) = (Some(Instant::now()), false);
            drop(state);
            self.looks.0.changed.notify_all();
        }
    }

    /// Makes a picture of the newest frame; `None` if there is none that is newer than the last.
    fn look(&mut self) -> Option<Picture> {
        let frame = self.newest.take()?;
        let (meta, mut bytes) = (*frame.meta(), self.copy.take().unwrap_or_default().1);
        bytes.resize(bytes_of(&meta), 0);
        let copied = frame.copy_to(&mut bytes);
        drop(frame);
        let (meta, bytes) = self.copy.insert((meta, bytes));
        let made = copied
            .map_err(|error| error.to_string())
            .and_then(|()| Picture::of(meta, bytes, LONGEST).map_err(|error| error.to_string()));
        made.inspect_err(|error| tracing::debug!(%error, frame = meta.number, "no picture")).ok()
    }
}

fn bytes_of(meta: &FrameMeta) -> usize {
    meta.bytes_per_row() * usize::try_from(meta.height).unwrap_or_default()
}
