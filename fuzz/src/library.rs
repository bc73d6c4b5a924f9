//! The simulated library, of which a process has one: its users take turns.

use framepool_pvcam::{Camera, Library, Sdk};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The camera that is open, if one is. A thread that has the lock may also end the library, when none is.
static CAMERA: Mutex<Option<Camera>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<Camera>> {
    CAMERA.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Works with an open camera.
pub(crate) fn with_camera<R>(work: impl FnOnce(&Camera) -> R) -> R {
    let mut camera = lock();
    work(camera.get_or_insert_with(|| {
        let sdk = Sdk::init(Library::simulated()).expect("it is initialised here alone");
        sdk.open_first().expect("there is a simulated camera")
    }))
}

/// Works with the library as it is before it is initialised, and is to leave it so.
pub(crate) fn with_none<R>(work: impl FnOnce() -> R) -> R {
    let mut camera = lock();
    *camera = None;
    work()
}
