//! An intake's side of the taps: offers frames to them, and takes frames back.

use crate::reading::ReadFrame;
use crate::stream::channel::Refusal;
use crate::stream::tap::{Tap, TapCounters, Target, panics};
use crate::stream::taps::Taps;
use std::sync::{Arc, PoisonError};

/// Why a tap did not take a frame.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Now,
    ForGood,
}

/// A tap, as one intake sees it.
struct Offer<F> {
    tap: Arc<Tap<F>>,
    target: Target<F>,
    counters: Arc<TapCounters>,
    every: u64,
    /// Frames until the next one that it is offered.
    left: u64,
}

impl<F: ReadFrame> Offer<F> {
    fn new(tap: Arc<Tap<F>>, target: Target<F>) -> Self {
        let counters = Arc::<TapCounters>::default();
        let mut all = tap.counters.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::clone(&counters));
        drop(all);
        let every = tap.every.get();
        Self { tap, target, counters, every, left: every }
    }

    /// Offers the tap a frame. Returns whether it is removed because of that.
    #[inline]
    fn make(&mut self, frame: &F) -> bool {
        self.left -= 1;
        if self.left > 0 {
            return false;
        }
        self.left = self.every;
        self.counters.offered.add(1);
        // Observers, wakers and hooks are the user's: what they break is their tap.
        let mut taken = Err(Refused::ForGood);
        let has_panicked = panics(|| taken = self.give(frame));
        let counters = &self.counters;
        if has_panicked {
            counters.panicked.add(1);
            tracing::error!(tap = self.tap.name, "a tap panicked, it is removed");
        }
        if taken.is_err()
            && counters.delivered.get() + counters.dropped.get() < counters.offered.get()
        {
            counters.dropped.add(1);
        }
        taken == Err(Refused::ForGood)
    }

    #[inline]
    fn give(&self, frame: &F) -> Result<(), Refused> {
        let counters = &self.counters;
        match &self.target {
            Target::Observer(observer) => {
                observer(frame);
                counters.delivered.add(1);
            }
            Target::Channel(sender) => {
                match sender.refusal() {
                    None => sender.push(frame.share()).map_err(|_share| Refused::Now)?,
                    Some(Refusal::Full) => return Err(Refused::Now),
                    Some(Refusal::Closed) => return Err(Refused::ForGood),
                }
                counters.delivered.add(1);
                sender.wake();
            }
            Target::Newest(slot) => {
                let replaced = slot.put(frame).ok_or(Refused::ForGood)?;
                counters.delivered.add(1);
                counters.skipped.add(u64::from(replaced.is_some()));
                slot.wake();
            }
        }
        Ok(())
    }

    /// Returns whether no frame waits in it.
    fn is_empty(&self) -> bool {
        match &self.target {
            Target::Observer(_) => true,
            Target::Channel(sender) => sender.is_empty(),
            Target::Newest(slot) => slot.is_empty(),
        }
    }

    /// Takes back the oldest frame that is still in the tap's hands, and not in its receiver's.
    fn take_back(&self) -> Option<F> {
        let frame = match &self.target {
            Target::Observer(_) => None,
            Target::Channel(sender) => sender.take_back(),
            Target::Newest(slot) => slot.take(),
        }?;
        self.counters.skipped.add(1);
        Some(frame)
    }
}

/// An intake's list of the taps: its own, so that offering a frame locks nothing.
pub(super) struct Offers<F: ReadFrame> {
    taps: Taps<F>,
    version: u64,
    list: Vec<Offer<F>>,
    /// In which frames may still wait.
    removed: Vec<Offer<F>>,
}

impl<F: ReadFrame> Offers<F> {
    pub(super) fn new(taps: Taps<F>) -> Self {
        Self { taps, version: 0, list: Vec::new(), removed: Vec::new() }
    }

    pub(super) fn taps(&self) -> &Taps<F> {
        &self.taps
    }

    /// Learns of taps that were added or removed.
    #[inline]
    pub(super) fn update(&mut self) {
        let version = self.taps.version();
        if version != self.version {
            self.refresh(version);
        }
    }

    /// Offers a frame to every tap.
    #[inline]
    pub(super) fn offer(&mut self, frame: &F) {
        if !self.list.is_empty() {
            self.offer_each(frame);
        }
    }

    #[inline(never)]
    fn offer_each(&mut self, frame: &F) {
        for offer in &mut self.list {
            if offer.make(frame) {
                offer.tap.remove();
                self.taps.changed();
            }
        }
    }

    /// Takes back frames that no receiver of a tap has taken out, the oldest of each first, until `enough`;
    /// also of taps that were removed.
    pub(super) fn take_back(&self, mut enough: impl FnMut() -> bool) {
        for offer in self.list.iter().chain(&self.removed) {
            while let Some(frame) = offer.take_back() {
                drop(frame);
                if enough() {
                    return;
                }
            }
        }
    }

    #[cold]
    fn refresh(&mut self, version: u64) {
        let mut before = std::mem::take(&mut self.list);
        for tap in self.taps.current() {
            let Some(target) = tap.target().clone() else { continue };
            let known = before.iter().position(|offer| Arc::ptr_eq(&offer.tap, &tap));
            let known = known.map(|index| before.swap_remove(index));
            self.list.push(known.unwrap_or_else(|| Offer::new(tap, target)));
        }
        self.version = version;
        let removed = before.into_iter().chain(std::mem::take(&mut self.removed));
        let (gone, waiting): (Vec<_>, Vec<_>) = removed.partition(Offer::is_empty);
        self.removed = waiting;
        drop_each(gone);
    }
}

impl<F: ReadFrame> Drop for Offers<F> {
    fn drop(&mut self) {
        drop_each(std::mem::take(&mut self.list));
        drop_each(std::mem::take(&mut self.removed));
    }
}

/// Drops observers and frames, whose hooks are the user's, too.
fn drop_each<F>(offers: Vec<Offer<F>>) {
    for offer in offers {
        let tap = offer.tap.name.clone();
        if panics(|| drop(offer)) {
            tracing::error!(tap, "a tap panicked while it was dropped");
        }
    }
}
