//! The memory of a buffer pool: how it is cut, scrubbed, and looked at when the pool is gone.

use framepool_core::recycle::{Poison, Recycle, Tally, Zero};
use framepool_core::storage::Memory;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

const POISON: u8 = 0xdd;

/// Memory that is handed back when the pool is gone.
pub(super) struct Arena {
    pub(super) base: NonNull<[u8]>,
    pub(super) returned: Arc<Mutex<Option<Box<[u8]>>>>,
}

// SAFETY: it owns its bytes, as a `Box<[u8]>` would.
unsafe impl Send for Arena {}

// SAFETY: a leaked box of initialised bytes, always the same, which nothing else knows of.
unsafe impl Memory for Arena {
    fn base(&self) -> NonNull<u8> {
        self.base.cast()
    }

    fn len(&self) -> usize {
        self.base.len()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: it came from `Box::leak`, and comes back once.
        let memory = unsafe { Box::from_raw(self.base.as_ptr()) };
        *self.returned.lock().unwrap_or_else(PoisonError::into_inner) = Some(memory);
    }
}

/// What happens to buffers on their way back.
pub(super) enum Scrub {
    Keep,
    Zero(Zero),
    Poison(Poison),
    /// Several hooks, the last of which decides.
    Both((Poison, (Tally<2>, Zero))),
}

impl Recycle<[u8]> for Scrub {
    fn recycle(&self, index: usize, slot: &mut [u8]) {
        match self {
            Self::Keep => {}
            Self::Zero(hook) => hook.recycle(index, slot),
            Self::Poison(hook) => hook.recycle(index, slot),
            Self::Both(hooks) => hooks.recycle(index, slot),
        }
    }
}

impl Scrub {
    pub(super) fn choose(number: u8) -> Self {
        match number % 4 {
            0 => Self::Keep,
            1 => Self::Zero(Zero),
            2 => Self::Poison(Poison(POISON)),
            _ => Self::Both((Poison(POISON), (Tally::new(), Zero))),
        }
    }

    /// Does to bytes what is to happen to slots.
    pub(super) fn expected(number: u8, bytes: &mut [u8]) {
        match number % 4 {
            0 => {}
            2 if cfg!(debug_assertions) => bytes.fill(POISON),
            2 => {}
            _ => bytes.fill(0),
        }
    }
}

/// How memory is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) slots: usize,
    pub(super) slot_bytes: usize,
    gap: usize,
    /// Bytes behind the last slot.
    tail: usize,
}

impl Cut {
    pub(super) fn new([sizes, shape]: [u8; 2]) -> Self {
        let gap = usize::from(sizes >> 5);
        let tail = if shape & 0x80 == 0 { 0 } else { gap };
        let slots = 1 + usize::from(shape >> 2 & 7);
        Self { slots, slot_bytes: 1 + usize::from(sizes & 31), gap, tail }
    }

    pub(super) fn stride(self) -> usize {
        self.slot_bytes + self.gap
    }

    pub(super) fn bytes(self) -> usize {
        (self.slots - 1) * self.stride() + self.slot_bytes + self.tail
    }
}
