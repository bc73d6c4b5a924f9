//! Every function in a process that has not initialised the library yet. There is one test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use common::functions::{every, needs_nothing, with_memory};
use framepool_pvcam_sim::SimError;
use framepool_pvcam_sys::PV_OK;

#[test]
fn before_the_library_is_initialised_every_other_function_says_so() {
    assert_eq!(common::error_code(), 0);
    let mut version = 0;
    call!(pl_pvcam_get_ver(&mut version)).unwrap();
    for (name, function) in every().filter(|(name, _)| !needs_nothing(name)) {
        let expected = Some(SimError::NotInitialized.code());
        with_memory(|memory| assert_eq!(function(memory), expected, "{name}"));
    }
    // SAFETY: the function takes nothing.
    assert_eq!(unsafe { (framepool_pvcam_sim::functions().pl_pvcam_init)() }, PV_OK);
}
