//! The entry point: initialises the SDK, lists its cameras and opens them.

use crate::camera::Camera;
use crate::error::{OpenError, SdkError};
use crate::library::{Library, string_from};
use crate::session::Session;
use framepool_pvcam_sys::{self as sys, CAM_NAME_LEN};
use std::sync::Arc;

/// The initialised SDK; each library can be initialised once at a time. Clones are handles of the
/// same SDK. It is uninitialised when the last handle, camera and acquisition is dropped.
#[derive(Debug, Clone)]
pub struct Sdk {
    session: Arc<Session>,
}

impl Sdk {
    /// Initialises the SDK. It looks for cameras now, and does not find those plugged in later.
    ///
    /// # Errors
    /// [`SdkError`], also if this library is initialised already.
    pub fn init(library: Library) -> Result<Self, SdkError> {
        Ok(Self { session: Arc::new(Session::start(library)?) })
    }

    /// Returns the library.
    #[must_use]
    pub fn library(&self) -> &Library {
        self.session.library()
    }

    /// Returns the names of the cameras that were found.
    ///
    /// # Errors
    /// [`SdkError`].
    pub fn cameras(&self) -> Result<Vec<String>, SdkError> {
        let mut total: sys::int16 = 0;
        self.library().call("pl_cam_get_total", |f| {
            // SAFETY: the function writes one 16-bit number.
            unsafe { (f.pl_cam_get_total)(&raw mut total) }
        })?;
        (0..total)
            .map(|index| {
                let mut name = [0; CAM_NAME_LEN];
                self.library().call("pl_cam_get_name", |f| {
                    // SAFETY: the function writes at most `CAM_NAME_LEN` bytes.
                    unsafe { (f.pl_cam_get_name)(index, name.as_mut_ptr()) }
                })?;
                Ok(string_from(&name))
            })
            .collect()
    }

    /// Opens the camera with this name.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, name: &str) -> Result<Camera, OpenError> {
        let found = self.cameras()?;
        if found.is_empty() {
            return Err(OpenError::NoCamera);
        }
        if !found.iter().any(|camera| camera == name) {
            return Err(OpenError::Unknown { name: name.to_owned(), found });
        }
        Ok(Camera::open(Arc::clone(&self.session), name)?)
    }

    /// Opens the first camera.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_first(&self) -> Result<Camera, OpenError> {
        match self.cameras()?.first() {
            Some(name) => self.open(name),
            None => Err(OpenError::NoCamera),
        }
    }
}
