//! What frames cost on the SDK's thread, tier by tier and for several sizes.
//!
//! ```text
//!   SDK's thread   wakes | callback, which frame | on_frame: .. taps | push, wake | sleeps
//!   on_frame                                     |<----------------------->|         on the wall; not of sequences
//!   CPU time                                                    |<-------------------- .. to the next frame's tap
//! ```
//! In two runs: the tap that reads the thread's clock costs some microseconds where caches are cold, so there is none while
//! `on_frame` is timed. A consumer that waits is woken in `on_frame`; a handler that does only that is there for comparison.

use crate::cameras::{Cameras, Failure, NAMES};
use crate::clock::on_core;
use crate::figures::{Measured, Rounds, compare, median};
use crate::notes::Notes;
use crate::plan::{Plan, Size};
use crate::run::{Way, run};
use crate::timed::Each;
use framepool_pvcam::Camera;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) const ON_FRAME: &str = "thread: on_frame, beside the copy tier's of 8 MiB";
pub(crate) const CPU: &str = "thread: CPU time per frame, beside the copy tier's of 8 MiB";
pub(crate) const OWN: &str = "thread: the same, less that of a handler that does nothing";

/// The bar of tiers that copy nothing.
const BAR: f64 = 0.01;

/// What is measured of one way and size in a round: medians, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    on_frame: Option<f64>,
    cpu: Option<f64>,
}

pub(crate) fn measure(cameras: &Cameras, plan: &Plan) -> Result<Vec<Measured>, Failure> {
    let camera = cameras.open(NAMES[0])?;
    let subjects: Vec<_> =
        plan.sizes().into_iter().flat_map(|size| Way::ALL.map(|way| (size, way))).collect();
    let name = |&(size, way): &(Size, Way)| {
        let at_most = matches!(way, Way::Pinned | Way::Sequence).then_some(BAR);
        Rounds::of(format!("{}, {}", way.name(), size.name), at_most)
    };
    let mut tables = [(); 3].map(|()| subjects.iter().map(name).collect::<Vec<_>>());
    for round in 0..plan.rounds {
        let mut medians = vec![Round::default(); subjects.len()];
        for i in 0..subjects.len() {
            // And backwards: a slow drift favours none.
            let i = if round % 2 == 0 { i } else { subjects.len() - 1 - i };
            let (size, way) = subjects[i];
            medians[i] = measure_one(&camera, size, way, plan)?;
        }
        for (i, &Round { on_frame, cpu }) in medians.iter().enumerate() {
            // The first way of this size.
            let nothing = medians[i - i % Way::ALL.len()].cpu;
            let own = cpu.zip(nothing).map(|(cpu, nothing)| cpu - nothing);
            for (table, median) in tables.iter_mut().zip([on_frame, cpu, own]) {
                table[i].medians.push(median);
            }
        }
    }
    let [on_frame, cpu, mut own] = tables;
    let is_first = |&(size, way): &(Size, Way)| size.name == plan.medium.name && way == Way::Copy;
    let first = subjects.iter().position(is_first).unwrap_or_default();
    let mut measured: Vec<_> = compare(ON_FRAME, &on_frame, first).collect();
    // Sequences have no handler of ours.
    measured.retain(|line| line.rounds > 0);
    // The SDK's own part may be more than the bar: what is beyond it has the bar.
    measured.extend(compare(CPU, &cpu, first).map(|line| Measured { at_most: None, ..line }));
    let name = &own[first].subject.clone();
    own.retain(|rounds| !rounds.subject.starts_with(Way::Nothing.name()));
    let first = own.iter().position(|rounds| rounds.subject == *name).unwrap_or_default();
    measured.extend(compare(OWN, &own, first));
    Ok(measured)
}

fn measure_one(camera: &Camera, size: Size, way: Way, plan: &Plan) -> Result<Round, Failure> {
    let frames = plan.warm_up + plan.frames;
    let times = if way == Way::Sequence {
        // Its handler is not ours.
        Vec::new()
    } else {
        run(camera, size, way, frames, None)?
    };
    let times = times.get(plan.warm_up as usize..).unwrap_or_default().iter().copied();

    let seen = AtomicU32::new(0);
    let clock = Arc::new(Mutex::new(Notes::of(plan.frames + 1, Duration::ZERO)));
    let warm_up = plan.warm_up;
    let notes = Arc::clone(&clock);
    let each: Each = Arc::new(move || {
        // Ordering: Relaxed: a count of one thread's.
        if seen.fetch_add(1, Ordering::Relaxed) >= warm_up {
            notes.lock().unwrap_or_else(PoisonError::into_inner).note(on_core());
        }
    });
    run(camera, size, way, frames + 1, Some(each))?;
    let clock = clock.lock().unwrap_or_else(PoisonError::into_inner);
    let cpu = clock.noted().windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    Ok(Round { on_frame: median(times), cpu: median(cpu) })
}
