//! What a pool can tell about itself without slowing the fast path.

/// Describes a pool at one moment: a snapshot, stale as soon as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Stats {
    /// Slots in the pool.
    pub capacity: usize,
    /// Slots free at the moment of reading.
    pub available: usize,
    /// Most slots ever on loan at once. Claims that race with releases may count one too many
    /// each; of a pool of several words this is the sum of the words' marks, an upper bound.
    pub high_water: usize,
}
