//! How memory is asked for, and what was got.

use std::num::NonZeroUsize;

/// Which pages memory is asked for in.
///
/// # Examples
/// ```
/// use framepool::{FramePool, Pages};
///
/// let pool = FramePool::options(4, 1 << 20).pages(Pages::Transparent).build()?;
/// assert_eq!(pool.capacity(), 4);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pages {
    /// The system's usual ones.
    #[default]
    Normal,
    /// Huge ones where the system finds some (`madvise`, on Linux): fewer misses of the translation buffer.
    Transparent,
    /// Huge ones that the administrator has set aside (`vm.nr_hugepages`, on Linux). Where there are not
    /// enough, as `Transparent`, with one warning.
    Huge,
}

/// Whether memory is kept from being swapped out (`mlock`).
///
/// # Examples
/// ```
/// use framepool::{FramePool, Lock};
///
/// // A real-time program would ask for `Lock::Required`, and act on the error.
/// let pool = FramePool::options(4, 4096).lock(Lock::IfAllowed).build()?;
/// assert_eq!(pool.capacity(), 4);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lock {
    /// It may be swapped out.
    #[default]
    No,
    /// It is locked if the system allows it, else there is one warning.
    IfAllowed,
    /// It is locked, or there is an error.
    Required,
}

/// How memory is asked for.
///
/// # Examples
/// ```
/// use framepool::{Lock, Mapped, MemoryOptions, Pages};
///
/// let mut options = MemoryOptions::default();
/// options.pages = Pages::Transparent;
/// options.lock = Lock::IfAllowed;
/// let memory = Mapped::with(1 << 20, options)?;
/// println!("{:?}", memory.placement()); // what was got
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryOptions {
    /// The pages to ask for.
    pub pages: Pages,
    /// Whether to lock it.
    pub lock: Lock,
    /// The threads that touch its pages: by default one. A thread touches about 1 GB a second.
    pub threads: NonZeroUsize,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self { pages: Pages::Normal, lock: Lock::No, threads: NonZeroUsize::MIN }
    }
}

/// What was got.
///
/// # Examples
/// ```
/// use framepool::FramePool;
///
/// let placement = FramePool::try_new(4, 4096)?.placement().expect("memory of its own");
/// assert!(placement.bytes >= 4 * 4096 && !placement.locked);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placement {
    /// Bytes, at least as many as asked for.
    pub bytes: usize,
    /// Bytes of them in huge pages, as the system stated after all were touched; `None` if none were asked
    /// for, or where the system does not say.
    pub huge_bytes: Option<usize>,
    /// Whether it is locked.
    pub locked: bool,
}
