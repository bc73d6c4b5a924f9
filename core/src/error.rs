//! What can go wrong, and whether to try again.

use core::fmt;

/// Says that the pool was closed while, or before, a caller waited. Retrying cannot help.
///
/// # Examples
/// ```
/// # use core::{pin::pin, future::Future, task::{Context, Poll, Waker}};
/// use framepool_core::{Closed, Pool};
///
/// async fn first_byte(pool: &Pool<u8, 1>) -> Result<u8, Closed> {
///     Ok(*pool.acquire().await?)
/// }
///
/// let pool = Pool::new([7]);
/// let mut cx = Context::from_waker(Waker::noop()); // your executor's business
/// assert_eq!(pin!(first_byte(&pool)).poll(&mut cx), Poll::Ready(Ok(7)));
/// pool.close();
/// assert_eq!(pin!(first_byte(&pool)).poll(&mut cx), Poll::Ready(Err(Closed)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pool is closed")
    }
}

impl core::error::Error for Closed {}

/// Says why a pool could not be made.
///
/// Asking again for the same cannot help, but for [`OutOfMemory`](Self::OutOfMemory), once memory has
/// been freed.
///
/// # Examples
/// ```
/// use framepool_core::storage::Borrowed;
/// use framepool_core::{BufferPool, BuildError};
///
/// let mut memory = [0_u8; 1000];
/// let error = BufferPool::new(Borrowed::from(&mut memory[..]), 4096, 4096).unwrap_err();
/// assert_eq!(error, BuildError::MemoryTooSmall { needed: 4096, given: 1000 });
/// assert_eq!(error.to_string(), "the slots need 4096 bytes, the memory given has 1000");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BuildError {
    /// A pool lends at least one slot.
    NoSlots,
    /// More slots than one word holds: use a `LargeBufferPool`.
    TooManySlots {
        /// The slots asked for.
        requested: usize,
        /// The most that this target can have.
        limit: usize,
    },
    /// A slot of no bytes, or a stride shorter than the slot.
    BadSlotSize {
        /// Bytes that a loan shows.
        slot_bytes: usize,
        /// Bytes from one slot to the next.
        stride: usize,
    },
    /// The slots, or their bookkeeping, have more bytes than addresses can tell apart.
    Overflow,
    /// The memory given is shorter than the slots need.
    MemoryTooSmall {
        /// Bytes that the slots need.
        needed: usize,
        /// Bytes that the memory has.
        given: usize,
    },
    /// Alignments are powers of two.
    BadAlignment {
        /// The alignment asked for.
        align: usize,
    },
    /// The heap has no block of this size.
    OutOfMemory {
        /// Bytes asked for.
        requested: usize,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoSlots => f.write_str("a pool needs at least one slot"),
            Self::TooManySlots { requested, limit } => {
                write!(f, "{requested} slots requested, but a pool of one word has at most {limit}")
            }
            Self::BadSlotSize { slot_bytes, stride } => {
                write!(f, "slots of {slot_bytes} bytes cannot lie {stride} bytes apart")
            }
            Self::Overflow => f.write_str("the slots overflow the address space"),
            Self::MemoryTooSmall { needed, given } => {
                write!(f, "the slots need {needed} bytes, the memory given has {given}")
            }
            Self::BadAlignment { align } => {
                write!(f, "an alignment of {align} is not a power of two")
            }
            Self::OutOfMemory { requested } => {
                write!(f, "the heap has no {requested} bytes for the pool")
            }
        }
    }
}

impl core::error::Error for BuildError {}
