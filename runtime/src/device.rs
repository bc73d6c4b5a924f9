//! A ring that a device fills, as leases need to know it.

use framepool_core::rescue::InPlace;
use std::fmt;
use std::ptr::NonNull;
use std::time::Duration;

/// A ring of frames that a device fills from the first place to the last, and then again from the first: the memory of
/// leases.
///
/// Frames are known by their position, which counts those that the device has put into the ring, from 1. Frame `p` is in
/// place `(p - 1) % frames`, until the device comes round.
///
/// Its functions are called from any thread, twice for each read: they neither panic nor wait for the thread that lends.
///
/// # Safety
/// From when a share of the value is given to a [`LeaseIntake`](crate::LeaseIntake) until it is the only one again:
/// - `frames() * frame_bytes()` bytes from `base()` are initialised, and valid for reads from any thread, while the value
///   lives; all three stay the same.
/// - While [`is_whole`](Self::is_whole) returns `true` for a frame, its bytes are as the device wrote them. Once the device
///   has begun to write its place again, it returns `false` for ever, also if no lease of the frame was left before.
///   What a thread read of the frame before the call was read before this looks.
/// - Once [`is_over`](Self::is_over) returns `true` it always does, the device writes no more, and no other Rust code
///   writes either.
///
/// # Examples
/// ```
/// use framepool::DeviceRing;
/// use std::ptr::NonNull;
/// use std::sync::atomic::{AtomicU64, Ordering, fence};
///
/// /// A ring of 4 frames of 8 bytes.
/// #[derive(Debug)]
/// struct Ring {
///     memory: NonNull<u8>,
///     complete: AtomicU64,
/// }
///
/// # unsafe impl Send for Ring {}
/// # unsafe impl Sync for Ring {}
/// // SAFETY: leaked memory, which the device writes one place at a time: that of the frame after the newest complete
/// // one.
/// unsafe impl DeviceRing for Ring {
///     fn base(&self) -> NonNull<u8> {
///         self.memory
///     }
///     fn frame_bytes(&self) -> usize {
///         8
///     }
///     fn frames(&self) -> usize {
///         4
///     }
///     fn is_whole(&self, position: u64) -> bool {
///         fence(Ordering::Acquire);
///         let complete = self.complete.load(Ordering::Relaxed);
///         position <= complete && complete + 1 < position + 4
///     }
/// }
///
/// let memory = Box::leak(vec![0_u8; 32].into_boxed_slice());
/// let ring = Ring { memory: NonNull::from(memory).cast(), complete: AtomicU64::new(9) };
/// assert!(ring.is_whole(7) && !ring.is_whole(6));
/// ```
pub unsafe trait DeviceRing: fmt::Debug + Send + Sync + 'static {
    /// Returns the first byte.
    fn base(&self) -> NonNull<u8>;

    /// Returns the bytes of a frame.
    fn frame_bytes(&self) -> usize;

    /// Returns how many frames there is room for.
    fn frames(&self) -> usize;

    /// Returns whether the frame at `position` is whole: it is complete, and the device has not begun to write its place
    /// again.
    fn is_whole(&self, position: u64) -> bool;

    /// Returns whether the device writes no more, for good.
    fn is_over(&self) -> bool {
        false
    }
}

/// The place of one frame; of none, no frame is ever whole.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    ring: Option<&'a dyn DeviceRing>,
    position: u64,
}

impl<'a> Place<'a> {
    pub(crate) fn of(ring: Option<&'a dyn DeviceRing>, position: u64) -> Self {
        Self { ring, position }
    }

    /// Returns the frame's first byte, of [`DeviceRing::frame_bytes`]; null if there is none.
    pub(crate) fn start(self) -> *const u8 {
        let Some(ring) = self.ring else { return std::ptr::null() };
        let place = (self.position.max(1) - 1) % ring.frames().max(1) as u64;
        // Less than the ring's bytes.
        let offset = usize::try_from(place).unwrap_or(0) * ring.frame_bytes();
        ring.base().as_ptr().wrapping_add(offset).cast_const()
    }

    /// Returns the frame's bytes, if nothing writes them any more.
    pub(crate) fn settled(self) -> Option<&'a [u8]> {
        // In this order: nothing is written after it is over.
        let ring = self.ring.filter(|ring| ring.is_over())?;
        if !self.is_whole() {
            return None;
        }
        // SAFETY: bytes of the ring, which lives for `'a` and is written no more (`DeviceRing`).
        Some(unsafe { std::slice::from_raw_parts(self.start(), ring.frame_bytes()) })
    }
}

impl InPlace for Place<'_> {
    fn is_whole(&self) -> bool {
        self.ring.is_some_and(|ring| ring.is_whole(self.position))
    }

    fn pause(&self) {
        // Not only a yield: the thread that copies may have a lower priority.
        std::thread::sleep(Duration::from_micros(20));
    }
}
