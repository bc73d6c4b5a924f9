//! Buffers of any size from pools of a few sizes: [`SizeClasses`].
//!
//! ```text
//!   acquire(5000)
//!        |   4 KiB  [ . x x . ]
//!        v  16 KiB  [ x x x x ]   the smallest that fits; none free
//!        v  64 KiB  [ . . x . ]   the next one, so many classes up and no more: a spill, counted
//!        v                        then the policy: the heap, a wait, a refusal
//!   SizedBuffer: 5000 bytes of a slot of 64 KiB
//! ```

use crate::classes::slot::{Class, OnReturn, Slots};
use crate::error::{AcquireError, PoolError};
use crate::stream::OnExhausted;
use crate::waiting::PoolExt;
use framepool_core::{Loan, Stats};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

mod buffer;
mod options;
mod slot;

pub use buffer::{SharedBuffer, SizedBuffer};
pub use options::ClassOptions;

/// Pools of rising slot sizes behind one `acquire`. Cloning it makes another handle of the same.
///
/// All memory is set aside, and touched, when it is made; from then on nothing is allocated but what the
/// policy takes from the heap.
///
/// # Examples
/// ```
/// use framepool::{OnExhausted, SizeClasses};
///
/// let classes = SizeClasses::options()
///     .class(64, 4096)
///     .class(16, 100 * 1024)
///     .per_thread(4)
///     .on_exhausted(OnExhausted::Drop)
///     .build()?;
/// let mut buffer = classes.acquire(5000)?;
/// buffer.fill_with(Default::default);
/// assert_eq!((buffer.len(), buffer.capacity()), (5000, 100 * 1024));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SizeClasses(Arc<Inner>);

struct Inner {
    /// Rising in size; at least one.
    classes: Vec<Class>,
    /// For each number of bits that a length has, the first class that may fit.
    first: [u8; usize::BITS as usize + 1],
    spill: usize,
    on_exhausted: OnExhausted,
    on_return: OnReturn,
    counters: Counters,
}

/// What the slow paths count.
#[derive(Default)]
struct Counters {
    spilled: AtomicU64,
    waited: AtomicU64,
    heap: AtomicU64,
    refused: AtomicU64,
    timed_out: AtomicU64,
    too_large: AtomicU64,
}

fn count(counter: &AtomicU64) {
    // Ordering: Relaxed: a statistic, which publishes nothing.
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Says why there is no buffer.
///
/// # Examples
/// ```
/// use framepool::{ClassError, OnExhausted, SizeClasses};
///
/// let classes = SizeClasses::options().class(1, 64).on_exhausted(OnExhausted::Drop).build()?;
/// let held = classes.acquire(64)?;
/// assert_eq!(classes.acquire(1).unwrap_err(), ClassError::Exhausted);
/// assert_eq!(classes.acquire(65).unwrap_err(), ClassError::TooLarge);
/// assert_eq!(classes.largest(), 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
// A word: so a `Result` of a loan stays in registers.
#[repr(usize)]
pub enum ClassError {
    /// No class that the request may use has a slot: retry once buffers have come back.
    #[error("no slot that is large enough is free")]
    Exhausted,
    /// No slot came back in time: retry, or do without.
    #[error("no slot that is large enough was given back in time")]
    TimedOut,
    /// It is more than the [largest](SizeClasses::largest) class has, and the policy does not take from the
    /// heap: retrying cannot help.
    #[error("more bytes than the slots of the largest class have")]
    TooLarge,
    /// The heap has no memory for it: retry once some is free.
    #[error("the heap has no memory for a buffer")]
    OutOfMemory,
    /// The classes were closed: retrying cannot help.
    #[error("the size classes are closed")]
    Closed,
}

/// What [`SizeClasses`] can tell of themselves: a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassStats {
    /// Each class, the smallest first.
    pub classes: Vec<OfClass>,
    /// Requests that got a slot of a larger class than the smallest that fits.
    pub spilled: u64,
    /// Requests that waited, and got a slot.
    pub waited: u64,
    /// Requests that got memory from the heap.
    pub heap: u64,
    /// Requests for which there was no slot, nor memory on the heap.
    pub refused: u64,
    /// Requests that waited in vain, whatever they got then.
    pub timed_out: u64,
    /// Requests larger than any slot, whatever they got then.
    pub too_large: u64,
}

/// One class of [`ClassStats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfClass {
    /// Bytes of each slot.
    pub slot_bytes: usize,
    /// Its pool's.
    pub stats: Stats,
}

/// A line for each class, and one for what went elsewhere.
impl fmt::Display for ClassStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for OfClass { slot_bytes, stats } in &self.classes {
            writeln!(f, "{slot_bytes:>10} bytes: {stats}")?;
        }
        let Self { spilled, waited, heap, refused, timed_out, too_large, .. } = self;
        write!(
            f,
            "{spilled} spilled, {waited} waited, {heap} from the heap, {refused} refused, {timed_out} not \
             in time, {too_large} too large"
        )
    }
}

impl ClassOptions {
    /// Sets the memory aside, touches all of it, and makes the classes.
    ///
    /// # Errors
    /// [`PoolError`]; nothing is set aside then. [`NoSlots`](framepool_core::BuildError::NoSlots) without a
    /// class, or with one of no slots; [`BadSlotSize`](framepool_core::BuildError::BadSlotSize) for a slot of
    /// no bytes; [`MemoryTooSmall`](framepool_core::BuildError::MemoryTooSmall) if a budget does not give each
    /// class a slot.
    pub fn build(self) -> Result<SizeClasses, PoolError> {
        let classes = self.classes()?;
        // More classes than a byte counts would be searched from an earlier one.
        let first = std::array::from_fn(|bits| {
            // The shortest length that has so many bits.
            let shortest = if bits == 0 { 0 } else { 1 << (bits - 1) };
            let fits = classes.partition_point(|class| class.slot_bytes < shortest);
            u8::try_from(fits).unwrap_or(u8::MAX)
        });
        Ok(SizeClasses(Arc::new(Inner {
            classes,
            first,
            spill: self.spill,
            on_exhausted: self.on_exhausted,
            on_return: self.on_return,
            counters: Counters::default(),
        })))
    }
}

impl SizeClasses {
    /// Begins size classes, to choose their slots.
    pub fn options() -> ClassOptions {
        ClassOptions::new()
    }

    /// Lends a buffer of `len` bytes: of the smallest class that fits, or of the next ones, as many as a
    /// request may [spill](ClassOptions::spill) to; if none has a slot, as the policy says, which may block
    /// this thread for as long as that says and no longer.
    ///
    /// Its bytes are zero if the classes are [zeroed](ClassOptions::zeroed), else what an earlier holder left.
    ///
    /// # Errors
    /// [`ClassError`].
    #[inline(always)]
    pub fn acquire(&self, len: usize) -> Result<SizedBuffer, ClassError> {
        self.lend(len, len)
    }

    /// Lends a buffer of no bytes with room for at least `capacity`: as [`acquire`](Self::acquire).
    ///
    /// # Errors
    /// [`ClassError`].
    #[inline(always)]
    pub fn acquire_empty(&self, capacity: usize) -> Result<SizedBuffer, ClassError> {
        self.lend(capacity, 0)
    }

    /// Lends a buffer of `len` bytes if a class has a slot for it: as [`acquire`](Self::acquire), without the
    /// policy. Never blocks, never allocates.
    #[inline]
    #[must_use = "a loan that is not kept gives its buffer back at once"]
    pub fn try_acquire(&self, len: usize) -> Option<SizedBuffer> {
        self.claim(len).map(|loan| SizedBuffer::new(loan, len))
    }

    /// Waits for a slot of the smallest class that fits, first come first served, unless one is free there or
    /// in a class that the request may spill to.
    ///
    /// # Errors
    /// [`ClassError::TooLarge`], [`ClassError::Closed`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but its place in the queue.
    pub async fn acquire_async(&self, len: usize) -> Result<SizedBuffer, ClassError> {
        if let Some(loan) = self.claim(len) {
            return Ok(SizedBuffer::new(loan, len));
        }
        let class = self.fitting(len).first().ok_or(ClassError::TooLarge)?;
        let loan = class.pool.acquire().await.map_err(|_| ClassError::Closed)?;
        count(&self.0.counters.waited);
        Ok(SizedBuffer::new(loan, len))
    }

    #[inline(always)]
    fn lend(&self, room: usize, len: usize) -> Result<SizedBuffer, ClassError> {
        let loan = match self.claim(room) {
            Some(loan) => loan,
            None => self.elsewhere(room)?,
        };
        Ok(SizedBuffer::new(loan, len))
    }

    /// Lends a slot of a class.
    #[inline(always)]
    fn claim(&self, room: usize) -> Option<Loan<Slots>> {
        let fitting = self.fitting(room);
        let loan = fitting.first()?.pool.try_acquire();
        if loan.is_some() { loan } else { self.spilled(fitting) }
    }

    #[cold]
    fn spilled(&self, fitting: &[Class]) -> Option<Loan<Slots>> {
        let mut larger = fitting.iter().skip(1).take(self.0.spill);
        let loan = larger.find_map(|class| class.pool.try_acquire())?;
        count(&self.0.counters.spilled);
        Some(loan)
    }

    /// Returns the classes whose slots have `len` bytes.
    #[inline(always)]
    fn fitting(&self, len: usize) -> &[Class] {
        let bits = usize::BITS - len.leading_zeros();
        let mut classes =
            self.0.classes.get(usize::from(self.0.first[bits as usize])..).unwrap_or_default();
        while let Some((class, larger)) = classes.split_first() {
            if class.slot_bytes >= len {
                break;
            }
            classes = larger;
        }
        classes
    }

    /// Returns the bytes of the largest class's slots.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.0.classes.last().map_or(0, |class| class.slot_bytes)
    }

    /// Does what the policy says.
    #[cold]
    #[inline(never)]
    fn elsewhere(&self, room: usize) -> Result<Loan<Slots>, ClassError> {
        let Inner { on_exhausted, counters, .. } = &*self.0;
        if self.is_closed() {
            return Err(ClassError::Closed);
        }
        let refusal = match (self.fitting(room).first(), *on_exhausted) {
            (None, _) => {
                count(&counters.too_large);
                ClassError::TooLarge
            }
            (Some(_), OnExhausted::Heap | OnExhausted::Drop) => ClassError::Exhausted,
            (Some(class), OnExhausted::WaitThenDrop(bound) | OnExhausted::WaitThenHeap(bound)) => {
                match class.pool.acquire_timeout_blocking(bound) {
                    Ok(loan) => {
                        count(&counters.waited);
                        return Ok(loan);
                    }
                    Err(AcquireError::Closed) => return Err(ClassError::Closed),
                    Err(AcquireError::TimedOut) => {
                        count(&counters.timed_out);
                        ClassError::TimedOut
                    }
                }
            }
        };
        if on_exhausted.ends_in_the_heap() {
            return self.heap(room);
        }
        count(&counters.refused);
        Err(refusal)
    }

    fn heap(&self, room: usize) -> Result<Loan<Slots>, ClassError> {
        let counters = &self.0.counters;
        match slot::one_of_heap(room, self.0.on_return) {
            Ok(pool) => {
                count(&counters.heap);
                Ok(pool.try_acquire().expect("nothing else knows of it"))
            }
            Err(error) => {
                count(&counters.refused);
                tracing::debug!(room, %error, "no memory on the heap for a buffer");
                Err(ClassError::OutOfMemory)
            }
        }
    }

    /// Gives back the slots that this thread keeps for itself.
    pub fn flush(&self) {
        self.0.classes.iter().for_each(|class| class.pool.flush());
    }

    /// Refuses every later request and wakes all waiters. Buffers on loan live on.
    pub fn close(&self) {
        self.0.classes.iter().for_each(|class| class.pool.close());
    }

    /// Returns whether the classes were closed: a snapshot.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.classes.iter().all(|class| class.pool.is_closed())
    }

    /// Returns what the classes can tell of themselves: a snapshot.
    #[must_use]
    pub fn stats(&self) -> ClassStats {
        let Inner { classes, counters, .. } = &*self.0;
        let class =
            |class: &Class| OfClass { slot_bytes: class.slot_bytes, stats: class.pool.stats() };
        // Ordering: Relaxed: statistics, which publish nothing.
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ClassStats {
            classes: classes.iter().map(class).collect(),
            spilled: count(&counters.spilled),
            waited: count(&counters.waited),
            heap: count(&counters.heap),
            refused: count(&counters.refused),
            timed_out: count(&counters.timed_out),
            too_large: count(&counters.too_large),
        }
    }
}

impl fmt::Debug for SizeClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SizeClasses").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
