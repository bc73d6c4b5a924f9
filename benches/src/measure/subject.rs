//! What can be measured: one turn, compiled into the loop around it.

use super::round::{Run, Started};

/// One way of doing it, ready to be measured as often as wanted.
pub(crate) struct Subject {
    pub(crate) name: String,
    /// Threads that take its turns, if not as many as those of its comparison.
    pub(super) threads: Option<usize>,
    turn: Box<dyn Turns>,
}

impl Subject {
    /// `turn` is what is measured. It runs on several threads at a time.
    pub(crate) fn new(name: impl Into<String>, turn: impl Fn() + Sync + 'static) -> Self {
        Self::with_state(name, || (), move |()| turn())
    }

    /// As [`new`](Self::new), with a state that each thread makes before its turns: neither making
    /// nor dropping it is in the time.
    pub(crate) fn with_state<S: 'static>(
        name: impl Into<String>,
        make: impl Fn() -> S + Sync + 'static,
        turn: impl Fn(&mut S) + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), threads: None, turn: Box::new(Stateful { make, turn }) }
    }

    /// Has so many threads take its turns, in a comparison of others.
    pub(crate) fn on_threads(self, threads: usize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Takes `warm_up` turns, calls `ready`, and then times `turns` of them.
    pub(super) fn take(&self, warm_up: u32, turns: u32, ready: &dyn Fn()) -> Run {
        self.turn.take(warm_up, turns, ready)
    }
}

struct Stateful<M, T> {
    make: M,
    turn: T,
}

/// A loop around one turn, compiled with the turn inside: no call through a table per turn.
trait Turns: Sync {
    fn take(&self, warm_up: u32, turns: u32, ready: &dyn Fn()) -> Run;
}

impl<S, M: Fn() -> S + Sync, T: Fn(&mut S) + Sync> Turns for Stateful<M, T> {
    fn take(&self, warm_up: u32, turns: u32, ready: &dyn Fn()) -> Run {
        let mut state = (self.make)();
        let (mut left, mut started) = (warm_up, None);
        // One loop for both, so that there is one copy of the turn.
        loop {
            // Downwards: no register for the end.
            for _ in (0..left).rev() {
                (self.turn)(&mut state);
            }
            if let Some(started) = started {
                return Started::end(started);
            }
            ready();
            left = turns;
            started = Some(Started::now());
        }
    }
}
