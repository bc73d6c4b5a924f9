//! A pool as data acquisition systems on tokio often have: a semaphore counts, a queue of indices
//! is the free list, a lock guards the (growable) table of slots, and a loan keeps the pool alive
//! by its reference count.

use super::SLOTS;
use crate::measure::Subject;
use crossbeam_queue::SegQueue;
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Semaphore;

struct Slot(Box<UnsafeCell<u64>>);

// SAFETY: the value is reached by the thread that popped its index from `free`, one at a time.
unsafe impl Sync for Slot {}

struct DaqPool {
    permits: Semaphore,
    free: SegQueue<usize>,
    slots: RwLock<Vec<Slot>>,
}

struct DaqLoan {
    pool: Arc<DaqPool>,
    index: usize,
    slot: *mut u64,
}

impl DaqPool {
    fn new(slots: usize) -> Arc<Self> {
        let free = SegQueue::new();
        (0..slots).for_each(|index| free.push(index));
        let table = (0..slots).map(|_| Slot(Box::new(UnsafeCell::new(0)))).collect();
        Arc::new(Self { permits: Semaphore::new(slots), free, slots: RwLock::new(table) })
    }

    fn try_acquire(self: &Arc<Self>) -> Option<DaqLoan> {
        self.permits.try_acquire().ok()?.forget();
        // A permit stands for an index in the queue: release pushes before it adds the permit.
        let index = self.free.pop()?;
        let slot = self.slots.read().unwrap_or_else(PoisonError::into_inner)[index].0.get();
        Some(DaqLoan { pool: Arc::clone(self), index, slot })
    }
}

impl Drop for DaqLoan {
    fn drop(&mut self) {
        self.pool.free.push(self.index);
        self.pool.permits.add_permits(1);
    }
}

pub(crate) fn pool() -> Subject {
    let pool = DaqPool::new(SLOTS);
    Subject::new("semaphore + queue + locked table + Arc", move || {
        if let Some(loan) = pool.try_acquire() {
            black_box(loan.slot);
        }
    })
}
