//! Where slot memory is: inside the pool, in a region that the caller gives, or on the heap.
//!
//! ```text
//!   [ slot 0 | slot 1 | slot 2 | ... ]     contiguous, in index order, `stride` apart
//! ```

use crate::error::BuildError;
use crate::sync::{SlotArray, const_unless_loom};
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// Slot memory.
///
/// Sealed: [`Inline`], [`Region`] and `Boxed`, and what stands before one of them:
/// [`Recycled`](crate::Recycled), [`Reserved`](crate::Reserved).
///
/// # Safety
/// - `read` and `write` return pointers that are valid and stay the same for every index below
///   `capacity`, as long as the storage lives, also when it moves between uses.
/// - Slots of different indices do not overlap.
/// - `capacity` never changes.
///
/// # Examples
/// ```
/// use framepool_core::{Frozen, Home, Shares, Storage};
///
/// /// Takes shares of byte buffers, whatever memory they are in.
/// fn checksum<H>(frame: &Frozen<H>) -> u32
/// where
///     H: Home<Storage: Storage<Slot = [u8]>, Book: Shares>,
/// {
///     frame.iter().map(|byte| u32::from(*byte)).sum()
/// }
/// # use framepool_core::{Borrowed, BufferPool};
/// # let mut memory = [1_u8; 8];
/// # let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 8, 8)?;
/// # assert_eq!(checksum(&pool.try_acquire().expect("free").freeze()), 8);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub unsafe trait Storage: sealed::Sealed {
    /// What one slot holds.
    type Slot: ?Sized;

    /// Returns the number of slots.
    fn capacity(&self) -> usize;

    /// Returns slot `index` for reading.
    ///
    /// # Safety
    /// - `index` is below the capacity.
    #[doc(hidden)]
    unsafe fn read(&self, index: usize) -> *const Self::Slot;

    /// Returns slot `index` for writing.
    ///
    /// # Safety
    /// - `index` is below the capacity.
    #[doc(hidden)]
    unsafe fn write(&self, index: usize) -> *mut Self::Slot;

    /// Makes slot `index` fit for its next holder.
    ///
    /// # Safety
    /// - `index` is below the capacity, and the caller holds that slot alone.
    #[doc(hidden)]
    #[inline(always)]
    unsafe fn recycle(&self, index: usize) {
        let _ = index;
    }

    /// Returns what users know slot `index` by.
    #[doc(hidden)]
    #[inline(always)]
    fn number(&self, index: usize) -> usize {
        index
    }

    /// Returns how often slots were lent and came back, if that is counted.
    #[doc(hidden)]
    fn lent(&self) -> Option<u64> {
        None
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// Slots inside the pool itself: for a `static`, or on the stack.
///
/// # Examples
/// ```
/// use framepool_core::{Fixed, Inline, Loan, Pool, PoolIn};
///
/// /// A static loan, by its full name.
/// type Line = Loan<&'static PoolIn<Inline<[u16; 640], 4>, Fixed<4>>>;
///
/// static LINES: Pool<[u16; 640], 4> = Pool::new([[0; 640]; 4]);
///
/// let line: Line = LINES.try_acquire().expect("four are free");
/// assert_eq!(line.len(), 640);
/// ```
#[derive(Debug)]
pub struct Inline<T, const N: usize> {
    slots: SlotArray<T, N>,
}

// SAFETY: a slot is reached by one holder at a time (I1, I3), in turn on different threads
// (`T: Send`); shared reading asks for `T: Sync` where it is offered (`Frozen`).
unsafe impl<T: Send, const N: usize> Sync for Inline<T, N> {}

impl<T, const N: usize> Inline<T, N> {
    const_unless_loom! {
        pub(crate) const fn new(slots: [T; N]) -> Self {
            Self { slots: SlotArray::new(slots) }
        }
    }
}

impl<T, const N: usize> sealed::Sealed for Inline<T, N> {}

// SAFETY: the slots are the elements of an array that this value owns; while a pool is borrowed
// it does not move, so neither do they.
unsafe impl<T, const N: usize> Storage for Inline<T, N> {
    type Slot = T;

    #[inline(always)]
    fn capacity(&self) -> usize {
        N
    }

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const T {
        // SAFETY: `index` is below the capacity, as the caller promises.
        unsafe { self.slots.read(index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut T {
        // SAFETY: `index` is below the capacity, as the caller promises.
        unsafe { self.slots.write(index) }
    }
}

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
/// use framepool_core::{BufferPool, Memory};
///
/// /// A block that is given back to whom it came from.
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
/// use framepool_core::{Borrowed, BufferPool};
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

// SAFETY: a unique borrow, or what `from_raw` was promised: valid, unmoving and nobody else's.
unsafe impl Memory for Borrowed<'_> {
    fn base(&self) -> NonNull<u8> {
        self.base
    }

    fn len(&self) -> usize {
        self.len
    }
}

/// Byte slots cut out of one contiguous [`Memory`].
///
/// # Examples
/// ```
/// use framepool_core::{Borrowed, BufferPool, Loan};
///
/// type Buffer<'p, 'm> = Loan<&'p BufferPool<Borrowed<'m>>>;
///
/// let mut memory = [0_u8; 100];
/// let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 30, 32)?;
/// let buffer: Buffer<'_, '_> = pool.try_acquire().expect("three are free");
/// assert_eq!((buffer.len(), pool.capacity()), (30, 3));
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct Region<M> {
    base: NonNull<u8>,
    slot_bytes: usize,
    stride: usize,
    capacity: usize,
    _memory: M,
}

// SAFETY: the pointer leads into `M`'s bytes, which this value alone reaches and which move with
// it (`Memory`).
unsafe impl<M: Send> Send for Region<M> {}
// SAFETY: a slot is reached by one holder at a time (I1, I3), and bytes are `Send + Sync`; `M`
// itself is never reached through a shared reference, only dropped, hence no bound on it but
// `Send`.
unsafe impl<M: Send> Sync for Region<M> {}

impl<M: Memory> Region<M> {
    /// Cuts as many slots as fit.
    pub(crate) fn new(memory: M, slot_bytes: usize, stride: usize) -> Result<Self, BuildError> {
        if slot_bytes == 0 || stride < slot_bytes {
            return Err(BuildError::BadSlotSize { slot_bytes, stride });
        }
        let (base, given) = (memory.base(), memory.len());
        if given < slot_bytes {
            return Err(BuildError::MemoryTooSmall { needed: slot_bytes, given });
        }
        // The last slot needs no gap behind it.
        let capacity = (given - slot_bytes) / stride + 1;
        Ok(Self { base, slot_bytes, stride, capacity, _memory: memory })
    }
}

impl<M> Region<M> {
    pub(crate) const fn stride(&self) -> usize {
        self.stride
    }

    pub(crate) fn alignment(&self) -> usize {
        1 << (self.base.addr().get() | self.stride).trailing_zeros()
    }
}

// Not derived: `M` is not to be reached through a shared reference, by its `Debug` either.
impl<M> fmt::Debug for Region<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region")
            .field("capacity", &self.capacity)
            .field("slot_bytes", &self.slot_bytes)
            .field("stride", &self.stride)
            .finish_non_exhaustive()
    }
}

impl<M> sealed::Sealed for Region<M> {}

// SAFETY: `new` made sure that `capacity` slots lie `stride` apart within the memory, whose bytes
// stay where they are (`Memory`).
unsafe impl<M: Memory> Storage for Region<M> {
    type Slot = [u8];

    #[inline(always)]
    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const [u8] {
        // SAFETY: `index` is below the capacity, as the caller promises.
        unsafe { self.write(index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut [u8] {
        // SAFETY: `index` is below the capacity, so the slot lies within the memory.
        let start = unsafe { self.base.add(index * self.stride) };
        core::ptr::slice_from_raw_parts_mut(start.as_ptr(), self.slot_bytes)
    }
}

#[cfg(feature = "alloc")]
pub use heap::{Boxed, HeapBytes};

#[cfg(feature = "alloc")]
mod heap {
    use super::{BuildError, Memory, NonNull, Storage, sealed};
    use crate::sync::UnsafeCell;
    use alloc::boxed::Box;
    use core::alloc::Layout;

    /// Slots on the heap, their number chosen at run time.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::{Boxed, BoxedPool, Keep, Loan, OnHeap, SharedPool};
    ///
    /// /// An owned loan, by its full name.
    /// type Line = Loan<Keep<Boxed<[u16; 640]>, OnHeap>>;
    ///
    /// let pool = SharedPool::new(BoxedPool::from_fn(4, || [0; 640])?);
    /// let line: Line = pool.try_acquire().expect("four are free");
    /// drop(pool);
    /// assert_eq!(line[0], 0);
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    #[derive(Debug)]
    pub struct Boxed<T> {
        slots: Box<[UnsafeCell<T>]>,
    }

    // SAFETY: as for `Inline`.
    unsafe impl<T: Send> Sync for Boxed<T> {}

    impl<T> Boxed<T> {
        pub(crate) fn new(capacity: usize, mut make: impl FnMut() -> T) -> Self {
            Self { slots: (0..capacity).map(|_| UnsafeCell::new(make())).collect() }
        }
    }

    impl<T> sealed::Sealed for Boxed<T> {}

    // SAFETY: the slots are the elements of a boxed slice that this value owns and never swaps.
    unsafe impl<T> Storage for Boxed<T> {
        type Slot = T;

        #[inline(always)]
        fn capacity(&self) -> usize {
            self.slots.len()
        }

        #[inline(always)]
        unsafe fn read(&self, index: usize) -> *const T {
            // SAFETY: `index` is below the capacity, as the caller promises.
            unsafe { self.slots.get_unchecked(index) }.with(|slot| slot)
        }

        #[inline(always)]
        unsafe fn write(&self, index: usize) -> *mut T {
            // SAFETY: `index` is below the capacity, as the caller promises.
            unsafe { self.slots.get_unchecked(index) }.with_mut(|slot| slot)
        }
    }

    /// Zeroed bytes from the heap, aligned as asked.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::{BufferPool, HeapBytes};
    ///
    /// // Four pages, so that each buffer starts on one.
    /// let memory = HeapBytes::zeroed(4 * 4096, 4096)?;
    /// let pool = BufferPool::new(memory, 4096, 4096)?;
    /// let buffer = pool.try_acquire().expect("four are free");
    /// assert_eq!(buffer.as_ptr().addr() % 4096, 0);
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    #[derive(Debug)]
    pub struct HeapBytes {
        base: NonNull<u8>,
        layout: Layout,
    }

    // SAFETY: it owns its bytes, as a `Box<[u8]>` would.
    unsafe impl Send for HeapBytes {}
    // SAFETY: it gives out a pointer and a length only.
    unsafe impl Sync for HeapBytes {}

    impl HeapBytes {
        /// Takes `len` zeroed bytes at a multiple of `align`, a power of two.
        ///
        /// # Errors
        /// [`BuildError::Overflow`] if no such block can exist, [`BuildError::OutOfMemory`] if
        /// the allocator has none now (retry with less), [`BuildError::BadAlignment`],
        /// [`BuildError::MemoryTooSmall`] for no bytes.
        pub fn zeroed(len: usize, align: usize) -> Result<Self, BuildError> {
            if len == 0 {
                return Err(BuildError::MemoryTooSmall { needed: 1, given: 0 });
            }
            if !align.is_power_of_two() {
                return Err(BuildError::BadAlignment { align });
            }
            let layout = Layout::from_size_align(len, align).map_err(|_| BuildError::Overflow)?;
            // SAFETY: the layout is not empty.
            let base = unsafe { alloc::alloc::alloc_zeroed(layout) };
            match NonNull::new(base) {
                Some(base) => Ok(Self { base, layout }),
                None => Err(BuildError::OutOfMemory { requested: len }),
            }
        }
    }

    impl AsRef<[u8]> for HeapBytes {
        fn as_ref(&self) -> &[u8] {
            // SAFETY: the block is this value's alone and initialised; a pool that owns the value
            // never calls this.
            unsafe { core::slice::from_raw_parts(self.base.as_ptr(), self.layout.size()) }
        }
    }

    impl AsMut<[u8]> for HeapBytes {
        fn as_mut(&mut self) -> &mut [u8] {
            // SAFETY: the block is this value's alone, initialised, and borrowed uniquely.
            unsafe { core::slice::from_raw_parts_mut(self.base.as_ptr(), self.layout.size()) }
        }
    }

    // SAFETY: the block is this value's alone, initialised with zeros, and stays where it is.
    unsafe impl Memory for HeapBytes {
        fn base(&self) -> NonNull<u8> {
            self.base
        }

        fn len(&self) -> usize {
            self.layout.size()
        }
    }

    impl Drop for HeapBytes {
        fn drop(&mut self) {
            // SAFETY: `base` came from this allocator with this layout, and is freed once.
            unsafe { alloc::alloc::dealloc(self.base.as_ptr(), self.layout) };
        }
    }
}
