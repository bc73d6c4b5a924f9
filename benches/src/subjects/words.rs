//! The floor: an atomic word that is changed twice.

use crate::measure::Subject;
use std::sync::atomic::{AtomicU64, Ordering};

/// Two bare additions, as a claim and a release cannot do with less.
pub(crate) fn two_adds() -> Subject {
    let word = AtomicU64::new(0);
    Subject::new("two bare fetch_adds on one word", move || {
        word.fetch_add(1, Ordering::Acquire);
        word.fetch_add(u64::MAX, Ordering::Release);
    })
}
