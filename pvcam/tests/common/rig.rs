//! A camera that runs in a tier, and a consumer that checks what it gets.
//!
//! ```text
//!   trigger --> camera --> ring of 8 --> tier --> receive: numbers in order, pixels of that number
//! ```
//!
//! Each frame is triggered by the test, so nothing depends on how fast the machine is. A frame is handled while the
//! camera is no further only if the test receives it before it triggers the next one.

use super::counts::Counts;
use super::tier::Tier;
use super::{LONG, bounded, region, sdk_of, trigger};
use framepool::{
    AnyFrame, FramePool, FrameProducer, Frames, Metrics, OnExhausted, ReadFrame, Taps,
};
use framepool_pvcam::{Acquisition, Camera, End, Prepared, Sdk, SdkError, Setup, Standby, Trigger};
use framepool_pvcam_sim::picture;
use std::ops::RangeInclusive;
use std::sync::MutexGuard;
use std::time::Duration;

/// Frames of the ring, and buffers of the pool or the reserve.
pub const RING: usize = 8;
pub const BUFFERS: usize = 16;

pub const WIDTH: u32 = 64;
pub const HEIGHT: u32 = 32;
pub const FRAME_BYTES: usize = WIDTH as usize * HEIGHT as usize * 2;

/// A setup of small frames, in a small ring, one for each trigger.
pub fn triggered(camera: &Camera) -> Setup {
    Setup::full_frame(camera, Duration::from_millis(1))
        .with_region(region(8, 16, WIDTH, HEIGHT))
        .with_ring_frames(RING)
        .with_trigger(Trigger::Software)
}

/// How a rig's camera and stream are to be.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What the configuration says of the camera.
    pub camera: &'static str,
    pub ring_frames: usize,
    pub overwrite: bool,
    pub buffers: usize,
    pub on_exhausted: OnExhausted,
}

impl Plan {
    pub fn of(camera: &'static str) -> Self {
        let (ring_frames, buffers) = (RING, BUFFERS);
        Self { camera, ring_frames, overwrite: true, buffers, on_exhausted: OnExhausted::Drop }
    }
}

/// The end of a stream, and how many frames of it were received.
#[derive(Debug)]
pub struct Consumer<F: ReadFrame> {
    pub frames: Frames<F>,
    received: u64,
}

impl<F: ReadFrame> Consumer<F> {
    /// Receives the frame with this number of the camera's, and checks it.
    pub fn receive(&mut self, number: u32) -> F {
        let frame = self.frames.recv_timeout(LONG).unwrap();
        self.received += 1;
        assert_eq!(frame.meta().number, self.received, "frame {number} in the stream");
        check(&frame, number);
        frame
    }

    /// Receives the frames with these numbers, which are held until all are there; returns their time stamps.
    pub fn receive_all(&mut self, numbers: RangeInclusive<u32>) -> Vec<u64> {
        let held: Vec<F> = numbers.map(|number| self.receive(number)).collect();
        held.iter().map(|frame| frame.meta().timestamp_ns).collect()
    }
}

/// Checks that a frame has this number, and its pixels.
pub fn check(frame: &impl ReadFrame, number: u32) {
    assert_eq!(frame.meta().hardware_number, number);
    let mut copy = vec![0; FRAME_BYTES];
    frame.copy_to(&mut copy).unwrap();
    assert_eq!(verified(&copy), number, "pixels of another frame");
}

/// Returns the number that the pixels of a whole frame say.
pub fn verified(bytes: &[u8]) -> u32 {
    picture::verify(bytes, WIDTH as usize, HEIGHT as usize).unwrap()
}

/// Makes a stream, and the tier that delivers into it.
pub fn stream<F: ReadFrame, T: Tier<F>>(
    buffers: usize,
    on_exhausted: OnExhausted,
) -> (T, Consumer<F>, FramePool) {
    let pool = FramePool::try_new(buffers, FRAME_BYTES).unwrap();
    let options = FrameProducer::options(pool.clone()).places(64).on_exhausted(on_exhausted);
    let (producer, frames) = options.build_of::<F>();
    (T::of(producer.into_intake()), Consumer { frames, received: 0 }, pool)
}

/// A camera that runs in a tier.
#[derive(Debug)]
pub struct Rig<T: Tier<F>, F: ReadFrame = AnyFrame> {
    pub consumer: Consumer<F>,
    pub pool: FramePool,
    pub metrics: Metrics,
    pub taps: Taps<F>,
    acquisition: Option<Acquisition<T>>,
    pub prepared: Prepared,
    pub camera: Camera,
    pub sdk: Sdk,
    turn: MutexGuard<'static, ()>,
}

impl<T: Tier<F>, F: ReadFrame> Rig<T, F> {
    /// Starts a camera, of which this is said.
    pub fn new(camera: &'static str) -> Self {
        Self::of(Plan::of(camera))
    }

    pub fn of(plan: Plan) -> Self {
        Self::with(plan, |tier| tier)
    }

    /// Starts a camera; `change` makes the tier what the test needs.
    pub fn with(plan: Plan, change: impl FnOnce(T) -> T) -> Self {
        let (turn, sdk) = sdk_of(plan.camera);
        let camera = sdk.open_first().unwrap();
        let setup = triggered(&camera).with_overwrite(plan.overwrite);
        let prepared = camera.prepare(&setup.with_ring_frames(plan.ring_frames)).unwrap();
        assert_eq!(prepared.frame_bytes(), FRAME_BYTES);
        let (tier, consumer, pool) = stream::<F, T>(plan.buffers, plan.on_exhausted);
        let (metrics, taps) = (tier.intake().metrics().clone(), tier.intake().taps().clone());
        let acquisition = Some(Acquisition::start(prepared.clone(), change(tier)).unwrap());
        Self { consumer, pool, metrics, taps, acquisition, prepared, camera, sdk, turn }
    }

    pub fn acquisition(&self) -> &Acquisition<T> {
        self.acquisition.as_ref().unwrap()
    }

    /// Triggers so many frames: each when the one before is complete, handled or not.
    pub fn trigger(&self, frames: u32) {
        (0..frames).for_each(|_| trigger(self.acquisition()));
    }

    /// Triggers the frames with these numbers; receives each before the next, and lets go of it.
    pub fn run(&mut self, numbers: RangeInclusive<u32>) -> Vec<u64> {
        numbers.map(|number| self.next(number).meta().timestamp_ns).collect()
    }

    /// Triggers the frame with this number, and receives it.
    pub fn next(&mut self, number: u32) -> F {
        self.trigger(1);
        self.consumer.receive(number)
    }

    /// Waits until the acquisition has ended by itself.
    pub fn end(&self) -> End {
        self.acquisition().wait(LONG).unwrap()
    }

    pub fn try_halt(&mut self) -> Result<Standby<T>, SdkError> {
        let acquisition = self.acquisition.take().unwrap();
        bounded(move || acquisition.halt())
    }

    /// Stops, and returns what was counted.
    pub fn stop(&mut self) -> Counts {
        drop(self.try_halt().unwrap());
        self.counts()
    }

    /// Stops, and starts again.
    pub fn restart(&mut self) {
        let standby = self.try_halt().unwrap();
        self.acquisition = Some(standby.start().unwrap());
    }

    /// Ends all of it but the test's turn: the SDK may be initialised again.
    pub fn close(self) -> MutexGuard<'static, ()> {
        let Self { turn, .. } = self;
        turn
    }

    /// Takes it apart; all but the turn may be dropped before.
    pub fn into_parts(
        self,
    ) -> (MutexGuard<'static, ()>, Sdk, Acquisition<T>, Consumer<F>, Metrics) {
        let Self { turn, sdk, acquisition, consumer, metrics, .. } = self;
        (turn, sdk, acquisition.unwrap(), consumer, metrics)
    }

    pub fn counts(&self) -> Counts {
        Counts::of(&self.metrics.report(), T::LENDS)
    }
}
