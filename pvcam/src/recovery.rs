//! Stopping what a process has left running that ended without stopping it.

use crate::error::SdkError;
use crate::handle::Handle;
use framepool_pvcam_sys::{self as sys, int16, uns32};

/// Stops the camera if it is not idle when it is opened. While it is imaging, it must not be asked
/// for its parameters.
///
/// Frames that are complete count as well: so says a camera that acquires continuously, and goes on.
pub(crate) fn stop_what_was_left(handle: &Handle) {
    // Which of the two functions knows depends on what the other process had set up. A camera on
    // which nothing was set up may refuse both.
    let asked = [continuous_status(handle), sequence_status(handle)];
    let status = asked.into_iter().flatten().find(|status| *status != sys::READOUT_NOT_ACTIVE);
    let Some(status) = status else { return };
    match handle.abort() {
        Ok(()) => tracing::warn!(status, "the camera was left imaging, and has been stopped"),
        // What is set up next will say why, if it is still so.
        Err(error) => tracing::warn!(status, %error, "the camera was left imaging, and goes on"),
    }
}

fn continuous_status(handle: &Handle) -> Result<int16, SdkError> {
    let (mut status, mut bytes, mut passes): (int16, uns32, uns32) = (0, 0, 0);
    handle.library().call("pl_exp_check_cont_status", |f| {
        let (status, bytes, passes) = (&raw mut status, &raw mut bytes, &raw mut passes);
        // SAFETY: the function writes three numbers of these sizes.
        unsafe { (f.pl_exp_check_cont_status)(handle.number(), status, bytes, passes) }
    })?;
    Ok(status)
}

fn sequence_status(handle: &Handle) -> Result<int16, SdkError> {
    let (mut status, mut bytes): (int16, uns32) = (0, 0);
    handle.library().call("pl_exp_check_status", |f| {
        // SAFETY: the function writes two numbers of these sizes.
        unsafe { (f.pl_exp_check_status)(handle.number(), &raw mut status, &raw mut bytes) }
    })?;
    Ok(status)
}
