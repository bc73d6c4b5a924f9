//! A pool of slots set aside from another pool, so that one consumer cannot starve another.
//!
//! ```text
//!   pool     [ 0 1 2 3 4 5 6 7 ]   reserve(3) claims 0, 1, 2
//!   reserve  [ 0 1 2 ]             its loans come back to it, and all of it to the pool when dropped
//! ```

use crate::book::{Book, Counted, Header, Shares, sealed as book_sealed};
use crate::free_list::{HighWater, Line};
use crate::loan::Home;
use crate::pool::PoolIn;
use crate::raw::RawPool;
use crate::run::Claimed;
use crate::storage::{Storage, sealed as storage_sealed};
use crate::word::{self, Place};
use core::fmt;

/// Slots set aside from another pool: a pool of its own, whose loans come back to it.
///
/// It lends, waits and closes apart from the pool that it came from. In a `SharedPool` its loans are
/// `'static`, if it came from a static or a shared pool itself. Its slots keep their numbers
/// ([`Loan::index`](crate::Loan::index)) and pass through that pool's hook, whose
/// [`Tally`](crate::Tally) counts them too.
///
/// Dropping it gives its slots back, but for those of forgotten loans. In a `SharedPool` all of them
/// go back when its last handle is gone and its last loan has come back: one forgotten loan keeps all.
///
/// # Examples
/// ```
/// use framepool_core::{Pool, Reserve};
///
/// static FRAMES: Pool<[u8; 64], 8> = Pool::new([[0; 64]; 8]);
///
/// // The recorder always has two, however many frames the viewers hold.
/// let recorder: Reserve<&Pool<[u8; 64], 8>> = FRAMES.reserve(2).expect("eight are free");
/// let viewers: Vec<_> = std::iter::from_fn(|| FRAMES.try_acquire()).collect();
/// assert_eq!(viewers.len(), 6);
/// assert!(recorder.try_acquire().is_some());
/// drop(recorder);
/// assert_eq!(FRAMES.available(), 2);
/// ```
pub type Reserve<H> = PoolIn<Reserved<H>, Reservation<H>>;

impl<S: Storage, B: Book> PoolIn<S, B> {
    /// Sets `slots` slots aside, all at once, if so many are free in one word: at most 62, or 30 on
    /// 32-bit targets. `None` also if somebody waits, if this pool is closed, or for no slot.
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
        reserve(self, slots)
    }
}

pub(crate) fn reserve<H: Home>(home: H, slots: usize) -> Option<Reserve<H>> {
    let raw = &home.raw().0;
    let (word, bits) = raw.claim_chosen(|free| word::lowest_few(free, slots))?;
    let storage = Reserved { home, first: raw.index(Place::new(word, 0)) };
    let book = Reservation { lines: [Line::new(bits, HighWater::new())], home, word };
    Some(PoolIn::from_parts(RawPool::new(book, Counted::one_word(bits)), storage))
}

/// The slots of a [`Reserve`].
///
/// # Examples
/// ```
/// use framepool_core::{Loan, Pool, PoolIn, Reservation, Reserved};
///
/// type Frames = Pool<u8, 4>;
/// /// A loan from a reserve, by its full name.
/// type Frame<'r, 'p> = Loan<&'r PoolIn<Reserved<&'p Frames>, Reservation<&'p Frames>>>;
///
/// let pool = Frames::new([0; 4]);
/// let reserve = pool.reserve(2).expect("four are free");
/// let frame: Frame<'_, '_> = reserve.try_acquire().expect("two are free");
/// assert_eq!(*frame, 0);
/// ```
pub struct Reserved<H: Home> {
    home: H,
    /// The index of the first slot of the word in which they are.
    first: usize,
}

impl<H: Home> storage_sealed::Sealed for Reserved<H> {}

// SAFETY: slots of another pool, which lives while they are claimed (`Home`), and none is used after
// `Reservation` has given them back. Each is claimed once, so it is nobody else's.
unsafe impl<H: Home> Storage for Reserved<H> {
    type Slot = <H::Storage as Storage>::Slot;

    /// The other pool's slots from this word on, not all of which are in the reserve.
    fn capacity(&self) -> usize {
        self.home.storage().capacity() - self.first
    }

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const Self::Slot {
        // SAFETY: below this capacity, so `first` further on below the other one.
        unsafe { self.home.storage().read(self.first + index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut Self::Slot {
        // SAFETY: as for `read`.
        unsafe { self.home.storage().write(self.first + index) }
    }

    #[inline(always)]
    unsafe fn recycle(&self, index: usize) {
        // SAFETY: as for `read`, and the caller holds the slot alone.
        unsafe { self.home.storage().recycle(self.first + index) };
    }

    fn number(&self, index: usize) -> usize {
        self.home.storage().number(self.first + index)
    }
}

impl<H: Home> fmt::Debug for Reserved<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserved").finish_non_exhaustive()
    }
}

/// The bookkeeping of a [`Reserve`]: its own word, and the headers of the pool that it came from.
///
/// # Examples
/// ```
/// use framepool_core::{Frozen, Pool, PoolIn, Reservation, Reserved};
///
/// type Frames = Pool<u8, 4>;
/// /// A share from a reserve, by its full name.
/// type Share<'r, 'p> = Frozen<&'r PoolIn<Reserved<&'p Frames>, Reservation<&'p Frames>>>;
///
/// let pool = Frames::new([0; 4]);
/// let reserve = pool.reserve(2).expect("four are free");
/// let share: Share<'_, '_> = reserve.try_acquire().expect("two are free").freeze();
/// assert_eq!(*share.clone(), 0);
/// ```
pub struct Reservation<H: Home> {
    lines: [Line; 1],
    home: H,
    /// The other pool's word in which they are.
    word: usize,
}

impl<H: Home> book_sealed::Sealed for Reservation<H> {}

// SAFETY: a slice of an array that this value owns.
unsafe impl<H: Home> Book for Reservation<H> {
    type Mark = HighWater;
    type Extent = Counted;

    #[inline(always)]
    fn lines(&self) -> &[Line] {
        &self.lines
    }
}

// SAFETY: the other pool's headers, from that of the word's first slot on.
unsafe impl<H: Home<Book: Shares>> Shares for Reservation<H> {
    #[inline(always)]
    fn headers(&self) -> &[Header] {
        let raw = &self.home.raw().0;
        let first = raw.index(Place::new(self.word, 0));
        // SAFETY: the word has slots, so its first slot has a header.
        unsafe { raw.book().headers().get_unchecked(first..) }
    }
}

impl<H: Home> Drop for Reservation<H> {
    /// What is free goes back. No loan is left, since they borrow the pool or keep it alive; what is
    /// not free was forgotten, or handed to a waiter that was.
    fn drop(&mut self) {
        let bits = self.lines[0].claim_all();
        // SAFETY: slots that `reserve` claimed and that nobody has a loan of.
        drop(unsafe { Claimed::new(self.home, self.word, bits) });
    }
}

impl<H: Home> fmt::Debug for Reservation<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation").finish_non_exhaustive()
    }
}
