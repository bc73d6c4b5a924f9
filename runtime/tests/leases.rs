//! Frames lent in a device's ring: copied only if the device comes near, and never given out torn.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_possible_truncation, reason = "small numbers")]

use framepool::{
    AnyFrame, DeviceRing, FrameMeta, FramePool, FrameProducer, Frames, Lease, LeaseIntake,
    OnExhausted, Outcome, Overrun, ReadError, ReadFrame, Report,
};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

const FRAMES: usize = 8;
const BYTES: usize = 16;

/// A ring that the test fills, frame by frame; each frame's bytes are its position.
#[derive(Debug)]
struct Device {
    memory: NonNull<u8>,
    complete: AtomicU64,
    is_over: AtomicBool,
}

// SAFETY: an address, and atomics.
unsafe impl Send for Device {}
// SAFETY: as for `Send`.
unsafe impl Sync for Device {}

// SAFETY: memory that is freed with the value; the place of the frame after the newest complete one is the one that is
// written, and only before the device is over.
unsafe impl DeviceRing for Device {
    fn base(&self) -> NonNull<u8> {
        self.memory
    }
    fn frame_bytes(&self) -> usize {
        BYTES
    }
    fn frames(&self) -> usize {
        FRAMES
    }
    fn is_whole(&self, position: u64) -> bool {
        fence(Ordering::Acquire);
        let complete = self.complete.load(Ordering::Relaxed);
        position <= complete && complete + 1 < position + FRAMES as u64
    }
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

impl Device {
    fn new() -> Arc<Self> {
        let memory = Box::leak(vec![0_u8; FRAMES * BYTES].into_boxed_slice());
        let (complete, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Self { memory: NonNull::from(memory).cast(), complete, is_over })
    }

    /// Writes the next frame, and returns its position.
    fn write(&self) -> u64 {
        let position = self.complete.load(Ordering::Relaxed) + 1;
        let place = (position as usize - 1) % FRAMES * BYTES;
        // SAFETY: a place of the ring, of which there is no reference.
        unsafe { self.memory.as_ptr().wrapping_add(place).write_bytes(position as u8, BYTES) };
        self.complete.store(position, Ordering::Release);
        position
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let memory = NonNull::slice_from_raw_parts(self.memory, FRAMES * BYTES);
        // SAFETY: leaked in `new`, and nothing is left that knows of it.
        drop(unsafe { Box::from_raw(memory.as_ptr()) });
    }
}

struct Camera {
    device: Arc<Device>,
    intake: LeaseIntake<AnyFrame>,
    frames: Frames<AnyFrame>,
}

impl Camera {
    fn new(reserve: usize, policy: OnExhausted) -> Self {
        let device = Device::new();
        let pool = FramePool::try_new(reserve, BYTES).unwrap();
        let options = FrameProducer::options(pool).use_pool(true).places(64);
        let options = options.on_exhausted(policy).timings(true);
        let (producer, frames) = options.build_of();
        let mut intake = LeaseIntake::new(producer.into_intake());
        intake.begin(device.clone()).unwrap();
        Self { device, intake, frames }
    }

    /// Writes the next frame and lends it.
    fn lend(&mut self) -> Outcome {
        let position = self.device.write();
        let mut meta = FrameMeta::new(4, 4, 8);
        meta.hardware_number = position as u32;
        self.intake.lend(meta, BYTES, position, position)
    }

    fn lent(&mut self) -> AnyFrame {
        assert_eq!(self.lend(), Outcome::Delivered);
        self.frames.try_recv().unwrap()
    }

    fn report(&self) -> Report {
        let report = self.intake.intake().metrics().report();
        assert!(report.is_conserved());
        report
    }
}

/// Reads all of a frame, and expects it to be whole.
fn read(frame: &impl ReadFrame) -> Result<(), Overrun> {
    let mut rows = 0;
    let all = frame.read(|reading| {
        let mut all = Vec::new();
        rows = 0;
        reading.rows(&mut Vec::new(), |row| {
            all.extend_from_slice(row);
            rows += 1;
        });
        all
    })?;
    assert_eq!((rows, &all[..]), (4, &[frame.meta().hardware_number as u8; BYTES][..]));
    Ok(())
}

#[test]
fn a_consumer_that_keeps_up_costs_no_copy() {
    let mut camera = Camera::new(2, OnExhausted::Drop);
    for _ in 0..100 {
        let frame = camera.lent();
        assert!(frame.view().is_none(), "the device may write it");
        read(&frame).unwrap();
    }
    let report = camera.report();
    assert_eq!((report.seen, report.delivered.leased, report.delivered.total()), (100, 100, 100));
    assert_eq!((report.leases.rescued, report.leases.overrun, report.pool_in_use), (0, 0, 0));
}

#[test]
fn a_frame_that_the_device_comes_near_to_is_copied() {
    let mut camera = Camera::new(4, OnExhausted::Drop);
    let kept = camera.lent();
    let share = kept.share();
    for _ in 0..3 * FRAMES {
        read(&camera.lent()).unwrap();
        read(&kept).unwrap();
    }
    assert_eq!(kept.view().unwrap().bytes(), [1; BYTES]);
    let report = camera.report();
    assert_eq!((report.leases.rescued, report.leases.overrun, report.pool_in_use), (1, 0, 1));
    drop(kept);
    read(&share).unwrap();
    assert_eq!(camera.report().pool_in_use, 1);
    drop(share);
    assert_eq!(camera.report().pool_in_use, 0, "the last share gives the copy's buffer back");
}

#[test]
fn without_a_free_buffer_a_frame_can_be_read_until_it_is_gone() {
    let mut camera = Camera::new(1, OnExhausted::Drop);
    let [first, second] = [(); 2].map(|()| camera.lent());
    while camera.device.is_whole(2) {
        read(&first).unwrap();
        read(&second).unwrap();
        drop(camera.lent());
    }
    read(&first).unwrap();
    assert!(first.view().is_some() && second.view().is_none());
    assert_eq!(second.copy_to(&mut [0; BYTES]), Err(ReadError::Overrun));
    assert_eq!(second.validate(), Err(Overrun));
    drop(camera.lent());
    let report = camera.report();
    assert_eq!((report.leases.rescued, report.leases.overrun), (1, 1));
    assert!(report.pool_misses > 0);
}

#[test]
fn a_frame_that_was_found_gone_is_counted_though_it_was_dropped() {
    let mut camera = Camera::new(1, OnExhausted::Drop);
    let first = camera.lent();
    // Nothing is rescued meanwhile.
    for _ in 0..FRAMES {
        camera.device.write();
    }
    assert_eq!(first.validate(), Err(Overrun));
    drop(first);
    drop(camera.lent());
    assert_eq!(camera.report().leases.overrun, 1);
}

#[test]
fn a_buffer_that_comes_back_in_time_serves() {
    let mut camera = Camera::new(1, OnExhausted::Drop);
    let taken = camera.intake.intake().pool().try_acquire().unwrap();
    let first = camera.lent();
    let near = FRAMES - 3;
    (0..near).for_each(|_| drop(camera.lent()));
    assert!(first.view().is_none(), "no buffer was free");
    drop(taken);
    drop(camera.lent());
    assert!(first.view().is_some());
    assert_eq!(camera.report().leases.overrun, 0);
}

#[test]
fn the_heap_is_a_reserve_too() {
    let mut camera = Camera::new(1, OnExhausted::Heap);
    let kept: Vec<_> = (0..2 * FRAMES).map(|_| camera.lent()).collect();
    kept.iter().for_each(|frame| read(frame).unwrap());
    let report = camera.report();
    assert!(report.leases.rescued > 1 && report.leases.overrun == 0, "{report}");
}

#[test]
fn leases_are_bounded() {
    let mut camera = Camera::new(1, OnExhausted::Heap);
    let mut kept = Vec::new();
    while camera.lend() == Outcome::Delivered {
        kept.push(camera.frames.try_recv().unwrap());
        assert!(kept.len() < 100, "one record for each lease");
    }
    assert_eq!(camera.report().dropped.exhausted, 1);
    kept.iter().for_each(|frame| read(frame).unwrap());
}

#[test]
fn the_last_record_may_be_that_of_another_place() {
    let mut camera = Camera::new(1, OnExhausted::Heap);
    // One record for each: twice the ring's frames, and the pool's buffer.
    let mut held: Vec<_> = (0..2 * FRAMES + 1).map(|_| camera.lent()).collect();
    // The next frame's place is one later, and is found to be returned when that one is rescued.
    let returned = held.remove(2 * FRAMES + 1 - 3);
    let position = returned.meta().hardware_number;
    drop(returned);
    camera.intake.rescue(u64::from(position) + FRAMES as u64 - 2);
    held.push(camera.lent());
    assert_eq!(camera.lend(), Outcome::Dropped, "all are lent again");
    held.iter().for_each(|frame| read(frame).unwrap());
    let report = camera.report();
    assert_eq!(report.delivered.leased, 2 * FRAMES as u64 + 2);
    assert_eq!(report.dropped.exhausted, 1);
}

#[test]
fn frames_that_cannot_be_lent_are_lost() {
    let mut camera = Camera::new(1, OnExhausted::Drop);
    let position = camera.device.write();
    for _ in 0..FRAMES {
        camera.device.write();
    }
    let newest = position + FRAMES as u64;
    let mut lend =
        |len, position| camera.intake.lend(FrameMeta::new(4, 4, 8), len, position, newest);
    assert_eq!(lend(BYTES, position), Outcome::Lost, "written over");
    assert_eq!(lend(BYTES + 1, newest), Outcome::Lost, "longer than the ring's");
    assert_eq!(lend(BYTES, newest), Outcome::Delivered);
    assert_eq!(lend(BYTES, newest), Outcome::Lost, "lent before");
    let report = camera.report();
    assert_eq!((report.seen, report.lost), (1, 3));
    assert_eq!((report.faults.overruns, report.faults.impossible), (1, 2));
}

#[test]
fn leases_outlive_the_acquisition() {
    let mut camera = Camera::new(1, OnExhausted::Drop);
    let gone = camera.lent();
    for _ in 0..FRAMES {
        camera.device.write();
    }
    let kept = camera.lent();
    camera.device.is_over.store(true, Ordering::Release);
    camera.intake.finish();
    assert_eq!(camera.report().leases.overrun, 1);
    let Camera { device, intake, frames } = camera;
    let memory = Arc::downgrade(&device);
    drop((device, intake, frames));
    assert_eq!(kept.view().unwrap().bytes(), [kept.meta().hardware_number as u8; BYTES]);
    read(&kept).unwrap();
    assert!(gone.view().is_none() && gone.validate().is_err());
    drop(gone);
    assert!(memory.upgrade().is_some(), "a lease keeps the ring");
    drop(kept);
    assert!(memory.upgrade().is_none());
}

#[test]
fn the_ring_is_free_when_no_lease_is_left() {
    let mut camera = Camera::new(1, OnExhausted::Drop);
    drop(camera.lent());
    let kept = camera.lent();
    let shares = |camera: &Camera| Arc::strong_count(&camera.device);
    assert_eq!(
        shares(&camera),
        4,
        "of the intake, of a frame that was returned, and of one that is lent"
    );
    camera.intake.finish();
    assert_eq!(shares(&camera), 2);
    drop(kept);
    assert_eq!(shares(&camera), 1);
    camera.device.complete.store(0, Ordering::Relaxed);
    camera.intake.begin(camera.device.clone()).unwrap();
    assert_eq!(camera.lent().meta().number, 3, "the stream goes on");
}

#[test]
fn a_frame_without_a_buffer_is_a_miss_once() {
    let mut camera = Camera::new(1, OnExhausted::Drop);
    let [_first, second] = [(); 2].map(|()| camera.lent());
    while camera.device.is_whole(2) {
        drop(camera.lent());
    }
    drop(second);
    assert_eq!(camera.report().pool_misses, 1);
}

#[test]
fn what_was_returned_is_told_in_order() {
    let mut camera = Camera::new(4, OnExhausted::Drop);
    let [first, second, third] = [(); 3].map(|()| camera.lent());
    assert_eq!(camera.intake.returned_below(), 1);
    drop(second);
    assert_eq!(camera.intake.returned_below(), 1);
    drop(first);
    assert_eq!(camera.intake.returned_below(), 3);
    drop(third);
    assert_eq!(camera.intake.returned_below(), 4);
}

#[test]
fn taps_get_shares_of_leases() {
    let mut camera = Camera::new(4, OnExhausted::Drop);
    let taps = camera.intake.intake().taps().clone();
    let (_, mut newest) = taps.named("live").newest();
    let (_, mut all) = taps.named("all").channel(4);
    let seen = Arc::new(AtomicU64::new(0));
    let sum = Arc::clone(&seen);
    taps.named("sum").each(move |frame: &AnyFrame| {
        sum.fetch_add(frame.meta().number, Ordering::Relaxed);
    });
    (0..3).for_each(|_| drop(camera.lent()));
    assert_eq!(newest.take().unwrap().meta().number, 3);
    read(&all.try_recv().unwrap()).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 1 + 2 + 3);
}

#[test]
fn a_stream_may_carry_leases_alone() {
    let device = Device::new();
    let options = FrameProducer::options(FramePool::try_new(1, BYTES).unwrap());
    let (producer, mut frames) = options.build_of::<Lease>();
    let mut intake = LeaseIntake::new(producer.into_intake()).with_margin(2);
    assert_eq!(intake.lend(FrameMeta::new(4, 4, 8), BYTES, 1, 1), Outcome::Lost, "of no ring");
    intake.begin(device.clone()).unwrap();
    let position = device.write();
    intake.lend(FrameMeta::new(4, 4, 8), BYTES, position, position);
    let lease = frames.try_recv().unwrap();
    assert_eq!((lease.len(), lease.is_rescued()), (BYTES, false));
    assert_eq!(lease.copy_to(&mut [0]), Err(ReadError::WrongLength { buffer: 1, frame: BYTES }));
    intake.finish();
    assert!(lease.validate().is_ok());
}

#[test]
fn leases_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Lease>();
    crosses::<AnyFrame>();
    let mut camera = Camera::new(2, OnExhausted::Drop);
    let frame = camera.lent();
    let share = frame.share();
    std::thread::scope(|scope| {
        scope.spawn(move || read(&share).unwrap());
        read(&frame).unwrap();
        // Rescued by this thread while the other one reads, or has read.
        (0..FRAMES - 2).for_each(|_| drop(camera.lent()));
        read(&frame).unwrap();
    });
    assert_eq!(camera.report().leases.rescued, 1);
}
