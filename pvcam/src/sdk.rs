//! The SDK while it is initialised, and its list of cameras.

use crate::camera::Camera;
use crate::error::SdkError;
use crate::library::{Library, string_from};
use framepool_pvcam_sys::{self as sys, CAM_NAME_LEN};
use std::sync::Arc;

/// Says why no camera could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The SDK found no camera when it was initialised: check cable and power, then start again.
    #[error("no camera was found")]
    NoCamera,
    /// No camera has this name.
    #[error("there is no camera named {name:?}; found: {}", found.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that there are.
        found: Vec<String>,
    },
    /// The SDK refused.
    #[error(transparent)]
    Sdk(#[from] SdkError),
}

/// The initialised SDK: one at a time for each library. Dropping the last handle ends it.
#[derive(Debug, Clone)]
pub struct Sdk {
    inner: Arc<Initialised>,
}

#[derive(Debug)]
pub(crate) struct Initialised {
    pub(crate) library: Library,
}

impl Drop for Initialised {
    fn drop(&mut self) {
        // SAFETY: takes nothing; every camera has been closed, since each holds this.
        let ended = self.library.call("pl_pvcam_uninit", |f| unsafe { (f.pl_pvcam_uninit)() });
        if let Err(error) = ended {
            tracing::warn!(%error, "the camera SDK did not end cleanly");
        }
    }
}

impl Sdk {
    /// Starts the SDK, which looks for cameras now and never again.
    ///
    /// # Errors
    /// [`SdkError`], also if this library is initialised already.
    pub fn init(library: Library) -> Result<Self, SdkError> {
        // SAFETY: takes nothing.
        library.call("pl_pvcam_init", |f| unsafe { (f.pl_pvcam_init)() })?;
        Ok(Self { inner: Arc::new(Initialised { library }) })
    }

    /// Returns the library.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.inner.library
    }

    /// Returns the names of the cameras that were found.
    ///
    /// # Errors
    /// [`SdkError`].
    pub fn cameras(&self) -> Result<Vec<String>, SdkError> {
        let mut total: sys::int16 = 0;
        self.library().call("pl_cam_get_total", |f| {
            // SAFETY: writes one 16-bit number.
            unsafe { (f.pl_cam_get_total)(&raw mut total) }
        })?;
        (0..total)
            .map(|index| {
                let mut name = [0; CAM_NAME_LEN];
                self.library().call("pl_cam_get_name", |f| {
                    // SAFETY: writes at most `CAM_NAME_LEN` bytes.
                    unsafe { (f.pl_cam_get_name)(index, name.as_mut_ptr()) }
                })?;
                Ok(string_from(&name))
            })
            .collect()
    }

    /// Opens the camera of that name.
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
        Ok(Camera::open(Arc::clone(&self.inner), name)?)
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
