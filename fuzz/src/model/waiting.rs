//! Waiters: queued, served, turned away; and what their wakers do.

use super::{Holder, Model, PoolId, Reaction, Waiter, WaiterId, WaiterState};
use framepool_core::Closed;
use std::task::Poll;

impl Model {
    pub(crate) fn wait(&mut self, pool: PoolId, has_handle: bool) -> WaiterId {
        if has_handle {
            self.add_handle(pool);
        }
        let (state, reaction) = (WaiterState::New, Reaction::Nothing);
        self.waiters.push(Waiter { pool, state, reaction, has_handle });
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
                let given = self.heard.get(self.answers.len()).copied().flatten();
                let answer = self.try_acquire_as(pool, given);
                self.answers.push(answer);
                self.taken.extend(answer.map(|number| (pool, number)));
            }
            Reaction::Drop => {
                if let Some((pool, number)) = self.taken.pop() {
                    self.give_back(pool, number);
                }
            }
        }
    }

    /// Says what wakers that tried to acquire were answered so far: where a pool may choose, the model follows.
    pub(crate) fn hear(&mut self, answers: &[Option<usize>]) {
        self.heard.clear();
        self.heard.extend_from_slice(answers);
    }

    /// Says whether a poll would find that the waiter has to wait.
    pub(crate) fn would_wait(&self, id: WaiterId) -> bool {
        let Waiter { pool, state, .. } = self.waiters[id.0];
        match state {
            WaiterState::New => !self.at(pool).closed && !self.has_free(pool),
            state => state == WaiterState::Queued,
        }
    }

    /// Polls a waiter to which the pool has given this slot already, if it has answered.
    pub(crate) fn poll(
        &mut self,
        id: WaiterId,
        answer: Option<usize>,
    ) -> Poll<Result<usize, Closed>> {
        let Waiter { pool, state, has_handle, .. } = self.waiters[id.0];
        let answer = match state {
            WaiterState::New if self.at(pool).closed => Err(Closed),
            WaiterState::New => match self.try_acquire_as(pool, answer) {
                Some(number) => Ok(number),
                None => {
                    self.waiters[id.0].state = WaiterState::Queued;
                    self.at_mut(pool).queue.push_back(id);
                    return Poll::Pending;
                }
            },
            WaiterState::Queued => return Poll::Pending,
            WaiterState::Served(number) => Ok(number),
            WaiterState::TurnedAway => Err(Closed),
            WaiterState::Gone => panic!("the model: a waiter polled after its answer"),
        };
        if let Ok(number) = answer {
            self.slot(pool, number).holder = Holder::Loan;
        }
        self.waiters[id.0].state = WaiterState::Gone;
        if has_handle {
            self.drop_handle(pool);
        }
        Poll::Ready(answer)
    }

    pub(crate) fn cancel(&mut self, id: WaiterId) {
        let Waiter { pool, state, has_handle, .. } = self.waiters[id.0];
        self.waiters[id.0].state = WaiterState::Gone;
        self.at_mut(pool).queue.retain(|queued| *queued != id);
        if let WaiterState::Served(number) = state {
            self.release(pool, number);
        }
        if has_handle {
            self.drop_handle(pool);
        }
    }

    pub(crate) fn is_queued(&self, waiter: WaiterId) -> bool {
        self.waiters[waiter.0].state == WaiterState::Queued
    }

    /// A waiter is woken once: when it is handed a slot, or turned away.
    pub(crate) fn wakes(&self, waiter: WaiterId) -> usize {
        match self.waiters[waiter.0].state {
            WaiterState::Served(_) | WaiterState::TurnedAway => 1,
            WaiterState::New | WaiterState::Queued | WaiterState::Gone => 0,
        }
    }

    pub(crate) fn answers(&self) -> &[Option<usize>] {
        &self.answers
    }

    pub(crate) fn taken(&self) -> &[(PoolId, usize)] {
        &self.taken
    }

    /// Returns the newest loan that wakers took, to be dropped.
    pub(crate) fn pop_taken(&mut self) -> Option<(PoolId, usize)> {
        self.taken.pop()
    }
}
