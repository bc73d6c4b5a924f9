//! How many frames a run of an acquisition is to see.

/// The most frames of a run, and how many were seen before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    frames: u64,
    before: u64,
}

impl Limit {
    pub(crate) const NONE: Self = Self::of(u64::MAX);

    pub(crate) const fn of(frames: u64) -> Self {
        Self { frames, before: 0 }
    }

    /// Begins a run, when so many frames were seen in all.
    pub(crate) fn begin(&mut self, seen: u64) {
        self.before = seen;
    }

    /// Returns whether it is reached, when so many frames were seen in all.
    pub(crate) fn is_reached(self, seen: u64) -> bool {
        seen - self.before >= self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_counts_anew() {
        let mut limit = Limit::of(3);
        assert!(!limit.is_reached(2) && limit.is_reached(3));
        limit.begin(3);
        assert!(!limit.is_reached(5) && limit.is_reached(6));
        assert!(!Limit::NONE.is_reached(1 << 60));
    }
}
