//! What a thread's cache saves: a hit beside the shared path of the same pool.

use super::{SLOTS, lasting};
use crate::measure::{Comparison, Subject};
use framepool_core::storage::Boxed;
use framepool_core::{BoxedPool, CachedPool};

fn pool() -> &'static CachedPool<Boxed<u64>> {
    let slots = BoxedPool::from_fn(4 * SLOTS, || 0).expect("there is memory");
    lasting(CachedPool::new(slots, 4))
}

/// On one thread, and on two.
pub(crate) fn comparisons() -> [Comparison; 2] {
    [("a thread's cache", 1), ("a thread's cache, two threads", 2)].map(|(name, threads)| {
        let pool = pool();
        let shared = move || drop(pool.shared().try_acquire());
        Comparison {
            name: name.to_owned(),
            threads,
            subjects: vec![
                Subject::new("framepool: CachedPool, its shared path", shared),
                Subject::new("framepool: CachedPool, a hit", || drop(pool.try_acquire())),
            ],
        }
    })
}
