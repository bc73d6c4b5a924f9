//! [`Frozen`]: one slot, shared by any number of holders, to read.

use super::loan::Loan;
use super::pool_ref::{HeldSlot, PoolRef};
use crate::raw::{Header, ShareCount};
use crate::storage::Storage;
use crate::sync::{Ordering, Peek};
use core::borrow::Borrow;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Bound, Deref, RangeBounds};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

/// Shares one slot for reading; dropping the last share gives the slot back.
///
/// `V` is what the share shows: the whole slot, or some of its bytes ([`slice`](Self::slice)). Cloning a share counts in the slot's header and allocates nothing.
///
/// # Memory ordering
/// What the loan wrote happens before any share's first access; what shares read happens before the
/// next holder's first access (I4).
///
/// # Panics
/// Dropping the last share: as dropping a [`Loan`].
///
/// # Examples
/// ```
/// use framepool_core::{Frozen, Pool};
///
/// type Lines = Pool<[u8; 4], 2>;
///
/// static LINES: Lines = Pool::new([[0; 4]; 2]);
///
/// let mut line = LINES.try_acquire().expect("two are free");
/// *line = [1, 2, 3, 4];
/// let shown: Frozen<&'static Lines> = line.freeze();
/// let saved = shown.clone();
/// std::thread::spawn(move || assert_eq!(*saved, [1, 2, 3, 4])).join().unwrap();
///
/// let middle = shown.slice(1..3).expect("within the line");
/// drop(shown);
/// assert_eq!(*middle, [2, 3]);
/// drop(middle);
/// assert_eq!(LINES.available(), 2);
/// ```
#[must_use = "a share that is not kept gives its slot back at once, if it is the last"]
pub struct Frozen<R: PoolRef, V: ?Sized = <R as PoolRef>::Slot> {
    slot: HeldSlot<R>,
    view: NonNull<V>,
    /// `Send` and `Sync` depend on the slot, too.
    _not_auto: PhantomData<*mut ()>,
}

/// Far from where the count would wrap, however many threads clone at once.
const MAX_SHARES: u32 = 1 << 31;

// SAFETY: shares read one slot from several threads (`Sync`), and any of them may be the one to
// thaw it or to give it back (`Send`).
unsafe impl<R: PoolRef + Send, V: ?Sized + Sync> Send for Frozen<R, V> where R::Slot: Send + Sync {}
// SAFETY: as for `Send`; a `&Frozen` can be cloned into a `Frozen`.
unsafe impl<R: PoolRef + Send + Sync, V: ?Sized + Sync> Sync for Frozen<R, V> where
    R::Slot: Send + Sync
{
}

impl<R: PoolRef, V: ?Sized + RefUnwindSafe> UnwindSafe for Frozen<R, V> {}
impl<R: PoolRef, V: ?Sized + RefUnwindSafe> RefUnwindSafe for Frozen<R, V> {}

impl<R: PoolRef<Storage: Storage<Header = ShareCount>>> Loan<R> {
    /// Makes the loan shareable and read-only, without copying or allocating.
    ///
    /// Not for loans of a [`LeanPool`](crate::LeanPool), which keeps no share counts. In generic code the
    /// bound is `R: PoolRef<Storage: Storage<Header = ShareCount>>`, as shown at [`PoolRef`].
    pub fn freeze(self) -> Frozen<R> {
        let slot = self.into_slot();
        // Ordering: Relaxed: this is the only holder; other shares come from it.
        slot.header().shares().store(1, Ordering::Relaxed);
        // SAFETY: slots are not null.
        let view = unsafe { NonNull::new_unchecked(slot.read().cast_mut()) };
        Frozen { slot, view, _not_auto: PhantomData }
    }
}

impl<R: PoolRef> Frozen<R> {
    /// Returns the slot for writing, if this is its only share and shows all of it.
    ///
    /// `None` while there are others; also for a moment when the last other one was dropped on another
    /// thread. `None` for a part of the slot, which [`thaw`](Self::thaw) makes writable.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::Pool;
    ///
    /// let pool = Pool::new([[1_u8; 4]; 2]);
    /// let mut line = pool.try_acquire().expect("two are free").freeze();
    /// let other = line.clone();
    /// assert!(line.get_mut().is_none(), "it is shared");
    /// drop(other);
    /// line.get_mut().expect("the only share")[0] = 7;
    /// assert_eq!(*line, [7, 1, 1, 1]);
    /// ```
    pub fn get_mut(&mut self) -> Option<&mut R::Slot> {
        // A part of a slot of bytes has the type of the whole.
        let is_whole = core::ptr::eq(self.view.as_ptr(), self.slot.read());
        if !is_whole || !self.is_only() {
            return None;
        }
        // SAFETY: slots are not null.
        self.view = unsafe { NonNull::new_unchecked(self.slot.write()) };
        // SAFETY: the only share, borrowed uniquely: nothing else reads the slot, and no share is made
        // meanwhile (I3). What it shows from now on is reached by the same pointer.
        Some(unsafe { self.view.as_mut() })
    }
}

impl<R: PoolRef, V: ?Sized> Frozen<R, V> {
    /// Returns the slot's number in its pool.
    #[must_use]
    pub fn index(&self) -> usize {
        self.slot.number()
    }

    /// Makes the slot writable again, whole, if this is its only share.
    ///
    /// # Errors
    /// The share itself, while there are others; also for a moment when the last other one was dropped
    /// on another thread. Retry when they are gone.
    pub fn thaw(self) -> Result<Loan<R>, Self> {
        if !self.is_only() {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: this guard's slot, and the guard is dissolved.
        let slot = unsafe { this.slot.duplicate() };
        // SAFETY: the only share becomes the slot's one holder.
        Ok(unsafe { Loan::of(slot) })
    }

    /// Returns whether there is no other share of the slot; what others read happens before.
    fn is_only(&self) -> bool {
        // Ordering: Acquire pairs with the Release of each share that went: its reads happen
        // before this one's writes (I3).
        self.slot.header().shares().peek(Ordering::Acquire) == 1
    }

    /// Shares a part of the bytes that this share shows; `None` if `range` does not lie within them.
    ///
    /// # Panics
    /// As [`Clone::clone`].
    #[must_use]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Option<Frozen<R, [u8]>>
    where
        V: AsRef<[u8]>,
    {
        let bytes = (**self).as_ref();
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.checked_add(1)?,
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&last) => last.checked_add(1)?,
            Bound::Excluded(&end) => end,
            Bound::Unbounded => bytes.len(),
        };
        Some(self.share(NonNull::from(bytes.get(start..end)?)))
    }

    /// Adds a share that shows `view`, which is reached through the slot.
    #[inline]
    fn share<U: ?Sized>(&self, view: NonNull<U>) -> Frozen<R, U> {
        let shares = self.slot.header().shares();
        // Ordering: Relaxed: this share keeps the count above zero, and publishes nothing new.
        if shares.fetch_add(1, Ordering::Relaxed) >= MAX_SHARES {
            // Ordering: Relaxed: takes back what was just added, lest the count wraps.
            shares.fetch_sub(1, Ordering::Relaxed);
            panic!("too many shares of one slot");
        }
        // SAFETY: the slot is held as long as there is a share, and this one is counted.
        let slot = unsafe { self.slot.duplicate() };
        Frozen { slot, view, _not_auto: PhantomData }
    }
}

impl<R: PoolRef, V: ?Sized> Deref for Frozen<R, V> {
    type Target = V;

    #[inline]
    fn deref(&self) -> &V {
        // Tells the models that the slot is read; no code otherwise.
        let _slot = self.slot.read();
        // SAFETY: the view lies in this share's slot, or is reached through it as its `AsRef` says, and
        // that is not written while shares live (I3).
        unsafe { self.view.as_ref() }
    }
}

impl<R: PoolRef, V: ?Sized> Clone for Frozen<R, V> {
    /// Adds a share.
    ///
    /// # Panics
    /// If the slot has 2^31 shares, which takes that many forgotten ones.
    #[inline]
    fn clone(&self) -> Self {
        self.share(self.view)
    }
}

impl<R: PoolRef, V: ?Sized> Drop for Frozen<R, V> {
    #[inline]
    fn drop(&mut self) {
        let shares = self.slot.header().shares();
        // Ordering: Acquire pairs with the Release of each share that went before: its reads
        // happen before the slot is given back (I4). An only share has no race: no other is there to
        // be cloned.
        if shares.peek(Ordering::Acquire) != 1
            // Ordering: Release as said above; Acquire for the one that turns out to be last.
            && shares.fetch_sub(1, Ordering::AcqRel) != 1
        {
            return;
        }
        // SAFETY: the last share holds the slot alone, and is going.
        unsafe { self.slot.give_back() };
    }
}

impl<R> From<Loan<R>> for Frozen<R>
where
    R: PoolRef<Storage: Storage<Header = ShareCount>>,
{
    fn from(loan: Loan<R>) -> Self {
        loan.freeze()
    }
}

impl<R: PoolRef, V: ?Sized> Borrow<V> for Frozen<R, V> {
    fn borrow(&self) -> &V {
        self
    }
}

impl<R: PoolRef, V: ?Sized + AsRef<T>, T: ?Sized> AsRef<T> for Frozen<R, V> {
    fn as_ref(&self) -> &T {
        (**self).as_ref()
    }
}

impl<R: PoolRef, V: ?Sized> fmt::Debug for Frozen<R, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frozen").field("index", &self.index()).finish_non_exhaustive()
    }
}
