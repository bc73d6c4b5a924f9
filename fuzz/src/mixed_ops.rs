//! The target `mixed_ops`: buffers of mixed sizes, taken and given back on several threads that keep
//! some.
//!
//! ```text
//!   driver --one operation at a time--> thread 0, 1, 2     each keeps slots of its own
//!      `-> the model: per class so many free, so many kept by each thread
//! ```
//! Threads take turns, so what each finds is exact: the model is plain numbers.

mod threads;

use crate::case::{OP_BYTES, nth, rest};
use arbitrary::{Arbitrary, Result, Unstructured};
use framepool::{ClassError, OnExhausted, SharedBuffer, SizeClasses, SizedBuffer};
use std::io::Write;
use threads::{THREADS, Threads};

/// Bytes before the first operation.
pub(crate) const HEAD_BYTES: usize = 2;

/// A thread that found no cache looks again after more operations than these.
const MOST_OPS: usize = 200;

/// Bytes and slots of each class: the last has slots for one cache of one slot at most.
const CLASSES: [(usize, usize); 3] = [(64, 12), (200, 4), (1024, 2)];

/// One operation, on one of the threads. Numbers choose among what is there, modulo how much is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    /// Takes a buffer of a length that the number chooses, whole or empty.
    Acquire {
        len: u8,
    },
    /// Writes all of a loan.
    Write {
        loan: u8,
    },
    /// Lets a reader append to a loan.
    Append {
        loan: u8,
    },
    /// Makes a loan longer or shorter.
    Resize {
        loan: u8,
    },
    Freeze {
        loan: u8,
    },
    Thaw {
        share: u8,
    },
    Share {
        share: u8,
    },
    Slice {
        share: u8,
    },
    Drop {
        loan: u8,
    },
    DropShare {
        share: u8,
    },
    /// Loses a loan without dropping it.
    Forget {
        loan: u8,
    },
    Flush,
    /// Ends the thread; the next operation on it is of a new one.
    End,
    Close,
}

/// An operation, and the thread that does it.
struct Step(usize, Op);

impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let [kind, thread, a]: [u8; OP_BYTES] = u.arbitrary()?;
        Ok(Self(usize::from(thread) % THREADS, Op::of(kind, a)))
    }
}

impl Op {
    fn of(kind: u8, a: u8) -> Self {
        match kind {
            0..=89 => Self::Acquire { len: a },
            90..=104 => Self::Write { loan: a },
            105..=119 => Self::Append { loan: a },
            120..=129 => Self::Resize { loan: a },
            130..=144 => Self::Freeze { loan: a },
            145..=154 => Self::Thaw { share: a },
            155..=164 => Self::Share { share: a },
            165..=174 => Self::Slice { share: a },
            175..=219 => Self::Drop { loan: a },
            220..=239 => Self::DropShare { share: a },
            240 => Self::Forget { loan: a },
            241..=245 => Self::Flush,
            246..=254 => Self::End,
            255 if a < 64 => Self::Close,
            255 => Self::Acquire { len: a },
        }
    }
}

/// A class, as numbers.
struct Class {
    slots: usize,
    free: usize,
    forgotten: usize,
    /// The most that a thread keeps, and caches that no thread has.
    limit: usize,
    caches: usize,
    kept: [Kept; THREADS],
}

/// What one thread keeps of a class.
#[derive(Clone, Copy)]
enum Kept {
    /// It has not acquired yet.
    New,
    /// All caches were taken.
    Without,
    Slots {
        count: usize,
        is_asked: bool,
    },
}

impl Class {
    fn new(slots: usize, per_thread: usize) -> Self {
        let limit = per_thread.min(slots / 2);
        let caches = (slots / 2).checked_div(limit).unwrap_or(0);
        Self { slots, free: slots, forgotten: 0, limit, caches, kept: [Kept::New; THREADS] }
    }

    fn cached(&self) -> usize {
        let count = |kept: &Kept| if let Kept::Slots { count, .. } = kept { *count } else { 0 };
        self.kept.iter().map(count).sum()
    }

    /// Takes back what a thread keeps, if it is asked for.
    fn heed(&mut self, thread: usize, is_closed: bool) {
        if let Kept::Slots { count, is_asked } = &mut self.kept[thread]
            && (*is_asked || is_closed)
        {
            *is_asked = false;
            self.free += std::mem::take(count);
        }
    }

    fn try_acquire(&mut self, thread: usize, is_closed: bool) -> bool {
        if matches!(self.kept[thread], Kept::New) {
            self.kept[thread] = match self.caches.checked_sub(1) {
                Some(left) => {
                    self.caches = left;
                    Kept::Slots { count: 0, is_asked: false }
                }
                None => Kept::Without,
            };
        }
        self.heed(thread, is_closed);
        if let Kept::Slots { count, .. } = &mut self.kept[thread]
            && *count > 0
        {
            *count -= 1;
            return true;
        }
        if self.free > 0 && !is_closed {
            self.free -= 1;
            return true;
        }
        if self.cached() > 0 {
            for kept in &mut self.kept {
                if let Kept::Slots { is_asked, .. } = kept {
                    *is_asked = true;
                }
            }
        }
        false
    }

    fn release(&mut self, thread: usize, is_closed: bool) {
        let limit = self.limit;
        match &mut self.kept[thread] {
            Kept::Slots { count, is_asked: false } if *count < limit && !is_closed => *count += 1,
            _ => {
                self.heed(thread, is_closed);
                self.free += 1;
            }
        }
    }

    fn flush(&mut self, thread: usize) {
        if let Kept::Slots { count, .. } = &mut self.kept[thread] {
            self.free += std::mem::take(count);
        }
    }

    fn end(&mut self, thread: usize) {
        self.flush(thread);
        if matches!(self.kept[thread], Kept::Slots { .. }) {
            self.caches += 1;
        }
        self.kept[thread] = Kept::New;
    }
}

/// Where a buffer is from: a class, or the heap.
type Origin = Option<usize>;

struct Held {
    buffer: SizedBuffer,
    origin: Origin,
    bytes: Vec<u8>,
}

struct Share {
    buffer: SharedBuffer,
    origin: Origin,
    /// What it shows, and which slot: shares of one have one number.
    bytes: Vec<u8>,
    family: usize,
    is_from_the_start: bool,
}

struct World {
    classes: SizeClasses,
    threads: Threads,
    model: Vec<Class>,
    is_zeroed: bool,
    is_closed: bool,
    has_heap: bool,
    spill: usize,
    loans: Vec<Held>,
    shares: Vec<Share>,
    stamp: u8,
    families: usize,
    counts: Counts,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    spilled: u64,
    heap: u64,
    refused: u64,
    too_large: u64,
}

/// Runs operations on size classes and on the model.
///
/// # Panics
/// If they disagree on where a slot is, if a buffer shows other bytes than were written to it, or if a zeroed
/// one shows any of an earlier holder.
pub fn mixed_ops(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok([shape, keeps]) = u.arbitrary::<[u8; HEAD_BYTES]>() else { return };
    let Ok(ops) = rest::<Step>(&mut u) else { return };
    let mut world = World::new(shape, keeps);
    for Step(thread, op) in ops.into_iter().take(MOST_OPS) {
        world.step(thread, op);
        world.compare();
    }
    world.settle();
}

impl World {
    fn new(shape: u8, keeps: u8) -> Self {
        let (per_thread, spill) = (usize::from(keeps % 4), usize::from(keeps / 4 % 3));
        let (is_zeroed, has_heap) = (shape & 1 == 1, shape & 2 == 2);
        let mut options = SizeClasses::options().per_thread(per_thread).spill(spill);
        for (slot_bytes, slots) in CLASSES {
            options = options.class(slots, slot_bytes);
        }
        if is_zeroed {
            options = options.zeroed();
        }
        let policy = if has_heap { OnExhausted::Heap } else { OnExhausted::Drop };
        let classes = options.on_exhausted(policy).build().expect("there is memory");
        let model = CLASSES.iter().map(|(_, slots)| Class::new(*slots, per_thread)).collect();
        Self {
            classes,
            threads: Threads::new(),
            model,
            is_zeroed,
            is_closed: false,
            has_heap,
            spill,
            loans: Vec::new(),
            shares: Vec::new(),
            stamp: 0,
            families: 0,
            counts: Counts::default(),
        }
    }

    fn step(&mut self, thread: usize, op: Op) {
        match op {
            Op::Acquire { len } => self.acquire(thread, usize::from(len) * 5, len % 3 == 0),
            Op::Write { loan } => {
                let stamp = self.stamp();
                let Some(at) = nth(loan, self.loans.len()) else { return };
                self.loans[at].buffer.fill(stamp);
                self.loans[at].bytes.fill(stamp);
            }
            Op::Append { loan } => {
                let stamp = self.stamp();
                let Some(at) = nth(loan, self.loans.len()) else { return };
                let count = usize::from(stamp) % 100;
                self.loans[at].append(stamp, count);
            }
            Op::Resize { loan } => {
                let stamp = self.stamp();
                let Some(at) = nth(loan, self.loans.len()) else { return };
                self.loans[at].resize(usize::from(stamp) * 5, stamp);
            }
            Op::Freeze { loan } => {
                let Some(at) = nth(loan, self.loans.len()) else { return };
                let Held { buffer, origin, bytes } = self.loans.swap_remove(at);
                self.families += 1;
                let (buffer, family) = (buffer.freeze(), self.families);
                self.shares.push(Share { buffer, origin, bytes, family, is_from_the_start: true });
            }
            Op::Thaw { share } => {
                let Some(at) = nth(share, self.shares.len()) else { return };
                self.thaw(at);
            }
            Op::Share { share } => {
                let Some(at) = nth(share, self.shares.len()) else { return };
                let share = self.shares[at].part(0, self.shares[at].bytes.len());
                self.shares.push(share);
            }
            Op::Slice { share } => {
                let stamp = usize::from(self.stamp());
                let Some(at) = nth(share, self.shares.len()) else { return };
                let len = self.shares[at].bytes.len();
                assert!(self.shares[at].buffer.slice(..=len).is_none(), "beyond its end");
                let start = stamp % (len + 1);
                let end = start + stamp / 3 % (len - start + 1);
                let share = self.shares[at].part(start, end);
                self.shares.push(share);
            }
            Op::Drop { loan } => {
                let Some(at) = nth(loan, self.loans.len()) else { return };
                let held = self.loans.swap_remove(at);
                self.threads.run(thread, move || drop(held.buffer));
                self.released(thread, held.origin);
            }
            Op::DropShare { share } => {
                let Some(at) = nth(share, self.shares.len()) else { return };
                self.drop_share(thread, at);
            }
            Op::Forget { loan } => {
                let Some(at) = nth(loan, self.loans.len()) else { return };
                // On the heap it would be a leak that the sanitizer reports.
                if let Some(class) = self.loans[at].origin {
                    std::mem::forget(self.loans.swap_remove(at).buffer);
                    self.model[class].forgotten += 1;
                }
            }
            Op::Flush => {
                let classes = self.classes.clone();
                self.threads.run(thread, move || classes.flush());
                self.model.iter_mut().for_each(|class| class.flush(thread));
            }
            Op::End => {
                self.threads.end(thread);
                self.model.iter_mut().for_each(|class| class.end(thread));
            }
            Op::Close => {
                self.classes.close();
                self.is_closed = true;
            }
        }
    }

    fn stamp(&mut self) -> u8 {
        self.stamp = self.stamp.wrapping_mul(5).wrapping_add(7);
        self.stamp
    }

    fn acquire(&mut self, thread: usize, len: usize, is_empty: bool) {
        let classes = self.classes.clone();
        let acquired = self.threads.run(thread, move || {
            if is_empty { classes.acquire_empty(len) } else { classes.acquire(len) }
        });
        let first = CLASSES.iter().position(|(slot_bytes, _)| *slot_bytes >= len);
        let mut expected = None;
        for class in first.map_or(0..0, |first| first..CLASSES.len().min(first + 1 + self.spill)) {
            if self.model[class].try_acquire(thread, self.is_closed) {
                self.counts.spilled += u64::from(first != Some(class));
                expected = Some(class);
                break;
            }
        }
        let origin = match (expected, acquired.is_ok()) {
            (Some(class), _) => Some(class),
            (None, true) => {
                assert!(self.has_heap && !self.is_closed, "from nowhere");
                self.counts.heap += 1;
                self.counts.too_large += u64::from(first.is_none());
                None
            }
            (None, false) => {
                let error = acquired.expect_err("as was asked");
                assert_eq!(error, self.refusal(first.is_none()));
                return;
            }
        };
        let mut buffer = acquired.expect("the model has a slot");
        assert_eq!(buffer.len(), if is_empty { 0 } else { len });
        match origin {
            Some(class) => assert_eq!(buffer.capacity(), CLASSES[class].0),
            None => assert!(!buffer.is_pooled() && buffer.capacity() >= len),
        }
        if self.is_zeroed {
            assert!(buffer.iter().all(|byte| *byte == 0), "an earlier holder's bytes");
            let rest = buffer.append_with(|room| {
                assert!(room.iter().all(|byte| *byte == 0), "an earlier holder's bytes");
                Ok::<_, ()>(0)
            });
            assert_eq!(rest, Ok(0));
        }
        let bytes = buffer.to_vec();
        self.loans.push(Held { buffer, origin, bytes });
    }

    fn refusal(&mut self, is_too_large: bool) -> ClassError {
        if self.is_closed {
            return ClassError::Closed;
        }
        assert!(!self.has_heap, "the heap has some");
        self.counts.refused += 1;
        self.counts.too_large += u64::from(is_too_large);
        if is_too_large { ClassError::TooLarge } else { ClassError::Exhausted }
    }

    fn thaw(&mut self, at: usize) {
        let share = self.shares.swap_remove(at);
        let is_only = self.shares.iter().all(|other| other.family != share.family);
        let Share { buffer, origin, bytes, family, is_from_the_start } = share;
        match buffer.thaw() {
            Ok(buffer) => {
                assert!(is_only && is_from_the_start);
                self.loans.push(Held { buffer, origin, bytes });
            }
            Err(buffer) => {
                assert!(!is_only || !is_from_the_start);
                self.shares.push(Share { buffer, origin, bytes, family, is_from_the_start });
            }
        }
    }

    fn drop_share(&mut self, thread: usize, at: usize) {
        let share = self.shares.swap_remove(at);
        let (family, origin) = (share.family, share.origin);
        self.threads.run(thread, move || drop(share.buffer));
        if self.shares.iter().all(|other| other.family != family) {
            self.released(thread, origin);
        }
    }

    fn released(&mut self, thread: usize, origin: Origin) {
        if let Some(class) = origin {
            self.model[class].release(thread, self.is_closed);
        }
    }

    fn compare(&self) {
        for Held { buffer, bytes, .. } in &self.loans {
            assert_eq!(buffer[..], bytes[..]);
        }
        for Share { buffer, bytes, .. } in &self.shares {
            assert_eq!(buffer[..], bytes[..]);
        }
        let stats = self.classes.stats();
        for (class, model) in stats.classes.iter().zip(&self.model) {
            let found = (class.stats.capacity, class.stats.available, class.stats.cached);
            assert_eq!(found, (model.slots, model.free, model.cached()), "{class:?}");
        }
        let Counts { spilled, heap, refused, too_large } = self.counts;
        let counted = (stats.spilled, stats.heap, stats.refused, stats.too_large);
        assert_eq!(counted, (spilled, heap, refused, too_large));
    }

    /// Drops everything, and ends the threads: each slot is free again, but for those that were forgotten.
    fn settle(mut self) {
        while !self.loans.is_empty() {
            self.step(0, Op::Drop { loan: 0 });
        }
        while !self.shares.is_empty() {
            self.step(1, Op::DropShare { share: 0 });
        }
        (0..THREADS).for_each(|thread| self.step(thread, Op::End));
        self.compare();
        for class in &self.model {
            assert_eq!(class.free + class.forgotten, class.slots);
        }
    }
}

impl Held {
    fn append(&mut self, stamp: u8, count: usize) {
        let room = self.buffer.capacity() - self.buffer.len();
        let added = count.min(room);
        if stamp.is_multiple_of(7) {
            let failed = self.buffer.append_with(|room| {
                room.fill(stamp);
                Err(())
            });
            return assert_eq!(failed, Err(()));
        }
        if stamp.is_multiple_of(2) {
            let bytes = vec![stamp; count];
            assert_eq!(self.buffer.write(&bytes).expect("never fails"), added);
        } else {
            let appended = self.buffer.append_with(|room| {
                assert!(room.len() >= added);
                room[..added].fill(stamp);
                Ok::<_, ()>(added)
            });
            assert_eq!(appended, Ok(added));
        }
        self.bytes.extend(std::iter::repeat_n(stamp, added));
    }

    fn resize(&mut self, len: usize, stamp: u8) {
        if stamp.is_multiple_of(3) {
            self.buffer.truncate(len);
            self.bytes.truncate(len);
        } else if self.buffer.resize(len, stamp) {
            self.bytes.resize(len, stamp);
        } else {
            assert!(len > self.buffer.capacity());
        }
    }
}

impl Share {
    fn part(&self, start: usize, end: usize) -> Self {
        Self {
            buffer: self.buffer.slice(start..end).expect("within it"),
            origin: self.origin,
            bytes: self.bytes[start..end].to_vec(),
            family: self.family,
            is_from_the_start: self.is_from_the_start && start == 0,
        }
    }
}
