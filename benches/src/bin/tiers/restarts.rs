//! Starting and stopping the same setup again and again, beside the bare calls: `pl_exp_start_cont` and `pl_exp_abort`, into a
//! ring of the same size.
//!
//! Frames are small, so that the ring is, and exposures so long that none comes. Each subject has a camera of its own; they
//! take turns, and after each round in the other direction.

use crate::bare::Bare;
use crate::cameras::{Cameras, Failure, NAMES, setup};
use crate::figures::{Measured, Rounds, compare, median};
use crate::plan::{Plan, RING, Size};
use framepool::{FramePool, FrameProducer, Lease, OnExhausted, channel};
use framepool_pvcam::{CopyTier, FrameHandler, PinnedTier, Standby};
use std::time::{Duration, Instant};

pub(crate) const BOTH: &str = "restarts: start + stop, beside the bare calls";
pub(crate) const START: &str = "restarts: the start alone";
pub(crate) const STOP: &str = "restarts: the stop alone";

const BAR: f64 = 1.1;

/// Starts and stops once, and returns how long the start took, and the stop.
type Cycle<'a> = Box<dyn FnMut() -> Result<(Duration, Duration), Failure> + 'a>;

pub(crate) fn measure(cameras: &Cameras, plan: &Plan) -> Result<Vec<Measured>, Failure> {
    let size = Size { period: Duration::from_millis(500), ..plan.small };
    let bare = Bare::open(NAMES[2], size, RING)?;
    let (first, second) = (cameras.open(NAMES[0])?, cameras.open(NAMES[1])?);

    let prepared = first.prepare(&setup(&first, size, RING))?;
    let pool = FramePool::try_new(4, prepared.frame_bytes())?;
    let (intake, _frames) = channel(pool, 8, OnExhausted::Drop);
    let copy = Standby::new(prepared, CopyTier::new(intake))?;

    let prepared = second.prepare(&setup(&second, size, RING))?;
    let reserve = FramePool::try_new(4, prepared.frame_bytes())?;
    let (producer, _leases) = FrameProducer::options(reserve).places(8).build_of::<Lease>();
    let pinned = Standby::new(prepared, PinnedTier::new(producer.into_intake()))?;

    let mut subjects: [(&str, Cycle<'_>); 4] = [
        ("the bare calls", bare_cycle(&bare)),
        ("copy tier", cycle(copy)),
        ("pinned tier", cycle(pinned)),
        ("the bare calls again", bare_cycle(&bare)),
    ];
    let rounds = |(name, _): &(&str, _)| Rounds::of(*name, name.ends_with("tier").then_some(BAR));
    let mut tables = [(); 3].map(|()| subjects.each_ref().map(rounds));
    for round in 0..=plan.rounds {
        let mut times = subjects.each_ref().map(|_| Vec::new());
        for _ in 0..plan.cycles {
            for i in 0..subjects.len() {
                let i = if round % 2 == 0 { i } else { subjects.len() - 1 - i };
                times[i].push(subjects[i].1()?);
            }
        }
        if round == 0 {
            continue; // to be warm
        }
        for (i, times) in times.iter().enumerate() {
            let times = times.iter().copied();
            tables[0][i].medians.push(median(times.clone().map(|(start, stop)| start + stop)));
            tables[1][i].medians.push(median(times.clone().map(|(start, _)| start)));
            tables[2][i].medians.push(median(times.map(|(_, stop)| stop)));
        }
    }
    let [both, start, stop] = &tables;
    let measured =
        compare(BOTH, both, 0).chain(compare(START, start, 0)).chain(compare(STOP, stop, 0));
    let mut measured: Vec<_> = measured.collect();
    // The bar is of both together.
    measured.iter_mut().filter(|line| line.comparison != BOTH).for_each(|line| line.at_most = None);
    Ok(measured)
}

fn bare_cycle(bare: &Bare) -> Cycle<'_> {
    Box::new(|| {
        let begun = Instant::now();
        bare.start()?;
        let started = Instant::now();
        bare.abort()?;
        Ok((started - begun, started.elapsed()))
    })
}

fn cycle<'a, H: FrameHandler>(standby: Standby<H>) -> Cycle<'a> {
    let mut idle = Some(standby);
    Box::new(move || {
        let standby = idle.take().ok_or("it failed before")?;
        let begun = Instant::now();
        let acquisition = standby.start()?;
        let started = Instant::now();
        let standby = acquisition.halt()?;
        let stopped = started.elapsed();
        idle = Some(standby);
        Ok((started - begun, stopped))
    })
}
