//! The SDK and the camera that the command line names.

use framepool_pvcam::{Camera, Library, OpenError, Sdk};
use std::error::Error;
use std::path::Path;

/// Initialises the SDK of this path, or else of the linked-in simulator.
pub(crate) fn init(path: Option<&Path>) -> Result<Sdk, Box<dyn Error>> {
    let library = match path {
        // SAFETY: the user has chosen the library, and guarantees that it is the SDK's.
        Some(path) => unsafe { Library::load(path) }?,
        None => Library::simulated(),
    };
    Ok(Sdk::init(library)?)
}

/// Opens the camera of this name, or else the first.
pub(crate) fn open(sdk: &Sdk, name: Option<&str>) -> Result<Camera, OpenError> {
    match name {
        Some(name) => sdk.open(name),
        None => sdk.open_first(),
    }
}

/// Names a library, with the SDK's version.
pub(crate) fn described(library: &Library) -> String {
    let path = library.path().map(|path| path.display().to_string());
    let version = library.version().unwrap_or_else(|| "unknown".to_owned());
    format!("{} (PVCAM {version})", path.as_deref().unwrap_or("linked-in simulator"))
}
