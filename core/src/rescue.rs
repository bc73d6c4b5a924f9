//! A frame that is read where a device wrote it, and the copy that replaces it before the device writes there again.
//!
//! ```text
//!   IN_PLACE --rescuer--> COPYING ----> COPIED     reads go to the copy from now on
//!      |                   |    |
//!      | not whole         |    | not whole, or the copying panicked
//!      v                   |    v
//!    GONE <----------------|----+
//!                          `--> IN_PLACE           there was no room for a copy: again later
//! ```
//!
//! A reader never waits for the device. It waits for a copy that is being made when the device has come round.

use crate::sync::{AtomicU32, Ordering, UnsafeCell, const_unless_loom};
use core::fmt;
use core::mem::MaybeUninit;

const IN_PLACE: u32 = 0;
const COPYING: u32 = 1;
const COPIED: u32 = 2;
const GONE: u32 = 3;

/// A place that a device writes frame after frame, as far as one of its frames is concerned.
///
/// # Examples
/// ```
/// use framepool_core::rescue::InPlace;
/// use std::sync::atomic::{AtomicU32, Ordering, fence};
///
/// /// Frame `number` in a ring of 8, of which the device says how many frames are complete.
/// struct Place {
///     number: u32,
///     complete: &'static AtomicU32,
/// }
///
/// impl InPlace for Place {
///     fn is_whole(&self) -> bool {
///         fence(Ordering::Acquire);
///         // The device writes one place while that of the frame before is complete.
///         self.complete.load(Ordering::Relaxed) + 1 < self.number + 8
///     }
/// }
///
/// static COMPLETE: AtomicU32 = AtomicU32::new(9);
/// assert!(Place { number: 3, complete: &COMPLETE }.is_whole());
/// assert!(!Place { number: 2, complete: &COMPLETE }.is_whole());
/// ```
pub trait InPlace {
    /// Returns whether the frame is whole: it is complete, and the device has not begun to write its place again. If it
    /// begins after this has looked, a later call returns `false`; so does each after that.
    ///
    /// What was read of the place before this call was read before this looks.
    fn is_whole(&self) -> bool;

    /// Lets some time pass, while another thread copies the frame. A reader that keeps that thread from running, as an
    /// interrupt does, waits for ever.
    fn pause(&self) {
        core::hint::spin_loop();
    }
}

/// Says that the device has written over a frame before it was read or copied.
///
/// # Examples
/// ```
/// use framepool_core::rescue::Overrun;
///
/// assert_eq!(Overrun.to_string(), "the device has written over the frame");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Overrun;

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the device has written over the frame")
    }
}

impl core::error::Error for Overrun {}

/// What became of a rescue.
///
/// # Examples
/// ```
/// use framepool_core::rescue::{InPlace, Rescue, Rescued};
///
/// struct Whole;
/// impl InPlace for Whole {
///     fn is_whole(&self) -> bool {
///         true
///     }
/// }
///
/// let frame = Rescue::new();
/// assert_eq!(frame.rescue(&Whole, || None), Rescued::NoRoom);
/// assert_eq!(frame.rescue(&Whole, || Some([7; 4])), Rescued::Copied);
/// assert_eq!(frame.copy(), Some(&[7; 4]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub enum Rescued {
    /// The copy was made in time; reads go there.
    Copied,
    /// There was no room for a copy. The frame can be read as long as it is whole, and be rescued later.
    NoRoom,
    /// The device was faster: the frame is gone.
    Overrun,
}

/// Whether one frame is still in its place, was copied in time, or is gone; with the copy.
///
/// Any number of threads read, and one at a time rescues. `T` is the copy: the loan of a slot, say.
///
/// # Memory ordering
/// What the rescuing thread wrote into the copy happens before each read of it.
///
/// # Examples
/// ```
/// use framepool_core::rescue::{InPlace, Overrun, Rescue, Rescued};
/// use std::cell::Cell;
///
/// /// A place that is whole until the device comes round.
/// struct Place(Cell<bool>);
/// impl InPlace for Place {
///     fn is_whole(&self) -> bool {
///         self.0.get()
///     }
/// }
///
/// let (place, frame) = (Place(Cell::new(true)), Rescue::new());
/// let read = |frame: &Rescue<u32>| frame.read(&place, |copy| copy.copied().unwrap_or(1));
/// assert_eq!(read(&frame), Ok(1), "in place");
/// assert_eq!(frame.rescue(&place, || Some(2)), Rescued::Copied);
/// place.0.set(false);
/// assert_eq!(read(&frame), Ok(2), "of the copy");
/// assert_eq!(read(&Rescue::new()), Err(Overrun), "not rescued in time");
/// ```
pub struct Rescue<T> {
    state: AtomicU32,
    /// Written by the rescuer while it is [`COPYING`], and not again before `reset`; read when it is [`COPIED`].
    copy: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: readers on several threads get `&T` (`Sync`); the rescuer's thread makes the value, and another
// one may drop it (`Send`).
unsafe impl<T: Send + Sync> Sync for Rescue<T> {}
// SAFETY: it owns a `T`, or none.
unsafe impl<T: Send> Send for Rescue<T> {}

impl<T> Rescue<T> {
    const_unless_loom! {
        /// Begins with a frame that is in its place.
        #[must_use]
        pub const fn new() -> Self {
            Self { state: AtomicU32::new(IN_PLACE), copy: UnsafeCell::new(MaybeUninit::uninit()) }
        }
    }

    /// Begins again with another frame in its place. Returns the copy of the one before, if one was made.
    pub fn reset(&mut self) -> Option<T> {
        // Ordering: Relaxed, both: borrowed uniquely, so whatever was done to it happens before.
        let state = self.state.load(Ordering::Relaxed);
        self.state.store(IN_PLACE, Ordering::Relaxed);
        // SAFETY: the copy is there, and is taken out once, as the state is no longer `COPIED`.
        (state == COPIED).then(|| self.copy.with(|copy| unsafe { copy.cast::<T>().read() }))
    }

    /// Returns the copy, if one was made: the frame's bytes, which stay.
    #[must_use]
    pub fn copy(&self) -> Option<&T> {
        // Ordering: Acquire pairs with the Release of the rescuer: the copy is written before.
        let state = self.state.load(Ordering::Acquire);
        // SAFETY: just seen to be copied, by an Acquire.
        (state == COPIED).then(|| unsafe { self.copied() })
    }

    /// Returns whether the frame is gone: [`read`](Self::read) or [`rescue`](Self::rescue) found that the device has come
    /// round. A snapshot.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        // Ordering: Relaxed: a snapshot, which nothing is read after.
        self.state.load(Ordering::Relaxed) == GONE
    }

    /// Reads the frame: by `read(None)` in its place, which it then checks to have been whole all the time, or by
    /// `read(Some(copy))`. Both if the device comes round while it reads.
    ///
    /// # Errors
    /// [`Overrun`] if the device has come round, and no copy was made in time; then at every later read too.
    pub fn read<R>(
        &self,
        place: &impl InPlace,
        mut read: impl FnMut(Option<&T>) -> R,
    ) -> Result<R, Overrun> {
        // Ordering: Acquire: as in `copy`.
        let mut state = self.state.load(Ordering::Acquire);
        if state != COPIED && state != GONE {
            // Asked before, too: a place that is not whole is one that the device may be writing.
            if place.is_whole() {
                let seen = read(None);
                if place.is_whole() {
                    return Ok(seen);
                }
            }
            state = self.settled(place);
        }
        if state == GONE {
            return Err(Overrun);
        }
        // SAFETY: copied, as an Acquire saw.
        Ok(read(Some(unsafe { self.copied() })))
    }

    /// Returns the copy.
    ///
    /// # Safety
    /// - The state was seen to be [`COPIED`], by an Acquire, since `reset`.
    unsafe fn copied(&self) -> &T {
        // SAFETY: written before the state became `COPIED`, and not changed until `reset`, which borrows uniquely.
        self.copy.with(|copy| unsafe { &*copy.cast::<T>() })
    }

    /// Returns whether a frame that is no longer whole is copied or gone, once that is certain.
    #[cold]
    fn settled(&self, place: &impl InPlace) -> u32 {
        loop {
            // Ordering: Relaxed: that it is gone publishes nothing. Acquire, if it fails: as in `copy`.
            let change =
                self.state.compare_exchange(IN_PLACE, GONE, Ordering::Relaxed, Ordering::Acquire);
            match change {
                Ok(_) => return GONE,
                // It may have been whole when it was copied.
                Err(COPYING) => place.pause(),
                Err(settled) => return settled,
            }
        }
    }

    /// Copies the frame by `copy`, before the device comes round; `None` from it says that there is no room.
    ///
    /// One thread at a time; another one's call meanwhile returns [`Rescued::NoRoom`] and copies nothing.
    ///
    /// # Panics
    /// If `copy` does: then the frame is in its place, as before.
    pub fn rescue(&self, place: &impl InPlace, copy: impl FnOnce() -> Option<T>) -> Rescued {
        // Ordering: Relaxed, both: the copy is published when it is made, and none is looked at here.
        let began =
            self.state.compare_exchange(IN_PLACE, COPYING, Ordering::Relaxed, Ordering::Relaxed);
        match began {
            Ok(_) => {}
            Err(COPIED) => return Rescued::Copied,
            Err(GONE) => return Rescued::Overrun,
            Err(_) => return Rescued::NoRoom,
        }
        let mut becomes = Becomes(&self.state, IN_PLACE);
        if !place.is_whole() {
            becomes.1 = GONE;
            return Rescued::Overrun;
        }
        let Some(copy) = copy() else { return Rescued::NoRoom };
        // What was copied of a place that is no longer whole may be torn.
        if !place.is_whole() {
            becomes.1 = GONE;
            // Before the copy is dropped: readers wait.
            drop(becomes);
            return Rescued::Overrun;
        }
        // SAFETY: only the thread that has set `COPYING` touches it until the state changes again.
        self.copy.with_mut(|place| unsafe { (*place).write(copy) });
        core::mem::forget(becomes);
        // Ordering: Release pairs with the Acquire of readers: the copy is written before.
        self.state.store(COPIED, Ordering::Release);
        Rescued::Copied
    }
}

/// Sets the state when it is dropped, also during a panic.
struct Becomes<'a>(&'a AtomicU32, u32);

impl Drop for Becomes<'_> {
    fn drop(&mut self) {
        // Ordering: Relaxed: neither state publishes anything.
        self.0.store(self.1, Ordering::Relaxed);
    }
}

impl<T> Default for Rescue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for Rescue<T> {
    fn drop(&mut self) {
        drop(self.reset());
    }
}

impl<T> fmt::Debug for Rescue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed: for people.
        f.write_str(match self.state.load(Ordering::Relaxed) {
            IN_PLACE => "in its place",
            COPYING => "being copied",
            COPIED => "copied",
            _ => "gone",
        })
    }
}
