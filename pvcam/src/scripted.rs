//! An SDK for unit tests: a test sets the results of its functions, and the calls are counted. Each
//! thread, and so each test, has its own.

use crate::camera_ring::CameraRing;
use crate::handle::Handle;
use crate::library::Library;
use crate::session::Session;
use framepool::FrameMeta;
use framepool_pvcam_sys::{FRAME_INFO, Functions, PV_FAIL, PV_OK, int16, rs_bool, uns32};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::{c_char, c_void};
use std::sync::Arc;

/// Frames in the ring, and bytes of each.
pub(crate) const FRAMES: u32 = 8;
pub(crate) const FRAME_BYTES: usize = 64;

#[derive(Default)]
struct Script {
    /// How many frames are complete, call by call; `None` fails.
    complete: VecDeque<Option<u32>>,
    /// The number and the address of the newest frame, call by call.
    newest: VecDeque<(i32, *mut u8)>,
    /// How often `pl_exp_check_cont_status_ex` was called.
    asked: usize,
    /// How many frames the camera has lost: by so much numbers are ahead.
    lost: u32,
}

thread_local! {
    static SCRIPT: RefCell<Script> = RefCell::default();
}

/// An open camera of the scripted SDK, and a ring that no camera writes.
pub(crate) struct Scripted {
    pub(crate) handle: Arc<Handle>,
    ring: Arc<CameraRing>,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        SCRIPT.take();
        let functions = Functions {
            pl_pvcam_init: succeed,
            pl_pvcam_uninit: succeed,
            pl_cam_open: open,
            pl_cam_close: close,
            pl_exp_check_cont_status_ex: status,
            pl_exp_get_latest_frame_ex: latest,
            ..framepool_pvcam_sim::functions()
        };
        let session = Session::start(Library::linked(functions)).expect("it always starts");
        let handle = Handle::open(Arc::new(session), "Scripted").expect("it always opens");
        let ring = CameraRing::new(FRAMES as usize, FRAME_BYTES, false).expect("a small ring");
        for number in 1..=FRAMES {
            let place = ring.ring().start(number.into()).cast_mut();
            let pixels = Self::pixels(number);
            // SAFETY: a frame of the ring, of which there is no reference.
            unsafe { place.copy_from_nonoverlapping(pixels.as_ptr(), FRAME_BYTES) };
        }
        Self { handle: Arc::new(handle), ring }
    }

    pub(crate) fn ring(&self) -> &Arc<CameraRing> {
        &self.ring
    }

    /// The pixels of frame `number`.
    pub(crate) fn pixels(number: u32) -> [u8; FRAME_BYTES] {
        let [place, ..] = ((number - 1) % FRAMES).to_le_bytes();
        [b'a' + place; FRAME_BYTES]
    }

    pub(crate) fn meta(number: u32) -> FrameMeta {
        let mut meta = FrameMeta::default();
        meta.hardware_number = number;
        meta
    }

    /// Sets how many frames will be complete, call by call; `None` fails.
    pub(crate) fn completes(&self, complete: impl IntoIterator<Item = Option<u32>>) {
        SCRIPT.with_borrow_mut(|script| script.complete.extend(complete));
    }

    /// Sets the newest frame, for one call, with its offset in the ring.
    pub(crate) fn announces(&self, number: i32, offset: usize) {
        let start = self.ring.ring().base.wrapping_add(offset);
        SCRIPT.with_borrow_mut(|script| script.newest.push_back((number, start)));
    }

    /// Sets how many frames the camera has lost.
    pub(crate) fn loses(&self, frames: u32) {
        SCRIPT.with_borrow_mut(|script| script.lost = frames);
    }

    /// Drops what is left of how many frames will be complete.
    pub(crate) fn forget(&self) {
        SCRIPT.with_borrow_mut(|script| script.complete.clear());
    }

    /// Returns how often the SDK was asked how many frames are complete.
    pub(crate) fn asked(&self) -> usize {
        SCRIPT.with_borrow(|script| script.asked)
    }
}

unsafe extern "system" fn succeed() -> rs_bool {
    PV_OK
}

unsafe extern "system" fn open(_name: *mut c_char, number: *mut int16, _mode: int16) -> rs_bool {
    // SAFETY: the caller has room for a number.
    unsafe { number.write(0) };
    PV_OK
}

unsafe extern "system" fn close(_number: int16) -> rs_bool {
    PV_OK
}

unsafe extern "system" fn status(
    _number: int16,
    _status: *mut int16,
    bytes: *mut uns32,
    passes: *mut uns32,
    info: *mut FRAME_INFO,
) -> rs_bool {
    let lost = SCRIPT.with_borrow(|script| script.lost);
    let complete = SCRIPT.with_borrow_mut(|script| {
        script.asked += 1;
        // A call that the test does not expect fails.
        script.complete.pop_front().flatten()
    });
    let Some(complete) = complete else { return PV_FAIL };
    let in_this_pass = (complete % FRAMES) as usize * FRAME_BYTES;
    // SAFETY: the caller has room for a number.
    unsafe { bytes.write(in_this_pass.try_into().expect("a short ring")) };
    // SAFETY: as above.
    unsafe { passes.write(complete / FRAMES) };
    let newest = i32::try_from(complete + lost).expect("a small number");
    // SAFETY: the caller has room for a description.
    unsafe { info.write(FRAME_INFO { FrameNr: newest, ..FRAME_INFO::default() }) };
    PV_OK
}

unsafe extern "system" fn latest(
    _number: int16,
    frame: *mut *mut c_void,
    info: *mut FRAME_INFO,
) -> rs_bool {
    let newest = SCRIPT.with_borrow_mut(|script| script.newest.pop_front());
    let Some((number, start)) = newest else { return PV_FAIL };
    // SAFETY: the caller has room for a pointer.
    unsafe { frame.write(start.cast()) };
    // SAFETY: the caller has room for a description.
    unsafe { info.write(FRAME_INFO { FrameNr: number, TimeStamp: 7, ..FRAME_INFO::default() }) };
    PV_OK
}
