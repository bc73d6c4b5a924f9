//! Acquiring with a memory: `Acquirer` and `Exclusive`.

use super::{SLOTS, lasting};
use crate::measure::Subject;
use framepool_core::storage::{Inline, Storage};
use framepool_core::{BoxedPool, Exclusive, Pool, PoolIn, PoolRef, SharedPool};

fn lent_and_dropped<S: Storage + 'static>(name: &str, pool: PoolIn<S>) -> Subject
where
    PoolIn<S>: Sync,
{
    let pool = lasting(pool);
    Subject::with_state(
        name,
        || pool.acquirer(),
        |acquirer| {
            if let Some(loan) = acquirer.try_acquire() {
                drop(loan);
            }
        },
    )
}

pub(crate) fn acquirer() -> Subject {
    lent_and_dropped("framepool: Acquirer, 16 slots", Pool::new([0_u64; SLOTS]))
}

pub(crate) fn many() -> Subject {
    let pool = BoxedPool::from_fn(4096, || 0_u64).expect("there is memory");
    lent_and_dropped("framepool: Acquirer, 4096 slots", pool)
}

pub(crate) fn wide() -> Subject {
    lent_and_dropped("framepool: Acquirer, 3 words", Pool::<u64, 128, 3>::wide([0; 128]))
}

fn exclusively<R: PoolRef>(exclusive: &mut Exclusive<R>) {
    if let Some(loan) = exclusive.try_acquire() {
        drop(loan);
    }
}

/// An exclusive acquirer claims a whole word at once: with more slots, less often.
pub(crate) fn exclusive<const N: usize>() -> Subject {
    // A pool for each thread, which alone acquires from it. The pool is made out of line, and the acquirer
    // in line, so that the loop that is measured has it in registers.
    #[inline(never)]
    fn leak<const N: usize>() -> &'static mut Pool<u64, N> {
        Box::leak(Box::new(Pool::new([0; N])))
    }
    let name = format!("framepool: Exclusive, {N} slots");
    Subject::with_state(name, || leak::<N>().exclusive(), exclusively)
}

/// The same with loans that stay on their thread.
pub(crate) fn local<const N: usize>() -> Subject {
    #[inline(never)]
    fn leak<const N: usize>() -> &'static mut Pool<u64, N> {
        Box::leak(Box::new(Pool::new([0; N])))
    }
    let name = format!("framepool: Exclusive::local, {N} slots");
    Subject::with_state(
        name,
        || leak::<N>().exclusive(),
        |exclusive| {
            // Nothing of it is atomic: unseen, the compiler would leave it out.
            if let Some(loan) = exclusive.local().try_acquire() {
                std::hint::black_box(loan.index());
                drop(loan);
            }
        },
    )
}

/// The same of a pool that its loans keep alive.
pub(crate) fn exclusive_of_shared<const N: usize>() -> Subject {
    #[inline(never)]
    fn make<const N: usize>() -> Exclusive<SharedPool<Inline<u64, N>>> {
        SharedPool::new(Pool::new([0; N])).into_exclusive().expect("it is the only handle")
    }
    let name = format!("framepool: Exclusive of a SharedPool, {N} slots");
    Subject::with_state(name, make::<N>, exclusively)
}
