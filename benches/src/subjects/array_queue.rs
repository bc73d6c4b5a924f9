//! A lock-free queue of boxes: the usual way to keep buffers.

use super::SLOTS;
use crate::measure::Subject;
use crossbeam_queue::ArrayQueue;

pub(crate) fn boxes() -> Subject {
    let queue = ArrayQueue::new(SLOTS);
    for _ in 0..SLOTS {
        queue.push(Box::new(0_u64)).expect("the queue has room for them");
    }
    Subject::new("crossbeam ArrayQueue of boxes, pop + push", move || {
        if let Some(slot) = queue.pop() {
            // Full it cannot be; if it were, the box would be freed, and fewer left.
            drop(queue.push(slot));
        }
    })
}
