//! The shared library, as a program loads it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::{CStr, c_void};
use std::path::PathBuf;
use std::ptr::NonNull;

use framepool_pvcam_sys::{Functions, PV_OK};
use libloading::{Error, Library, library_filename};

/// Returns where cargo puts the library that it builds for this test.
fn library() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap().join(library_filename("framepool_pvcam_sim"))
}

#[test]
fn every_function_is_exported_and_works() {
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
    // SAFETY: takes nothing.
    assert_eq!(unsafe { (functions.pl_pvcam_uninit)() }, PV_OK);
    library.close().unwrap();
}
