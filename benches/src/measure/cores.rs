//! A core for each thread of a measurement: else a scheduler may take longer to part them than they run.

/// Keeps the calling thread on one of the cores that the program may use; does nothing on systems that
/// do not know how.
#[cfg(target_os = "linux")]
pub(super) fn pin(thread: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    // Not pinned is not wrong: whether the thread had a core is measured.
    let Ok(usable) = sched_getaffinity(None) else { return };
    let mut cores = (0..CpuSet::MAX_CPU).filter(|&core| usable.is_set(core));
    if let Some(core) = cores.nth(thread) {
        let mut one = CpuSet::new();
        one.set(core);
        let _ = sched_setaffinity(None, &one);
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn pin(_thread: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::pin;
    use rustix::thread::{CpuSet, sched_getaffinity};
    use std::thread;

    #[test]
    fn each_thread_has_a_core_of_its_own() {
        let pinned = |number| {
            let pinned = thread::spawn(move || {
                pin(number);
                sched_getaffinity(None).unwrap()
            });
            let set = pinned.join().unwrap();
            (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect::<Vec<_>>()
        };
        let usable = pinned(usize::MAX);
        assert!(!usable.is_empty(), "such a number is not pinned");
        for (number, core) in usable.iter().enumerate() {
            assert_eq!(pinned(number), [*core]);
        }
    }
}
