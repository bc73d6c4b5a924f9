//! Waiters: queued, served, turned away; and what their wakers do.

use super::{Holder, Model, PoolId, Reaction, Standing, Waiter, WaiterId};
use framepool_core::Closed;
use std::task::Poll;

impl Model {
    pub(crate) fn wait(&mut self, pool: PoolId, has_handle: bool) -> WaiterId {
        if has_handle {
            self.add_handle(pool);
        }
        let (standing, reaction) = (Standing::New, Reaction::Nothing);
        self.waiters.push(Waiter { pool, standing, reaction, has_handle });
        WaiterId(self.waiters.len() - 1)
    }

    /// Says what the waiter's waker does from now on.
    pub(crate) fn set_reaction(&mut self, waiter: WaiterId, reaction: Reaction) {
        self.waiters[waiter.0].reaction = reaction;
    }

    pub(super) fn react(&mut self, waiter: WaiterId) {
        match self.waiters[waiter.0].reaction {
            Reaction::Nothing => {}
            Reaction::TryAcquire(pool) => {
                let answer = self.try_acquire(pool);
                self.answers.push(answer);
                self.pile.extend(answer.map(|number| (pool, number)));
            }
            Reaction::Drop => {
                if let Some((pool, number)) = self.pile.pop() {
                    self.give_back(pool, number);
                }
            }
        }
    }

    pub(crate) fn poll(&mut self, id: WaiterId) -> Poll<Result<usize, Closed>> {
        let Waiter { pool, standing, has_handle, .. } = self.waiters[id.0];
        let answer = match standing {
            Standing::New if self.at(pool).closed => Err(Closed),
            Standing::New => match self.try_acquire(pool) {
                Some(number) => Ok(number),
                None => {
                    self.waiters[id.0].standing = Standing::Queued;
                    self.at_mut(pool).queue.push_back(id);
                    return Poll::Pending;
                }
            },
            Standing::Queued => return Poll::Pending,
            Standing::Served(number) => Ok(number),
            Standing::TurnedAway => Err(Closed),
            Standing::Gone => panic!("the model: a waiter polled after its answer"),
        };
        if let Ok(number) = answer {
            self.slot(pool, number).holder = Holder::Loan;
        }
        self.waiters[id.0].standing = Standing::Gone;
        if has_handle {
            self.drop_handle(pool);
        }
        Poll::Ready(answer)
    }

    pub(crate) fn cancel(&mut self, id: WaiterId) {
        let Waiter { pool, standing, has_handle, .. } = self.waiters[id.0];
        self.waiters[id.0].standing = Standing::Gone;
        self.at_mut(pool).queue.retain(|queued| *queued != id);
        if let Standing::Served(number) = standing {
            self.release(pool, number);
        }
        if has_handle {
            self.drop_handle(pool);
        }
    }

    pub(crate) fn is_queued(&self, waiter: WaiterId) -> bool {
        self.waiters[waiter.0].standing == Standing::Queued
    }

    /// A waiter is woken once: when it is handed a slot, or turned away.
    pub(crate) fn wakes(&self, waiter: WaiterId) -> usize {
        match self.waiters[waiter.0].standing {
            Standing::Served(_) | Standing::TurnedAway => 1,
            Standing::New | Standing::Queued | Standing::Gone => 0,
        }
    }

    pub(crate) fn answers(&self) -> &[Option<usize>] {
        &self.answers
    }

    pub(crate) fn pile(&self) -> &[(PoolId, usize)] {
        &self.pile
    }

    /// Takes the newest loan off the pile, to be dropped.
    pub(crate) fn pop_pile(&mut self) -> Option<(PoolId, usize)> {
        self.pile.pop()
    }
}
