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
    }
}
