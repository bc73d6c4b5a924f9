//! The functions, listed once.

use core::ffi::{CStr, c_void};
use core::mem::transmute;
use core::ptr::NonNull;

/// Calls a macro with the list of all functions, each with its documentation and signature.
///
/// The macro gets a sequence of `/// docs` and `fn name(argument: Type, ..) -> Type;`. Types have
/// their full paths, so that the caller need not import them.
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
        /// Returns the SDK's version as `major << 8 | minor << 4 | revision`.
        fn pl_pvcam_get_ver(version: *mut $crate::uns16) -> $crate::rs_bool;
        /// Initialises the SDK, and makes the list of cameras, which does not change after that.
        fn pl_pvcam_init() -> $crate::rs_bool;
        /// Uninitialises the SDK, and closes all cameras.
        fn pl_pvcam_uninit() -> $crate::rs_bool;
        /// Returns the number of cameras.
        fn pl_cam_get_total(total: *mut $crate::int16) -> $crate::rs_bool;
        /// Returns the name of a camera, in at most `CAM_NAME_LEN` bytes.
        fn pl_cam_get_name(index: $crate::int16, name: *mut ::core::ffi::c_char) -> $crate::rs_bool;
        /// Opens the camera with a name, and returns its handle.
        fn pl_cam_open(name: *mut ::core::ffi::c_char, hcam: *mut $crate::int16, mode: $crate::int16) -> $crate::rs_bool;
        /// Closes a camera.
        fn pl_cam_close(hcam: $crate::int16) -> $crate::rs_bool;
        /// Registers a handler, a `PL_CALLBACK_SIG_LEGACY`, for an event of a camera.
        fn pl_cam_register_callback(hcam: $crate::int16, event: $crate::int32, callback: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Registers a handler, a `PL_CALLBACK_SIG_EX`, for an event of a camera.
        fn pl_cam_register_callback_ex(hcam: $crate::int16, event: $crate::int32, callback: *mut ::core::ffi::c_void, context: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Registers a handler, a `PL_CALLBACK_SIG_EX2`, for an event of a camera.
        fn pl_cam_register_callback_ex2(hcam: $crate::int16, event: $crate::int32, callback: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Registers a handler, a `PL_CALLBACK_SIG_EX3`, for an event of a camera.
        fn pl_cam_register_callback_ex3(hcam: $crate::int16, event: $crate::int32, callback: *mut ::core::ffi::c_void, context: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Removes the handler for an event of a camera.
        fn pl_cam_deregister_callback(hcam: $crate::int16, event: $crate::int32) -> $crate::rs_bool;
        /// Returns the error code of the last call, 0 if it succeeded.
        fn pl_error_code() -> $crate::int16;
        /// Returns the message of an error code, in at most `ERROR_MSG_LEN` bytes.
        fn pl_error_message(code: $crate::int16, message: *mut ::core::ffi::c_char) -> $crate::rs_bool;
        /// Returns an attribute of a parameter; the type behind `value` depends on both.
        fn pl_get_param(hcam: $crate::int16, param: $crate::uns32, attribute: $crate::int16, value: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Sets a parameter; the type behind `value` depends on it.
        fn pl_set_param(hcam: $crate::int16, param: $crate::uns32, value: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Returns one entry of an enumerated parameter, with its text in at most `length` bytes.
        fn pl_get_enum_param(hcam: $crate::int16, param: $crate::uns32, index: $crate::uns32, value: *mut $crate::int32, text: *mut ::core::ffi::c_char, length: $crate::uns32) -> $crate::rs_bool;
        /// Returns the bytes of an entry's text, its NUL included.
        fn pl_enum_str_length(hcam: $crate::int16, param: $crate::uns32, index: $crate::uns32, length: *mut $crate::uns32) -> $crate::rs_bool;
        /// Resets the post-processing features of a camera.
        fn pl_pp_reset(hcam: $crate::int16) -> $crate::rs_bool;
        /// Makes a description of a frame, to be released by `pl_release_frame_info_struct`.
        fn pl_create_frame_info_struct(frame_info: *mut *mut $crate::FRAME_INFO) -> $crate::rs_bool;
        /// Releases a description that `pl_create_frame_info_struct` made, also after the SDK's end.
        fn pl_release_frame_info_struct(frame_info: *mut $crate::FRAME_INFO) -> $crate::rs_bool;
        /// Makes a structure of `entries` parameters of smart streaming.
        fn pl_create_smart_stream_struct(stream: *mut *mut $crate::smart_stream_type, entries: $crate::uns16) -> $crate::rs_bool;
        /// Releases one that `pl_create_smart_stream_struct` made, and sets the pointer to null.
        fn pl_release_smart_stream_struct(stream: *mut *mut $crate::smart_stream_type) -> $crate::rs_bool;
        /// Makes a structure for decoded metadata, with room for as many regions as this frame has.
        fn pl_md_create_frame_struct(frame: *mut *mut $crate::md_frame, source: *mut ::core::ffi::c_void, size: $crate::uns32) -> $crate::rs_bool;
        /// Makes a structure for decoded metadata, with room for so many regions.
        fn pl_md_create_frame_struct_cont(frame: *mut *mut $crate::md_frame, regions: $crate::uns16) -> $crate::rs_bool;
        /// Releases one that `pl_md_create_frame_struct` or `pl_md_create_frame_struct_cont` made.
        fn pl_md_release_frame_struct(frame: *mut $crate::md_frame) -> $crate::rs_bool;
        /// Decodes the metadata of a frame of `size` bytes.
        fn pl_md_frame_decode(frame: *mut $crate::md_frame, source: *mut ::core::ffi::c_void, size: $crate::uns32) -> $crate::rs_bool;
        /// Copies the regions of a decoded frame into a picture.
        fn pl_md_frame_recompose(picture: *mut ::core::ffi::c_void, x: $crate::uns16, y: $crate::uns16, width: $crate::uns16, height: $crate::uns16, frame: *mut $crate::md_frame) -> $crate::rs_bool;
        /// Reads a collection of extended metadata.
        fn pl_md_read_extended(collection: *mut $crate::md_ext_item_collection, source: *mut ::core::ffi::c_void, size: $crate::uns32) -> $crate::rs_bool;
        /// Prepares a continuous acquisition, and returns the bytes of one frame.
        fn pl_exp_setup_cont(hcam: $crate::int16, region_count: $crate::uns16, regions: *const $crate::rgn_type, mode: $crate::int16, exposure: $crate::uns32, frame_bytes: *mut $crate::uns32, circ_mode: $crate::int16) -> $crate::rs_bool;
        /// Starts the prepared acquisition into the application's ring of `size` bytes.
        fn pl_exp_start_cont(hcam: $crate::int16, ring: *mut ::core::ffi::c_void, size: $crate::uns32) -> $crate::rs_bool;
        /// Prepares a sequence of `frames` frames, and returns the bytes of all of them.
        fn pl_exp_setup_seq(hcam: $crate::int16, frames: $crate::uns16, region_count: $crate::uns16, regions: *const $crate::rgn_type, mode: $crate::int16, exposure: $crate::uns32, bytes: *mut $crate::uns32) -> $crate::rs_bool;
        /// Starts the prepared sequence into the application's buffer, of as many bytes as the setup returned.
        fn pl_exp_start_seq(hcam: $crate::int16, buffer: *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Returns the state of a sequence, and the bytes written.
        fn pl_exp_check_status(hcam: $crate::int16, status: *mut $crate::int16, bytes_arrived: *mut $crate::uns32) -> $crate::rs_bool;
        /// Ends a sequence; both further arguments are ignored.
        fn pl_exp_finish_seq(hcam: $crate::int16, buffer: *mut ::core::ffi::c_void, reserved: $crate::int16) -> $crate::rs_bool;
        /// Triggers an exposure; `flags` says whether the camera takes the trigger.
        fn pl_exp_trigger(hcam: $crate::int16, flags: *mut $crate::uns32, value: $crate::uns32) -> $crate::rs_bool;
        /// Returns the state of a continuous acquisition: the bytes written in this pass of the ring, and
        /// the number of passes before it.
        fn pl_exp_check_cont_status(hcam: $crate::int16, status: *mut $crate::int16, bytes_arrived: *mut $crate::uns32, buffer_count: *mut $crate::uns32) -> $crate::rs_bool;
        /// Does the same and describes the newest complete frame; its number is 0 if there is none.
        fn pl_exp_check_cont_status_ex(hcam: $crate::int16, status: *mut $crate::int16, bytes_arrived: *mut $crate::uns32, buffer_count: *mut $crate::uns32, frame_info: *mut $crate::FRAME_INFO) -> $crate::rs_bool;
        /// Returns the newest frame or, in a handler, the frame that it was called for.
        fn pl_exp_get_latest_frame(hcam: $crate::int16, frame: *mut *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Does the same and describes the frame.
        fn pl_exp_get_latest_frame_ex(hcam: $crate::int16, frame: *mut *mut ::core::ffi::c_void, frame_info: *mut $crate::FRAME_INFO) -> $crate::rs_bool;
        /// Returns the oldest frame that is not unlocked.
        fn pl_exp_get_oldest_frame(hcam: $crate::int16, frame: *mut *mut ::core::ffi::c_void) -> $crate::rs_bool;
        /// Does the same and describes the frame.
        fn pl_exp_get_oldest_frame_ex(hcam: $crate::int16, frame: *mut *mut ::core::ffi::c_void, frame_info: *mut $crate::FRAME_INFO) -> $crate::rs_bool;
        /// Unlocks the frame that `pl_exp_get_oldest_frame` returned, so that it may be overwritten.
        fn pl_exp_unlock_oldest_frame(hcam: $crate::int16) -> $crate::rs_bool;
        /// Ends a continuous acquisition.
        fn pl_exp_stop_cont(hcam: $crate::int16, ccs_mode: $crate::int16) -> $crate::rs_bool;
        /// Ends any acquisition.
        fn pl_exp_abort(hcam: $crate::int16, ccs_mode: $crate::int16) -> $crate::rs_bool;
    } };
}

macro_rules! define_functions {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $ret:ty;)*) => {
        /// A table of function pointers: the functions of an SDK that was loaded at run time.
        ///
        /// A caller has the duties that the vendor's manual states: pointers must be valid for what
        /// the function reads or writes through them.
        ///
        /// The table may get more functions only with a new major version (a new minor one before
        /// 1.0), so that a program that fills it itself, as a simulator does, lacks none.
        #[derive(Clone, Copy, Debug)]
        pub struct Functions {
            $($(#[$doc])* pub $name: unsafe extern "system" fn($($arg: $type),*) -> $ret,)*
        }

        /// The name of every function in [`Functions`], in its order.
        pub const FUNCTION_NAMES: &[&str] = &[$(stringify!($name)),*];

        impl Functions {
            /// Fills the table by calling `lookup` for the name of each function.
            ///
            /// # Errors
            ///
            /// Returns the first error of `lookup`.
            ///
            /// # Safety
            ///
            /// - `lookup` returns the address of the function with the name that it is given, of a
            ///   library with the interface of this crate.
            /// - The library stays loaded for as long as any copy of the table is called.
            pub unsafe fn load<E>(
                mut lookup: impl FnMut(&'static CStr) -> Result<NonNull<c_void>, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($name: {
                    // Checked at compile time; `stringify!` makes no C string literals.
                    const NAME: &CStr = match CStr::from_bytes_with_nul(
                        concat!(stringify!($name), "\0").as_bytes(),
                    ) {
                        Ok(name) => name,
                        Err(_) => panic!("a function's name holds no NUL"),
                    };
                    let address = lookup(NAME)?.as_ptr();
                    // SAFETY: the caller's duty: the address of a function with this signature. It
                    // is not null.
                    unsafe { transmute::<*mut c_void, unsafe extern "system" fn($($type),*) -> $ret>(address) }
                },)* })
            }
        }
    };
}

for_each_function!(define_functions);
