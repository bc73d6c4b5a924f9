//! Structures that the library makes for its clients, which also release them after its end.

use std::collections::BTreeMap;
use std::sync::Mutex;

use framepool_pvcam_sys::FRAME_INFO;

use crate::error::SimError;
use crate::sync::lock;

/// The descriptions that were not released yet, by their addresses.
static INFOS: Mutex<BTreeMap<usize, Address>> = Mutex::new(BTreeMap::new());

/// What `Box::into_raw` returned.
struct Address(*mut FRAME_INFO);

// SAFETY: a box of plain data, which any thread may drop.
unsafe impl Send for Address {}

/// Makes a description of a frame.
pub(crate) fn create_info() -> *mut FRAME_INFO {
    let info = Box::into_raw(Box::<FRAME_INFO>::default());
    lock(&INFOS).insert(info.addr(), Address(info));
    info
}

/// Releases one that was made here; any other address is refused, whatever it points to.
pub(crate) fn release_info(info: *mut FRAME_INFO) -> Result<(), SimError> {
    let Address(info) = lock(&INFOS).remove(&info.addr()).ok_or(SimError::PointerUnknown)?;
    // SAFETY: from `Box::into_raw`, and removed from the list once.
    drop(unsafe { Box::from_raw(info) });
    Ok(())
}
