//! Buffers of one size for frames: placed memory under core's pool, a hook, and waiting with a bound.

use crate::buffer::Buffer;
use crate::error::{AcquireError, PoolError};
use crate::memory::{Lock, Mapped, MemoryOptions, Pages, Piece, Placement};
use crate::waiting::PoolExt;
#[cfg(feature = "tokio")]
use crate::waiting::in_time;
use framepool_core::recycle::{Recycle, Recycled};
use framepool_core::storage::{Boxed, HeapBytes, Memory};
use framepool_core::{Acquire, Acquirer, BoxedPool, BuildError, Loan, SharedPool, Stats};
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A buffer on loan from a [`FramePool`]: its bytes, all of them, to read and to write. Dropping it gives it
/// back, also after the pool is gone.
///
/// To share it, make it a frame: [`Frame::of`](crate::Frame::of).
///
/// # Panics
/// Dropping it panics as dropping a [`Loan`] does.
///
/// # Examples
/// ```
/// use framepool::{FramePool, PooledBuffer};
///
/// fn blacken(buffer: &mut PooledBuffer) {
///     buffer.fill(0);
/// }
///
/// let pool = FramePool::try_new(2, 4096)?;
/// let mut buffer = pool.try_acquire().expect("two are free");
/// blacken(&mut buffer);
/// assert_eq!(buffer[..], [0; 4096]);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[must_use = "a loan that is not kept gives its buffer back at once"]
pub struct PooledBuffer(Loan<Buffers>);

impl PooledBuffer {
    /// Returns the buffer's number in its pool.
    #[must_use]
    pub fn index(&self) -> usize {
        self.0.index()
    }

    pub(crate) fn loan(&self) -> &Loan<Buffers> {
        &self.0
    }

    /// Returns the loan, from which more than the bytes can be changed.
    #[inline(always)]
    pub(crate) fn into_loan(self) -> Loan<Buffers> {
        self.0
    }
}

impl Deref for PooledBuffer {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl DerefMut for PooledBuffer {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.bytes_mut()
    }
}

impl AsRef<[u8]> for PooledBuffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for PooledBuffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl fmt::Debug for PooledBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledBuffer")
            .field("index", &self.index())
            .field("bytes", &self.len())
            .finish_non_exhaustive()
    }
}

/// Buffers in placed memory.
pub(crate) type Buffers = SharedPool<Recycled<Boxed<Buffer>, Hook>>;

/// What happens to a buffer on its way back; nothing if there is no hook.
pub(crate) struct Hook(Option<Box<dyn Recycle<[u8]> + Send + Sync>>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "a hook" } else { "no hook" })
    }
}

impl Recycle<Buffer> for Hook {
    #[inline(always)]
    fn recycle(&self, index: usize, buffer: &mut Buffer) {
        // Apart, so that a pool without a hook pays for a look alone.
        #[inline(never)]
        fn call(hook: &dyn Recycle<[u8]>, index: usize, buffer: &mut [u8]) {
            hook.recycle(index, buffer);
        }
        if let Some(hook) = &self.0 {
            call(&**hook, index, buffer.bytes_mut());
        }
    }

    fn lent(&self) -> Option<u64> {
        self.0.as_ref()?.lent()
    }
}

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

    /// Passes each buffer through a hook on its way back. It replaces one that was given before: give two as a
    /// pair.
    pub fn recycled_by(mut self, hook: impl Recycle<[u8]> + Send + Sync + 'static) -> Self {
        self.hook = Hook(Some(Box::new(hook)));
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
    /// /// Memory that another process maps, too.
    /// struct Shared(MmapRaw);
    ///
    /// // SAFETY: mapped while this value lives, and by agreement the other process only reads.
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
    /// bytes from its beginning.
    pub fn build_over(self, memory: impl Memory + Send + 'static) -> Result<FramePool, PoolError> {
        self.cut(memory, None)
    }

    /// Returns the distance of one buffer to the next.
    fn stride(&self) -> usize {
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
        let pieces = Piece::cut(memory, self.slots, self.slot_bytes, self.stride())?;
        let slot_bytes = self.slot_bytes;
        Ok(FramePool { pool: pool_of(pieces, true, self.hook)?, slot_bytes, placement })
    }
}

/// Makes a pool of these bytes.
fn pool_of(pieces: Vec<Piece>, is_pooled: bool, hook: Hook) -> Result<Buffers, BuildError> {
    let (slots, mut pieces) = (pieces.len(), pieces.into_iter());
    let next = || Buffer::new(pieces.next().expect("one for each slot"), is_pooled);
    Ok(SharedPool::new(BoxedPool::from_fn(slots, next)?.recycled_by(hook)))
}

/// Takes a buffer of at least `len` bytes from the heap: the only one of a pool that goes with it.
pub(crate) fn from_heap(len: usize) -> Result<PooledBuffer, BuildError> {
    let len = len.max(1);
    let pieces = Piece::cut(HeapBytes::zeroed(len, align_of::<u64>())?, 1, len, len)?;
    let pool = pool_of(pieces, false, Hook(None))?;
    Ok(PooledBuffer(pool.try_acquire().expect("nothing else knows of it")))
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
        self.0.try_acquire().map(PooledBuffer)
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
        self.project().acquire.poll(cx).map(|acquired| Ok(PooledBuffer(acquired?)))
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
        PoolOptions { slots, slot_bytes, memory: MemoryOptions::default(), hook: Hook(None) }
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
        self.pool.try_acquire().map(PooledBuffer)
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
        in_time(&self.pool, move |wait| tokio::time::timeout(bound, wait), PooledBuffer)
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
            PooledBuffer,
        )
    }

    /// Blocks this thread until there is a buffer. Works without tokio.
    ///
    /// # Errors
    /// [`AcquireError::Closed`].
    #[inline]
    pub fn acquire_blocking(&self) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_blocking().map(PooledBuffer)
    }

    /// Blocks this thread until there is a buffer, at most `bound` long. Works without tokio. Reads the
    /// clock only if it must wait.
    ///
    /// # Errors
    /// [`AcquireError`].
    #[inline]
    pub fn acquire_timeout_blocking(&self, bound: Duration) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_timeout_blocking(bound).map(PooledBuffer)
    }

    /// Blocks this thread until there is a buffer, until `deadline` at the latest. Works without tokio.
    ///
    /// # Errors
    /// [`AcquireError`].
    #[inline]
    pub fn acquire_until_blocking(&self, deadline: Instant) -> Result<PooledBuffer, AcquireError> {
        self.pool.acquire_until_blocking(deadline).map(PooledBuffer)
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
