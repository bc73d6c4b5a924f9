//! Puts what was written on the disk once a second, so that a power cut takes no more than that.

use std::fs::File;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(1);

/// A thread of its own: the one that saves frames does not wait for the disk.
#[derive(Debug)]
pub(crate) struct Keeper {
    thread: JoinHandle<io::Result<()>>,
    /// Dropped, it ends the thread.
    stop: Sender<()>,
}

impl Keeper {
    /// Begins with a file, or with all files in a folder.
    pub(crate) fn begin(file: File) -> io::Result<Self> {
        let is_folder = file.metadata()?.is_dir();
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("keeper".to_owned()).spawn(move || {
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                if is_folder { sync_folder(&file)? } else { file.sync_data()? }
            }
            Ok(())
        })?;
        Ok(Self { thread, stop })
    }

    /// Returns whether it has ended by itself: the disk has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends, and returns the disk's error: the system tells it once, so that nothing else would notice.
    pub(crate) fn end(self) -> io::Result<()> {
        drop(self.stop);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the keeper panicked")))
    }
}

/// Puts the file system of a folder on the disk.
pub(crate) fn sync_folder(folder: &File) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(folder)?;
    folder.sync_all()
}
