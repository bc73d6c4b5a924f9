//! The ring that the camera fills, as addresses: which frame is where, and until when it is whole.
//!
//! ```text
//!   base                                             frames * frame_bytes
//!   | frame 1, 1 + frames, .. | frame 2, 2 + frames, .. | .. |
//! ```

/// The camera's ring. The memory is the camera's while an acquisition runs, so this only has its
/// address: no Rust reference to it is ever made (I10).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ring {
    pub(crate) base: *mut u8,
    pub(crate) frame_bytes: usize,
    pub(crate) frames: usize,
}

// SAFETY: an address and two lengths. The code that reads the memory says why it may (I10).
unsafe impl Send for Ring {}
// SAFETY: as for `Send`.
unsafe impl Sync for Ring {}

impl Ring {
    /// Frames between the newest complete frame and the oldest one that may be read. Frame `n` has
    /// the same place as frame `n + frames`, which the camera writes as soon as the frame before
    /// that is complete: this is one. The other is for a camera that is ahead of its counters.
    const MARGIN: u64 = 2;

    /// Returns whether `frame` is the start of one of the ring's frames.
    pub(crate) fn contains(&self, frame: *const u8) -> bool {
        let offset = frame.addr().wrapping_sub(self.base.addr());
        offset.is_multiple_of(self.frame_bytes) && offset / self.frame_bytes < self.frames
    }

    /// Returns how many frames are complete, from the counters of `pl_exp_check_cont_status`: the
    /// bytes written in this pass of the ring, and the passes before it.
    pub(crate) fn complete(&self, bytes: u32, passes: u32) -> u64 {
        let in_this_pass = bytes as usize / self.frame_bytes;
        u64::from(passes) * self.frames as u64 + in_this_pass as u64
    }

    /// Returns whether frame `number` is whole when `complete` frames are complete.
    pub(crate) fn is_whole(&self, number: u32, complete: u64) -> bool {
        complete + Self::MARGIN < u64::from(number) + self.frames as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(frames: usize) -> Ring {
        Ring { base: std::ptr::without_provenance_mut(4096), frame_bytes: 100, frames }
    }

    #[test]
    fn a_frame_is_whole_until_two_frames_before_it_is_overwritten() {
        let ring = ring(8);
        assert!(ring.is_whole(1, 1) && ring.is_whole(1, 6));
        assert!(!ring.is_whole(1, 7) && !ring.is_whole(1, 8) && !ring.is_whole(1, 100));
    }

    #[test]
    fn counters_are_added_over_all_passes() {
        assert_eq!(ring(8).complete(0, 0), 0);
        assert_eq!(ring(8).complete(299, 3), 26);
    }

    #[test]
    fn only_starts_of_frames_are_in_the_ring() {
        let places = [4095, 4096, 4097, 4196, 4796, 4896, 0];
        let inside = places.map(|place| ring(8).contains(std::ptr::without_provenance(place)));
        assert_eq!(inside, [false, true, false, true, true, false, false]);
    }
}
