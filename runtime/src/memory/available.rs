//! How much memory this process can get.

/// Returns the bytes that the system can give this process without swapping: a snapshot.
///
/// Honours the limits of the control groups that the process is in, and of its address space
/// (`ulimit -v`), on Linux. What the system does not tell is taken for no limit.
#[must_use]
pub fn available_memory() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let machine = match system.available_memory() {
        0 => u64::MAX,
        bytes => bytes,
    };
    machine.min(limits::of_groups()).min(limits::of_addresses())
}

#[cfg(target_os = "linux")]
mod limits {
    use std::fs;
    use std::path::Path;

    const ROOT: &str = "/sys/fs/cgroup";

    /// Returns what the tightest of the process's control groups has left.
    pub(super) fn of_groups() -> u64 {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        groups.lines().filter_map(|line| of_group(Path::new(ROOT), line)).min().unwrap_or(u64::MAX)
    }

    /// Returns what the group of a line `number:controllers:/path`, and those around it, have left.
    pub(super) fn of_group(root: &Path, line: &str) -> Option<u64> {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let (root, limit, usage) = match controllers {
            "" => (root.to_owned(), "memory.max", "memory.current"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                (root.join("memory"), "memory.limit_in_bytes", "memory.usage_in_bytes")
            }
            _ => return None,
        };
        let group = root.join(path.trim_start_matches('/'));
        let inside = |group: &&Path| group.starts_with(&root);
        let left = |group: &Path| {
            let read = |name| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
            Some(read(limit)?.saturating_sub(read(usage)?))
        };
        group.ancestors().take_while(inside).filter_map(left).min()
    }

    /// Returns what the limit of the address space leaves.
    pub(super) fn of_addresses() -> u64 {
        let limit = rustix::process::getrlimit(rustix::process::Resource::As).current;
        let Some(limit) = limit else { return u64::MAX };
        let sizes = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages = sizes.split(' ').next().and_then(|pages| pages.parse::<u64>().ok());
        limit.saturating_sub(pages.unwrap_or(0) * rustix::param::page_size() as u64)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_tightest_group_counts() {
            let root = tempfile::tempdir().unwrap();
            let inner = root.path().join("system/camera");
            fs::create_dir_all(&inner).unwrap();
            let write = |path: &str, text: &str| fs::write(root.path().join(path), text).unwrap();
            write("system/memory.max", "1000\n");
            write("system/memory.current", "400\n");
            write("system/camera/memory.max", "max\n");
            write("system/camera/memory.current", "300\n");
            assert_eq!(of_group(root.path(), "0::/system/camera"), Some(600));
            write("system/camera/memory.max", "350\n");
            assert_eq!(of_group(root.path(), "0::/system/camera"), Some(50));
            assert_eq!(of_group(root.path(), "0::/"), None, "the root has no limit");
            assert_eq!(of_group(root.path(), "3:cpu,cpuacct:/system"), None);
            let old = root.path().join("memory/system");
            fs::create_dir_all(&old).unwrap();
            fs::write(old.join("memory.limit_in_bytes"), "10").unwrap();
            fs::write(old.join("memory.usage_in_bytes"), "12").unwrap();
            assert_eq!(of_group(root.path(), "4:memory:/system"), Some(0));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod limits {
    pub(super) fn of_groups() -> u64 {
        u64::MAX
    }

    pub(super) fn of_addresses() -> u64 {
        u64::MAX
    }
}
