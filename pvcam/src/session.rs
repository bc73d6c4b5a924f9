//! The initialised SDK, from `pl_pvcam_init` to `pl_pvcam_uninit`.

use crate::error::SdkError;
use crate::library::Library;

/// The initialised SDK. Dropping it calls `pl_pvcam_uninit`, so every open camera holds a
/// reference to it.
#[derive(Debug)]
pub(crate) struct Session {
    library: Library,
}

impl Session {
    pub(crate) fn start(library: Library) -> Result<Self, SdkError> {
        // SAFETY: the function has no parameters.
        library.call("pl_pvcam_init", |f| unsafe { (f.pl_pvcam_init)() })?;
        Ok(Self { library })
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the function has no parameters. Every camera is closed: an open one would hold a
        // reference to this session.
        let ended = self.library.call("pl_pvcam_uninit", |f| unsafe { (f.pl_pvcam_uninit)() });
        if let Err(error) = ended {
            tracing::warn!(%error, "the camera SDK did not end cleanly");
            self.library.stay();
        }
    }
}
