//! The pinned tier under a consumer that falls behind in bursts: it keeps many frames of a ring, drops all of them, and
//! begins again.
//!
//! The tier copies a frame that is still kept when the camera has a quarter of the ring to go: of `kept` frames the first
//! `kept - 23` of a ring of 32, in each burst.

use crate::cameras::{Cameras, Failure, NAMES, setup};
use crate::figures::{Measured, Unit, counted};
use crate::plan::{Plan, Size};
use crate::run::consume;
use framepool::{FramePool, FrameProducer, Lease, OnExhausted, ReadFrame};
use framepool_pvcam::{Acquisition, PinnedTier};

pub(crate) const OF_24: &str = "bursts: pinned tier, 24 frames of a ring of 32 are kept";
pub(crate) const OF_30: &str = "bursts: pinned tier, 30 frames of a ring of 32 are kept";

/// Frames in the ring, and in the reserve: every frame of the ring could be copied.
const RING: usize = 32;

pub(crate) fn measure(cameras: &Cameras, plan: &Plan) -> Result<Vec<Measured>, Failure> {
    let mut measured = Vec::new();
    for (name, kept) in [(OF_24, 24), (OF_30, 30)] {
        measured.extend(fall_behind(cameras, plan, name, kept)?);
    }
    Ok(measured)
}

fn fall_behind(
    cameras: &Cameras,
    plan: &Plan,
    name: &'static str,
    kept: u32,
) -> Result<Vec<Measured>, Failure> {
    let camera = cameras.open(NAMES[0])?;
    // Twice as fast: here frames may meet.
    let size = Size { period: plan.medium.period / 2, ..plan.medium };
    let prepared = camera.prepare(&setup(&camera, size, RING))?;
    let reserve = FramePool::try_new(RING, prepared.frame_bytes())?;
    let options = FrameProducer::options(reserve).on_exhausted(OnExhausted::Drop);
    let (producer, mut received) = options.places(2 * RING).build_of::<Lease>();
    let metrics = producer.metrics().clone();
    let frames = plan.bursts * kept;
    let tier = PinnedTier::new(producer.into_intake()).with_frame_limit(frames.into());
    let acquisition = Acquisition::start(prepared, tier)?;
    let (mut held, mut gone, mut rescued) = (Vec::new(), 0, 0);
    let take = |lease: Lease| {
        held.push(lease);
        if held.len() == kept as usize {
            for lease in held.drain(..) {
                rescued += u32::from(lease.is_rescued());
                // Looks whether the frame is whole, as a reader does when it has read it.
                gone += u32::from(lease.read(|_| ()).is_err());
            }
        }
    };
    consume(&mut received, |bound| acquisition.wait(bound), take)?;
    acquisition.stop()?;
    let report = metrics.report();
    let copied = report.leases.rescued as f64;
    let other = report.delivered.pooled + report.delivered.heap;
    let count = |subject: &str, value: f64, at_most| {
        counted(name, subject, Some(value), Unit::Frames, at_most)
    };
    Ok(vec![
        count("seen", report.seen as f64, None),
        count("lent in the ring", report.delivered.leased as f64, None),
        count("lost, overruns in the ring among them", report.lost as f64, Some(0.0)),
        count("announced late: the SDK's thread had no core", report.faults.late as f64, None),
        count("dropped", report.dropped.total() as f64, Some(0.0)),
        count("gone while they were lent, as counted", report.leases.overrun as f64, Some(0.0)),
        count("gone while they were lent, as the consumer saw it", gone.into(), Some(0.0)),
        count("copied: rescued", copied, None),
        count("of these, as the consumer saw it", rescued.into(), None),
        count("copied for any other reason", other as f64, Some(0.0)),
        counted(
            name,
            "rescued in a burst",
            Some(copied / f64::from(plan.bursts)),
            Unit::FramesPerBurst,
            None,
        ),
    ])
}
