//! One camera: closed, open, or imaging.
//!
//! No thread holds the lock of a camera while it waits for another thread or calls a handler, so a
//! handler may call any function.

use std::ffi::{CStr, CString};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use framepool_pvcam_sys::{
    CCS_CLEAR_OPEN_SHTR, CCS_NO_CHANGE, CIRC_NONE, FRAME_INFO, PARAM_EXP_RES,
    PARAM_EXPOSE_OUT_MODE, PARAM_EXPOSURE_MODE, PL_CALLBACK_CAM_REMOVED, PL_CALLBACK_CAM_RESUMED,
    PL_CALLBACK_CHECK_CAMS, PL_CALLBACK_EOF, READOUT_NOT_ACTIVE, rgn_type,
};

use crate::error::SimError;
use crate::notifier::{self, Handler, Notifier};
use crate::parameter::{self, Answer};
use crate::ring::Ring;
use crate::row::{Choice, Context};
use crate::run::{Found, Run, Status};
use crate::settings::Settings;
use crate::setup::{RingMode, Setup};
use crate::sync::lock;

/// The state of an open camera.
#[derive(Debug)]
struct Session {
    settings: Settings,
    setup: Option<Setup>,
    run: Option<Arc<Run>>,
    notifier: Arc<Notifier>,
    /// A thread is closing the camera, and waits for the camera's threads; all calls are refused.
    closing: bool,
}

impl Session {
    /// Returns whether the camera may write; a sequence that is complete has ended.
    fn is_imaging(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.is_imaging())
    }

    /// Returns the setup, if an acquisition may be started.
    fn startable(&self) -> Result<Setup, SimError> {
        if self.is_imaging() {
            return Err(SimError::Acquiring);
        }
        self.setup.ok_or(SimError::SetupRequired)
    }

    /// Starts an acquisition in the place of one that is complete.
    fn run(&mut self, hcam: i16, setup: Setup, ring: Ring) -> Result<(), SimError> {
        self.run = Some(Run::start(hcam, setup, ring, Arc::clone(&self.notifier))?);
        Ok(())
    }
}

/// One of the SDK's cameras.
#[derive(Debug)]
pub(crate) struct Camera {
    hcam: i16,
    name: CString,
    session: Mutex<Option<Session>>,
}

impl Camera {
    pub(crate) fn new(hcam: i16, name: CString) -> Self {
        Self { hcam, name, session: Mutex::new(None) }
    }

    /// Returns the handle that the camera has while it is open, which is its index.
    pub(crate) fn hcam(&self) -> i16 {
        self.hcam
    }

    pub(crate) fn name(&self) -> &CStr {
        &self.name
    }

    pub(crate) fn open(&self) -> Result<(), SimError> {
        let mut session = lock(&self.session);
        if session.is_some() {
            return Err(SimError::CameraInUse);
        }
        *session = Some(Session {
            settings: parameter::first_settings(),
            setup: None,
            run: None,
            notifier: Notifier::start()?,
            closing: false,
        });
        Ok(())
    }

    /// Stops the acquisition, waits for the handler unless it calls this itself, and closes
    /// the camera.
    pub(crate) fn close(&self) -> Result<(), SimError> {
        let (run, notifier) = self.with(|session| {
            session.closing = true;
            Ok((session.run.take(), Arc::clone(&session.notifier)))
        })?;
        if let Some(run) = run {
            run.stop();
        }
        notifier.close();
        *lock(&self.session) = None;
        Ok(())
    }

    pub(crate) fn register(&self, event: i32, handler: Handler) -> Result<(), SimError> {
        let notifier = self.notifier()?;
        if reported(event)? {
            notifier.set_handler(handler);
        }
        Ok(())
    }

    pub(crate) fn deregister(&self, event: i32) -> Result<(), SimError> {
        let notifier = self.notifier()?;
        if reported(event)? {
            notifier.remove_handler();
        }
        Ok(())
    }

    /// Passes an attribute of a parameter to `answer`; it may borrow from the camera.
    pub(crate) fn get_param(
        &self,
        id: u32,
        attribute: i16,
        answer: impl FnOnce(Answer<'_>) -> Result<(), SimError>,
    ) -> Result<(), SimError> {
        self.with(|session| answer(parameter::get(id, attribute, &self.context(session))?))
    }

    /// Sets a parameter to the number that `read` returns for the parameter's type.
    pub(crate) fn set_param(
        &self,
        id: u32,
        read: impl FnOnce(u16) -> Result<i64, SimError>,
    ) -> Result<(), SimError> {
        self.with(|session| {
            let context = self.context(session);
            let value = read(parameter::settable_type(id, &context)?)?;
            parameter::check(id, value, &context)?;
            parameter::store(id, value, &mut session.settings);
            Ok(())
        })
    }

    pub(crate) fn choice(&self, id: u32, index: u32) -> Result<Choice, SimError> {
        self.with(|session| parameter::choice(id, index, &self.context(session)))
    }

    /// Prepares a continuous acquisition and returns the bytes of a frame.
    pub(crate) fn set_up(
        &self,
        regions: &[rgn_type],
        mode: i16,
        exposure: u32,
        circ_mode: i16,
    ) -> Result<u32, SimError> {
        self.prepare(|unit| Setup::new(regions, mode, exposure, unit, circ_mode))
            .map(|setup| setup.frame_bytes())
    }

    /// Prepares a sequence and returns the bytes of all of its frames.
    pub(crate) fn set_up_sequence(
        &self,
        frames: u16,
        regions: &[rgn_type],
        mode: i16,
        exposure: u32,
    ) -> Result<u32, SimError> {
        self.prepare(|unit| {
            Setup::new(regions, mode, exposure, unit, CIRC_NONE)?.into_sequence(frames)
        })
        .map(|setup| setup.frame_bytes() * u32::from(frames))
    }

    fn prepare(
        &self,
        make: impl FnOnce(i64) -> Result<Setup, SimError>,
    ) -> Result<Setup, SimError> {
        self.with(|session| {
            if session.is_imaging() {
                return Err(SimError::Acquiring);
            }
            let setup = make(session.settings.get(PARAM_EXP_RES))?;
            session.settings.set(PARAM_EXPOSURE_MODE, setup.exposure_mode.into());
            session.settings.set(PARAM_EXPOSE_OUT_MODE, setup.expose_out.into());
            session.setup = Some(setup);
            Ok(setup)
        })
    }

    /// Starts the continuous acquisition that was set up.
    ///
    /// # Safety
    ///
    /// - If this succeeds, `ring` is valid for reads and writes of `size` bytes from any thread
    ///   until a call that ends the acquisition has returned.
    pub(crate) unsafe fn start(&self, ring: NonNull<u8>, size: u32) -> Result<(), SimError> {
        self.with(|session| {
            let setup = session.startable()?;
            if setup.sequence.is_some() || setup.ring_mode == RingMode::None {
                return Err(SimError::ConfigurationInvalid);
            }
            let frame_bytes = setup.frame_bytes();
            let frames = size / frame_bytes;
            if frames == 0 || !size.is_multiple_of(frame_bytes) {
                return Err(SimError::RingSizeInvalid);
            }
            if frames > setup.max_ring_frames() {
                return Err(SimError::DriverRefused);
            }
            // SAFETY: `frames * frame_bytes` is `size`, and the rest is the caller's duty.
            let ring = unsafe { Ring::new(ring.as_ptr(), frame_bytes as usize, frames) };
            session.run(self.hcam, setup, ring)
        })
    }

    /// Starts the sequence that was set up.
    ///
    /// # Safety
    ///
    /// - If this succeeds, `buffer` is valid for reads and writes of as many bytes as the setup returned from any
    ///   thread until a call that ends the acquisition has returned.
    pub(crate) unsafe fn start_sequence(&self, buffer: NonNull<u8>) -> Result<(), SimError> {
        self.with(|session| {
            let setup = session.startable()?;
            let frames = setup.sequence.ok_or(SimError::ConfigurationInvalid)?;
            let frame_bytes = setup.frame_bytes() as usize;
            // SAFETY: that many bytes the setup returned; the rest is the caller's duty.
            let buffer = unsafe { Ring::new(buffer.as_ptr(), frame_bytes, frames.into()) };
            session.run(self.hcam, setup, buffer)
        })
    }

    /// Ends the acquisition, if there is one. When this returns, the ring is no longer written.
    pub(crate) fn stop(&self, ccs_mode: i16) -> Result<(), SimError> {
        if !(CCS_NO_CHANGE..=CCS_CLEAR_OPEN_SHTR).contains(&ccs_mode) {
            return Err(SimError::StopModeInvalid);
        }
        let Some(run) = self.with(|session| Ok(session.run.clone()))? else { return Ok(()) };
        run.stop();
        // Another thread may have stopped the same acquisition, and already started the next one.
        self.with(|session| {
            session.run.take_if(|current| current.id() == run.id());
            Ok(())
        })
        // If another thread is closing the camera, this is refused, but the acquisition has ended.
        .or(Ok(()))
    }

    pub(crate) fn trigger(&self) -> Result<u32, SimError> {
        self.run()?.trigger()
    }

    pub(crate) fn status(&self) -> Result<Status, SimError> {
        let idle = Status { status: READOUT_NOT_ACTIVE, bytes_arrived: 0, buffer_count: 0 };
        self.with(|session| Ok(session.run.as_ref().map_or(idle, |run| run.status())))
    }

    /// Describes the newest complete frame, with the number 0 if there is none.
    pub(crate) fn newest_info(&self) -> Result<FRAME_INFO, SimError> {
        let none = FRAME_INFO { hCam: self.hcam, ..FRAME_INFO::default() };
        self.with(|session| {
            let info = session.run.as_ref().and_then(|run| run.newest_info());
            Ok(info.unwrap_or(none))
        })
    }

    /// Resets the post-processing, of which the camera has none.
    pub(crate) fn reset_post_processing(&self) -> Result<(), SimError> {
        self.with(|_| Ok(()))
    }

    /// Finds the newest frame or, if a handler calls this, the frame that it was called for.
    pub(crate) fn latest(&self) -> Result<Found, SimError> {
        let run = self.run()?;
        match notifier::current() {
            Some(notification) if notification.run == run.id() => Ok(run.notified(&notification)),
            _ => run.latest(),
        }
    }

    /// Does the same, unless an overrun has not been reported yet: then it reports that.
    pub(crate) fn latest_checked(&self) -> Result<Found, SimError> {
        self.run()?.check_overrun()?;
        self.latest()
    }

    pub(crate) fn oldest(&self) -> Result<Found, SimError> {
        self.run()?.oldest()
    }

    pub(crate) fn unlock_oldest(&self) -> Result<(), SimError> {
        self.run()?.unlock_oldest()
    }

    fn run(&self) -> Result<Arc<Run>, SimError> {
        self.with(|session| session.run.clone().ok_or(SimError::NotAcquiring))
    }

    fn notifier(&self) -> Result<Arc<Notifier>, SimError> {
        self.with(|session| Ok(Arc::clone(&session.notifier)))
    }

    fn context<'a>(&'a self, session: &'a Session) -> Context<'a> {
        Context {
            name: &self.name,
            settings: &session.settings,
            setup: session.setup.as_ref(),
            imaging: session.is_imaging(),
        }
    }

    /// Runs `work` with the state of the camera, if it is open.
    fn with<R>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<R, SimError>,
    ) -> Result<R, SimError> {
        match &mut *lock(&self.session) {
            Some(session) if !session.closing => work(session),
            _ => Err(SimError::HandleInvalid),
        }
    }
}

/// Returns whether the camera calls handlers of an event. It accepts handlers for unplugging, which
/// never happens, and has no begin-of-frame event.
fn reported(event: i32) -> Result<bool, SimError> {
    match event {
        PL_CALLBACK_EOF => Ok(true),
        PL_CALLBACK_CHECK_CAMS | PL_CALLBACK_CAM_REMOVED | PL_CALLBACK_CAM_RESUMED => Ok(false),
        _ => Err(SimError::EventInvalid),
    }
}
