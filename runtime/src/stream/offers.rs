//! An intake's side of the taps: offers frames to them, and takes frames back.

use crate::stream::channel::Refusal;
use crate::stream::frame::Frame;
use crate::stream::tap::{Tap, TapCounters, Target};
use crate::stream::taps::Taps;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

/// Why a tap did not take a frame.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Now,
    ForGood,
}

/// A tap, as one intake sees it.
struct Offer {
    tap: Arc<Tap>,
    target: Target,
    counters: Arc<TapCounters>,
    every: u64,
    /// Frames until the next one that it is offered.
    left: u64,
}

impl Offer {
    /// Offers the tap a frame. Returns whether it is removed because of that.
    #[inline]
    fn make(&mut self, frame: &Frame) -> bool {
        self.left -= 1;
        if self.left > 0 {
            return false;
        }
        self.left = self.every;
        self.counters.offered.add(1);
        // Observers, wakers and hooks are the user's: what they break is their tap.
        let taken = catch_unwind(AssertUnwindSafe(|| self.give(frame)));
        let counters = &self.counters;
        let taken = taken.unwrap_or_else(|panic| {
            // Dropped, it might panic again.
            std::mem::forget(panic);
            counters.panicked.add(1);
            tracing::error!(tap = self.tap.name, "a tap panicked, it is removed");
            Err(Refused::ForGood)
        });
        if taken.is_err()
            && counters.delivered.get() + counters.dropped.get() < counters.offered.get()
        {
            counters.dropped.add(1);
        }
        taken == Err(Refused::ForGood)
    }

    #[inline]
    fn give(&self, frame: &Frame) -> Result<(), Refused> {
        let counters = &self.counters;
        match &self.target {
            Target::Observer(observer) => {
                observer.on_frame(frame.view());
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

    /// Takes back the oldest frame that is still in the tap's hands, and not in its receiver's.
    fn take_back(&self) -> Option<Frame> {
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
pub(super) struct Offers {
    taps: Taps,
    version: u64,
    list: Vec<Offer>,
}

impl Offers {
    pub(super) fn new(taps: Taps) -> Self {
        Self { taps, version: 0, list: Vec::new() }
    }

    pub(super) fn taps(&self) -> &Taps {
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
    pub(super) fn offer(&mut self, frame: &Frame) {
        for offer in &mut self.list {
            if offer.make(frame) {
                offer.tap.remove();
                self.taps.changed();
            }
        }
    }

    /// Takes back frames that no receiver of a tap has looked at, the oldest of each first, until `enough`; of
    /// a tap whose oldest one others hold too, no more than that.
    pub(super) fn take_back(&self, mut enough: impl FnMut() -> bool) -> bool {
        self.list.iter().any(|offer| {
            while let Some(mut frame) = offer.take_back() {
                let is_only = frame.get_mut().is_some();
                drop(frame);
                if enough() {
                    return true;
                }
                if !is_only {
                    break;
                }
            }
            false
        })
    }

    #[cold]
    fn refresh(&mut self, version: u64) {
        let before = std::mem::take(&mut self.list);
        let current = self.taps.current();
        let offer = |tap: Arc<Tap>| {
            let target = tap.target().clone()?;
            let known = before.iter().find(|offer| Arc::ptr_eq(&offer.tap, &tap));
            let counters = known.map_or_else(Arc::default, |offer| Arc::clone(&offer.counters));
            let every = tap.every.get();
            let left = known.map_or(every, |offer| offer.left);
            if known.is_none() {
                let mut all = tap.counters.lock().unwrap_or_else(PoisonError::into_inner);
                all.push(Arc::clone(&counters));
            }
            Some(Offer { tap, target, counters, every, left })
        };
        self.list = current.into_iter().filter_map(offer).collect();
        self.version = version;
    }
}
