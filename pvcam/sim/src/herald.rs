//! Which notifications a frame gets, and when: one at its end, unless the plan of faults says otherwise.
//!
//! ```text
//!   duplicate@2     1 2 2 3        late@2:2     1 . . 2 3 4      (. nothing is queued at the end of this frame)
//!   reordered@2     1 . 3 2        burst@2:3    1 . . 2 3 4
//! ```

use std::sync::Arc;

use crate::fault::What;
use crate::kind::Kind;
use crate::notifier::{Notification, Notifier};
use crate::slots::Frame;

/// Tells the ends of frames of one acquisition.
#[derive(Debug)]
pub(crate) struct Herald {
    kind: Arc<Kind>,
    notifier: Arc<Notifier>,
    run: u64,
    /// What is held back, in the order in which it will be queued.
    held: Vec<Notification>,
    /// How many of it, at its end, come after those of the next frame.
    moved: usize,
}

impl Herald {
    /// Makes the herald of an acquisition into a ring of so many slots. All memory that it needs is allocated here.
    pub(crate) fn new(kind: Arc<Kind>, notifier: Arc<Notifier>, run: u64, slots: usize) -> Self {
        let most = kind.faults.most_held();
        notifier.prepare(slots, most);
        Self { kind, notifier, run, held: Vec::with_capacity(most), moved: 0 }
    }

    /// Tells the end of frame `nr`; there is no frame if it was lost.
    pub(crate) fn tell(&mut self, nr: u64, frame: Option<&Frame>) {
        let faults = &self.kind.faults;
        let copies = match frame {
            Some(_) if faults.has(What::Missing, nr) => 0,
            Some(_) if faults.has(What::Duplicate, nr) => 2,
            Some(_) => 1,
            None => 0,
        };
        let is_moved = faults.has(What::Reordered, nr);
        let holds = is_moved
            || faults.has(What::Late, nr)
            || faults.burst(nr).is_some_and(|burst| burst.after > 0);
        if let Some(frame) = frame {
            let notification = Notification::of_frame(self.run, *frame);
            if copies == 1 && !holds && self.held.is_empty() {
                return self.notifier.push(notification);
            }
            let at = self.held.len() - self.moved;
            // At most two, and what is full is told below.
            (0..copies).for_each(|_| self.held.insert(at, notification));
        }
        self.moved = if is_moved { self.moved + copies } else { 0 };
        // Faults that follow each other may hold more than each of them alone.
        let is_full = self.held.len() + 2 > self.held.capacity();
        if !holds || is_full {
            self.moved = 0;
            self.notifier.push_held(self.held.drain(..));
        }
    }
}
