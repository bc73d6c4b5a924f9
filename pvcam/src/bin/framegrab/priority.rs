//! The priority of the calling thread, and the processor that it runs on.

use std::fmt;
use std::io;
use std::ops::RangeInclusive;

/// How urgent a thread is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    Nice(i32),
    Realtime(i32),
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nice(nice) => write!(f, "{nice}"),
            Self::Realtime(rank) => write!(f, "rt:{rank}"),
        }
    }
}

impl serde::Serialize for Priority {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a nice value, or a rank after `rt:`.
pub(crate) fn parse(text: &str) -> Result<Priority, String> {
    let number = |text: &str, range: RangeInclusive<i32>| {
        text.parse().ok().filter(|number| range.contains(number))
    };
    match text.strip_prefix("rt:") {
        Some(rank) => number(rank, 1..=99).map(Priority::Realtime),
        None => number(text, -20..=19).map(Priority::Nice),
    }
    .ok_or_else(|| "expected a nice value from -20 to 19, or rt:1 to rt:99".to_owned())
}

/// On Linux a nice value is a thread's own.
#[cfg(target_os = "linux")]
impl Priority {
    /// Gives the calling thread this priority.
    pub(crate) fn take(self) -> io::Result<()> {
        let rank = match self {
            Self::Nice(nice) => return Ok(rustix::process::setpriority_process(None, nice)?),
            Self::Realtime(rank) => rank,
        };
        let parameters = libc::sched_param { sched_priority: rank };
        // SAFETY: the call has no memory to do with.
        let this = unsafe { libc::pthread_self() };
        let from = &raw const parameters;
        // SAFETY: this thread is alive, and the parameters are read before the call returns.
        match unsafe { libc::pthread_setschedparam(this, libc::SCHED_FIFO, from) } {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

/// Lets the calling thread run on this processor alone.
#[cfg(target_os = "linux")]
pub(crate) fn move_to(cpu: usize) -> io::Result<()> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    if cpu >= CpuSet::MAX_CPU {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut cpus = CpuSet::new();
    cpus.set(cpu);
    Ok(sched_setaffinity(None, &cpus)?)
}

#[cfg(not(target_os = "linux"))]
impl Priority {
    pub(crate) fn take(self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn move_to(_cpu: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_parsed() {
        let nice = |nice| Ok(Priority::Nice(nice));
        assert_eq!((parse("-20"), parse("19")), (nice(-20), nice(19)));
        assert_eq!(parse("rt:99"), Ok(Priority::Realtime(99)));
        for wrong in ["-21", "20", "rt:0", "rt:100", "rt:", "rt", "fifo", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
