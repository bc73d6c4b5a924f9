//! The scheduler: which core a thread runs on, ahead of which others, and how long it ran.

use std::io;
use std::time::Duration;

/// SCHED_FIFO: a thread that is ready takes the core from all of lower rank, and from ordinary ones, and
/// keeps it until it waits for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    /// Has nothing to do with pools.
    Middle,
    /// Releases.
    High,
    /// Ends the program if `High` is stuck.
    Watchdog,
}

/// Lets this thread, and those that it starts, run on one core only.
#[cfg(target_os = "linux")]
pub(crate) fn share_one_core() -> io::Result<()> {
    // SAFETY: a set of no cores is all zeros.
    let mut cores = unsafe { std::mem::zeroed::<libc::cpu_set_t>() };
    let size = size_of_val(&cores);
    // SAFETY: this thread, and a set of that size, which the call fills.
    checked(unsafe { libc::sched_getaffinity(0, size, &raw mut cores) })?;
    let capacity = usize::try_from(libc::CPU_SETSIZE).unwrap_or_default();
    // The last one: the first often has the interrupts.
    // SAFETY: below the set's capacity.
    let last = (0..capacity).rfind(|&core| unsafe { libc::CPU_ISSET(core, &cores) });
    let last = last.ok_or(io::ErrorKind::NotFound)?;
    // SAFETY: as above.
    let mut one = unsafe { std::mem::zeroed::<libc::cpu_set_t>() };
    // SAFETY: below the set's capacity.
    unsafe { libc::CPU_SET(last, &mut one) };
    // SAFETY: this thread, and a set of that size, which the call reads.
    checked(unsafe { libc::sched_setaffinity(0, size, &raw const one) })
}

/// Gives this thread its rank. Those that it starts are ordinary all the same.
#[cfg(target_os = "linux")]
pub(crate) fn take(rank: Rank) -> io::Result<()> {
    // SAFETY: plain numbers, of which musl has more than this one: zeros are valid.
    let mut parameters = unsafe { std::mem::zeroed::<libc::sched_param>() };
    parameters.sched_priority = match rank {
        Rank::Middle => 10,
        Rank::High => 20,
        Rank::Watchdog => 30,
    };
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: this thread, and parameters that the call reads. By its number, since musl's function
    // refuses.
    let answer =
        unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, policy, &raw const parameters) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// How long a thread has run. It does not go on while the thread is ready and another one runs.
#[derive(Debug)]
pub(crate) struct CpuClock(#[cfg(target_os = "linux")] libc::clockid_t);

#[cfg(target_os = "linux")]
impl CpuClock {
    pub(crate) fn of_this_thread() -> io::Result<Self> {
        // SAFETY: no duties.
        let thread = unsafe { libc::pthread_self() };
        let mut clock = 0;
        // SAFETY: this thread, and room for its clock.
        let error = unsafe { libc::pthread_getcpuclockid(thread, &raw mut clock) };
        if error == 0 { Ok(Self(clock)) } else { Err(io::Error::from_raw_os_error(error)) }
    }

    pub(crate) fn read(&self) -> io::Result<Duration> {
        // SAFETY: plain numbers: zeros are valid.
        let mut time = unsafe { std::mem::zeroed::<libc::timespec>() };
        // SAFETY: room for the time. A clock of a thread that has ended is an error.
        checked(unsafe { libc::clock_gettime(self.0, &raw mut time) })?;
        let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default());
        Ok(seconds + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default()))
    }
}

#[cfg(target_os = "linux")]
fn checked(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::{CpuClock, Duration, Rank, io};

    fn refuse<T>() -> io::Result<T> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "needs Linux"))
    }

    pub(crate) fn share_one_core() -> io::Result<()> {
        refuse()
    }

    pub(crate) fn take(_: Rank) -> io::Result<()> {
        refuse()
    }

    impl CpuClock {
        pub(crate) fn of_this_thread() -> io::Result<Self> {
            refuse()
        }

        pub(crate) fn read(&self) -> io::Result<Duration> {
            refuse()
        }
    }
}
#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{share_one_core, take};
