//! The memory that a camera fills, and how far the camera is: shared by the acquisition, its handler and the leases on its
//! frames, and alive as long as any of them.
//!
//! ```text
//!   running   how far the camera is, the SDK says
//!   ended     how far it came, at most                   the memory is written no more
//!   leaked    the SDK would not stop                     no frame is whole, the memory is never freed
//! ```

use crate::error::SdkError;
use crate::handle::Handle;
use crate::ring::Ring;
use framepool::framepool_core::storage::Memory;
use framepool::{DeviceRing, Mapped, PoolError};
use framepool_pvcam_sys::{FRAME_INFO, int16, uns32};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The camera writes: how far it is, the SDK says.
const RUNNING: u64 = u64::MAX;
/// Beyond any frame: none is whole.
const BEYOND: u64 = u64::MAX - 1;

/// The memory that a camera fills, and how far it is.
#[derive(Debug)]
pub struct CameraRing {
    memory: Mapped,
    ring: Ring,
    /// The camera keeps frames until they are unlocked, or says that it has overwritten one.
    keeps_frames: bool,
    /// How many frames were complete when the camera had stopped; `RUNNING` before.
    end: AtomicU64,
    /// How many frames the SDK has said to be complete, and when it was asked.
    known: Mutex<Option<(u64, Instant)>>,
    /// The camera that writes; none before it starts, and after it has stopped.
    camera: Mutex<Option<Arc<Handle>>>,
}

/// How far a camera is: frames that are complete in the ring, and the number of the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) complete: u64,
    pub(crate) newest: u64,
}

impl CameraRing {
    /// Maps memory for so many frames.
    pub(crate) fn new(
        frames: usize,
        frame_bytes: usize,
        keeps_frames: bool,
    ) -> Result<Arc<Self>, PoolError> {
        let memory = Mapped::zeroed(frames.saturating_mul(frame_bytes))?;
        let ring = Ring { base: memory.as_mut_ptr(), frame_bytes, frames };
        let (end, known, camera) = (AtomicU64::new(BEYOND), Mutex::default(), Mutex::default());
        Ok(Arc::new(Self { memory, ring, keeps_frames, end, known, camera }))
    }

    /// Returns the number of bytes, which are those of whole frames.
    pub(crate) fn bytes(&self) -> usize {
        self.ring.frames * self.ring.frame_bytes
    }

    pub(crate) fn ring(&self) -> Ring {
        self.ring
    }

    pub(crate) fn keeps_frames(&self) -> bool {
        self.keeps_frames
    }

    /// Says that the camera is about to write. Borrowed uniquely: nothing reads frames of an acquisition before.
    pub(crate) fn begin(&mut self, camera: &Arc<Handle>) {
        *self.camera.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(camera));
        *self.known.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        *self.end.get_mut() = RUNNING;
    }

    /// Says that the camera has stopped, and how many frames were complete, at most; that is not known if the SDK does not
    /// say it.
    pub(crate) fn end(&self, complete: Option<u64>) {
        let mut camera = self.camera();
        *camera = None;
        // Ordering: Release pairs with the Acquire in `ended`: what the camera wrote, and the stop, come before.
        self.end.store(complete.unwrap_or(BEYOND).min(BEYOND), Ordering::Release);
    }

    /// Says that the camera may go on writing for ever: the memory is never freed.
    pub(crate) fn leak(self: &Arc<Self>) {
        self.end(None);
        std::mem::forget(Arc::clone(self));
    }

    /// Asks the SDK how far the camera is.
    pub(crate) fn progress(&self, camera: &Handle) -> Result<Progress, SdkError> {
        let asked = Instant::now();
        let (mut status, mut bytes, mut passes): (int16, uns32, uns32) = (0, 0, 0);
        let mut info = FRAME_INFO::default();
        camera.library().call("pl_exp_check_cont_status_ex", |f| {
            let number = camera.number();
            // SAFETY: the function writes three numbers of these sizes, and a description.
            unsafe {
                (f.pl_exp_check_cont_status_ex)(
                    number,
                    &raw mut status,
                    &raw mut bytes,
                    &raw mut passes,
                    &raw mut info,
                )
            }
        })?;
        let newest = u64::try_from(info.FrameNr).unwrap_or(0);
        let complete = self.ring.complete(bytes, passes);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((complete, asked));
        Ok(Progress { complete, newest })
    }

    /// Returns how many frames the SDK has said to be complete, and how long ago it was asked.
    pub(crate) fn known(&self) -> Option<(u64, Duration)> {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.map(|(complete, asked)| (complete, asked.elapsed()))
    }

    /// Returns how many frames were complete in the end; `None` while the camera writes.
    fn ended(&self) -> Option<u64> {
        // Ordering: Acquire pairs with the Release in `end`.
        let end = self.end.load(Ordering::Acquire);
        (end != RUNNING).then_some(end)
    }

    /// Returns how many frames are complete.
    fn complete(&self) -> u64 {
        if let Some(end) = self.ended() {
            return end;
        }
        let camera = self.camera();
        // None: it has ended meanwhile.
        let Some(camera) = &*camera else { return self.ended().unwrap_or(BEYOND) };
        match self.progress(camera) {
            Ok(progress) => progress.complete,
            Err(error) => {
                tracing::debug!(%error, "it is not known whether a frame in the ring is whole");
                BEYOND
            }
        }
    }

    fn camera(&self) -> MutexGuard<'_, Option<Arc<Handle>>> {
        self.camera.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the SDK that frames are read no more, the oldest first, from `locked` to the one before `below`. Returns the
    /// position of the first frame that is not unlocked.
    pub(crate) fn unlock(&self, camera: &Handle, mut locked: u64, below: u64) -> u64 {
        while locked < below {
            let mut start: *mut c_void = std::ptr::null_mut();
            let oldest = camera.library().call("pl_exp_get_oldest_frame", |f| {
                // SAFETY: room for a pointer.
                unsafe { (f.pl_exp_get_oldest_frame)(camera.number(), &raw mut start) }
            });
            // An overrun, which is counted when the frame is found gone, or none is there: again with a later frame.
            let Some(place) = oldest.ok().and_then(|()| self.ring.place(start.cast_const().cast()))
            else {
                return locked;
            };
            // The SDK may have skipped some.
            let frames = self.ring.frames as u64;
            let oldest = locked + (place + frames - (locked - 1) % frames) % frames;
            if oldest >= below {
                return oldest;
            }
            let unlocked = camera.library().call("pl_exp_unlock_oldest_frame", |f| {
                // SAFETY: the handle is open.
                unsafe { (f.pl_exp_unlock_oldest_frame)(camera.number()) }
            });
            if unlocked.is_err() {
                return oldest;
            }
            locked = oldest + 1;
        }
        locked
    }
}

// SAFETY: the memory is initialised, and mapped as long as the value lives, which the SDK's promises and `leak` make as long
// as the camera writes. That a frame is whole while the camera is so far is in docs/adr/0006-copying-from-a-ring.md; what it
// says when the camera has stopped is final: `begin` borrows uniquely, so nothing that has seen it is left.
unsafe impl DeviceRing for CameraRing {
    fn base(&self) -> NonNull<u8> {
        self.memory.base()
    }

    fn frame_bytes(&self) -> usize {
        self.ring.frame_bytes
    }

    fn frames(&self) -> usize {
        self.ring.frames
    }

    fn is_whole(&self, position: u64) -> bool {
        self.ring.is_whole(position, self.complete())
    }

    fn is_over(&self) -> bool {
        self.ended().is_some_and(|complete| complete != BEYOND)
    }
}
