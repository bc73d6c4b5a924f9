//! A pool's two halves, the bookkeeping and the storage: what guards reach into.

use crate::raw::RawPool;
use crate::recycle::{Recycle, Recycled};
use crate::storage::Storage;

/// A pool of slots in storage `S`. Use it by its names: [`Pool`](crate::Pool),
/// [`LeanPool`](crate::LeanPool), [`RecyclingPool`](crate::RecyclingPool),
/// [`BufferPool`](crate::BufferPool), `LargeBufferPool`, `BoxedPool`, [`Reserve`](crate::Reserve).
///
/// All of it works through `&self`, from any thread or interrupt, without allocating.
///
/// # Blocking
/// A release, the drop of a loan or of a last share, never waits: not for a lock, not for a thread that
/// was preempted, not for a task. What else a call can wait for is a lock of its own pool, held for a few
/// dozen instructions however many tasks wait, and never while wakers or hooks run; other pools do not
/// matter.
///
/// | call | waits for that lock |
/// |---|---|
/// | a release | never: if the lock is held, its holder hands the slot on as it lets go |
/// | `try_acquire`, runs, reserves | while a task waits; in pools of several words also if what is free changed during the search for a slot, and then the lock is held for one search |
/// | a poll of `acquire` that queues, or that finds no answer yet; its drop once it has queued | always |
/// | `close`, the drop of the last `SharedPool` | always |
/// | `SharedPool::new` | if its queue was another pool's whose last hand-over is under way |
///
/// | lock | a thread that waits for it |
/// |---|---|
/// | feature `std` | sleeps |
/// | no feature | spins: a holder that was preempted keeps it spinning |
/// | feature `critical-section`, which bare metal requires | does not wait on one core: interrupts are off meanwhile; with several cores as its implementation does, a release too |
///
/// | in | may be used |
/// |---|---|
/// | a thread | everything |
/// | an interrupt handler, with `critical-section` | `try_acquire`, `freeze`, drop |
/// | a signal handler | drop; `try_acquire` of pools of one word that are never waited for; nothing of a `CachedPool` |
///
/// A release may have more to do than to give its slot back: the last one of a `SharedPool` without
/// handles frees the pool, and a release that serves a task calls its waker. So does any of the calls
/// above once it has let go of the lock, if a release has left a slot to it meanwhile: a waker that panics
/// does so in that call, and no slot is lost.
///
/// # Examples
/// ```
/// use framepool_core::storage::Storage;
/// use framepool_core::{Pool, PoolIn};
///
/// /// Works with pools of any kind.
/// fn in_use<S: Storage>(pool: &PoolIn<S>) -> usize {
///     pool.capacity() - pool.available()
/// }
///
/// let pool = Pool::new([0_u8; 4]);
/// let _loan = pool.try_acquire();
/// assert_eq!(in_use(&pool), 1);
/// ```
// `repr(C)`: the words come first, in reach of short instructions.
#[repr(C)]
pub struct PoolIn<S: Storage> {
    raw: RawPool<S::Bookkeeping>,
    storage: S,
}

impl<S: Storage> PoolIn<S> {
    /// Gives the pool a hook, which each slot passes through on its way back; a second hook comes
    /// after the first. A closure states the type of its argument: `|line: &mut [u16; 640]| ..`.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::recycle::{Tally, Zero};
    /// use framepool_core::{LeanPool, Pool, RecyclingPool};
    ///
    /// static PACKETS: RecyclingPool<[u8; 9000], 4, (Zero, Tally<4>)> =
    ///     Pool::new([[0; 9000]; 4]).recycled_by((Zero, Tally::new()));
    ///
    /// PACKETS.try_acquire().expect("four are free").fill(7);
    /// assert_eq!(PACKETS.try_acquire().expect("four are free")[0], 0);
    /// assert_eq!(PACKETS.hook().1.times(0), Some(2));
    ///
    /// let counters = LeanPool::new([7_u32; 2]).recycled_by(|counter: &mut u32| *counter = 0);
    /// drop(counters.try_acquire());
    /// assert_eq!(counters.try_acquire().as_deref(), Some(&0));
    /// ```
    #[must_use]
    pub const fn recycled_by<R: Recycle<S::Slot>>(self, hook: R) -> PoolIn<Recycled<S, R>> {
        let this = core::mem::ManuallyDrop::new(self);
        let this: *const Self = (&raw const this).cast();
        // SAFETY: `this` is a pool.
        let raw = unsafe { Self::raw_of(this) };
        // SAFETY: `this` is a pool.
        let storage = unsafe { &raw const (*this).storage };
        // SAFETY: the pool is not dropped, so each of its parts is moved out once.
        let raw = unsafe { raw.read() };
        // SAFETY: as above.
        let storage = Recycled::new(unsafe { storage.read() }, hook);
        PoolIn { raw, storage }
    }

    /// Makes a pool of bookkeeping and slots that belong together: as many slots in both.
    pub(crate) const fn from_parts(raw: RawPool<S::Bookkeeping>, storage: S) -> Self {
        Self { raw, storage }
    }

    #[inline(always)]
    pub(crate) const fn raw(&self) -> &RawPool<S::Bookkeeping> {
        &self.raw
    }

    #[inline(always)]
    pub(crate) const fn storage(&self) -> &S {
        &self.storage
    }

    /// Projects to the bookkeeping without making a reference.
    ///
    /// # Safety
    /// - `this` points to a pool.
    #[inline(always)]
    pub(crate) const unsafe fn raw_of(this: *const Self) -> *const RawPool<S::Bookkeeping> {
        // SAFETY: as the caller promises.
        unsafe { &raw const (*this).raw }
    }
}
