//! framepool-core beside its peers.
//!
//! Machines differ, and one machine differs from minute to minute: what counts are the ratios,
//! each taken within one round, in which every subject runs once. See [`measure`].

mod measure;
mod report;
mod subjects;

use clap::Parser;
use measure::Plan;
use std::time::Duration;
use std::{io, thread};

/// Measures what a loan costs, beside other ways to hand out memory.
#[derive(Debug, Parser)]
#[command(name = "framepool-benches", version)]
struct Options {
    /// How often each subject is measured.
    #[arg(long, default_value_t = 201, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Microseconds that a measurement on one thread lasts, roughly.
    #[arg(long, default_value_t = 500, value_name = "US")]
    alone: u64,
    /// Microseconds that a measurement on several threads lasts, roughly.
    #[arg(long, default_value_t = 2000, value_name = "US")]
    contended: u64,
    /// Only comparisons whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let mut comparisons = subjects::comparisons();
    comparisons.retain(|comparison| comparison.name.contains(&options.only));
    let plan = Plan {
        rounds: options.rounds,
        alone: Duration::from_micros(options.alone),
        contended: Duration::from_micros(options.contended),
        cores: thread::available_parallelism()?.get(),
    };
    let results = measure::run(&comparisons, plan);
    let out = io::stdout().lock();
    if options.json { report::json(out, &results) } else { report::table(out, &results) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_runs_and_is_reported() {
        let (alone, contended) = (Duration::ZERO, Duration::ZERO);
        let plan = Plan { rounds: 1, alone, contended, cores: 2 };
        let results = measure::run(&subjects::comparisons(), plan);
        let (mut table, mut json) = (Vec::new(), Vec::new());
        report::table(&mut table, &results).unwrap();
        report::json(&mut json, &results).unwrap();
        let table = String::from_utf8(table).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json.as_array().map(Vec::len), Some(results.len()));
        assert!(results.iter().all(|measured| table.contains(&measured.subject)));
    }
}
