//! The SDK's handle of an open camera, and which setup and acquisition the camera has now.

use crate::callback::CallbackContext;
use crate::error::{SdkError, SetupError, StartError};
use crate::library::Library;
use crate::parameter::Parameters;
use crate::session::Session;
use crate::typed::Access;
use framepool_pvcam_sys::{self as sys, int16, uns32};
use std::ffi::CString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The SDK's handle of an open camera; dropping it closes the camera. The camera and the
/// acquisition that runs on it share it.
#[derive(Debug)]
pub(crate) struct Handle {
    session: Arc<Session>,
    number: int16,
    callback: &'static CallbackContext,
    state: Mutex<State>,
}

/// A camera has one setup and one acquisition at a time; this says which.
#[derive(Debug, Default)]
struct State {
    /// Counts the setups; all but the newest are no longer in the camera.
    generation: u64,
    running: bool,
    /// An acquisition could not be ended: the camera may image until it is closed.
    is_stuck: bool,
}

/// The right to run an acquisition on a camera, until it is dropped; there is one at a time.
#[derive(Debug)]
pub(crate) struct Running(Arc<Handle>);

impl Handle {
    pub(crate) fn open(session: Arc<Session>, name: &str) -> Result<Self, SdkError> {
        let mut number: int16 = -1;
        // The name is one that the SDK listed as a C string, so it contains no NUL.
        let c_name = CString::new(name).unwrap_or_default().into_raw();
        let opened = session.library().call("pl_cam_open", |f| {
            // SAFETY: a NUL-terminated name, which the SDK does not keep, and room for a handle.
            unsafe { (f.pl_cam_open)(c_name, &raw mut number, sys::OPEN_EXCLUSIVE) }
        });
        // SAFETY: the pointer came from `into_raw`, and is taken back once.
        drop(unsafe { CString::from_raw(c_name) });
        opened?;
        Ok(Self { session, number, callback: CallbackContext::leaked(), state: Mutex::default() })
    }

    pub(crate) fn library(&self) -> &Library {
        self.session.library()
    }

    /// Returns the number by which the SDK's functions know the camera.
    pub(crate) fn number(&self) -> int16 {
        self.number
    }

    /// Returns the context of this camera's callbacks.
    pub(crate) fn callback(&self) -> &'static CallbackContext {
        self.callback
    }

    pub(crate) fn parameters(&self) -> Parameters<'_> {
        Parameters { library: self.library(), handle: self.number }
    }

    /// Triggers one frame, and returns whether the camera took the trigger.
    pub(crate) fn trigger(&self) -> Result<bool, SdkError> {
        let mut flags: uns32 = sys::PL_SW_TRIG_STATUS_IGNORED;
        self.library().call("pl_exp_trigger", |f| {
            // SAFETY: the function writes one 32-bit number.
            unsafe { (f.pl_exp_trigger)(self.number, &raw mut flags, 0) }
        })?;
        Ok(flags == sys::PL_SW_TRIG_STATUS_TRIGGERED)
    }

    /// Says that what runs could not be ended: nothing else may run until the camera is closed.
    pub(crate) fn sticks(&self) {
        self.state().is_stuck = true;
    }

    /// Ends whatever the camera acquires.
    pub(crate) fn abort(&self) -> Result<(), SdkError> {
        self.library().call("pl_exp_abort", |f| {
            // SAFETY: the handle is open.
            unsafe { (f.pl_exp_abort)(self.number, sys::CCS_HALT) }
        })
    }

    /// Runs `work` with the right to touch the parameters, while no other thread starts or ends an
    /// acquisition, or sets one up.
    pub(crate) fn access<T>(&self, work: impl FnOnce(&mut Access<'_>) -> T) -> T {
        let mut state = self.state();
        let mut access = self.access_while(state.running);
        let done = work(&mut access);
        if access.is_outdated {
            state.generation += 1;
        }
        done
    }

    /// Runs `set_up` with the right to touch the parameters, while no acquisition runs and no other
    /// setup is under way. Returns its result with the generation that the setup has.
    pub(crate) fn set_up<T>(
        &self,
        set_up: impl FnOnce(&mut Access<'_>) -> Result<T, SetupError>,
    ) -> Result<(u64, T), SetupError> {
        let mut state = self.state();
        if state.running {
            return Err(SetupError::Running);
        }
        // Counted first: a setup that fails half-way has replaced the older ones all the same.
        state.generation += 1;
        let done = set_up(&mut self.access_while(false))?;
        Ok((state.generation, done))
    }

    /// Claims the camera for an acquisition with the setup of `generation`.
    pub(crate) fn run(self: &Arc<Self>, generation: u64) -> Result<Running, StartError> {
        let mut state = self.state();
        if state.running {
            return Err(StartError::Running);
        }
        if state.generation != generation {
            return Err(StartError::Stale);
        }
        state.running = true;
        Ok(Running(Arc::clone(self)))
    }

    fn access_while(&self, is_imaging: bool) -> Access<'_> {
        Access { parameters: self.parameters(), is_imaging, is_outdated: false }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running = state.is_stuck;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and no acquisition runs, since it would share this handle.
        let closed =
            self.library().call("pl_cam_close", |f| unsafe { (f.pl_cam_close)(self.number) });
        if let Err(error) = closed {
            tracing::warn!(%error, "the camera was not closed cleanly");
            self.library().stay();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framepool_pvcam_sys::{Functions, PV_OK, rs_bool};

    unsafe extern "system" fn succeed() -> rs_bool {
        PV_OK
    }

    unsafe extern "system" fn close(_: int16) -> rs_bool {
        PV_OK
    }

    fn handle() -> Arc<Handle> {
        let library = Library::linked(Functions {
            pl_pvcam_init: succeed,
            pl_pvcam_uninit: succeed,
            pl_cam_close: close,
            ..framepool_pvcam_sim::functions()
        });
        let session = Arc::new(Session::start(library).unwrap());
        let callback = CallbackContext::leaked();
        Arc::new(Handle { session, number: 0, callback, state: Mutex::default() })
    }

    #[test]
    fn nothing_starts_or_ends_while_parameters_are_touched() {
        let handle = handle();
        let is_locked = |handle: &Handle| handle.state.try_lock().is_err();
        assert!(handle.access(|access| is_locked(&handle) && !access.is_imaging));
        assert!(handle.set_up(|_| Ok(is_locked(&handle))).unwrap().1);
        let running = handle.run(1).unwrap();
        assert!(handle.access(|access| is_locked(&handle) && access.is_imaging));
        drop(running);
        assert!(handle.access(|access| !access.is_imaging));
    }

    #[test]
    fn a_setup_is_stale_when_frames_have_changed() {
        let handle = handle();
        let (generation, ()) = handle.set_up(|_| Ok(())).unwrap();
        handle.access(|_| ());
        drop(handle.run(generation).unwrap());
        handle.access(|access| access.is_outdated = true);
        assert!(matches!(handle.run(generation), Err(StartError::Stale)));
        let (newest, ()) = handle.set_up(|_| Ok(())).unwrap();
        assert!(handle.run(newest).is_ok());
    }
}
