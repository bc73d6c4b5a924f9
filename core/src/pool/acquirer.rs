//! Acquiring with a memory: [`Acquirer`], one for each caller, and [`Exclusive`], the only one.
//!
//! ```text
//!   Acquirer    remembers where it found a slot last     tries there first, without looking
//!   Exclusive   takes all free bits of a word at once    [ . . x x x x . x ]  hands out from these
//! ```

use super::PoolIn;
use crate::guard::{Acquire, Claimed, Loan, PoolPtr, PoolRef, Run};
use crate::raw::Hint;
use crate::storage::Storage;
use core::fmt;

/// Acquires for one caller, and remembers where it found a slot last.
///
/// A caller that gives a slot back before it takes the next finds it again without looking. On a
/// pool of several words each acquirer begins in another word, so that callers keep apart.
///
/// # Examples
/// ```
/// use framepool_core::{Acquirer, Loan, Pool, PoolRef};
///
/// static LINES: Pool<[u8; 64], 128, 3> = Pool::wide([[0; 64]; 128]);
///
/// let mut acquirer = LINES.acquirer();
/// for _ in 0..1000 {
///     let line = acquirer.try_acquire().expect("many are free");
///     drop(line);
/// }
///
/// /// Takes as many as there are, of any pool.
/// fn drain<R: PoolRef>(acquirer: &mut Acquirer<R>) -> Vec<Loan<R>> {
///     std::iter::from_fn(|| acquirer.try_acquire()).collect()
/// }
/// assert_eq!(drain(&mut acquirer).len(), 128);
/// ```
#[derive(Clone)]
pub struct Acquirer<R: PoolRef> {
    pool: R,
    hint: Hint,
}

impl<R: PoolRef> Acquirer<R> {
    pub(super) fn new(pool: R) -> Self {
        // SAFETY: `pool` lives.
        let hint = unsafe { PoolPtr::new(&pool).get() }.raw().new_hint();
        Self { pool, hint }
    }

    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`].
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&mut self) -> Option<Loan<R>> {
        let pool = PoolPtr::new(&self.pool);
        // SAFETY: `self.pool` lives.
        let bit = unsafe { pool.get() }.raw().claim_hinted(&mut self.hint)?;
        // SAFETY: just claimed.
        Some(unsafe { Loan::new(pool, bit) })
    }

    /// Waits for a slot: as [`PoolIn::acquire`].
    ///
    /// # Errors
    /// [`Closed`](crate::Closed) if the pool is closed before a slot was free.
    pub fn acquire(&self) -> Acquire<'_, R> {
        // SAFETY: `self.pool` is borrowed as long as the future lives.
        unsafe { Acquire::new(PoolPtr::new(&self.pool)) }
    }

    /// Returns the pool.
    #[must_use]
    pub fn pool(&self) -> &PoolIn<R::Storage> {
        // SAFETY: `self.pool` lives.
        unsafe { PoolPtr::new(&self.pool).get() }
    }
}

impl<R: PoolRef> fmt::Debug for Acquirer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquirer").field("hint", &self.hint).finish_non_exhaustive()
    }
}

/// Claims `length` adjacent slots.
pub(super) fn claim_run<R: PoolRef>(pool: &R, length: usize) -> Option<Run<R>> {
    let pool = PoolPtr::new(pool);
    // SAFETY: the `R` is borrowed.
    let slots = unsafe { pool.get() }.raw().claim_run(length)?;
    // SAFETY: just claimed.
    Some(Run::new(unsafe { Claimed::new(pool, slots) }))
}

impl<S: Storage> PoolIn<S> {
    /// Makes an acquirer for one caller.
    #[must_use]
    pub fn acquirer(&self) -> Acquirer<&Self> {
        Acquirer::new(self)
    }

    /// Makes the only acquirer: while it lives nothing else can acquire from this pool.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::Pool;
    ///
    /// let mut pool = Pool::new([0_u32; 4]);
    /// let mut camera = pool.exclusive();
    /// std::thread::scope(|scope| {
    ///     for number in 0..100 {
    ///         // Loans are given back from any thread.
    ///         let Some(mut frame) = camera.try_acquire() else { continue };
    ///         *frame = number;
    ///         scope.spawn(move || drop(frame));
    ///     }
    /// });
    /// drop(camera);
    /// assert_eq!(pool.available(), 4);
    /// ```
    #[must_use]
    pub fn exclusive(&mut self) -> Exclusive<&Self> {
        Exclusive::new(self)
    }

    /// Lends `length` adjacent slots at once, if there are so many: a burst of a device.
    ///
    /// The slots lie in one word: at most 62 (30 on 32-bit targets), and runs do not cross words.
    ///
    /// A run cannot be waited for: the oldest waiter gets whatever slot comes back first, and a waiter
    /// for adjacent ones would keep all younger ones waiting. [Set slots aside](Self::reserve) for
    /// the bursts instead, or ask again after a release.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::Pool;
    ///
    /// let pool = Pool::new([0_u8; 8]);
    /// let run = pool.try_acquire_run(3).expect("eight are free");
    /// let indices: Vec<usize> = run.map(|loan| loan.index()).collect();
    /// assert_eq!(indices, [0, 1, 2]);
    /// assert_eq!(pool.available(), 8);
    /// ```
    #[must_use = "a run that is not kept gives its slots back at once"]
    pub fn try_acquire_run(&self, length: usize) -> Option<Run<&Self>> {
        claim_run(&self, length)
    }
}

/// Acquires from a pool that nothing else acquires from: a camera has one acquiring thread.
///
/// It takes all free slots of a word at once, and hands them out without touching shared memory.
/// Slots that it has taken and not handed out count as lent; they go back when it is dropped.
/// Forgetting it costs the pool those slots, up to a whole word. If the pool is a `SharedPool`, they
/// keep all of it in memory for ever.
///
/// | pool | its only acquirer |
/// |---|---|
/// | borrowed | [`PoolIn::exclusive`] |
/// | `static` | [`PoolIn::reserve`] some slots, and call `exclusive` on the reserve |
/// | `SharedPool` | `SharedPool::into_exclusive` |
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// static FRAMES: Pool<u32, 16> = Pool::new([0; 16]);
///
/// let mut mine = FRAMES.reserve(4).expect("sixteen are free");
/// let mut camera = mine.exclusive();
/// let frames: Vec<_> = std::iter::from_fn(|| camera.try_acquire()).collect();
/// assert_eq!(frames.len(), 4);
/// assert!(FRAMES.try_acquire().is_some(), "others have the rest");
/// ```
#[derive(Debug)]
pub struct Exclusive<R: PoolRef> {
    // Before `pool`, which keeps the pool alive: fields are dropped in order.
    claimed: Claimed<R>,
    pool: R,
}

impl<R: PoolRef> Exclusive<R> {
    /// Makes the only acquirer: the caller has made sure that `pool` is the only reference.
    pub(super) fn new(pool: R) -> Self {
        Self { claimed: Claimed::none(PoolPtr::new(&pool)), pool }
    }

    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`].
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&mut self) -> Option<Loan<R>> {
        if self.claimed.is_empty() {
            // SAFETY: `self.pool` lives.
            unsafe { self.claimed.refill() }?;
        }
        self.claimed.lend()
    }

    /// Returns its slots that are not lent.
    pub(super) fn claimed_mut(&mut self) -> &mut Claimed<R> {
        &mut self.claimed
    }

    /// Returns the pool, whose slots that this acquirer has taken count as lent.
    #[must_use]
    pub fn pool(&self) -> &PoolIn<R::Storage> {
        // SAFETY: `self.pool` lives.
        unsafe { PoolPtr::new(&self.pool).get() }
    }
}
