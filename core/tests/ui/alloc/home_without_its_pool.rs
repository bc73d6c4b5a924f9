//! The way home of owned loans outlives its pool: only loans may have it.

use framepool_core::{Access, BoxedPool, SharedPool};

fn main() {
    let pool = SharedPool::new(BoxedPool::from_fn(1, || 0_u8).expect("one slot"));
    let home = pool.home();
    drop(pool);
    drop(home);
}
