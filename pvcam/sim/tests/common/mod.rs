//! A client of the C functions, for tests.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(unreachable_pub, reason = "a module of several programs")]

pub mod functions;

use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use framepool_pvcam_sim::{SimError, functions};
use framepool_pvcam_sys::*;

/// Calls a function and returns the error code if it failed.
#[macro_export]
macro_rules! call {
    ($name:ident($($arg:expr),* $(,)?)) => {{
        let function = framepool_pvcam_sim::functions().$name;
        // SAFETY: every pointer that a test passes is valid for the call, or null.
        let ok = unsafe { function($($arg),*) };
        $crate::common::result(ok)
    }};
}

pub fn result(ok: rs_bool) -> Result<(), i16> {
    match ok {
        PV_OK => Ok(()),
        _ => Err(error_code()),
    }
}

pub fn error_code() -> i16 {
    // SAFETY: the function takes nothing.
    unsafe { (functions().pl_error_code)() }
}

/// Returns the result of a call that fails with an error.
pub fn err<T>(error: SimError) -> Result<T, i16> {
    Err(error.code())
}

/// The initialised library; one test at a time has it.
pub struct Sdk(MutexGuard<'static, ()>);

impl Sdk {
    pub fn new() -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        call!(pl_pvcam_init()).unwrap();
        Self(guard)
    }

    /// Initialises it with the cameras of a configuration.
    pub fn of(text: &str) -> Self {
        let file = std::env::temp_dir().join(format!("framepool-sim-{}.toml", std::process::id()));
        let mut sdk = Self::new();
        call!(pl_pvcam_uninit()).unwrap();
        std::fs::write(&file, text).unwrap();
        sdk.initialise(&file);
        std::fs::remove_file(&file).unwrap();
        sdk
    }

    fn initialise(&mut self, file: &std::path::Path) {
        // SAFETY: the tests of a program that uses this read the environment through the lock only.
        unsafe { std::env::set_var(framepool_pvcam_sim::CONFIG_VARIABLE, file) };
        let initialised = call!(pl_pvcam_init());
        // SAFETY: as above.
        unsafe { std::env::remove_var(framepool_pvcam_sim::CONFIG_VARIABLE) };
        initialised.unwrap();
    }

    /// Opens a camera.
    pub fn open(&self) -> Camera {
        open("SimCam00").unwrap()
    }
}

impl Drop for Sdk {
    fn drop(&mut self) {
        // A test may have done this already.
        let _ = call!(pl_pvcam_uninit());
    }
}

pub fn open(name: &str) -> Result<Camera, i16> {
    let name = CString::new(name).unwrap();
    let mut hcam = -1;
    call!(pl_cam_open(name.as_ptr().cast_mut(), &mut hcam, OPEN_EXCLUSIVE))?;
    Ok(Camera(hcam))
}

/// The handle of an open camera.
#[derive(Clone, Copy, Debug)]
pub struct Camera(pub i16);

/// The result of `pl_exp_check_cont_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    pub status: i16,
    pub bytes: u32,
    pub passes: u32,
}

pub fn square(side: u16) -> rgn_type {
    rgn_type { s1: 0, s2: side - 1, sbin: 1, p1: 0, p2: side - 1, pbin: 1 }
}

impl Camera {
    pub fn set_up(self, region: rgn_type, mode: i16, exposure: u32, circ: i16) -> Result<u32, i16> {
        let mut bytes = 0;
        call!(pl_exp_setup_cont(self.0, 1, &region, mode, exposure, &mut bytes, circ))?;
        Ok(bytes)
    }

    pub fn start(self, ring: &Ring) -> Result<(), i16> {
        call!(pl_exp_start_cont(self.0, ring.pointer().cast(), u32::try_from(ring.size).unwrap()))
    }

    pub fn stop(self) -> Result<(), i16> {
        call!(pl_exp_stop_cont(self.0, CCS_HALT))
    }

    pub fn abort(self) -> Result<(), i16> {
        call!(pl_exp_abort(self.0, CCS_HALT))
    }

    pub fn trigger(self) -> Result<u32, i16> {
        let mut flags = 99;
        call!(pl_exp_trigger(self.0, &mut flags, 0))?;
        Ok(flags)
    }

    pub fn latest(self) -> Result<(*mut u8, FRAME_INFO), i16> {
        let (mut frame, mut info) = (ptr::null_mut(), FRAME_INFO::default());
        call!(pl_exp_get_latest_frame_ex(self.0, &mut frame, &mut info))?;
        Ok((frame.cast(), info))
    }

    pub fn oldest(self) -> Result<(*mut u8, FRAME_INFO), i16> {
        let (mut frame, mut info) = (ptr::null_mut(), FRAME_INFO::default());
        call!(pl_exp_get_oldest_frame_ex(self.0, &mut frame, &mut info))?;
        Ok((frame.cast(), info))
    }

    pub fn unlock(self) -> Result<(), i16> {
        call!(pl_exp_unlock_oldest_frame(self.0))
    }

    pub fn status(self) -> Status {
        let mut now = Status { status: -1, bytes: 0, passes: 0 };
        let Status { status, bytes, passes } = &mut now;
        call!(pl_exp_check_cont_status(self.0, status, bytes, passes)).unwrap();
        now
    }

    pub fn get<T: Default>(self, param: u32, attribute: i16) -> Result<T, i16> {
        let mut value = T::default();
        call!(pl_get_param(self.0, param, attribute, (&raw mut value).cast()))?;
        Ok(value)
    }

    pub fn set<T>(self, param: u32, mut value: T) -> Result<(), i16> {
        call!(pl_set_param(self.0, param, (&raw mut value).cast()))
    }

    pub fn text(self, param: u32) -> Result<String, i16> {
        let mut text = [0_u8; 32];
        call!(pl_get_param(self.0, param, ATTR_CURRENT, text.as_mut_ptr().cast()))?;
        let end = text.iter().position(|&byte| byte == 0).unwrap();
        Ok(String::from_utf8(text[..end].to_vec()).unwrap())
    }

    /// Calls `handler` at each end of frame until the returned value is dropped.
    pub fn on_frame<'a>(self, handler: impl FnMut(&FRAME_INFO) + Send + 'a) -> Registered<'a> {
        self.on(PL_CALLBACK_EOF, handler)
    }

    /// Calls `handler` at each event of a kind until the returned value is dropped.
    pub fn on<'a>(
        self,
        event: i32,
        handler: impl FnMut(&FRAME_INFO) + Send + 'a,
    ) -> Registered<'a> {
        let hook: Box<Hook<'a>> = Box::new(Box::new(handler));
        let hook = Box::into_raw(hook);
        let function = trampoline as *mut c_void;
        call!(pl_cam_register_callback_ex3(self.0, event, function, hook.cast())).unwrap();
        Registered { camera: self, event, hook }
    }

    pub fn deregister(self) -> Result<(), i16> {
        call!(pl_cam_deregister_callback(self.0, PL_CALLBACK_EOF))
    }
}

type Hook<'a> = Box<dyn FnMut(&FRAME_INFO) + Send + 'a>;

unsafe extern "system" fn trampoline(info: *const FRAME_INFO, context: *mut c_void) {
    // SAFETY: the library gives what was registered, from one thread at a time.
    let hook = unsafe { &mut *context.cast::<Hook<'static>>() };
    // SAFETY: the library gives a description that lives as long as the call.
    hook(unsafe { &*info });
}

/// A registered handler.
pub struct Registered<'a> {
    camera: Camera,
    event: i32,
    hook: *mut Hook<'a>,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        // A test may have closed the camera, which also ends the handler.
        let _ = call!(pl_cam_deregister_callback(self.camera.0, self.event));
        // SAFETY: made by `Box::into_raw`, and no handler runs any more.
        drop(unsafe { Box::from_raw(self.hook) });
    }
}

/// The ring that a camera writes; no reference to it exists while the camera may write.
///
/// Dropping it ends every acquisition, so it must not outlive the test's [`Sdk`].
pub struct Ring {
    memory: *mut [u8],
    pub size: usize,
}

// SAFETY: it is used as addresses only.
unsafe impl Send for Ring {}
// SAFETY: as above.
unsafe impl Sync for Ring {}

impl Ring {
    pub fn new(size: usize) -> Self {
        Self { memory: Box::into_raw(vec![0xAB; size].into_boxed_slice()), size }
    }

    pub fn pointer(&self) -> *mut u8 {
        self.memory.cast()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        for hcam in 0..MAX_CAM {
            // A test, perhaps a failed one, may have left any camera running.
            let _ = call!(pl_exp_abort(i16::try_from(hcam).unwrap(), CCS_HALT));
        }
        // SAFETY: made by `Box::into_raw`, and no camera writes it any more.
        drop(unsafe { Box::from_raw(self.memory) });
    }
}

/// Copies a frame, which the camera must not be writing.
pub fn copy(frame: *const u8, bytes: usize) -> Vec<u8> {
    let mut copy = vec![0; bytes];
    // SAFETY: a frame of the ring has this many bytes, and the vector too.
    unsafe { ptr::copy_nonoverlapping(frame, copy.as_mut_ptr(), bytes) };
    copy
}
