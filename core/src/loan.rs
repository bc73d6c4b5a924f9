//! Guards over slots: [`Loan`], unique and writable, and [`Frozen`], shared and read-only.
//!
//! ```text
//!   acquire -> Loan --freeze--> Frozen --clone--> Frozen ...
//!               |  <---thaw---    |  (when it is the only one)
//!               v                 v
//!            release           release, by the last one
//! ```

use crate::book::{Book, Header, Shares};
use crate::raw::{RawPool, Release};
use crate::storage::Storage;
use crate::sync::{Ordering, Peek};
use crate::word::Place;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut, Range};
use core::ptr::NonNull;

/// The way from a loan back to its pool: `&Pool`, or an owner that keeps the pool alive.
///
/// Sealed: a bound for functions that take any loan, with nothing to implement.
///
/// # Safety
/// - The pool and its storage stay where they are, and alive, from the claim of a slot until
///   `release` of it.
/// - `raw` and `storage` belong together: same capacity, same pool, each time.
///
/// # Examples
/// ```
/// use framepool_core::{Home, Loan, Pool, Storage};
///
/// /// Takes a loan of bytes from any pool: borrowed, static or shared.
/// fn blacken<H: Home<Storage: Storage<Slot = [u8; 4]>>>(frame: &mut Loan<H>) {
///     frame.fill(0);
/// }
///
/// let pool = Pool::new([[255_u8; 4]; 1]);
/// let mut frame = pool.try_acquire().expect("free");
/// blacken(&mut frame);
/// assert_eq!(*frame, [0; 4]);
/// ```
pub unsafe trait Home: Copy + sealed::Sealed {
    /// Where the pool's slots are.
    type Storage: Storage;

    /// What the pool keeps beside them.
    type Book: Book;

    #[doc(hidden)]
    fn raw(&self) -> &RawAccess<Self::Book>;

    #[doc(hidden)]
    fn storage(&self) -> &Self::Storage;

    /// Gives a slot back.
    ///
    /// # Safety
    /// - The caller holds the slot at `place` of this pool and uses it no more.
    #[doc(hidden)]
    unsafe fn release(self, place: Place) {
        // SAFETY: the caller holds the slot, so the pool lives.
        let outcome = unsafe { RawPool::release::<false>(&raw const self.raw().0, place) };
        debug_assert_ne!(outcome, Release::NotLent, "I8: a loan is released once");
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The bookkeeping of a pool, opaque outside this crate.
#[doc(hidden)]
#[derive(Debug)]
pub struct RawAccess<B: Book>(pub(crate) RawPool<B>);

/// What a slot of the pool behind `H` holds.
type Slot<H> = <<H as Home>::Storage as Storage>::Slot;

/// Lends one slot for reading and writing, to one holder; dropping it gives the slot back.
///
/// `H` says what keeps the pool alive: `&Pool` (a borrowed or static loan) or an owner. Dropping
/// gives the slot back also during a panic, or when a channel refuses the loan.
/// [`core::mem::forget`] on a loan costs the pool that slot and nothing else; on an owned loan it
/// also keeps the pool's memory for ever, and of a shared [`Reserve`](crate::Reserve) all slots.
///
/// # Memory ordering
/// What the previous holder did to the slot happens before this loan's first access (I4).
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// static LINES: Pool<[u16; 640], 4> = Pool::new([[0; 640]; 4]);
///
/// let mut line = LINES.try_acquire().expect("four are free");
/// line[0] = 7;
/// assert_eq!(LINES.available(), 3);
/// drop(line);
/// assert_eq!(LINES.available(), 4);
/// ```
#[must_use = "a loan that is not kept gives its slot back at once"]
pub struct Loan<H: Home> {
    home: H,
    place: Place,
    _unique: PhantomData<*mut Slot<H>>,
}

// SAFETY: a loan is a unique reference to its slot (I1, I3) and a way home.
unsafe impl<H: Home + Send> Send for Loan<H> where Slot<H>: Send {}
// SAFETY: a shared loan gives `&Slot` and nothing else, so the slot itself must be `Sync`.
unsafe impl<H: Home + Sync> Sync for Loan<H> where Slot<H>: Sync {}

impl<H: Home> Loan<H> {
    /// Makes the guard of a slot.
    ///
    /// # Safety
    /// - `place` was claimed from `home`'s pool, and no other guard has it.
    pub(crate) unsafe fn new(home: H, place: Place) -> Self {
        Self { home, place, _unique: PhantomData }
    }

    /// Claims a slot of `home`'s pool: as [`RawPool::claim`].
    #[inline]
    pub(crate) fn claim(home: H) -> Option<Self> {
        match home.raw().0.claim_at_once() {
            // SAFETY: just claimed.
            Some(place) => Some(unsafe { Self::new(home, place) }),
            None => Self::claim_patiently(home),
        }
    }

    /// Apart, and with nothing left to do after it: the function that calls it stays small.
    #[cold]
    #[inline(never)]
    fn claim_patiently(home: H) -> Option<Self> {
        let place = home.raw().0.claim()?;
        // SAFETY: just claimed.
        Some(unsafe { Self::new(home, place) })
    }

    /// Returns the slot's number in its pool.
    #[must_use]
    pub fn index(&self) -> usize {
        self.home.storage().number(index(&self.home, self.place))
    }

    /// Makes the loan shareable and read-only, without copying or allocating.
    pub fn freeze(self) -> Frozen<H>
    where
        H::Book: Shares,
    {
        let (home, place) = self.into_parts();
        let index = index(&home, place);
        let header = header(&home, index);
        // Ordering: Relaxed: this is the only holder; other shares come from it.
        header.shares.store(1, Ordering::Relaxed);
        // SAFETY: the index is this loan's, hence below the capacity.
        let view = unsafe { home.storage().read(index) };
        // SAFETY: slots are not null.
        let view = unsafe { NonNull::new_unchecked(view.cast_mut()) };
        Frozen { home, place, view, _shared: PhantomData }
    }

    /// Dissolves the guard without giving the slot back.
    fn into_parts(self) -> (H, Place) {
        let this = core::mem::ManuallyDrop::new(self);
        (this.home, this.place)
    }
}

impl<H: Home> Deref for Loan<H> {
    type Target = Slot<H>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        // SAFETY: the index is this loan's, hence below the capacity.
        let slot = unsafe { self.home.storage().read(index(&self.home, self.place)) };
        // SAFETY: this loan is the slot's one holder (I1), and is borrowed for reading (I3).
        unsafe { &*slot }
    }
}

impl<H: Home> DerefMut for Loan<H> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: the index is this loan's, hence below the capacity.
        let slot = unsafe { self.home.storage().write(index(&self.home, self.place)) };
        // SAFETY: this loan is the slot's one holder (I1), and is borrowed uniquely (I3).
        unsafe { &mut *slot }
    }
}

impl<H: Home> Drop for Loan<H> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this guard holds the slot, and is going.
        unsafe { give_back(self.home, self.place) };
    }
}

/// Makes a slot fit for its next holder and gives it back, the latter also if the former panics.
///
/// # Safety
/// - The caller holds the slot at `place` of `home`'s pool alone, and uses it no more.
#[inline(always)]
unsafe fn give_back<H: Home>(home: H, place: Place) {
    struct Back<H: Home>(H, Place);
    impl<H: Home> Drop for Back<H> {
        #[inline(always)]
        fn drop(&mut self) {
            // SAFETY: as the caller of `give_back` promises.
            unsafe { self.0.release(self.1) };
        }
    }
    let back = Back(home, place);
    // SAFETY: as the caller promises.
    unsafe { back.0.storage().recycle(index(&back.0, place)) };
}

/// Returns the index of a guard's slot.
#[inline(always)]
fn index<H: Home>(home: &H, place: Place) -> usize {
    home.raw().0.index(place)
}

fn header<H: Home<Book: Shares>>(home: &H, index: usize) -> &Header {
    // SAFETY: the index is a guard's, hence below the capacity, and each slot has its header.
    unsafe { home.raw().0.book().headers().get_unchecked(index) }
}

impl<H: Home> AsRef<Slot<H>> for Loan<H> {
    fn as_ref(&self) -> &Slot<H> {
        self
    }
}

impl<H: Home> AsMut<Slot<H>> for Loan<H> {
    fn as_mut(&mut self) -> &mut Slot<H> {
        self
    }
}

impl<H: Home> fmt::Debug for Loan<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan").field("index", &self.index()).finish_non_exhaustive()
    }
}

/// Far from where the count would wrap, however many threads clone at once.
const MAX_SHARES: u32 = 1 << 31;

/// Shares one slot for reading; the last share to drop gives the slot back.
///
/// The share count lies in the slot's header: freezing and cloning allocate nothing.
///
/// # Memory ordering
/// What the loan wrote before [`Loan::freeze`] is visible to every share.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// let pool = Pool::new([[0_u8; 4]; 2]);
/// let mut loan = pool.try_acquire().expect("two are free");
/// loan.copy_from_slice(b"abcd");
/// let frozen = loan.freeze();
/// let other = frozen.clone();
/// drop(frozen);
/// assert_eq!(&*other, b"abcd");
/// assert_eq!(pool.available(), 1, "one share is left");
/// let mut thawed = other.thaw().expect("it is the only share");
/// thawed[0] = b'A';
/// ```
#[must_use = "a share that is not kept is dropped at once"]
pub struct Frozen<H: Home<Book: Shares>> {
    home: H,
    place: Place,
    view: NonNull<Slot<H>>,
    _shared: PhantomData<*mut Slot<H>>,
}

// SAFETY: shares read one slot from several threads (`Sync`), and any of them may be the one to
// thaw it or to give it back (`Send`).
unsafe impl<H: Home<Book: Shares> + Send> Send for Frozen<H> where Slot<H>: Send + Sync {}
// SAFETY: as for `Send`; a `&Frozen` can be cloned into a `Frozen`.
unsafe impl<H: Home<Book: Shares> + Send + Sync> Sync for Frozen<H> where Slot<H>: Send + Sync {}

impl<H: Home<Book: Shares>> Frozen<H> {
    /// Returns the slot's number in its pool.
    #[must_use]
    pub fn index(&self) -> usize {
        self.home.storage().number(index(&self.home, self.place))
    }

    /// Makes the slot writable again, whole, if this is its only share.
    ///
    /// # Errors
    /// The share itself, while there are others, or one has gone that this thread does not know of
    /// yet. Retry when they are gone.
    pub fn thaw(self) -> Result<Loan<H>, Self> {
        // Ordering: Acquire pairs with the Release of each share that went: its reads happen
        // before this one's writes (I3).
        if self.header().shares.peek(Ordering::Acquire) != 1 {
            return Err(self);
        }
        let this = core::mem::ManuallyDrop::new(self);
        // SAFETY: the only share becomes the slot's one holder; this guard is dissolved.
        Ok(unsafe { Loan::new(this.home, this.place) })
    }

    fn header(&self) -> &Header {
        header(&self.home, index(&self.home, self.place))
    }
}

impl<H: Home<Book: Shares>> Frozen<H>
where
    H::Storage: Storage<Slot = [u8]>,
{
    /// Shares a part of what this share shows; `None` if `range` does not lie within it.
    ///
    /// # Panics
    /// As [`Clone::clone`].
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        let view = NonNull::from(self.get(range)?);
        let mut part = self.clone();
        part.view = view;
        Some(part)
    }
}

impl<H: Home<Book: Shares>> Deref for Frozen<H> {
    type Target = Slot<H>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        // Tells the models that the slot is read; no code otherwise.
        // SAFETY: the index is this share's, hence below the capacity.
        let _slot = unsafe { self.home.storage().read(index(&self.home, self.place)) };
        // SAFETY: the view lies in this share's slot, which nobody writes while shares live (I3).
        unsafe { self.view.as_ref() }
    }
}

impl<H: Home<Book: Shares>> AsRef<Slot<H>> for Frozen<H> {
    fn as_ref(&self) -> &Slot<H> {
        self
    }
}

impl<H: Home<Book: Shares>> Clone for Frozen<H> {
    /// Adds a share.
    ///
    /// # Panics
    /// If the slot has 2^31 shares, which takes that many forgotten ones.
    #[inline]
    fn clone(&self) -> Self {
        let header = self.header();
        // Ordering: Relaxed: this share keeps the count above zero, and publishes nothing new.
        let shares = header.shares.fetch_add(1, Ordering::Relaxed);
        if shares >= MAX_SHARES {
            // Ordering: Relaxed: takes back what was just added, lest the count wraps.
            header.shares.fetch_sub(1, Ordering::Relaxed);
            panic!("too many shares of one slot");
        }
        Self { home: self.home, place: self.place, view: self.view, _shared: PhantomData }
    }
}

impl<H: Home<Book: Shares>> Drop for Frozen<H> {
    #[inline]
    fn drop(&mut self) {
        let header = self.header();
        // Ordering: Acquire pairs with the Release of each share that went before: its reads
        // happen before the slot is given back (I4). One share has no race: nobody can clone it.
        if header.shares.peek(Ordering::Acquire) != 1
            // Ordering: Release as said above; Acquire for the one that turns out to be last.
            && header.shares.fetch_sub(1, Ordering::AcqRel) != 1
        {
            return;
        }
        // SAFETY: the last share holds the slot alone, and is going.
        unsafe { give_back(self.home, self.place) };
    }
}

impl<H: Home<Book: Shares>> fmt::Debug for Frozen<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frozen").field("index", &self.index()).finish_non_exhaustive()
    }
}
