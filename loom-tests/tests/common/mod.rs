//! How every model is run, and what models share.

#![allow(dead_code, reason = "each file of models takes what it needs")]

use framepool_core_loom::recycle::Recycle;
use framepool_core_loom::storage::Boxed;
use framepool_core_loom::{BoxedPool, CachedPool, Closed, Loan, SharedPool, end_thread};
use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::thread::JoinHandle;
use std::future::Future;
use std::ops::{Bound, RangeBounds};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

/// Explores the executions of `model`, those with at most so many preemptions: the start of `bounds`,
/// or its end with `FRAMEPOOL_DEEP` in the environment; all where it is open. Once with core's peeks
/// as loads, which may be stale but hide orders, once as read-modify-writes, which hide no order but
/// are never stale. What takes both at once is not explored.
///
/// # Panics
/// If the environment would cut the exploration short: an unfinished model would pass.
#[allow(clippy::print_stdout, reason = "the table of models is made from it")]
pub(crate) fn explore(
    bounds: impl RangeBounds<usize>,
    model: impl Fn() + Sync + Send + Copy + 'static,
) {
    for name in ["LOOM_MAX_PERMUTATIONS", "LOOM_MAX_DURATION", "LOOM_CHECKPOINT_FILE"] {
        assert!(std::env::var_os(name).is_none(), "{name} is set: the proof would be cut short");
    }
    let [in_tests, deep] = [bounds.start_bound(), bounds.end_bound()].map(|bound| match bound {
        Bound::Included(&most) => Some(most),
        Bound::Excluded(&more) => Some(more - 1),
        Bound::Unbounded => None,
    });
    let is_deep = std::env::var_os("FRAMEPOOL_DEEP").is_some();
    let mut builder = Builder::new();
    builder.preemption_bound = if is_deep { deep } else { in_tests };
    // The slots of two words are given back one by one.
    builder.max_branches = 5_000;
    let (executions, begun) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    for by_load in [false, true] {
        framepool_core_loom::peek_by_load(by_load);
        let count = Arc::clone(&executions);
        builder.check(move || {
            count.fetch_add(1, Ordering::Relaxed);
            model();
        });
    }
    let thread = std::thread::current();
    let [in_tests, deep] = [in_tests, deep]
        .map(|bound| bound.map_or_else(|| "none".to_owned(), |bound| bound.to_string()));
    let (executions, seconds) = (executions.load(Ordering::Relaxed), begun.elapsed().as_secs_f32());
    let name = thread.name().unwrap_or("?");
    println!("model {name} {in_tests} {deep} {executions} {seconds:.2}");
}

/// Whether something happened in any execution. Loom does not see it, so it orders nothing.
pub(crate) struct Seen(AtomicUsize);

impl Seen {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    pub(crate) fn note(&self, happened: bool) {
        self.0.fetch_add(usize::from(happened), Ordering::Relaxed);
    }

    /// # Panics
    /// If it never happened: the model would show nothing.
    pub(crate) fn assert(&self, what: &str) {
        assert!(self.0.load(Ordering::Relaxed) > 0, "no execution in which {what}");
    }
}

/// Lends `model` a pool as a static one, so that loans cross threads without an owner whose count
/// would order them. The pool is freed when the model has joined its threads and dropped its loans.
pub(crate) fn with_static<P: 'static>(pool: P, model: impl FnOnce(&'static P)) {
    let pool = Box::into_raw(Box::new(pool));
    // SAFETY: alive until the model is over; a model that fails leaks it.
    model(unsafe { &*pool });
    // SAFETY: from `into_raw`, and the model is over with all that it made.
    drop(unsafe { Box::from_raw(pool) });
}

/// Polls once, with a waker that does nothing.
pub(crate) fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// A waker that calls `wake` when it wakes.
pub(crate) fn waker(wake: impl Fn() + Send + Sync + 'static) -> Waker {
    struct Calls<F>(F);
    impl<F: Fn() + Send + Sync> Wake for Calls<F> {
        fn wake(self: Arc<Self>) {
            self.0();
        }
    }
    Waker::from(Arc::new(Calls(wake)))
}

/// What is watched when it is used and when it ends, and whose end is counted.
#[derive(Debug)]
pub(crate) struct Watched {
    cell: UnsafeCell<u32>,
    _token: Arc<()>,
}

// SAFETY: loom checks each access to the cell.
unsafe impl Sync for Watched {}

impl Watched {
    /// `token` tells by its count how many of these are left.
    pub(crate) fn new(token: &Arc<()>) -> Self {
        Self { cell: UnsafeCell::new(0), _token: Arc::clone(token) }
    }

    pub(crate) fn read(&self) {
        self.cell.with(|_| ());
    }

    pub(crate) fn write(&self) {
        self.cell.with_mut(|_| ());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.cell.with_mut(|_| ());
    }
}

/// A hook that does nothing, but lies in its pool and ends with it.
impl<T: ?Sized> Recycle<T> for Watched {
    fn recycle(&self, _: usize, _: &mut T) {}
}

/// A shared pool of values.
pub(crate) type Shared<T> = SharedPool<Boxed<T>>;

/// Runs `model` with a pool of its own, and expects that nothing of it is left.
pub(crate) fn is_freed(slots: usize, model: impl FnOnce(Shared<Watched>)) {
    let token = Arc::new(());
    let pool = BoxedPool::from_fn(slots, || Watched::new(&token)).expect("memory for the slots");
    model(SharedPool::new(pool));
    assert_eq!(Arc::strong_count(&token), 1, "not all of the pool is freed");
}

/// As `is_freed`, with two words; of their 63 slots the first and the last are watched.
pub(crate) fn two_words_are_freed(model: impl FnOnce(Shared<Option<Watched>>)) {
    let token = Arc::new(());
    let mut made = 0..63;
    let make = || made.next().filter(|slot| slot % 62 == 0).map(|_| Watched::new(&token));
    model(SharedPool::new(BoxedPool::from_fn(63, make).expect("memory for the slots")));
    assert_eq!(Arc::strong_count(&token), 1, "not all of the pool is freed");
}

/// A pool of which threads keep slots.
pub(crate) type Cached<T> = CachedPool<Boxed<T>>;

/// As `is_freed`, with caches of `per_thread` slots.
pub(crate) fn cached_is_freed(
    slots: usize,
    per_thread: usize,
    model: impl FnOnce(Cached<Watched>),
) {
    let token = Arc::new(());
    let pool = BoxedPool::from_fn(slots, || Watched::new(&token)).expect("memory for the slots");
    model(CachedPool::new(pool, per_thread));
    end_thread();
    assert_eq!(Arc::strong_count(&token), 1, "not all of the pool is freed");
}

/// Spawns a thread that keeps slots and has given them back when it is joined, as one of the system has.
pub(crate) fn spawn<T: 'static>(body: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
    loom::thread::spawn(move || {
        let done = body();
        end_thread();
        done
    })
}

/// Waits for a slot, with a handle of its own.
pub(crate) fn wait<T: 'static>(
    pool: &Cached<T>,
) -> Pin<Box<impl Future<Output = Result<Loan<Cached<T>>, Closed>> + use<T>>> {
    let pool = pool.clone();
    Box::pin(async move { pool.acquire().await })
}

/// Queues a task for a slot in another thread, which then ends, and which `waker` wakes.
pub(crate) fn queue<T: 'static>(
    pool: &Cached<T>,
    waker: Waker,
) -> Pin<Box<impl Future<Output = Result<Loan<Cached<T>>, Closed>> + use<T>>> {
    let mut waiter = wait(pool);
    let queues = spawn(move || {
        assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        waiter
    });
    queues.join().expect("it waits")
}

/// Returns how many slots are free, and how many threads keep.
pub(crate) fn count<T>(pool: &Cached<T>) -> (usize, usize) {
    (pool.available(), pool.cached())
}
