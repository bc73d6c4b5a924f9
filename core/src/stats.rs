//! What a pool can tell about itself without slowing the fast path.

use core::fmt;

/// Describes a pool at one moment: a snapshot, stale as soon as it is read.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// let pool = Pool::new([0_u8; 4]);
/// let loans = [pool.try_acquire(), pool.try_acquire()];
/// drop(loans);
/// let stats = pool.stats();
/// assert_eq!((stats.capacity, stats.available, stats.high_water), (4, 4, Some(2)));
/// assert_eq!(stats.lent, None, "no hook counts");
/// assert_eq!(stats.to_string(), "4 of 4 slots free, at most 2 on loan at once");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Stats {
    /// Slots in the pool.
    pub capacity: usize,
    /// Slots free at the moment of reading.
    pub available: usize,
    /// Slots that threads keep for themselves: neither free for all nor on loan. Only a `CachedPool` has
    /// some.
    pub cached: usize,
    /// Most slots ever on loan at once: exact where slots are claimed one by one and one after the
    /// other. An upper bound where claims race with releases (one too many each), where runs leave
    /// gaps, for an exclusive acquirer (which claims whole words), and over several words. A
    /// [`LeanPool`](crate::LeanPool) does not count.
    pub high_water: Option<usize>,
    /// How often slots were lent and came back, if a [`Tally`](crate::recycle::Tally) counts.
    pub lent: Option<u64>,
}

/// As in `4 of 8 slots free, 2 kept by threads, at most 6 on loan at once, 120 loans came back`; what is
/// zero or unknown is left out.
impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity, available, cached, high_water, lent } = self;
        write!(f, "{available} of {capacity} slots free")?;
        if *cached > 0 {
            write!(f, ", {cached} kept by threads")?;
        }
        if let Some(most) = high_water {
            write!(f, ", at most {most} on loan at once")?;
        }
        match lent {
            Some(lent) => write!(f, ", {lent} loans came back"),
            None => Ok(()),
        }
    }
}
