//! The shared library, as a program loads it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::{CStr, c_void};
use std::path::PathBuf;
use std::ptr::NonNull;

use framepool_pvcam_sys::{Functions, OPEN_EXCLUSIVE, PV_OK};
use libloading::{Error, Library, library_filename};

/// Returns where cargo puts the library that it builds for this test.
fn library() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap().join(library_filename("framepool_pvcam_sim"))
}

/// Clients load the library anew for each session of theirs.
#[test]
fn every_function_is_exported_and_a_camera_opens_again_and_again() {
    (0..20).for_each(|_| load_and_open());
}

fn load_and_open() {
    // SAFETY: the library has no initialisers of its own.
    let library = unsafe { Library::new(library()) }.unwrap();
    let lookup = |name: &'static CStr| -> Result<NonNull<c_void>, Error> {
        // SAFETY: only the address is used.
        let symbol = unsafe { library.get::<*mut c_void>(name) }?;
        Ok(NonNull::new(*symbol).unwrap())
    };
    // SAFETY: the library's functions are checked against these signatures where they are defined;
    // it is loaded until the end of this test.
    let functions = unsafe { Functions::load(lookup) }.unwrap();
    // SAFETY: takes nothing.
    assert_eq!(unsafe { (functions.pl_pvcam_init)() }, PV_OK);
    let mut hcam = -1;
    let name = c"SimCam00".as_ptr().cast_mut();
    // SAFETY: a name, and room for one number.
    assert_eq!(unsafe { (functions.pl_cam_open)(name, &raw mut hcam, OPEN_EXCLUSIVE) }, PV_OK);
    // SAFETY: takes nothing.
    assert_eq!(unsafe { (functions.pl_pvcam_uninit)() }, PV_OK);
    library.close().unwrap();
}
