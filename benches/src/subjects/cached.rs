//! What a thread's cache saves: a hit beside the shared path of the same pool.

use super::{SLOTS, lasting};
use crate::measure::{Comparison, Subject};
use framepool_core::storage::Boxed;
use framepool_core::{BoxedPool, CachedPool};

fn pool() -> &'static CachedPool<Boxed<u64>> {
    let slots = BoxedPool::from_fn(4 * SLOTS, || 0).expect("there is memory");
    lasting(CachedPool::new(slots, 4))
}

fn hit(pool: &'static CachedPool<Boxed<u64>>) -> Subject {
    Subject::new("framepool: CachedPool, kept by the thread", || drop(pool.try_acquire()))
}

fn of_the_pool(pool: &'static CachedPool<Boxed<u64>>) -> Subject {
    Subject::new("framepool: CachedPool, of the pool", || drop(pool.shared().try_acquire()))
}

pub(crate) fn comparisons() -> [Comparison; 3] {
    let pool = pool();
    let compare =
        |name: &str, threads, subjects| Comparison { name: name.to_owned(), threads, subjects };
    let mut alone = hit(pool).on_threads(1);
    alone.name.push_str(", one thread");
    [
        compare("slots that threads keep", 1, vec![of_the_pool(pool), hit(pool)]),
        compare("slots that threads keep, contended", 2, vec![of_the_pool(pool), hit(pool)]),
        compare("slots that threads keep, two threads beside one", 2, vec![alone, hit(pool)]),
    ]
}
