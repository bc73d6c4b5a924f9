//! The exported C functions: each checks the client's pointers and calls the Rust code behind it.
//!
//! A caller has the duties that the manual states: a pointer that is not null is valid for what the
//! function reads or writes through it. The compiler checks the signatures in [`functions`], which
//! fills the table [`Functions`] with the functions of this module.

use std::ffi::{CStr, c_char, c_void};
use std::mem::transmute_copy;
use std::ptr::{NonNull, null, null_mut};

use framepool_pvcam_sys::*;

use crate::blocks;
use crate::error::SimError;
use crate::metadata::{self, Picture};
use crate::notifier::{Handler, Signature};
use crate::out::{Out, OutText};
use crate::parameter;
use crate::run::Found;
use crate::sdk::{self, call};
use crate::setup::{Frames, Request};
use crate::value::{read_value, write_answer};

/// The SDK version that the simulator reports, 3.10.2.
const VERSION: u16 = 3 << 8 | 10 << 4 | 2;

macro_rules! table {
    ($($(#[$_doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $ret:ty;)*) => {
        Functions { $($name),* }
    };
}

/// Returns the simulator's functions, for a program that links it in instead of loading it.
///
/// The process has one list of cameras and one error code. If it also loads the simulator as a
/// shared library, that copy has its own.
#[must_use]
pub const fn functions() -> Functions {
    for_each_function!(table)
}

/// Runs a call that returns one value through the client's pointer, which is checked before.
///
/// # Safety
///
/// - `to` is null, or valid for the write of a `T`.
unsafe fn answer<T>(to: *mut T, value: impl FnOnce() -> Result<T, SimError>) -> rs_bool {
    call(|| {
        // SAFETY: the caller's duty.
        let to = unsafe { Out::new(to) }?;
        to.set(value()?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_pvcam_get_ver(version: *mut uns16) -> rs_bool {
    // SAFETY: the caller's duty.
    unsafe { answer(version, || Ok(VERSION)) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_pvcam_init() -> rs_bool {
    call(sdk::init)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_pvcam_uninit() -> rs_bool {
    call(sdk::uninit)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_get_total(total: *mut int16) -> rs_bool {
    // SAFETY: the caller's duty.
    unsafe { answer(total, sdk::total) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_get_name(index: int16, name: *mut c_char) -> rs_bool {
    call(|| {
        // SAFETY: the caller's duty; the manual says how long the buffer is.
        let name = unsafe { OutText::new(name, CAM_NAME_LEN) }?;
        name.set(sdk::camera_at(index)?.name());
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_open(
    name: *mut c_char,
    hcam: *mut int16,
    mode: int16,
) -> rs_bool {
    call(|| {
        // SAFETY: the caller's duty.
        let hcam = unsafe { Out::new(hcam) }?;
        let name = NonNull::new(name).ok_or(SimError::NullPointer)?;
        // SAFETY: the caller's duty: a string that ends in NUL and does not change during the call.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) };
        let camera = sdk::camera_named(name)?;
        if mode != OPEN_EXCLUSIVE {
            return Err(SimError::OpenModeInvalid);
        }
        camera.open()?;
        hcam.set(camera.hcam());
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_close(hcam: int16) -> rs_bool {
    call(|| sdk::camera_of(hcam)?.close())
}

/// Registers a handler.
///
/// # Safety
///
/// - `callback` is null, or the address of a function of the type that `signature` takes, which may be called with
///   `context` on any thread until it is removed.
unsafe fn register<F>(
    hcam: int16,
    event: int32,
    callback: *mut c_void,
    context: *mut c_void,
    signature: fn(F) -> Signature,
) -> Result<(), SimError> {
    let callback = NonNull::new(callback).ok_or(SimError::NullPointer)?.as_ptr();
    const { assert!(size_of::<F>() == size_of::<*mut c_void>(), "it is a function") };
    // SAFETY: the caller's duty: the address of such a function; not null.
    let function = unsafe { transmute_copy::<*mut c_void, F>(&callback) };
    // SAFETY: the caller's duty.
    let handler = unsafe { Handler::new(signature(function), context) };
    sdk::camera_of(hcam)?.register(event, handler)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_register_callback(
    hcam: int16,
    event: int32,
    callback: *mut c_void,
) -> rs_bool {
    // SAFETY: the caller's duty.
    call(|| unsafe { register(hcam, event, callback, null_mut(), Signature::Legacy) })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_register_callback_ex(
    hcam: int16,
    event: int32,
    callback: *mut c_void,
    context: *mut c_void,
) -> rs_bool {
    // SAFETY: the caller's duty.
    call(|| unsafe { register(hcam, event, callback, context, Signature::Ex) })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_register_callback_ex2(
    hcam: int16,
    event: int32,
    callback: *mut c_void,
) -> rs_bool {
    // SAFETY: the caller's duty.
    call(|| unsafe { register(hcam, event, callback, null_mut(), Signature::Ex2) })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_register_callback_ex3(
    hcam: int16,
    event: int32,
    callback: *mut c_void,
    context: *mut c_void,
) -> rs_bool {
    // SAFETY: the caller's duty.
    call(|| unsafe { register(hcam, event, callback, context, Signature::Ex3) })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_cam_deregister_callback(
    hcam: int16,
    event: int32,
) -> rs_bool {
    call(|| sdk::camera_of(hcam)?.deregister(event))
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_error_code() -> int16 {
    sdk::last_error()
}

/// Works before the library is initialised, and never changes the error code.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_error_message(
    code: int16,
    message: *mut c_char,
) -> rs_bool {
    // SAFETY: the caller's duty; the manual says how long the buffer is.
    match unsafe { OutText::new(message, ERROR_MSG_LEN) } {
        Ok(message) => message.set(&sdk::message(code)).into(),
        Err(_) => PV_FAIL,
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_get_param(
    hcam: int16,
    param: uns32,
    attribute: int16,
    value: *mut c_void,
) -> rs_bool {
    call(|| {
        let value = NonNull::new(value).ok_or(SimError::NullPointer)?;
        sdk::camera_of(hcam)?.get_param(param, attribute, |answer| {
            // SAFETY: the caller's duty: room for the type of this attribute of this parameter.
            unsafe { write_answer(value, answer) }
        })
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_set_param(
    hcam: int16,
    param: uns32,
    value: *mut c_void,
) -> rs_bool {
    call(|| {
        let value = NonNull::new(value).ok_or(SimError::NullPointer)?;
        sdk::camera_of(hcam)?.set_param(param, |type_code| {
            // SAFETY: the caller's duty: a value of the type of this parameter.
            unsafe { read_value(value, type_code) }
        })
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_get_enum_param(
    hcam: int16,
    param: uns32,
    index: uns32,
    value: *mut int32,
    text: *mut c_char,
    length: uns32,
) -> rs_bool {
    call(|| {
        // SAFETY: the caller's duty.
        let value = unsafe { Out::new(value) }?;
        // No text of no length: the value alone is asked for.
        let text = if text.is_null() && length == 0 {
            None
        } else {
            // SAFETY: the caller's duty.
            Some(unsafe { OutText::new(text, length as usize) }?)
        };
        let choice = sdk::camera_of(hcam)?.choice(param, index)?;
        if text.is_some_and(|text| !text.set(choice.label)) {
            return Err(SimError::EnumIndexInvalid);
        }
        value.set(choice.value);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_enum_str_length(
    hcam: int16,
    param: uns32,
    index: uns32,
    length: *mut uns32,
) -> rs_bool {
    let length_of = || {
        let choice = sdk::camera_of(hcam)?.choice(param, index)?;
        Ok(parameter::text_length(choice.label))
    };
    // SAFETY: the caller's duty.
    unsafe { answer(length, length_of) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_pp_reset(hcam: int16) -> rs_bool {
    call(|| sdk::camera_of(hcam)?.reset_post_processing())
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_create_frame_info_struct(
    frame_info: *mut *mut FRAME_INFO,
) -> rs_bool {
    // SAFETY: the caller's duty.
    unsafe { answer(frame_info, || Ok(blocks::create_info())) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_release_frame_info_struct(
    frame_info: *mut FRAME_INFO,
) -> rs_bool {
    call(|| blocks::release_info(frame_info))
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_create_smart_stream_struct(
    stream: *mut *mut smart_stream_type,
    entries: uns16,
) -> rs_bool {
    // SAFETY: the caller's duty.
    unsafe { answer(stream, || Ok(blocks::create_stream(entries))) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_release_smart_stream_struct(
    stream: *mut *mut smart_stream_type,
) -> rs_bool {
    call(|| {
        let to = NonNull::new(stream).ok_or(SimError::NullPointer)?;
        // SAFETY: the caller's duty: it holds a pointer; alignment is not needed.
        blocks::release_stream(unsafe { to.read_unaligned() })?;
        // SAFETY: the caller's duty.
        unsafe { Out::new(stream) }?.set(null_mut());
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_md_create_frame_struct_cont(
    frame: *mut *mut md_frame,
    regions: uns16,
) -> rs_bool {
    // SAFETY: the caller's duty.
    unsafe { answer(frame, || Ok(blocks::create_frame(regions))) }
}

/// Works after the library's end, too.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_md_release_frame_struct(frame: *mut md_frame) -> rs_bool {
    call(|| blocks::release_frame(frame))
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_md_create_frame_struct(
    frame: *mut *mut md_frame,
    source: *mut c_void,
    size: uns32,
) -> rs_bool {
    let create = || {
        let source = NonNull::new(source.cast()).ok_or(SimError::NullPointer)?;
        // SAFETY: the caller's duty: the frame has so many bytes.
        Ok(blocks::create_frame(unsafe { metadata::region_count(source, size) }?))
    };
    // SAFETY: the caller's duty.
    unsafe { answer(frame, create) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_md_frame_decode(
    frame: *mut md_frame,
    source: *mut c_void,
    size: uns32,
) -> rs_bool {
    call(|| {
        let frame = NonNull::new(frame).ok_or(SimError::NullPointer)?;
        let source = NonNull::new(source.cast()).ok_or(SimError::NullPointer)?;
        // SAFETY: the caller's duty: the frame has so many bytes, and is not written meanwhile.
        unsafe { blocks::decode(frame.as_ptr(), source, size) }
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_md_frame_recompose(
    picture: *mut c_void,
    x: uns16,
    y: uns16,
    width: uns16,
    height: uns16,
    frame: *mut md_frame,
) -> rs_bool {
    call(|| {
        let to = NonNull::new(picture.cast()).ok_or(SimError::NullPointer)?;
        let frame = NonNull::new(frame).ok_or(SimError::NullPointer)?;
        // SAFETY: the caller's duty: room for so many pixels of 16 bits, and the decoded frame is still there.
        unsafe { blocks::recompose(to, Picture { x, y, width, height }, frame.as_ptr()) }
    })
}

/// The simulated cameras write no extended metadata, so there is none to be read: a collection without values.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_md_read_extended(
    collection: *mut md_ext_item_collection,
    _source: *mut c_void,
    size: uns32,
) -> rs_bool {
    let none = || match size {
        0 => {
            let item = md_ext_item { tagInfo: null(), value: null_mut() };
            let (list, map) = ([item; PL_MD_EXT_TAGS_MAX_SUPPORTED], [null_mut(); _]);
            Ok(md_ext_item_collection { list, map, count: 0 })
        }
        _ => Err(SimError::Unsupported),
    };
    // SAFETY: the caller's duty.
    unsafe { answer(collection, none) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_setup_cont(
    hcam: int16,
    region_count: uns16,
    regions: *const rgn_type,
    mode: int16,
    exposure: uns32,
    frame_bytes: *mut uns32,
    circ_mode: int16,
) -> rs_bool {
    let set_up = || {
        // SAFETY: the caller's duty.
        let regions = &unsafe { copied(regions, region_count) }?;
        let frames = Frames::Ring(circ_mode);
        sdk::camera_of(hcam)?.set_up(Request { regions, mode, exposure, frames })
    };
    // SAFETY: the caller's duty.
    unsafe { answer(frame_bytes, set_up) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_start_cont(
    hcam: int16,
    ring: *mut c_void,
    size: uns32,
) -> rs_bool {
    call(|| {
        let ring = NonNull::new(ring.cast()).ok_or(SimError::NullPointer)?;
        // SAFETY: the caller's duty: the ring stays valid until a call that ends the acquisition.
        unsafe { sdk::camera_of(hcam)?.start(ring, size) }
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_setup_seq(
    hcam: int16,
    frames: uns16,
    region_count: uns16,
    regions: *const rgn_type,
    mode: int16,
    exposure: uns32,
    bytes: *mut uns32,
) -> rs_bool {
    let set_up = || {
        // SAFETY: the caller's duty.
        let regions = &unsafe { copied(regions, region_count) }?;
        let frames = Frames::Sequence(frames);
        sdk::camera_of(hcam)?.set_up(Request { regions, mode, exposure, frames })
    };
    // SAFETY: the caller's duty.
    unsafe { answer(bytes, set_up) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_start_seq(hcam: int16, buffer: *mut c_void) -> rs_bool {
    call(|| {
        let buffer = NonNull::new(buffer.cast()).ok_or(SimError::NullPointer)?;
        // SAFETY: the caller's duty: the buffer stays valid until a call that ends the acquisition.
        unsafe { sdk::camera_of(hcam)?.start_sequence(buffer) }
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_check_status(
    hcam: int16,
    status: *mut int16,
    bytes_arrived: *mut uns32,
) -> rs_bool {
    call(|| {
        // SAFETY: the caller's duty.
        let status = unsafe { Out::new(status) }?;
        // SAFETY: the caller's duty.
        let bytes_arrived = unsafe { Out::new(bytes_arrived) }?;
        let now = sdk::camera_of(hcam)?.status()?;
        status.set(now.status);
        bytes_arrived.set(now.bytes_arrived);
        Ok(())
    })
}

/// Succeeds when nothing runs, too; some clients give a wrong pointer.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_finish_seq(
    hcam: int16,
    _buffer: *mut c_void,
    _reserved: int16,
) -> rs_bool {
    call(|| sdk::camera_of(hcam)?.stop(CCS_HALT))
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_trigger(
    hcam: int16,
    flags: *mut uns32,
    _value: uns32,
) -> rs_bool {
    // SAFETY: the caller's duty.
    unsafe { answer(flags, || sdk::camera_of(hcam)?.trigger()) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_check_cont_status(
    hcam: int16,
    status: *mut int16,
    bytes_arrived: *mut uns32,
    buffer_count: *mut uns32,
) -> rs_bool {
    // SAFETY: the caller's duty.
    call(|| unsafe { check_cont_status(hcam, status, bytes_arrived, buffer_count) }.map(drop))
}

/// Writes the state of an acquisition, and returns the description of the newest frame.
///
/// # Safety
///
/// - Each pointer is null, or valid for a write.
unsafe fn check_cont_status(
    hcam: int16,
    status: *mut int16,
    bytes_arrived: *mut uns32,
    buffer_count: *mut uns32,
) -> Result<FRAME_INFO, SimError> {
    // SAFETY: the caller's duty.
    let status = unsafe { Out::new(status) }?;
    // SAFETY: the caller's duty.
    let bytes_arrived = unsafe { Out::new(bytes_arrived) }?;
    // SAFETY: the caller's duty.
    let buffer_count = unsafe { Out::new(buffer_count) }?;
    let (now, info) = sdk::camera_of(hcam)?.progress()?;
    status.set(now.status);
    bytes_arrived.set(now.bytes_arrived);
    buffer_count.set(now.buffer_count);
    Ok(info)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_check_cont_status_ex(
    hcam: int16,
    status: *mut int16,
    bytes_arrived: *mut uns32,
    buffer_count: *mut uns32,
    frame_info: *mut FRAME_INFO,
) -> rs_bool {
    call(|| {
        // SAFETY: the caller's duty.
        let frame_info = unsafe { Out::new(frame_info) }?;
        // SAFETY: the caller's duty.
        frame_info.set(unsafe { check_cont_status(hcam, status, bytes_arrived, buffer_count) }?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_get_latest_frame(
    hcam: int16,
    frame: *mut *mut c_void,
) -> rs_bool {
    // SAFETY: the caller's duty.
    unsafe { answer(frame, || Ok(sdk::camera_of(hcam)?.latest()?.frame.cast())) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_get_latest_frame_ex(
    hcam: int16,
    frame: *mut *mut c_void,
    frame_info: *mut FRAME_INFO,
) -> rs_bool {
    call(|| {
        // SAFETY: the caller's duty.
        let outs = unsafe { described(frame, frame_info) }?;
        set_described(outs, sdk::camera_of(hcam)?.latest_checked()?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_get_oldest_frame(
    hcam: int16,
    frame: *mut *mut c_void,
) -> rs_bool {
    // SAFETY: the caller's duty.
    unsafe { answer(frame, || Ok(sdk::camera_of(hcam)?.oldest()?.frame.cast())) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_get_oldest_frame_ex(
    hcam: int16,
    frame: *mut *mut c_void,
    frame_info: *mut FRAME_INFO,
) -> rs_bool {
    call(|| {
        // SAFETY: the caller's duty.
        let outs = unsafe { described(frame, frame_info) }?;
        set_described(outs, sdk::camera_of(hcam)?.oldest()?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_unlock_oldest_frame(hcam: int16) -> rs_bool {
    call(|| sdk::camera_of(hcam)?.unlock_oldest())
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_stop_cont(hcam: int16, ccs_mode: int16) -> rs_bool {
    call(|| sdk::camera_of(hcam)?.stop(ccs_mode))
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn pl_exp_abort(hcam: int16, ccs_mode: int16) -> rs_bool {
    call(|| sdk::camera_of(hcam)?.abort(ccs_mode))
}

/// Copies the regions of a setup.
///
/// # Safety
///
/// - `regions` is null, or valid for reads of so many.
unsafe fn copied(regions: *const rgn_type, count: uns16) -> Result<Vec<rgn_type>, SimError> {
    if regions.is_null() {
        return Err(SimError::NullPointer);
    }
    let copy = |index| {
        // SAFETY: below `count`.
        let region = unsafe { regions.add(index) };
        // SAFETY: as above; alignment is not needed.
        unsafe { region.read_unaligned() }
    };
    Ok((0..count.into()).map(copy).collect())
}

type Described = (Out<*mut c_void>, Out<FRAME_INFO>);

/// Checks the pointers of a call that finds a frame and describes it.
///
/// # Safety
///
/// - Each pointer is null, or valid for a write for as long as the value lives.
unsafe fn described(frame: *mut *mut c_void, info: *mut FRAME_INFO) -> Result<Described, SimError> {
    // SAFETY: the caller's duty.
    let frame = unsafe { Out::new(frame) }?;
    // SAFETY: the caller's duty.
    let info = unsafe { Out::new(info) }?;
    Ok((frame, info))
}

fn set_described((frame, info): Described, found: Found) {
    frame.set(found.frame.cast());
    info.set(found.info);
}
