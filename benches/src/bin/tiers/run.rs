//! Running so many frames of a camera through a tier.

use crate::cameras::{Failure, setup};
use crate::plan::{RING, Size};
use crate::timed::{Each, Nothing, Timed};
use framepool::{
    Frame, FramePool, FrameProducer, Frames, Lease, OnExhausted, ReadFrame, RecvError, Report,
};
use framepool_pvcam::{
    Acquisition, Camera, CopyTier, End, FrameHandler, PinnedTier, SequenceTier, Sequences,
};
use std::thread;
use std::time::{Duration, Instant};

/// Frames of a sequence; the pool has room for two.
const SEQUENCE: u16 = 4;

/// How long a run may take at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// What handles frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Nothing,
    /// Only wakes the consumer: no tier can do without that.
    Wake,
    Copy,
    Pinned,
    Sequence,
}

impl Way {
    pub(crate) const ALL: [Self; 5] =
        [Self::Nothing, Self::Wake, Self::Copy, Self::Pinned, Self::Sequence];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "a handler that does nothing",
            Self::Wake => "a handler that only wakes a thread",
            Self::Copy => "copy tier",
            Self::Pinned => "pinned tier",
            Self::Sequence => "sequence tier",
        }
    }
}

/// Runs `frames` frames of a size, and calls `each`, if there is one, for each of them on the SDK's thread. Returns how long
/// the handler took for each; for none in the sequence tier, whose handler is its own. The consumer drops frames as they come.
pub(crate) fn run(
    camera: &Camera,
    size: Size,
    way: Way,
    frames: u32,
    each: Option<Each>,
) -> Result<Vec<Duration>, Failure> {
    let setup = setup(camera, size, RING);
    if way == Way::Sequence {
        let prepared = camera.prepare_sequences(&setup, SEQUENCE)?;
        let buffers = 2 * usize::from(SEQUENCE);
        let pool = FramePool::options(buffers, prepared.frame_bytes()).adjacent().build()?;
        let (producer, mut received) = stream::<Frame>(pool, each);
        let tier = SequenceTier::new(producer.into_intake()).with_frame_limit(frames.into());
        let sequences = Sequences::start(prepared, tier)?;
        consume(&mut received, |bound| sequences.wait(bound), drop)?;
        check(&sequences.stop()?.intake().metrics().report())?;
        return Ok(Vec::new());
    }
    let prepared = camera.prepare(&setup)?;
    let pool = FramePool::try_new(4, prepared.frame_bytes())?;
    match way {
        Way::Copy => {
            let (producer, mut received) = stream::<Frame>(pool, each);
            let tier = CopyTier::new(producer.into_intake()).with_frame_limit(frames.into());
            let acquisition = Acquisition::start(prepared, Timed::new(tier, frames))?;
            consume(&mut received, |bound| acquisition.wait(bound), drop)?;
            finish(acquisition, |tier| tier.intake().metrics().report())
        }
        Way::Pinned => {
            let (producer, mut received) = stream::<Lease>(pool, each);
            let tier = PinnedTier::new(producer.into_intake()).with_frame_limit(frames.into());
            let acquisition = Acquisition::start(prepared, Timed::new(tier, frames))?;
            consume(&mut received, |bound| acquisition.wait(bound), drop)?;
            finish(acquisition, |tier| tier.intake().metrics().report())
        }
        Way::Nothing | Way::Wake | Way::Sequence => {
            let wakes = (way == Way::Wake).then(thread::current);
            let nothing = Nothing { each, wakes, left: frames };
            let acquisition = Acquisition::start(prepared, Timed::new(nothing, frames))?;
            let begun = Instant::now();
            let mut end = None;
            while way == Way::Wake && end.is_none() && begun.elapsed() < PATIENCE {
                thread::park_timeout(Duration::from_millis(50));
                end = acquisition.wait(Duration::ZERO);
            }
            ended_well(end.or_else(|| acquisition.wait(PATIENCE)))?;
            Ok(acquisition.stop()?.times().to_vec())
        }
    }
}

fn stream<F: ReadFrame>(pool: FramePool, each: Option<Each>) -> (FrameProducer<F>, Frames<F>) {
    let options = FrameProducer::options(pool).on_exhausted(OnExhausted::Drop);
    let (producer, frames) = options.places(2 * RING).build_of::<F>();
    if let Some(each) = each {
        producer.taps().named("each").each(move |_: &F| each());
    }
    (producer, frames)
}

fn finish<H: FrameHandler>(
    acquisition: Acquisition<Timed<H>>,
    report: impl FnOnce(&H) -> Report,
) -> Result<Vec<Duration>, Failure> {
    let timed = acquisition.stop()?;
    check(&report(timed.handler()))?;
    Ok(timed.times().to_vec())
}

fn check(report: &Report) -> Result<(), Failure> {
    if report.is_conserved() { Ok(()) } else { Err(format!("unaccounted for: {report}").into()) }
}

/// Passes frames to `take` until the acquisition has ended by itself, and all have come.
pub(crate) fn consume<F: ReadFrame>(
    frames: &mut Frames<F>,
    wait: impl Fn(Duration) -> Option<End>,
    mut take: impl FnMut(F),
) -> Result<(), Failure> {
    let begun = Instant::now();
    loop {
        match frames.recv_timeout(Duration::from_millis(50)) {
            Ok(frame) => take(frame),
            Err(RecvError::Closed) => return Err("the stream has ended".into()),
            Err(_) => match wait(Duration::ZERO) {
                // What came since.
                Some(end) => {
                    while let Ok(frame) = frames.try_recv() {
                        take(frame);
                    }
                    return ended_well(Some(end));
                }
                None if begun.elapsed() > PATIENCE => return ended_well(None),
                None => {}
            },
        }
    }
}

fn ended_well(end: Option<End>) -> Result<(), Failure> {
    match end {
        Some(End::HandlerBroke) => Ok(()),
        Some(end) => Err(format!("the acquisition ended: {end:?}").into()),
        None => Err("the camera is too slow".into()),
    }
}
