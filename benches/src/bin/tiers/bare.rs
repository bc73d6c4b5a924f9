//! A camera by the bare calls of the SDK: what a program cannot do without.

use crate::cameras::Failure;
use crate::plan::Size;
use framepool::Mapped;
use framepool::framepool_core::storage::Memory;
use framepool_pvcam_sim::functions;
use framepool_pvcam_sys::{self as sys, int16, rgn_type, rs_bool, uns32};
use std::ffi::CString;
use std::mem::ManuallyDrop;

/// A camera that is set up, and a ring for it that is mapped.
#[derive(Debug)]
pub(crate) struct Bare {
    number: int16,
    ring: ManuallyDrop<Mapped>,
    bytes: uns32,
}

impl Bare {
    /// Opens a camera of the SDK, which is initialised as long as the value lives.
    pub(crate) fn open(name: &str, size: Size, frames: usize) -> Result<Self, Failure> {
        let bytes = usize::from(size.width) * usize::from(size.height) * 2 * frames;
        let ring = ManuallyDrop::new(Mapped::zeroed(bytes)?);
        let (name, mut number) = (CString::new(name)?, -1);
        // SAFETY: a name that the SDK does not keep, and room for a number.
        let opened = unsafe {
            (functions().pl_cam_open)(
                name.as_ptr().cast_mut(),
                &raw mut number,
                sys::OPEN_EXCLUSIVE,
            )
        };
        checked("pl_cam_open", opened)?;
        let this = Self { number, ring, bytes: uns32::try_from(bytes)? };
        let (s2, p2) = (size.width - 1, size.height - 1);
        let region = rgn_type { s1: 0, s2, sbin: 1, p1: 0, p2, pbin: 1 };
        // Counted in milliseconds.
        let exposure = uns32::try_from(size.period.as_millis())?;
        let mut frame_bytes = 0;
        // SAFETY: one region, and room for a number.
        let set_up = unsafe {
            (functions().pl_exp_setup_cont)(
                number,
                1,
                &raw const region,
                sys::TIMED_MODE,
                exposure,
                &raw mut frame_bytes,
                sys::CIRC_OVERWRITE,
            )
        };
        checked("pl_exp_setup_cont", set_up)?;
        Ok(this)
    }

    pub(crate) fn start(&self) -> Result<(), Failure> {
        let ring = self.ring.base().as_ptr().cast();
        // SAFETY: so many bytes, which are unmapped when the camera is closed, and looked at by nothing else.
        let started = unsafe { (functions().pl_exp_start_cont)(self.number, ring, self.bytes) };
        checked("pl_exp_start_cont", started)
    }

    pub(crate) fn abort(&self) -> Result<(), Failure> {
        // SAFETY: a number.
        let aborted = unsafe { (functions().pl_exp_abort)(self.number, sys::CCS_HALT) };
        checked("pl_exp_abort", aborted)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // SAFETY: a number. Closing ends what runs.
        let closed = unsafe { (functions().pl_cam_close)(self.number) };
        if closed == sys::PV_OK {
            // SAFETY: the camera writes no more, and the value is gone.
            unsafe { ManuallyDrop::drop(&mut self.ring) };
        }
    }
}

fn checked(function: &str, ok: rs_bool) -> Result<(), Failure> {
    if ok == sys::PV_OK { Ok(()) } else { Err(format!("{function} failed").into()) }
}
