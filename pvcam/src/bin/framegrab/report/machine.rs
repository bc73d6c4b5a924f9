//! The machine that a run was on.

use std::fs;
use std::thread;

/// Returns what is known of the machine: names, and what each is.
pub(crate) fn machine() -> Vec<(&'static str, String)> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let processor = processor().unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let gigabytes = framepool::available_memory() as f64 / 1e9;
    let mut known = system();
    known.push(("processor", format!("{processor}, {cores} threads")));
    known.push(("free memory", format!("{gigabytes:.1} GB when the report was written")));
    known.push(("framegrab", env!("CARGO_PKG_VERSION").to_owned()));
    known
}

#[cfg(unix)]
fn system() -> Vec<(&'static str, String)> {
    let known = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let system = [known.sysname(), known.release(), known.machine()].map(text);
    vec![("name", text(known.nodename())), ("system", system.join(" "))]
}

#[cfg(not(unix))]
fn system() -> Vec<(&'static str, String)> {
    vec![("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH))]
}

/// Returns the processor's name, where the system tells it.
fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
