//! What taps are to do.

use super::FrameId;
use framepool::RecvError;
use std::collections::VecDeque;

pub(in super::super) type TapId = usize;

#[derive(Debug)]
pub(in super::super) struct Tap {
    /// 0 if it keeps the newest frame.
    places: usize,
    every: u64,
    /// Frames until the next one that it is offered.
    left: u64,
    queue: VecDeque<FrameId>,
    is_abandoned: bool,
    pub(in super::super) removed: bool,
    pub(in super::super) offered: u64,
    pub(in super::super) delivered: u64,
    pub(in super::super) dropped: u64,
    pub(in super::super) skipped: u64,
}

/// The taps, and those that the intake knows of.
#[derive(Debug, Default)]
pub(in super::super) struct TapModel {
    all: Vec<Tap>,
    has_changed: bool,
    offers: Vec<TapId>,
    /// Removed, with frames that were not received.
    left_over: Vec<TapId>,
}

impl TapModel {
    pub(in super::super) fn tap(&self, tap: TapId) -> &Tap {
        &self.all[tap]
    }

    pub(super) fn add(&mut self, places: usize, every: u64) -> TapId {
        self.has_changed = true;
        self.all.push(Tap {
            places,
            every,
            left: every,
            queue: VecDeque::new(),
            is_abandoned: false,
            removed: false,
            offered: 0,
            delivered: 0,
            dropped: 0,
            skipped: 0,
        });
        self.all.len() - 1
    }

    pub(super) fn remove(&mut self, tap: TapId) {
        self.all[tap].removed = true;
        self.has_changed = true;
    }

    /// The stream ends.
    pub(super) fn end(&mut self) {
        self.all.iter_mut().for_each(|tap| tap.removed = true);
    }

    /// The intake learns of what was added and removed.
    pub(super) fn update(&mut self) {
        if !std::mem::take(&mut self.has_changed) {
            return;
        }
        let mut before = std::mem::take(&mut self.offers);
        for tap in (0..self.all.len()).filter(|&tap| !self.all[tap].removed) {
            // In which order frames are taken back from those that are removed is seen by which are left.
            if let Some(at) = before.iter().position(|&known| known == tap) {
                before.swap_remove(at);
            }
            self.offers.push(tap);
        }
        before.append(&mut self.left_over);
        before.retain(|&tap| !self.all[tap].queue.is_empty());
        self.left_over = before;
    }

    /// Offers every tap a frame. Returns the frames that it replaces.
    pub(super) fn offer(&mut self, id: FrameId, holders: &mut usize) -> Vec<FrameId> {
        let mut replaced = Vec::new();
        for &number in &self.offers {
            let tap = &mut self.all[number];
            tap.left -= 1;
            if tap.left > 0 {
                continue;
            }
            tap.left = tap.every;
            tap.offered += 1;
            if tap.is_abandoned {
                tap.dropped += 1;
                tap.removed = true;
                self.has_changed = true;
            } else if tap.places > 0 && tap.queue.len() == tap.places {
                tap.dropped += 1;
            } else {
                if tap.places == 0 {
                    tap.skipped += tap.queue.len() as u64;
                    replaced.extend(tap.queue.drain(..));
                }
                tap.queue.push_back(id);
                tap.delivered += 1;
                *holders += 1;
            }
        }
        replaced
    }

    /// Takes back the oldest frame of the first tap that has one.
    pub(super) fn take_back(&mut self) -> Option<FrameId> {
        let mut known = self.offers.iter().chain(&self.left_over).copied();
        let tap = known.find(|&tap| !self.all[tap].queue.is_empty())?;
        let tap = &mut self.all[tap];
        tap.skipped += 1;
        tap.queue.pop_front()
    }

    pub(super) fn receive(&mut self, tap: TapId) -> Result<FrameId, RecvError> {
        let tap = &mut self.all[tap];
        let none = if tap.removed { RecvError::Closed } else { RecvError::Empty };
        tap.queue.pop_front().ok_or(none)
    }

    /// The receiver goes, with what is in it.
    pub(super) fn abandon(&mut self, tap: TapId) -> VecDeque<FrameId> {
        let tap = &mut self.all[tap];
        tap.is_abandoned = true;
        std::mem::take(&mut tap.queue)
    }
}
