//! A device that an input drives: it writes a ring of frames, and may be ahead of what it says is complete.

use framepool::DeviceRing;
use std::ptr::{NonNull, slice_from_raw_parts_mut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

/// What a ring is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) frames: usize,
    pub(super) frame_bytes: usize,
    /// How many frames after the newest complete one the device may have begun.
    pub(super) ahead: u64,
}

impl Shape {
    /// Whether a frame is whole when so many are complete. One that is not complete yet is not: nothing is lent of it.
    pub(super) fn is_whole(&self, position: u64, complete: u64) -> bool {
        let room = position.saturating_add(self.frames as u64);
        0 < position && position <= complete && complete + self.ahead < room
    }
}

/// Returns what the device writes as this frame: another byte at each place, and in frames that share one.
pub(super) fn pattern(run: u64, position: u64, len: usize) -> Vec<u8> {
    let first = byte(position.wrapping_mul(29) ^ run.wrapping_mul(101));
    (0..len).map(|at| first ^ byte((at as u64 + 1).wrapping_mul(83))).collect()
}

fn byte(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

/// The device, and the memory of its ring.
#[derive(Debug)]
pub(super) struct Device {
    memory: NonNull<u8>,
    shape: Shape,
    /// Counts how often frames began with position 1 again, over all devices.
    run: AtomicU64,
    complete: AtomicU64,
    is_over: AtomicBool,
}

// SAFETY: an address, and atomics.
unsafe impl Send for Device {}
// SAFETY: as for `Send`.
unsafe impl Sync for Device {}

// SAFETY: memory that is freed with the value. A place is written once `is_whole` says no of what was there: the device
// is at most `ahead` frames beyond `complete`. Nothing is written after it is over, and `complete` goes back only when
// no lease is left.
unsafe impl DeviceRing for Device {
    fn base(&self) -> NonNull<u8> {
        self.memory
    }

    fn frame_bytes(&self) -> usize {
        self.shape.frame_bytes
    }

    fn frames(&self) -> usize {
        self.shape.frames
    }

    fn is_whole(&self, position: u64) -> bool {
        fence(Ordering::Acquire);
        // Ordering: Relaxed, after the fence; inputs run on one thread.
        self.shape.is_whole(position, self.complete.load(Ordering::Relaxed))
    }

    fn is_over(&self) -> bool {
        // Ordering: Acquire pairs with the Release of `end`.
        self.is_over.load(Ordering::Acquire)
    }
}

impl Device {
    pub(super) fn new(shape: Shape, run: u64) -> Self {
        let memory = Box::leak(vec![0_u8; shape.frames * shape.frame_bytes].into_boxed_slice());
        let (complete, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        let memory = NonNull::from(memory).cast();
        Self { memory, shape, run: AtomicU64::new(run), complete, is_over }
    }

    /// Completes the next frame, and writes the first bytes of so many after it. Returns its position.
    pub(super) fn complete_one(&self, begun: u64) -> u64 {
        // Ordering: Relaxed, all but the last: written on this thread. Release pairs with the fence of `is_whole`.
        let position = self.complete.load(Ordering::Relaxed) + 1;
        let run = self.run.load(Ordering::Relaxed);
        let bytes = self.shape.frame_bytes;
        // Complete before it is written, as far as others can see: its place must not be whole while it is.
        self.complete.store(position, Ordering::Release);
        self.write(position, &pattern(run, position, bytes));
        for next in position + 1..=position + begun.min(self.shape.ahead) {
            self.write(next, &pattern(run, next, bytes.div_ceil(2)));
        }
        position
    }

    fn write(&self, position: u64, bytes: &[u8]) {
        let place = usize::try_from((position - 1) % self.shape.frames as u64).unwrap_or(0);
        let to = self.memory.as_ptr().wrapping_add(place * self.shape.frame_bytes);
        // SAFETY: within a place of the ring, of which there is no reference: it is not over.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Begins with position 1 again.
    pub(super) fn restart(&self, run: u64) {
        // Ordering: Relaxed, both: on this thread.
        self.run.store(run, Ordering::Relaxed);
        self.complete.store(0, Ordering::Relaxed);
    }

    /// Writes no more, for good.
    pub(super) fn end(&self) {
        // Ordering: Release pairs with the Acquire of `is_over`.
        self.is_over.store(true, Ordering::Release);
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let bytes = self.shape.frames * self.shape.frame_bytes;
        let memory = slice_from_raw_parts_mut(self.memory.as_ptr(), bytes);
        // SAFETY: leaked in `new`, and nothing is left that knows of it.
        drop(unsafe { Box::from_raw(memory) });
    }
}
