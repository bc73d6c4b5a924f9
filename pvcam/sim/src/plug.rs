//! The cable of a camera: a planned fault pulls it, once, and it may be plugged in again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use crate::fault::Unplugging;

#[derive(Debug, Default)]
struct State {
    /// That it is pulled, while it is.
    pulled: Option<Pulled>,
    /// The faults of the plan that have happened.
    happened: Vec<usize>,
}

/// The cable of one camera, while the library is initialised.
#[derive(Debug, Default)]
pub(crate) struct Plug {
    is_away: AtomicBool,
    state: Mutex<State>,
}

/// A cable that was just pulled, and when it is plugged in again, if ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pulled {
    pub(crate) back: Option<Instant>,
}

impl Plug {
    /// Pulls the cable, unless this fault has done so before.
    pub(crate) fn pull(&self, unplugging: Unplugging) -> Option<Pulled> {
        let mut state = self.state.lock();
        if state.happened.contains(&unplugging.fault) {
            return None;
        }
        state.happened.push(unplugging.fault);
        let pulled = Pulled { back: unplugging.time.map(|time| Instant::now() + time) };
        state.pulled = Some(pulled);
        // Ordering: Relaxed: what is read after it is under the lock.
        self.is_away.store(true, Ordering::Relaxed);
        Some(pulled)
    }

    /// Returns whether the camera is not to be reached.
    pub(crate) fn is_away(&self) -> bool {
        // Ordering: Relaxed: a call that overlaps the fault may come before it. One that follows something that the
        // client has learnt of the fault, through a lock, sees the fault.
        if !self.is_away.load(Ordering::Relaxed) {
            return false;
        }
        let mut state = self.state.lock();
        let is_back = |pulled: Pulled| pulled.back.is_some_and(|back| Instant::now() >= back);
        if state.pulled.take_if(|pulled| is_back(*pulled)).is_some() {
            // Ordering: Relaxed: as in `pull`.
            self.is_away.store(false, Ordering::Relaxed);
        }
        state.pulled.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_fault_pulls_it_once() {
        let plug = Plug::default();
        let (brief, forever) = (Some(Duration::ZERO), None);
        assert!(!plug.is_away());
        assert!(
            plug.pull(Unplugging { fault: 1, time: brief }).is_some_and(|it| it.back.is_some())
        );
        assert!(!plug.is_away(), "it is back at once");
        assert!(plug.pull(Unplugging { fault: 1, time: brief }).is_none());
        assert!(
            plug.pull(Unplugging { fault: 2, time: forever }).is_some_and(|it| it.back.is_none())
        );
        assert!(plug.is_away());
    }
}
