//! Structures that the library makes for its clients, which also release them after its end.

use std::collections::BTreeMap;
use std::ptr::null_mut;
use std::sync::Mutex;

use framepool_pvcam_sys::{FRAME_INFO, md_frame, md_frame_roi, rgn_type, smart_stream_type, uns16};

use crate::error::SimError;
use crate::sync::lock;

static INFOS: Made<FRAME_INFO> = Made::new();
static STREAMS: Made<Stream> = Made::new();
static FRAMES: Made<Decoded> = Made::new();

/// A client's structure of smart streaming, and what it points to.
#[repr(C)]
struct Stream {
    stream: smart_stream_type,
    params: Box<[u32]>,
}

/// A client's structure for decoded metadata, and what it points to.
#[repr(C)]
struct Decoded {
    frame: md_frame,
    regions: Box<[md_frame_roi]>,
}

/// Makes a description of a frame.
pub(crate) fn create_info() -> *mut FRAME_INFO {
    INFOS.keep(Box::default())
}

pub(crate) fn release_info(info: *mut FRAME_INFO) -> Result<(), SimError> {
    INFOS.release(info)
}

/// Makes a structure of so many parameters, each 0.
pub(crate) fn create_stream(entries: uns16) -> *mut smart_stream_type {
    let mut params = vec![0; entries.into()].into_boxed_slice();
    let stream = smart_stream_type { entries, params: params.as_mut_ptr() };
    STREAMS.keep(Box::new(Stream { stream, params })).cast()
}

pub(crate) fn release_stream(stream: *mut smart_stream_type) -> Result<(), SimError> {
    STREAMS.release(stream.cast())
}

/// Makes a structure with room for so many regions.
pub(crate) fn create_frame(capacity: uns16) -> *mut md_frame {
    let none = md_frame_roi {
        header: null_mut(),
        data: null_mut(),
        dataSize: 0,
        extMdData: null_mut(),
        extMdDataSize: 0,
    };
    let mut regions = vec![none; capacity.into()].into_boxed_slice();
    let frame = md_frame {
        header: null_mut(),
        extMdData: null_mut(),
        extMdDataSize: 0,
        impliedRoi: rgn_type::default(),
        roiArray: regions.as_mut_ptr(),
        roiCapacity: capacity,
        roiCount: 0,
    };
    FRAMES.keep(Box::new(Decoded { frame, regions })).cast()
}

pub(crate) fn release_frame(frame: *mut md_frame) -> Result<(), SimError> {
    FRAMES.release(frame.cast())
}

/// What was made and not released yet, by its address.
struct Made<T>(Mutex<BTreeMap<usize, Address<T>>>);

/// What `Box::into_raw` returned.
struct Address<T>(*mut T);

// SAFETY: a box of plain data, and of pointers into it, which any thread may drop.
unsafe impl<T> Send for Address<T> {}

impl<T> Made<T> {
    const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    fn keep(&self, block: Box<T>) -> *mut T {
        let block = Box::into_raw(block);
        lock(&self.0).insert(block.addr(), Address(block));
        block
    }

    /// Releases what was made here; any other address is refused, whatever it points to.
    fn release(&self, block: *mut T) -> Result<(), SimError> {
        let made = lock(&self.0).remove(&block.addr());
        let Address(block) = made.ok_or(SimError::PointerUnknown)?;
        // SAFETY: from `Box::into_raw`, and removed from the list once.
        drop(unsafe { Box::from_raw(block) });
        Ok(())
    }
}
