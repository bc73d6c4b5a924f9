//! The registration of the end-of-frame callback, from one call of the SDK to the other.

use crate::callback::on_end_of_frame;
use crate::error::SdkError;
use crate::handle::Handle;
use framepool_pvcam_sys::{PL_CALLBACK_EOF, PL_CALLBACK_SIG_EX3};
use std::ffi::c_void;
use std::sync::Arc;

/// The callback is registered; dropping this deregisters it.
#[derive(Debug)]
pub(crate) struct Registration(Arc<Handle>);

impl Registration {
    pub(crate) fn new(handle: &Arc<Handle>) -> Result<Self, SdkError> {
        let callback: PL_CALLBACK_SIG_EX3 = on_end_of_frame;
        handle.library().call("pl_cam_register_callback_ex3", |f| {
            let (number, context) = (handle.number(), handle.callback().as_pointer());
            // SAFETY: the callback has the type that ex3 calls, and its context is never freed: the
            // SDK may call late, even after it was told to call no more.
            unsafe {
                (f.pl_cam_register_callback_ex3)(
                    number,
                    PL_CALLBACK_EOF,
                    callback as *mut c_void,
                    context,
                )
            }
        })?;
        Ok(Self(Arc::clone(handle)))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let deregistered = self.0.library().call("pl_cam_deregister_callback", |f| {
            // SAFETY: the handle is open.
            unsafe { (f.pl_cam_deregister_callback)(self.0.number(), PL_CALLBACK_EOF) }
        });
        if let Err(error) = &deregistered {
            tracing::error!(%error, "the callback stays registered, and does nothing");
        }
    }
}
