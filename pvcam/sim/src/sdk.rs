//! The SDK's global state: whether it is initialised, its cameras, and its error code.

use std::ffi::{CStr, CString};
use std::sync::Arc;
use std::sync::atomic::{AtomicI16, Ordering};

use framepool_pvcam_sys::{ERROR_MSG_LEN, PV_FAIL, PV_OK, rs_bool};
use parking_lot::{Mutex, Once};

use crate::camera::Camera;
use crate::config;
use crate::error::{self, SimError};

/// The cameras, while the library is initialised. The list is fixed when it is.
static CAMERAS: Mutex<Option<Vec<Arc<Camera>>>> = Mutex::new(None);

/// The error code of the last call, of any thread, as in the SDK.
static LAST_ERROR: AtomicI16 = AtomicI16::new(0);

/// Stops all cameras when the process ends: a client may free its rings then, and some do not stop before.
fn stop_at_exit() {
    extern "C" fn stop() {
        if let Some(cameras) = &*CAMERAS.lock() {
            cameras.iter().for_each(|camera| camera.stop_writing());
        }
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function takes nothing, and does not unwind. If it is refused, there is no such stop.
        unsafe { libc::atexit(stop) };
    });
}

/// What was wrong with the configuration when the library was last initialised.
static MISCONFIGURED: Mutex<Option<CString>> = Mutex::new(None);

/// Runs a call and stores its error for `pl_error_code`.
pub(crate) fn call(work: impl FnOnce() -> Result<(), SimError>) -> rs_bool {
    // Ordering: Relaxed: the code publishes nothing, and clients lock around the call and its code.
    LAST_ERROR.store(0, Ordering::Relaxed);
    match work() {
        Ok(()) => PV_OK,
        Err(error) => {
            // Ordering: Relaxed: as above.
            LAST_ERROR.store(error.code(), Ordering::Relaxed);
            PV_FAIL
        }
    }
}

pub(crate) fn last_error() -> i16 {
    // Ordering: Relaxed: as in `call`.
    LAST_ERROR.load(Ordering::Relaxed)
}

pub(crate) fn init() -> Result<(), SimError> {
    let mut cameras = CAMERAS.lock();
    if cameras.is_some() {
        return Err(SimError::AlreadyInitialized);
    }
    let kinds = config::cameras().map_err(|wrong| {
        *MISCONFIGURED.lock() = Some(misconfigured(&wrong));
        SimError::InstallationCorrupted
    })?;
    *MISCONFIGURED.lock() = None;
    stop_at_exit();
    *cameras =
        Some((0..).zip(kinds).map(|(hcam, kind)| Arc::new(Camera::new(hcam, kind))).collect());
    Ok(())
}

/// Returns the message for a configuration that is wrong: its end, if not all of it fits.
fn misconfigured(wrong: &str) -> CString {
    const NAME: &str = " (PL_ERR_INSTALLATION_CORRUPTED)";
    const CUT: &str = "..";
    let room = ERROR_MSG_LEN - 1 - NAME.len();
    // Some clients take the message for a format.
    let wrong = wrong.replace(['\n', '\0', '%'], " ");
    let text = if wrong.len() <= room {
        wrong
    } else {
        let first = wrong.len() - (room - CUT.len());
        let first = (first..wrong.len()).find(|&at| wrong.is_char_boundary(at));
        format!("{CUT}{}", &wrong[first.unwrap_or(wrong.len())..])
    };
    // There is no NUL in it, so this never fails.
    CString::new(text + NAME).unwrap_or_default()
}

/// Returns the message of any code.
pub(crate) fn message(code: i16) -> CString {
    let wrong =
        (code == SimError::InstallationCorrupted.code()).then(|| MISCONFIGURED.lock().clone());
    wrong.flatten().unwrap_or_else(|| error::message(code).to_owned())
}

/// Uninitialises the SDK. When this returns, no camera writes any more, and no handler is called, unless this is
/// called by one.
pub(crate) fn uninit() -> Result<(), SimError> {
    let cameras = CAMERAS.lock().take().ok_or(SimError::NotInitialized)?;
    for camera in cameras {
        // Fails for cameras that are not open, or that another thread is closing.
        if camera.close().is_err() {
            camera.stop_closing();
        }
    }
    Ok(())
}

pub(crate) fn total() -> Result<i16, SimError> {
    with_cameras(|cameras| Ok(i16::try_from(cameras.len()).unwrap_or(i16::MAX)))
}

/// Returns the camera with an index, which is also its handle. It need not be open.
fn camera(index: i16, otherwise: SimError) -> Result<Arc<Camera>, SimError> {
    let found = |cameras: &[Arc<Camera>]| cameras.get(usize::try_from(index).ok()?).cloned();
    with_cameras(|cameras| found(cameras).ok_or(otherwise))
}

pub(crate) fn camera_at(index: i16) -> Result<Arc<Camera>, SimError> {
    camera(index, SimError::CameraUnknown)
}

pub(crate) fn camera_of(hcam: i16) -> Result<Arc<Camera>, SimError> {
    camera(hcam, SimError::HandleInvalid)
}

pub(crate) fn camera_named(name: &CStr) -> Result<Arc<Camera>, SimError> {
    with_cameras(|cameras| {
        let found = cameras.iter().find(|camera| camera.name() == name);
        found.cloned().ok_or(SimError::CameraUnknown)
    })
}

fn with_cameras<R>(
    work: impl FnOnce(&[Arc<Camera>]) -> Result<R, SimError>,
) -> Result<R, SimError> {
    match &*CAMERAS.lock() {
        Some(cameras) => work(cameras),
        None => Err(SimError::NotInitialized),
    }
}
