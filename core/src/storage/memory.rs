//! Memory that byte buffers are cut out of.

use core::marker::PhantomData;
use core::ptr::NonNull;

/// Bytes that a pool may cut into slots.
///
/// # Safety
/// - `base` points to `len` initialised bytes, valid for reads and writes while this value lives.
/// - `base` and `len` answer the same each time, also after this value has moved.
/// - Moving this value does not invalidate the pointer: it holds raw memory, not a `Box` or `&mut`.
/// - Nothing else reads or writes those bytes while a pool owns this value: none of its own methods
///   either, but for its drop.
///
/// # Examples
/// ```
/// use core::ptr::NonNull;
/// use framepool_core::BufferPool;
/// use framepool_core::storage::Memory;
///
/// /// A block that came from the heap and goes back there.
/// struct Block(NonNull<[u8; 4096]>);
///
/// // SAFETY: one block of 4096 initialised bytes, always the same, which nothing else knows of.
/// unsafe impl Memory for Block {
///     fn base(&self) -> NonNull<u8> {
///         self.0.cast()
///     }
///
///     fn len(&self) -> usize {
///         4096
///     }
/// }
///
/// impl Drop for Block {
///     fn drop(&mut self) {
///         // SAFETY: it came from `Box::leak`, and comes back once.
///         drop(unsafe { Box::from_raw(self.0.as_ptr()) });
///     }
/// }
///
/// let block = Block(NonNull::from(Box::leak(Box::new([0; 4096]))));
/// let pool = BufferPool::new(block, 1024, 1024)?;
/// assert_eq!(pool.capacity(), 4);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not memory that a pool can own",
    note = "wrap a `&mut [u8]` by `Borrowed::from`; use `HeapBytes` instead of a `Vec` or a `Box`"
)]
pub unsafe trait Memory {
    /// Returns the first byte.
    fn base(&self) -> NonNull<u8>;

    /// Returns the number of bytes.
    fn len(&self) -> usize;

    /// Returns whether there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Memory borrowed for `'m`, or for ever: `&mut [u8]`, a linker section, DMA memory.
///
/// # Examples
/// ```
/// use framepool_core::BufferPool;
/// use framepool_core::storage::Borrowed;
///
/// let mut memory = [0_u8; 4 * 1024];
/// let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 1024, 1024)?;
/// assert_eq!(pool.capacity(), 4);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[derive(Debug)]
pub struct Borrowed<'m> {
    base: NonNull<u8>,
    len: usize,
    _memory: PhantomData<&'m mut [u8]>,
}

// SAFETY: it stands for a `&mut [u8]`, which is `Send`.
unsafe impl Send for Borrowed<'_> {}
// SAFETY: it gives out a pointer and a length only.
unsafe impl Sync for Borrowed<'_> {}

impl<'m> From<&'m mut [u8]> for Borrowed<'m> {
    fn from(memory: &'m mut [u8]) -> Self {
        Self { len: memory.len(), base: NonNull::from(memory).cast(), _memory: PhantomData }
    }
}

impl Borrowed<'static> {
    /// Stands for a region known by address: a linker section, DMA memory, an SDK's ring.
    ///
    /// # Safety
    /// - `base` points to `len` bytes, valid for reads and writes from now on.
    /// - The bytes are initialised.
    /// - Nothing else reads or writes them while a pool owns this value: neither other code nor a
    ///   device, except a device that was given the slot of a loan which is not used meanwhile (I10).
    #[must_use]
    pub const unsafe fn from_raw(base: NonNull<u8>, len: usize) -> Self {
        Self { base, len, _memory: PhantomData }
    }
}

// SAFETY: a unique borrow, or what `from_raw` was promised: valid, unmoving, and reached through this
// value alone.
unsafe impl Memory for Borrowed<'_> {
    fn base(&self) -> NonNull<u8> {
        self.base
    }

    fn len(&self) -> usize {
        self.len
    }
}
