//! What is measured: one file per subject, put side by side here.

mod array_queue;
mod daq;
mod ours;
mod words;

use crate::measure::Comparison;

/// Slots of every pool.
const SLOTS: usize = 16;

pub(crate) fn comparisons() -> Vec<Comparison> {
    vec![
        Comparison {
            name: "acquire + release",
            threads: 1,
            subjects: vec![words::two_adds(), ours::inline(), array_queue::boxes(), daq::pool()],
        },
        Comparison {
            name: "acquire + release, contended",
            threads: 2,
            subjects: vec![words::two_adds(), ours::inline(), array_queue::boxes(), daq::pool()],
        },
        Comparison {
            name: "frozen shares",
            threads: 1,
            subjects: vec![ours::inline(), ours::frozen(), ours::frozen_and_cloned()],
        },
        Comparison {
            name: "owned loans",
            threads: 1,
            subjects: vec![ours::boxed(), ours::owned()],
        },
        Comparison {
            name: "owned loans, contended",
            threads: 2,
            subjects: vec![ours::boxed(), ours::owned()],
        },
    ]
}
