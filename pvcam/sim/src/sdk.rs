//! The SDK's global state: whether it is initialised, its cameras, and its error code.

use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicI16, Ordering};
use std::sync::{Arc, Mutex};

use framepool_pvcam_sys::{MAX_CAM, PV_FAIL, PV_OK, rs_bool};

use crate::camera::Camera;
use crate::error::SimError;
use crate::sync::lock;

/// The environment variable that sets the number of cameras; there is 1 if it is not set.
pub const CAMERAS_VARIABLE: &str = "FRAMEPOOL_SIM_CAMERAS";

/// The cameras, while the library is initialised. The list is fixed when it is.
static CAMERAS: Mutex<Option<Vec<Arc<Camera>>>> = Mutex::new(None);

/// The error code of the last call, of any thread, as in the SDK.
static LAST_ERROR: AtomicI16 = AtomicI16::new(0);

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
    let mut cameras = lock(&CAMERAS);
    if cameras.is_some() {
        return Err(SimError::AlreadyInitialized);
    }
    *cameras = Some((0..camera_count()?).map(simulated).collect());
    Ok(())
}

/// Uninitialises the SDK. When this returns, all cameras are closed, or another thread is closing
/// them.
pub(crate) fn uninit() -> Result<(), SimError> {
    let cameras = lock(&CAMERAS).take().ok_or(SimError::NotInitialized)?;
    for camera in cameras {
        // Fails for cameras that are not open.
        let _ = camera.close();
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
    match &*lock(&CAMERAS) {
        Some(cameras) => work(cameras),
        None => Err(SimError::NotInitialized),
    }
}

fn camera_count() -> Result<i16, SimError> {
    let Some(value) = std::env::var_os(CAMERAS_VARIABLE) else { return Ok(1) };
    let count = value.to_str().and_then(|text| text.trim().parse().ok());
    count
        .filter(|&count| usize::try_from(count).is_ok_and(|count| count <= MAX_CAM))
        .ok_or(SimError::InstallationCorrupted)
}

fn simulated(index: i16) -> Arc<Camera> {
    // The name has no NUL, so this never fails.
    let name = CString::new(format!("SimCam{index:02}")).unwrap_or_default();
    Arc::new(Camera::new(index, name))
}
