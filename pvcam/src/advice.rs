//! How many frames the ring has if the program does not say.

use crate::setup::Setup;

/// The most frames of a ring: more do not help where frames are copied out.
const MOST: u64 = 255;

/// The frames of a ring for which the camera advises nothing.
const UNADVISED: u64 = 32;

/// Returns the frames of a ring of `advised` bytes, if the camera advises any, which take a quarter
/// of the `available` memory at most, and no more bytes than 32 bits count. A ring of
/// [`Setup::LEAST_RING_FRAMES`] is tried all the same.
pub(crate) fn ring_frames(frame_bytes: usize, advised: Option<u64>, available: u64) -> usize {
    let frame_bytes = (frame_bytes as u64).max(1);
    let advised = advised.map(|bytes| bytes / frame_bytes).filter(|&frames| frames > 0);
    let most = (available / 4).min(u32::MAX.into()) / frame_bytes;
    let frames = advised.unwrap_or(UNADVISED).min(most).min(MOST);
    usize::try_from(frames).unwrap_or_default().max(Setup::LEAST_RING_FRAMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cameras_advice_is_taken_within_limits() {
        const MIB: u64 = 1 << 20;
        let advised = |frames: u64| Some(frames * MIB);
        let frames = |advised, available| ring_frames(1 << 20, advised, available);
        assert_eq!(frames(advised(50), u64::MAX), 50);
        assert_eq!(frames(Some(50 * MIB + 1), u64::MAX), 50);
        assert_eq!(frames(advised(1), u64::MAX), Setup::LEAST_RING_FRAMES);
        assert_eq!(frames(advised(1000), u64::MAX), 255);
        assert_eq!([None, Some(0), Some(9)].map(|none| frames(none, u64::MAX)), [32, 32, 32]);
        // A quarter of the memory, but four frames at least.
        assert_eq!(frames(advised(50), 80 * MIB), 20);
        assert_eq!(frames(advised(50), 0), Setup::LEAST_RING_FRAMES);
        // 4 GiB, less one byte.
        assert_eq!(ring_frames(1 << 26, advised(1 << 20), u64::MAX), 63);
        assert_eq!(ring_frames(0, None, u64::MAX), 32);
    }
}
