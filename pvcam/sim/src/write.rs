//! Writing into a slot of the ring: a frame, or what is none.

use std::time::Instant;

use crate::clock::Readout;
use crate::kind::Kind;
use crate::metadata;
use crate::scene::mixed;
use crate::setup::Setup;

/// Writes frame `nr` into its slot: its pixels, and the metadata that the setup asks for.
///
/// # Safety
///
/// - `slot` is valid for writes of one frame of this setup.
pub(crate) unsafe fn frame(
    slot: *mut u8,
    setup: &Setup,
    kind: &Kind,
    nr: u64,
    begin: Instant,
    readout: Readout,
) {
    // The number in the picture has 32 bits, and starts again after 2^32 frames.
    #[allow(clippy::cast_possible_truncation, reason = "the low bits are meant")]
    let stamp = nr as u32;
    if let Some(version) = setup.metadata {
        let times = readout.times(begin, setup.exposure(nr));
        // SAFETY: the caller's duty.
        unsafe { metadata::write(slot, setup, version, stamp, times) };
    }
    let turn = kind.scene.turn();
    for part in &setup.parts {
        // SAFETY: the part is within the frame.
        let pixels = unsafe { slot.add(part.at) };
        // SAFETY: the part's pixels begin there.
        unsafe { kind.scene.draw(pixels, part, stamp, turn) };
    }
}

/// Writes noise over a slot, the same for the same seed.
///
/// # Safety
///
/// - `slot` is valid for writes of `bytes` bytes.
pub(crate) unsafe fn noise(slot: *mut u8, bytes: usize, seed: u64) {
    for at in (0..bytes).step_by(size_of::<u64>()) {
        let noise = mixed(seed ^ at as u64).to_ne_bytes();
        let count = noise.len().min(bytes - at);
        // SAFETY: `at` is below `bytes`.
        let to = unsafe { slot.add(at) };
        // SAFETY: so many bytes are left of the slot, and the noise is a local.
        unsafe { std::ptr::copy_nonoverlapping(noise.as_ptr(), to, count) };
    }
}
