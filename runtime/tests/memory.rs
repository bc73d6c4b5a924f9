//! The memory of pools: what is asked for, what is got, and what happens if it is not to be had.

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::framepool_core::recycle::{Tally, Zero};
use framepool::framepool_core::storage::HeapBytes;
use framepool::{FramePool, Lock, Mapped, MemoryOptions, Pages, PoolError};
use std::num::NonZeroUsize;

const MIB: usize = 1 << 20;

#[test]
fn impossible_pools_say_what_they_need() {
    let error = |slots, bytes| FramePool::try_new(slots, bytes).unwrap_err();
    assert!(matches!(error(usize::MAX, 8), PoolError::Overflow { .. }));
    assert!(matches!(error(2, usize::MAX), PoolError::Overflow { .. }));
    assert!(matches!(error(0, 8), PoolError::Build(_)));
    assert!(matches!(error(4, 0), PoolError::Build(_)));
    let error = error(1 << 20, 1 << 40);
    let PoolError::InsufficientMemory { requested, available } = error else { panic!("{error}") };
    assert!(requested > 1 << 59);
    assert!(available < requested);
}

#[test]
fn a_pool_has_as_many_buffers_as_asked_for_in_pages_of_any_kind() {
    for pages in [Pages::Normal, Pages::Transparent, Pages::Huge] {
        for threads in 1..=3 {
            let threads = NonZeroUsize::new(threads).unwrap();
            let pool = FramePool::options(5, MIB - 1).pages(pages).prefault_threads(threads);
            let pool = pool.build().unwrap();
            assert_eq!((pool.capacity(), pool.available()), (5, 5));
            let placement = pool.placement().unwrap();
            assert!(placement.bytes >= 5 * MIB - 1, "{placement:?}");
            assert!(placement.huge_bytes.is_none_or(|huge| huge <= placement.bytes));
            let all: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).collect();
            assert!(all.iter().all(|buffer| buffer.len() == MIB - 1));
            assert!(all.iter().all(|buffer| buffer.as_ptr().addr().is_multiple_of(4096)));
            assert!(format!("{pool:?}").contains("placement: Some(Placement {"), "{pool:?}");
        }
    }
}

#[test]
fn a_buffer_passes_through_its_hook() {
    let pool = FramePool::options(1, 9000).recycled_by((Zero, Tally::<1>::new())).build().unwrap();
    for _ in 0..3 {
        let mut buffer = pool.try_acquire().unwrap();
        assert_eq!(buffer[..], [0; 9000]);
        buffer.fill(7);
    }
    assert_eq!(pool.stats().lent, Some(3));
}

#[test]
fn a_pool_in_memory_of_the_callers() {
    let memory = |bytes| HeapBytes::zeroed(bytes, 4096).unwrap();
    let error = FramePool::options(3, 4096).build_over(memory(2 * 4096)).unwrap_err();
    assert_eq!(error.to_string(), "the slots need 12288 bytes, the memory given has 8192");
    let pool = FramePool::options(2, 4000).build_over(memory(4 * 4096)).unwrap();
    assert_eq!(pool.capacity(), 2, "no more than asked for");
    assert!(pool.placement().is_none());
    assert_eq!(pool.try_acquire().unwrap().len(), 4000);
}

#[cfg(target_os = "linux")]
mod limited {
    use super::{FramePool, Lock, MIB, Mapped, MemoryOptions, PoolError};
    use std::io::Write;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    /// Runs the test of this name in a process of its own, begun by this shell script.
    fn in_a_process(name: &str, script: &str, user: Option<u32>) -> String {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{script}\nexec \"$0\" --exact {name} --ignored --nocapture")]);
        command.arg(std::env::current_exe().unwrap()).stderr(Stdio::inherit());
        if let Some(user) = user {
            command.uid(user);
        }
        let output = command.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}: {printed}", output.status);
        assert!(printed.contains("1 passed"), "{printed}");
        printed
    }

    #[test]
    fn pools_come_and_go_and_the_memory_goes_with_them() {
        in_a_process("limited::child_that_makes_many_pools", "", None);
    }

    #[test]
    #[ignore = "run by the test above, since it watches the memory of its process"]
    fn child_that_makes_many_pools() {
        let rounds = std::env::var("FRAMEPOOL_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
        let resident_bytes = || {
            let sizes = std::fs::read_to_string("/proc/self/statm").unwrap();
            let pages: usize = sizes.split(' ').nth(1).unwrap().parse().unwrap();
            pages * rustix::param::page_size()
        };
        let mut after_the_first = None;
        for _ in 0..rounds {
            let pool = FramePool::try_new(30, 8 * MIB).unwrap();
            pool.try_acquire().unwrap().fill(1);
            drop(pool);
            after_the_first.get_or_insert_with(resident_bytes);
        }
        let (first, last) = (after_the_first.unwrap(), resident_bytes());
        assert!(last < first + MIB, "{first} bytes resident after one pool, {last} after {rounds}");
    }

    #[test]
    fn what_the_system_does_not_tell_is_unknown() {
        in_a_process("limited::child_that_can_open_no_file", "", None);
    }

    #[test]
    #[ignore = "run by the test above, since its process can open no file afterwards"]
    fn child_that_can_open_no_file() {
        use rustix::process::{Resource, Rlimit, setrlimit};
        setrlimit(Resource::Nofile, Rlimit { current: Some(0), maximum: Some(0) }).unwrap();
        assert!(std::fs::File::open("/proc/meminfo").is_err());
        assert_eq!(FramePool::try_new(2, MIB).unwrap().capacity(), 2);
    }

    #[test]
    fn a_limit_of_addresses_is_a_clear_error() {
        in_a_process("limited::child_of_few_addresses", "ulimit -v 1000000", None);
    }

    #[test]
    #[ignore = "run by the test above, under its limit"]
    fn child_of_few_addresses() {
        let error = FramePool::try_new(2048, MIB).unwrap_err();
        let PoolError::InsufficientMemory { requested, available } = error else {
            panic!("{error:?}")
        };
        assert!(requested > 2000 << 20 && available < 1000 << 20, "{requested} of {available}");
        assert!(FramePool::try_new(16, MIB).is_ok());
    }

    #[test]
    fn a_limit_of_a_control_group_is_a_clear_error() {
        let (root, limit) = match std::fs::exists("/sys/fs/cgroup/cgroup.controllers") {
            Ok(true) => ("/sys/fs/cgroup", "memory.max"),
            _ => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        };
        let group = format!("{root}/framepool-test-{}", std::process::id());
        let make =
            format!("mkdir {group} && test -w {group}/{limit} && echo 64M > {group}/{limit}");
        let made = Command::new("sh").args(["-c", &make]).output().unwrap().status.success();
        let tried = std::panic::catch_unwind(|| {
            let join = format!("echo $$ > {group}/cgroup.procs || exit 9");
            made.then(|| in_a_process("limited::child_of_a_small_group", &join, None))
        });
        drop(std::fs::remove_dir(&group));
        if tried.unwrap().is_none() {
            // Past the capture of output: a reader of the results is to see it.
            writeln!(std::io::stderr(), "no control group can be made here: not tried").unwrap();
        }
    }

    #[test]
    #[ignore = "run by the test above, in its group"]
    fn child_of_a_small_group() {
        let error = FramePool::try_new(128, MIB).unwrap_err();
        let PoolError::InsufficientMemory { requested, available } = error else {
            panic!("{error:?}")
        };
        assert!(requested > 127 << 20 && available <= 64 << 20, "{requested} of {available}");
        assert!(FramePool::try_new(16, MIB).is_ok());
    }

    #[test]
    fn memory_that_may_not_be_locked_is_a_clear_error() {
        // Root may lock what it likes.
        let is_root = std::fs::metadata("/proc/self")
            .is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
        let user = is_root.then_some(65534);
        in_a_process("limited::child_that_may_not_lock", "ulimit -l 0", user);
    }

    #[test]
    #[ignore = "run by the test above, under its limit"]
    fn child_that_may_not_lock() {
        let mut options = MemoryOptions::default();
        options.lock = Lock::Required;
        let error = Mapped::with(MIB, options).unwrap_err();
        assert!(matches!(error, PoolError::Lock { requested: MIB, .. }), "{error:?}");
        let pool = FramePool::options(2, MIB).lock(Lock::IfAllowed).build().unwrap();
        assert!(!pool.placement().unwrap().locked);
    }
}
