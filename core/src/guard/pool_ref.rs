//! What a guard knows of its pool: a pointer, which the claimed slot keeps valid.

use crate::pool_in::PoolIn;
use crate::raw::{BitIndex, RawPool, Release};
use crate::storage::Storage;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// Says which pool a guard belongs to, and what keeps that pool alive: `&Pool`, `SharedPool`, or `CachedPool`.
///
/// Every guard has it as its parameter: [`Loan`](crate::Loan), [`Frozen`](crate::Frozen),
/// [`Run`](crate::Run), [`Acquire`](crate::Acquire), [`Acquirer`](crate::Acquirer),
/// [`Exclusive`](crate::Exclusive), [`Reserve`](crate::Reserve). A guard of `&'p Pool` borrows its pool;
/// the slots that a guard of `SharedPool` holds keep the pool alive.
///
/// Sealed: a bound for functions and structs that take guards of any pool, with nothing to implement
/// and nothing to call. What acquires, for any pool, is an [`Acquirer<R>`](crate::Acquirer), which each
/// pool makes; `&PoolIn<S>` also takes any pool, but its loans borrow it.
///
/// # Safety
/// - `as_ptr` points to a pool that stays where it is, and alive, as long as this value lives, and as
///   long as a guard is used that has a slot which was claimed through it.
///
/// # Examples
/// ```
/// use framepool_core::{Loan, Pool, PoolRef};
///
/// /// Takes a loan of four bytes from any pool: borrowed, static or shared.
/// fn blacken<P: PoolRef<Slot = [u8; 4]>>(frame: &mut Loan<P>) {
///     frame.fill(0);
/// }
///
/// let pool = Pool::new([[255_u8; 4]; 1]);
/// let mut frame = pool.try_acquire().expect("free");
/// blacken(&mut frame);
/// assert_eq!(*frame, [0; 4]);
/// ```
///
/// A struct that works with any pool of byte buffers that can be frozen:
/// ```
/// use framepool_core::storage::{ShareCount, Storage};
/// use framepool_core::{Acquirer, Frozen, Loan, Pool, PoolRef};
///
/// struct Camera<R: PoolRef> {
///     pool: Acquirer<R>,
///     newest: Option<Frozen<R>>,
/// }
///
/// impl<R> Camera<R>
/// where
///     R: PoolRef<Slot = [u8; 64], Storage: Storage<Header = ShareCount>>,
/// {
///     fn on_frame(&mut self, fill: u8) -> bool {
///         let Some(mut frame) = self.pool.try_acquire() else { return false };
///         frame.fill(fill);
///         self.newest = Some(frame.freeze());
///         true
///     }
/// }
///
/// let pool = Pool::new([[0_u8; 64]; 2]);
/// let mut camera = Camera { pool: pool.acquirer(), newest: None };
/// assert!(camera.on_frame(1) && camera.on_frame(2));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a guard can belong to",
    note = "write `&'static Lines` for a pool in a static, and `SharedPool<..>` instead of an `Arc`"
)]
pub unsafe trait PoolRef: sealed::Sealed {
    /// Where the pool's slots are.
    type Storage: Storage<Slot = Self::Slot>;

    /// What a slot of the pool holds.
    type Slot: ?Sized;

    #[doc(hidden)]
    fn as_ptr(&self) -> NonNull<PoolIn<Self::Storage>>;

    /// Lends a slot that the calling thread keeps for itself, if the pool's threads do.
    ///
    /// # Safety
    /// - `pool` is from `as_ptr` of a value that lives during this call.
    #[doc(hidden)]
    #[inline(always)]
    #[must_use]
    unsafe fn take_kept(pool: NonNull<PoolIn<Self::Storage>>) -> Option<BitIndex> {
        let _ = pool;
        None
    }

    /// After none was free: asks other threads for the slots that they keep for themselves.
    ///
    /// # Safety
    /// - As for [`take_kept`](Self::take_kept).
    #[doc(hidden)]
    #[inline(always)]
    unsafe fn ask(pool: NonNull<PoolIn<Self::Storage>>) {
        let _ = pool;
    }

    /// As a task queues: gives back what the calling thread keeps for itself, if it is asked for.
    ///
    /// # Safety
    /// - As for [`take_kept`](Self::take_kept).
    #[doc(hidden)]
    #[inline(always)]
    unsafe fn heed(pool: NonNull<PoolIn<Self::Storage>>) {
        let _ = pool;
    }

    /// Gives a slot back.
    ///
    /// # Safety
    /// - `pool` is from `as_ptr`, and the caller holds this slot of it and uses it no more.
    #[doc(hidden)]
    #[inline(always)]
    unsafe fn release(pool: NonNull<PoolIn<Self::Storage>>, bit: BitIndex) {
        // SAFETY: the caller holds the slot, so the pool lives.
        let raw = unsafe { PoolIn::raw_of(pool.as_ptr()) };
        // SAFETY: as the caller promises; a borrowed pool lives on.
        let outcome = unsafe { RawPool::release::<false>(raw, bit) };
        debug_assert_ne!(outcome, Release::NotLent, "I8: a loan is released once");
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

impl<S: Storage> sealed::Sealed for &PoolIn<S> {}

// SAFETY: a borrowed pool neither moves nor dies while the borrow, hence the guard, lives.
unsafe impl<S: Storage> PoolRef for &PoolIn<S> {
    type Storage = S;
    type Slot = S::Slot;

    #[inline(always)]
    fn as_ptr(&self) -> NonNull<PoolIn<S>> {
        NonNull::from(*self)
    }
}

/// A pointer to the pool of an `R`, for guards.
///
/// It does not name the pool's type, which would keep a guard of `&'static Pool` from being one of
/// `&'p Pool`.
pub(crate) struct PoolPtr<R> {
    pool: NonNull<()>,
    _ref: PhantomData<R>,
}

impl<R> Clone for PoolPtr<R> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for PoolPtr<R> {}

// SAFETY: it stands for an `R`.
unsafe impl<R: Send> Send for PoolPtr<R> {}
// SAFETY: it stands for an `R`.
unsafe impl<R: Sync> Sync for PoolPtr<R> {}

impl<R: PoolRef> PoolPtr<R> {
    #[inline(always)]
    pub(crate) fn new(pool: &R) -> Self {
        Self { pool: pool.as_ptr().cast(), _ref: PhantomData }
    }

    /// Returns the pool.
    ///
    /// # Safety
    /// - For as long as `'a` the `R` lives that this was made from, or a slot is held that was
    ///   claimed through it.
    #[inline(always)]
    pub(crate) unsafe fn get<'a>(self) -> &'a PoolIn<R::Storage> {
        // SAFETY: from `as_ptr` of an `R`; alive, as the caller promises.
        unsafe { self.pool.cast().as_ref() }
    }

    /// Lends a slot that this thread keeps for itself.
    ///
    /// # Safety
    /// - The `R` that this was made from lives during this call.
    #[inline(always)]
    pub(super) unsafe fn take_kept(self) -> Option<BitIndex> {
        // SAFETY: as the caller promises.
        unsafe { R::take_kept(self.pool.cast()) }
    }

    /// Asks other threads for what they keep.
    ///
    /// # Safety
    /// - As for [`take_kept`](Self::take_kept).
    #[inline(always)]
    pub(super) unsafe fn ask(self) {
        // SAFETY: as the caller promises.
        unsafe { R::ask(self.pool.cast()) };
    }

    /// Gives back what this thread keeps, if it is asked for.
    ///
    /// # Safety
    /// - As for [`take_kept`](Self::take_kept).
    #[inline(always)]
    pub(super) unsafe fn heed(self) {
        // SAFETY: as the caller promises.
        unsafe { R::heed(self.pool.cast()) };
    }

    /// Gives a slot back.
    ///
    /// # Safety
    /// - The caller holds this slot of the pool and uses it no more.
    #[inline(always)]
    pub(crate) unsafe fn release(self, bit: BitIndex) {
        // SAFETY: from `as_ptr` of an `R`; the rest as the caller promises.
        unsafe { R::release(self.pool.cast(), bit) };
    }
}

impl<R> fmt::Debug for PoolPtr<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PoolPtr")
    }
}

/// A slot that a guard holds: what [`Loan`](super::Loan) and [`Frozen`](super::Frozen) have in common.
///
/// Dropping it does nothing: the guard gives the slot back.
pub(super) struct HeldSlot<R> {
    pool: PoolPtr<R>,
    bit: BitIndex,
}

impl<R: PoolRef> HeldSlot<R> {
    /// # Safety
    /// - The slot was claimed from this pool, and is held as long as this value lives.
    #[inline(always)]
    pub(super) unsafe fn new(pool: PoolPtr<R>, bit: BitIndex) -> Self {
        Self { pool, bit }
    }

    /// Returns another hold on the slot.
    ///
    /// # Safety
    /// - The slot is held as long as either value lives.
    #[inline(always)]
    pub(super) unsafe fn duplicate(&self) -> Self {
        Self { ..*self }
    }

    #[inline(always)]
    pub(super) fn pool(&self) -> &PoolIn<R::Storage> {
        // SAFETY: the slot is held as long as `self` lives (`new`).
        unsafe { self.pool.get() }
    }

    pub(super) fn bit(&self) -> BitIndex {
        self.bit
    }

    /// Returns the slot's index.
    #[inline(always)]
    pub(super) fn index(&self) -> usize {
        self.pool().raw().slot_index(self.bit)
    }

    /// Returns the number by which users know the slot.
    pub(super) fn number(&self) -> usize {
        self.pool().storage().number(self.index())
    }

    #[inline(always)]
    pub(super) fn read(&self) -> *const R::Slot {
        // SAFETY: the index is that of a slot of this pool.
        unsafe { self.pool().storage().read(self.index()) }
    }

    #[inline(always)]
    pub(super) fn write(&self) -> *mut R::Slot {
        // SAFETY: the index is that of a slot of this pool.
        unsafe { self.pool().storage().write(self.index()) }
    }

    #[inline(always)]
    pub(super) fn header(&self) -> &<R::Storage as Storage>::Header {
        // SAFETY: a header type that has values comes with one for each slot; there is a header, since
        // only a slot that can be frozen is asked for its header, and the index is that of a slot.
        unsafe { self.pool().raw().headers().get_unchecked(self.index()) }
    }

    /// Makes the slot fit for its next holder and gives it back, the latter also if the former
    /// panics.
    ///
    /// # Safety
    /// - The caller holds the slot alone, and uses neither it nor `self` any more.
    #[inline(always)]
    pub(super) unsafe fn give_back(&self) {
        // By value: so a guard can stay in registers.
        let Self { pool, bit } = *self;
        struct Back<R: PoolRef>(PoolPtr<R>, BitIndex);
        impl<R: PoolRef> Drop for Back<R> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: as the caller of `give_back` promises.
                unsafe { self.0.release(self.1) };
            }
        }
        let _back = Back(pool, bit);
        // SAFETY: held until `_back` goes, and by the caller alone.
        unsafe { Self { pool, bit }.recycle() };
    }

    /// Makes the slot fit for its next holder.
    ///
    /// # Safety
    /// - The caller holds the slot alone, and uses it no more.
    #[inline(always)]
    pub(super) unsafe fn recycle(&self) {
        // SAFETY: the index is that of a slot of this pool, which the caller holds alone.
        unsafe { self.pool().storage().recycle(self.index()) };
    }

    /// Gives the slot back to its pool.
    ///
    /// # Safety
    /// - The caller holds the slot, and uses neither it nor `self` any more.
    #[inline(always)]
    pub(super) unsafe fn release(&self) {
        // SAFETY: as the caller promises.
        unsafe { self.pool.release(self.bit) };
    }
}
