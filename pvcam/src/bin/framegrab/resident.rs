//! How much memory the process has.

/// Returns the bytes of the process that are in memory; `None` on systems where that is not known.
pub(crate) fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_bytes()?)
}

#[cfg(unix)]
fn page_bytes() -> Option<u64> {
    // SAFETY: the function has no memory to do with.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()
}

#[cfg(not(unix))]
fn page_bytes() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_that_is_touched_is_resident() {
        let before = resident().unwrap();
        let memory = vec![1_u8; 64 << 20];
        assert!(resident().unwrap() - before > 48 << 20);
        drop(memory);
    }
}
