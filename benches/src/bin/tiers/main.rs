//! The tiers of the camera stack, with simulated cameras: what a frame costs in each, and what a start does.
//!
//! Machines differ, and one machine differs from minute to minute: what counts are ratios of medians within a round, in which
//! every subject is measured. The bars are printed beside them; nothing is judged.

mod bare;
mod bursts;
mod cameras;
mod clock;
mod copying;
// One allocator that counts, for the command and here.
#[path = "../../../../pvcam/src/bin/framegrab/expense.rs"]
mod expense;
mod expenses;
mod figures;
mod notes;
mod plan;
mod report;
mod restarts;
mod run;
mod thread;
mod timed;

use cameras::{Cameras, Failure};
use clap::Parser;
use figures::Measured;
use plan::Plan;
use std::io;

#[global_allocator]
static ALLOCATOR: expense::CountingAllocator = expense::CountingAllocator;

/// Measures the tiers of the camera stack side by side, with simulated cameras: about a minute.
#[derive(Debug, Parser)]
#[command(name = "tiers", version)]
struct Options {
    /// How often each subject is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only comparisons whose name contains this.
    #[arg(long, default_value = "", value_name = "TEXT")]
    only: String,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// Comparisons that are measured together.
struct Part {
    comparisons: &'static [&'static str],
    measure: fn(&Cameras, &Plan) -> Result<Vec<Measured>, Failure>,
}

const PARTS: [Part; 5] = [
    Part { comparisons: &[copying::NAME], measure: copying::measure },
    Part { comparisons: &[thread::ON_FRAME, thread::CPU, thread::OWN], measure: thread::measure },
    Part { comparisons: &[bursts::OF_24, bursts::OF_30], measure: bursts::measure },
    Part { comparisons: &[expenses::NAME], measure: expenses::measure },
    Part {
        comparisons: &[restarts::BOTH, restarts::START, restarts::STOP],
        measure: restarts::measure,
    },
];

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let results = measure(&Plan::usual(options.rounds), &options.only)?;
    let out = io::stdout().lock();
    if options.json {
        report::json(out, &results)?
    } else {
        report::table(out, &results)?
    }
    Ok(())
}

/// Measures the comparisons whose names contain `only`.
fn measure(plan: &Plan, only: &str) -> Result<Vec<Measured>, Failure> {
    let cameras = Cameras::simulated()?;
    let mut results = Vec::new();
    for part in PARTS.iter().filter(|it| it.comparisons.iter().any(|name| name.contains(only))) {
        results.extend((part.measure)(&cameras, plan)?);
    }
    results.retain(|measured| measured.comparison.contains(only));
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::Size;
    use std::collections::BTreeSet;
    use std::time::Duration;

    const fn size(name: &'static str, side: u16) -> Size {
        Size { name, width: side, height: side, period: Duration::from_millis(1) }
    }

    const TINY: Plan = Plan {
        rounds: 1,
        frames: 2,
        warm_up: 1,
        bursts: 1,
        cycles: 1,
        small: size("small", 16),
        medium: size("medium", 32),
        large: size("large", 64),
    };

    /// One test: the simulated library is initialised once at a time.
    #[test]
    fn every_subject_runs_and_is_reported() {
        let results = measure(&TINY, "").unwrap();
        let (mut table, mut json) = (Vec::new(), Vec::new());
        report::table(&mut table, &results).unwrap();
        report::json(&mut json, &results).unwrap();
        let table = String::from_utf8(table).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json.as_array().map(Vec::len), Some(results.len()));
        assert!(results.iter().all(|measured| table.contains(&measured.subject)));
        let expected: BTreeSet<_> = PARTS.iter().flat_map(|part| part.comparisons).collect();
        assert_eq!(results.iter().map(|it| &it.comparison).collect::<BTreeSet<_>>(), expected);
        // The 3 copies, 3 times of 5 ways and sizes less 6 that have none, and what the others count.
        assert_eq!(results.len(), 6 + (12 + 15 + 12) + 2 * 11 + 10 + 3 * 4);

        let some = measure(&TINY, "the stop alone").unwrap();
        assert_eq!(some.len(), 4);
    }
}
