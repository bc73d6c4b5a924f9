//! A pool of slots set aside from another pool, so that one consumer cannot starve another.
//!
//! ```text
//!   pool     [ 0 1 2 3 4 5 6 7 ]   reserve(3) claims 0, 1, 2
//!   reserve  [ 0 1 2 ]             its loans come back to it, and all of it to the pool when dropped
//! ```

use super::PoolIn;
use crate::guard::{Claimed, PoolPtr, PoolRef};
use crate::raw::{Bookkeeping, Counted, HighWater, Line, RawPool, Subset};
use crate::storage::{Storage, sealed};
use core::fmt;

/// Slots set aside from another pool: a pool of its own, whose loans come back to it.
///
/// It lends, waits and closes apart from the pool that it came from. Moved into a `SharedPool`
/// it can be stored beside its loans, and shared. Its slots keep their numbers
/// ([`Loan::index`](crate::Loan::index)) and pass through that pool's hook, whose
/// [`Tally`](crate::recycle::Tally) counts them too.
///
/// Dropping it gives its slots back, but for those of forgotten loans. In a `SharedPool` all of them
/// go back when its last handle is gone and its last loan has come back: one forgotten loan keeps all.
///
/// # Examples
/// ```
/// use framepool_core::{Pool, Reserve};
///
/// type Frames = Pool<[u8; 64], 8>;
///
/// static FRAMES: Frames = Pool::new([[0; 64]; 8]);
///
/// // The recorder always has two, however many frames the viewers hold.
/// let recorder: Reserve<&Frames> = FRAMES.reserve(2).expect("eight are free");
/// let viewers: Vec<_> = std::iter::from_fn(|| FRAMES.try_acquire()).collect();
/// assert_eq!(viewers.len(), 6);
/// assert!(recorder.try_acquire().is_some());
/// drop(recorder);
/// assert_eq!(FRAMES.available(), 2);
/// ```
pub type Reserve<R> = PoolIn<Reserved<R>>;

impl<S: Storage> PoolIn<S> {
    /// Sets `slots` slots aside, all at once, if so many are free in one word: at most 62, or 30 on
    /// 32-bit targets. `None` also if a task waits, if this pool is closed, or for no slot.
    ///
    /// Closing this pool later does not close the reserve.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::Pool;
    ///
    /// let pool = Pool::new([0_u8; 8]);
    /// let reserve = pool.reserve(5).expect("eight are free");
    /// assert_eq!((reserve.capacity(), pool.available()), (5, 3));
    /// assert!(pool.reserve(4).is_none());
    /// ```
    #[must_use = "a reserve that is not kept gives its slots back at once"]
    pub fn reserve(&self, slots: usize) -> Option<Reserve<&Self>> {
        reserve(&self, slots)
    }
}

pub(super) fn reserve<R: PoolRef>(pool: &R, slots: usize) -> Option<Reserve<R>> {
    let pool = PoolPtr::new(pool);
    // SAFETY: the `R` is borrowed.
    let raw = unsafe { pool.get() }.raw();
    let slots = raw.claim_some(slots)?;
    let (word, first) = (slots.word(), raw.first_of(slots.word()));
    let bookkeeping = Reservation { line: Subset::new(slots), pool, word };
    let storage = Reserved { pool, first };
    Some(PoolIn::from_parts(RawPool::new(bookkeeping, Counted::of(slots)), storage))
}

/// The slots of a [`Reserve`], as a storage.
///
/// # Examples
/// ```
/// # #[cfg(feature = "alloc")]
/// # fn main() -> Result<(), framepool_core::BuildError> {
/// use framepool_core::storage::Boxed;
/// use framepool_core::{BoxedPool, Reserved, SharedPool};
///
/// type Frames = SharedPool<Boxed<[u8; 64]>>;
///
/// /// Keeps two frames for itself, and shares them among its threads.
/// struct Recorder {
///     frames: SharedPool<Reserved<Frames>>,
/// }
///
/// let frames: Frames = SharedPool::new(BoxedPool::from_fn(8, || [0; 64])?);
/// let reserve = frames.reserve(2).expect("eight are free");
/// let recorder = Recorder { frames: SharedPool::new(reserve) };
/// assert_eq!((recorder.frames.capacity(), frames.available()), (2, 6));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "alloc"))]
/// # fn main() {}
/// ```
pub struct Reserved<R> {
    pool: PoolPtr<R>,
    /// The index of the first slot of the word in which they are.
    first: usize,
}

impl<R: PoolRef> Reserved<R> {
    fn storage(&self) -> &R::Storage {
        // SAFETY: the reserve's slots are claimed, and none is used after `Reservation` has given them
        // back.
        unsafe { self.pool.get() }.storage()
    }
}

impl<R> sealed::Sealed for Reserved<R> {}

// SAFETY: slots of another pool, which lives while they are claimed (`PoolRef`), and none is used
// after `Reservation` has given them back. Each is claimed once, so no other pool lends it.
unsafe impl<R: PoolRef> Storage for Reserved<R> {
    type Slot = R::Slot;
    type Header = <R::Storage as Storage>::Header;
    type Bookkeeping = Reservation<R>;

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const R::Slot {
        // SAFETY: a slot of this pool is `first` further on one of the other.
        unsafe { self.storage().read(self.first + index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut R::Slot {
        // SAFETY: as for `read`.
        unsafe { self.storage().write(self.first + index) }
    }

    #[inline(always)]
    unsafe fn recycle(&self, index: usize) {
        // SAFETY: as for `read`, and the caller holds the slot alone.
        unsafe { self.storage().recycle(self.first + index) };
    }

    fn number(&self, index: usize) -> usize {
        self.storage().number(self.first + index)
    }
}

impl<R> fmt::Debug for Reserved<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserved").finish_non_exhaustive()
    }
}

/// The bookkeeping of a [`Reserve`]: its own word, and the headers of the pool that it came from.
pub struct Reservation<R: PoolRef> {
    line: Subset,
    pool: PoolPtr<R>,
    /// The other pool's word in which they are.
    word: usize,
}

// SAFETY: a line that this value owns; the other pool's headers, from that of the word's
// first slot on.
unsafe impl<R: PoolRef> Bookkeeping for Reservation<R> {
    type Mark = HighWater;
    type Extent = Counted;
    type Header = <R::Storage as Storage>::Header;

    #[inline(always)]
    fn words(&self) -> usize {
        1
    }

    #[inline(always)]
    unsafe fn line(&self, _word: usize) -> &Line {
        self.line.line()
    }

    #[inline(always)]
    fn headers(&self) -> &[Self::Header] {
        // SAFETY: as for `Reserved::storage`.
        let raw = unsafe { self.pool.get() }.raw();
        raw.headers().get(raw.first_of(self.word)..).unwrap_or_default()
    }
}

impl<R: PoolRef> Drop for Reservation<R> {
    /// What is free goes back. No loan is left, since they borrow the pool or keep it alive; what is
    /// not free was forgotten, or handed to a waiter that was.
    fn drop(&mut self) {
        let slots = self.line.claim_all(self.word);
        // SAFETY: slots that `reserve` claimed and that no loan has.
        drop(unsafe { Claimed::new(self.pool, slots) });
    }
}

impl<R: PoolRef> fmt::Debug for Reservation<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation").finish_non_exhaustive()
    }
}
