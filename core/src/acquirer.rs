//! Acquiring with a memory: [`Acquirer`], one for each caller, and [`Exclusive`], the only one.
//!
//! ```text
//!   Acquirer    remembers where it found a slot last     tries there first, without looking
//!   Exclusive   takes all free bits of a word at once    [ . . x x x x . x ]  hands out from these
//! ```

use crate::book::Book;
use crate::loan::{Home, Loan, sealed};
use crate::pool::PoolIn;
use crate::raw::Hint;
use crate::run::{Claimed, Run};
use crate::storage::Storage;
use crate::word;
use core::fmt;

/// What one may acquire through: `&Pool`, or `SharedPool`, whose loans are `'static`.
///
/// Sealed: it names the loans that an [`Acquirer`] or an [`Exclusive`] hands out.
///
/// # Safety
/// - The pool of `home` lives as long as this value.
///
/// # Examples
/// ```
/// use framepool_core::{Access, Acquirer, Loan, Pool};
///
/// /// Takes as many as there are.
/// fn drain<A: Access>(acquirer: &mut Acquirer<A>) -> Vec<Loan<A::Home>> {
///     std::iter::from_fn(|| acquirer.try_acquire()).collect()
/// }
///
/// let pool = Pool::new([0_u8; 4]);
/// assert_eq!(drain(&mut pool.acquirer()).len(), 4);
/// ```
pub unsafe trait Access: sealed::Sealed {
    /// The way of the loans back to their pool.
    type Home: Home;

    /// Returns the way home of loans that are claimed through this value.
    ///
    /// # Safety
    /// - It is used only while this value lives, or a slot that was claimed through it.
    #[doc(hidden)]
    unsafe fn home(&self) -> Self::Home;
}

// SAFETY: the borrow outlives this value.
unsafe impl<S: Storage, B: Book> Access for &PoolIn<S, B> {
    type Home = Self;

    #[inline(always)]
    unsafe fn home(&self) -> Self {
        self
    }
}

/// Acquires for one caller, and remembers where it found a slot last.
///
/// A caller that gives a slot back before it takes the next finds it again without looking. On a
/// pool of several words each acquirer begins in another word, so that callers keep apart.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// static LINES: Pool<[u8; 64], 128, 3> = Pool::wide([[0; 64]; 128]);
///
/// let mut acquirer = LINES.acquirer();
/// for _ in 0..1000 {
///     let line = acquirer.try_acquire().expect("many are free");
///     drop(line);
/// }
/// ```
#[derive(Clone)]
pub struct Acquirer<A: Access> {
    access: A,
    hint: Hint,
}

impl<A: Access> Acquirer<A> {
    pub(crate) fn new(access: A) -> Self {
        // SAFETY: used at once.
        let home = unsafe { access.home() };
        Self { hint: home.raw().0.new_hint(), access }
    }

    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`].
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&mut self) -> Option<Loan<A::Home>> {
        // SAFETY: used at once, and by the loan.
        let home = unsafe { self.access.home() };
        let place = home.raw().0.claim_hinted(&mut self.hint)?;
        // SAFETY: just claimed.
        Some(unsafe { Loan::new(home, place) })
    }
}

impl<A: Access> fmt::Debug for Acquirer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquirer").field("hint", &self.hint).finish_non_exhaustive()
    }
}

/// Claims `length` adjacent slots.
pub(crate) fn claim_run<H: Home>(home: H, length: usize) -> Option<Run<H>> {
    let (word, bits) = home.raw().0.claim_chosen(|free| word::lowest_run(free, length))?;
    // SAFETY: just claimed.
    Some(Run::new(unsafe { Claimed::new(home, word, bits) }))
}

impl<S: Storage, B: Book> PoolIn<S, B> {
    /// Makes an acquirer for one caller.
    #[must_use]
    pub fn acquirer(&self) -> Acquirer<&Self> {
        Acquirer::new(self)
    }

    /// Makes the only acquirer: while it lives nobody else can acquire from this pool.
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
        claim_run(self, length)
    }
}

/// Acquires from a pool that nobody else acquires from: a camera has one acquiring thread.
///
/// It takes all free slots of a word at once, and hands them out without touching shared memory.
/// Slots that it has taken and not handed out count as lent; they go back when it is dropped.
///
/// | pool | its only acquirer |
/// |---|---|
/// | borrowed | [`PoolIn::exclusive`] |
/// | `static` | [`PoolIn::reserve`] a part of it for this purpose, and take that one's |
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
pub struct Exclusive<A: Access> {
    // Before `access`, which keeps the pool alive: fields are dropped in order.
    claimed: Claimed<A::Home>,
    _access: A,
}

impl<A: Access> Exclusive<A> {
    /// Makes the only acquirer: the caller has made sure that `access` is the only one.
    pub(crate) fn new(access: A) -> Self {
        // SAFETY: `claimed` goes before `access`; its loans have claimed slots.
        let home = unsafe { access.home() };
        Self { claimed: Claimed::none(home), _access: access }
    }

    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`].
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&mut self) -> Option<Loan<A::Home>> {
        if self.claimed.is_empty() {
            self.claimed.refill()?;
        }
        self.claimed.lend()
    }
}
