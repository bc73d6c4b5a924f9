//! Pools of buffers of one size, in placed memory: how they are made, and acquired from.

use crate::error::{AcquireError, PoolError};
use crate::memory::{Lock, Mapped, MemoryOptions, Pages, Piece, Placement};
use crate::pooled::{Buffers, Hook, PooledBuffer, pool_of};
use crate::waiting::PoolExt;
#[cfg(feature = "tokio")]
use crate::waiting::in_time;
use framepool_core::recycle::Recycle;
use framepool_core::storage::Memory;
use framepool_core::{Acquire, Acquirer, BuildError, Stats};
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A pool of byte buffers in prefaulted memory. Cloning it makes another handle of the same pool.
///
/// It does not grow: see [`options`](Self::options) for what it can be made of.
///
/// # Examples
/// ```
/// use framepool::FramePool;
///
/// let pool = FramePool::try_new(4, 2048 * 2048 * 2)?;
/// let mut buffer = pool.try_acquire().expect("four are free");
/// buffer[0] = 1;
/// assert_eq!((pool.available(), pool.capacity()), (3, 4));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Clone)]
pub struct FramePool {
    pool: Buffers,
    slot_bytes: usize,
    is_adjacent: bool,
    /// What was got of the memory; none of memory that the caller brought.
    placement: Option<Placement>,
}

/// Slots start at multiples of this, so that each can be written past the page cache or by DMA.
const SLOT_ALIGN: usize = 4096;

/// What a [`FramePool`] is to be made of: made by [`FramePool::options`].
///
/// # Examples
/// ```
/// use framepool::FramePool;
/// use std::num::NonZeroUsize;
///
/// let threads = NonZeroUsize::new(2).expect("not zero");
/// let pool = FramePool::options(16, 1 << 20).prefault_threads(threads).build()?;
/// assert_eq!(pool.available(), 16);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[must_use]
pub struct PoolOptions {
    slots: usize,
    slot_bytes: usize,
    adjacent: bool,
    memory: MemoryOptions,
    hook: Hook,
}

impl PoolOptions {
    /// Asks for pages of this kind.
    pub fn pages(mut self, pages: Pages) -> Self {
        self.memory.pages = pages;
        self
    }

    /// Asks for memory that is not swapped out.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.memory.lock = lock;
        self
    }

    /// Touches the pages by so many threads.
    pub fn prefault_threads(mut self, threads: NonZeroUsize) -> Self {
        self.memory.threads = threads;
        self
    }

    /// Puts the buffers side by side, without gaps: several of them are one piece of memory then, for a device that fills
    /// them in one go. By default each starts at a multiple of 4096 bytes.
    ///
    /// # Examples
    /// ```
    /// use framepool::FramePool;
    ///
    /// let pool = FramePool::options(2, 1000).adjacent().build()?;
    /// let [first, second] = [(); 2].map(|()| pool.try_acquire().expect("two are free"));
    /// assert_eq!(first.as_ptr().addr().abs_diff(second.as_ptr().addr()), 1000);
    /// # Ok::<(), framepool::PoolError>(())
    /// ```
    pub fn adjacent(mut self) -> Self {
        self.adjacent = true;
        self
    }

    /// Passes each buffer through a hook on its way back. It replaces one that was given before: give two as a
    /// pair.
    pub fn recycled_by(mut self, hook: impl Recycle<[u8]> + Send + Sync + 'static) -> Self {
        self.hook = Hook::new(hook);
        self
    }

    /// Makes the pool in memory of its own.
    ///
    /// # Errors
    /// [`PoolError`]; nothing is set aside then.
    pub fn build(self) -> Result<FramePool, PoolError> {
        let memory = Mapped::with(self.bytes()?, self.memory)?;
        let placement = Some(memory.placement());
        self.cut(memory, placement)
    }

    /// Makes the pool in memory that the caller brings: a shared-memory file, a device. The other options
    /// for memory do not apply.
    ///
    /// # Examples
    /// ```
    /// use framepool::FramePool;
    /// use framepool::framepool_core::storage::Memory;
    /// use memmap2::{MmapOptions, MmapRaw};
    /// use std::ptr::NonNull;
    ///
    /// /// Memory in a file, which can be looked at when the pool is gone.
    /// struct Shared(MmapRaw);
    ///
    /// // SAFETY: mapped while this value lives, and nothing else touches the file meanwhile.
    /// unsafe impl Memory for Shared {
    ///     fn base(&self) -> NonNull<u8> {
    ///         NonNull::new(self.0.as_mut_ptr()).expect("not at address 0")
    ///     }
    ///     fn len(&self) -> usize {
    ///         self.0.len()
    ///     }
    /// }
    ///
    /// let file = tempfile::tempfile()?;
    /// file.set_len(4 * 8192)?;
    /// let memory = Shared(MmapOptions::new().map_raw(&file)?);
    /// let pool = FramePool::options(4, 8000).build_over(memory)?;
    /// pool.try_acquire().expect("four are free").fill(7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PoolError::Build`] if the memory does not hold so many buffers, which start at multiples of 4096
    /// bytes from its beginning, or without gaps if they are to be [adjacent](Self::adjacent).
    pub fn build_over(self, memory: impl Memory + Send + 'static) -> Result<FramePool, PoolError> {
        self.cut(memory, None)
    }

    /// Returns the distance of one buffer to the next.
    fn stride(&self) -> usize {
        if self.adjacent {
            return self.slot_bytes;
        }
        self.slot_bytes.saturating_add(SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN
    }

    /// Returns the bytes from the first buffer's first to the last one's last.
    fn bytes(&self) -> Result<usize, PoolError> {
        let Some(gaps) = self.slots.checked_sub(1) else {
            return Err(BuildError::NoSlots.into());
        };
        let before = gaps.checked_mul(self.stride());
        let total = before.and_then(|before| before.checked_add(self.slot_bytes));
        total
            .filter(|&total| total <= isize::MAX as usize)
            .ok_or(PoolError::Overflow { slots: self.slots, slot_bytes: self.slot_bytes })
    }

    fn cut(
        self,
        memory: impl Memory + Send + 'static,
        placement: Option<Placement>,
    ) -> Result<FramePool, PoolError> {
        self.bytes()?;
        let pieces = Piece::cut(memory, self.slots, self.slot_bytes, self.stride())?;
        let (slot_bytes, is_adjacent) = (self.slot_bytes, self.stride() == self.slot_bytes);
        let pool = pool_of(pieces, true, self.hook)?;
        Ok(FramePool { pool, slot_bytes, is_adjacent, placement })
    }
}

impl fmt::Debug for PoolOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolOptions")
            .field("slots", &self.slots)
            .field("slot_bytes", &self.slot_bytes)
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FramePool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramePool")
            .field("stats", &self.stats())
            .field("placement", &self.placement)
            .finish_non_exhaustive()
    }
}

/// Acquires for one thread, which remembers the buffer that it had last.
pub(crate) struct FrameAcquirer(Acquirer<Buffers>);

impl FrameAcquirer {
    #[inline(always)]
    pub(crate) fn try_acquire(&mut self) -> Option<PooledBuffer> {
        self.0.try_acquire().map(PooledBuffer::new)
    }
}

pin_project_lite::pin_project! {
    /// Core's future, and a buffer in a loan's place.
    struct Lent<'p> {
        #[pin]
        acquire: Acquire<'p, Buffers>,
    }
}

impl Future for Lent<'_> {
    type Output = Result<PooledBuffer, AcquireError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().acquire.poll(cx).map(|acquired| Ok(PooledBuffer::new(acquired?)))
    }
}

impl FramePool {
    /// Sets aside `slots` buffers of `slot_bytes` each.
    ///
    /// # Errors
    /// [`PoolError`]; nothing is set aside then.
    pub fn try_new(slots: usize, slot_bytes: usize) -> Result<Self, PoolError> {
        Self::options(slots, slot_bytes).build()
    }

    /// Begins a pool of `slots` buffers of `slot_bytes` each, to choose its memory and its hook.
    ///
    /// # Examples
    /// ```
    /// use framepool::framepool_core::recycle::Zero;
    /// use framepool::{FramePool, Lock, Pages};
    ///
    /// let pool = FramePool::options(4, 9000)
    ///     .pages(Pages::Transparent)
    ///     .lock(Lock::IfAllowed)
    ///     .recycled_by(Zero)
    ///     .build()?;
    /// pool.try_acquire().expect("four are free").fill(7);
    /// assert_eq!(pool.try_acquire().expect("four are free")[..], [0; 9000]);
    /// println!("{pool:?}"); // what was got of the memory
    /// # Ok::<(), framepool::PoolError>(())
    /// ```
    pub fn options(slots: usize, slot_bytes: usize) -> PoolOptions {
        let (memory, hook) = (MemoryOptions::default(), Hook::NONE);
        PoolOptions { slots, slot_bytes, adjacent: false, memory, hook }
    }

    /// Returns what was got of the memory; `None` if the caller brought it.
    #[must_use]
    pub fn placement(&self) -> Option<Placement> {
        self.placement
    }

    /// Lends a free buffer, if there is one. Never blocks, never allocates.
    #[inline]
    #[must_use = "a loan that is not kept gives its buffer back at once"]
    pub fn try_acquire(&self) -> Option<PooledBuffer> {
        self.pool.try_acquire().map(PooledBuffer::new)
    }

    /// Makes an acquirer for one thread.
    pub(crate) fn acquirer(&self) -> FrameAcquirer {
        FrameAcquirer(self.pool.acquirer())
    }

    /// Waits for a buffer, first come first served.
    ///
    /// # Errors
    /// [`AcquireError::Closed`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but its place in the queue.
    pub fn acquire(&self) -> impl Future<Output = Result<PooledBuffer, AcquireError>> + Send + '_ {
        Lent { acquire: self.pool.acquire() }
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
    pub fn acquire_timeout(
        &self,
        bound: Duration,
    ) -> impl Future<Output = Result<PooledBuffer, AcquireError>> + Send + '_ {
        in_time(&self.pool, move |wait| tokio::time::timeout(bound, wait), PooledBuffer::new)
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
    pub fn acquire_until(
        &self,
        deadline: Instant,
    ) -> impl Future<Output = Result<PooledBuffer, AcquireError>> + Send + '_ {
        in_time(
            &self.pool,
            move |wait| tokio::time::timeout_at(deadline.into(), wait),
            PooledBuffer::new,
        )
    }

    /// Blocks this thread until there is a buffer. Works without tokio.
    ///
    /// # Errors
    /// [`AcquireError::Closed`].
    #[inline]
    pub fn acquire_blocking(&self) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_blocking().map(PooledBuffer::new)
    }

    /// Blocks this thread until there is a buffer, at most `bound` long. Works without tokio. Reads the
    /// clock only if it must wait.
    ///
    /// # Errors
    /// [`AcquireError`].
    #[inline]
    pub fn acquire_timeout_blocking(&self, bound: Duration) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_timeout_blocking(bound).map(PooledBuffer::new)
    }

    /// Blocks this thread until there is a buffer, until `deadline` at the latest. Works without tokio.
    ///
    /// # Errors
    /// [`AcquireError`].
    #[inline]
    pub fn acquire_until_blocking(&self, deadline: Instant) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_until_blocking(deadline).map(PooledBuffer::new)
    }

    /// Returns how many buffers there are.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.pool.capacity()
    }

    /// Returns the bytes of each buffer.
    #[must_use]
    pub fn slot_bytes(&self) -> usize {
        self.slot_bytes
    }

    /// Returns whether the buffers are side by side, without gaps: [`PoolOptions::adjacent`].
    #[must_use]
    pub fn is_adjacent(&self) -> bool {
        self.is_adjacent
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
