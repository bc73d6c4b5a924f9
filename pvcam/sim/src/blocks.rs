//! Structures that the library makes for its clients, which also release them after its end.

use std::collections::BTreeMap;
use std::ptr::{NonNull, null_mut};

use framepool_pvcam_sys::{
    FRAME_INFO, md_frame, md_frame_roi, rgn_type, smart_stream_type, uns16, uns32,
};
use parking_lot::Mutex;

use crate::error::SimError;
use crate::metadata::{self, Picture};

static INFOS: Made<FRAME_INFO, ()> = Made::new();
static STREAMS: Made<smart_stream_type, List<uns32>> = Made::new();
static FRAMES: Made<md_frame, Regions> = Made::new();

/// The regions that a structure for decoded metadata points to, and how many were decoded.
struct Regions {
    list: List<md_frame_roi>,
    decoded: uns16,
}

/// A list in a block of its own, which the client reaches, too.
struct List<T>(NonNull<[T]>);

impl<T: Copy> List<T> {
    fn new(value: T, length: uns16) -> Self {
        let list = Box::leak(vec![value; length.into()].into_boxed_slice());
        Self(NonNull::from(list))
    }

    fn as_ptr(&self) -> *mut T {
        self.0.as_ptr().cast()
    }

    fn length(&self) -> uns16 {
        // As long as it was made.
        uns16::try_from(self.0.len()).unwrap_or(0)
    }
}

// SAFETY: it owns the block; what pointers in it lead to is the client's.
unsafe impl<T> Send for List<T> {}

impl<T> Drop for List<T> {
    fn drop(&mut self) {
        // SAFETY: leaked by `new`, and released once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Makes a description of a frame.
pub(crate) fn create_info() -> *mut FRAME_INFO {
    INFOS.keep(Box::default(), ())
}

pub(crate) fn release_info(info: *mut FRAME_INFO) -> Result<(), SimError> {
    INFOS.release(info)
}

/// Makes a structure of so many parameters, each 0.
pub(crate) fn create_stream(entries: uns16) -> *mut smart_stream_type {
    let params = List::new(0, entries);
    let stream = smart_stream_type { entries, params: params.as_ptr() };
    STREAMS.keep(Box::new(stream), params)
}

/// Returns how many parameters a structure has room for, if it was made here, whatever it says now.
pub(crate) fn stream_room(stream: *mut smart_stream_type) -> Option<uns16> {
    STREAMS.with(stream, |_, params| Ok(params.length())).ok()
}

pub(crate) fn release_stream(stream: *mut smart_stream_type) -> Result<(), SimError> {
    STREAMS.release(stream)
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
    let list = List::new(none, capacity);
    let frame = empty_frame(&list);
    FRAMES.keep(Box::new(frame), Regions { list, decoded: 0 })
}

/// Returns a structure into which nothing was decoded.
fn empty_frame(regions: &List<md_frame_roi>) -> md_frame {
    md_frame {
        header: null_mut(),
        extMdData: null_mut(),
        extMdDataSize: 0,
        impliedRoi: rgn_type::default(),
        roiArray: regions.as_ptr(),
        roiCapacity: regions.length(),
        roiCount: 0,
    }
}

pub(crate) fn release_frame(frame: *mut md_frame) -> Result<(), SimError> {
    FRAMES.release(frame)
}

/// Decodes the metadata of a frame into a structure that was made here. If that fails, nothing is in it.
///
/// # Safety
///
/// - `source` is valid for reads of `size` bytes, which do not change meanwhile.
pub(crate) unsafe fn decode(
    frame: *mut md_frame,
    source: NonNull<u8>,
    size: uns32,
) -> Result<(), SimError> {
    FRAMES.with(frame, |frame, Regions { list, decoded }| {
        // SAFETY: so many regions have room there; the rest is the caller's duty.
        let found = unsafe { metadata::decode(list.as_ptr(), list.length(), source, size) };
        let new = match &found {
            Ok(found) => md_frame {
                header: found.header,
                extMdData: found.extended,
                extMdDataSize: found.extended_bytes,
                impliedRoi: found.implied,
                roiCount: found.regions,
                ..empty_frame(list)
            },
            Err(_) => empty_frame(list),
        };
        *decoded = new.roiCount;
        // SAFETY: the structure lives. The client may look at it at any time: no reference to it is made.
        unsafe { frame.write(new) };
        found.map(drop)
    })
}

/// Copies the regions of a decoded frame into a picture.
///
/// # Safety
///
/// - `to` is valid for writes of the picture's pixels, and the frame that was decoded has neither been freed nor
///   changed.
pub(crate) unsafe fn recompose(
    to: NonNull<u8>,
    picture: Picture,
    frame: *mut md_frame,
) -> Result<(), SimError> {
    FRAMES.with(frame, |frame, Regions { list, decoded }| {
        // SAFETY: the structure lives.
        let frame = unsafe { frame.read() };
        // SAFETY: so many were decoded; the rest is the caller's duty.
        unsafe { metadata::recompose(to, picture, frame.impliedRoi, list.as_ptr(), *decoded) }
    })
}

/// What was made and not released yet, by its address, each with what belongs to it and the client does not see.
struct Made<T, P>(Mutex<BTreeMap<usize, (Address<T>, P)>>);

/// What `Box::into_raw` returned.
struct Address<T>(*mut T);

// SAFETY: a box of plain data, and of pointers that are followed only as their functions' callers promise.
unsafe impl<T> Send for Address<T> {}

impl<T, P> Made<T, P> {
    const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    fn keep(&self, block: Box<T>, with: P) -> *mut T {
        let block = Box::into_raw(block);
        self.0.lock().insert(block.addr(), (Address(block), with));
        block
    }

    /// Works with what was made here, which is not released meanwhile; any other address is refused, whatever it
    /// points to.
    fn with<R>(
        &self,
        block: *mut T,
        work: impl FnOnce(*mut T, &mut P) -> Result<R, SimError>,
    ) -> Result<R, SimError> {
        let mut made = self.0.lock();
        let (Address(block), with) = made.get_mut(&block.addr()).ok_or(SimError::PointerUnknown)?;
        work(*block, with)
    }

    /// Releases what was made here; any other address is refused, whatever it points to.
    fn release(&self, block: *mut T) -> Result<(), SimError> {
        let made = self.0.lock().remove(&block.addr());
        let (Address(block), _with) = made.ok_or(SimError::PointerUnknown)?;
        // SAFETY: from `Box::into_raw`, and removed from the list once.
        drop(unsafe { Box::from_raw(block) });
        Ok(())
    }
}
