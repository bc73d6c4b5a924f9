//! The ring that the camera fills, as addresses: which frame is where, and until when it is whole.
//!
//! ```text
//!   base                                             frames * frame_bytes
//!   | frame 1, 1 + frames, .. | frame 2, 2 + frames, .. | .. |
//! ```
//!
//! Frames are known by their position here, which counts those that were put into the ring, from 1. The camera's own numbers
//! run ahead of it by the frames that it has lost.

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
    /// Frames between the newest complete frame and the oldest one that may be read. The frame at position `p` has the same
    /// place as the one at `p + frames`, which the camera writes as soon as the frame before
    /// that is complete: this is one. The other is for a camera that is ahead of its counters.
    pub(crate) const MARGIN: usize = 2;

    /// Returns the place of a frame of the ring that starts at this address.
    pub(crate) fn place(&self, frame: *const u8) -> Option<u64> {
        let offset = frame.addr().wrapping_sub(self.base.addr());
        let is_one = offset.is_multiple_of(self.frame_bytes);
        let place = offset / self.frame_bytes;
        (is_one && place < self.frames).then_some(place as u64)
    }

    /// Returns the address of the frame at a position.
    pub(crate) fn start(&self, position: u64) -> *const u8 {
        let place = position.saturating_sub(1) % self.frames as u64;
        // Less than the ring has frames.
        let place = usize::try_from(place).unwrap_or(0);
        self.base.wrapping_add(place * self.frame_bytes).cast_const()
    }

    /// Returns how many frames are complete, from the counters of `pl_exp_check_cont_status`: the
    /// bytes written in this pass of the ring, and the passes before it.
    pub(crate) fn complete(&self, bytes: u32, passes: u32) -> u64 {
        let in_this_pass = bytes as usize / self.frame_bytes;
        u64::from(passes) * self.frames as u64 + in_this_pass as u64
    }

    /// Returns whether the frame at a position is whole when `complete` frames are complete.
    pub(crate) fn is_whole(&self, position: u64, complete: u64) -> bool {
        complete.saturating_add(Self::MARGIN as u64) < position + self.frames as u64
    }

    /// Returns the lowest position that is whole when `complete` frames are complete.
    pub(crate) fn first_whole(&self, complete: u64) -> u64 {
        (complete + Self::MARGIN as u64 + 1).saturating_sub(self.frames as u64).max(1)
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
        assert!(!ring.is_whole(100, u64::MAX));
        for complete in 0..20 {
            let first = ring.first_whole(complete);
            assert!(ring.is_whole(first, complete), "{complete}");
            assert!(first == 1 || !ring.is_whole(first - 1, complete), "{complete}");
        }
    }

    #[test]
    fn counters_are_added_over_all_passes() {
        assert_eq!(ring(8).complete(0, 0), 0);
        assert_eq!(ring(8).complete(299, 3), 26);
    }

    #[test]
    fn only_starts_of_frames_are_in_the_ring() {
        let starts = [4095, 4096, 4097, 4196, 4796, 4896, 0];
        let places = starts.map(|start| ring(8).place(std::ptr::without_provenance(start)));
        assert_eq!(places, [None, Some(0), None, Some(1), Some(7), None, None]);
        assert_eq!([1, 2, 8, 9].map(|p| ring(8).start(p).addr()), [4096, 4196, 4796, 4096]);
    }
}
