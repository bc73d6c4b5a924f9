//! Puts finished parts on the disk, one after the other, while frames of the next one come.

use crate::record::about::{About, Ending};
use crate::record::part::{Finished, Part};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

/// Parts that may wait. A disk that is further behind holds up those that come.
const WAITING: usize = 2;

/// A thread of its own.
#[derive(Debug)]
pub(crate) struct Finisher {
    thread: JoinHandle<Vec<Finished>>,
    parts: SyncSender<Full>,
    has_failed: Arc<AtomicBool>,
}

/// A part that has all of its frames.
#[derive(Debug)]
pub(crate) struct Full {
    pub(crate) part: Part,
    pub(crate) about: About,
    pub(crate) ending: Ending,
    pub(crate) is_named: bool,
}

impl Finisher {
    pub(crate) fn begin() -> io::Result<Self> {
        let (parts, full) = mpsc::sync_channel::<Full>(WAITING);
        let has_failed = Arc::new(AtomicBool::new(false));
        let failed = Arc::clone(&has_failed);
        let thread = thread::Builder::new().name("finisher".to_owned()).spawn(move || {
            let finish = |Full { part, about, ending, is_named }| {
                let finished = part.finish(&about, ending, is_named);
                if let Some(error) = &finished.error {
                    // Logged now: the run may go on for long.
                    tracing::error!("{error}");
                    // Ordering: Relaxed: a flag that publishes nothing.
                    failed.store(true, Ordering::Relaxed);
                }
                finished
            };
            full.into_iter().map(finish).collect()
        })?;
        Ok(Self { thread, parts, has_failed })
    }

    /// Takes a part over.
    pub(crate) fn take(&self, full: Full) -> io::Result<()> {
        self.parts
            .send(full)
            .map_err(|_| io::Error::other("the thread that finishes parts has ended"))
    }

    pub(crate) fn has_failed(&self) -> bool {
        // Ordering: Relaxed: as above.
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Returns all parts, once they are finished.
    pub(crate) fn end(self) -> Vec<Finished> {
        drop(self.parts);
        self.thread.join().unwrap_or_else(|_| {
            let error = Some("the thread that finishes parts panicked".to_owned());
            vec![Finished { file: None, error }]
        })
    }
}
