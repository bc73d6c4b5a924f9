//! What is measured: one file per subject, put side by side here.

mod acquirers;
mod array_queue;
mod cached;
mod daq;
mod exhausted;
mod in_flight;
mod kinds;
mod large;
mod lent;
mod neighbours;
mod server;
mod sized;
mod strangers;
mod words;

use crate::measure::Comparison;

/// Slots of every pool, but where it is about more.
const SLOTS: usize = 16;

/// What lives as long as the program, so that guards of it can be part of a state.
fn lasting<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

pub(crate) fn comparisons() -> Vec<Comparison> {
    let compare =
        |name: &str, threads, subjects| Comparison { name: name.to_owned(), threads, subjects };
    let mut all = vec![
        compare(
            "acquire + release",
            1,
            vec![
                words::two_adds(),
                acquirers::acquirer(),
                kinds::inline(),
                words::one_add_of_the_next_bit(),
                acquirers::exclusive::<SLOTS>(),
                acquirers::exclusive::<62>(),
                acquirers::local::<SLOTS>(),
                acquirers::exclusive_of_shared::<SLOTS>(),
                acquirers::exclusive_of_shared::<62>(),
                array_queue::boxes(),
                daq::pool(),
            ],
        ),
        compare(
            "acquire + release, contended",
            2,
            vec![
                words::two_adds(),
                acquirers::acquirer(),
                kinds::inline(),
                array_queue::boxes(),
                daq::pool(),
            ],
        ),
        compare(
            "several words, an acquirer for each thread",
            2,
            vec![words::two_adds_apart(), acquirers::wide()],
        ),
        neighbours::comparison(),
        kinds::comparison(),
        compare("many slots", 1, vec![acquirers::acquirer(), acquirers::many()]),
        compare(
            "frozen shares",
            1,
            vec![kinds::inline(), kinds::frozen(), kinds::frozen_and_cloned()],
        ),
        compare("waiting where there is no need", 1, vec![kinds::inline(), kinds::awaited()]),
        compare("owned loans", 1, vec![kinds::boxed(), kinds::owned()]),
        compare("owned loans, contended", 2, vec![kinds::boxed(), kinds::owned()]),
    ];
    all.extend(cached::comparisons());
    all.extend(sized::comparisons());
    all.extend(server::comparisons());
    all.extend(strangers::comparisons());
    all.extend(exhausted::comparisons());
    all.extend(in_flight::comparisons());
    all.extend(large::comparisons());
    all
}
