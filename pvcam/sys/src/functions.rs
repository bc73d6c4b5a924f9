//! The functions, listed once.

use core::ffi::{CStr, c_void};
use core::mem::transmute;
use core::ptr::NonNull;

/// Passes the list of all functions, with documentation and signature, to the macro it is given.
///
/// The macro receives a sequence of `/// docs` and `fn name(argument: Type, ..) -> Type;`. Types
/// are written with their full path, so the caller need import nothing.
///
/// # Examples
///
/// ```
/// macro_rules! count {
///     ($($(#[$_doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $ret:ty;)*) => {
///         [$(stringify!($name)),*].len()
///     };
/// }
/// let n = framepool_pvcam_sys::for_each_function!(count);
/// assert_eq!(n, framepool_pvcam_sys::FUNCTION_NAMES.len());
/// ```
#[macro_export]
macro_rules! for_each_function {
    ($($callback:tt)+) => { $($callback)+! {
        /// Tells the SDK's version as `major << 8 | minor << 4 | revision`.
        fn pl_pvcam_get_ver(version: *mut $crate::uns16) -> $crate::rs_bool;
        /// Starts the SDK and fixes the list of cameras.
        fn pl_pvcam_init() -> $crate::rs_bool;
        /// Ends the SDK and closes every camera.
        fn pl_pvcam_uninit() -> $crate::rs_bool;
        /// Tells the number of cameras.
        fn pl_cam_get_total(total: *mut $crate::int16) -> $crate::rs_bool;
        /// Tells the name of a camera, in at most `CAM_NAME_LEN` bytes.
        fn pl_cam_get_name(index: $crate::int16, name: *mut ::core::ffi::c_char) -> $crate::rs_bool;
        /// Opens the camera of a name and gives its handle.
        fn pl_cam_open(name: *mut ::core::ffi::c_char, hcam: *mut $crate::int16, mode: $crate::int16) -> $crate::rs_bool;
        /// Closes a camera.
        fn pl_cam_close(hcam: $crate::int16) -> $crate::rs_bool;
        /// Registers a handler, a `PL_CALLBACK_SIG_EX3`, for an event of a camera.
        fn pl_cam_register_callback_ex3(hcam: $crate::int16, event: $crate::int32, callback: *mut ::core::ffi::c_void, context: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Removes the handler for an event of a camera.
        fn pl_cam_deregister_callback(hcam: $crate::int16, event: $crate::int32) -> $crate::rs_bool;
        /// Tells the error code of the last call, 0 if it succeeded.
        fn pl_error_code() -> $crate::int16;
        /// Tells the text of an error code, in at most `ERROR_MSG_LEN` bytes.
        fn pl_error_message(code: $crate::int16, message: *mut ::core::ffi::c_char) -> $crate::rs_bool;
        /// Tells an attribute of a parameter; what `value` points at depends on both.
        fn pl_get_param(hcam: $crate::int16, param: $crate::uns32, attribute: $crate::int16, value: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Sets a parameter; what `value` points at depends on it.
        fn pl_set_param(hcam: $crate::int16, param: $crate::uns32, value: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Tells one entry of an enumerated parameter, with its text in at most `length` bytes.
        fn pl_get_enum_param(hcam: $crate::int16, param: $crate::uns32, index: $crate::uns32, value: *mut $crate::int32, text: *mut ::core::ffi::c_char, length: $crate::uns32) -> $crate::rs_bool;
        /// Tells the bytes of an entry's text, its NUL included.
        fn pl_enum_str_length(hcam: $crate::int16, param: $crate::uns32, index: $crate::uns32, length: *mut $crate::uns32) -> $crate::rs_bool;
        /// Prepares a continuous acquisition and tells the bytes of one frame.
        fn pl_exp_setup_cont(hcam: $crate::int16, region_count: $crate::uns16, regions: *const $crate::rgn_type, mode: $crate::int16, exposure: $crate::uns32, frame_bytes: *mut $crate::uns32, circ_mode: $crate::int16) -> $crate::rs_bool;
        /// Starts the prepared acquisition into the application's ring of `size` bytes.
        fn pl_exp_start_cont(hcam: $crate::int16, ring: *mut ::core::ffi::c_void, size: $crate::uns32) -> $crate::rs_bool;
        /// Triggers an exposure; `flags` tells whether the camera took the trigger.
        fn pl_exp_trigger(hcam: $crate::int16, flags: *mut $crate::uns32, value: $crate::uns32) -> $crate::rs_bool;
        /// Tells the state of a continuous acquisition.
        fn pl_exp_check_cont_status(hcam: $crate::int16, status: *mut $crate::int16, bytes_arrived: *mut $crate::uns32, buffer_count: *mut $crate::uns32) -> $crate::rs_bool;
        /// Finds the newest frame or, in a handler, the frame that it was called for.
        fn pl_exp_get_latest_frame(hcam: $crate::int16, frame: *mut *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Does the same and describes the frame.
        fn pl_exp_get_latest_frame_ex(hcam: $crate::int16, frame: *mut *mut ::core::ffi::c_void, frame_info: *mut $crate::FRAME_INFO) -> $crate::rs_bool;
        /// Finds the oldest frame that is not unlocked.
        fn pl_exp_get_oldest_frame(hcam: $crate::int16, frame: *mut *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Does the same and describes the frame.
        fn pl_exp_get_oldest_frame_ex(hcam: $crate::int16, frame: *mut *mut ::core::ffi::c_void, frame_info: *mut $crate::FRAME_INFO) -> $crate::rs_bool;
        /// Gives back the frame that `pl_exp_get_oldest_frame` found.
        fn pl_exp_unlock_oldest_frame(hcam: $crate::int16) -> $crate::rs_bool;
        /// Ends a continuous acquisition.
        fn pl_exp_stop_cont(hcam: $crate::int16, ccs_mode: $crate::int16) -> $crate::rs_bool;
        /// Ends any acquisition.
        fn pl_exp_abort(hcam: $crate::int16, ccs_mode: $crate::int16) -> $crate::rs_bool;
    } };
}

macro_rules! define_functions {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $ret:ty;)*) => {
        /// One pointer per function: how a program calls an SDK that it found at run time.
        ///
        /// Each call's duties are those of the vendor's manual; pointers must be valid for what
        /// the function reads or writes through them.
        #[derive(Clone, Copy, Debug)]
        pub struct Functions {
            $($(#[$doc])* pub $name: unsafe extern "system" fn($($arg: $type),*) -> $ret,)*
        }

        /// The name of every function in [`Functions`], in its order.
        pub const FUNCTION_NAMES: &[&str] = &[$(stringify!($name)),*];

        impl Functions {
            /// Fills the table by asking `lookup` for the address of each name in turn.
            ///
            /// # Errors
            ///
            /// Returns the first error of `lookup`, which knows the name it was asked for.
            ///
            /// # Safety
            ///
            /// - What `lookup` returns for a name is the address of the function of that name in
            ///   a library with the interface of this crate.
            /// - The library stays loaded for as long as any copy of the table is called.
            pub unsafe fn load<E>(
                mut lookup: impl FnMut(&'static CStr) -> Result<NonNull<c_void>, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($name: {
                    // A C string literal cannot be made by `stringify!`; this check is at compile time.
                    const NAME: &CStr = match CStr::from_bytes_with_nul(
                        concat!(stringify!($name), "\0").as_bytes(),
                    ) {
                        Ok(name) => name,
                        Err(_) => panic!("a function's name holds no NUL"),
                    };
                    let address = lookup(NAME)?.as_ptr();
                    // SAFETY: by the caller's first duty this is the address of a function with
                    // this signature, and it is not null.
                    unsafe { transmute::<*mut c_void, unsafe extern "system" fn($($type),*) -> $ret>(address) }
                },)* })
            }
        }
    };
}

for_each_function!(define_functions);
