//! The announcements of one sequence's frames, and of the sequence before: which are new, and which frames wait for theirs.

use framepool::Fault;
use std::collections::VecDeque;
use std::mem;

/// A frame's number, its time stamp by the SDK's clock, and when it was announced by the host's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stamped {
    pub(crate) number: u64,
    pub(crate) time: i64,
    pub(crate) arrival_ns: u64,
}

impl Stamped {
    /// Returns whether both announce the same frame.
    fn is_of(self, other: Self) -> bool {
        (self.number, self.time) == (other.number, other.time)
    }
}

/// What was announced. Allocates nothing after `of`, but for frames that the camera has lost in one sequence by more than it
/// has frames.
#[derive(Debug)]
pub(crate) struct Announced {
    /// Announced, in order, and not lent yet.
    waiting: VecDeque<Stamped>,
    this: Heard,
    before: Heard,
}

/// What is known of the last numbers of a sequence, as many as it has frames.
#[derive(Debug)]
struct Heard {
    /// By number, modulo their count.
    frames: Box<[(Stamped, Lent)]>,
}

/// What is known of a frame that was announced, or lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lent {
    Announced,
    /// Without having been announced.
    Unannounced,
}

impl Heard {
    fn of(frames: usize) -> Self {
        let none = (Stamped::default(), Lent::Announced);
        Self { frames: vec![none; frames.max(1)].into_boxed_slice() }
    }

    fn clear(&mut self) {
        self.frames.fill((Stamped::default(), Lent::Announced));
    }

    fn place(&mut self, number: u64) -> &mut (Stamped, Lent) {
        // Less than there are.
        let index = usize::try_from(number % self.frames.len() as u64).unwrap_or(0);
        &mut self.frames[index]
    }

    fn set(&mut self, frame: Stamped, lent: Lent) {
        *self.place(frame.number) = (frame, lent);
    }

    fn has_announced(&mut self, number: u64) -> bool {
        let (frame, lent) = *self.place(number);
        frame.number == number && lent == Lent::Announced
    }

    /// Returns what is wrong if this frame was announced already, or was lent without.
    fn again(&mut self, frame: Stamped) -> Option<Fault> {
        match *self.place(frame.number) {
            (heard, Lent::Announced) if heard.is_of(frame) => Some(Fault::Duplicate),
            (heard, Lent::Unannounced) if heard.number == frame.number => {
                self.set(frame, Lent::Announced);
                Some(Fault::OutOfOrder)
            }
            _ => None,
        }
    }
}

impl Announced {
    /// Makes room for sequences of so many frames.
    pub(crate) fn of(frames: usize) -> Self {
        let (this, before) = (Heard::of(frames), Heard::of(frames));
        Self { waiting: VecDeque::with_capacity(frames), this, before }
    }

    /// Begins with the next sequence.
    pub(crate) fn begin(&mut self) {
        mem::swap(&mut self.this, &mut self.before);
        self.this.clear();
        self.waiting.clear();
    }

    /// Hears an announcement. Returns what is wrong with it, if anything is.
    pub(crate) fn hear(&mut self, frame: Stamped) -> Option<Fault> {
        if let Some(fault) = self.this.again(frame) {
            return Some(fault);
        }
        // Only the first frame may have a number that one of the sequence before waits for.
        let may_be_first = frame.number == 1 && !self.this.has_announced(1);
        match self.before.again(frame) {
            Some(Fault::OutOfOrder) if may_be_first => {}
            Some(fault) => return Some(fault),
            None => {}
        }
        self.this.set(frame, Lent::Announced);
        let later = self.waiting.iter().position(|waiting| waiting.number > frame.number);
        self.waiting.insert(later.unwrap_or(self.waiting.len()), frame);
        later.map(|_| Fault::OutOfOrder)
    }

    /// Returns how many frames were announced and not lent.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// Returns the first of them.
    pub(crate) fn first(&self) -> Option<Stamped> {
        self.waiting.front().copied()
    }

    /// Returns the last of them.
    pub(crate) fn last(&self) -> Option<Stamped> {
        self.waiting.back().copied()
    }

    /// Takes the first of them, if it has this number.
    pub(crate) fn take(&mut self, number: u64) -> Option<Stamped> {
        self.first().filter(|first| first.number == number)?;
        self.waiting.pop_front()
    }

    /// Drops all of them: their frames are lent without a number.
    pub(crate) fn forget_waiting(&mut self) {
        self.waiting.clear();
    }

    /// Notes that a frame is lent that was not announced.
    pub(crate) fn lent_unannounced(&mut self, number: u64) {
        self.this.set(Stamped { number, ..Stamped::default() }, Lent::Unannounced);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: u64) -> Stamped {
        Stamped { number, time: number.cast_signed() * 10, arrival_ns: 0 }
    }

    #[test]
    fn what_comes_again_or_late_is_told_apart() {
        let mut announced = Announced::of(4);
        assert_eq!([1, 3].map(|number| announced.hear(at(number))), [None, None]);
        let later = Stamped { arrival_ns: 1, ..at(3) };
        assert_eq!(announced.hear(later), Some(Fault::Duplicate));
        assert_eq!(announced.hear(at(2)), Some(Fault::OutOfOrder));
        assert_eq!(
            (announced.waiting(), announced.first(), announced.last()),
            (3, Some(at(1)), Some(at(3)))
        );
        assert_eq!((announced.take(2), announced.take(1)), (None, Some(at(1))));
        announced.lent_unannounced(4);

        announced.begin();
        assert_eq!(announced.waiting(), 0);
        assert_eq!(announced.hear(at(3)), Some(Fault::Duplicate), "of the sequence before");
        assert_eq!(announced.hear(at(4)), Some(Fault::OutOfOrder), "of the sequence before");
        assert_eq!(announced.hear(Stamped { time: 100, ..at(1) }), None);
        assert_eq!(announced.hear(Stamped { time: 103, ..at(4) }), None, "it came by now");
    }
}
