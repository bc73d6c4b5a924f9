//! Ctrl-C and SIGTERM, counted: the first stops in order, the second drops what waits to be saved, the third ends at once.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How often the user has asked to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicU32>);

/// The exit code of a program that a signal has ended.
const AT_ONCE: i32 = 130;

impl Stop {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self, ctrlc::Error> {
        let this = Self::default();
        let heard = this.clone();
        ctrlc::set_handler(move || {
            // Ordering: Relaxed: a count that publishes nothing.
            if heard.0.fetch_add(1, Ordering::Relaxed) >= 2 {
                let _gone = writeln!(std::io::stderr(), "framegrab: ended at once");
                std::process::exit(AT_ONCE);
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

    /// Returns whether what waits is to be dropped.
    pub(crate) fn is_urgent(&self) -> bool {
        self.times() > 1
    }
}
