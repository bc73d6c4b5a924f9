//! What is measured: one file per subject, put side by side here.

mod array_queue;
mod daq;
mod ours;
mod words;

use crate::measure::Comparison;

/// Slots of every pool.
const SLOTS: usize = 16;

pub(crate) fn comparisons() -> Vec<Comparison> {
    let compare =
        |name: &str, threads, subjects| Comparison { name: name.to_owned(), threads, subjects };
    vec![
        compare(
            "acquire + release",
            1,
            vec![
                words::two_adds(),
                ours::acquirer(),
                ours::inline(),
                words::one_add_of_the_next_bit(),
                ours::exclusive::<SLOTS>("framepool: Exclusive, 16 slots"),
                ours::exclusive::<62>("framepool: Exclusive, 62 slots"),
                array_queue::boxes(),
                daq::pool(),
            ],
        ),
        compare(
            "acquire + release, contended",
            2,
            vec![
                words::two_adds(),
                ours::acquirer(),
                ours::inline(),
                array_queue::boxes(),
                daq::pool(),
            ],
        ),
        compare(
            "several words, an acquirer for each thread",
            2,
            vec![words::two_adds_apart(), ours::wide()],
        ),
        compare("many slots", 1, vec![ours::acquirer(), ours::many()]),
        compare(
            "frozen shares",
            1,
            vec![ours::inline(), ours::frozen(), ours::frozen_and_cloned()],
        ),
        compare("waiting where there is no need", 1, vec![ours::inline(), ours::awaited()]),
        compare("owned loans", 1, vec![ours::boxed(), ours::owned()]),
        compare("owned loans, contended", 2, vec![ours::boxed(), ours::owned()]),
    ]
}
