//! Kills: a pool that moves and keeps its number; one that is taken for idle with Relaxed, with flags
//! set, or by its first word alone; a handle count that is read with Relaxed, or not at all; a waiter that
//! is told before its pool is let alone.
//!
//! I7, where a shared pool leaves the heap: `try_unwrap` moves it only when no handle, loan or waiter is
//! left, and a release that is late to look for waiters touches neither the block that was freed nor
//! the pool at its new place. No slot and no wake-up is lost by the move.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Seen, Shared, Watched, explore, is_freed, poll, two_words_are_freed};
use framepool_core_loom::storage::Storage;
use framepool_core_loom::{BoxedPool, Loan, PoolIn, SharedPool};
use loom::sync::atomic::AtomicBool;
use loom::{future::block_on, thread};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

/// Overwrites what is freed, and uses the memory of a pool's block, which its alignment tells apart, not
/// again. The atomics of a model are numbers of loom's: a block that was freed and left as it was, or
/// that is another pool's by now, would still do for a pool.
struct Overwriting;

// SAFETY: the system's allocator, which is given back no more than it gave.
unsafe impl GlobalAlloc for Overwriting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller gives up a block of this size.
        unsafe { memory.write_bytes(0xa5, layout.size()) };
        if layout.align() < 128 {
            // SAFETY: as the caller promises.
            unsafe { System.dealloc(memory, layout) };
        }
    }
}

#[global_allocator]
static ALLOCATOR: Overwriting = Overwriting;

/// Tells whether a thread is at its end. Loom does not see it, so it orders nothing.
#[derive(Clone)]
struct Over(Arc<std::sync::atomic::AtomicBool>);

impl Over {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn say(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn was_said(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Lends every slot of a pool that has moved, waits for one more, and gives all back.
fn is_in_order<S: Storage>(pool: &PoolIn<S>) {
    assert_eq!(pool.available(), pool.capacity(), "a slot is lost");
    // A run first, in one step: loom counts the steps of a model.
    let run = pool.try_acquire_run(pool.capacity().min(62)).into_iter().flatten();
    let mut held: Vec<_> = run.chain(std::iter::from_fn(|| pool.try_acquire())).collect();
    assert_eq!(held.len(), pool.capacity());
    let mut waiter = Box::pin(pool.acquire());
    assert!(poll(&mut waiter).is_pending());
    held.pop();
    // The late release may have the lock, and serve in its turn.
    drop(block_on(waiter).unwrap());
    drop(held);
    assert_eq!(pool.available(), pool.capacity(), "a slot is lost");
    assert!(pool.capacity() > 62 || !pool.is_flagged(), "no task waits");
}

/// Whether a pool moved in any execution, and whether it stayed in any.
struct Moves {
    moved: Seen,
    stayed: Seen,
}

impl Moves {
    const fn new() -> Self {
        Self { moved: Seen::new(), stayed: Seen::new() }
    }

    fn try_unwrap<S: Storage>(&self, pool: SharedPool<S>) -> Result<PoolIn<S>, SharedPool<S>> {
        let moved = pool.try_unwrap();
        self.moved.note(moved.is_ok());
        self.stayed.note(moved.is_err());
        moved
    }

    fn assert(&self, when_moved: &str, when_stayed: &str) {
        self.moved.assert(when_moved);
        self.stayed.assert(when_stayed);
    }
}

/// A release in another thread.
struct Release {
    thread: thread::JoinHandle<()>,
    over: Over,
}

impl Release {
    fn of<T: Send + Sync + 'static>(loan: Loan<Shared<T>>) -> Self {
        let over = Over::new();
        let end = over.clone();
        let release = move || {
            drop(loan);
            end.say();
        };
        Self { thread: thread::spawn(release), over }
    }

    /// Moves the pool, and checks it at its new place. Notes in `late` whether the release was not over
    /// when it moved.
    fn against_a_move<T>(self, pool: Shared<T>, check: impl FnOnce(BoxedPool<T>), late: &Seen) {
        if let Ok(pool) = pool.try_unwrap() {
            late.note(!self.over.was_said());
            // Takes a number: with the next one the pool is in the queue where it was before.
            drop(SharedPool::new(BoxedPool::from_fn(1, || ()).unwrap()));
            check(pool);
        }
        self.thread.join().unwrap();
    }
}

/// 2 threads x 1 round: the last loan comes back while its pool is unwrapped and dropped at once.
#[test]
fn a_pool_moves_after_its_last_loan() {
    static MOVES: Moves = Moves::new();
    explore(.., || {
        is_freed(1, |pool| {
            let loan = pool.try_acquire().unwrap();
            let release = thread::spawn(move || {
                loan.write();
                drop(loan);
            });
            drop(MOVES.try_unwrap(pool));
            release.join().unwrap();
        });
    });
    MOVES.assert("the loan comes back first", "the slot is on loan");
}

/// 2 threads x 1 round, 2 words: the last loan is one of the second word.
#[test]
fn a_pool_of_two_words_moves_after_its_last_loan() {
    static MOVES: Moves = Moves::new();
    explore(.., || {
        two_words_are_freed(|pool| {
            let rest = pool.try_acquire_run(62);
            let loan = pool.try_acquire().unwrap();
            drop(rest);
            let release = thread::spawn(move || {
                loan.as_ref().unwrap().write();
                drop(loan);
            });
            drop(MOVES.try_unwrap(pool));
            release.join().unwrap();
        });
    });
    MOVES.assert("the loan comes back first", "the slot is on loan");
}

/// 2 threads x 1 round: what went through another handle is over when the pool moves.
#[test]
fn what_another_handle_did_happens_before_the_move() {
    static MOVES: Moves = Moves::new();
    explore(.., || {
        let token = Arc::new(());
        let pool = BoxedPool::from_fn(1, || ()).unwrap().recycled_by(Watched::new(&token));
        let pool = SharedPool::new(pool);
        let other = pool.clone();
        let thread = thread::spawn(move || {
            other.hook().read();
            drop(other);
        });
        drop(MOVES.try_unwrap(pool));
        thread.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1);
    });
    MOVES.assert("the other handle goes first", "the other handle is still there");
}

/// 2 threads x 1 round: a slot is lent through another handle, which then goes.
#[test]
fn a_loan_of_another_handle_keeps_the_pool_where_it_is() {
    static MOVES: Moves = Moves::new();
    explore(.., || {
        is_freed(1, |pool| {
            let other = pool.clone();
            let thread = thread::spawn(move || {
                let loan = other.try_acquire().unwrap();
                drop(other);
                loan.write();
            });
            drop(MOVES.try_unwrap(pool));
            thread.join().unwrap();
        });
    });
    MOVES.assert("handle and loan go first", "the handle or the loan is still there");
}

/// 2 threads x 1 round: of two handles at most one moves the pool.
#[test]
fn of_two_handles_at_most_one_moves_the_pool() {
    static MOVED: Seen = Seen::new();
    static KEPT: Seen = Seen::new();
    explore(.., || {
        is_freed(1, |pool| {
            let other = pool.clone();
            let thread = thread::spawn(move || other.try_unwrap().is_ok());
            let mine = pool.try_unwrap().is_ok();
            let moves = [mine, thread.join().unwrap()];
            assert_ne!(moves, [true; 2], "the pool moves twice");
            MOVED.note(moves != [false; 2]);
            KEPT.note(moves == [false; 2]);
        });
    });
    MOVED.assert("one handle goes before the other is unwrapped");
    KEPT.assert("both are refused");
}

/// 2 threads x 1 round: a pool whose loans are back moves, also if the thread that moves it has not
/// been told.
#[test]
fn a_pool_whose_loans_are_back_moves() {
    explore(.., || {
        is_freed(1, |pool| {
            let loan = pool.try_acquire().unwrap();
            // Relaxed: tells that the release is over, and makes nothing of it visible.
            let released = loom::sync::Arc::new(AtomicBool::new(false));
            let clock = loom::sync::Arc::clone(&released);
            let release = thread::spawn(move || {
                drop(loan);
                clock.store(true, Ordering::Relaxed);
            });
            let was_released = released.load(Ordering::Relaxed);
            let moved = pool.try_unwrap();
            assert!(moved.is_ok() || !was_released, "a stale answer");
            drop(moved);
            release.join().unwrap();
        });
    });
}

/// 2 threads x 1 round: a pool that is refused serves as before.
#[test]
fn a_pool_that_is_refused_keeps_its_number() {
    static REFUSED: Seen = Seen::new();
    explore(5.., || {
        is_freed(1, |pool| {
            let loan = pool.try_acquire().unwrap();
            let release = thread::spawn(move || drop(loan));
            if let Err(pool) = pool.try_unwrap() {
                REFUSED.note(true);
                drop(block_on(pool.acquire()).unwrap());
            }
            release.join().unwrap();
        });
    });
    REFUSED.assert("the slot is on loan");
}

/// 2 threads x 1 round: a closed pool stays where it is.
#[test]
fn a_closed_pool_does_not_move() {
    explore(.., || {
        is_freed(1, |pool| {
            let other = pool.clone();
            let close = thread::spawn(move || other.close());
            let pool =
                pool.try_unwrap().expect_err("there is another handle, or it closed the pool");
            close.join().unwrap();
            drop(pool.try_unwrap().expect_err("it is closed"));
        });
    });
}

/// 2 threads x 1 round: a waiter was forgotten, and is queued or has the slot.
#[test]
fn a_pool_with_a_forgotten_waiter_does_not_move() {
    explore(.., || {
        let pool = SharedPool::new(BoxedPool::from_fn(1, || ()).unwrap());
        let held = pool.try_acquire().unwrap();
        let mut forgotten = Box::pin(pool.acquire());
        assert!(poll(&mut forgotten).is_pending());
        std::mem::forget(forgotten);
        let release = thread::spawn(move || drop(held));
        let pool = pool.try_unwrap().expect_err("a waiter is queued, or has the slot");
        release.join().unwrap();
        let pool = pool.try_unwrap().expect_err("the waiter has the slot");
        assert_eq!(pool.available(), 0);
    });
}

/// 2 threads x 1 round: a future that keeps a handle goes, queued or served.
#[test]
fn an_owned_waiter_goes_before_the_pool_moves() {
    static MOVES: Moves = Moves::new();
    explore(4.., || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.clone().acquire_owned());
            assert!(poll(&mut going).is_pending());
            let cancel = thread::spawn(move || drop(going));
            drop(held);
            if let Ok(pool) = MOVES.try_unwrap(pool) {
                is_in_order(&pool);
            }
            cancel.join().unwrap();
        });
    });
    MOVES.assert("the future goes first", "the future has a handle still");
}

/// 2 threads x 1 round: a release has seen a waiter, which then goes; the release looks for it when
/// the pool has moved, and has a new waiter.
#[test]
fn a_release_is_late_for_a_waiter_that_went() {
    static LATE: Seen = Seen::new();
    explore(5.., || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            let release = Release::of(held);
            drop(going);
            release.against_a_move(pool, |pool| is_in_order(&pool), &LATE);
        });
    });
    LATE.assert("the pool moves before the release is over");
}

/// 2 threads x 1 round: the same, and the pool is shared again.
#[test]
fn a_release_is_late_for_a_pool_that_is_shared_again() {
    static LATE: Seen = Seen::new();
    explore(3..=5, || {
        is_freed(1, |pool| {
            let held = pool.try_acquire().unwrap();
            let mut going = Box::pin(pool.acquire());
            assert!(poll(&mut going).is_pending());
            let release = Release::of(held);
            drop(going);
            release.against_a_move(pool, |pool| is_in_order(&SharedPool::new(pool)), &LATE);
        });
    });
    LATE.assert("the pool moves before the release is over");
}

/// 2 threads x 1 round: a release has seen a waiter, which is then served by another release.
#[test]
fn a_release_is_late_for_a_waiter_that_was_served() {
    static LATE: Seen = Seen::new();
    explore(3..=5, || {
        is_freed(2, |pool| {
            let (a, b) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
            let mut waiter = Box::pin(pool.acquire());
            assert!(poll(&mut waiter).is_pending());
            let release = Release::of(a);
            drop(b);
            assert!(matches!(poll(&mut waiter), Poll::Ready(Ok(_))));
            drop(waiter);
            release.against_a_move(pool, |pool| is_in_order(&pool), &LATE);
        });
    });
    LATE.assert("the pool moves before the release is over");
}

/// 2 threads x 1 round: a waiter that was told of its slot, without the lock, gives it back and moves the pool,
/// which the release that has served it does not touch any more.
#[test]
fn a_waiter_that_was_told_moves_the_pool() {
    static MOVES: Seen = Seen::new();
    explore(.., || {
        is_freed(1, |pool| {
            let loan = pool.try_acquire().unwrap();
            told_then_moved(pool, loan, (), &MOVES);
        });
    });
    MOVES.assert("the waiter is told");
}

/// 2 threads x 1 round, 2 words: the same.
#[test]
fn a_waiter_that_was_told_moves_a_pool_of_two_words() {
    static MOVES: Seen = Seen::new();
    explore(2..=3, || {
        two_words_are_freed(|pool| {
            let rest = pool.try_acquire_run(62);
            let loan = pool.try_acquire().unwrap();
            told_then_moved(pool, loan, rest, &MOVES);
        });
    });
    MOVES.assert("the waiter is told");
}

/// Waits for a loan that another thread gives back, and moves the pool, of which it has the `rest`, if that came at once.
fn told_then_moved<T: 'static, R>(pool: Shared<T>, loan: Loan<Shared<T>>, rest: R, moves: &Seen) {
    let mut waiter = Box::pin(pool.acquire());
    assert!(poll(&mut waiter).is_pending());
    let release = thread::spawn(move || drop(loan));
    let told = poll(&mut waiter);
    drop(waiter);
    if told.is_ready() {
        moves.note(true);
        drop((told, rest));
        drop(pool.try_unwrap().expect("its own loans were the last"));
    }
    release.join().unwrap();
}

/// 2 threads x 1 round, 2 words: a release has seen WAITERS, which was set for a scan.
#[test]
fn a_release_is_late_for_a_scan_of_several_words() {
    static LATE: Seen = Seen::new();
    explore(2..=3, || {
        two_words_are_freed(|pool| {
            let low = pool.try_acquire_run(62);
            let high = pool.try_acquire().unwrap();
            let release = Release::of(high);
            drop(pool.try_acquire());
            drop(low);
            let check = |pool: BoxedPool<_>| {
                assert!(!pool.is_flagged(), "nothing is known of it where it is now");
                is_in_order(&pool);
            };
            release.against_a_move(pool, check, &LATE);
        });
    });
    LATE.assert("the pool moves before the release is over");
}
