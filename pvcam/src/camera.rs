//! An open camera.

use crate::description::Description;
use crate::error::SdkError;
use crate::handle::Handle;
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
