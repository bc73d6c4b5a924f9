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

/// Indices of slots, as a free list.
pub(crate) struct Indices(ArrayQueue<u32>);

/// An index, which goes back when it is dropped.
pub(crate) struct Popped {
    index: u32,
    queue: &'static Indices,
}

impl Indices {
    pub(crate) fn new(slots: usize) -> Self {
        let queue = ArrayQueue::new(slots);
        for index in (0..).take(slots) {
            queue.push(index).expect("the queue has room for them");
        }
        Self(queue)
    }

    pub(crate) fn pop(&'static self) -> Option<Popped> {
        Some(Popped { index: self.0.pop()?, queue: self })
    }
}

impl Drop for Popped {
    fn drop(&mut self) {
        // It has room for all indices.
        let _ = self.queue.0.push(self.index);
    }
}
