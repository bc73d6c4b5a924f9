//! Memory that is there before the first frame: mapped, page aligned, every page touched.

use crate::error::PoolError;
use framepool_core::storage::Memory;
use memmap2::{MmapOptions, MmapRaw};
use std::ptr::NonNull;

/// The smallest page of any system.
const PAGE: usize = 4096;

/// Anonymous memory of whole pages, prefaulted: using it causes no page fault.
#[derive(Debug)]
pub struct Mapped {
    map: MmapRaw,
}

impl Mapped {
    /// Maps `len` zeroed bytes after checking that the machine has them.
    ///
    /// # Errors
    /// [`PoolError::InsufficientMemory`] before anything is mapped, [`PoolError::Map`].
    pub fn zeroed(len: usize) -> Result<Self, PoolError> {
        let (requested, available) = (len as u64, available_memory());
        if requested > available {
            return Err(PoolError::InsufficientMemory { requested, available });
        }
        let map = MmapOptions::new()
            .len(len)
            .populate()
            .map_anon()
            .map_err(|source| PoolError::Map { requested: len, source })?;
        let map = MmapRaw::from(map);
        if map.as_mut_ptr().is_null() {
            let source = std::io::Error::other("the memory was mapped at address 0");
            return Err(PoolError::Map { requested: len, source });
        }
        // `populate` is a request that some systems ignore: one write a page settles it.
        for offset in (0..len).step_by(PAGE) {
            // SAFETY: within the mapping.
            let page = unsafe { map.as_mut_ptr().add(offset) };
            // SAFETY: the mapping is writable and this value's alone.
            unsafe { page.write_volatile(0) };
        }
        Ok(Self { map })
    }

    /// Returns the first byte.
    #[must_use]
    pub fn as_mut_ptr(&self) -> *mut u8 {
        self.map.as_mut_ptr()
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Returns whether there are no bytes; there always are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

// SAFETY: an anonymous mapping is this value's alone, readable, writable, zeroed, and stays where
// it is until this value is dropped.
unsafe impl Memory for Mapped {
    fn base(&self) -> NonNull<u8> {
        // SAFETY: `zeroed` refuses a mapping at address 0, and a mapping does not move.
        unsafe { NonNull::new_unchecked(self.map.as_mut_ptr()) }
    }

    fn len(&self) -> usize {
        self.map.len()
    }
}

/// Returns the bytes that the system can give without swapping: a snapshot.
///
/// Honours the memory limit of the control group that the process runs in, where there is one.
#[must_use]
pub fn available_memory() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let machine = system.available_memory();
    system.cgroup_limits().map_or(machine, |group| machine.min(group.free_memory))
}
