//! The progress: a bar on a terminal, else a line each second.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

pub(crate) enum Progress {
    Bar(ProgressBar),
    Lines { last: Instant, limit: Option<u64> },
    Silent,
}

const BAR: &str = "{bar:40} {pos}/{len} frames  {per_sec}  eta {eta}";
const SPINNER: &str = "{spinner} {pos} frames  {per_sec}  {elapsed}";

impl Progress {
    /// Shows how far a run with this limit is, if it `is_silent` nothing.
    pub(crate) fn new(limit: Option<u64>, is_silent: bool) -> Self {
        if is_silent {
            return Self::Silent;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines { last: Instant::now(), limit };
        }
        let (bar, template) = match limit {
            Some(limit) => (ProgressBar::new(limit), BAR),
            None => (ProgressBar::new_spinner(), SPINNER),
        };
        // The templates are constants; the default style serves if one is wrong.
        Self::Bar(match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    pub(crate) fn show(&mut self, seen: u64) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => bar.set_position(seen),
            Self::Lines { last, limit } => {
                if last.elapsed() >= Duration::from_secs(1) {
                    *last = Instant::now();
                    let of = limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
                    let _gone = writeln!(std::io::stderr(), "framegrab: {seen}{of} frames");
                }
            }
        }
    }

    pub(crate) fn finish(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
