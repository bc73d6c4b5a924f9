//! Packets of mDNS received in three ways, on real sockets: what each takes from the heap, how long a packet
//! takes until it is parsed, and that no packet shows a byte of an earlier one.
//!
//! `cargo run --release -p framepool --example mdns_receive`
//!
//! - fresh: a new buffer of 9000 bytes for each packet
//! - copy: a pooled buffer, zeroed when it goes back, out of which the packet is copied
//! - zero-copy: the packet stays in its pooled buffer, which both readers share; the last one gives it back
//!
//! Two readers parse every packet. It ends with 1 if a packet is not the one that was sent or shows bytes of
//! another, if a buffer is missing at the end, or if a way takes more from the heap than it may.

#![allow(clippy::print_stdout, reason = "an example that reports")]
#![allow(clippy::print_stderr, reason = "an example that reports")]

mod queries;
mod run;
mod tally;
mod ways;

use clap::Parser;
use framepool::SizeClasses;
use queries::Mix;
use run::{DEPTH, Load, run};
use std::process::ExitCode;
use std::time::Duration;
use tally::{Head, Tally};
use ways::{Copied, Fresh, ZeroCopy};

type Error = Box<dyn std::error::Error + Send + Sync>;

const WAYS: [&str; 3] = ["fresh", "copy", "zero-copy"];

/// The ways take turns, so that a slow second of the machine is not one way's.
const ROUNDS: u32 = 4;

const PACE: Duration = Duration::from_millis(10);

/// Long packets take longer to parse: so many times fewer are sent.
const FEWER: u32 = 2;

/// A copy may take this part of what a new buffer takes.
const COPY_MOST: f64 = 0.01;

/// Receives packets of mDNS with new, copied and shared buffers.
#[derive(Parser)]
struct Options {
    /// Short packets that are sent as fast as it goes, for each way; half as many of mixed lengths are
    #[arg(long, default_value_t = 200_000)]
    packets: u32,
    /// Seconds for which 100 packets a second are sent, for each way
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
}

/// What is sent in each round, and what came of it.
struct Phase<'a> {
    name: &'static str,
    load: Load<'a>,
    /// Short packets alone, of which a copy must take little.
    is_short: bool,
    tallies: Vec<Tally>,
}

impl<'a> Phase<'a> {
    fn new(name: &'static str, mix: &'a Mix, packets: u32, is_short: bool) -> Result<Self, Error> {
        let load = Load { mix, packets: packets.div_ceil(ROUNDS), pace: None };
        let tallies = WAYS.iter().map(|_| Tally::new()).collect::<Result<_, _>>()?;
        Ok(Self { name, load, is_short, tallies })
    }
}

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<(), Error> {
    let paced = Duration::try_from_secs_f64(options.seconds)?.as_millis() / PACE.as_millis();
    let (short, mixed) = (Mix::short()?, Mix::long_and_short()?);
    let mut phases = [
        Phase::new("mixed lengths, at full speed", &mixed, options.packets / FEWER, false)?,
        Phase::new("short, 100 a second", &short, paced.try_into()?, true)?,
        Phase::new("short, at full speed", &short, options.packets, true)?,
    ];
    phases[1].load.pace = Some(PACE);

    // No more than a channel takes: the pool runs out first.
    let (copied, shared) = (Copied(ways::pool(1)?), ZeroCopy(ways::pool(DEPTH)?));
    ways::wait_once()?;
    for round in 0..ROUNDS as usize {
        for Phase { load, tallies, .. } in &mut phases {
            for turn in 0..WAYS.len() {
                let way = (round + turn) % WAYS.len();
                let tally = match way {
                    0 => run(&Fresh, load),
                    1 => run(&copied, load),
                    _ => run(&shared, load),
                };
                tallies[way].add(&tally.map_err(|error| format!("{}: {error}", WAYS[way]))?)?;
            }
        }
    }

    println!("{Head}");
    for Phase { name, tallies, .. } in &phases {
        println!("{name}");
        for (way, tally) in WAYS.iter().zip(tallies) {
            println!("  {way:11}{tally}");
        }
    }
    println!("\nbuffers of copy:\n{}", copied.0.stats());
    println!("buffers of zero-copy:\n{}", shared.0.stats());
    phases.iter().try_for_each(check)?;
    are_back(&copied.0)?;
    are_back(&shared.0)
}

/// Checks what the ways have taken from the heap, if packets came.
fn check(phase: &Phase<'_>) -> Result<(), Error> {
    let [fresh, copy, zero_copy] = &phase.tallies[..] else {
        return Err("a way is missing".into());
    };
    if zero_copy.ours.bytes + zero_copy.ours.blocks > 0 {
        let (packets, taken) = (zero_copy.received, zero_copy.ours);
        return Err(
            format!("{}: zero-copy took {taken:?} for {packets} packets", phase.name).into()
        );
    }
    let each = |tally: &Tally| tally.per_packet(tally.ours.bytes);
    if let (true, Some(fresh), Some(copy)) = (phase.is_short, each(fresh), each(copy))
        && copy > fresh * COPY_MOST
    {
        let name = phase.name;
        return Err(format!(
            "{name}: copy took {copy:.1} bytes a packet, of fresh's {fresh:.1}; {COPY_MOST} of that is allowed"
        )
        .into());
    }
    Ok(())
}

/// Checks that every buffer came back, and none was of the heap.
fn are_back(pool: &SizeClasses) -> Result<(), Error> {
    let stats = pool.stats();
    let all_free = stats.classes.iter().all(|class| class.stats.available == class.stats.capacity);
    if all_free && stats.heap == 0 {
        Ok(())
    } else {
        Err(format!("not all came back: {stats}").into())
    }
}
