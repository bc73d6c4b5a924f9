//! An open camera.

use crate::description::Description;
use crate::error::SdkError;
use crate::handle::Handle;
use crate::recovery;
use crate::session::Session;
use std::sync::Arc;

/// An open camera. It is closed when it, and the acquisition that runs on it, are dropped.
#[derive(Debug)]
pub struct Camera {
    handle: Arc<Handle>,
    description: Description,
}

impl Camera {
    pub(crate) fn open(session: Arc<Session>, name: &str) -> Result<Self, SdkError> {
        let handle = Arc::new(Handle::open(session, name)?);
        recovery::stop_what_was_left(&handle);
        let description = Description::read(name, &handle.parameters())?;
        Ok(Self { handle, description })
    }

    /// Returns the description of the camera.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    pub(crate) fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Library;
    use framepool_pvcam_sys::{self as sys, Functions, PV_FAIL, PV_OK, int16, rs_bool, uns32};
    use std::cell::RefCell;
    use std::ffi::{c_char, c_void};

    /// What the two functions for it say the camera does; `None` fails.
    #[derive(Default)]
    struct Left {
        continuous: Option<int16>,
        sequence: Option<int16>,
        abort_fails: bool,
        called: Vec<&'static str>,
    }

    thread_local! {
        static LEFT: RefCell<Left> = RefCell::default();
    }

    fn called(function: &'static str) {
        LEFT.with_borrow_mut(|left| left.called.push(function));
    }

    unsafe extern "system" fn succeed() -> rs_bool {
        PV_OK
    }

    unsafe extern "system" fn open(_: *mut c_char, number: *mut int16, _: int16) -> rs_bool {
        // SAFETY: the caller has room for a number.
        unsafe { number.write(0) };
        PV_OK
    }

    unsafe extern "system" fn close(_: int16) -> rs_bool {
        PV_OK
    }

    unsafe extern "system" fn continuous(
        _: int16,
        status: *mut int16,
        _: *mut uns32,
        _: *mut uns32,
    ) -> rs_bool {
        let Some(now) = LEFT.with_borrow(|left| left.continuous) else { return PV_FAIL };
        // SAFETY: the caller has room for a number.
        unsafe { status.write(now) };
        PV_OK
    }

    unsafe extern "system" fn sequence(_: int16, status: *mut int16, _: *mut uns32) -> rs_bool {
        let Some(now) = LEFT.with_borrow(|left| left.sequence) else { return PV_FAIL };
        // SAFETY: the caller has room for a number.
        unsafe { status.write(now) };
        PV_OK
    }

    unsafe extern "system" fn abort(_: int16, mode: int16) -> rs_bool {
        assert_eq!(mode, sys::CCS_HALT);
        called("abort");
        if LEFT.with_borrow(|left| left.abort_fails) { PV_FAIL } else { PV_OK }
    }

    /// Has no parameter.
    unsafe extern "system" fn get(
        _: int16,
        _: uns32,
        attribute: int16,
        to: *mut c_void,
    ) -> rs_bool {
        called("get");
        assert_eq!(attribute, sys::ATTR_AVAIL);
        // SAFETY: the caller has room for a boolean.
        unsafe { to.cast::<rs_bool>().write(0) };
        PV_OK
    }

    /// Opens a camera that was left so, and returns what was called first, and how often the abort.
    fn opened(left: Left) -> (&'static str, usize) {
        LEFT.replace(left);
        let library = Library::linked(Functions {
            pl_pvcam_init: succeed,
            pl_pvcam_uninit: succeed,
            pl_cam_open: open,
            pl_cam_close: close,
            pl_exp_check_cont_status: continuous,
            pl_exp_check_status: sequence,
            pl_exp_abort: abort,
            pl_get_param: get,
            ..framepool_pvcam_sim::functions()
        });
        let session = Session::start(library).unwrap();
        Camera::open(Arc::new(session), "Left").unwrap();
        let called = LEFT.take().called;
        (called[0], called.iter().filter(|function| **function == "abort").count())
    }

    #[test]
    fn a_camera_that_was_left_imaging_is_stopped_before_it_is_asked_anything() {
        let (exposing, reading) = (sys::EXPOSURE_IN_PROGRESS, sys::READOUT_IN_PROGRESS);
        for status in [exposing, reading, sys::FRAME_AVAILABLE, sys::ACQUISITION_IN_PROGRESS] {
            let continuous = Left { continuous: Some(status), ..Left::default() };
            assert_eq!(opened(continuous), ("abort", 1), "{status}");
            let sequence = Left { continuous: Some(0), sequence: Some(status), ..Left::default() };
            assert_eq!(opened(sequence), ("abort", 1), "{status}");
        }
        // It is opened all the same.
        let stuck = Left { continuous: Some(exposing), abort_fails: true, ..Left::default() };
        assert_eq!(opened(stuck), ("abort", 1));
    }

    #[test]
    fn a_camera_that_is_idle_is_left_alone() {
        let idle = Some(sys::READOUT_NOT_ACTIVE);
        for (continuous, sequence) in [(idle, idle), (None, idle), (idle, None), (None, None)] {
            assert_eq!(opened(Left { continuous, sequence, ..Left::default() }), ("get", 0));
        }
    }
}
