//! What can go wrong, and whether to try again.

use framepool_core::BuildError;

/// Says why a pool could not be made. Retry with fewer or smaller slots.
///
/// # Examples
/// ```
/// use framepool::{FramePool, PoolError};
///
/// match FramePool::try_new(1 << 20, 1 << 40) {
///     Err(PoolError::InsufficientMemory { requested, available }) => assert!(requested > available),
///     other => unreachable!("a machine with an exabyte: {other:?}"),
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// `slots x slot_bytes` does not fit in an address.
    #[error("{slots} slots of {slot_bytes} bytes overflow the address space")]
    Overflow {
        /// Slots asked for.
        slots: usize,
        /// Bytes of one slot.
        slot_bytes: usize,
    },
    /// The machine does not have that much memory free now.
    #[error("{requested} bytes requested, but {available} bytes of memory are available")]
    InsufficientMemory {
        /// Bytes that the pool needs.
        requested: u64,
        /// Bytes that the system can give without swapping.
        available: u64,
    },
    /// The system refused to map the memory, or to put pages behind it.
    #[error("mapping {requested} bytes failed, of {available} available")]
    Map {
        /// Bytes asked for.
        requested: usize,
        /// Bytes that the system could give without swapping, as it stated before.
        available: u64,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The system refused to lock the memory. Raise the limit of locked memory (`ulimit -l`), or do
    /// without.
    #[error("locking {requested} bytes in memory failed")]
    Lock {
        /// Bytes asked for.
        requested: usize,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The core refused the shape of the pool.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Says why waiting for a buffer ended without one.
///
/// # Examples
/// ```
/// use framepool::{AcquireError, FramePool};
/// use std::time::Duration;
///
/// let pool = FramePool::try_new(1, 8)?;
/// let held = pool.try_acquire();
/// let error = pool.acquire_timeout_blocking(Duration::from_millis(1)).unwrap_err();
/// assert_eq!(error, AcquireError::TimedOut);
/// pool.close();
/// assert_eq!(pool.acquire_blocking().unwrap_err(), AcquireError::Closed);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
// A word, as what it lies over in a `Result<Loan, _>`, whose moves would be cut into bytes else.
#[repr(usize)]
pub enum AcquireError {
    /// No buffer came back in time: retry, or do without.
    #[error("no buffer was given back in time")]
    TimedOut,
    /// The pool was closed: retrying cannot help.
    #[error("the pool is closed")]
    Closed,
}

impl From<framepool_core::Closed> for AcquireError {
    fn from(_: framepool_core::Closed) -> Self {
        Self::Closed
    }
}
