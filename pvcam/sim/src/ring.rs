//! The application's ring of frames, which the camera writes.

use std::mem::MaybeUninit;

/// The step in which pages are touched; on systems with larger pages some are touched twice.
const PAGE: usize = 4096;

/// A block of memory of the application, divided into equal slots.
///
/// ```text
///   base                                       frames * frame_bytes
///   | slot 0: positions 1, frames + 1, .. | slot 1: position 2, .. | .. |
/// ```
///
/// This crate has only raw pointers to it, no reference: the application reads it at any time.
#[derive(Debug)]
pub(crate) struct Ring {
    base: *mut u8,
    frame_bytes: usize,
    frames: u32,
}

// SAFETY: by `Ring::new` the memory is valid in any thread until the acquisition ends.
unsafe impl Send for Ring {}
// SAFETY: shared access only computes addresses.
unsafe impl Sync for Ring {}

impl Ring {
    /// Makes a ring of `frames` frames, which is not 0.
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

    pub(crate) fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Returns the address of the slot of a position, which counts from 1.
    pub(crate) fn slot(&self, position: u64) -> *mut u8 {
        let index = usize::try_from((position - 1) % u64::from(self.frames)).unwrap_or(0);
        self.base.wrapping_add(index * self.frame_bytes)
    }

    /// Touches every page without changing it, so that writing a frame causes no page fault later.
    /// (A driver would lock the pages.)
    pub(crate) fn commit(&self) {
        let bytes = self.frame_bytes * self.frames as usize;
        for offset in (0..bytes).step_by(PAGE).chain([bytes - 1]) {
            let byte = self.base.wrapping_add(offset).cast::<MaybeUninit<u8>>();
            // SAFETY: `offset < bytes`, so by `new` the byte is valid; the type allows any byte.
            let value = unsafe { byte.read_volatile() };
            // SAFETY: as for the read; no other thread writes before the acquisition starts.
            unsafe { byte.write_volatile(value) };
        }
    }
}
