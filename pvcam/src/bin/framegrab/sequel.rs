//! Whether frames follow each other, by the camera's numbers.

/// What is missing between the frames of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sequel {
    newest: u64,
    /// How often a frame did not follow the one before.
    pub(crate) discontinuities: u64,
    /// How many frames were left out.
    pub(crate) skipped: u64,
}

impl Sequel {
    /// Makes the account of frames of which this one is the first.
    pub(crate) fn beginning_at(number: u64) -> Self {
        Self { newest: number.saturating_sub(1), ..Self::default() }
    }

    /// Notes the number of a frame. Numbers begin at 1, and again with each acquisition or sequence.
    pub(crate) fn follows(&mut self, number: u64) {
        let before = if number <= self.newest { 0 } else { self.newest };
        let skipped = number.saturating_sub(before + 1);
        self.discontinuities += u64::from(skipped > 0);
        self.skipped += skipped;
        self.newest = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_each_other_and_begin_again() {
        let mut sequel = Sequel::default();
        [1, 2, 3, 1, 2].iter().for_each(|&number| sequel.follows(number));
        assert_eq!((sequel.discontinuities, sequel.skipped), (0, 0));
        [5, 9, 2].iter().for_each(|&number| sequel.follows(number));
        assert_eq!((sequel.discontinuities, sequel.skipped), (3, 2 + 3 + 1));
        let mut later = Sequel::beginning_at(5);
        [5, 7].iter().for_each(|&number| later.follows(number));
        assert_eq!((later.discontinuities, later.skipped), (1, 1));
    }
}
