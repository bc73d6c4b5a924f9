//! A frame that is lent in the place where a device wrote it.
//!
//! ```text
//!   intake   record --freeze--> Lease             in the ring: read and checked, no slice
//!              | a share stays                      | share()
//!              v                                    v
//!   leasing  the device comes near:  copy ----->  the same leases read the copy, as a slice
//! ```

use crate::buffer::Described;
use crate::device::{DeviceRing, Place};
use crate::pooled::PooledBuffer;
use crate::reading::{ReadFrame, Reading, sealed};
use crate::stream::timing::Holds;
use framepool_core::frame::{FrameMeta, FrameView};
use framepool_core::recycle::{Recycle, Recycled};
use framepool_core::rescue::{InPlace, Overrun, Rescue, Rescued};
use framepool_core::storage::Boxed;
use framepool_core::{BoxedPool, BuildError, Frozen, SharedPool};
use std::fmt;
use std::sync::Arc;

/// What is known of one frame that is lent, or was returned.
// On cache lines of its own: another thread may hold the neighbour.
#[repr(align(128))]
pub(super) struct Record {
    /// None before its first frame.
    ring: Option<Arc<dyn DeviceRing>>,
    position: u64,
    frame: Described,
    rescue: Rescue<PooledBuffer>,
}

/// One for each lease. The last share of a lease gives its record back, and with it the buffer of a copy.
pub(super) type Records = SharedPool<Recycled<Boxed<Record>, Reset>>;

/// Lets go of the ring, and gives a copy's buffer back.
pub(super) struct Reset;

impl Recycle<Record> for Reset {
    fn recycle(&self, _: usize, record: &mut Record) {
        drop(record.ring.take());
        drop(record.rescue.reset());
    }
}

/// Makes the records of so many leases.
pub(super) fn records(leases: usize) -> Result<Records, BuildError> {
    let make = || Record {
        ring: None,
        position: 0,
        frame: Described { meta: FrameMeta::default(), len: 0, since: None },
        rescue: Rescue::new(),
    };
    Ok(SharedPool::new(BoxedPool::from_fn(leases, make)?.recycled_by(Reset)))
}

impl Record {
    /// Says which frame is lent by it from now on.
    pub(super) fn describe(&mut self, ring: &Arc<dyn DeviceRing>, position: u64, frame: Described) {
        if !self.ring.as_ref().is_some_and(|before| Arc::ptr_eq(before, ring)) {
            self.ring = Some(Arc::clone(ring));
        }
        self.position = position;
        self.frame = frame;
        drop(self.rescue.reset());
    }

    pub(super) fn len(&self) -> usize {
        self.frame.len
    }

    pub(super) fn is_whole(&self) -> bool {
        self.place().is_whole()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.rescue.is_gone()
    }

    fn place(&self) -> Place<'_> {
        Place::of(self.ring.as_deref(), self.position)
    }

    /// Copies the frame into a buffer, if there is one, and lends that from now on.
    pub(super) fn rescue(&self, room: Option<PooledBuffer>) -> Rescued {
        let place = self.place();
        self.rescue.rescue(&place, || {
            let mut room = room?;
            self.reading().copy_to(&mut room[..self.frame.len]).ok()?;
            Some(room)
        })
    }

    /// Reads the frame in its place.
    fn reading(&self) -> Reading<'_> {
        let (start, len) = (self.place().start(), self.frame.len);
        // SAFETY: `len` is at most a frame's, as `leasing` sees to, and the ring lives as long as the frame is lent; what is
        // read is checked by `Rescue`, which reads nothing of no ring.
        unsafe { Reading::in_place(start, len, &self.frame.meta) }
    }

    fn view(&self) -> Option<FrameView<'_>> {
        let bytes = match self.rescue.copy() {
            Some(copy) => copy,
            None => self.place().settled()?,
        };
        Some(self.view_of(bytes))
    }

    fn view_of<'a>(&'a self, bytes: &'a [u8]) -> FrameView<'a> {
        FrameView::new(&self.frame.meta, bytes.get(..self.frame.len).unwrap_or(bytes))
    }
}

/// A frame with its metadata, lent in the place where a device wrote it. Dropping it gives the place back.
///
/// The device does not wait: it comes round. Before it does, the frame is copied into a buffer of the stream's pool, and
/// the lease reads the copy from then on; while consumers keep up, nothing is copied. If no buffer is free, the frame
/// can be read until the device is there, and then is gone ([`Overrun`]).
///
/// The bytes are a slice ([`view`](ReadFrame::view)) once the frame was copied, or the device has stopped; before, they
/// are read and then checked ([`read`](ReadFrame::read), [`copy_to`](ReadFrame::copy_to)).
///
/// Made by a [`LeaseIntake`](crate::LeaseIntake), which has an example.
pub struct Lease {
    record: Frozen<Records>,
    /// Where the time until it is dropped is recorded.
    holds: Option<Holds>,
}

impl Lease {
    pub(super) fn new(record: Frozen<Records>, holds: Option<Holds>) -> Self {
        Self { record, holds }
    }

    /// Returns what the frame is.
    #[must_use]
    pub fn meta(&self) -> &FrameMeta {
        &self.record.frame.meta
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.record.frame.len
    }

    /// Returns whether there is no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the frame was copied, so that its bytes stay: a snapshot.
    #[must_use]
    pub fn is_rescued(&self) -> bool {
        self.record.rescue.copy().is_some()
    }
}

impl sealed::Sealed for Lease {}

impl ReadFrame for Lease {
    fn meta(&self) -> &FrameMeta {
        self.meta()
    }

    fn view(&self) -> Option<FrameView<'_>> {
        self.record.view()
    }

    fn read<R>(&self, mut read: impl FnMut(Reading<'_>) -> R) -> Result<R, Overrun> {
        let record = &*self.record;
        record.rescue.read(&record.place(), |copy| {
            read(match copy {
                Some(copy) => Reading::of(record.view_of(copy)),
                None => record.reading(),
            })
        })
    }

    fn share(&self) -> Self {
        Self { record: self.record.clone(), holds: None }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(holds) = &self.holds {
            holds.record(self.record.frame.since);
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("meta", self.meta())
            .field("len", &self.len())
            .field("rescue", &self.record.rescue)
            .finish_non_exhaustive()
    }
}
