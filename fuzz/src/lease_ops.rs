//! The target `lease_ops`: frames lent in a device's ring, rescued, read while the device goes on, and found gone.
//!
//! ```text
//!   device --writes--> ring --lend--> LeaseIntake --> channel, taps --> frames, read by all means
//!                        `--rescue--> buffers of the pool, the heap --^
//!   what a frame gives as good is compared with what the device wrote, byte for byte; the rest with the model
//! ```

mod consumers;
mod device;
mod model;
mod op;

use crate::case::{nth, rest};
use arbitrary::{Arbitrary, Unstructured};
use device::{Device, pattern};
use framepool::framepool_core::storage::HeapBytes;
use framepool::{
    AnyFrame, DeviceRing, Frame, FrameMeta, FramePool, FrameProducer, Frames, LeaseIntake, Metrics,
    Newest, PooledBuffer, ReadFrame, TapHandle,
};
use model::{FrameId, Model, TapId};
pub(crate) use op::HEAD_BYTES;
use op::{Head, Never, Op, begun};
use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Arc;

/// More of these at a time show nothing new.
const MAX_FRAMES: usize = 32;
const MAX_TAPS: usize = 4;
const MAX_DEVICES: usize = 6;
/// Reads in reads in reads.
const MAX_DEPTH: usize = 3;

/// Lends, rescues and reads frames of devices' rings, as the bytes say.
///
/// # Panics
/// If a frame gives bytes that the device did not write as this frame, if it can be read when it was lost or cannot when
/// it was rescued, if a count, a buffer or a record is lost, or if anything else is not as the model says.
pub fn lease_ops(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok(head) = Head::arbitrary(&mut u) else { return };
    let Ok(ops) = rest::<Op>(&mut u) else { return };
    let mut run = Run::new(head, ops.into());
    while let Some(op) = run.coming.pop_front() {
        run.act(op);
    }
    run.settle();
}

struct Held {
    id: FrameId,
    frame: AnyFrame,
}

/// The consumer's end of a tap.
struct TapEnd {
    id: TapId,
    handle: TapHandle<AnyFrame>,
    receiver: Receiver,
}

enum Receiver {
    Channel(Frames<AnyFrame>),
    Newest(Newest<AnyFrame>),
    Dropped,
}

struct Run {
    head: Head,
    model: Model,
    /// By the model's numbers of rings.
    devices: Vec<Arc<Device>>,
    runs: u64,
    pool: FramePool,
    metrics: Metrics,
    intake: Option<LeaseIntake<AnyFrame>>,
    consumer: Option<Frames<AnyFrame>>,
    taps: Vec<TapEnd>,
    frames: Vec<Held>,
    forgotten: Vec<Held>,
    buffers: Vec<(PooledBuffer, Vec<u8>)>,
    stamp: u64,
    /// What [`LeaseIntake::returned_below`] has said of this ring.
    below: u64,
    depth: usize,
    coming: VecDeque<Op>,
    history: Vec<Op>,
}

impl Run {
    fn new(head: Head, coming: VecDeque<Op>) -> Self {
        let memory = HeapBytes::zeroed(head.buffers * head.slot_bytes, 8).expect("there is memory");
        let options = FramePool::options(head.buffers, head.slot_bytes).adjacent();
        let pool = options.build_over(memory).expect("it has room for them");
        let options = FrameProducer::options(pool.clone())
            .places(head.places)
            .on_exhausted(head.on_exhausted)
            .when_full(head.when_full)
            .use_pool(head.uses_pool);
        let (producer, consumer) = options.build_of();
        let intake = LeaseIntake::new(producer.into_intake());
        let intake = match head.margin {
            Some(frames) => intake.with_margin(frames),
            None => intake,
        };
        let mut run = Self {
            head,
            model: Model::new(head),
            devices: Vec::new(),
            runs: 0,
            pool,
            metrics: intake.intake().metrics().clone(),
            intake: Some(intake),
            consumer: Some(consumer),
            taps: Vec::new(),
            frames: Vec::new(),
            forgotten: Vec::new(),
            buffers: Vec::new(),
            stamp: 0,
            below: 1,
            depth: 0,
            coming,
            history: Vec::new(),
        };
        run.begin(head.ring);
        run
    }

    fn act(&mut self, op: Op) {
        self.history.push(op);
        let _nothing = self.step(op);
        self.compare();
    }

    fn step(&mut self, op: Op) -> Option<()> {
        match op {
            Op::Frame { begun, len } => {
                let ring = self.complete(self.model.lent()?, begun)?;
                let shorter = len.checked_sub(192).map_or(0, usize::from);
                let bytes = self.model.ring(ring).shape.frame_bytes;
                let complete = self.model.ring(ring).complete;
                self.lend(complete, bytes - shorter % (bytes + 1), complete)?;
            }
            Op::Complete { frames, begun } => {
                for _ in 0..frames {
                    self.complete(self.model.lent()?, begun)?;
                }
            }
            Op::Earlier { device, frames } => {
                let ring = nth(device, self.devices.len())?;
                for _ in 0..frames {
                    self.complete(ring, 1)?;
                }
            }
            Op::Over => {
                let ring = self.model.lent()?;
                self.model.ring(ring).is_over = true;
                self.devices[ring].end();
            }
            Op::Lend { behind, given } => {
                let ring = *self.model.ring(self.model.lent()?);
                let position = ring.complete.checked_sub(u64::from(behind))?;
                self.lend(position, ring.shape.frame_bytes, given.of(ring.complete))?;
            }
            Op::LendNever { never } => {
                let ring = *self.model.ring(self.model.lent()?);
                let (bytes, complete) = (ring.shape.frame_bytes, ring.complete);
                let (position, len) = match never {
                    Never::Zeroth => (0, bytes),
                    Never::Before => (complete.min(self.below), bytes),
                    Never::Future => (complete + 1, bytes),
                    Never::Highest => (u64::MAX, bytes),
                    Never::Longer => (complete, bytes + 1),
                };
                self.lend(position, len, complete)?;
            }
            Op::Rescue { given } => {
                let complete = given.of(self.model.ring(self.model.lent()?).complete);
                self.intake.as_mut()?.rescue(complete);
                self.model.rescue(complete);
            }
            Op::ReturnedBelow => {
                let below = self.intake.as_mut()?.returned_below();
                let expected = self.model.returned_below();
                self.agree("returned_below", below, expected);
                self.agree("whether it falls", below < self.below, false);
                self.below = below;
            }
            Op::Finish => self.finish(),
            Op::Begin { same, frames, other } => {
                let ring = self.model.lent()?;
                self.finish();
                if same && !self.model.ring(ring).is_over && self.model.is_free(ring) {
                    self.begin_again(ring);
                } else if self.devices.len() < MAX_DEVICES {
                    self.begin(begun(frames, other));
                }
            }
            Op::BeginNone => {
                self.finish();
                let none = Device::new(device::Shape { frames: 0, ..self.head.ring }, 0);
                let begun = self.intake.as_mut()?.begin(Arc::new(none));
                self.agree("whether a ring without frames begins", begun.is_ok(), false);
            }
            Op::Receive => {
                if self.frames.len() < MAX_FRAMES {
                    let received = self.consumer.as_mut()?.try_recv();
                    let expected = self.model.receive();
                    self.received(received, expected);
                }
            }
            Op::DropConsumer => {
                drop(self.consumer.take()?);
                self.model.drop_consumer();
            }
            Op::Share { frame } => {
                if self.frames.len() < MAX_FRAMES {
                    let Held { id, frame } = &self.frames[nth(frame, self.frames.len())?];
                    let (id, frame) = (*id, frame.share());
                    self.model.share(id);
                    self.frames.push(Held { id, frame });
                }
            }
            Op::Drop { frame } => {
                let Held { id, frame } = self.frames.remove(nth(frame, self.frames.len())?);
                drop(frame);
                self.model.drop_share(id);
            }
            Op::Forget { frame } => {
                let frame = self.frames.remove(nth(frame, self.frames.len())?);
                self.forgotten.push(frame);
            }
            Op::Read { frame, during } => self.read(frame, during)?,
            Op::CopyTo { frame, len } => self.copy_to(frame, len)?,
            Op::Validate { frame } => {
                let Held { id, frame } = &self.frames[nth(frame, self.frames.len())?];
                let (id, valid) = (*id, frame.validate());
                let expected = self.expected_read(id);
                self.agree("validate", valid, expected);
            }
            Op::Acquire => {
                let buffer = self.pool.try_acquire();
                let expected = self.model.take_buffer();
                self.agree("whether a buffer is free", buffer.is_some(), expected);
                let mut buffer = buffer?;
                self.stamp += 1;
                let bytes = pattern(self.stamp, 0, self.head.slot_bytes);
                buffer.copy_from_slice(&bytes);
                self.buffers.push((buffer, bytes));
            }
            Op::GiveBack { buffer } => {
                drop(self.buffers.remove(nth(buffer, self.buffers.len())?));
                self.model.give_back();
            }
            Op::Wrap { buffer } => {
                let (buffer, bytes) = self.buffers.remove(nth(buffer, self.buffers.len())?);
                let frame = Frame::of(buffer, FrameMeta::new(3, 3, 8), bytes.len()).into();
                self.frames.push(Held { id: self.model.wrap(bytes), frame });
            }
            Op::Close => {
                self.pool.close();
                self.model.close();
            }
            Op::Tap { places, every } => self.tap(places, every)?,
            Op::RemoveTap { tap } => {
                let TapEnd { id, handle, .. } = &self.taps[nth(tap, self.taps.len())?];
                handle.remove();
                self.model.remove_tap(*id);
            }
            Op::DropReceiver { tap } => {
                let i = nth(tap, self.taps.len())?;
                self.taps[i].receiver = Receiver::Dropped;
                self.model.drop_receiver(self.taps[i].id);
            }
            Op::ReceiveTapped { tap } => {
                if self.frames.len() < MAX_FRAMES {
                    let i = nth(tap, self.taps.len())?;
                    self.receive_tapped(i);
                }
            }
        }
        Some(())
    }

    /// The device completes a frame, if it is not over. Returns its ring.
    fn complete(&mut self, ring: usize, begun: u8) -> Option<usize> {
        let known = self.model.ring(ring);
        if known.is_over {
            return None;
        }
        known.complete += 1;
        let complete = known.complete;
        let position = self.devices[ring].complete_one(u64::from(begun));
        self.agree("the newest complete frame", position, complete);
        Some(ring)
    }

    fn lend(&mut self, position: u64, len: usize, complete: u64) -> Option<()> {
        let run = self.model.ring(self.model.lent()?).run;
        // Rows of all lengths, and none.
        let width = u32::try_from(position % 7).unwrap_or(0);
        let mut meta = FrameMeta::new(width, 2, if position.is_multiple_of(3) { 16 } else { 8 });
        meta.timestamp_ns = position;
        let outcome = self.intake.as_mut()?.lend(meta, len, position, complete);
        let expected = self.model.lend(position, pattern(run, position, len), complete);
        self.agree("what becomes of a frame", outcome, expected);
        Some(())
    }

    fn begin(&mut self, shape: device::Shape) {
        self.runs += 1;
        let device = Arc::new(Device::new(shape, self.runs));
        let ring: Arc<dyn DeviceRing> = device.clone();
        let begun = self.intake.as_mut().map(|intake| intake.begin(ring).is_ok());
        self.agree("whether a ring begins", begun, Some(true));
        let ring = self.model.begin(shape, self.runs);
        self.agree("the number of rings", ring, self.devices.len());
        self.devices.push(device);
        self.below = 1;
    }

    /// Begins with the ring from before, of which nothing is left.
    fn begin_again(&mut self, ring: usize) {
        self.runs += 1;
        self.devices[ring].restart(self.runs);
        let device: Arc<dyn DeviceRing> = self.devices[ring].clone();
        let begun = self.intake.as_mut().map(|intake| intake.begin(device).is_ok());
        self.agree("whether a ring begins again", begun, Some(true));
        self.model.begin_lending(ring);
        let known = self.model.ring(ring);
        (known.complete, known.run) = (0, self.runs);
    }

    fn finish(&mut self) {
        if let Some(intake) = &mut self.intake {
            intake.finish();
        }
        self.model.finish();
        self.below = 1;
    }

    fn compare(&self) {
        let (report, expected) = (self.metrics.report(), self.model.report());
        self.agree("the report", report, expected);
        self.agree("whether it is conserved", report.is_conserved(), true);
        let settled = report.leases.rescued + report.leases.overrun;
        self.agree("more than was leased", settled > report.delivered.leased, false);
        self.agree("available", self.pool.available(), self.model.available());
        for Held { id, frame } in &self.frames {
            let expected = self.model.frame(*id);
            let bytes = self.model.stays(*id).then_some(&expected.bytes[..]);
            self.agree("a view", frame.view().map(|view| view.bytes()), bytes);
            self.agree("a frame's number", frame.meta().number, expected.number);
            self.agree("its position", frame.meta().timestamp_ns, expected.position);
            if let AnyFrame::Lease(lease) = frame {
                self.agree("is_rescued", lease.is_rescued(), self.model.is_rescued(*id));
                self.agree("its length", lease.len(), expected.bytes.len());
            }
        }
        for (buffer, bytes) in &self.buffers {
            self.agree("a buffer", &**buffer, bytes);
        }
        for TapEnd { id, handle, .. } in &self.taps {
            let (report, expected) = (handle.report(), self.model.taps().tap(*id));
            let counts = [report.offered, report.delivered, report.dropped, report.skipped];
            let expected_counts =
                [expected.offered, expected.delivered, expected.dropped, expected.skipped];
            self.agree("a tap's counts", counts, expected_counts);
            self.agree("whether it is removed", report.removed, expected.removed);
        }
    }

    fn agree<T: PartialEq + Debug>(&self, what: &str, found: T, model: T) {
        assert!(
            found == model,
            "{what}: {found:?}, the model says {model:?}, after {:?}, {:?}",
            self.head,
            self.history
        );
    }

    /// Ends the stream, and gives everything back.
    fn settle(mut self) {
        if self.head.orphan {
            self.end();
        }
        for tap in 0..self.taps.len() {
            for _ in 0..8 {
                self.receive_tapped(tap);
                self.read_and_drop_all();
            }
        }
        while let Some(consumer) = &mut self.consumer {
            let received = consumer.try_recv();
            let is_last = received.is_err();
            let expected = self.model.receive();
            self.received(received, expected);
            self.read_and_drop_all();
            if is_last {
                break;
            }
        }
        self.read_and_drop_all();
        while !self.buffers.is_empty() {
            self.act(Op::GiveBack { buffer: 0 });
        }
        if !self.head.orphan {
            self.act(Op::ReturnedBelow);
            self.end();
        }
        // What was forgotten was missed until now, and nothing else.
        while let Some(frame) = self.forgotten.pop() {
            self.frames.push(frame);
            self.read_and_drop_all();
        }
        self.agree("available at the end", self.pool.available(), self.head.buffers);
        let holders: Vec<_> = self.devices.iter().map(Arc::strong_count).collect();
        self.agree("holders of the devices", holders, vec![1; self.devices.len()]);
    }

    fn end(&mut self) {
        self.act(Op::Finish);
        self.intake = None;
        self.model.end();
        self.compare();
    }

    fn read_and_drop_all(&mut self) {
        while !self.frames.is_empty() {
            self.act(Op::Read { frame: 0, during: 0 });
            self.act(Op::Drop { frame: 0 });
        }
    }
}
