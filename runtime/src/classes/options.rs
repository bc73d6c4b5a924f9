//! What size classes are to be made of.

use crate::classes::slot::{Class, OnReturn, pool_of};
use crate::error::PoolError;
use crate::memory::{Lock, Mapped, MemoryOptions, Pages, Piece};
use crate::stream::OnExhausted;
use framepool_core::BuildError;
use std::ops::RangeInclusive;

/// Slots begin at multiples of this: no two share a line, nor the pair of lines that is fetched at once.
const ALIGN: usize = 128;

/// What [`SizeClasses`](crate::SizeClasses) are to be made of: made by
/// [`SizeClasses::options`](crate::SizeClasses::options).
#[derive(Debug, Clone)]
#[must_use]
pub struct ClassOptions {
    /// Slots of each size.
    classes: Vec<(usize, usize)>,
    spread: Option<Spread>,
    pub(super) spill: usize,
    pub(super) on_exhausted: OnExhausted,
    pub(super) on_return: OnReturn,
    per_thread: usize,
    memory: MemoryOptions,
}

/// Sizes between two bounds.
#[derive(Debug, Clone, Copy)]
struct Spread {
    smallest: usize,
    largest: usize,
    classes: usize,
    budget: usize,
}

impl ClassOptions {
    pub(super) fn new() -> Self {
        Self {
            classes: Vec::new(),
            spread: None,
            spill: 1,
            on_exhausted: OnExhausted::Heap,
            on_return: OnReturn::Keep,
            per_thread: 0,
            memory: MemoryOptions::default(),
        }
    }

    /// Adds a class of `slots` slots of `slot_bytes` bytes. Classes of one size are one class.
    pub fn class(mut self, slots: usize, slot_bytes: usize) -> Self {
        self.classes.push((slot_bytes, slots));
        self
    }

    /// Adds classes whose sizes rise by one factor from the first of `sizes` to the last, each with the same
    /// part of `budget` bytes: many small slots, and few large ones. Sizes are rounded up to 128 bytes; those
    /// that come out the same are one class. It replaces a spread that was given before.
    ///
    /// # Examples
    /// ```
    /// use framepool::SizeClasses;
    ///
    /// let classes = SizeClasses::options().spread(4096..=1 << 20, 5, 40 << 20).build()?;
    /// let stats = classes.stats();
    /// let shape = stats.classes.iter().map(|class| (class.slot_bytes, class.stats.capacity));
    /// assert_eq!(
    ///     shape.collect::<Vec<_>>(),
    ///     [(4096, 2048), (16384, 512), (65536, 128), (262_144, 32), (1_048_576, 8)]
    /// );
    /// # Ok::<(), framepool::PoolError>(())
    /// ```
    pub fn spread(mut self, sizes: RangeInclusive<usize>, classes: usize, budget: usize) -> Self {
        let (smallest, largest) = sizes.into_inner();
        self.spread = Some(Spread { smallest, largest, classes, budget });
        self
    }

    /// Lets a request use up to `classes` classes above the smallest that fits, if that has no slot: by default
    /// one. With 0 a request waits, or goes elsewhere, rather than take a larger slot from those that need it.
    pub fn spill(mut self, classes: usize) -> Self {
        self.spill = classes;
        self
    }

    /// Says what to do when none of these classes has a slot: by default take memory from the heap.
    pub fn on_exhausted(mut self, policy: OnExhausted) -> Self {
        self.on_exhausted = policy;
        self
    }

    /// Overwrites what was written to a slot with zeros as it goes back, and nothing else of it: for packets,
    /// of which a later one must not show an earlier one's bytes. Every slot is zero when it is lent.
    ///
    /// Without it bytes are what an earlier holder left; in debug builds those that were written are 0xdd,
    /// so that a reader that comes too late, in C for example, sees that.
    pub fn zeroed(mut self) -> Self {
        self.on_return = OnReturn::Zero;
        self
    }

    /// Lets each thread keep so many of the slots of each class that it gives back: by default none, at most
    /// [`CachedPool::MOST_PER_THREAD`](framepool_core::CachedPool::MOST_PER_THREAD). All threads together keep
    /// at most half of a class.
    pub fn per_thread(mut self, slots: usize) -> Self {
        self.per_thread = slots;
        self
    }

    /// Asks for pages of this kind.
    pub fn pages(mut self, pages: Pages) -> Self {
        self.memory.pages = pages;
        self
    }

    /// Asks for memory that is not swapped out.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.memory.lock = lock;
        self
    }

    /// Sets the memory aside, and makes the classes, rising in size; at least one.
    pub(super) fn classes(&self) -> Result<Vec<Class>, PoolError> {
        let mut sizes = self.classes.clone();
        if let Some(spread) = self.spread {
            sizes.extend(spread.sizes()?);
        }
        sizes.sort_unstable();
        sizes.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same {
                first.1 = first.1.saturating_add(next.1);
            }
            same
        });
        if sizes.is_empty() {
            return Err(BuildError::NoSlots.into());
        }
        let classes = sizes.into_iter().map(|(slot_bytes, slots)| {
            let memory = Mapped::with(bytes(slots, slot_bytes)?, self.memory)?;
            let pieces = Piece::cut(memory, slots, slot_bytes, stride(slot_bytes))?;
            let pool = pool_of(pieces, true, self.on_return, self.per_thread)?;
            Ok(Class { slot_bytes, pool })
        });
        classes.collect()
    }
}

/// Returns the distance of one slot to the next.
fn stride(slot_bytes: usize) -> usize {
    slot_bytes.checked_next_multiple_of(ALIGN).unwrap_or(slot_bytes)
}

/// Returns the bytes of a class.
fn bytes(slots: usize, slot_bytes: usize) -> Result<usize, PoolError> {
    if slots == 0 {
        return Err(BuildError::NoSlots.into());
    }
    if slot_bytes == 0 {
        return Err(BuildError::BadSlotSize { slot_bytes, stride: 0 }.into());
    }
    let bytes = stride(slot_bytes).checked_mul(slots).filter(|&all| all <= isize::MAX as usize);
    bytes.ok_or(PoolError::Overflow { slots, slot_bytes })
}

impl Spread {
    /// Returns the sizes, and how many slots of each the budget allows.
    fn sizes(self) -> Result<Vec<(usize, usize)>, PoolError> {
        let Self { smallest, largest, classes, budget } = self;
        if classes == 0 {
            return Err(BuildError::NoSlots.into());
        }
        if smallest == 0 || largest < smallest {
            return Err(BuildError::BadSlotSize { slot_bytes: smallest, stride: largest }.into());
        }
        let steps = classes.saturating_sub(1).max(1);
        let factor = largest as f64 / smallest as f64;
        let mut sizes: Vec<_> = (0..classes)
            .map(|step| {
                let exact = smallest as f64 * factor.powf(step as f64 / steps as f64);
                #[allow(clippy::cast_possible_truncation, reason = "between two sizes")]
                #[allow(clippy::cast_sign_loss, reason = "between two sizes")]
                stride((exact - 0.5).ceil() as usize)
            })
            .collect();
        // The largest holds what it is to hold, whatever was rounded; and is the one class of one.
        if let Some(last) = sizes.last_mut() {
            *last = stride(largest);
        }
        sizes.dedup();
        let part = budget / sizes.len();
        let needed = sizes.len().saturating_mul(stride(largest));
        if budget < needed {
            return Err(BuildError::MemoryTooSmall { needed, given: budget }.into());
        }
        Ok(sizes.into_iter().map(|size| (size, part / size)).collect())
    }
}
