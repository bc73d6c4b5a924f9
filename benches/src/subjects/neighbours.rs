//! Two threads, each of which writes a slot of its own.

use super::{SLOTS, lasting};
use crate::measure::{Comparison, Subject};
use crossbeam_utils::CachePadded;
use framepool_core::Pool;
use std::hint::black_box;

fn write(slot: &mut u64) {
    *black_box(slot) += 1;
}

pub(crate) fn comparison() -> Comparison {
    let apart = lasting(Pool::new([const { CachePadded::new(0) }; SLOTS]));
    let close = lasting(Pool::new([0_u64; SLOTS]));
    Comparison {
        name: "writing to slots side by side".to_owned(),
        threads: 2,
        subjects: vec![
            Subject::with_state(
                "framepool: padded slots, a line for each",
                || apart.try_acquire().expect("a slot is free"),
                |loan| write(loan),
            ),
            Subject::with_state(
                "framepool: slots of 8 bytes, on one line",
                || close.try_acquire().expect("a slot is free"),
                |loan| write(loan),
            ),
        ],
    }
}
