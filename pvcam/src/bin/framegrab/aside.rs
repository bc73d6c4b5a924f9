//! Lines on standard error, written by a thread of its own: a terminal that is held up (Ctrl-S, a lost connection) holds
//! up neither the camera's frames nor the end of a run.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::Duration;

/// Lines that may wait; more are dropped.
const WAITING: usize = 1024;

/// How long the end of the program waits for its last lines.
const PATIENCE: Duration = Duration::from_secs(1);

static LINES: OnceLock<SyncSender<Line>> = OnceLock::new();

enum Line {
    Text(Vec<u8>),
    /// Answered when all lines before it are written.
    Mark(SyncSender<()>),
}

/// Begins the thread. Until then, and if there is none to be had, lines are written at once.
pub(crate) fn begin() {
    let (lines, waiting) = mpsc::sync_channel(WAITING);
    let thread = thread::Builder::new().name("stderr".to_owned()).spawn(move || {
        for line in waiting {
            match line {
                // That it cannot be written has no better place to be said.
                Line::Text(text) => drop(io::stderr().write_all(&text)),
                Line::Mark(done) => drop(done.try_send(())),
            }
        }
    });
    if thread.is_ok() {
        // Twice: the first thread stays.
        drop(LINES.set(lines));
    }
}

/// Writes a line.
pub(crate) fn line(text: &str) {
    send(format!("{text}\n").into_bytes());
}

fn send(text: Vec<u8>) {
    match LINES.get() {
        Some(lines) => drop(lines.try_send(Line::Text(text))),
        None => drop(io::stderr().write_all(&text)),
    }
}

/// Waits until all lines are written, but not for ever.
pub(crate) fn flush() {
    let (done, is_done) = mpsc::sync_channel(1);
    if LINES.get().is_some_and(|lines| lines.try_send(Line::Mark(done)).is_ok()) {
        // Or not: the program ends nevertheless.
        let _written = is_done.recv_timeout(PATIENCE);
    }
}

/// Takes what is logged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
