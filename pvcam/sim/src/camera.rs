//! One camera: closed, open, or imaging.
//!
//! The lock of a camera is never held while a thread is waited for or a handler called, so that a
//! handler may call anything.

use std::ffi::{CStr, CString};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use framepool_pvcam_sys::{
    CCS_CLEAR_OPEN_SHTR, CCS_NO_CHANGE, PARAM_EXP_RES, PL_CALLBACK_CAM_REMOVED,
    PL_CALLBACK_CAM_RESUMED, PL_CALLBACK_CHECK_CAMS, PL_CALLBACK_EOF, READOUT_NOT_ACTIVE, rgn_type,
};

use crate::error::SimError;
use crate::notifier::{self, Handler, Notifier};
use crate::parameter::{self, Answer, Choice, Context, Settings};
use crate::ring::Ring;
use crate::run::{Found, Run, Status};
use crate::setup::{RingMode, Setup};
use crate::sync::lock;

/// What a camera has while it is open.
#[derive(Debug)]
struct Session {
    settings: Settings,
    setup: Option<Setup>,
    run: Option<Arc<Run>>,
    notifier: Arc<Notifier>,
    /// Somebody is closing it and waits for its threads; its handle is good for nothing else.
    closing: bool,
}

/// A camera of the list.
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

    /// The handle while it is open, which is its index.
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
            settings: Settings::new(),
            setup: None,
            run: None,
            notifier: Notifier::start()?,
            closing: false,
        });
        Ok(())
    }

    /// Stops, waits for the handler unless it calls this, and closes.
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

    /// Answers an attribute; `answer` is given what may borrow from the camera.
    pub(crate) fn get_param(
        &self,
        id: u32,
        attribute: i16,
        answer: impl FnOnce(Answer<'_>) -> Result<(), SimError>,
    ) -> Result<(), SimError> {
        self.with(|session| answer(parameter::get(id, attribute, &self.context(session))?))
    }

    /// Sets a parameter to what `read` makes of its type.
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

    /// Prepares an acquisition and tells the bytes of a frame.
    pub(crate) fn set_up(
        &self,
        regions: &[rgn_type],
        mode: i16,
        exposure: u32,
        circ_mode: i16,
    ) -> Result<u32, SimError> {
        self.with(|session| {
            if session.run.is_some() {
                return Err(SimError::Acquiring);
            }
            let unit = session.settings.get(PARAM_EXP_RES);
            let setup = Setup::new(regions, mode, exposure, unit, circ_mode)?;
            session.setup = Some(setup);
            Ok(setup.frame_bytes())
        })
    }

    /// Starts the acquisition that was set up.
    ///
    /// # Safety
    ///
    /// - If this succeeds, `ring` is valid for reads and writes of `size` bytes from any thread
    ///   until a call that ends the acquisition has returned.
    pub(crate) unsafe fn start(&self, ring: NonNull<u8>, size: u32) -> Result<(), SimError> {
        self.with(|session| {
            if session.run.is_some() {
                return Err(SimError::Acquiring);
            }
            let setup = session.setup.ok_or(SimError::SetupRequired)?;
            if setup.ring_mode == RingMode::None {
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
            let notifier = Arc::clone(&session.notifier);
            session.run = Some(Run::start(self.hcam, setup, ring, notifier)?);
            Ok(())
        })
    }

    /// Ends the acquisition, if there is one: when this returns, the ring is written no more.
    pub(crate) fn stop(&self, ccs_mode: i16) -> Result<(), SimError> {
        if !(CCS_NO_CHANGE..=CCS_CLEAR_OPEN_SHTR).contains(&ccs_mode) {
            return Err(SimError::StopModeInvalid);
        }
        let Some(run) = self.with(|session| Ok(session.run.clone()))? else { return Ok(()) };
        run.stop();
        // Whoever stopped the same acquisition may have been faster, and started the next.
        self.with(|session| {
            session.run.take_if(|current| current.id() == run.id());
            Ok(())
        })
        // Somebody may be closing the camera meanwhile; the acquisition ended all the same.
        .or(Ok(()))
    }

    pub(crate) fn trigger(&self) -> Result<u32, SimError> {
        self.run()?.trigger()
    }

    pub(crate) fn status(&self) -> Result<Status, SimError> {
        let idle = Status { status: READOUT_NOT_ACTIVE, bytes_arrived: 0, buffer_count: 0 };
        self.with(|session| Ok(session.run.as_ref().map_or(idle, |run| run.status())))
    }

    /// Finds the frame that the calling handler was called for or, elsewhere, the newest.
    pub(crate) fn latest(&self) -> Result<Found, SimError> {
        let run = self.run()?;
        match notifier::current() {
            Some(notification) if notification.run == run.id() => Ok(run.notified(&notification)),
            _ => run.latest(),
        }
    }

    /// Does the same unless an overrun is to be reported first.
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
            imaging: session.run.is_some(),
        }
    }

    /// Works with the camera if it is open.
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

/// Whether the camera reports an event. It is never unplugged, so it accepts handlers for that and
/// does not call them; begin of frame it does not have.
fn reported(event: i32) -> Result<bool, SimError> {
    match event {
        PL_CALLBACK_EOF => Ok(true),
        PL_CALLBACK_CHECK_CAMS | PL_CALLBACK_CAM_REMOVED | PL_CALLBACK_CAM_RESUMED => Ok(false),
        _ => Err(SimError::EventInvalid),
    }
}
