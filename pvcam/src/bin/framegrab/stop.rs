//! Ctrl-C and SIGTERM, counted: the first stops in order, the second drops what waits to be saved, the third ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How often the user has asked to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicU32>);

/// The exit code of a program that a signal has ended.
const AT_ONCE: i32 = 130;

/// Signals that come closer together are one: `timeout` and others send several.
const APART: Duration = Duration::from_millis(300);

impl Stop {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self, ctrlc::Error> {
        let this = Self::default();
        let heard = this.clone();
        let mut last: Option<Instant> = None;
        ctrlc::set_handler(move || {
            if last.is_some_and(|last| last.elapsed() < APART) {
                return;
            }
            last = Some(Instant::now());
            // Ordering: Relaxed: a count that publishes nothing.
            if heard.0.fetch_add(1, Ordering::Relaxed) >= 2 {
                end_at_once();
            }
        })?;
        Ok(this)
    }

    /// Returns how often the user has asked.
    pub(crate) fn times(&self) -> u32 {
        // Ordering: Relaxed: a count that publishes nothing.
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.times() > 0
    }

    /// Says that the run has ended, for whatever reason: the next time drops what waits.
    pub(crate) fn begin_draining(&self) {
        // Ordering: Relaxed: as in `times`.
        self.0.fetch_max(1, Ordering::Relaxed);
    }

    /// Says that nothing needs to end in order: the next time ends the program, as one that came before does.
    pub(crate) fn ends_at_once(&self) {
        // Ordering: Relaxed: as in `times`.
        if self.0.fetch_max(2, Ordering::Relaxed) > 0 {
            end_at_once();
        }
    }

    /// Returns whether what waits is to be dropped.
    pub(crate) fn is_urgent(&self) -> bool {
        self.times() > 1
    }
}

/// Ends the program, also if another thread holds standard error or is stuck while it ends.
fn end_at_once() -> ! {
    #[cfg(unix)]
    // SAFETY: ends the process, and runs nothing before.
    unsafe {
        libc::_exit(AT_ONCE)
    }
    #[cfg(not(unix))]
    std::process::exit(AT_ONCE)
}
