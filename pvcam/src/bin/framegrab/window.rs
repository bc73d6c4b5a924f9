//! Which frames are saved: none before the camera has settled, and as many as are wanted.

use clap::Args;

/// Which frames are saved.
#[derive(Debug, Clone, Args)]
pub(crate) struct WindowOptions {
    /// Do not save the first frames, while the camera settles: they are acquired and counted, and what is lost or dropped
    /// among them is not missing in the file
    #[arg(
        long,
        value_name = "N",
        requires = "out",
        default_value_t = 0,
        hide_default_value = true,
        allow_negative_numbers = true
    )]
    skip: u64,

    /// Stop when this many frames are saved, or by another limit if that comes first; those that come meanwhile are
    /// counted and not saved
    #[arg(long, value_name = "N", requires = "out", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    pub(crate) saved: Option<u64>,
}

impl WindowOptions {
    /// Returns the window, if a run of so many frames has some to be saved.
    pub(crate) fn open(&self, frame_limit: Option<u64>) -> Result<Window, String> {
        let skip = self.skip;
        match frame_limit {
            Some(limit) if skip >= limit => {
                Err(format!("--skip {skip}: nothing is left to save of {limit} frames (--frames)"))
            }
            _ => {
                let most = self.saved.unwrap_or(u64::MAX);
                Ok(Window { skip, most, ..Window::default() })
            }
        }
    }

    /// Returns whether what is lost before the first frame is missing.
    pub(crate) fn is_from_the_first(&self) -> bool {
        self.skip == 0
    }

    /// Returns how many frames are to be saved of so many that are expected, if there is a limit.
    pub(crate) fn of(&self, expected: Option<u64>) -> Option<u64> {
        let after_skipping = expected.map(|frames| frames.saturating_sub(self.skip));
        after_skipping.into_iter().chain(self.saved).min()
    }
}

/// Tells which frames are to be saved, and what is missing among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Window {
    skip: u64,
    /// How many are to be saved.
    most: u64,
    /// How many frames were missing before the first that was to be saved; `None` before that.
    before: Option<u64>,
    /// How many were missing when the last was saved; `None` before that.
    within: Option<u64>,
    /// Frames that came before the first.
    pub(crate) skipped: u64,
    /// Frames that came after the last.
    pub(crate) surplus: u64,
}

impl Window {
    /// Returns whether a frame is to be saved. It is the `number`th that the program has seen, and so many were `missing`
    /// before it.
    pub(crate) fn takes(&mut self, number: u64, missing: u64) -> bool {
        if self.within.is_some() {
            self.surplus += 1;
            return false;
        }
        if number <= self.skip {
            self.skipped += 1;
            return false;
        }
        // What is missing at the begin of a run counts, if it is not skipped.
        self.before.get_or_insert(if self.skip > 0 { missing } else { 0 });
        true
    }

    /// Notes how many frames are saved, and how many were `missing` before the last. Returns whether these are enough.
    pub(crate) fn has_enough(&mut self, saved: u64, missing: u64) -> bool {
        if saved >= self.most {
            self.within.get_or_insert(missing);
        }
        self.within.is_some()
    }

    /// Returns how many frames are missing among those that were to be saved, of all that are missing.
    pub(crate) fn missing(&self, all: u64) -> u64 {
        self.within.unwrap_or(all).min(all).saturating_sub(self.before.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(skip: u64, saved: Option<u64>) -> Window {
        WindowOptions { skip, saved }.open(None).unwrap()
    }

    #[test]
    fn the_first_frames_are_not_saved() {
        let mut window = window(3, None);
        // The second was dropped, so the first three are two.
        let takes =
            [(1, 0), (3, 1), (4, 1), (5, 2)].map(|(number, gone)| window.takes(number, gone));
        assert_eq!((takes, window.skipped), ([false, false, true, true], 2));
        assert_eq!(window.missing(5), 4, "but for the one among the first");
        assert!(!window.has_enough(u64::MAX - 1, 2));
    }

    #[test]
    fn what_comes_after_the_last_is_not_missing() {
        let mut window = window(1, Some(2));
        let mut saved = 0;
        for (number, missing) in [(1, 0), (2, 1), (3, 2), (4, 2), (5, 9)] {
            saved += u64::from(window.takes(number, missing));
            assert_eq!(window.has_enough(saved, missing), number >= 3);
        }
        assert_eq!((saved, window.skipped, window.surplus), (2, 1, 2));
        assert_eq!(window.missing(20), 1, "between the second and the third");
    }

    #[test]
    fn without_a_window_everything_counts() {
        let mut whole = window(0, None);
        assert!(whole.takes(1, 4));
        assert_eq!(whole.missing(6), 6);
        assert_eq!(window(2, None).missing(6), 6, "if none was to be saved");
    }

    #[test]
    fn a_window_needs_frames() {
        let open = |skip, limit| WindowOptions { skip, saved: None }.open(limit).is_ok();
        assert!(open(4, Some(5)) && open(4, None) && !open(5, Some(5)));
        let of = |saved, expected| WindowOptions { skip: 2, saved }.of(expected);
        assert_eq!(
            [of(None, None), of(None, Some(9)), of(Some(5), None)],
            [None, Some(7), Some(5)]
        );
        assert_eq!([of(Some(5), Some(9)), of(Some(9), Some(9))], [Some(5), Some(7)]);
    }
}
