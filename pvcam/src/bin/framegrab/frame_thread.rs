//! The thread that takes frames, which is the SDK's: how urgent it is, and on which processor it runs.

use crate::priority::{self, Priority};
use clap::Args;
use serde::Serialize;
use std::cell::Cell;
use std::fmt;
use std::io;
use std::thread;

/// How the thread that takes frames is to run. The one that saves them is left alone: it may wait for the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args, Serialize)]
pub(crate) struct FrameThread {
    /// How urgent the thread is that takes the camera's frames, the SDK's: a nice value from -20 to 19, or rt:1 to rt:99,
    /// before all that has none (SCHED_FIFO). If the system does not permit that, it is said, and the run goes on without
    #[arg(long, value_name = "NICE|rt:N", value_parser = priority::parse, allow_negative_numbers = true)]
    priority: Option<Priority>,

    /// Let that thread run on this processor alone, counted from 0
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    cpu: Option<usize>,
}

thread_local! {
    static IS_SET: Cell<bool> = const { Cell::new(false) };
}

impl FrameThread {
    /// Leaves out what the system does not permit, and warns of that.
    ///
    /// # Errors
    /// There is no such processor for this process.
    pub(crate) fn permitted(self) -> Result<Self, String> {
        if self == Self::default() {
            return Ok(self);
        }
        // Tried on a thread that ends with the trial: the SDK's need not wait for a warning to be written.
        let trial = thread::spawn(move || (self.move_to_cpu(), self.take_priority()));
        let (on_cpu, with_priority) = trial.join().map_err(|_| "the trial panicked".to_owned())?;
        if let (Some(cpu), Err(error)) = (self.cpu, &on_cpu)
            && error.kind() == io::ErrorKind::InvalidInput
        {
            return Err(format!("--cpu {cpu}: this process has no such processor: {error}"));
        }
        let warn = |option: &str, error: &io::Error| {
            tracing::warn!("{option} has no effect: {error}");
        };
        let without = |option: String, tried: &io::Result<()>| {
            tried.as_ref().inspect_err(|error| warn(&option, error)).is_ok()
        };
        Ok(Self {
            priority: self
                .priority
                .filter(|priority| without(format!("--priority {priority}"), &with_priority)),
            cpu: self.cpu.filter(|cpu| without(format!("--cpu {cpu}"), &on_cpu)),
        })
    }

    /// Sets the calling thread, the first time that it calls this.
    pub(crate) fn set_once(self) {
        if IS_SET.replace(true) {
            return;
        }
        if let Err(error) = self.move_to_cpu().and_then(|()| self.take_priority()) {
            tracing::warn!(%error, "the thread that takes frames runs as others do");
        }
    }

    fn move_to_cpu(self) -> io::Result<()> {
        self.cpu.map_or(Ok(()), priority::move_to)
    }

    fn take_priority(self) -> io::Result<()> {
        self.priority.map_or(Ok(()), Priority::take)
    }
}

/// As in `priority rt:50, CPU 3`.
impl fmt::Display for FrameThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let priority = self.priority.map(|priority| format!("priority {priority}"));
        let cpu = self.cpu.map(|cpu| format!("CPU {cpu}"));
        let parts: Vec<_> = priority.into_iter().chain(cpu).collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_what_is_set() {
        let priority = priority::parse("rt:5").ok();
        assert_eq!(FrameThread { priority, cpu: Some(0) }.to_string(), "priority rt:5, CPU 0");
        assert_eq!(FrameThread { priority, cpu: None }.to_string(), "priority rt:5");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_is_set_once() {
        use rustix::process::getpriority_process;
        let [first, second] =
            [6, 7].map(|nice| FrameThread { priority: Some(Priority::Nice(nice)), cpu: None });
        let before = getpriority_process(None).unwrap();
        let nice = thread::spawn(move || {
            first.set_once();
            second.set_once();
            getpriority_process(None).unwrap()
        });
        assert_eq!((nice.join().unwrap(), first.permitted()), (6, Ok(first)));
        assert_eq!(getpriority_process(None).unwrap(), before, "the others are as they were");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_processor_that_is_not_there_is_refused() {
        for cpu in [1023, usize::MAX] {
            let refused = FrameThread { priority: None, cpu: Some(cpu) }.permitted();
            assert!(refused.unwrap_err().starts_with(&format!("--cpu {cpu}: ")));
        }
    }
}
