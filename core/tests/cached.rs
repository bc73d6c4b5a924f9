//! Pools of which each thread keeps slots: each is on loan, kept or free, and none is stranded.

#![cfg(all(feature = "alloc", feature = "std"))]
#![allow(clippy::disallowed_types, reason = "tests stand outside the facade")]

mod common;

use common::{counting_waker, lose, panicking_waker, panics, poll};
use framepool_core::storage::Boxed;
use framepool_core::{BoxedPool, CachedPool, Closed, Frozen, Loan, Pool};
use std::cell::{Cell, RefCell};
use std::mem::take as take_out;
use std::pin::pin;
use std::ptr::null;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Barrier};
use std::task::{Poll, RawWaker, RawWakerVTable, Waker};
use std::thread::{self, JoinHandle};

/// Counts how often one was dropped.
struct Token(Arc<AtomicUsize>);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

type Tokens = CachedPool<Boxed<Token>>;

/// Makes a pool, and the count of its slots that were dropped: all of them as its memory is freed.
fn tokens(slots: usize, per_thread: usize) -> (Tokens, Arc<AtomicUsize>) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let pool = BoxedPool::from_fn(slots, || Token(Arc::clone(&dropped))).expect("few slots");
    (CachedPool::new(pool, per_thread), dropped)
}

fn dropped(count: &AtomicUsize) -> usize {
    count.load(Ordering::Relaxed)
}

fn take<L>(count: usize, try_acquire: impl FnMut() -> Option<L>) -> Vec<L> {
    let loans: Vec<_> = std::iter::from_fn(try_acquire).take(count).collect();
    assert_eq!(loans.len(), count, "so many are free");
    loans
}

/// Has this thread keep as many slots as it may, of a pool of which it has a cache.
fn fill_cache(pool: &Tokens, per_thread: usize) {
    let before = pool.cached();
    drop(take(per_thread, || pool.try_acquire()));
    assert_eq!(pool.cached(), before + per_thread, "this thread keeps them");
}

#[test]
fn what_the_thread_keeps_goes_with_the_last_handle_of_any_kind() {
    let (pool, count) = tokens(8, 4);
    fill_cache(&pool, 4);
    drop(pool);
    assert_eq!(dropped(&count), 8, "the last handle");

    let (pool, count) = tokens(8, 4);
    fill_cache(&pool, 4);
    let shared = pool.shared().clone();
    drop(pool);
    assert_eq!(dropped(&count), 0, "another handle is left");
    drop(shared);
    assert_eq!(dropped(&count), 8, "the last handle, though not one that keeps");
}

thread_local! {
    static ON_CLONE: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
    static WAKES: Cell<usize> = const { Cell::new(0) };
}

/// Returns a waker that runs `on_clone` as it is cloned, once, and counts in [`WAKES`].
fn waker_with(on_clone: impl FnOnce() + 'static) -> Waker {
    fn clone(_: *const ()) -> RawWaker {
        if let Some(on_clone) = ON_CLONE.take() {
            on_clone();
        }
        RawWaker::new(null(), &TABLE)
    }
    static TABLE: RawWakerVTable =
        RawWakerVTable::new(clone, |_| WAKES.set(WAKES.get() + 1), |_| {}, |_| {});
    ON_CLONE.set(Some(Box::new(on_clone)));
    // SAFETY: its functions use no data.
    unsafe { Waker::from_raw(RawWaker::new(null(), &TABLE)) }
}

#[test]
fn the_thread_of_a_task_that_waits_keeps_nothing() {
    let (pool, _) = tokens(2, 1);
    fill_cache(&pool, 1);
    let _held = take(1, || pool.try_acquire());
    let other = pool.try_acquire();
    let waker = waker_with(move || drop(other));
    let mut waiting = pin!(pool.acquire());
    assert!(poll(waiting.as_mut(), &waker).is_pending(), "none was free when it looked");
    assert_eq!(WAKES.get(), 1, "the slot that came back as it queued is its");
    assert!(matches!(poll(waiting, &waker), Poll::Ready(Ok(_))));
}

#[test]
fn a_poll_in_which_another_waker_panics_may_be_repeated() {
    let (pool, _) = tokens(8, 4);
    fill_cache(&pool, 4);
    let _held = take(4, || pool.shared().try_acquire());
    let mut before = pin!(pool.shared().acquire());
    assert!(poll(before.as_mut(), &panicking_waker()).is_pending(), "the rest is kept");
    let mut waiting = pin!(pool.acquire());
    let (count, waker) = counting_waker();
    assert!(panics(|| drop(poll(waiting.as_mut(), &waker))), "it serves the one before");
    assert!(matches!(poll(before, &waker), Poll::Ready(Ok(_))));
    assert!(matches!(poll(waiting, &waker), Poll::Ready(Ok(_))), "{} wakes", count.wakes());
}

#[test]
fn a_pool_without_caches_takes_no_place_from_one_that_has_some() {
    let (pool, _) = tokens(8, 4);
    fill_cache(&pool, 4);
    for (slots, per_thread) in [(8, 0), (1, 4)].into_iter().cycle().take(64) {
        let (without, _) = tokens(slots, per_thread);
        assert_eq!(without.cache_limit(), 0);
        drop(take(1, || without.try_acquire()));
        assert_eq!((without.available(), without.cached()), (slots, 0));
    }
    assert_eq!(pool.cached(), 4);
}

type Order = Box<dyn FnOnce() + Send>;

/// A thread that does what it is told, one thing after the other. No channel: the thread sanitizer does not
/// see how those of std order.
struct Worker {
    desk: Arc<Desk>,
    thread: JoinHandle<()>,
}

struct Desk {
    order: Pool<Option<Order>, 1>,
    state: AtomicUsize,
}

const IDLE: usize = 0;
const ORDERED: usize = 1;
const ENDED: usize = 2;

impl Worker {
    fn new() -> Self {
        let desk = Arc::new(Desk { order: Pool::new([None]), state: AtomicUsize::new(IDLE) });
        let its = Arc::clone(&desk);
        let thread = thread::spawn(move || {
            loop {
                match its.state.load(Ordering::Acquire) {
                    ORDERED => {
                        let order = its.order.try_acquire().and_then(|mut order| order.take());
                        order.expect("there is one")();
                        its.state.store(IDLE, Ordering::Release);
                    }
                    ENDED => return,
                    _ => thread::park(),
                }
            }
        });
        Self { desk, thread }
    }

    fn tell(&self, state: usize) {
        self.desk.state.store(state, Ordering::Release);
        self.thread.thread().unpark();
    }

    /// Has the thread do this, and waits for it.
    fn run(&self, order: impl FnOnce() + Send + 'static) {
        *self.desk.order.try_acquire().expect("the thread is idle") = Some(Box::new(order));
        self.tell(ORDERED);
        while self.desk.state.load(Ordering::Acquire) != IDLE {
            assert!(!self.thread.is_finished(), "it says itself why it panics");
            thread::yield_now();
        }
    }

    /// Ends the thread, with all that is local to it.
    fn end(self) {
        self.tell(ENDED);
        self.thread.join().expect("it does not panic");
    }
}

/// Has a worker keep as many slots as it may.
fn kept_by_a_worker(pool: &Tokens, per_thread: usize) -> Worker {
    let worker = Worker::new();
    let its = pool.clone();
    worker.run(move || fill_cache(&its, per_thread));
    worker
}

/// Numbers that look random, and are the same in each run.
struct Numbers(usize);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 12) % limit
    }
}

const THREADS: usize = 8;

/// Threads acquire and release, until one of them says stop and takes all that is free. It finds none, and
/// so has asked for what the others keep: each gives it back at its next operation.
///
/// An operation that was under way meanwhile may keep one more slot, for which nothing asked; the second
/// operation lends that. After the stop nothing is dropped, so that nothing more is kept.
fn ask_and_count(slots: usize, per_thread: usize) {
    const ROUNDS: usize = 100;
    let (pool, count) = tokens(slots, per_thread);
    assert!(pool.cache_limit() >= THREADS * per_thread, "each thread has a cache");
    let barrier = Barrier::new(THREADS);
    // Numbers of rounds.
    let [stopped, asked] = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let lent = AtomicUsize::new(0);
    // Asserted in the end: a thread that panics keeps the others waiting.
    let [most, late, missed] = [const { AtomicUsize::new(0) }; 3];
    let work = |thread: usize| {
        let mut numbers = Numbers(thread + 1);
        let mut loans = Vec::new();
        let mut want = 0;
        let mut operate = |loans: &mut Vec<_>| {
            if loans.len() == want {
                want = numbers.below(13);
            }
            if loans.len() < want {
                match pool.try_acquire() {
                    Some(loan) => loans.push(loan),
                    None => want = loans.len() / 2,
                }
            } else if !loans.is_empty() {
                drop(loans.swap_remove(numbers.below(loans.len())));
            }
            most.fetch_max(pool.cached(), Ordering::Relaxed);
            // Before the next look at `stopped`: after it at most one operation is not seen.
            fence(Ordering::SeqCst);
        };
        for round in 1..=ROUNDS {
            if thread == round % THREADS {
                (0..100).for_each(|_| operate(&mut loans));
                stopped.store(round, Ordering::Relaxed);
                fence(Ordering::SeqCst);
                loans.extend(std::iter::from_fn(|| pool.try_acquire()));
                asked.store(round, Ordering::Release);
            } else {
                while stopped.load(Ordering::Relaxed) < round {
                    operate(&mut loans);
                }
                while asked.load(Ordering::Acquire) < round {
                    thread::yield_now();
                }
                for _ in 0..2 {
                    loans.extend(pool.try_acquire());
                }
            }
            lent.fetch_add(loans.len(), Ordering::Relaxed);
            barrier.wait();
            late.fetch_max(pool.cached(), Ordering::Relaxed);
            let sum = pool.available() + lent.load(Ordering::Relaxed);
            missed.fetch_max(slots.abs_diff(sum), Ordering::Relaxed);
            barrier.wait();
            lent.store(0, Ordering::Relaxed);
            // Several operations: over before another thread says stop.
            loans.truncate(per_thread);
            barrier.wait();
        }
    };
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..THREADS).map(|i| scope.spawn(move || work(i))).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("it says itself why"));
    });
    assert_eq!(late.into_inner(), 0, "kept though they were asked for");
    assert_eq!(missed.into_inner(), 0, "each is on loan, kept or free");
    assert!(most.into_inner() <= pool.cache_limit());
    assert_eq!((pool.available(), pool.cached()), (slots, 0), "the threads have ended");
    drop(pool);
    assert_eq!(dropped(&count), slots);
}

#[test]
fn what_is_asked_for_is_back_after_two_operations() {
    // Of two words, where also what is known of the pool changes as it is exhausted; and of one.
    ask_and_count(64, 4);
    ask_and_count(62, 3);
}

#[test]
fn a_caller_that_asks_again_gets_what_others_kept() {
    const SLOTS: usize = 62;
    let (pool, _) = tokens(SLOTS, 3);
    let ready = Barrier::new(THREADS);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let others = [0; THREADS - 1].map(|_| {
            scope.spawn(|| {
                let loans = take(3, || pool.try_acquire());
                // So that none is lent from a cache meanwhile.
                ready.wait();
                drop(loans);
                ready.wait();
                while !over.load(Ordering::Relaxed) {
                    drop(pool.try_acquire());
                    thread::yield_now();
                }
            })
        });
        ready.wait();
        ready.wait();
        assert_eq!(pool.cached(), 3 * (THREADS - 1), "all others keep some");
        // All but one for each of the others.
        let loans: Vec<_> = (0..SLOTS - (THREADS - 1))
            .map_while(|_| {
                (0..1_000_000).find_map(|_| {
                    let loan = pool.try_acquire();
                    if loan.is_none() {
                        thread::yield_now();
                    }
                    loan
                })
            })
            .collect();
        over.store(true, Ordering::Relaxed);
        others.into_iter().for_each(|other| other.join().expect("it says itself why it panics"));
        assert_eq!(loans.len(), SLOTS - (THREADS - 1), "some are kept for ever");
    });
}

#[test]
fn a_caller_gets_what_others_kept_after_one_operation_of_each() {
    let (pool, _) = tokens(16, 4);
    let workers = [kept_by_a_worker(&pool, 4), kept_by_a_worker(&pool, 4)];
    let mut loans = take(8, || pool.try_acquire());
    assert!(pool.try_acquire().is_none(), "the others keep the rest");
    assert_eq!(pool.cached(), 8, "and have done nothing since");
    for worker in &workers {
        let its = pool.clone();
        worker.run(move || drop(its.try_acquire()));
        loans.extend(take(3, || pool.try_acquire()));
    }
    assert_eq!((pool.cached(), loans.len()), (2, 14), "what the workers have lent since they keep");
    assert!(pool.try_acquire().is_none());
    for worker in workers {
        worker.end();
        loans.extend(take(1, || pool.try_acquire()));
    }
    assert_eq!((pool.cached(), loans.len()), (0, 16));
}

#[test]
fn a_drop_gives_back_what_is_asked_for_too() {
    let (pool, _) = tokens(8, 3);
    let worker = kept_by_a_worker(&pool, 3);
    let mut loans = take(5, || pool.try_acquire());
    assert!(pool.try_acquire().is_none());
    let one = loans.pop();
    worker.run(move || drop(one));
    assert_eq!((pool.available(), pool.cached()), (4, 0));
    worker.end();
}

#[test]
fn threads_keep_so_many_and_no_more() {
    for (slots, per_thread, caches, limit) in
        [(64, 4, 8, 4), (64, 100, 4, 8), (9, 3, 1, 3), (9, 5, 1, 4), (2, 8, 1, 1), (1, 8, 0, 0)]
    {
        let (pool, _) = tokens(slots, per_thread);
        assert_eq!(pool.cache_limit(), caches * limit);
        let workers: Vec<_> = (0..caches + 2).map(|_| Worker::new()).collect();
        for (number, worker) in workers.iter().enumerate() {
            let its = pool.clone();
            worker.run(move || {
                let free = its.available();
                drop(take(free, || its.try_acquire()));
            });
            // One without a cache gives all back.
            let kept = (number + 1).min(caches) * limit;
            assert_eq!((pool.cached(), pool.available()), (kept, slots - kept));
        }
        workers.into_iter().for_each(Worker::end);
        assert_eq!((pool.cached(), pool.available()), (0, slots));
    }
}

#[test]
fn a_cache_that_was_given_up_is_taken_by_another_thread() {
    let (pool, _) = tokens(8, 4);
    let first = kept_by_a_worker(&pool, 4);
    drop(take(4, || pool.try_acquire()));
    assert_eq!(pool.cached(), 4, "there is one cache, and the worker has it");
    first.end();
    assert_eq!(pool.cached(), 0);
    // The thread looks again now and then.
    (0..1000).for_each(|_| drop(pool.try_acquire()));
    assert_eq!(pool.cached(), 1);
}

#[test]
fn slots_are_free_or_kept_or_on_loan() {
    let (pool, count) = tokens(16, 3);
    let mut numbers = Numbers(7);
    let (mut loans, mut shares) = (Vec::new(), Vec::new());
    for _ in 0..2_000 {
        match numbers.below(8) {
            0..=3 => loans.extend(pool.try_acquire()),
            4 if !loans.is_empty() => drop(loans.swap_remove(numbers.below(loans.len()))),
            5 => shares.extend(loans.pop().map(Loan::freeze)),
            6 => drop(shares.pop()),
            7 if numbers.below(10) == 0 => pool.flush(),
            _ => {}
        }
        let lent = loans.len() + shares.len();
        assert_eq!(pool.available() + pool.cached() + lent, 16);
        let stats = pool.stats();
        assert_eq!((stats.available, stats.cached), (pool.available(), pool.cached()));
        assert!(pool.cached() <= 3, "there is one thread");
    }
    drop((loans, shares));
    pool.flush();
    assert_eq!((pool.available(), pool.cached()), (16, 0));
    drop(pool);
    assert_eq!(dropped(&count), 16);
}

#[test]
fn what_is_kept_is_said_apart() {
    let (pool, _) = tokens(16, 4);
    let loans = take(6, || pool.try_acquire());
    let loan = loans.into_iter().next();
    let said = "11 of 16 slots free, 4 kept by threads, at most 6 on loan at once";
    assert_eq!(pool.stats().to_string(), said);
    assert!(format!("{pool:?}").contains("cached: 4"), "{pool:?}");
    pool.flush();
    assert_eq!(pool.stats().to_string(), "15 of 16 slots free, at most 6 on loan at once");
    drop(loan);
}

#[test]
fn what_comes_back_last_is_lent_first() {
    let (pool, _) = tokens(16, 4);
    let loans = take(3, || pool.try_acquire());
    let back: Vec<_> = loans.iter().map(Loan::index).collect();
    drop(loans);
    let again = take(3, || pool.try_acquire());
    let again: Vec<_> = again.iter().map(Loan::index).collect();
    assert_eq!(again, back.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(pool.available(), 13, "no other was claimed");
}

#[test]
fn threads_that_come_and_go_leave_nothing() {
    const AT_ONCE: usize = 16;
    let (pool, count) = tokens(32, 4);
    for _ in 0..10_000 / AT_ONCE {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let pool = pool.clone();
                thread::spawn(move || drop(take(2, || pool.try_acquire())))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("two for each"));
        assert_eq!((pool.available(), pool.cached()), (32, 0));
    }
    drop(pool);
    assert_eq!(dropped(&count), 32, "the memory is freed");
}

#[test]
fn a_forgotten_loan_costs_its_slot_and_nothing_else() {
    let (pool, count) = tokens(8, 4);
    lose(pool.try_acquire());
    fill_cache(&pool, 4);
    assert_eq!((pool.available(), pool.cached()), (3, 4));
    drop(take(7, || pool.try_acquire()));
    pool.flush();
    assert_eq!((pool.available(), pool.cached()), (7, 0));
    drop(pool);
    assert_eq!(dropped(&count), 0, "its memory stays");
}

#[test]
fn a_forgotten_handle_costs_the_memory_alone() {
    let (pool, count) = tokens(8, 4);
    lose(pool.clone());
    let worker = kept_by_a_worker(&pool, 4);
    drop(pool.try_acquire());
    worker.end();
    drop(pool);
    assert_eq!(dropped(&count), 0);
}

#[test]
fn a_hook_that_panics_strands_nothing() {
    let is_bad = Arc::new(AtomicBool::new(false));
    let bad = Arc::clone(&is_bad);
    let hook = move |_: &mut u8| assert!(!bad.load(Ordering::Relaxed), "a hook's own trouble");
    let pool = BoxedPool::from_fn(8, || 0_u8).expect("few").recycled_by(hook);
    let pool = CachedPool::new(pool, 2);
    let loans = take(8, || pool.try_acquire());
    is_bad.store(true, Ordering::Relaxed);
    for loan in loans {
        assert!(panics(|| drop(loan)));
    }
    assert_eq!((pool.available(), pool.cached()), (6, 2));
    is_bad.store(false, Ordering::Relaxed);
    drop(take(8, || pool.try_acquire()));
    assert_eq!((pool.available(), pool.cached()), (6, 2));
}

#[test]
fn a_constructor_that_panics_leaves_nothing() {
    let count = Arc::new(AtomicUsize::new(0));
    let mut made = 0;
    assert!(panics(|| {
        let slots = BoxedPool::from_fn(8, || {
            made += 1;
            assert!(made < 4, "a constructor's own trouble");
            Token(Arc::clone(&count))
        });
        drop(CachedPool::new(slots.expect("few"), 2));
    }));
    assert_eq!(dropped(&count), 3);
}

/// Has a task with such a waker wait, while a worker keeps slots, and the worker give them back by `how`.
fn serve_a_waker_that_panics(how: impl FnOnce(Worker, Tokens)) {
    let (pool, count) = tokens(8, 4);
    let worker = kept_by_a_worker(&pool, 4);
    let held = take(4, || pool.try_acquire());
    let mut waiting = [Box::pin(pool.acquire()), Box::pin(pool.acquire())];
    let (wakes, waker) = counting_waker();
    assert!(poll(waiting[0].as_mut(), &panicking_waker()).is_pending());
    assert!(poll(waiting[1].as_mut(), &waker).is_pending());
    how(worker, pool.clone());
    assert_eq!(wakes.wakes(), 1, "the next one has its slot all the same");
    for mut waiting in waiting {
        assert!(matches!(poll(waiting.as_mut(), &waker), Poll::Ready(Ok(_))));
    }
    drop(held);
    pool.flush();
    assert_eq!((pool.available(), pool.cached()), (8, 0));
    drop(pool);
    assert_eq!(dropped(&count), 8);
}

#[test]
fn a_waker_that_panics_strands_nothing() {
    serve_a_waker_that_panics(|worker, _| worker.end());
    serve_a_waker_that_panics(|worker, pool| {
        worker.run(move || assert!(panics(|| pool.flush())));
        worker.end();
    });
    serve_a_waker_that_panics(|worker, pool| {
        worker.run(move || assert!(panics(|| drop(pool.try_acquire()))));
        worker.end();
    });
}

#[test]
fn loans_and_shares_may_end_on_any_thread() {
    let (pool, count) = tokens(16, 4);
    let mut shares = Vec::new();
    let mut loans = take(8, || pool.try_acquire());
    shares.extend(loans.drain(4..).map(Loan::freeze));
    let clones = shares.clone();
    let worker = Worker::new();
    worker.run(move || drop(clones));
    assert_eq!(pool.available() + pool.cached(), 8, "they are shared still");
    worker.run(move || drop((loans, shares)));
    assert_eq!((pool.available(), pool.cached()), (16, 0), "it has acquired nothing: no cache");
    let loans = take(8, || pool.try_acquire());
    let its = pool.clone();
    worker.run(move || {
        drop(its.try_acquire());
        drop(loans);
    });
    assert_eq!((pool.available(), pool.cached()), (12, 4), "now it keeps some");
    worker.end();
    drop(pool);
    assert_eq!(dropped(&count), 16);
}

#[test]
fn the_memory_goes_with_the_last_slot() {
    // On this thread with the last handle, or with the last loan after it.
    let (pool, count) = tokens(8, 4);
    fill_cache(&pool, 4);
    let loan = pool.try_acquire();
    let share = pool.try_acquire().map(Loan::freeze);
    drop(pool);
    drop(loan);
    assert_eq!(dropped(&count), 0, "a share is left");
    drop(share);
    assert_eq!(dropped(&count), 8);

    // With the end of another thread that keeps some.
    let (pool, count) = tokens(8, 4);
    let worker = kept_by_a_worker(&pool, 4);
    drop(pool);
    assert_eq!(dropped(&count), 0, "four are kept");
    worker.end();
    assert_eq!(dropped(&count), 8);

    // With a loan that another thread drops, and with it what that thread keeps.
    let (pool, count) = tokens(8, 3);
    let worker = kept_by_a_worker(&pool, 3);
    let loan = pool.try_acquire();
    drop(pool);
    worker.run(move || drop(loan));
    assert_eq!(dropped(&count), 8);
    worker.end();
}

/// What a thread holds as it ends.
#[derive(Default)]
struct Held {
    loans: Vec<Loan<Tokens>>,
    shares: Vec<Frozen<Tokens>>,
    /// Acquired from, and dropped last.
    pools: Vec<Tokens>,
}

impl Drop for Held {
    fn drop(&mut self) {
        for pool in &self.pools {
            self.loans.extend(pool.try_acquire());
        }
        drop((take_out(&mut self.loans), take_out(&mut self.shares)));
        for pool in &self.pools {
            drop(take(4, || pool.try_acquire()));
        }
    }
}

thread_local! {
    static HELD: RefCell<Held> = RefCell::default();
}

/// Locals of a thread end in some order: those that hold slots before its caches, or after them.
#[test]
fn slots_held_by_a_thread_that_ends_come_back() {
    for (is_first, is_last_handle) in [(true, false), (true, true), (false, false), (false, true)] {
        let (pool, count) = tokens(16, 4);
        let its = if is_last_handle { None } else { Some(pool.clone()) };
        let thread = thread::spawn(move || {
            if is_first {
                HELD.with_borrow_mut(|held| held.loans.clear());
            }
            fill_cache(&pool, 4);
            HELD.with_borrow_mut(|held| {
                held.loans = take(6, || pool.try_acquire());
                held.shares.extend(held.loans.pop().map(Loan::freeze));
                held.pools.push(pool);
            });
        });
        thread.join().expect("it ends");
        if let Some(pool) = its {
            assert_eq!((pool.available(), pool.cached()), (16, 0));
        }
        assert_eq!(dropped(&count), 16);
    }
}

#[test]
fn a_thread_may_use_more_pools_than_its_table_has_places() {
    let pools: Vec<_> = (0..50).map(|_| tokens(8, 4)).collect();
    let use_all = |pools: &[(Tokens, Arc<AtomicUsize>)]| {
        let mut loans = Vec::new();
        for round in 0..20 {
            for (pool, _) in pools.iter().cycle().skip(7 * round).take(pools.len()) {
                loans.push(pool.try_acquire().expect("no other thread has many"));
                assert!(pool.cached() <= 4);
            }
            loans.drain(..loans.len() / 2);
        }
    };
    thread::scope(|scope| {
        let threads = [0; 2].map(|_| {
            scope.spawn(|| {
                for (pool, _) in &pools {
                    let loans = take(2, || pool.try_acquire());
                    drop(loans);
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().expect("two for each"));
    });
    use_all(&pools);
    let kept: usize = pools.iter().map(|(pool, _)| pool.cached()).sum();
    assert!(kept > 0 && kept <= 16 * 4, "{kept}: a place for each of sixteen");
    for (pool, count) in pools {
        assert_eq!(pool.available() + pool.cached(), 8);
        drop(pool);
        assert_eq!(dropped(&count), 8);
    }
}

#[test]
fn a_pool_where_another_was_has_nothing_of_it() {
    let worker = Worker::new();
    for round in 0..300 {
        let (pool, count) = tokens(16, 4);
        assert_eq!((pool.available(), pool.cached()), (16, 0));
        let its = pool.clone();
        worker.run(move || {
            drop(take(1 + round % 4, || its.try_acquire()));
            its.flush();
        });
        if round % 2 == 0 {
            fill_cache(&pool, 4);
        }
        drop(pool);
        assert_eq!(dropped(&count), 16);
    }
    worker.end();
}

#[test]
fn a_pool_that_goes_as_another_takes_its_place_is_freed() {
    let worker = Worker::new();
    let counts: Vec<_> = (0..40)
        .map(|_| {
            let (pool, count) = tokens(8, 4);
            worker.run(move || fill_cache(&pool, 4));
            count
        })
        .collect();
    // The worker dropped the last handle of each.
    assert!(counts.iter().all(|count| dropped(count) == 8));
    let counts: Vec<_> = (0..160)
        .map(|_| {
            let (pool, count) = tokens(8, 4);
            let its = pool.clone();
            worker.run(move || fill_cache(&its, 4));
            count
        })
        .collect();
    let left = counts.iter().filter(|count| dropped(count) == 0).count();
    assert!(left <= 16, "{left}: no more than it has places");
    worker.end();
    assert!(counts.iter().all(|count| dropped(count) == 8));
}

#[test]
fn a_close_brings_back_what_is_kept() {
    let (pool, count) = tokens(8, 4);
    let worker = kept_by_a_worker(&pool, 4);
    let held = take(4, || pool.try_acquire());
    let mut waiting = Box::pin(pool.acquire());
    let (wakes, waker) = counting_waker();
    assert!(poll(waiting.as_mut(), &waker).is_pending());
    pool.close();
    assert_eq!(wakes.wakes(), 1);
    assert!(matches!(poll(waiting.as_mut(), &waker), Poll::Ready(Err(Closed))));
    drop(waiting);
    drop(held);
    assert_eq!((pool.available(), pool.cached()), (4, 4), "the worker has done nothing");
    let its = pool.clone();
    worker.run(move || assert!(its.try_acquire().is_none(), "lent though it is closed"));
    assert_eq!((pool.available(), pool.cached()), (8, 0));
    assert!(pool.try_acquire().is_none());
    drop(pool);
    assert_eq!(dropped(&count), 8);
    worker.end();
}

#[test]
fn a_task_that_waits_gets_what_others_kept() {
    let (pool, _) = tokens(8, 4);
    let worker = kept_by_a_worker(&pool, 4);
    let held = take(4, || pool.try_acquire());
    let mut waiting = [Box::pin(pool.acquire()), Box::pin(pool.acquire())];
    let (wakes, waker) = counting_waker();
    for waiting in &mut waiting {
        assert!(poll(waiting.as_mut(), &waker).is_pending());
    }
    let its = pool.clone();
    worker.run(move || drop(its.try_acquire()));
    assert_eq!(wakes.wakes(), 2);
    assert!(waiting.iter_mut().all(|waiting| poll(waiting.as_mut(), &waker).is_ready()));
    let rest = take(1, || pool.shared().try_acquire());
    worker.end();
    let more: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).collect();
    let mut late = pin!(pool.acquire());
    assert!(poll(late.as_mut(), &waker).is_pending());
    drop(held);
    assert_eq!(wakes.wakes(), 3, "what comes back while a task waits is that task's");
    assert!(matches!(poll(late, &waker), Poll::Ready(Ok(_))));
    drop((rest, more));
}
