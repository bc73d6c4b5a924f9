//! Kills: a copy that is published without an order, or looked at without one; a frame that is read in its place,
//! or copied out of it, and not checked before or after; a frame that is given up while it is copied, or copied
//! after it was given up, or by two at once; a copy that is not dropped, or a place that stays "being copied".
//!
//! I10, of a frame that is lent in the place where a device wrote it: what is read is that frame, whole; and it
//! is not lost if it was copied in time.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, explore, with_static};
use framepool_core_loom::recycle::Recycle;
use framepool_core_loom::rescue::{InPlace, Overrun, Rescue, Rescued};
use framepool_core_loom::storage::Boxed;
use framepool_core_loom::{BoxedPool, Frozen, Loan, Pool, SharedPool};
use loom::sync::atomic::{AtomicUsize, Ordering, fence};
use loom::thread;
use std::cell::Cell;
use std::sync::Arc;

/// Of pixels, two are enough to be torn.
type Pixels = [usize; 2];

/// The frame that is lent, and the one that the device writes over it.
const LENT: Pixels = [1, 1];
const NEXT: usize = 2;

/// A place in which there is `LENT`, and the count by which the device says how far it is.
struct Device {
    complete: AtomicUsize,
    place: [AtomicUsize; 2],
}

impl Device {
    fn new() -> Self {
        Self { complete: AtomicUsize::new(0), place: LENT.map(AtomicUsize::new) }
    }

    /// Comes round, and writes the next frame.
    fn come_round(&self) {
        self.complete.store(1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.place.iter().for_each(|pixel| pixel.store(NEXT, Ordering::Relaxed));
    }

    fn pixels(&self) -> Pixels {
        [0, 1].map(|pixel| self.place[pixel].load(Ordering::Relaxed))
    }
}

type Reserve = Pool<Pixels, 1>;
type Copy = Loan<&'static Reserve>;

/// A thread's look at the place: it may be read only after it was found whole.
struct Look<'a> {
    device: &'a Device,
    was_whole: Cell<bool>,
}

impl Look<'_> {
    fn pixels(&self) -> Pixels {
        assert!(self.was_whole.get(), "the device may be writing it");
        self.device.pixels()
    }
}

impl InPlace for Look<'_> {
    fn is_whole(&self) -> bool {
        fence(Ordering::Acquire);
        self.was_whole.set(self.device.complete.load(Ordering::Relaxed) == 0);
        self.was_whole.get()
    }

    fn pause(&self) {
        thread::yield_now();
    }
}

fn read(frame: &Rescue<Copy>, device: &Device) -> Result<Pixels, Overrun> {
    let look = Look { device, was_whole: Cell::new(false) };
    frame.read(&look, |copy| copy.map_or_else(|| look.pixels(), |copy| **copy))
}

fn rescue(frame: &Rescue<Copy>, device: &Device, reserve: &'static Reserve) -> Rescued {
    let look = Look { device, was_whole: Cell::new(false) };
    frame.rescue(&look, || {
        let mut copy = reserve.try_acquire()?;
        *copy = look.pixels();
        Some(copy)
    })
}

/// 3 threads x 1 round: one reads, one rescues, and the device comes round.
#[test]
fn a_frame_is_read_whole_or_not_at_all() {
    static IN_TIME: Seen = Seen::new();
    static TOO_LATE: Seen = Seen::new();
    static GIVEN_UP: Seen = Seen::new();
    explore(3..=4, || {
        with_static(Pool::new([[0; 2]]), |reserve| {
            let device = Arc::new(Device::new());
            let frame = Arc::new(Rescue::new());
            let reader = {
                let (device, frame) = (Arc::clone(&device), Arc::clone(&frame));
                thread::spawn(move || read(&frame, &device))
            };
            let writer = {
                let device = Arc::clone(&device);
                thread::spawn(move || device.come_round())
            };
            let rescued = rescue(&frame, &device, reserve);
            let seen = reader.join().unwrap();
            writer.join().unwrap();
            match seen {
                Ok(pixels) => assert_eq!(pixels, LENT),
                Err(Overrun) => assert_eq!(rescued, Rescued::Overrun, "nothing rescued is lost"),
            }
            assert!(frame.is_gone() || rescued != Rescued::Overrun, "that is known at once");
            let later = read(&frame, &device);
            assert_eq!(later.is_ok(), rescued == Rescued::Copied, "and stays so");
            assert!(seen.is_ok() || later.is_err());
            assert_eq!(later.unwrap_or(LENT), LENT);
            IN_TIME.note(rescued == Rescued::Copied);
            TOO_LATE.note(rescued == Rescued::Overrun);
            GIVEN_UP.note(seen.is_err());
            drop(frame);
            assert_eq!(reserve.available(), 1, "the copy goes with the frame");
        });
    });
    IN_TIME.assert("it is copied in time");
    TOO_LATE.assert("it is not");
    GIVEN_UP.assert("the reader learns of it");
}

/// 3 threads x 2 rounds: two read while a third rescues, and the device comes round right after.
#[test]
fn what_was_rescued_is_never_given_up() {
    static COPIED: Seen = Seen::new();
    explore(1..=2, || {
        with_static(Pool::new([[0; 2]]), |reserve| {
            let device = Arc::new(Device::new());
            let frame = Arc::new(Rescue::new());
            let readers = [(); 2].map(|()| {
                let (device, frame) = (Arc::clone(&device), Arc::clone(&frame));
                thread::spawn(move || {
                    assert_eq!(read(&frame, &device), Ok(LENT));
                    COPIED.note(frame.copy().is_some());
                    assert_eq!(read(&frame, &device), Ok(LENT));
                    assert!(frame.copy().is_none_or(|copy| **copy == LENT));
                })
            });
            assert_eq!(rescue(&frame, &device, reserve), Rescued::Copied);
            device.come_round();
            readers.into_iter().for_each(|reader| reader.join().unwrap());
        });
    });
    COPIED.assert("a reader sees the copy");
}

/// 2 threads x 2 rounds: there is no room for the copy at first.
#[test]
fn a_frame_without_room_is_rescued_later() {
    static TWICE: Seen = Seen::new();
    explore(2.., || {
        with_static(Pool::new([[0; 2]]), |reserve| {
            let device = Arc::new(Device::new());
            let frame = Arc::new(Rescue::new());
            let taken = reserve.try_acquire().unwrap();
            let reader = {
                let (device, frame) = (Arc::clone(&device), Arc::clone(&frame));
                thread::spawn(move || {
                    drop(taken);
                    read(&frame, &device)
                })
            };
            let mut rescued = rescue(&frame, &device, reserve);
            TWICE.note(rescued == Rescued::NoRoom);
            if rescued == Rescued::NoRoom {
                rescued = rescue(&frame, &device, reserve);
            }
            device.come_round();
            let seen = reader.join().unwrap();
            assert!(seen == Ok(LENT) || seen == Err(Overrun) && rescued != Rescued::Copied);
            assert_eq!(read(&frame, &device).is_ok(), rescued == Rescued::Copied);
        });
    });
    TWICE.assert("there is no room");
}

/// 2 threads x 2 rounds: the thread that copies panics, and the reader does not wait for ever; what is still whole can
/// be copied later.
#[test]
fn a_frame_whose_copying_panics_is_in_its_place() {
    static LATER: Seen = Seen::new();
    static GONE: Seen = Seen::new();
    explore(2.., || {
        with_static(Pool::new([[0; 2]]), |reserve| {
            let device = Arc::new(Device::new());
            let frame = Arc::new(Rescue::<Copy>::new());
            let reader = {
                let (device, frame) = (Arc::clone(&device), Arc::clone(&frame));
                thread::spawn(move || {
                    let seen = read(&frame, &device);
                    device.come_round();
                    (seen, read(&frame, &device))
                })
            };
            let look = Look { device: &device, was_whole: Cell::new(false) };
            let copy = || std::panic::resume_unwind(Box::new(()));
            let once = std::panic::AssertUnwindSafe(|| frame.rescue(&look, copy));
            // It does not panic if the frame is gone before.
            let _ = std::panic::catch_unwind(once);
            let rescued = rescue(&frame, &device, reserve);
            let (seen, later) = reader.join().unwrap();
            assert_eq!(seen, Ok(LENT), "the device has not come round");
            LATER.note(rescued == Rescued::Copied);
            GONE.note(later == Err(Overrun));
            assert!(rescued != Rescued::Copied || later == Ok(LENT));
            assert_eq!(read(&frame, &device).is_ok(), rescued == Rescued::Copied);
        });
    });
    LATER.assert("it is copied the second time");
    GONE.assert("it is gone before");
}

/// 2 threads x 2 rounds: two rescue at once, which they must not, and one copies.
#[test]
fn a_frame_is_copied_once() {
    static BOTH: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([[0; 2]; 2]), |reserve: &'static Pool<Pixels, 2>| {
            let device = Arc::new(Device::new());
            let frame = Arc::new(Rescue::<Loan<&'static Pool<Pixels, 2>>>::new());
            let one = |frame: &Rescue<Loan<&'static Pool<Pixels, 2>>>, device: &Device| {
                let look = Look { device, was_whole: Cell::new(false) };
                frame.rescue(&look, || {
                    let mut copy = reserve.try_acquire()?;
                    *copy = look.pixels();
                    Some(copy)
                })
            };
            let other = {
                let (device, frame) = (Arc::clone(&device), Arc::clone(&frame));
                thread::spawn(move || one(&frame, &device))
            };
            let rescued = [one(&frame, &device), other.join().unwrap()];
            assert!(rescued.contains(&Rescued::Copied) && !rescued.contains(&Rescued::Overrun));
            BOTH.note(rescued.contains(&Rescued::NoRoom));
            assert_eq!(one(&frame, &device), Rescued::Copied, "that is known later");
            assert_eq!(reserve.available(), 1);
            assert_eq!(frame.copy().map(|copy| **copy), Some(LENT));
        });
    });
    BOTH.assert("both are at it");
}

/// Drops the copy before the next frame is lent.
struct Reset;

impl Recycle<Rescue<Copy>> for Reset {
    fn recycle(&self, _: usize, frame: &mut Rescue<Copy>) {
        drop(frame.reset());
    }
}

type Frames = SharedPool<framepool_core_loom::recycle::Recycled<Boxed<Rescue<Copy>>, Reset>>;

/// 2 threads x 1 round: the reader drops its share while the rescuer, which keeps one too, gives the frame up,
/// or rescues it.
#[test]
fn a_frame_that_is_dropped_gives_everything_back() {
    static DROPPED: Seen = Seen::new();
    static RESCUED: Seen = Seen::new();
    explore(.., || {
        with_static(Pool::new([[0; 2]]), |reserve| {
            let frames: Frames =
                SharedPool::new(BoxedPool::from_fn(1, Rescue::new).unwrap().recycled_by(Reset));
            let device = Arc::new(Device::new());
            let lent: Frozen<Frames> = frames.try_acquire().unwrap().freeze();
            let kept = lent.clone();
            let reader = {
                let device = Arc::clone(&device);
                thread::spawn(move || {
                    assert_eq!(read(&lent, &device), Ok(LENT));
                })
            };
            match kept.thaw() {
                Ok(only) => {
                    DROPPED.note(true);
                    drop(only);
                }
                Err(shared) => {
                    let rescued = rescue(&shared, &device, reserve);
                    RESCUED.note(rescued == Rescued::Copied);
                }
            }
            device.come_round();
            reader.join().unwrap();
            assert_eq!((frames.available(), reserve.available()), (1, 1));
            let next = frames.try_acquire().unwrap();
            assert!(next.copy().is_none(), "the next frame begins in its place");
        });
    });
    DROPPED.assert("the reader is first");
    RESCUED.assert("the rescuer is first");
}
