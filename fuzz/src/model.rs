//! The reference: what a pool is, said plainly. One thread, no cleverness.

use framepool_core::Closed;
use std::collections::VecDeque;
use std::task::Poll;

/// Who has a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Nobody,
    /// A loan, dropped some day or never.
    Loan,
    /// That many shares.
    Shares(usize),
    /// A waiter who has not looked yet.
    Waiter,
}

#[derive(Debug)]
struct Slot {
    holder: Holder,
    /// What its last writer left.
    stamp: u64,
}

/// Where a waiter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Not polled yet.
    New,
    Queued,
    Served(usize),
    TurnedAway,
    Gone,
}

/// Names a waiter for as long as the model lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaiterId(usize);

#[derive(Debug)]
pub(crate) struct Model {
    slots: Vec<Slot>,
    waiters: Vec<Standing>,
    /// Oldest first.
    queue: VecDeque<WaiterId>,
    closed: bool,
    high_water: usize,
}

impl Model {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            slots: (0..capacity).map(|_| Slot { holder: Holder::Nobody, stamp: 0 }).collect(),
            waiters: Vec::new(),
            queue: VecDeque::new(),
            closed: false,
            high_water: 0,
        }
    }

    /// The lowest free slot goes first.
    pub(crate) fn try_acquire(&mut self) -> Option<usize> {
        if self.closed {
            return None;
        }
        let index = self.slots.iter().position(|slot| slot.holder == Holder::Nobody)?;
        assert!(self.queue.is_empty(), "the model: a slot is free though somebody waits");
        self.slots[index].holder = Holder::Loan;
        self.high_water = self.high_water.max(self.slots.len() - self.available());
        Some(index)
    }

    /// The oldest waiter gets what comes back.
    pub(crate) fn release(&mut self, index: usize) {
        self.slots[index].holder = match self.queue.pop_front() {
            Some(oldest) => {
                self.waiters[oldest.0] = Standing::Served(index);
                Holder::Waiter
            }
            None => Holder::Nobody,
        };
    }

    pub(crate) fn freeze(&mut self, index: usize) {
        self.slots[index].holder = Holder::Shares(1);
    }

    pub(crate) fn share(&mut self, index: usize) {
        self.slots[index].holder = Holder::Shares(self.shares(index) + 1);
    }

    pub(crate) fn drop_share(&mut self, index: usize) {
        match self.shares(index) {
            1 => self.release(index),
            shares => self.slots[index].holder = Holder::Shares(shares - 1),
        }
    }

    /// Returns whether the share was the only one, and is a loan now.
    pub(crate) fn thaw(&mut self, index: usize) -> bool {
        let only = self.shares(index) == 1;
        if only {
            self.slots[index].holder = Holder::Loan;
        }
        only
    }

    fn shares(&self, index: usize) -> usize {
        match self.slots[index].holder {
            Holder::Shares(shares) => shares,
            other => panic!("the model: slot {index} is not frozen but {other:?}"),
        }
    }

    pub(crate) fn wait(&mut self) -> WaiterId {
        self.waiters.push(Standing::New);
        WaiterId(self.waiters.len() - 1)
    }

    pub(crate) fn poll(&mut self, waiter: WaiterId) -> Poll<Result<usize, Closed>> {
        let answer = match self.waiters[waiter.0] {
            Standing::New if self.closed => Err(Closed),
            Standing::New => match self.try_acquire() {
                Some(index) => Ok(index),
                None => {
                    self.waiters[waiter.0] = Standing::Queued;
                    self.queue.push_back(waiter);
                    return Poll::Pending;
                }
            },
            Standing::Queued => return Poll::Pending,
            Standing::Served(index) => Ok(index),
            Standing::TurnedAway => Err(Closed),
            Standing::Gone => panic!("the model: a waiter polled after its answer"),
        };
        if let Ok(index) = answer {
            self.slots[index].holder = Holder::Loan;
        }
        self.waiters[waiter.0] = Standing::Gone;
        Poll::Ready(answer)
    }

    pub(crate) fn cancel(&mut self, waiter: WaiterId) {
        self.queue.retain(|queued| *queued != waiter);
        let standing = std::mem::replace(&mut self.waiters[waiter.0], Standing::Gone);
        if let Standing::Served(index) = standing {
            self.release(index);
        }
    }

    pub(crate) fn close(&mut self) {
        self.closed = true;
        for waiter in self.queue.drain(..) {
            self.waiters[waiter.0] = Standing::TurnedAway;
        }
    }

    pub(crate) fn is_queued(&self, waiter: WaiterId) -> bool {
        self.waiters[waiter.0] == Standing::Queued
    }

    /// A waiter is woken once: when it is handed a slot, or turned away.
    pub(crate) fn wakes(&self, waiter: WaiterId) -> usize {
        match self.waiters[waiter.0] {
            Standing::Served(_) | Standing::TurnedAway => 1,
            Standing::New | Standing::Queued | Standing::Gone => 0,
        }
    }

    pub(crate) fn write(&mut self, index: usize, stamp: u64) {
        self.slots[index].stamp = stamp;
    }

    pub(crate) fn stamp(&self, index: usize) -> u64 {
        self.slots[index].stamp
    }

    pub(crate) fn stamps(&self) -> impl Iterator<Item = u64> {
        self.slots.iter().map(|slot| slot.stamp)
    }

    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn available(&self) -> usize {
        self.slots.iter().filter(|slot| slot.holder == Holder::Nobody).count()
    }

    pub(crate) fn high_water(&self) -> usize {
        self.high_water
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }
}
