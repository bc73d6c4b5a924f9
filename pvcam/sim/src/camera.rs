//! One camera: closed, open, or imaging.
//!
//! No thread holds the lock of a camera while it waits for another thread or calls a handler, so a
//! handler may call any function.

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;

use framepool_pvcam_sys::{
    CCS_CLEAR_OPEN_SHTR, CCS_NO_CHANGE, FRAME_INFO, PARAM_EXPOSE_OUT_MODE, PARAM_EXPOSURE_MODE,
    PARAM_TEMP_SETPOINT, PL_CALLBACK_CAM_REMOVED, PL_CALLBACK_CAM_RESUMED, PL_CALLBACK_CHECK_CAMS,
    PL_CALLBACK_EOF, READOUT_NOT_ACTIVE,
};
use parking_lot::Mutex;

use crate::choice::Choice;
use crate::cooler::Cooler;
use crate::error::SimError;
use crate::kind::Kind;
use crate::notifier::{self, Handler, Notifier};
use crate::parameter::{self, Answer, Value};
use crate::post_processing;
use crate::ring::Ring;
use crate::row::Context;
use crate::run::{Found, Run, Status};
use crate::settings::Settings;
use crate::setup::{Request, RingMode, Setup};

/// The state of an open camera.
#[derive(Debug)]
struct Session {
    settings: Settings,
    setup: Option<Arc<Setup>>,
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
    fn startable(&self) -> Result<Arc<Setup>, SimError> {
        if self.is_imaging() {
            return Err(SimError::Acquiring);
        }
        self.setup.clone().ok_or(SimError::SetupRequired)
    }
}

/// One of the SDK's cameras.
#[derive(Debug)]
pub(crate) struct Camera {
    hcam: i16,
    kind: Arc<Kind>,
    /// The sensor keeps its temperature while the camera is closed.
    cooler: Mutex<Cooler>,
    session: Mutex<Option<Session>>,
}

impl Camera {
    pub(crate) fn new(hcam: i16, kind: Kind) -> Self {
        let (_, _, set_point) = kind.model.cooling;
        let cooler = Mutex::new(Cooler::new(set_point));
        Self { hcam, kind: Arc::new(kind), cooler, session: Mutex::new(None) }
    }

    /// Returns the handle that the camera has while it is open, which is its index.
    pub(crate) fn hcam(&self) -> i16 {
        self.hcam
    }

    pub(crate) fn name(&self) -> &CStr {
        &self.kind.name
    }

    pub(crate) fn open(&self) -> Result<(), SimError> {
        let mut session = self.session.lock();
        if session.is_some() {
            return Err(SimError::CameraInUse);
        }
        let settings = parameter::first_settings(&self.kind);
        self.cooler.lock().aim(settings.get(PARAM_TEMP_SETPOINT));
        *session = Some(Session {
            settings,
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
            Ok((session.run.clone(), Arc::clone(&session.notifier)))
        })?;
        if let Some(run) = run {
            run.stop();
        }
        notifier.close();
        *self.session.lock() = None;
        Ok(())
    }

    /// Stops the acquisition if there is one, also while another thread is closing the camera, and does not wait for a
    /// handler.
    pub(crate) fn stop_writing(&self) {
        let run = self.session.lock().as_ref().and_then(|session| session.run.clone());
        if let Some(run) = run {
            run.stop();
        }
    }

    /// Stops the acquisition of a camera that another thread is closing, and waits for the handler.
    pub(crate) fn stop_closing(&self) {
        let session = self.session.lock();
        let notifier = session.as_ref().map(|session| Arc::clone(&session.notifier));
        drop(session);
        self.stop_writing();
        if let Some(notifier) = notifier {
            notifier.remove_handler();
        }
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

    /// Sets a parameter to the value that `read` returns for the parameter's type.
    pub(crate) fn set_param(
        &self,
        id: u32,
        read: impl FnOnce(u16) -> Result<Value, SimError>,
    ) -> Result<(), SimError> {
        self.with(|session| {
            let context = self.context(session);
            let value = read(parameter::settable_type(id, &context)?)?;
            parameter::check(id, &value, &context)?;
            parameter::store(id, value, &self.kind, &mut session.settings);
            if id == PARAM_TEMP_SETPOINT {
                self.cooler.lock().aim(session.settings.get(id));
            }
            Ok(())
        })
    }

    pub(crate) fn choice(&self, id: u32, index: u32) -> Result<Choice, SimError> {
        self.with(|session| parameter::choice(id, index, &self.context(session)))
    }

    /// Prepares an acquisition and returns the bytes of its buffer: of one frame, or of the sequence.
    pub(crate) fn set_up(&self, request: Request<'_>) -> Result<u32, SimError> {
        self.with(|session| {
            if session.is_imaging() {
                return Err(SimError::Acquiring);
            }
            // One that is refused leaves none: what was set up before would be started by mistake.
            session.setup = None;
            let setup = Setup::new(request, &self.kind, &session.settings)?;
            session.settings.set(PARAM_EXPOSURE_MODE, setup.exposure_mode.into());
            session.settings.set(PARAM_EXPOSE_OUT_MODE, setup.expose_out.into());
            // A sequence whose bytes do not fit has been refused.
            let bytes = setup.frame_bytes * u32::from(setup.sequence.unwrap_or(1));
            session.setup = Some(Arc::new(setup));
            Ok(bytes)
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
            let frame_bytes = setup.frame_bytes;
            let frames = size / frame_bytes;
            if frames == 0 || !size.is_multiple_of(frame_bytes) {
                return Err(SimError::RingSizeInvalid);
            }
            if frames > setup.max_ring_frames() {
                return Err(SimError::DriverRefused);
            }
            // SAFETY: `frames * frame_bytes` is `size`, and the rest is the caller's duty.
            let ring = unsafe { Ring::new(ring.as_ptr(), frame_bytes as usize, frames) };
            self.run_into(session, setup, ring)
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
            let frame_bytes = setup.frame_bytes as usize;
            // SAFETY: that many bytes the setup returned; the rest is the caller's duty.
            let buffer = unsafe { Ring::new(buffer.as_ptr(), frame_bytes, frames.into()) };
            self.run_into(session, setup, buffer)
        })
    }

    /// Starts an acquisition in the place of one that is complete.
    fn run_into(
        &self,
        session: &mut Session,
        setup: Arc<Setup>,
        ring: Ring,
    ) -> Result<(), SimError> {
        let (kind, notifier) = (Arc::clone(&self.kind), Arc::clone(&session.notifier));
        session.run = Some(Run::start(self.hcam, kind, setup, ring, notifier)?);
        Ok(())
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

    /// Sets what post-processing there is to its first values.
    pub(crate) fn reset_post_processing(&self) -> Result<(), SimError> {
        self.with(|session| {
            if !self.kind.model.is_recent {
                return Err(SimError::ParamNotAvailable);
            }
            if session.is_imaging() {
                return Err(SimError::ParamNotLive);
            }
            for (key, first) in post_processing::first_values() {
                session.settings.set(key, first);
            }
            Ok(())
        })
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
            kind: &self.kind,
            settings: &session.settings,
            setup: session.setup.as_deref(),
            temperature: self.cooler.lock().now(),
            imaging: session.is_imaging(),
        }
    }

    /// Runs `work` with the state of the camera, if it is open.
    fn with<R>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<R, SimError>,
    ) -> Result<R, SimError> {
        match &mut *self.session.lock() {
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
