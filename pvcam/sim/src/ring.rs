//! The application's ring of frames, which the camera writes.

use std::mem::MaybeUninit;

/// Bytes after which another page is touched; a smaller true page only costs time.
const PAGE: usize = 4096;

/// A block of memory of the application, divided into equal slots.
///
/// ```text
///   base                                       frames * frame_bytes
///   | slot 0: frame 1, frames + 1, .. | slot 1: frame 2, .. | .. |
/// ```
///
/// Only raw pointers to it exist here, never a reference: the application reads it at any time.
#[derive(Debug)]
pub(crate) struct Ring {
    base: *mut u8,
    frame_bytes: usize,
    frames: u32,
}

// SAFETY: `Ring::new`'s caller vouches for the memory until the acquisition ends, in any thread.
unsafe impl Send for Ring {}
// SAFETY: shared access only computes addresses.
unsafe impl Sync for Ring {}

impl Ring {
    /// Takes note of the ring. `frames` is not 0.
    ///
    /// # Safety
    ///
    /// - `base` is valid for reads and writes of `frames * frame_bytes` bytes from any thread,
    ///   until the acquisition that owns this value has ended.
    pub(crate) unsafe fn new(base: *mut u8, frame_bytes: usize, frames: u32) -> Self {
        Self { base, frame_bytes, frames }
    }

    pub(crate) fn frames(&self) -> u32 {
        self.frames
    }

    /// Address of the slot of frame `nr`, which counts from 1.
    pub(crate) fn slot(&self, nr: u64) -> *mut u8 {
        let index = usize::try_from((nr - 1) % u64::from(self.frames)).unwrap_or(0);
        self.base.wrapping_add(index * self.frame_bytes)
    }

    /// Touches every page and changes none, as a driver commits and locks the pages it is given,
    /// so that writing a frame does not fault later.
    pub(crate) fn commit(&self) {
        let bytes = self.frame_bytes * self.frames as usize;
        for offset in (0..bytes).step_by(PAGE).chain([bytes - 1]) {
            let byte = self.base.wrapping_add(offset).cast::<MaybeUninit<u8>>();
            // SAFETY: `offset < bytes`, which `new`'s caller vouches for; the type allows any byte.
            let value = unsafe { byte.read_volatile() };
            // SAFETY: as for the read; nothing else writes before the acquisition starts.
            unsafe { byte.write_volatile(value) };
        }
    }
}
