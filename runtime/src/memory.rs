//! Memory that is there before the first frame: mapped, page aligned, every page touched; as huge pages
//! and locked if that is asked for.

use crate::error::PoolError;
use framepool_core::storage::Memory;
use memmap2::MmapRaw;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::thread;

mod available;
mod huge;
mod options;
mod piece;

pub use available::available_memory;
pub use options::{Lock, MemoryOptions, Pages, Placement};
pub(crate) use piece::Piece;

/// The smallest page of any system.
const PAGE: usize = 4096;

/// Anonymous memory of whole pages, prefaulted: using it causes no page fault.
///
/// # Examples
/// ```
/// use framepool::Mapped;
/// use framepool::framepool_core::LargeBufferPool;
///
/// let pool = LargeBufferPool::new(Mapped::zeroed(8 * 4096)?, 4096, 4096)?;
/// assert_eq!(pool.capacity(), 8);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug)]
pub struct Mapped {
    map: MmapRaw,
    placement: Placement,
}

impl Mapped {
    /// Maps `len` zeroed bytes after checking that the machine has them.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn zeroed(len: usize) -> Result<Self, PoolError> {
        Self::with(len, MemoryOptions::default())
    }

    /// Maps at least `len` zeroed bytes as asked for, after checking that the machine has them.
    ///
    /// # Errors
    /// [`PoolError::InsufficientMemory`] before anything is mapped, [`PoolError::Map`],
    /// [`PoolError::Lock`].
    pub fn with(len: usize, options: MemoryOptions) -> Result<Self, PoolError> {
        let (requested, available) = (len as u64, available_memory());
        if requested > available {
            return Err(PoolError::InsufficientMemory { requested, available });
        }
        let failed = |source| PoolError::Map { requested: len, available, source };
        let (map, explicit) = huge::map(len, options.pages).map_err(failed)?;
        if map.as_mut_ptr().is_null() {
            return Err(failed(std::io::Error::other("the memory was mapped at address 0")));
        }
        touch(&map, options.threads).map_err(failed)?;
        let locked = match options.lock {
            Lock::No => false,
            Lock::IfAllowed | Lock::Required => match map.lock() {
                Ok(()) => true,
                Err(source) if options.lock == Lock::Required => {
                    return Err(PoolError::Lock { requested: map.len(), source });
                }
                Err(error) => {
                    let bytes = map.len();
                    tracing::warn!(%error, bytes, "memory is not locked: raise `ulimit -l`");
                    false
                }
            },
        };
        let huge_bytes = match options.pages {
            // Not asked for: to find out would cost a look at every mapping of the process.
            Pages::Normal => None,
            Pages::Huge if explicit => Some(map.len()),
            Pages::Transparent | Pages::Huge => huge::transparent(map.as_mut_ptr().addr()),
        };
        let placement = Placement { bytes: map.len(), huge_bytes, locked };
        Ok(Self { map, placement })
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

    /// Returns whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what was got.
    #[must_use]
    pub fn placement(&self) -> Placement {
        self.placement
    }
}

/// Touches every page, by several threads if that is asked for and possible.
fn touch(map: &MmapRaw, threads: NonZeroUsize) -> std::io::Result<()> {
    let share = map.len().div_ceil(threads.get()).next_multiple_of(huge::PAGE);
    let parts = (0..map.len()).step_by(share.max(PAGE));
    let part = |start: usize| touch_part(map, start, share.min(map.len() - start));
    thread::scope(|scope| {
        let mut running = Vec::new();
        for start in parts.skip(1) {
            match thread::Builder::new().spawn_scoped(scope, move || part(start)) {
                Ok(thread) => running.push(thread),
                // No thread to be had: this one does it.
                Err(_) => part(start)?,
            }
        }
        part(0)?;
        running.into_iter().try_for_each(|thread| match thread.join() {
            Ok(touched) => touched,
            Err(_) => Err(std::io::Error::other("a thread that touched pages panicked")),
        })
    })
}

fn touch_part(map: &MmapRaw, start: usize, len: usize) -> std::io::Result<()> {
    // Where the kernel does it, a page that is not to be had is an error and not a signal.
    #[cfg(target_os = "linux")]
    match map.advise_range(memmap2::Advice::PopulateWrite, start, len) {
        // Kernels before 5.14 do not know it.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {}
        done => return done,
    }
    for offset in (start..start + len).step_by(PAGE) {
        // SAFETY: within the mapping.
        let page = unsafe { map.as_mut_ptr().add(offset) };
        // SAFETY: the mapping is writable, and each page is touched by one thread.
        unsafe { page.write_volatile(0) };
    }
    Ok(())
}

// SAFETY: an anonymous mapping is this value's alone, readable, writable, zeroed, and stays where
// it is until this value is dropped.
unsafe impl Memory for Mapped {
    fn base(&self) -> NonNull<u8> {
        // SAFETY: `with` refuses a mapping at address 0, and a mapping does not move.
        unsafe { NonNull::new_unchecked(self.map.as_mut_ptr()) }
    }

    fn len(&self) -> usize {
        self.map.len()
    }
}
