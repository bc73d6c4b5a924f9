//! The frame pools of the crate `framepool`, with a buffer free.

use super::{SLOTS, lasting};
use crate::measure::{Comparison, Subject};
use framepool::FramePool;
use std::time::Duration;

const SLOT_BYTES: usize = 4096;

pub(crate) fn comparison() -> Comparison {
    let pool = lasting(FramePool::try_new(SLOTS, SLOT_BYTES).expect("there is memory"));
    let bound = Duration::from_secs(1);
    Comparison {
        name: "FramePool, a buffer is free".to_owned(),
        threads: 1,
        subjects: vec![
            Subject::new("framepool: FramePool::try_acquire", || drop(pool.try_acquire())),
            Subject::new("framepool: FramePool::acquire_timeout_blocking", move || {
                drop(pool.acquire_timeout_blocking(bound));
            }),
        ],
    }
}
