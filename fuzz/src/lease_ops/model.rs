//! What a stream of leases is to do: lists without atomics.

mod taps;

use super::device::Shape;
use super::op::Head;
use framepool::{OnExhausted, Outcome, RecvError, Report, StopReason, WhenFull};
use std::collections::{BTreeMap, VecDeque};
pub(super) use taps::{TapId, TapModel};

/// Numbers rings, and what is known of each frame.
pub(super) type RingId = usize;
pub(super) type FrameId = usize;

#[derive(Debug, Clone, Copy)]
pub(super) struct Ring {
    pub(super) shape: Shape,
    pub(super) complete: u64,
    pub(super) is_over: bool,
    /// Counts how often positions began again.
    pub(super) run: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    InPlace,
    Copied,
    Gone,
    /// A buffer of the pool: it was never in a ring.
    Ours,
}

/// What is known of a frame.
#[derive(Debug)]
pub(super) struct Frame {
    ring: RingId,
    pub(super) position: u64,
    /// What it is to show.
    pub(super) bytes: Vec<u8>,
    pub(super) number: u64,
    state: State,
    /// Whether it has a buffer of the pool.
    has_buffer: bool,
    /// Consumers' shares.
    holders: usize,
    /// Whether the intake has a share.
    is_kept: bool,
    /// Whether it was tried in vain to find room for a copy.
    was_tried: bool,
    /// Which records it has one of.
    records: usize,
}

/// How a frame is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Gone,
    InPlace,
    Stays,
}

#[derive(Debug)]
pub(super) struct Model {
    head: Head,
    free: usize,
    is_closed: bool,
    rings: Vec<Ring>,
    /// Of the ring that is lent: its number, by position the frames of which the intake has a share, and the highest
    /// position lent.
    lent: Option<RingId>,
    is_lending: bool,
    /// Which records there are, and for rings of how many frames.
    records: (usize, usize),
    kept: BTreeMap<u64, FrameId>,
    newest: u64,
    frames: Vec<Frame>,
    queue: VecDeque<FrameId>,
    is_abandoned: bool,
    is_ended: bool,
    stop: Option<StopReason>,
    report: Report,
    taps: TapModel,
}

impl Model {
    pub(super) fn new(head: Head) -> Self {
        let mut report = Report::default();
        report.pool_capacity = head.buffers;
        Self {
            head,
            free: head.buffers,
            is_closed: false,
            rings: Vec::new(),
            lent: None,
            is_lending: false,
            records: (0, 0),
            kept: BTreeMap::new(),
            newest: 0,
            frames: Vec::new(),
            queue: VecDeque::new(),
            is_abandoned: false,
            is_ended: false,
            stop: None,
            report,
            taps: TapModel::default(),
        }
    }

    pub(super) fn report(&self) -> Report {
        let mut report = self.report;
        report.pool_in_use = self.head.buffers - self.free;
        report.lost = report.faults.lost();
        report
    }

    pub(super) fn available(&self) -> usize {
        self.free
    }

    pub(super) fn frame(&self, id: FrameId) -> &Frame {
        &self.frames[id]
    }

    pub(super) fn taps(&self) -> &TapModel {
        &self.taps
    }

    // Rings.

    /// The ring that is lent, or was until it was finished.
    pub(super) fn lent(&self) -> Option<RingId> {
        self.lent
    }

    pub(super) fn ring(&mut self, ring: RingId) -> &mut Ring {
        &mut self.rings[ring]
    }

    fn is_whole(&self, id: FrameId) -> bool {
        let Frame { ring, position, .. } = self.frames[id];
        let Ring { shape, complete, .. } = &self.rings[ring];
        shape.is_whole(position, *complete)
    }

    /// How many frames, of those that this is true of, something has a share of.
    fn shared(&self, of: impl Fn(&Frame) -> bool) -> usize {
        let is_there = |frame: &&Frame| {
            of(frame) && frame.state != State::Ours && (frame.is_kept || frame.holders > 0)
        };
        self.frames.iter().filter(is_there).count()
    }

    /// Whether nothing has a share of a frame of this ring.
    pub(super) fn is_free(&self, ring: RingId) -> bool {
        self.shared(|frame| frame.ring == ring) == 0
    }

    pub(super) fn begin(&mut self, shape: Shape, run: u64) -> RingId {
        self.finish();
        self.rings.push(Ring { shape, complete: 0, is_over: false, run });
        let ring = self.rings.len() - 1;
        self.lent = Some(ring);
        self.begin_lending(ring);
        ring
    }

    /// Lends frames of a ring, from position 1.
    pub(super) fn begin_lending(&mut self, ring: RingId) {
        self.is_lending = true;
        let (which, frames) = self.records;
        let needed = self.rings[ring].shape.frames;
        if needed != frames {
            self.records = (which + 1, needed);
        }
    }

    pub(super) fn finish(&mut self) {
        self.is_lending = false;
        while let Some((_, id)) = self.kept.pop_first() {
            self.let_go(id);
        }
        self.newest = 0;
    }

    // The driver.

    pub(super) fn lend(&mut self, position: u64, bytes: Vec<u8>, complete: u64) -> Outcome {
        self.rescue(complete);
        let is_next = position > self.newest && position <= complete;
        let can_be = |shape: Shape| is_next && bytes.len() <= shape.frame_bytes;
        let ring = self.lent.filter(|&ring| self.is_lending && can_be(self.rings[ring].shape));
        let Some(ring) = ring else {
            self.report.faults.impossible += 1;
            return Outcome::Lost;
        };
        self.newest = position;
        let Ring { shape, .. } = self.rings[ring];
        if complete - position >= shape.frames as u64 {
            self.report.faults.overruns += 1;
            return Outcome::Lost;
        }
        let outcome = self.lend_now(ring, position, bytes);
        if position < complete {
            self.rescue(complete);
        }
        outcome
    }

    fn lend_now(&mut self, ring: RingId, position: u64, bytes: Vec<u8>) -> Outcome {
        let Ring { shape, .. } = self.rings[ring];
        let shares_the_place =
            |&before: &u64| (position - before).is_multiple_of(shape.frames as u64);
        if let Some(before) = self.kept.keys().copied().find(shares_the_place) {
            let id = self.kept.remove(&before).expect("just found");
            self.let_go(id);
        }
        if let Some(outcome) = self.refused() {
            return outcome;
        }
        if self.is_closed {
            self.stop = Some(StopReason::PoolClosed);
            self.report.seen += 1;
            self.report.dropped.closed += 1;
            return Outcome::Stopped(StopReason::PoolClosed);
        }
        self.taps.update();
        self.report.seen += 1;
        let (which, _) = self.records;
        let records = self.shared(|frame| frame.records == which);
        if records == 2 * shape.frames + self.head.buffers {
            self.report.pool_misses += 1;
            self.report.dropped.exhausted += 1;
            return Outcome::Dropped;
        }
        self.report.pool_hits += 1;
        let id = self.frames.len();
        self.frames.push(Frame {
            ring,
            position,
            bytes,
            number: self.report.seen,
            state: State::InPlace,
            has_buffer: false,
            holders: 1,
            is_kept: true,
            was_tried: false,
            records: which,
        });
        self.kept.insert(position, id);
        for replaced in self.taps.offer(id, &mut self.frames[id].holders) {
            self.drop_share(replaced);
        }
        self.queue.push_back(id);
        self.report.delivered.leased += 1;
        Outcome::Delivered
    }

    fn refused(&mut self) -> Option<Outcome> {
        if self.stop.is_none() && self.is_abandoned {
            self.stop = Some(StopReason::ConsumerGone);
        }
        if let Some(reason) = self.stop {
            self.report.seen += 1;
            self.report.dropped.closed += 1;
            return Some(Outcome::Stopped(reason));
        }
        if self.queue.len() < self.head.places {
            return None;
        }
        self.report.seen += 1;
        self.report.dropped.channel_full += 1;
        if self.head.when_full == WhenFull::Stop {
            self.stop = Some(StopReason::ConsumerFull);
        }
        Some(self.stop.map_or(Outcome::Dropped, Outcome::Stopped))
    }

    /// Copies what the device comes near to.
    pub(super) fn rescue(&mut self, complete: u64) {
        let Some(ring) = self.lent.filter(|_| self.is_lending) else { return };
        let frames = self.rings[ring].shape.frames;
        // As stated: a quarter of the ring, at least three frames; one at least, and never all of it.
        let margin = self.head.margin.unwrap_or((frames / 4).max(3));
        let margin = margin.min(frames - 1).max(1) as u64;
        // So many frames are left to complete until the device writes the place.
        let is_near = |position: u64| {
            position.saturating_add(frames as u64) <= complete.saturating_add(margin + 1)
        };
        let is_in_ring = self.is_in_ring();
        let near = |&at: &u64| is_near(at) && is_in_ring(at);
        let near: Vec<_> = self.kept.keys().copied().filter(near).collect();
        let mut may_wait = true;
        for position in near {
            let id = self.kept.remove(&position).expect("just found");
            if !self.is_still_lent(id) {
                continue;
            }
            let room = if !self.is_whole(id) {
                None
            } else if may_wait && !self.frames[id].was_tried {
                self.frames[id].was_tried = true;
                let room = self.spare(id);
                may_wait = room.is_some();
                room
            } else {
                (self.fits(id) && self.take_buffer()).then_some(true)
            };
            let frame = &mut self.frames[id];
            match (frame.state, room) {
                (State::InPlace, Some(from_pool)) => {
                    (frame.state, frame.has_buffer) = (State::Copied, from_pool);
                    self.report.leases.rescued += 1;
                    self.unkeep(id);
                }
                (State::InPlace, None) if self.is_whole(id) => {
                    self.kept.insert(position, id);
                }
                _ => self.overrun(id),
            }
        }
    }

    /// Whether positions are among the last that the ring has places for: a frame before them is gone.
    fn is_in_ring(&self) -> impl Fn(u64) -> bool + use<> {
        let (newest, frames) = (self.newest, self.records.1 as u64);
        move |position| position.saturating_add(frames) > newest
    }

    /// Whether a frame fits a buffer of the pool.
    fn fits(&self, id: FrameId) -> bool {
        self.head.uses_pool && self.frames[id].bytes.len() <= self.head.slot_bytes
    }

    /// Finds room for a copy of a frame: whether it is of the pool.
    fn spare(&mut self, id: FrameId) -> Option<bool> {
        let Head { uses_pool, on_exhausted, .. } = self.head;
        if self.fits(id) {
            if self.take_buffer() {
                return Some(true);
            }
            while let Some(id) = self.taps.take_back() {
                self.drop_share(id);
                if self.take_buffer() {
                    return Some(true);
                }
            }
        }
        if self.is_closed {
            return None;
        }
        self.report.pool_misses += 1;
        let heap = matches!(on_exhausted, OnExhausted::Heap | OnExhausted::WaitThenHeap(_));
        (heap || !uses_pool).then_some(false)
    }

    /// Lets go of a frame, which lives on if it is whole.
    fn let_go(&mut self, id: FrameId) {
        if self.is_still_lent(id) {
            if self.frames[id].state == State::InPlace && self.is_whole(id) {
                self.unkeep(id);
            } else {
                self.overrun(id);
            }
        }
    }

    /// Whether a consumer has a share. If none has, the intake's goes.
    fn is_still_lent(&mut self, id: FrameId) -> bool {
        let Frame { state, holders, .. } = self.frames[id];
        if holders == 0 {
            // A reader has found it gone before it was dropped.
            self.report.leases.overrun += u64::from(state == State::Gone);
            self.unkeep(id);
        }
        holders > 0
    }

    fn overrun(&mut self, id: FrameId) {
        self.frames[id].state = State::Gone;
        self.report.leases.overrun += 1;
        self.unkeep(id);
    }

    pub(super) fn returned_below(&mut self) -> u64 {
        let is_in_ring = self.is_in_ring();
        let kept: Vec<_> = self.kept.keys().copied().filter(|&at| is_in_ring(at)).collect();
        for position in kept {
            if self.is_still_lent(self.kept[&position]) {
                return position;
            }
            self.kept.remove(&position);
        }
        self.newest + 1
    }

    /// The intake goes, and with it the stream.
    pub(super) fn end(&mut self) {
        while let Some((_, id)) = self.kept.pop_first() {
            self.unkeep(id);
        }
        self.is_ended = true;
        self.taps.end();
    }

    // Consumers.

    pub(super) fn receive(&mut self) -> Result<FrameId, RecvError> {
        let none = if self.is_ended { RecvError::Closed } else { RecvError::Empty };
        self.queue.pop_front().ok_or(none)
    }

    pub(super) fn drop_consumer(&mut self) {
        self.is_abandoned = true;
        while let Some(id) = self.queue.pop_front() {
            self.drop_share(id);
        }
    }

    pub(super) fn share(&mut self, id: FrameId) {
        self.frames[id].holders += 1;
    }

    pub(super) fn drop_share(&mut self, id: FrameId) {
        self.frames[id].holders -= 1;
        self.free_if_last(id);
    }

    fn unkeep(&mut self, id: FrameId) {
        self.frames[id].is_kept = false;
        self.free_if_last(id);
    }

    fn free_if_last(&mut self, id: FrameId) {
        let frame = &mut self.frames[id];
        if frame.holders == 0 && !frame.is_kept && frame.has_buffer {
            frame.has_buffer = false;
            self.free += 1;
        }
    }

    pub(super) fn is_rescued(&self, id: FrameId) -> bool {
        self.frames[id].state == State::Copied
    }

    /// Whether the bytes stay as they are.
    pub(super) fn stays(&self, id: FrameId) -> bool {
        match self.frames[id].state {
            State::Copied | State::Ours => true,
            State::InPlace | State::Gone => {
                self.rings[self.frames[id].ring].is_over && self.is_whole(id)
            }
        }
    }

    /// Begins to read a frame.
    pub(super) fn begin_read(&mut self, id: FrameId) -> Access {
        if self.frames[id].state == State::InPlace && !self.is_whole(id) {
            self.frames[id].state = State::Gone;
        }
        match self.frames[id].state {
            State::Gone => Access::Gone,
            State::InPlace => Access::InPlace,
            State::Copied | State::Ours => Access::Stays,
        }
    }

    /// Ends it. Returns how often it was read, and whether that gave the frame.
    pub(super) fn end_read(&mut self, id: FrameId, access: Access) -> (usize, bool) {
        match access {
            Access::Gone => (0, false),
            Access::Stays => (1, true),
            // It was not written: whether it was copied does not matter.
            Access::InPlace if self.is_whole(id) => (1, true),
            Access::InPlace if self.begin_read(id) == Access::Stays => (2, true),
            Access::InPlace => (1, false),
        }
    }

    // The pool.

    pub(super) fn take_buffer(&mut self) -> bool {
        let is_free = self.free > 0 && !self.is_closed;
        self.free -= usize::from(is_free);
        let in_use = self.head.buffers - self.free;
        self.report.pool_high_water = self.report.pool_high_water.max(in_use);
        is_free
    }

    pub(super) fn give_back(&mut self) {
        self.free += 1;
    }

    /// Makes a frame of a buffer.
    pub(super) fn wrap(&mut self, bytes: Vec<u8>) -> FrameId {
        self.frames.push(Frame {
            ring: 0,
            position: 0,
            bytes,
            number: 0,
            state: State::Ours,
            has_buffer: true,
            holders: 1,
            is_kept: false,
            was_tried: false,
            records: 0,
        });
        self.frames.len() - 1
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    // Taps.

    pub(super) fn add_tap(&mut self, places: usize, every: u64) -> TapId {
        self.taps.add(places, every)
    }

    pub(super) fn remove_tap(&mut self, tap: TapId) {
        self.taps.remove(tap);
    }

    pub(super) fn receive_tapped(&mut self, tap: TapId) -> Result<FrameId, RecvError> {
        self.taps.receive(tap)
    }

    pub(super) fn drop_receiver(&mut self, tap: TapId) {
        for id in self.taps.abandon(tap) {
            self.drop_share(id);
        }
    }
}
