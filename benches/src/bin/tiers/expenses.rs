//! What frames take from the heap, and which pages they fault, on the SDK's thread after a warm-up.

use crate::cameras::{Cameras, Failure, NAMES};
use crate::expense::Expense;
use crate::figures::{Measured, Unit, counted};
use crate::notes::Notes;
use crate::plan::Plan;
use crate::run::{Way, run};
use crate::timed::Each;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) const NAME: &str =
    "expenses: heap and page faults per frame of 8 MiB, on the SDK's thread";

pub(crate) fn measure(cameras: &Cameras, plan: &Plan) -> Result<Vec<Measured>, Failure> {
    let camera = cameras.open(NAMES[0])?;
    let mut measured = Vec::new();
    for way in Way::ALL {
        let frames = plan.warm_up + plan.frames * plan.rounds;
        let expenses = Arc::new(Mutex::new(Notes::of(frames, Expense::default())));
        let notes = Arc::clone(&expenses);
        let each: Each = Arc::new(move || {
            notes.lock().unwrap_or_else(PoisonError::into_inner).note(Expense::so_far());
        });
        run(&camera, plan.medium, way, frames, Some(each))?;
        let expenses = expenses.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = expenses.noted().get(plan.warm_up as usize - 1..).unwrap_or_default();
        let [before, .., after] = noted else { return Err("too few frames".into()) };
        let frames = (noted.len() - 1) as f64;
        let blocks = Some((after.blocks - before.blocks) as f64 / frames);
        let faults = after.faults.zip(before.faults);
        let faults = faults.map(|(after, before)| (after - before) as f64 / frames);
        for (value, unit) in [(blocks, Unit::BlocksPerFrame), (faults, Unit::FaultsPerFrame)] {
            measured.push(counted(NAME, way.name(), value, unit, Some(0.0)));
        }
    }
    Ok(measured)
}
