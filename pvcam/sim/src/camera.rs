//! One camera: closed, open, or imaging.
//!
//! No thread holds the lock of a camera while it waits for another thread or calls a handler, so a
//! handler may call any function.

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use framepool_pvcam_sys::{
    CCS_CLEAR_OPEN_SHTR, CCS_NO_CHANGE, EXPOSURE_IN_PROGRESS, FRAME_INFO, PARAM_EXPOSE_OUT_MODE,
    PARAM_EXPOSURE_MODE, PARAM_TEMP_SETPOINT, READOUT_NOT_ACTIVE,
};
use parking_lot::Mutex;

use crate::choice::Choice;
use crate::cooler::Cooler;
use crate::error::SimError;
use crate::fault::What;
use crate::kind::Kind;
use crate::notifier::{self, Event, Handler, Notifier};
use crate::parameter::{self, Answer, Value};
use crate::plug::Plug;
use crate::post_processing;
use crate::ring::Ring;
use crate::row::Context;
use crate::run::{Found, Owner, Run, Status};
use crate::settings::Settings;
use crate::setup::{Request, RingMode, Setup};

/// How far an acquisition had come.
#[derive(Clone, Copy, Debug)]
struct Last {
    status: Status,
    info: Option<FRAME_INFO>,
}

/// The state of an open camera.
#[derive(Debug)]
struct Session {
    settings: Settings,
    setup: Option<Arc<Setup>>,
    run: Option<Arc<Run>>,
    /// How far the acquisition had come that was ended last, until the next setup.
    last: Option<Last>,
    /// The camera still exposes for another process.
    inherited: bool,
    notifier: Arc<Notifier>,
    /// A thread is closing the camera, and waits for the camera's threads; all calls are refused.
    closing: bool,
}

impl Session {
    /// Returns whether the camera may write; a sequence that is complete has ended.
    fn is_imaging(&self) -> bool {
        self.inherited || self.run.as_ref().is_some_and(|run| run.is_imaging())
    }

    /// Returns the status where there is no acquisition.
    fn idle(&self) -> Status {
        let status = if self.inherited { EXPOSURE_IN_PROGRESS } else { READOUT_NOT_ACTIVE };
        Status { status, bytes_arrived: 0, buffer_count: 0 }
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
    plug: Arc<Plug>,
    /// It was opened before.
    was_open: AtomicBool,
    /// How many ends of an acquisition are still to fail.
    failing_ends: AtomicU32,
    session: Mutex<Option<Session>>,
}

impl Camera {
    pub(crate) fn new(hcam: i16, kind: Kind) -> Self {
        let (_, _, set_point) = kind.model.cooling;
        let cooler = Mutex::new(Cooler::new(set_point));
        Self {
            hcam,
            cooler,
            plug: Arc::default(),
            was_open: AtomicBool::new(false),
            failing_ends: AtomicU32::new(kind.aborts_fail),
            session: Mutex::new(None),
            kind: Arc::new(kind),
        }
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
        if self.plug.is_away() {
            return Err(SimError::CameraRemoved);
        }
        if session.is_some() {
            return Err(SimError::CameraInUse);
        }
        let notifier = Notifier::start(self.hcam)?;
        let settings = parameter::first_settings(&self.kind);
        self.cooler.lock().aim(settings.get(PARAM_TEMP_SETPOINT));
        *session = Some(Session {
            settings,
            setup: None,
            run: None,
            last: None,
            // Ordering: Relaxed: under the lock.
            inherited: !self.was_open.swap(true, Ordering::Relaxed) && self.kind.exposing_at_open,
            notifier,
            closing: false,
        });
        Ok(())
    }

    /// Stops the acquisition, waits for the handler unless it calls this itself, and closes
    /// the camera.
    pub(crate) fn close(&self) -> Result<(), SimError> {
        let (run, notifier) = self.with_any(|session| {
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
            notifier.remove_handlers();
        }
    }

    pub(crate) fn register(&self, event: i32, handler: Handler) -> Result<(), SimError> {
        let notifier = self.with(|session| Ok(Arc::clone(&session.notifier)))?;
        notifier.set_handler(Event::of(event)?, handler);
        Ok(())
    }

    /// Removes a handler, also of a camera that is unplugged.
    pub(crate) fn deregister(&self, event: i32) -> Result<(), SimError> {
        let notifier = self.with_any(|session| Ok(Arc::clone(&session.notifier)))?;
        notifier.remove_handler(Event::of(event)?);
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
            (session.setup, session.last) = (None, None);
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
            let is_lockable = self.kind.ring_bytes.is_none_or(|most| u64::from(size) <= most);
            if frames > setup.max_ring_frames() || !is_lockable {
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
        let owner = Owner {
            hcam: self.hcam,
            kind: Arc::clone(&self.kind),
            notifier: Arc::clone(&session.notifier),
            plug: Arc::clone(&self.plug),
        };
        session.run = Some(Run::start(owner, setup, ring)?);
        Ok(())
    }

    /// Ends the acquisition, if there is one, also of a camera that is unplugged. When this returns, the ring is no
    /// longer written, unless it was planned that this fails.
    pub(crate) fn stop(&self, ccs_mode: i16) -> Result<(), SimError> {
        if !(CCS_NO_CHANGE..=CCS_CLEAR_OPEN_SHTR).contains(&ccs_mode) {
            return Err(SimError::StopModeInvalid);
        }
        let run = self.with_any(|session| match session.is_imaging() && self.end_fails() {
            true => Err(SimError::AbortFailed),
            false => Ok(session.run.clone()),
        })?;
        let Some(run) = run else { return Ok(()) };
        run.stop();
        // Another thread may have stopped the same acquisition, and already started the next one.
        self.with_any(|session| {
            if let Some(run) = session.run.take_if(|current| current.id() == run.id()) {
                let status = Status { status: READOUT_NOT_ACTIVE, ..run.status() };
                session.last = Some(Last { status, info: run.newest_info() });
            }
            Ok(())
        })
        // If another thread is closing the camera, this is refused, but the acquisition has ended.
        .or(Ok(()))
    }

    /// Ends what another process has left, too.
    pub(crate) fn abort(&self, ccs_mode: i16) -> Result<(), SimError> {
        self.stop(ccs_mode)?;
        self.with_any(|session| {
            session.inherited = false;
            Ok(())
        })
        // As in `stop`.
        .or(Ok(()))
    }

    /// Returns whether it is planned that an acquisition is not ended now.
    fn end_fails(&self) -> bool {
        let less = |count: u32| count.checked_sub(1);
        // Ordering: Relaxed: a count, which publishes nothing.
        self.failing_ends.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    pub(crate) fn trigger(&self) -> Result<u32, SimError> {
        self.run()?.trigger()
    }

    pub(crate) fn status(&self) -> Result<Status, SimError> {
        self.with(|session| {
            Ok(session.run.as_ref().map_or_else(|| session.idle(), |run| run.status()))
        })
    }

    /// Returns the status and the newest complete frame's description, which has the number 0 if there is none. Of an
    /// acquisition that was ended it still says how far it had come.
    pub(crate) fn progress(&self) -> Result<(Status, FRAME_INFO), SimError> {
        let none = FRAME_INFO { hCam: self.hcam, ..FRAME_INFO::default() };
        self.with(|session| {
            let last = match (&session.run, session.last) {
                // The description first, so that the status counts the frame that it describes.
                (Some(run), _) => Last { info: run.newest_info(), status: run.status() },
                (None, Some(last)) => last,
                (None, None) => Last { info: None, status: session.idle() },
            };
            Ok((last.status, last.info.unwrap_or(none)))
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
        let found = self.latest()?;
        let is_refused = self.kind.faults.has(What::Refused, found.nr);
        if is_refused { Err(SimError::NoFrame) } else { Ok(found) }
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

    fn context<'a>(&'a self, session: &'a Session) -> Context<'a> {
        Context {
            kind: &self.kind,
            settings: &session.settings,
            setup: session.setup.as_deref(),
            temperature: self.cooler.lock().now(),
            imaging: session.is_imaging(),
        }
    }

    /// Runs `work` with the state of the camera, if it is open and not unplugged.
    fn with<R>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<R, SimError>,
    ) -> Result<R, SimError> {
        self.with_any(|session| {
            if self.plug.is_away() { Err(SimError::CameraRemoved) } else { work(session) }
        })
    }

    /// Does the same, also while the camera is unplugged.
    fn with_any<R>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<R, SimError>,
    ) -> Result<R, SimError> {
        match &mut *self.session.lock() {
            Some(session) if !session.closing => work(session),
            _ => Err(SimError::HandleInvalid),
        }
    }
}
