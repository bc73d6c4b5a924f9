//! The shortest use: a pool in a `static`, no heap, any thread.
//!
//! `cargo run -p framepool-core --example static_pool`

#![allow(clippy::print_stdout, reason = "an example that reports")]

use framepool_core::{Loan, Pool};
use std::thread;

type Lines = Pool<[u16; 640], 4>;

static LINES: Lines = Pool::new([[0; 640]; 4]);

/// Takes a line for as long as it works on it.
fn brightest(mut line: Loan<&'static Lines>, seed: u16) -> u16 {
    for (column, pixel) in (0..).zip(line.iter_mut()) {
        *pixel = seed.wrapping_mul(column);
    }
    line.iter().copied().max().unwrap_or_default()
}

fn main() {
    let workers: Vec<_> = (1..=8)
        .map(|seed| {
            thread::spawn(move || {
                // Eight threads want one of four lines: `None` says that all are on loan.
                LINES.try_acquire().map(|line| brightest(line, seed))
            })
        })
        .collect();
    let results: Vec<_> =
        workers.into_iter().map(|worker| worker.join().expect("no panic")).collect();
    println!("brightest pixels: {results:?}");
    println!("{} of {} lines are free again", LINES.available(), LINES.capacity());
}
