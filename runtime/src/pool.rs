//! Buffers of one size for frames: placed memory under core's pool, and waiting with a bound.

use crate::error::{AcquireError, PoolError};
use crate::memory::Mapped;
use crate::waiting::PoolExt;
use framepool_core::storage::LargeBuffers;
use framepool_core::{LargeBufferPool, Loan, SharedPool, Stats};
use std::time::{Duration, Instant};

/// A buffer on loan from a [`FramePool`]; dropping it gives it back, also after the pool is gone.
pub type PooledBuffer = Loan<MappedPool>;

/// Acquires buffers for one thread.
#[cfg(feature = "tokio")]
pub(crate) type Buffers = framepool_core::Acquirer<MappedPool>;

/// Byte buffers in prefaulted memory.
type MappedPool = SharedPool<LargeBuffers<Mapped>>;

/// A pool of byte buffers in prefaulted memory. Cloning it makes another handle of the same pool.
///
/// # Examples
/// ```
/// use framepool::FramePool;
///
/// let pool = FramePool::try_new(4, 2048 * 2048 * 2)?;
/// let mut buffer = pool.try_acquire().expect("four are free");
/// buffer[0] = 1;
/// assert_eq!(pool.stats().available, 3);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FramePool {
    pool: MappedPool,
}

/// Slots start at multiples of this, so that each can be written past the page cache or by DMA.
const SLOT_ALIGN: usize = 4096;

impl FramePool {
    /// Sets aside `slots` buffers of `slot_bytes` each.
    ///
    /// # Errors
    /// [`PoolError`]; nothing is set aside then.
    pub fn try_new(slots: usize, slot_bytes: usize) -> Result<Self, PoolError> {
        let overflow = PoolError::Overflow { slots, slot_bytes };
        if slots == 0 {
            return Err(framepool_core::BuildError::NoSlots.into());
        }
        let Some(stride) = slot_bytes.checked_next_multiple_of(SLOT_ALIGN) else {
            return Err(overflow);
        };
        let Some(total) = slots.checked_mul(stride).filter(|&t| t <= isize::MAX as usize) else {
            return Err(overflow);
        };
        let available = crate::memory::available_memory();
        if total as u64 > available {
            return Err(PoolError::InsufficientMemory { requested: total as u64, available });
        }
        let memory = Mapped::zeroed(total)?;
        let pool = SharedPool::new(LargeBufferPool::new(memory, slot_bytes, stride)?);
        Ok(Self { pool })
    }

    /// Lends a free buffer, if there is one. Never blocks, never allocates.
    #[inline]
    #[must_use = "a loan that is not kept gives its buffer back at once"]
    pub fn try_acquire(&self) -> Option<PooledBuffer> {
        self.pool.try_acquire()
    }

    #[cfg(feature = "tokio")]
    /// Makes an acquirer for one thread, which remembers the buffer that it had last.
    pub(crate) fn acquirer(&self) -> Buffers {
        self.pool.acquirer()
    }

    /// Waits for a buffer, first come first served.
    ///
    /// # Errors
    /// [`AcquireError::Closed`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but its place in the queue.
    pub async fn acquire(&self) -> Result<PooledBuffer, AcquireError> {
        Ok(self.pool.acquire().await?)
    }

    /// Waits for a buffer at most `bound` long. A timer is made only if a wait really starts. The future
    /// borrows the pool: to spawn it, move a handle into it.
    ///
    /// # Examples
    /// ```
    /// use framepool::FramePool;
    /// use std::time::{Duration, Instant};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = FramePool::try_new(4, 4096)?;
    /// let handle = pool.clone();
    /// let task = tokio::spawn(async move {
    ///     handle.acquire_timeout(Duration::from_millis(50)).await
    /// });
    /// assert_eq!(task.await??.len(), 4096);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AcquireError`].
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled, if it must wait.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but its place in the queue.
    #[cfg(feature = "tokio")]
    pub async fn acquire_timeout(&self, bound: Duration) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_timeout(bound).await
    }

    /// Waits for a buffer until `deadline` at the latest: as [`PoolExt::acquire_until`].
    ///
    /// # Errors
    /// [`AcquireError`].
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled, if it must wait.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but its place in the queue.
    #[cfg(feature = "tokio")]
    pub async fn acquire_until(&self, deadline: Instant) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_until(deadline).await
    }

    /// Blocks this thread until there is a buffer. Works without tokio.
    ///
    /// # Errors
    /// [`AcquireError::Closed`].
    #[inline]
    pub fn acquire_blocking(&self) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_blocking()
    }

    /// Blocks this thread until there is a buffer, at most `bound` long. Works without tokio. Reads the
    /// clock only if it must wait.
    ///
    /// # Errors
    /// [`AcquireError`].
    #[inline]
    pub fn acquire_timeout_blocking(&self, bound: Duration) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_timeout_blocking(bound)
    }

    /// Blocks this thread until there is a buffer, until `deadline` at the latest. Works without tokio.
    ///
    /// # Errors
    /// [`AcquireError`].
    #[inline]
    pub fn acquire_until_blocking(&self, deadline: Instant) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_until_blocking(deadline)
    }

    /// Returns how many buffers there are.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.pool.capacity()
    }

    /// Returns how many buffers are free: a snapshot.
    #[must_use]
    pub fn available(&self) -> usize {
        self.pool.available()
    }

    /// Refuses every later acquire and wakes all waiters. Loans live on.
    pub fn close(&self) {
        self.pool.close();
    }

    /// Returns whether the pool was closed: a snapshot.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Returns capacity, free buffers and high-water mark: a snapshot.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.pool.stats()
    }
}
